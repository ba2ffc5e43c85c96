# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds of an oracle: a replica dies with relay logs that are not applied; they are damaged, and repaired.

What a round must find at its end is worked out before the damage, by a reader of relay logs that shares nothing with
the collection: each transaction that ended before the first damaged byte is executed while the receiver still stands
still, so that the source was not asked for it; and in the end every table equals the source's.
"""

from __future__ import annotations

import random
import shutil
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pymysql

from integration.module_call import call
from integration.relaylog_fuzz_damages import Damages
from sandbox import compare, relaylog_file
from sandbox.accounts import ADMIN
from sandbox.damage import wait_for
from sandbox.topology import Sandbox

# A server that looks for its relay logs elsewhere tells the applier's position, and leaves the logs alone
ELSEWHERE = "dbre-probe"
OPTIONS = {"replica": {"max_relay_log_size": 4096}}
AT_REST = "[mysqld]\nloose-skip-slave-start\nloose-skip-replica-start\nloose-relay-log-recovery=0\n"
GTID, QUERY, TAGGED, PAYLOAD = 33, 2, 42, 40
TABLES = 4


class Whole(NamedTuple):
    """A transaction that ends at an offset of a file, by its number in the index."""

    gtid: str
    file: int
    end: int


class Outcome(NamedTuple):
    """One round. kept: transactions that were not executed at the kill, and were not asked of the source again."""

    what: str
    verdict: str
    logs: int
    kept: int
    fetched: int


def transactions(logs: list[Path]) -> list[Whole]:
    """Every transaction that ends, in the order of the log: behind its Xid, its payload, or its only statement."""
    found: list[Whole] = []
    gtid, begun = "", False
    for number, path in enumerate(logs):
        data = path.read_bytes()
        for event in relaylog_file.whole_events(path):
            body = event.start + relaylog_file.HEADER.size
            if event.type == GTID:
                uuid, gno = data[body + 1 : body + 17].hex(), struct.unpack_from("<q", data, body + 17)[0]
                gtid = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}:{gno}"
                begun = False
            elif event.type == QUERY and gtid and not begun:
                begun = data[: event.end - 4].endswith(b"\0BEGIN")
                if not begun:
                    found.append(Whole(gtid, number, event.end))
                    gtid = ""
            elif event.type in (relaylog_file.XID, PAYLOAD) and gtid:
                found.append(Whole(gtid, number, event.end))
                gtid = ""
    return found


class Rounds:
    """Many rounds on one sandbox. Each has a random seed of its own, with which it can be run alone."""

    def __init__(self, box: Sandbox, state: Path) -> None:
        self.box, self.state = box, state
        self.chance, self.ddl = random.Random(), True
        self.source, self.replica = box.source, box.replicas[0]
        self.index = self.replica.datadir / "relay-bin.index"
        self.source.execute("CREATE DATABASE IF NOT EXISTS d")
        for number in range(TABLES):
            self.source.execute(
                f"CREATE TABLE IF NOT EXISTS d.t{number} (id INT AUTO_INCREMENT PRIMARY KEY, n INT, txt TEXT)"
            )
        box.wait_caught_up(self.replica)

    def run(self, seed: str) -> Outcome:
        self.chance, self.ddl = random.Random(seed), True
        shutil.rmtree(self.state, ignore_errors=True)
        position = self._die()
        # A server that dies while it replaces its index leaves the new one
        kept_index = self.index if self.index.exists() else self.index.with_suffix(".index_crash_safe")
        logs = relaylog_file.listed(self.replica.datadir, kept_index.name)
        before = {path: path.read_bytes() for path in logs}
        ends = transactions(logs)
        broken = Damages(self.chance, self.index).some(logs)
        damaged = {path: path.read_bytes() for path in [*logs, self.index] if path.is_file()}
        whole = {one.gtid for one in ends if broken.first is None or (one.file, one.end) <= broken.first}
        done = self._repair(position if self.chance.random() < 0.5 else None)
        self._nothing_is_lost(damaged, done)
        self._start()
        executed = self.replica.gtid_executed
        kept = {gtid for gtid in whole if not self._is_in(gtid, executed)}
        if self._apply(done):
            # The server knows better where its applier stands than the files have told.
            self.replica.stop()
            done = self._repair(self._position_of_server())
            self._start()
            failed = self._apply(done)
            assert not failed, f"{broken.what}: {failed}; {done}"
        after = self.replica.gtid_executed
        missing = [gtid for gtid in kept if not self._is_in(gtid, after)]
        assert not missing, f"{broken.what}: whole in the relay logs, and not applied: {missing}; {done}"
        self.replica.execute(self.replica.statements.start)
        self.box.wait_caught_up(self.replica)
        self.box.wait_replicating(self.replica)
        found = compare.compare(self.source, self.replica)
        assert found.identical, f"{broken.what}: {found}"
        fetched = len({one.gtid for one in ends if not self._is_in(one.gtid, after)})
        return Outcome(broken.what, done["verdict"], len(before), len(kept), fetched)

    # -- a replica that dies ----------------------------------------------------------------------------------------

    def _die(self) -> str | None:
        """Relay logs pile up, then SIGKILL; returns the applier's position, where it stood still."""
        replica = self.replica
        self.box.wait_caught_up(replica)
        rests = self.chance.random() < 0.75
        # Before 8.0 a server that dies while it makes or drops a table may never make one of that name again.
        self.ddl = rests or replica.build.number >= (8, 0)
        if rests:
            replica.execute(replica.statements.stop_applier)
        for _number in range(self.chance.randint(6, 30)):
            self._write()
            if self.chance.random() < 0.08:
                replica.execute("FLUSH NO_WRITE_TO_BINLOG RELAY LOGS")
        if rests and self.chance.random() < 0.8:
            target = self.source.gtid_executed
            wait_for("the replica has retrieved it", lambda: self._is_in(target, self._retrieved()))
        status = replica.replica_status()
        replica.kill()
        return "{Relay_Log_File}:{Relay_Log_Pos}".format(**status) if rests else None

    def _retrieved(self) -> str:
        status = self.replica.replica_status()
        return f"{status['Retrieved_Gtid_Set']},{status['Executed_Gtid_Set']}".strip(",")

    def _write(self) -> None:
        chance = self.chance
        table = f"d.t{chance.randrange(TABLES)}"
        kind = chance.random()
        if kind < 0.08 and self.ddl:
            name = f"d.extra{chance.randrange(3)}"
            self.source.execute(f"DROP TABLE IF EXISTS {name}")
            if chance.random() < 0.7:
                self.source.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, txt VARCHAR(100))")
                self.source.execute(f"INSERT INTO {name} VALUES (1, 'one')")
            return
        with self.source.connect(autocommit=False) as connection, connection.cursor() as cursor:
            for _statement in range(chance.randint(1, 3)):
                if kind < 0.7:
                    text = "x" * int(chance.expovariate(1 / 300))
                    cursor.execute(f"INSERT INTO {table} (n, txt) VALUES (%s, %s)", (chance.randrange(100), text))
                elif kind < 0.9:
                    cursor.execute(f"UPDATE {table} SET n = n + 1 ORDER BY id LIMIT %s", (chance.randint(1, 30),))
                else:
                    cursor.execute(f"DELETE FROM {table} ORDER BY id LIMIT %s", (chance.randint(1, 40),))
            connection.commit()

    # -- its repair, in the steps of the role -------------------------------------------------------------------------

    def _repair(self, position: str | None) -> dict[str, Any]:
        done = self._call(position)
        error = done.get("error", {})
        if error.get("needs") == "applier_position":
            position = self._position_of_server()
            done = self._call(position)
            error = done.get("error", {})
        if error.get("needs") == "other_way":
            done = self._call(position, strategy="discard") | {"verdict": error["verdict"], "discarded": True}
        assert not done.get("failed"), done
        again = self._call(position)
        assert not again.get("failed"), again
        assert again["changed"] is False, again
        return done

    def _position_of_server(self) -> str | None:
        self._start(f"relay-log={ELSEWHERE}\nrelay-log-index={ELSEWHERE}.index\n")
        told = self._login("mysql_relaylog_info")
        self.replica.stop()
        for path in self.replica.datadir.glob(f"{ELSEWHERE}*"):
            path.unlink()
        position = told["relay_logs"]["applier_position"]
        return None if position is None else str(position)

    def _call(self, position: str | None, **more: Any) -> dict[str, Any]:
        return call(
            "mysql_relaylog_repair",
            datadir=str(self.replica.datadir),
            relay_log="relay-bin",
            auto_position=True,
            applier_position=position,
            state_dir=str(self.state / "state"),
            backup_dir=str(self.state / "backup"),
            **more,
        )

    def _login(self, module: str, **options: Any) -> dict[str, Any]:
        login: dict[str, Any] = {
            "login_user": ADMIN.user,
            "login_password": ADMIN.password,
            "login_unix_socket": self.replica.socket,
        }
        return call(module, state_dir=str(self.state / "state"), **login, **options)

    def _start(self, more: str = "") -> None:
        """As the role starts a server: nothing is fetched, nothing thrown away."""
        self.replica.dropin.write_text(AT_REST + more)
        self.replica.dropin.chmod(0o644)
        try:
            self.replica.start()
        finally:
            self.replica.dropin.unlink()

    def _apply(self, done: dict[str, Any]) -> str | None:
        """None, or why it could not be done."""
        if done.get("discarded"):
            self.replica.execute("RESET SLAVE" if self.replica.build.number < (8, 0, 22) else "RESET REPLICA")
            return None
        first = {"begin": "first", "apply_from": done["apply_from"], "gtid_set": done["retrieved_gtid_set"]}
        options = first if done["begin"] == "first" else {"gtid_set": done["retrieved_gtid_set"]}
        applied = self._login("mysql_relaylog_rescue", **options)
        if applied.get("failed") and options is not first:
            applied = self._login("mysql_relaylog_rescue", **first)
        assert self.replica.replica_status()["Replica_IO_Running"] == "No"
        return str(applied["msg"]) if applied.get("failed") else None

    def _nothing_is_lost(self, damaged: dict[Path, bytes], done: dict[str, Any]) -> None:
        """Every byte that was there before the repair is where it was, or in the quarantine."""
        aside = [path.read_bytes() for path in Path(done["quarantine"] or "/nonexistent").glob("0*")]
        for path, content in damaged.items():
            same = path.is_file() and path.read_bytes() == content
            assert same or content in aside, f"{path} is lost"

    def _is_in(self, gtids: str, those: str) -> bool:
        for server in (self.source, self.replica):
            with suppress(pymysql.err.MySQLError):
                return bool(server.value("SELECT GTID_SUBSET(%s, %s)", (gtids, those)))
        raise AssertionError("no server answers")
