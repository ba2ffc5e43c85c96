# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many rows an INSERT of mysqldump holds. Pure: texts are taken out, and what is left shows where rows part."""

import re

_TEXTS = re.compile(rb"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_VALUES = re.compile(rb"\)? VALUES\s+\(")
_NAME = re.compile(rb"`(?:[^`]|``)*`")
_INSERT = b"INSERT INTO `"
_PARTED = re.compile(rb"\),\s*\(")


def is_insert(line: bytes) -> bool:
    return line.startswith(_INSERT)


def rows_in(line: bytes) -> int:
    """Rows of one line of mysqldump's output, which holds a whole statement; 0 for one that is no INSERT.

    Only texts hold quotes in what mysqldump writes as values (binary data is written in hex, by --hex-blob). Names
    stand in front of VALUES, and may hold anything.
    """
    if not is_insert(line):
        return 0
    head = _VALUES.match(line, _end_of_names(line))
    return 1 + len(_PARTED.findall(_TEXTS.sub(b"", line[head.end() :]))) if head else 0


def _end_of_names(line: bytes) -> int:
    """The offset behind the table's name, and behind the columns where they are named: backticks, doubled inside."""
    at = _after_name(line, len(_INSERT) - 1)
    if line[at : at + 3] == b" (`":
        at += 2
        while line[at : at + 1] == b"`":
            at = _after_name(line, at)
            at += len(b", ") if line[at : at + 3] == b", `" else 0
    return at


def _after_name(line: bytes, at: int) -> int:
    found = _NAME.match(line, at)
    return found.end() if found else at
