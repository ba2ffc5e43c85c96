# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_dump_load loads what a dump holds, claims nothing for it, and can be killed and run again."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration import by_hand
from integration.ansible_run import STATE, run_task, run_tasks, task, tasks_under_way
from integration.server_state import logs, settings, state
from sandbox import dataset
from sandbox.compare import compare
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.writer import Writer

MODULE = "mysql_dump_load"
# how long it takes is set on the server: ten minutes, or nothing, by one and the same dump
SLOW = b"INSERT INTO `t` SELECT 1000 + SLEEP(@@GLOBAL.slow_launch_time * 300), 'slow';\n"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        dataset.load(own.source, scale=0.2)
        own.source.execute("CREATE DATABASE small")
        own.source.execute("CREATE TABLE small.t (id INT PRIMARY KEY, word VARCHAR(20))")
        own.source.execute("CREATE TABLE small.u (id INT PRIMARY KEY)")
        own.source.execute("INSERT INTO small.t VALUES (1, 'one'), (2, 'two'), (3, NULL)")
        own.source.execute("INSERT INTO small.u VALUES (1), (2)")
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture(scope="module")
def small(box: Sandbox) -> Path:
    """A dump of one schema."""
    return by_hand.take_dump(box.source, box.directory / "small.sql", "--databases", "small")


@pytest.fixture
def target(box: Sandbox) -> Iterator[Server]:
    """The replica as it is when its turn comes: no channel, no GTIDs, nobody else writes, no load was interrupted."""
    replica = box.replicas[0]
    by_hand.detach(replica)
    by_hand.forget_gtids(replica)
    by_hand.set_quiet(replica)
    (replica.directory / "dbre" / "state" / "load.json").unlink(missing_ok=True)
    yield replica
    by_hand.set_as_started(replica)
    replica.execute("SET GLOBAL slow_launch_time = 2")


def with_statement(dump: Path, statement: bytes, name: str) -> tuple[Path, int]:
    """The dump with one more statement after the rows of `t`; and the offset of that statement, in bytes."""
    text = dump.read_bytes()
    at = re.search(rb"INSERT INTO `t`.*\n", text)
    assert at
    path = dump.with_name(name)
    path.write_bytes(text[: at.end()] + statement + text[at.end() :])
    return path, at.end()


def asleep(server: Server) -> list[int]:
    """Sessions that run the slow statement now."""
    rows = server.rows("SELECT ID AS id FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'")
    return [row["id"] for row in rows]


def accounts(server: Server) -> tuple[Any, ...]:
    return tuple(server.rows(f"SELECT * FROM mysql.{table}") for table in ("user", "db", "tables_priv", "proxies_priv"))


def test_everything_under_load_and_no_gtid(box: Sandbox, target: Server) -> None:
    with Writer(box.source, rate=50) as writer:
        dump = by_hand.take_dump(box.source, box.directory / "all.sql")
        written, known = logs(target), accounts(target)
        loaded = run_task(box, MODULE, path=str(dump), **STATE)
        assert not loaded["failed"], loaded
        assert loaded["changed"] is True
        assert target.gtid_executed == ""
        assert logs(target) == written, "nothing went into the binary log"
        assert accounts(target) == known
        assert not target.value("SELECT COUNT(*) FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'")
        assert loaded["events_disabled"] == box.source.value(
            "SELECT COUNT(*) FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'"
        )
        # the set that it returned is the one that the rows stand for: from there replication leads to equality
        target.execute("SET GLOBAL gtid_purged = %s", (loaded["gtid_purged"],))
        again = run_task(box, MODULE, path=str(dump), **STATE)
        assert (again["failed"], again["changed"], again["plan"]) == (False, False, [])
        box.attach(target)
        writer.wait_for_commits(20)
        judgement = compare(box.source, target)
    assert judgement.identical, str(judgement)


def test_what_would_end_halfway_is_refused(box: Sandbox, small: Path, target: Server) -> None:
    events = by_hand.take_dump(box.source, box.directory / "events.sql", "--databases", "shop")
    cut = box.directory / "cut.sql"
    cut.write_bytes(small.read_bytes()[:-40])
    by_hand.set_as_started(target)
    before = state(target)
    scheduler_on, half, missing = run_tasks(
        box,
        task(MODULE, path=str(events), **STATE),
        task(MODULE, path=str(cut), **STATE),
        task(MODULE, path="/nowhere/dump.sql", **STATE),
    ).results
    assert all(result["failed"] and not result["changed"] for result in (scheduler_on, half, missing))
    super_read_only = "super_read_only" in before["settings"]
    assert ("super_read_only is on" if super_read_only else "the event scheduler is on") in scheduler_on["msg"]
    assert "not a whole dump" in half["msg"]
    assert "/nowhere/dump.sql" in missing["msg"]
    assert state(target) == before

    by_hand.set_quiet(target)
    target.execute("SET GLOBAL event_scheduler = ON")
    before = state(target)
    refused = run_task(box, MODULE, path=str(events), **STATE)
    assert refused["error"]["kind"] == "refused"
    assert "the event scheduler is on" in refused["msg"]
    assert state(target) == before


