# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data that is no toy, the same for every test: `load(server)` fills a source with it.

A topic a file; tables and statements say themselves which server version they need (`record.py`).
Everything is derived from fixed seeds: two loads give the same rows (but for the rows that the event writes).
"""

from __future__ import annotations

from contextlib import closing
from random import Random
from typing import Protocol

import pymysql
from pymysql.cursors import Cursor

from . import accounts, modern, museum, odd, programs, shop
from .record import Statement, Table, Version, known_to, quote, server_version
from .schemas import SCHEMAS

__all__ = ["SCHEMAS", "TABLES", "Server", "load", "tables_of"]

TABLES: tuple[Table, ...] = shop.TABLES + museum.TABLES + odd.TABLES + modern.TABLES


class Server(Protocol):
    """What this package needs of a server of the sandbox."""

    def connect(self, user: str | None = None, **options: object) -> pymysql.Connection: ...


def tables_of(version: Version) -> list[Table]:
    """The tables that a server of this version is given."""
    return known_to(version, TABLES)


def load(server: Server, scale: float = 1) -> dict[tuple[str, str], int]:
    """Fill an empty source; return the number of rows by (schema, table).

    `scale` multiplies the row counts: 1 is about 25 000 rows, 6 MB. Raises pymysql.err.MySQLError as the server does.
    """
    with closing(server.connect(charset="utf8mb4", cursorclass=Cursor)) as connection, connection.cursor() as cursor:
        version = server_version(cursor)
        # zero dates and a zero in an AUTO_INCREMENT column are real life: no mode that refuses them
        cursor.execute("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'")
        for name, options in SCHEMAS.items():
            cursor.execute(f"CREATE DATABASE {quote(name)} {options}")
        loaded = {(table.schema, table.name): _fill(cursor, table, scale) for table in tables_of(version)}
    for statement in known_to(version, programs.ROUTINES + accounts.ACCOUNTS):
        _run(server, statement)
    for statement in known_to(version, programs.VIEWS + programs.TRIGGERS + programs.EVENTS):
        _run(server, statement)
    return loaded


def _fill(cursor: Cursor, table: Table, scale: float) -> int:
    name = f"{quote(table.schema)}.{quote(table.name)}"
    cursor.execute(f"USE {quote(table.schema)}")
    cursor.execute(f"CREATE TABLE {name} {table.definition}")
    rows = list(table.rows(Random(f"{table.schema}.{table.name}"), scale))
    columns = ", ".join(map(quote, table.columns))
    # a statement a megabyte, each a transaction of its own
    cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({', '.join(['%s'] * len(table.columns))})", rows)
    return len(rows)


def _run(server: Server, statement: Statement) -> None:
    with closing(server.connect(charset=statement.charset)) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = %s, time_zone = %s", (statement.sql_mode, statement.time_zone))
        cursor.execute(statement.sql)
