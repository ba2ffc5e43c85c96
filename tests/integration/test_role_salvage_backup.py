# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance that does not start, an old dump of it, and its binary logs: no whole transaction on disk is lost.

The judge is a replica that has applied exactly as much: the test counts by itself what is whole in the logs.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pymysql.cursors
import pytest

from integration.ansible_run import secrets_in
from integration.by_hand import detach, take_dump
from integration.salvage_playbook import enabled_events, fill, ledger, salvage, salvage_under_way, table
from sandbox import dataset
from sandbox.compare import compare
from sandbox.compare_definitions import Name
from sandbox.compare_rows import Checksum, checksum
from sandbox.server import Server
from sandbox.server_program import open_to_the_sandbox
from sandbox.topology import Sandbox
from sandbox.writer import Writer, WriterError

from .conftest import MakeBox

CUT = 5  # transactions that the end of the last log loses, and the replica has
AFTER_THE_DUMP = (
    "CREATE DATABASE later CHARACTER SET gbk",
    "CREATE TABLE later.t (id INT PRIMARY KEY, v VARCHAR(50)) ENGINE=InnoDB",
    "INSERT INTO later.t VALUES (1, 'it''s; /*!*/; -- \\\\ \"'), (2, NULL)",
    "CREATE TRIGGER later.b BEFORE INSERT ON later.t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, ';', '/*!*/;')",
    "INSERT INTO later.t VALUES (3, 'x')",
    "CREATE EVENT later.e ON SCHEDULE EVERY 1 DAY DO DELETE FROM later.t WHERE id = 0",
    "ALTER TABLE later.t ADD COLUMN w INT DEFAULT 7, ADD KEY (v)",
    "CREATE USER 'late'@'%' IDENTIFIED BY 'Late-4711'",
    "GRANT SELECT ON later.* TO 'late'@'%'",
)


def logs(server: Server) -> list[Path]:
    return sorted(server.datadir.glob("mysql-bin.0*"))


