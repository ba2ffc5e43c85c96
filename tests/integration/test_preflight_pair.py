# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replica, its neighbours, its source and the accounts: mysql_replica_preflight sees on real servers what is wrong.

One source with two replicas. The second replica is the one that is spoilt: as a sibling, and as a source of the first.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from integration import by_hand
from integration.ansible_run import CHANNEL, SOURCE, STATE, Task, run_tasks, task
from integration.server_state import state
from sandbox.accounts import READER
from sandbox.builds import modern_spec
from sandbox.damage import writable
from sandbox.server import Server
from sandbox.topology import Sandbox

LONG = "more than a channel can hold, 33."
ACCOUNT = {"replication_user": CHANNEL["source_user"], "replication_password": CHANNEL["source_password"]}
REPLICA_CHECKS = [
    "another_run",
    "group_configured",
    "id_of_sibling",
    "live_downstreams",
    "only_acknowledger",
    "relay_log_recovery_off",
    "replica_filters",
    "restart_pending",
    "supervised",
]
PAIR_CHECKS = [
    "binlog_checksums_differ",
    "circular_replication",
    "clocks_apart",
    "replica_is_source",
    "same_server_id",
    "same_server_uuid",
    "server_id_unset",
    "source_filters_its_log",
    "source_gtids_off",
    "source_logs_partial_rows",
    "source_logs_statements",
    "version_pair",
]
ACCOUNT_CHECKS = [
    "replication_account_needs_safe_connection",
    "replication_account_not_tried",
    "replication_account_privilege",
    "replication_account_refused",
    "replication_password_too_long",
]
PRIVILEGE_CHECKS = ["replica_not_readable", "replica_privileges", "source_not_looked_at", "source_privileges"]


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind, replicas=2) as own:
        own.source.execute("CREATE DATABASE small")
        own.source.execute("CREATE TABLE small.t (id INT PRIMARY KEY)")
        own.source.execute("CREATE TRIGGER small.keep BEFORE DELETE ON small.t FOR EACH ROW SET @kept = 1")
        for replica in own.replicas:
            own.wait_caught_up(replica)
        yield own


@pytest.fixture(scope="module")
def dump(box: Sandbox) -> dict[str, Any]:
    """What mysql_dump_info tells of a dump of the source."""
    path = by_hand.take_dump(box.source, box.directory / "all.sql")
    (told,) = run_tasks(box, task("mysql_dump_info", path=str(path)), host="replica1").results
    return told


@pytest.fixture(scope="module")
def modern(box: Sandbox) -> bool:
    return box.build.number >= (8, 0, 22)


def preflight(only: list[str], **options: Any) -> Task:
    return task("mysql_replica_preflight", **{**SOURCE, **STATE, "only": only, **options})


def asked(box: Sandbox, dump: dict[str, Any], *tasks: Task) -> list[dict[str, str]]:
    """What each task finds, id -> fact (and next step). Neither server may be another one afterwards."""
    before = state(box.source), state(box.replicas[0])
    given = [one._replace(options={**one.options, "dump": dump}) for one in tasks]
    results = run_tasks(box, *given, host="replica1").results
    assert (state(box.source), state(box.replicas[0])) == before
    answers = [(result["error"] if result["failed"] else result) for result in results]
    return [
        {finding["id"]: f"{finding['fact']} -> {finding['next_step']}" for finding in answer["findings"]}
        for answer in answers
    ]


@contextmanager
def unlogged(server: Server) -> Iterator[Any]:
    """A session that may write, and that leaves no GTID behind."""
    with writable(server), closing(server.connect()) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        yield cursor


def connect_anew(box: Sandbox, replica: Server) -> None:
    receiver = "REPLICA" if box.build.number >= (8, 0, 22) else "SLAVE"
    replica.execute(f"STOP {receiver} IO_THREAD")
    replica.execute(f"START {receiver} IO_THREAD")
    box.wait_replicating(replica)


def as_source(server: Server, **account: str) -> dict[str, Any]:
    return {"source_host": server.host, "source_port": server.port, **account}


