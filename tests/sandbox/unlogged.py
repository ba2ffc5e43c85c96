# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements on a replica that replication never hears of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .server import Server


@contextmanager
def writable(replica: Server) -> Iterator[None]:
    """Lift read_only and super_read_only for the moment."""
    switch = replica.statements.read_only
    super_before = replica.value(f"SELECT @@GLOBAL.{switch}")
    before = replica.value("SELECT @@GLOBAL.read_only")
    replica.execute("SET GLOBAL read_only = 0")  # takes super_read_only with it
    try:
        yield
    finally:
        replica.execute("SET GLOBAL read_only = %s", (before,))
        replica.execute(f"SET GLOBAL {switch} = %s", (super_before,))


def run_unlogged(replica: Server, statement: str, arguments: tuple[Any, ...] = ()) -> int:
    """Run a statement that replication never hears of; returns the number of rows it touched."""
    with writable(replica), replica.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0, foreign_key_checks = 0, sql_mode = ''")
        return int(cursor.execute(statement, arguments))