def test_a_running_applier_is_not_loaded_under(box: Sandbox, small: Path, target: Server) -> None:
    target.execute("SET GLOBAL gtid_purged = %s", (box.source.gtid_executed,))
    box.attach(target)
    box.wait_replicating(target)
    target.execute("SET SESSION sql_log_bin = 0")
    target.execute("UPDATE small.t SET word = 'here'")
    refused = run_task(box, MODULE, path=str(small), **STATE)
    assert refused["error"]["kind"] == "refused"
    assert "replication is running" in refused["msg"]
    assert target.replica_status()["Replica_SQL_Running"] == "Yes"
    assert target.value("SELECT COUNT(*) FROM small.t WHERE word = 'here'") == 3


def test_a_statement_that_fails_is_named_by_line_and_byte(box: Sandbox, small: Path, target: Server) -> None:
    target.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    broken, offset = with_statement(small, b"INSERT INTO `t` VALUES (1, 'again');\n", "broken.sql")
    line = broken.read_bytes()[:offset].count(b"\n") + 1
    failed = run_task(box, MODULE, path=str(broken), **STATE)
    assert failed["failed"] is True
    assert failed["error"]["errno"] == 1062
    assert target.value("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit") == 1
    assert f"{broken}: line {line}, byte {offset} of the plain text" in failed["msg"]
    assert "Duplicate entry '1'" in failed["msg"]
    assert target.gtid_executed == ""
    assert run_task(box, MODULE, path=str(small), start_over=True, **STATE)["changed"] is True
    assert [row["id"] for row in target.rows("SELECT id FROM small.t ORDER BY id")] == [1, 2, 3]


@pytest.mark.long_on("oldest")
def test_another_dump_than_the_interrupted_one_is_refused_unless_told_otherwise(
    box: Sandbox, small: Path, target: Server
) -> None:
    broken, _offset = with_statement(small, b"", "interrupted.sql")
    text = broken.read_bytes()
    end = text.index(b"-- Dump completed")
    broken.write_bytes(text[:end] + b"INSERT INTO `t` VALUES (1, 'again');\n" + text[end:])
    assert run_task(box, MODULE, path=str(broken), **STATE)["error"]["errno"] == 1062
    journal = target.directory / "dbre" / "state" / "load.json"
    interrupted, before = journal.read_text(), state(target)
    assert json.loads(interrupted)["finished"]
    refused = run_task(box, MODULE, path=str(small), **STATE)
    assert refused["error"]["kind"] == "refused"
    assert "cannot take it up: it was of another dump, or of another state of it" in refused["msg"]
    assert "start_over=true" in refused["msg"]
    assert (journal.read_text(), state(target)) == (interrupted, before)
    told_to = run_task(box, MODULE, path=str(small), start_over=True, **STATE)
    assert told_to["changed"], told_to
    assert str(broken) in told_to["not_resumed"]
    assert target.value("SELECT COUNT(*) FROM small.t") == 3


@pytest.mark.long_on("oldest")
def test_compressed_dumps_and_check_mode(box: Sandbox, small: Path, target: Server) -> None:
    packed = small.with_suffix(".sql.gz")
    packed.write_bytes(gzip.compress(small.read_bytes()))
    squeezed = small.with_suffix(".sql.zst")
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", "-f", str(small), "-o", str(squeezed)], check=True)
    else:
        squeezed.write_bytes(bytes.fromhex("28b52ffd0000010000"))  # an empty frame: without zstd it cannot be told
    target.execute("SET SESSION sql_log_bin = 0")
    target.execute("DELETE FROM small.t")
    before = state(target)
    planned = run_task(box, MODULE, path=str(packed), check=True, **STATE)
    assert (planned["failed"], planned["changed"]) == (False, True)
    actions = [step["action"] for step in planned["plan"] if step["action"] not in ("speed_up", "settle")]
    assert actions == ["drop_schema", "load", "disable_events", "make_durable"]
    assert state(target) == before

    for path in (packed, squeezed):
        target.execute("SET SESSION sql_log_bin = 0")
        target.execute("DELETE FROM small.t")
        loaded = run_task(box, MODULE, path=str(path), **STATE)
        if path == squeezed and not shutil.which("zstd"):
            assert "install zstd" in loaded["msg"]
        else:
            assert loaded["changed"] is True
            assert loaded["tables"] == 2
            assert target.value("SELECT COUNT(*) FROM small.t") == 3
    assert target.gtid_executed == ""


