# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges of primary keys as SQL. Pure. A key is a tuple of texts, as select() reads it.

Values come from a damaged server and go back into statements: numbers and moments are let through by their form, all
else is written in hex.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ranges import Range
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier

INTEGER, DECIMAL, MOMENT, TEXT, BYTES = "integer", "decimal", "moment", "text", "bytes"

# information_schema's DATA_TYPE -> how its values are compared exactly. Not so: float, enum, set, bit, ...
_KINDS: Dict[str, str] = {
    "tinyint": INTEGER,
    "smallint": INTEGER,
    "mediumint": INTEGER,
    "int": INTEGER,
    "bigint": INTEGER,
    "year": INTEGER,
    "decimal": DECIMAL,
    "date": MOMENT,
    "datetime": MOMENT,
    "timestamp": MOMENT,
    "time": MOMENT,
    "char": TEXT,
    "varchar": TEXT,
    "binary": BYTES,
    "varbinary": BYTES,
}
_FORMS = {
    INTEGER: re.compile(r"-?\d+\Z"),
    DECIMAL: re.compile(r"-?\d+(?:\.\d+)?\Z"),
    MOMENT: re.compile(r"[-\d:. ]+\Z"),
    TEXT: re.compile(r"(?:[0-9A-F]{2})*\Z"),
    BYTES: re.compile(r"(?:[0-9A-F]{2})*\Z"),
}
_READ = {TEXT: "HEX(CONVERT(%s USING utf8mb4))", BYTES: "HEX(%s)", MOMENT: "CAST(%s AS CHAR)"}
_WRITTEN = {TEXT: "_utf8mb4 X'%s'", BYTES: "X'%s'", MOMENT: "'%s'"}

Key = Tuple[str, ...]


class Column(NamedTuple):
    """kind: INTEGER, ... above."""

    name: str
    kind: str


def columns(found: List[Tuple[str, str]]) -> Optional[List[Column]]:
    """(name, DATA_TYPE) of a primary key's columns, in order; None when a range of such keys cannot be written down."""
    kinds = [_KINDS.get(data_type.lower()) for _name, data_type in found]
    if not found or None in kinds:
        return None
    return [Column(name, str(kind)) for (name, _type), kind in zip(found, kinds)]


def select(key: List[Column]) -> str:
    """The columns as texts, for a SELECT, named k0, k1, ..."""
    parts = [_READ.get(column.kind, "%s") % identifier(column.name) for column in key]
    return ", ".join("%s AS k%d" % (part, number) for number, part in enumerate(parts))


def where(key: List[Column], part: Range) -> str:
    """A condition that a server can look up in the key, also of 5.6, which compares rows of values one by one."""
    conditions = []
    if part.above is not None:
        conditions.append(_beyond(key, part.above, ">", closed=False))
    if part.up_to is not None:
        conditions.append(_beyond(key, part.up_to, "<", closed=part.closed))
    return " AND ".join(conditions) or "1"


def order(key: List[Column]) -> str:
    return ", ".join(identifier(column.name) for column in key)


def handler_read(key: List[Column], part: Range, backwards: bool) -> str:
    """Where HANDLER begins to read a range, and which way; it does not know where the range ends.

    A SELECT would look into the index first to guess how many rows there are, up to ten pages far: into the damage.
    """
    begin = part.up_to if backwards else part.above
    if begin is None:
        return "LAST" if backwards else "FIRST"
    sign = ("<=" if part.closed else "<") if backwards else ">"
    return "%s (%s)" % (sign, ", ".join(_literal(column, value) for column, value in zip(key, begin)))


def of_row(key: List[Column], values: List[Optional[bytes]]) -> Key:
    """The key of a row from the values of its columns, as a server sends them to a session of utf8mb4."""
    return tuple(
        (value or b"").hex().upper() if column.kind in (TEXT, BYTES) else (value or b"").decode("ascii", "replace")
        for column, value in zip(key, values)
    )


def is_outside(key: List[Column], part: Range, backwards: bool, value: Key) -> bool:
    """Whether a row that is read from one end on lies behind the other one. Only integers are compared; of other keys
    the end is one that was read before, and comes again."""
    end = part.above if backwards else part.up_to
    if end is None:
        return False
    if len(key) == 1 and key[0].kind == INTEGER:
        here, there = int(value[0]), int(end[0])
        return here <= there if backwards else here > there or (here == there and not part.closed)
    return value == end and (backwards or not part.closed)


def shown(key: List[Column], part: Range) -> str:
    """A range as a person reads it."""
    parts = []
    if part.above is not None:
        parts.append("above %s" % _shown(key, part.above))
    if part.up_to is not None:
        parts.append(("up to %s" if part.closed else "below %s") % _shown(key, part.up_to))
    return "%s %s" % (", ".join(column.name for column in key), " and ".join(parts) or "everywhere")


def between(key: List[Column], part: Range) -> Tuple[Optional[Key], int]:
    """(a key between the ends, how many keys there may be) where keys are single integers; (None, 0) elsewhere."""
    if len(key) != 1 or key[0].kind != INTEGER or part.above is None or part.up_to is None:
        return None, 0
    low, high = int(part.above[0]), int(part.up_to[0])
    count = high - low - (not part.closed)
    return ((str((low + high) // 2),) if count > 1 else None), count


def _beyond(key: List[Column], value: Key, sign: str, closed: bool) -> str:
    """(a > x) or (a = x and b > y) ...; with the value itself when closed."""
    written = [_literal(column, part) for column, part in zip(key, value)]
    choices = []
    for number, column in enumerate(key):
        same = ["%s = %s" % (identifier(key[at].name), written[at]) for at in range(number)]
        last = sign + ("=" if closed and number == len(key) - 1 else "")
        choices.append(" AND ".join([*same, "%s %s %s" % (identifier(column.name), last, written[number])]))
    return "(%s)" % " OR ".join("(%s)" % choice for choice in choices)


def _literal(column: Column, value: str) -> str:
    if not _FORMS[column.kind].match(value):
        raise BadInput("not a value of a primary key: %r" % value[:80], where=column.name)
    return _WRITTEN.get(column.kind, "%s") % value


def _shown(key: List[Column], value: Key) -> str:
    return ", ".join(
        bytes.fromhex(part).decode("utf-8", "backslashreplace") if column.kind == TEXT else part
        for column, part in zip(key, value)
    )
