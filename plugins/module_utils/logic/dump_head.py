# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dump says of itself: who made it, from what, at which position, and whether its end mark is there. Pure.

A dump says these things in comments and in a few statements, most of them in its first lines, some in its last (newer
mysqldump versions may write GTID_PURGED behind the data). So everything is offered to a `HeadReader`, which is cheap.
"""

import re
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import Classified, opened


class Position(NamedTuple):
    """Binary log coordinates of the source. statement: they are not a comment but a statement that would be run."""

    file: str
    position: int
    statement: bool


class Head(NamedTuple):
    """What was found; None where the dump does not say.

    tool: "mysqldump", "mariadb-dump", "mydumper" or "unknown". tool_version: of the tool ("9.7.4").
    server_version: of the server that was dumped. host: as the tool was given it.
    database: the one of the header, when the dump has no USE of its own.
    gtid_purged: the set's text without white space; "" when the dump declares an empty set.
    gtid_purged_form: "replace" (`= 'set'`), "add" (`= '+set'`) or "comment" (written, but not to be run).
    charset: of the first SET NAMES. completed_at: "YYYY-MM-DD HH:MM:SS" in the local time of the tool's host.
    single_transaction: always None: no dump tells whether it is one snapshot.
    """

    tool: str = "unknown"
    tool_version: Optional[str] = None
    server_version: Optional[str] = None
    host: Optional[str] = None
    database: Optional[str] = None
    gtid_purged: Optional[str] = None
    gtid_purged_form: Optional[str] = None
    position: Optional[Position] = None
    charset: Optional[str] = None
    completed_at: Optional[str] = None
    single_transaction: Optional[bool] = None


# MariaDB's tool called itself "MySQL dump" up to 10.3 and has its version behind a dash from 11 on.
_TOOL = re.compile(r"-- (MySQL|MariaDB) dump \S*?(?:\s+Distrib |-)([0-9][^,\s]*)")
_COMMENTS = [
    re.compile(r"-- Host: (?P<host>\S*)\s+Database: ?(?P<database>[^\r\n]*)"),
    re.compile(r"-- Server version\s+(?P<server_version>\S+)"),
]
_END = re.compile(r"-- Dump completed(?: on (\d{4}-\d\d-\d\d) +(\d{1,2}:\d\d:\d\d))?\r?\n\Z")
_POSITION = re.compile(
    r"CHANGE (?:MASTER|REPLICATION SOURCE) TO\b.*?(?:MASTER|SOURCE)_LOG_FILE\s*=\s*'([^']*)'\s*,"
    r"\s*(?:MASTER|SOURCE)_LOG_POS\s*=\s*(\d+)",
    re.IGNORECASE | re.DOTALL,
)
_CHARSET = re.compile(rb"SET\s+NAMES\s+['\"]?(\w+)", re.IGNORECASE)
# The mark of MySQL 8.0+ ('+': add to the set) stands in a version comment of its own; both are then one text.
_GTIDS = re.compile(
    r"(?:@@GLOBAL\s*\.|\bGLOBAL\s)\s*`?GTID_PURGED`?\s*:?=\s*((?:'[^']*'\s*|\"[^\"]*\"\s*)+)", re.IGNORECASE
)
_VERSION_MARKS = re.compile(r"/\*!\d*|\*/")
# What mydumper puts first in each of its files; it writes no comment of its own.
_MYDUMPER = re.compile(rb"/\*!40101 SET NAMES \w+\*/\Z|/\*!40014 SET FOREIGN_KEY_CHECKS=0\*/\Z")


def is_end_mark(comment: bytes) -> bool:
    """Whether this is the line that mysqldump and mariadb-dump write when all went well, whole to its newline."""
    return bool(_END.match(_text(comment)))


def is_tool_mark(comment: bytes) -> bool:
    """Whether this is the first line of a dump with comments."""
    return bool(_TOOL.match(_text(comment)))


class HeadReader:
    """Collects a `Head` from the items of a dump, offered in order."""

    def __init__(self) -> None:
        self._found: Dict[str, Any] = {}
        self._gtids: List[str] = []
        self._first = True

    def comment(self, comment: bytes) -> None:
        text = _text(comment)
        tool, end = _TOOL.match(text), _END.match(text)
        if tool:
            maria = "MariaDB" in tool.group(0)
            self._note(tool="mariadb-dump" if maria else "mysqldump", tool_version=tool.group(2))
        elif end and end.group(1):
            self._found["completed_at"] = "%s %s" % (end.group(1), end.group(2).rjust(8, "0"))
        for pattern in _COMMENTS:
            found = pattern.match(text)
            if found:
                self._note(**found.groupdict())
        self._note_position(text, False)
        self._note_gtids(text, commented=True)

    def statement(self, text: bytes, classified: Classified) -> None:
        if self._first:
            self._first = False
            if _MYDUMPER.match(text):
                self._note(tool="mydumper")
        if classified.kind == "set_gtid_purged":
            self._note_gtids(_text(text))
        elif classified.kind == "change_source":
            self._note_position(_text(text), True)
        elif classified.kind == "set_session" and "charset" not in self._found:
            charset = _CHARSET.match(opened(text))
            if charset:
                self._note(charset=charset.group(1).decode().lower())

    @property
    def database(self) -> Optional[str]:
        """The database of the header, as far as read."""
        return self._found.get("database")

    def head(self) -> Head:
        if self._gtids:
            # Dumps joined into one file each declare their set.
            self._found["gtid_purged"] = ",".join(gtids for gtids in self._gtids if gtids)
        return Head(**self._found)

    def _note(self, **found: Any) -> None:
        """The first word on a thing stands: the rest of a file may be another dump."""
        for name, value in found.items():
            if value:
                self._found.setdefault(name, value)

    def _note_position(self, text: str, statement: bool) -> None:
        found = _POSITION.search(text)
        if found:
            self._note(position=Position(found.group(1), int(found.group(2)), statement))

    def _note_gtids(self, text: str, commented: bool = False) -> None:
        found = _GTIDS.search(_VERSION_MARKS.sub(" ", text))
        if not found or (commented and self._gtids):
            return
        gtids = re.sub(r"[\s'\"]", "", found.group(1))
        if gtids.lstrip("+") not in self._gtids:
            self._gtids.append(gtids.lstrip("+"))
        form = "comment" if commented else "add" if gtids.startswith("+") else "replace"
        self._note(gtid_purged_form=form)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