def test_busy_while_another_runs_and_fresh_after_it_was_killed(box: Sandbox, small: Path, target: Server) -> None:
    slow, _offset = with_statement(small, SLOW, "slow.sql")
    target.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    before = settings(target)
    with tasks_under_way(box, task(MODULE, path=str(slow), **STATE)) as first:
        wait_for("the slow statement runs", lambda: asleep(target))
        (session,) = asleep(target)
        busy, elsewhere = run_tasks(
            box,
            task(MODULE, path=str(slow), **STATE),
            # another state directory: what the other run holds on the server is seen all the same
            task(MODULE, path=str(slow), state_dir=str(box.directory / "other-state")),
        ).results
        assert (busy["error"]["kind"], elsewhere["error"]["kind"]) == ("busy", "busy")
        assert not busy["changed"]
        assert not elsewhere["changed"]
        assert asleep(target) == [session]
        assert target.value("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit") == 0
        first.kill()
    assert asleep(target) == [session], "the server has not noticed, and would go on writing"
    target.execute("SET GLOBAL slow_launch_time = 0")
    again = run_task(box, MODULE, path=str(slow), **STATE)
    assert not again["failed"], again
    assert again["changed"] is True
    assert asleep(target) == []
    assert [row["id"] for row in target.rows("SELECT id FROM small.t ORDER BY id")] == [1, 2, 3, 1000]
    assert target.value("SELECT COUNT(*) FROM small.u") == 2
    assert target.gtid_executed == ""
    assert settings(target) == before
    assert target.value("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit") == 1


@pytest.mark.parametrize("known", [True, False], ids=["of a schema", "of none"])
@pytest.mark.parametrize("text", ["", "left of a DROP"], ids=["empty", "with a file"])
def test_a_directory_that_outlived_its_schema_does_not_stop_a_load(
    box: Sandbox, small: Path, target: Server, known: bool, text: str
) -> None:
    """As of a server that was killed in a CREATE or DROP DATABASE. Before 8.0 any directory is a schema."""
    target.execute("DROP DATABASE IF EXISTS small")
    left, backup = target.datadir / "small", box.directory / f"left {known} {text}"
    if known:
        target.execute("CREATE DATABASE small")
    else:
        left.mkdir()
    if text:
        (left / "gone.ibd").write_text(text)
    loaded = run_task(box, MODULE, path=str(small), backup_dir=str(backup), **STATE)
    assert not loaded["failed"], loaded
    assert target.value("SELECT COUNT(*) FROM small.t") == 3
    in_the_way = text or not (known or box.build.number < (8, 0, 0))
    assert loaded["left_directories"] == ([str(left)] if in_the_way else [])
    assert [path.read_text() for path in backup.rglob("*-gone.ibd")] == ([text] if text else [])


def test_another_servers_directory_of_that_name_is_left_alone(box: Sandbox, small: Path, target: Server) -> None:
    """The login may lead to another host, whose data directory has the path of one that is here."""
    target.execute("DROP DATABASE IF EXISTS small")
    left, identity = target.datadir / "small", target.datadir / "auto.cnf"
    left.mkdir()
    (left / "gone.ibd").write_text("another server's")
    own = identity.read_text()
    identity.write_text(own.replace(target.uuid, box.source.uuid))
    try:
        refused = run_task(box, MODULE, path=str(small), backup_dir=str(box.directory / "not there"), **STATE)
    finally:
        identity.write_text(own)
    assert refused["failed"], refused
    assert f"Next: look at {left} on the server's own host" in refused["msg"]
    assert (left / "gone.ibd").read_text() == "another server's"
    assert not (box.directory / "not there").exists()
    shutil.rmtree(left)


def test_a_dump_that_selects_no_schema_is_refused(box: Sandbox, target: Server) -> None:
    """What `mysqldump SCHEMA` writes: no USE, and the schema's name in a comment only."""
    dump = by_hand.take_dump(box.source, box.directory / "nameless.sql", "small")
    before = state(target)
    refused = run_task(box, MODULE, path=str(dump), **STATE)
    assert refused["error"]["kind"] == "refused", refused
    assert state(target) == before
