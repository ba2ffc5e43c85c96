# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which indexes of a table may be built when its rows are in, so that the table is the same in the end. Pure.

Sorted once, an index takes a fraction of the time that it takes row after row. Left out are plain indexes only: one
that is unique decides which rows get in; full-text and spatial ones, and those on what the server computes, need more
than an index; a foreign key and a counting column want theirs from the first moment. New indexes come behind those
that are there, so only the last ones are left out: their order is part of the definition.
"""

import re
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

#: Bytes of text of its rows, from which on a table's indexes are built when they are in.
WORTH_IT = 4 << 20

_NAME = rb"`(?:[^`]|``)+`"
# The layout of SHOW CREATE TABLE: a column or a key a line.
_LAYOUT = re.compile(
    rb"(?P<head>[^\n(]*\bTABLE\b[^\n(]*?(?P<name>%s)\s*\(\n)(?P<body>.*?\n)(?P<tail>\)[^\n]*\bENGINE=InnoDB\b.*)\Z"
    % _NAME,
    re.DOTALL,
)
_LINE = re.compile(
    rb"  (?:%s |(?:PRIMARY|UNIQUE|FULLTEXT|SPATIAL|FOREIGN) KEY\b|KEY %s |CONSTRAINT %s |CHECK \()" % ((_NAME,) * 3)
)
_PLAIN_KEY = re.compile(
    rb"  KEY %s (?:USING BTREE )?\((?P<parts>%s(?:\(\d+\))?(?: DESC)?(?:,%s(?:\(\d+\))?(?: DESC)?)*)\)" % ((_NAME,) * 3)
)
_LEADING_UNIQUE = re.compile(rb"  (?:PRIMARY KEY|UNIQUE KEY %s) (?:USING BTREE )?\((%s)[,)]" % (_NAME, _NAME))
_FOREIGN_KEY = re.compile(rb"\bFOREIGN KEY \(([^()]*)\) REFERENCES [^(]*\(([^()]*)\)")
_COUNTING = re.compile(rb"  (%s) [^\n]*\bAUTO_INCREMENT\b" % _NAME)
_COMPUTED = re.compile(rb"  (%s) [^\n]*\b(?:GENERATED ALWAYS|AS) \(" % _NAME)


class Deferred(NamedTuple):
    """create: the definition without the indexes. alter: adds them, with ``%s`` in the place of the table's name."""

    create: bytes
    keys: List[bytes]

    def alter(self, table: bytes) -> bytes:
        """The statement that adds them, to be run in the session that the definition was run in."""
        return b"ALTER TABLE %s %s" % (table, b", ".join(b"ADD " + key for key in self.keys))


def defer(create_table: bytes) -> Optional[Deferred]:
    """None where nothing can be left out, or where the definition is not laid out as SHOW CREATE TABLE does it."""
    found = _LAYOUT.match(create_table)
    if not found:
        return None
    lines = found.group("body").rstrip(b"\n").split(b"\n")
    if not all(_LINE.match(line) for line in lines) or not all(line.endswith(b",") for line in lines[:-1]):
        return None
    lines = [line[:-1] if line.endswith(b",") else line for line in lines]
    needed = _needed(lines)
    last = [line for line in lines if line.startswith(b"  KEY ")]
    keys: List[bytes] = []
    while last and _may_wait(last[-1], needed):
        keys.insert(0, last.pop())
    if not keys:
        return None
    kept = [line for line in lines if line not in keys]
    create = found.group("head") + b",\n".join(kept) + b"\n" + found.group("tail")
    return Deferred(create, [key.strip() for key in keys])


def _needed(lines: List[bytes]) -> Set[bytes]:
    """Columns that an index may not be missing on, and those that the server computes."""
    columns: Set[bytes] = set()
    for line in lines:
        for own, other in _FOREIGN_KEY.findall(line):
            columns.update(re.findall(_NAME, own + b"," + other))
        columns.update(_COMPUTED.findall(line))
    unique = {column for line in lines for column in _LEADING_UNIQUE.findall(line)}
    counting = {column for line in lines for column in _COUNTING.findall(line)}
    return columns | (counting - unique)


def _may_wait(line: bytes, needed: Set[bytes]) -> bool:
    key = _PLAIN_KEY.match(line)
    # The session that adds it may read other bytes than ASCII in another way than that which made the table.
    return key is not None and not needed.intersection(re.findall(_NAME, key.group("parts"))) and max(line) < 128


def worth_it(tables: Iterable[Dict[str, Any]]) -> Callable[[Tuple[Optional[str], str]], bool]:
    """Whether the indexes of a (schema, table) are worth a statement of their own.

    tables: of mysql_dump_info. Where their sizes are not known, for the dump is yet to be taken, all are.
    """
    sizes = {(table["database"], table["table"]): table["bytes"] for table in tables}
    return lambda table: not any(sizes.values()) or sizes.get(table, 0) >= WORTH_IT