@pytest.mark.long_on("oldest")
def test_what_is_seen_of_the_replica_and_its_neighbours(box: Sandbox, dump: dict[str, Any], modern: bool) -> None:
    source, replica, sibling = box.servers
    own_id = sibling.value("SELECT @@GLOBAL.server_id")
    sibling.execute("SET GLOBAL server_id = %s", (replica.port,))
    if modern:
        source.execute("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'")
        source.execute("SET GLOBAL rpl_semi_sync_source_enabled = ON")
        with unlogged(replica) as session:
            session.execute("INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so'")
            session.execute("INSTALL PLUGIN group_replication SONAME 'group_replication.so'")
            session.execute("SET GLOBAL rpl_semi_sync_replica_enabled = ON")
            session.execute("SET GLOBAL group_replication_group_name = %s", (source.uuid,))
            session.execute("SET PERSIST_ONLY back_log = 77")
            session.execute("STOP REPLICA SQL_THREAD")
            session.execute("CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = (small.log)")
            session.execute("START REPLICA SQL_THREAD")
    for server in (replica, sibling):  # the sibling last: a source remembers one server of an id
        connect_anew(box, server)
    try:
        with closing(replica.connect()) as holder, holder.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK('dbre.mysql_replica', 0)")
            look = preflight(REPLICA_CHECKS, known_downstreams=["db9.example.com:3306"])
            found, twin = asked(box, dump, look, preflight(["same_server_id"], **as_source(sibling)))
    finally:
        sibling.execute("SET GLOBAL server_id = %s", (own_id,))
        connect_anew(box, sibling)
        if modern:
            with unlogged(replica) as session:
                session.execute("STOP REPLICA")
                session.execute("CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = ()")
                session.execute("UNINSTALL PLUGIN rpl_semi_sync_replica")
                session.execute("UNINSTALL PLUGIN group_replication")
                session.execute("RESET PERSIST")
                session.execute("START REPLICA")
            box.wait_replicating(replica)
            # The plugin stays: the source may take a while to notice that its replica has left.
            source.execute("SET GLOBAL rpl_semi_sync_source_enabled = OFF")
    told = {
        "another_run": "session ",
        "id_of_sibling": f"has server_id {replica.port}",
        "live_downstreams": "db9.example.com:3306 (known from the inventory)",
        "relay_log_recovery_off": "relay_log_recovery",
    }
    if modern:
        told |= {
            "group_configured": source.uuid,
            "only_acknowledger": "waits for 1 acknowledgement(s) and this replica is one of 1",
            "replica_filters": "REPLICATE_IGNORE_TABLE=small.log",
            "restart_pending": "back_log is",
        }
    assert f"({replica.port})" in twin["same_server_id"]
    assert set(found) == set(told)
    assert all(part in found[check] for check, part in told.items()), found


