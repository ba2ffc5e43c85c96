# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements that read and write account tables, and those of a dump turned into harmless ones. Pure.

The rows of a dump are filled into temporary tables: only a server can tell what its literals mean, and a temporary
table leaves no trace, not even of a run that is killed, and not under super_read_only.
"""

import re
from typing import Iterator, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import DEFAULT, Row, Table
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier

AT_ONCE = 100  # rows in a statement

_NAME = rb"(?:`[^`]*`|\"[^\"]*\"|[\w$]+)"
_FILL = re.compile(
    rb"\s*(?:INSERT|REPLACE)(?:\s+(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE))*(?:\s+INTO\b)?\s*"
    + _NAME
    + rb"(?:\s*\.\s*"
    + _NAME
    + rb")?",
    re.IGNORECASE,
)
# As SHOW CREATE TABLE writes it; behind the last definition stand the options, on one line.
_DEFINITION = re.compile(rb"[^(]*(\(.*\n\))([^\n]*)\Z", re.DOTALL)
_TEXT_OPTION = re.compile(rb"\b(?:CHARSET|COLLATE)=\w+")


def mysql_table(name: str) -> str:
    return identifier("mysql", name)


def scratch_table(name: str) -> str:
    """Always with its schema: whatever the current one is, no statement of a dump reaches a table of the server."""
    return identifier("mysql", "dbre_accounts_" + name)


def make_scratch(name: str, text: bytes) -> bytes:
    """A dump's CREATE TABLE as one of a temporary table, without options that only mysql's own tables can have.

    Raises BadInput when it is not written as dump tools write it.
    """
    found = _DEFINITION.match(text)
    if not found:
        raise _unknown_form(name)
    options = [b"ENGINE=InnoDB", *_TEXT_OPTION.findall(found.group(2))]
    head = "CREATE TEMPORARY TABLE %s " % scratch_table(name)
    return head.encode("utf-8") + found.group(1) + b" " + b" ".join(options)


def fill_scratch(name: str, text: bytes) -> bytes:
    """A dump's INSERT as one into the scratch table. Raises BadInput as make_scratch() does."""
    found = _FILL.match(text)
    if not found:
        raise _unknown_form(name)
    return ("INSERT INTO %s" % scratch_table(name)).encode("utf-8") + text[found.end() :]


def drop_scratch(name: str) -> str:
    return "DROP TEMPORARY TABLE IF EXISTS " + scratch_table(name)


def select(path: str, table: Table) -> str:
    values = ["HEX(%s) AS %s" % (_bytes(table, column), identifier(column)) for column in table.columns]
    return " ".join(["SELECT", ", ".join(values), "FROM", path])


def put(path: str, table: Table, rows: List[Row]) -> Iterator[str]:
    """REPLACE, so that no instant is without a row that stays, where there are no transactions (5.6, 5.7)."""
    columns = ", ".join(map(identifier, table.columns))
    for part in _parts(rows):
        values = ", ".join("(%s)" % ", ".join(_literals(table, row)) for row in part)
        yield " ".join(("REPLACE INTO", path, "(%s)" % columns, "VALUES", values))


def take_away(path: str, table: Table, keys: List[Row]) -> Iterator[str]:
    """By the exact bytes of the key: some columns would take one letter for another."""
    for part in _parts(keys):
        yield " ".join(("DELETE FROM", path, "WHERE", " OR ".join("(%s)" % _same(table, key) for key in part)))


def _same(table: Table, key: Row) -> str:
    return " AND ".join("%s = UNHEX('%s')" % (_bytes(table, column), value) for column, value in zip(table.key, key))


def _bytes(table: Table, column: str) -> str:
    read = identifier(column) if column in table.binary else "CONVERT(%s USING utf8mb4)" % identifier(column)
    return "CAST(%s AS BINARY)" % read


def _literals(table: Table, row: Row) -> Iterator[str]:
    for column, value in zip(table.columns, row):
        if value is None or value == DEFAULT:
            yield value or "NULL"
        else:
            yield ("UNHEX('%s')" if column in table.binary else "CONVERT(UNHEX('%s') USING utf8mb4)") % value


def _parts(rows: List[Row]) -> Iterator[List[Row]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _unknown_form(name: str) -> BadInput:
    return BadInput(
        "a statement about mysql.%s is not written as dump tools write it" % name,
        untouched="the accounts of the server",
        next_step="take the dump with mysqldump --all-databases",
    )
