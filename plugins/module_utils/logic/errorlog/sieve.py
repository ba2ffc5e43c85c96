# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lines of a block are worth a look. Pure.

Almost all of a log of gigabytes is dull. Searching a block for one literal at a time is the fastest thing that Python
can do with bytes, and its cost grows with the number of literals and falls with their length: so there are few of them,
and most stand for many rules. The lines that they find are looked at one by one (meaning.py).
"""

from typing import Dict, Iterator, List, Sequence, Tuple

_INNODB = b"InnoDB: "
#: Every line that means something to rules.py or runs.py holds one of these or of EXCERPT. A test holds them to that.
COARSE = (
    b"[ERROR]",  # nearly all that servers since 5.1 call an error
    _INNODB,  # InnoDB up to 5.7 has prints of its own, without a level
    b"mysqld",  # starts, ends, signals; mysqld_safe; errors without a level
    b"replication",  # a receiver or an applier begins; relay-log names unset; gtid_mode and auto-position
    b"Disk is full",
    b"Recovery from ",
    b" table is not ready",
    b".ibd' is missing!",
    b" repository is not secure",
    b"does not guarantee that the relay",
)
#: In the log of xtrabackup, innobackupex and their relatives.
BACKUP = (b"backup",)
#: What else is looked for in the first BEGINNING bytes: a log tells at its beginning whose it is, and only there a
#: crash report may lack its own beginning.
EXCERPT = (
    *BACKUP,
    b"GTID_PURGED",  # what a client said
    b"persistent statistics",  # a line that somebody has wrapped
    b"crashing.html contains",
)
BEGINNING = 1 << 20
# Notes of InnoDB are dull, but for these, told by their first letters.
_NOTE = b"[Note] "
_TELLING_NOTES = {b"Initializing ", b"The first spe", b"!!! innodb_fo"}
_LETTERS = 13


def lines_worth_a_look(block: bytes, needles: Sequence[bytes] = COARSE) -> List[Tuple[int, int, int]]:
    """(start, end, where the literal stands) of each line of the block that holds one of the needles, in order."""
    found: Dict[int, Tuple[int, int]] = {}
    for needle in needles:
        for at in _telling(block) if needle is _INNODB else _all(block, needle):
            start = block.rfind(b"\n", 0, at) + 1
            if start not in found or at < found[start][1]:
                end = block.find(b"\n", at)
                found[start] = (len(block) if end < 0 else end, at)
    return [(start, end, at) for start, (end, at) in sorted(found.items())]


def _all(block: bytes, needle: bytes) -> Iterator[int]:
    """Where the needle stands, once a line."""
    at = block.find(needle)
    while at >= 0:
        yield at
        end = block.find(b"\n", at)
        at = block.find(needle, end) if end >= 0 else -1


def _telling(block: bytes) -> Iterator[int]:
    """Where ``InnoDB: `` opens something else than one of the notes that it writes by the million on a slow disk."""
    at = block.find(_INNODB)
    while at >= 0:
        begin = at + len(_INNODB)
        if block[at - len(_NOTE) : at] != _NOTE or block[begin : begin + _LETTERS] in _TELLING_NOTES:
            yield at
        at = block.find(_INNODB, begin)
