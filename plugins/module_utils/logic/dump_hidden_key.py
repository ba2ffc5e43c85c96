# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of a dump whose definition shows the row id that Alibaba's servers give a table without a key. Pure.

Such a server hides the column from SELECT, and so from the rows of a dump; whether it shows it in SHOW CREATE TABLE is
a setting (show_ipk_info). Where it does, definition and rows do not fit together. Source: the published source of
AliSQL, and definitions in published dumps.
"""

import re
from collections import OrderedDict
from typing import Any, Dict, List, Optional, Tuple

MARK = b"__#alibaba_rds_row_id#__"
# A column in a definition as SHOW CREATE TABLE writes it: a line that begins with its name.
_COLUMN = re.compile(rb"^\s*`", re.M)
# With a list of columns a row need not have a value for each.
_ROWS = re.compile(rb"\s*(?:INSERT|REPLACE)[^(`]*`(?:[^`]|``)*`(?:\s*\.\s*`(?:[^`]|``)*`)?\s*VALUES\s*\(", re.I)
_TOKEN = re.compile(rb"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|[(),]", re.S)

Table = Tuple[Optional[str], str]


class HiddenKeys:
    """Remembers such tables, offered their statements in order: definition first, then rows."""

    def __init__(self) -> None:
        self._found: Dict[Table, List[Optional[int]]] = OrderedDict()

    def definition(self, table: Table, text: bytes) -> None:
        if MARK in text:
            self._found[table] = [len(_COLUMN.findall(text)), None]

    def rows(self, table: Table, text: bytes) -> None:
        if table in self._found and self._found[table][1] is None:
            self._found[table][1] = values_in_first_row(text)

    def update(self, other: "HiddenKeys") -> None:
        self._found.update(other._found)

    def result(self) -> List[Dict[str, Any]]:
        """A dict a table: database, table, columns of its definition, values of its first row (None when unknown)."""
        return [
            dict(database=database, table=table, columns=columns, row_values=values)
            for (database, table), (columns, values) in self._found.items()
        ]


def values_in_first_row(text: bytes) -> Optional[int]:
    """None where the statement lists its columns, or cannot be read."""
    start = _ROWS.match(text)
    if not start:
        return None
    depth, values = 0, 1
    for token in _TOKEN.finditer(text, start.end()):
        sign = token.group()
        if sign == b"(":
            depth += 1
        elif sign == b")" and not depth:
            return values
        elif sign == b")":
            depth -= 1
        elif sign == b"," and not depth:
            values += 1
    return None
