# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of a dump, made empty for a trial: how its statement is changed for that, and what the answers mean. Pure.

A temporary table can be made on a server that is read only, and is gone with the session; but it cannot have all that a
table can. Seen on 5.6.24 and 9.7.4: engine, collation, row format, index length and row size are answered with the same
numbers for both, so a temporary table is tried first. Where it is refused, an empty table in a scratch schema decides;
where no schema may be made, a temporary table without the clauses that it cannot have tells of all the others.
"""

import re
from typing import Any, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import opened

#: The one temporary table: in a schema that every server has, under a name that is no table's there.
TEMPORARY = b"`mysql`.`dbre_trial`"
DROP_TEMPORARY = "DROP TEMPORARY TABLE IF EXISTS `mysql`.`dbre_trial`"

#: Whoever is answered so can make no table at all: no privilege, a server that is read only to the bone, no space.
CANNOT_TRY = frozenset([1021, 1044, 1045, 1114, 1142, 1227, 1290, 1836, 1874, 1881])
#: What a temporary table may be refused for although a table is not.
ONLY_OF_TEMPORARY = frozenset([1031, 1215, 1562, 1796, 3500, 3833, 3889, 4026])
#: Warnings with which a server makes another table than it was told to: engine, row format, index length, directory.
CHANGED = {
    1266: "engine",
    1286: "engine",
    139: "row size",
    1071: "index length",
    1118: "row size",
    1246: "column type",
    1478: "row format",
}
_IGNORED_DIRECTORY = 1618
DIRECTORY = "data directory"

_GAP = rb"(?:\s|/\*M?!\d*|\*/)"
_NAME = rb"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$\x80-\xff]+)"
_MADE = re.compile(
    rb"(?P<before>%(gap)s*CREATE(?:%(gap)s+OR%(gap)s+REPLACE)?%(gap)s+)TABLE\b"
    rb"(?P<between>%(gap)s*(?:IF%(gap)s+NOT%(gap)s+EXISTS%(gap)s*)?)"
    rb"(?:%(name)s\s*\.\s*)?(?P<name>%(name)s)(?P<rest>%(gap)s*\((?!\s*LIKE\b).*)\Z" % {b"gap": _GAP, b"name": _NAME},
    re.IGNORECASE | re.DOTALL,
)
_TEXT = re.compile(rb"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`[^`]*`", re.DOTALL)
_SELECT = re.compile(rb"\bSELECT\b", re.IGNORECASE)
_ELSEWHERE = re.compile(rb"(?P<before>\bREFERENCES\s+)`(?P<schema>(?:[^`]|``)+)`\s*\.\s*(?=`)", re.IGNORECASE)
_CHARSET = re.compile(r"\b(?:CHARACTER\s+SET|CHARSET|COLLATE)\s*=?\s*\w+", re.IGNORECASE)

_LINE = rb",\s*\n\s*%s[^\n]*?(?=,?\s*\n)"
# What a temporary table cannot have, as SHOW CREATE TABLE lays it out: keys each on a line, partitions at the end.
_REDUCTIONS: List[Tuple[str, Any]] = [
    (name, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for name, pattern in (
        ("foreign keys", _LINE % (rb"(?:CONSTRAINT\s+%s\s+)?FOREIGN\s+KEY\b" % _NAME)),
        ("full-text indexes", _LINE % rb"FULLTEXT\s+(?:KEY|INDEX)\b"),
        ("partitions", rb"\n\s*(?:/\*!\d+\s*)?PARTITION\s+BY\b.*\Z"),
        ("compressed rows", rb"\bROW_FORMAT\s*=\s*COMPRESSED\b|\bKEY_BLOCK_SIZE\s*=\s*\d+"),
        ("page compression", rb"\bCOMPRESSION\s*=\s*'[^'\n]*'"),
        ("encryption", rb"\bENCRYPTION\s*=\s*'[^'\n]*'"),
        ("general tablespace", rb"\bTABLESPACE\s*=?\s*`(?:[^`]|``)+`"),
        ("extent size", rb"\bAUTOEXTEND_SIZE\s*=\s*\d+"),
        ("secondary engine", rb"\bSECONDARY_ENGINE\s*=\s*\"?\w+\"?"),
    )
]


class Made(NamedTuple):
    """A CREATE TABLE, taken apart. name: as it is written, quotes included."""

    before: bytes
    between: bytes
    name: bytes
    rest: bytes

    def temporary(self) -> bytes:
        return self.before + b"TEMPORARY TABLE" + self.between + TEMPORARY + self.rest

    def in_schema(self, schema: str) -> bytes:
        """Under its own name in another schema."""
        return self.before + b"TABLE" + self.between + b"`%s`." % schema.encode("ascii") + self.name + self.rest

    def referenced_schemas(self) -> List[bytes]:
        """Other schemas that its foreign keys name, as they are written."""
        return [found.group("schema") for found in _ELSEWHERE.finditer(self.rest)]

    def referring(self, schema: bytes, scratch: str) -> "Made":
        """With foreign keys into a schema led to a scratch schema: no table that is in use is looked at or locked."""

        def led(found: Any) -> bytes:
            if found.group("schema") != schema:
                whole: bytes = found.group(0)
                return whole
            return b"%s`%s`." % (found.group("before"), scratch.encode("ascii"))

        return self._replace(rest=_ELSEWHERE.sub(led, self.rest))

    def reduced(self) -> Tuple["Made", List[str]]:
        """Without what a temporary table cannot have, and the names of what was left out."""
        rest, left_out = self.rest, []
        for name, pattern in _REDUCTIONS:
            rest, times = pattern.subn(b"", rest)
            left_out += [name] if times else []
        return self._replace(rest=rest), left_out


class Answer(NamedTuple):
    """What a server said to a CREATE TABLE. errno: 0 when it made it. warnings: (number, text) of each."""

    errno: int
    said: str
    warnings: List[Tuple[int, str]]

    @property
    def changes(self) -> List[Tuple[int, str]]:
        """The warnings that mean another table than was asked for. A directory is never used for a temporary one."""
        return [one for one in self.warnings if one[0] in CHANGED and "TEMPORARY" not in one[1]]

    @property
    def left_out(self) -> List[str]:
        return [DIRECTORY] if any(number == _IGNORED_DIRECTORY for number, _text in self.warnings) else []


def made(text: bytes) -> Optional[Made]:
    """Take a CREATE TABLE apart; None for one that is made from another table or a query, or is not understood."""
    found = _MADE.match(text)
    if not found or _SELECT.search(_TEXT.sub(b"''", found.group("rest"))):
        return None
    return Made(*(found.group(name) for name in Made._fields))


def charset_of_schema(text: bytes) -> Optional[bytes]:
    """A temporary table with the character set and collation of a CREATE DATABASE; None when it names none."""
    clauses = _CHARSET.findall(opened(text).decode("utf-8", "replace"))
    if not clauses:
        return None
    return b"CREATE TEMPORARY TABLE %s (a INT) %s" % (TEMPORARY, " ".join(clauses).encode("ascii", "replace"))


def about_session(text: bytes) -> bool:
    """Whether a SET is worth a try: one of autocommit never fails, and GTIDs want temporary tables with it on."""
    return b"AUTOCOMMIT" not in text.upper()