@contextmanager
def lock_of(began: str, state_dir: Path) -> Iterator[str]:
    """A state directory with the record of a run by this process, if that began then."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    record = {"pid": os.getpid(), "start": began, "boot_id": boot, "purpose": "mysql_dump_load"}
    state_dir.mkdir()
    (state_dir / "lock").write_text(json.dumps(record) + "\n")
    with (state_dir / "lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield str(state_dir)


@pytest.mark.long_on("oldest")
def test_the_accounts_and_the_lock(box: Sandbox, dump: dict[str, Any], modern: bool, tmp_path: Path) -> None:
    """On one good pair, clear but for what the sandbox lacks, only the account or the lock is another one."""
    source = box.source
    tls = {"replication_user": "tls", "replication_password": "secret 1"}
    poor = {"replication_user": "poor", "replication_password": LONG, "get_source_public_key": modern}
    with unlogged(source) as session:
        session.execute(f"CREATE USER 'poor'@'127.0.0.1' IDENTIFIED BY '{LONG}'")
        if modern:
            session.execute("CREATE USER 'tls'@'127.0.0.1' IDENTIFIED BY 'secret 1' REQUIRE SSL")
            session.execute("GRANT REPLICATION SLAVE ON *.* TO 'tls'@'127.0.0.1'")
    began = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    with lock_of(began, tmp_path / "alive") as alive, lock_of("1", tmp_path / "dead") as dead:
        looks = {
            "clear": preflight(REPLICA_CHECKS + PAIR_CHECKS + ACCOUNT_CHECKS + PRIVILEGE_CHECKS, **ACCOUNT),
            "a living run": preflight(["another_run"], state_dir=alive),
            "a dead run": preflight(["another_run"], state_dir=dead),
            "wrong password": preflight(ACCOUNT_CHECKS, **{**ACCOUNT, "replication_password": "wrong"}),
            "no privilege": preflight(ACCOUNT_CHECKS, **poor),
            # It has logged in a moment ago, so the source remembers it.
            "a warm cache": preflight(ACCOUNT_CHECKS, **ACCOUNT, source_ssl=False, get_source_public_key=False),
        }
        if modern:
            looks["TLS wanted"] = preflight(ACCOUNT_CHECKS, **tls, source_ssl=False)
            looks["TLS"] = preflight(ACCOUNT_CHECKS, **tls, source_ssl=True)
        found = dict(zip(looks, asked(box, dump, *looks.values()), strict=True))
    with unlogged(source) as session:
        session.execute("DROP USER 'poor'@'127.0.0.1'")
        if modern:
            session.execute("DROP USER 'tls'@'127.0.0.1'")
    told = {
        "clear": {"relay_log_recovery_off": "relay_log_recovery"},
        "a living run": {"another_run": f"mysql_dump_load, process {os.getpid()}"},
        "a dead run": {},
        "wrong password": {"replication_account_refused": "1045"},
        "no privilege": {
            "replication_account_privilege": "GRANT REPLICATION SLAVE ON *.* TO 'poor'@'127.0.0.1'",
            "replication_password_too_long": "more than 32 characters",
        },
        # an old plugin needs neither
        "a warm cache": {"replication_account_needs_safe_connection": "uses caching_sha2_password"} if modern else {},
        "TLS wanted": {"replication_account_refused": "1045"},
        "TLS": {},
    }
    for name, answer in found.items():
        assert set(answer) == set(told[name]), name
        assert all(part in answer[check] for check, part in told[name].items()), answer


@pytest.mark.long_on("newest")
def test_the_statement_that_is_printed_gives_what_was_missing(box: Sandbox, dump: dict[str, Any], modern: bool) -> None:
    source, replica = box.source, box.replicas[0]
    for server, host in ((source, "127.0.0.1"), (replica, "localhost")):
        with unlogged(server) as session:
            session.execute(f"CREATE USER 'poor'@'{host}' IDENTIFIED BY 'secret 3'")
    password = {"login_password": "secret 3", "source_password": "secret 3"}
    look = preflight([*PRIVILEGE_CHECKS, "routines_need_super"], login_user="poor", source_user="poor", **password)
    answers = []
    for _round in range(2):
        (found,) = asked(box, dump, look)
        answers.append(set(found))
        for check, server in (
            ("replica_not_readable", replica),
            ("replica_privileges", replica),
            ("source_privileges", source),
            ("source_not_looked_at", source),
        ):
            if check in found:
                with unlogged(server) as session:
                    statement = found[check].rpartition(" -> ")[2].removeprefix("on the source: ")
                    assert statement.startswith("GRANT ")
                    session.execute(statement)
    for server, host in ((source, "127.0.0.1"), (replica, "localhost")):
        with unlogged(server) as session:
            session.execute(f"DROP USER 'poor'@'{host}'")
    assert answers[0] == {*PRIVILEGE_CHECKS, "routines_need_super"}
    assert answers[1] == ({"routines_need_super"} if modern else set())  # 5.6 wants SUPER anyway


@pytest.mark.long_on("newest")
def test_what_is_seen_of_a_source_that_cannot_be_followed(box: Sandbox, dump: dict[str, Any], modern: bool) -> None:
    """The second replica as the source of the first: it is a copy of it, and its options are of an older day."""
    replica, peer = box.replicas
    peer.stop()
    identity = peer.datadir / "auto.cnf"
    own = identity.read_text()
    identity.write_text((replica.datadir / "auto.cnf").read_text())
    peer.start(
        [
            "--gtid-mode=ON_PERMISSIVE" if modern else "--gtid-mode=OFF",
            "--binlog-format=STATEMENT",
            "--binlog-row-image=MINIMAL",
            "--binlog-checksum=NONE",
            "--binlog-ignore-db=small",
            "--init-connect=SET timestamp = UNIX_TIMESTAMP() + 100",  # as an account without SUPER sees its clock
            "--skip-replica-start" if modern else "--skip-slave-start",
        ]
    )
    try:
        with writable(peer):
            peer.execute("RESET REPLICA ALL" if modern else "RESET SLAVE ALL")
            peer.execute(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %s"
                if modern
                else "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = %s",
                (replica.port,),
            )
        peer.execute("SET GLOBAL server_id = 0")
        (found,) = asked(box, dump, preflight(PAIR_CHECKS, **as_source(peer)))
    finally:
        identity.write_text(own)
    told = {
        "same_server_uuid": replica.uuid,
        "server_id_unset": "server_id is 0",
        "source_gtids_off": "gtid_mode=ON_PERMISSIVE" if modern else "gtid_mode=OFF",
        "clocks_apart": "s behind the source's",
        "source_logs_statements": "binlog_format=STATEMENT",
        "source_logs_partial_rows": "binlog_row_image=MINIMAL",
        "source_filters_its_log": "binlog_ignore_db=small",
        "circular_replication": "channel ''",
    } | ({} if modern else {"binlog_checksums_differ": "NONE on the source and CRC32 on the replica"})
    assert set(found) == set(told)
    assert all(part in found[check] for check, part in told.items()), found


@pytest.mark.long_on("oldest")
def test_a_source_of_another_series(box: Sandbox, dump: dict[str, Any], modern: bool) -> None:
    with Sandbox.up(server="5.6" if modern else modern_spec(), replicas=0) as other:
        account = {"source_user": READER.user, "source_password": READER.password}
        (found,) = asked(box, dump, preflight(["version_pair"], **as_source(other.source, **account)))
        version = other.source.value("SELECT @@version")
    assert version.partition("-")[0] in found["version_pair"]