def decoded(server: Server, path: Path) -> str:
    argv = [*server.build.clients.argv("mysqlbinlog"), "--no-defaults", "--base64-output=decode-rows", str(path)]
    done = subprocess.run(argv, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def cut_in_an_event(server: Server, back: int) -> str:
    """Cut the last log in the middle of an event of its last transaction but `back`; the GTID that is last then."""
    text = decoded(server, logs(server)[-1])
    begins = [
        (int(at), gtid) for at, gtid in re.findall(r"# at (\d+)\n#[^\n]*\tGTID.*?GTID_NEXT= '([^']+)'", text, re.DOTALL)
    ]
    offset, _gtid = begins[-back]
    with logs(server)[-1].open("r+b") as file:
        file.truncate(offset + 70)
    return begins[-back - 1][1]


def load_a_file(server: Server) -> None:
    """What LOAD DATA reads is in the binary log as it is when the format is that of statements."""
    path = server.directory / "tmp" / "rows.txt"
    path.write_bytes(b"100\tx\t1\n101\t\xc4\xe3'\\\\\t2\n")
    path.chmod(0o644)
    with server.connect() as session, session.cursor() as cursor:
        cursor.execute("SET SESSION binlog_format = STATEMENT")
        cursor.execute(f"LOAD DATA INFILE '{path}' INTO TABLE later.t CHARACTER SET gbk")


def leave(box: Sandbox, path: Path) -> tuple[str, set[str]]:
    """A source with a dump and more in its binary logs is killed, and loses its redo log.

    Returns the GTIDs that are whole on disk then, and the events that were enabled.
    """
    source, replica = box.source, box.replicas[0]
    dataset.load(source, scale=0.05)
    box.wait_caught_up(replica)
    take_dump(source, path)
    replica.execute(replica.statements.stop_applier)
    for statement in AFTER_THE_DUMP:
        source.execute(statement)
    load_a_file(source)
    events = enabled_events(source)
    source.execute("FLUSH BINARY LOGS")
    with suppress(WriterError), Writer(source, ddl=True) as writer:
        writer.wait_for_commits(200)
        box.damage("redo_removed", source)
    replica.execute(replica.statements.stop)
    uuid, _colon, number = cut_in_an_event(source, CUT).rpartition(":")
    return f"{uuid}:1-{number}", events


def stand_at(replica: Server, gtids: str) -> None:
    """Let it apply exactly these."""
    words = "SLAVE" if "SLAVE" in replica.statements.stop else "REPLICA"
    replica.execute(f"START {words} SQL_THREAD UNTIL SQL_AFTER_GTIDS = '{gtids}'")
    deadline = time.monotonic() + 60
    while replica.replica_status()["Replica_SQL_Running"] == "Yes" and time.monotonic() < deadline:
        time.sleep(0.05)
    detach(replica)
    assert replica.gtid_executed == gtids


@pytest.mark.long_on("oldest")
def test_a_dump_and_the_binary_logs_lose_no_whole_transaction(make_box: MakeBox, tmp_path: Path) -> None:
    """The last log is cut in an event. A replica that stands there follows the new instance and is equal to it."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    dump = tmp_path / "old.sql"
    whole, events = leave(box, dump)

    outcome = salvage(box, source, dump=str(dump), way="backup", rebuild="always")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    open_to_the_sandbox(source)
    rebuilt = json.loads((source.directory / "salvage/rebuilt.json").read_text())
    assert rebuilt["gtid_executed"] == whole
    assert source.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (whole,))
    assert enabled_events(source) == events
    stand_at(replica, whole)
    source.execute("SET GLOBAL read_only = OFF")
    box.attach(replica)
    box.wait_replicating(replica)
    source.execute("CREATE DATABASE after_the_salvage")
    box.wait_caught_up(replica)
    judgement = compare(source, replica, accounts=True)
    assert judgement.identical, judgement

    again = salvage(box, source, dump=str(dump), way="backup", rebuild="always")
    assert (again.returncode, again.changed) == (0, 0), again.output


def checksums(server: Server) -> dict[Name, Checksum]:
    """Of each table but the one that an event writes to. CHECKSUM TABLE counts hidden columns of indexes, too."""
    found = server.rows(
        "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
        " AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
        " AND TABLE_NAME <> 'heartbeat'"
    )
    names = [Name("table", row["s"], row["t"]) for row in found]
    with server.connect(cursorclass=pymysql.cursors.Cursor) as session:
        with session.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = '', time_zone = '+00:00'")
        return {name: checksum(session, name) for name in names}


@pytest.mark.long
def test_without_gtids_the_position_in_the_dump_decides(make_box: MakeBox, tmp_path: Path) -> None:
    without = {"gtid_mode": "OFF", "enforce_gtid_consistency": "OFF"}
    box = make_box(replicas=0, options={"source": without})
    source, dump = box.source, tmp_path / "old.sql"
    source.execute("SET GLOBAL event_scheduler = OFF")
    dataset.load(source, scale=0.05)
    argv = source.mysqldump_argv(*"--all-databases --single-transaction --routines --events --master-data=2".split())
    with dump.open("wb") as sink:
        subprocess.run(argv, stdout=sink, check=True)
    for statement in AFTER_THE_DUMP:
        source.execute(statement)
    source.execute("FLUSH BINARY LOGS")
    source.execute("UPDATE shop.order_lines SET price = price + 1")
    source.execute("INSERT INTO later.t (id) VALUES (4)")
    before, events = checksums(source), enabled_events(source)
    box.damage("redo_removed", source)

    outcome = salvage(box, source, dump=str(dump), way="backup", rebuild="always")
    assert outcome.returncode == 0, outcome.output
    open_to_the_sandbox(source)
    assert checksums(source) == before
    assert enabled_events(source) == events
    assert events


@pytest.mark.long
def test_a_hole_between_the_dump_and_the_logs_is_told_and_refused(make_box: MakeBox, tmp_path: Path) -> None:
    box = make_box(replicas=0)
    source, dump = box.source, tmp_path / "old.sql"
    source.execute("SET GLOBAL event_scheduler = OFF")
    dataset.load(source, scale=0.02)
    take_dump(source, dump)
    for statement in AFTER_THE_DUMP:
        source.execute(statement)
    source.execute("FLUSH BINARY LOGS")
    source.execute(f"PURGE BINARY LOGS TO '{logs(source)[-1].name}'")
    source.execute("INSERT INTO later.t (id) VALUES (4)")
    box.damage("redo_removed", source)
    before = sorted((path, path.stat().st_mtime_ns) for path in source.datadir.rglob("*"))

    outcome = salvage(box, source, dump=str(dump), way="backup", rebuild="always")
    assert outcome.returncode != 0
    assert "there is a hole between the dump and the oldest binary log that is left" in outcome.output
    assert sorted((path, path.stat().st_mtime_ns) for path in source.datadir.rglob("*")) == before


@pytest.mark.long
def test_the_better_way_is_taken_by_itself(make_box: MakeBox, tmp_path: Path) -> None:
    """Force recovery loses the rows of a page here, and the dump with the binary logs none."""
    box = make_box(replicas=0)
    source, dump = box.source, tmp_path / "old.sql"
    source.execute("SET GLOBAL event_scheduler = OFF")
    fill(source, rows=20_000)
    take_dump(source, dump)
    source.execute("UPDATE large.t SET v = 'later' WHERE id % 10 = 0")
    before = checksums(source)
    box.damage("page_overwritten", source, schema="large", table="t")

    outcome = salvage(box, source, dump=str(dump), rebuild="always")
    assert outcome.returncode == 0, outcome.output
    assert table(ledger(source), "t")["state"] == "partial"
    assert json.loads((source.directory / "salvage/rebuilt.json").read_text())["way"] == "backup"
    open_to_the_sandbox(source)
    assert checksums(source) == before


@pytest.mark.long
def test_a_replay_that_is_killed_again_and_again_goes_on(make_box: MakeBox, tmp_path: Path) -> None:
    box = make_box()
    source, dump = box.source, tmp_path / "old.sql"
    whole, events = leave(box, dump)
    for seconds in (3, 6, 9, 11, 12, 13, 14, 15):
        with salvage_under_way(box, source, dump=str(dump), way="backup", rebuild="always") as run:
            time.sleep(seconds)
            run.kill()
    outcome = salvage(box, source, dump=str(dump), way="backup", rebuild="always")
    assert outcome.returncode == 0, outcome.output
    open_to_the_sandbox(source)
    assert source.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (whole,))
    assert enabled_events(source) == events
    stand_at(box.replicas[0], whole)
    source.execute("SET GLOBAL read_only = OFF")
    box.attach(box.replicas[0])
    box.wait_replicating(box.replicas[0])
    box.wait_caught_up(box.replicas[0])
    judgement = compare(source, box.replicas[0], accounts=True)
    assert judgement.identical, judgement
