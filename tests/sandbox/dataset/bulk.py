# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table that is worth waiting for: what an application has written down for years, and nobody has deleted."""

from __future__ import annotations

from typing import Protocol

ROW = 512  # bytes, about
FIRST = 2048  # rows of the first statement; each further one doubles them


class Server(Protocol):
    def execute(self, sql: str, args: object = None) -> int: ...


def load(server: Server, mebibytes: int, schema: str = "history") -> int:
    """Fill a table of that size, with two secondary indexes, from a power of two of rows; return their number."""
    server.execute(f"CREATE DATABASE {schema}")
    server.execute(
        f"CREATE TABLE {schema}.entries (id INT PRIMARY KEY, customer INT, at INT, said VARCHAR(500),"
        " KEY customer (customer), KEY at (at)) ENGINE=InnoDB DEFAULT CHARSET=latin1"
    )
    values = ",".join(f"({i},{i * 7919 % 4093},{i},REPEAT(CHAR({97 + i % 26}),480))" for i in range(FIRST))
    server.execute(f"INSERT INTO {schema}.entries VALUES {values}")
    rows = FIRST
    while rows * ROW < mebibytes << 20:
        server.execute(
            f"INSERT INTO {schema}.entries"
            f" SELECT id + {rows}, (customer * 31 + {rows}) % 99991, at + {rows}, said FROM {schema}.entries"
        )
        rows *= 2
    return rows
