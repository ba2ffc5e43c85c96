# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a replica equal to its source? The judge of the tests: it shares no code with the product.

`compare(source, replica)` works under a running writer. It stops the replica's applier, takes a snapshot of the source
together with its GTID set, lets the replica apply exactly to that set, compares every definition and every row, and
starts the applier again. Nothing is written on either server.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import NamedTuple, Protocol

import pymysql
import pymysql.cursors

from . import compare_definitions, compare_rows
from .compare_definitions import Definitions, Name, display
from .compare_gtids import Applier, gtid_executed, subtract
from .topology import Sandbox


class Server(Protocol):
    """What the comparison needs of a server of the sandbox."""

    def connect(self, user: str | None = None, **options: object) -> pymysql.Connection: ...


class Difference(NamedTuple):
    """`kind`: schema, table, view, trigger, procedure, function, event, account, rows, gtid or replication."""

    kind: str
    object: str
    detail: str


class Comparison(NamedTuple):
    """`tables`: the source's rows by table that was compared, `shop`.`orders` -> 5000. `gtid_set`: the source's."""

    differences: tuple[Difference, ...]
    tables: dict[str, int]
    gtid_set: str

    @property
    def identical(self) -> bool:
        return not self.differences

    def __str__(self) -> str:
        """A table for people: one line a difference, then the sum."""
        lines = [f"{kind:<12} {name:<32} {detail}" for kind, name, detail in self.differences]
        rows = sum(self.tables.values())
        verdict = "identical" if self.identical else f"{len(self.differences)} differences"
        return "\n".join([*lines, f"{verdict}: {len(self.tables)} tables, {rows} rows compared at {self.gtid_set!r}"])


def compare(source: Server, replica: Server, timeout: float = 60, *, accounts: bool = False) -> Comparison:
    """Compare all but the system schemas; `accounts` adds accounts with their grants.

    A replica that does not reach the source's GTID set within `timeout` seconds, or whose applier fails, differs; its
    rows are then not compared. An applier that was stopped is stopped afterwards. Raises MySQLError when a server
    cannot be read.
    """
    with _session(source) as source_session, _session(replica) as replica_session:
        applier = Applier(replica_session)
        with applier.held():
            snapshot = _Snapshot(source_session, accounts)
            failure = applier.reach(snapshot.gtid_set, timeout)
            executed = gtid_executed(replica_session)
            differences = [
                Difference("gtid", "gtid_executed", f"{what}: {gtids}")
                for what, gtids in (
                    ("only on the replica (errant)", subtract(replica_session, executed, snapshot.gtid_set)),
                    ("not applied on the replica", subtract(replica_session, snapshot.gtid_set, executed)),
                )
                if gtids
            ]
            if failure:
                differences.append(Difference("replication", "applier", failure))
                return Comparison(tuple(differences), {}, snapshot.gtid_set)
            content, tables = snapshot.compare_with(replica_session)
            return Comparison((*differences, *content), tables, snapshot.gtid_set)


def compare_content(source: Server, replica: Server, *, accounts: bool = False) -> Comparison:
    """Compare two servers as they are, whatever their GTID sets: nobody may write on either meanwhile."""
    with _session(source) as source_session, _session(replica) as replica_session:
        snapshot = _Snapshot(source_session, accounts)
        return Comparison(*snapshot.compare_with(replica_session), snapshot.gtid_set)


@contextmanager
def _session(server: Server) -> Iterator[pymysql.Connection]:
    """A connection whose settings touch neither the text of definitions nor that of values."""
    with closing(server.connect(charset="utf8mb4", cursorclass=pymysql.cursors.Cursor)) as session:
        with session.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = '', time_zone = '+00:00', sql_quote_show_create = 1")
        yield session


class _Snapshot:
    """The source at one GTID set: definitions and non-transactional tables read under a brief global lock.

    The transaction that sees the rows goes on after the lock is gone. It has opened every table under the lock, so that
    its metadata locks make a writer's DDL on them wait for us.
    """

    def __init__(self, session: pymysql.Connection, accounts: bool) -> None:
        self.session = session
        self.accounts = accounts
        with session.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("FLUSH TABLES WITH READ LOCK")
            try:
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
                self.gtid_set = gtid_executed(session)
                self.definitions: Definitions = compare_definitions.read(session, accounts=accounts)
                self.early: dict[Name, compare_rows.Checksum] = {}
                for name, definition in self.definitions.items():
                    if name.kind != "table":
                        continue
                    cursor.execute(f"SELECT 1 FROM {display(name)} LIMIT 0")
                    if definition["engine"] != "InnoDB":
                        self.early[name] = compare_rows.checksum(session, name)
            finally:
                cursor.execute("UNLOCK TABLES")

    def compare_with(self, replica: pymysql.Connection) -> tuple[tuple[Difference, ...], dict[str, int]]:
        there = compare_definitions.read(replica, accounts=self.accounts)
        differences = [
            Difference(name.kind, display(name), detail)
            for name, detail in compare_definitions.differences(self.definitions, there)
        ]
        tables = {}
        for name in self.definitions:
            if name.kind != "table" or name not in there:
                continue
            here = self.early.get(name) or compare_rows.checksum(self.session, name)
            tables[display(name)] = here.rows
            if here != compare_rows.checksum(replica, name):
                detail = compare_rows.explain(self.session, replica, name)
                differences.append(Difference("rows", display(name), detail))
        return tuple(differences), tables


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison of a running sandbox; 0 when identical, 1 when not, 2 when it cannot be told."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.compare", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", help="the sandbox's directory")
    parser.add_argument("replica", nargs="?", default="replica1")
    parser.add_argument("--accounts", action="store_true", help="compare accounts and grants, too")
    parser.add_argument("--timeout", type=float, default=60, help="seconds to wait for the replica (%(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        box = Sandbox.load(chosen.directory)
    except FileNotFoundError as error:
        parser.error(str(error))
    replicas = {replica.name: replica for replica in box.replicas}
    if chosen.replica not in replicas:
        parser.error(f"no {chosen.replica} in {chosen.directory}; there is {', '.join(replicas)}")
    try:
        comparison = compare(box.source, replicas[chosen.replica], chosen.timeout, accounts=chosen.accounts)
    except pymysql.err.MySQLError as error:
        parser.error(f"a server cannot be read: {error}")
    print(comparison)
    return 0 if comparison.identical else 1


if __name__ == "__main__":
    raise SystemExit(main())
