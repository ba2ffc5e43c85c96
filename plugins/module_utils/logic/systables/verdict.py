# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what was seen of a table to one word. Pure.

The order of the questions is that of what they cost: files first, for a server that reads a damaged page dies; its own
word last, for a table that it has open looks well to it although its files are gone (both seen on 5.6.24).
"""

from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import shape

HEALTHY = "healthy"
MISSING = "missing"
DEFINITION_DIFFERS = "definition_differs"
DATA_FILE_MISSING = "data_file_missing"
FORMAT_FILE_MISSING = "format_file_missing"
FORMAT_FILE_UNREADABLE = "format_file_unreadable"
DICTIONARY_DIFFERS = "dictionary_differs"
FILES_MISSING = "files_missing"
ORPHAN_FILES = "orphan_files"
DATA_FILE_DAMAGED = "data_file_damaged"
UNREADABLE = "unreadable"
STATISTICS_MISSING = "statistics_missing"

# What each means to a person; the documentation of the module has the same words.
MEANINGS: Dict[str, str] = {
    HEALTHY: "nothing is wrong with it",
    MISSING: "there is no such table",
    DEFINITION_DIFFERS: "the server cannot use it: its definition is another one",
    DATA_FILE_MISSING: "the dictionary knows it, its data file (.ibd) is gone",
    FORMAT_FILE_MISSING: "the dictionary and its data file know it, its format file (.frm) is gone",
    FORMAT_FILE_UNREADABLE: "the dictionary and its data file know it, its format file (.frm) is no such file",
    DICTIONARY_DIFFERS: "its format file (.frm) cannot be used, and the dictionary knows it with other columns",
    FILES_MISSING: "the dictionary knows it, both of its files are gone",
    ORPHAN_FILES: "its files are there, the dictionary does not know it",
    DATA_FILE_DAMAGED: "its data file makes the server crash, or refuse to start",
    UNREADABLE: "it cannot be read",
    STATISTICS_MISSING: "it is empty, though there are tables whose statistics belong in it",
}

UNREADABLE_FORMAT = 1033  # ER_NOT_FORM_FILE
ABSENT = "absent"
READABLE = "readable"
GARBAGE = "garbage"


class DataFile(NamedTuple):
    """An .ibd file. damage: what is wrong with its pages, None for nothing."""

    space: Optional[int]
    damage: Optional[str] = None


class Files(NamedTuple):
    """format_file: ABSENT, READABLE or GARBAGE. data_file: None when there is none."""

    format_file: str
    data_file: Optional[DataFile]


class Known(NamedTuple):
    """Row of InnoDB's dictionary. columns: names in order, () where they were not asked for.

    space: 0 for a table inside the system tablespace, which has no file of its own.
    """

    space: int
    columns: Tuple[str, ...] = ()


class Seen(NamedTuple):
    """All that was found out about a table.

    files, known: None on servers whose tables have none of their own. shown: the text of SHOW CREATE TABLE. errno,
    error: what the server said instead. complaints: what CHECK TABLE said beside OK. without_statistics: how many
    tables should have a row here, when none has.
    """

    name: str
    files: Optional[Files] = None
    known: Optional[Known] = None
    shown: Optional[str] = None
    errno: int = 0
    error: Optional[str] = None
    complaints: Tuple[str, ...] = ()
    without_statistics: int = 0


class Finding(NamedTuple):
    """detail: the facts that the verdict stands on, a sentence each. in_the_way: files that have to go, by kind."""

    name: str
    verdict: str
    detail: List[str]
    in_the_way: Tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        return self.verdict == HEALTHY

    def public(self) -> Dict[str, object]:
        return {"name": self.name, "verdict": self.verdict, "detail": self.detail}


def judge(seen: Seen, version: Version) -> Finding:
    """The verdict of a table on a server that answers."""
    found = _by_files(seen, seen.files, version) if seen.files is not None else None
    return found or _by_word(seen, version)


def judge_file(name: str, data_file: Optional[DataFile], known: Optional[Known]) -> Finding:
    """The verdict of a table on a server that is down, as far as its data file can tell.

    known: None when the dictionary does not know the table, or could not be read.
    """
    damage = _damage(data_file, known)
    if damage:
        return Finding(name, DATA_FILE_DAMAGED, [damage])
    return Finding(name, HEALTHY, [])


def _damage(data_file: Optional[DataFile], known: Optional[Known]) -> Optional[str]:
    if data_file is None:
        return None
    if data_file.damage:
        return data_file.damage
    if known is not None and known.space and data_file.space != known.space:
        return "the data file belongs to tablespace %s, the dictionary says %d" % (data_file.space, known.space)
    return None


def _by_files(seen: Seen, files: Files, version: Version) -> Optional[Finding]:
    """What the files and the dictionary tell; None when they agree."""
    known = seen.known
    if known is None:
        return _unknown(seen, files, version)
    damage = _damage(files.data_file, known)
    if damage:
        return Finding(seen.name, DATA_FILE_DAMAGED, [damage])
    no_data = known.space != 0 and files.data_file is None
    no_format = files.format_file != READABLE or seen.errno == UNREADABLE_FORMAT
    if no_data:
        verdict = FILES_MISSING if no_format else DATA_FILE_MISSING
    elif no_format and known.columns and list(known.columns) != shape.names_of(seen.name, version):
        verdict = DICTIONARY_DIFFERS
    elif no_format:
        verdict = FORMAT_FILE_MISSING if files.format_file == ABSENT else FORMAT_FILE_UNREADABLE
    else:
        return None
    in_the_way = (".frm",) if no_format and files.format_file != ABSENT else ()
    return Finding(seen.name, verdict, [MEANINGS[verdict]], in_the_way)


def _unknown(seen: Seen, files: Files, version: Version) -> Finding:
    other_engine = shape.differences(seen.name, version, seen.shown) if seen.shown else []
    if other_engine and files.data_file is None:
        return Finding(seen.name, DEFINITION_DIFFERS, other_engine)
    there = (".frm",) * (files.format_file != ABSENT) + (".ibd",) * (files.data_file is not None)
    if there:
        told = "there is %s, and no row in the dictionary" % " and ".join(there)
        return Finding(seen.name, ORPHAN_FILES, [told], there)
    return Finding(seen.name, MISSING, [MEANINGS[MISSING]])


def _by_word(seen: Seen, version: Version) -> Finding:
    """What the server says of a table whose files are in order."""
    if seen.shown is None:
        verdict = MISSING if seen.errno == 1146 and seen.files is None else UNREADABLE
        return Finding(seen.name, verdict, [seen.error or MEANINGS[verdict]])
    differs = shape.differences(seen.name, version, seen.shown)
    if differs:
        return Finding(seen.name, DEFINITION_DIFFERS, differs)
    if seen.complaints:
        return Finding(seen.name, UNREADABLE, list(seen.complaints))
    if seen.without_statistics:
        told = "%d tables have persistent statistics, and none of them is in it" % seen.without_statistics
        return Finding(seen.name, STATISTICS_MISSING, [told])
    return Finding(seen.name, HEALTHY, [])
