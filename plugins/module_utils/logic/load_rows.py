# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rows of a dump may be sent through which session, without a difference to a single one. Pure.

A table of InnoDB takes rows from several sessions at once, and what it holds in the end is the same in whatever order
they came: as long as each row says all of its values. What does not, or what cannot be told, keeps its place.
"""

import re
from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_data

#: Any session, in any order.
SPREAD = "spread"
#: One session for all of the table's, in their order.
LANE = "lane"
#: In its place among all statements.
IN_PLACE = "in place"

_NAME = rb"`(?:[^`]|``)+`"
# As SHOW CREATE TABLE lays it out: a column a line, the engine behind the closing bracket.
_COLUMN = re.compile(rb"^\s+(%s) ([^\n]*)" % _NAME, re.MULTILINE)
_INNODB = re.compile(rb"\n\)[^\n]*\bENGINE=InnoDB\b")
_AUTO_INCREMENT = re.compile(rb"\bAUTO_INCREMENT\b")
_TEMPORARY = re.compile(rb"[^(]*?\bTEMPORARY\b", re.IGNORECASE)
_REFERENCED = re.compile(rb"\bREFERENCES\s+(?:(%s)\s*\.\s*)?(%s)" % (_NAME, _NAME))

_HEAD = re.compile(
    rb"(?P<verb>INSERT|REPLACE)\s+(?P<ignore>IGNORE\s+)?INTO\s+(?P<into>(?:%s\s*\.\s*)?%s)\s*" % (_NAME, _NAME)
    + rb"(?:\((?P<columns>[^()]*)\)\s*)?VALUES\s*\("
)
_LITERAL = rb"(?:NULL|[-+]?[0-9][0-9A-Za-z.+-]*|(?:_\w+\s*|[xXbBnN])?'[^'\\]*(?:(?:\\.|'')[^'\\]*)*')"
_FIRST_ROW = re.compile(rb"\s*(?P<values>%s(?:\s*,\s*%s)*)\s*\)" % (_LITERAL, _LITERAL), re.DOTALL)
_OF_QUERY = re.compile(rb"\n\)[^\n]*\bENGINE=InnoDB\b.*\bSELECT\b", re.DOTALL | re.IGNORECASE)
_MADE_BY_SERVER = re.compile(rb"(?:NULL|0|'0?')\s*(?:,|\Z)")
_OF_SESSION = (b"LAST_INSERT_ID", b"last_insert_id")

_SAVE = re.compile(rb"(?:/\*!\d+ )?SET @(?P<kept>\w+)\s*=\s*@@(?P<setting>\w+)\s*(?:\*/)?\s*\Z")
_CHANGE = re.compile(rb"(?:/\*!\d+ )?SET (?P<setting>\w+)\s*=\s*\w+\s*(?:\*/)?\s*\Z")
_RESTORE = re.compile(rb"(?:/\*!\d+ )?SET (?P<setting>\w+)\s*=\s*@(?P<kept>\w+)\s*(?:\*/)?\s*\Z")


class Shape(NamedTuple):
    """What of a table decides over the way of its rows.

    auto_increment: the name, as it is written, of the column that the server fills where a row does not. first: it is
    the first one. references: (schema or None, table) of each foreign key, as they are written. plain: rows may go as
    data, see load_data.py.
    """

    auto_increment: Optional[bytes]
    first: bool
    references: List[Tuple[Optional[bytes], bytes]]
    plain: bool = False


def shape(create_table: bytes) -> Optional[Shape]:
    """None for a table whose rows keep their place: another engine, a temporary table, another layout."""
    columns = _COLUMN.findall(create_table)
    if not columns or not _INNODB.search(create_table) or _TEMPORARY.match(create_table):
        return None
    filled = [name for name, rest in columns if _AUTO_INCREMENT.search(rest)]
    return Shape(
        auto_increment=filled[0] if filled else None,
        first=filled[:1] == [columns[0][0]],
        references=[(schema or None, table) for schema, table in references(create_table)],
        plain=all(load_data.is_plain(rest) for _name, rest in columns),
    )


def stands_alone(create_table: bytes) -> bool:
    """Whether a table, of which shape() is known, can be made without any other one."""
    return not references(create_table) and not _OF_QUERY.search(create_table)


def references(create_table: bytes) -> List[Tuple[bytes, bytes]]:
    """(schema or empty, table) of each foreign key, with their quotes."""
    found: List[Tuple[bytes, bytes]] = _REFERENCED.findall(create_table)
    return found


def way(text: bytes, table: Shape) -> str:
    """SPREAD, LANE or IN_PLACE for one INSERT or REPLACE.

    A dump tool writes all rows alike, so that the first one tells of all.
    """
    head = _HEAD.match(text)
    row = _FIRST_ROW.match(text, head.end()) if head else None
    if head is None or row is None or any(word in text for word in _OF_SESSION):
        return IN_PLACE
    first = _is_first(head.group("columns"), table)
    if first is None or (first and _MADE_BY_SERVER.match(row.group("values"))):
        return IN_PLACE
    # Of two rows with the same key the dump's order decides which one stays.
    if head.group("ignore") or head.group("verb") == b"REPLACE" or b"ON DUPLICATE KEY" in text[-4096:]:
        return LANE
    if table.auto_increment is None or (first and b"(NULL," not in text and b"(0," not in text):
        return SPREAD
    return LANE


def data(text: bytes, charset: str, backslash_escapes: bool) -> Optional[load_data.Data]:
    """An INSERT that may be spread, into a plain table, as data; None where that is not the same."""
    head = _HEAD.match(text)
    row = _FIRST_ROW.match(text, head.end()) if head else None
    return load_data.as_data(text, head, row.end(), charset, backslash_escapes) if row else None


def _is_first(columns: Optional[bytes], table: Shape) -> Optional[bool]:
    """Whether the rows begin with the value that a server would make; None when they do not have it at all."""
    if columns is None or table.auto_increment is None:
        return table.first
    if table.auto_increment not in columns:
        return None
    return columns.lstrip().startswith(table.auto_increment)


def not_undone(statements: List[bytes]) -> List[int]:
    """The places of the statements that still have an effect when all have run."""
    left, at = [], 0
    while at < len(statements):
        if is_undone(statements[at : at + 3]):
            at += 3
        else:
            left.append(at)
            at += 1
    return left


def is_undone(statements: List[bytes]) -> bool:
    """Whether three statements save, change and put back one setting, as dump tools do for each table."""
    if len(statements) != 3:
        return False
    save, change, restore = (rule.match(text) for rule, text in zip((_SAVE, _CHANGE, _RESTORE), statements))
    return (
        save is not None
        and change is not None
        and restore is not None
        and save.group("kept") == restore.group("kept")
        and len({found.group("setting").lower() for found in (save, change, restore)}) == 1
    )
