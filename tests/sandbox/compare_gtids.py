# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a replica to exactly one GTID set and hold it there. GTID sets are computed by the servers themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql
import pymysql.cursors

from .dataset.record import parse_version
from .statements import statements, todays_words

POLL = 0.05  # seconds


def _value(session: pymysql.Connection, sql: str, *arguments: str) -> str:
    with session.cursor() as cursor:
        cursor.execute(sql, arguments or None)
        (value,) = cursor.fetchone() or ("",)
        return str(value)


def gtid_executed(session: pymysql.Connection) -> str:
    """The server's executed GTID set on one line."""
    return _value(session, "SELECT @@GLOBAL.gtid_executed").replace("\n", "")


def subtract(session: pymysql.Connection, gtids: str, without: str) -> str:
    """The GTIDs of one set that are not in the other; '' when there are none."""
    return _value(session, "SELECT GTID_SUBTRACT(%s, %s)", gtids, without).replace("\n", "")


class Applier:
    """The applier threads of a replica; of a server that is no replica, nothing."""

    def __init__(self, session: pymysql.Connection) -> None:
        self.session = session
        self.terms = statements(parse_version(_value(session, "SELECT VERSION()")))

    def status(self) -> list[dict[str, object]]:
        """One row a channel, in today's words."""
        with self.session.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute(self.terms.status)
            return [todays_words(row) for row in cursor.fetchall()]

    def _execute(self, sql: str, *arguments: str) -> None:
        with self.session.cursor() as cursor:
            cursor.execute(sql, arguments or None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stop the applier; start it again afterwards if it ran."""
        ran = any(row["Replica_SQL_Running"] == "Yes" for row in self.status())
        if ran:
            self._execute(self.terms.stop_applier)
        try:
            yield
        finally:
            if ran:
                self._execute(f"{self.terms.start} SQL_THREAD")

    def reach(self, gtids: str, timeout: float) -> str:
        """Apply up to this set and no further, then stop. Return what went wrong, or ''."""
        if not subtract(self.session, gtids, gtid_executed(self.session)):
            return ""
        if not self.status():
            return "no replication channel is configured"
        self._execute(f"{self.terms.start} SQL_THREAD UNTIL SQL_AFTER_GTIDS = %s", gtids)
        deadline = time.monotonic() + timeout
        try:
            while subtract(self.session, gtids, gtid_executed(self.session)):
                errors = [f"{row['Last_SQL_Errno']} {row['Last_SQL_Error']}" for row in self.status()
                          if row["Last_SQL_Errno"]]  # fmt: skip
                if errors:
                    return "; ".join(errors)
                if time.monotonic() > deadline:
                    return f"did not reach the source's GTID set within {timeout:g} s; {self._receivers()}"
                time.sleep(POLL)
            return ""
        finally:
            # 5.6 notices that it has reached the set only when the next transaction comes
            self._execute(self.terms.stop_applier)

    def _receivers(self) -> str:
        rows = self.status()
        return "; ".join(f"receiver {row['Replica_IO_Running']}: {row['Last_IO_Error'] or 'no error'}" for row in rows)
