# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses a table, and a row and column in it, that can be damaged without any side effect."""

from __future__ import annotations

from typing import Any, NamedTuple

from .server import Server

SYSTEM_SCHEMAS = "('mysql', 'sys', 'information_schema', 'performance_schema')"
TABLES = f"""
    SELECT t.table_schema AS `schema`, t.table_name AS `table` FROM information_schema.tables t
    WHERE t.table_type = 'BASE TABLE' AND t.table_schema NOT IN {SYSTEM_SCHEMAS}
      AND EXISTS (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema = t.table_schema
                  AND s.table_name = t.table_name AND s.index_name = 'PRIMARY')
    ORDER BY 1, 2"""
# a column in no index cannot collide with another row, nor stand in a foreign key
PLAIN_COLUMNS = """
    SELECT c.column_name AS `column` FROM information_schema.columns c
    WHERE c.table_schema = %s AND c.table_name = %s AND c.extra = ''
      AND c.data_type IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'char', 'varchar')
      AND NOT EXISTS (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema = c.table_schema
                      AND s.table_name = c.table_name AND s.column_name = c.column_name)
      AND NOT EXISTS (SELECT 1 FROM information_schema.triggers g WHERE g.event_object_schema = c.table_schema
                      AND g.event_object_table = c.table_name)
    ORDER BY c.ordinal_position"""
KEY_COLUMNS = """
    SELECT s.column_name AS `column` FROM information_schema.statistics s
    WHERE s.table_schema = %s AND s.table_name = %s AND s.index_name = 'PRIMARY' ORDER BY s.seq_in_index"""


class Cell(NamedTuple):
    """One value in one row."""

    schema: str
    table: str
    column: str
    key: dict[str, Any]
    value: Any


def quote(*names: str) -> str:
    """`schema`.`table` for a statement that is run with arguments (hence the doubled percent sign)."""
    return ".".join("`" + name.replace("`", "``").replace("%", "%%") + "`" for name in names)


def schemas(server: Server) -> list[str]:
    """The schemas that are not the server's own."""
    return [
        row["name"]
        for row in server.rows(
            f"SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name NOT IN {SYSTEM_SCHEMAS}"
            " ORDER BY 1"
        )
    ]


def tables(server: Server) -> list[tuple[str, str]]:
    """Schema and name of every user table with a primary key."""
    return [(row["schema"], row["table"]) for row in server.rows(TABLES)]


def cell(server: Server, schema: str, table: str) -> Cell | None:
    """A value of the table's first row that may be changed alone; None when the table has none."""
    columns = [row["column"] for row in server.rows(PLAIN_COLUMNS, (schema, table))]
    keys = [row["column"] for row in server.rows(KEY_COLUMNS, (schema, table))]
    if not columns or not keys:
        return None
    wanted = ", ".join(quote(name) for name in (*keys, columns[0]))
    order = ", ".join(quote(name) for name in keys)
    found = server.rows(f"SELECT {wanted} FROM {quote(schema, table)} ORDER BY {order} LIMIT 1", ())
    if not found:
        return None
    row = found[0]
    return Cell(schema, table, columns[0], {name: row[name] for name in keys}, row[columns[0]])
