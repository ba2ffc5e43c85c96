# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other ways to the same end: a dump that is taken on the way, several files, accounts, a server that cannot start, a
run that was killed when the dump was in. All under load, all with the data compared by another judge than the role.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.ansible_run import command_lines, rebuild, rebuild_under_way, secrets_in
from integration.server_state import settings
from sandbox import dataset, server_program
from sandbox.compare import compare
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged
from sandbox.writer import Writer

DUMP = "--single-transaction --routines --events --triggers --set-gtid-purged=ON".split()


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        dataset.load(own.source, scale=0.2)
        with Writer(own.source, rate=30):
            yield own


@pytest.fixture
def replica(box: Sandbox) -> Server:
    """With a row that replication never touches again, so that only a load brings it back."""
    replica = box.replicas[0]
    run_unlogged(replica, "DELETE FROM shop.categories WHERE id = 99999")
    run_unlogged(replica, "INSERT INTO shop.categories (id, title) VALUES (99999, 'ruined')")
    return replica


@pytest.fixture(scope="module")
def dump(box: Sandbox) -> Path:
    path = box.directory / "all.sql"
    with path.open("wb") as sink:
        subprocess.run(box.source.mysqldump_argv("--all-databases", *DUMP), stdout=sink, check=True, timeout=120)
    return path


def newest_report(replica: Server) -> Any:
    text = max((replica.directory / "dbre/reports").glob("rebuild-*.json")).read_text()
    assert not secrets_in(text)
    return json.loads(text)


def phases(replica: Server) -> list[str]:
    return [phase["phase"] for phase in newest_report(replica)["phases"]]


def assert_equal(box: Sandbox, replica: Server) -> None:
    judgement = compare(box.source, replica)
    assert judgement.identical, str(judgement)


@pytest.mark.long_on("oldest")
def test_a_dump_taken_on_the_way_leaves_nothing_on_a_disk(box: Sandbox, replica: Server) -> None:
    before = settings(replica)
    with command_lines() as seen:
        outcome = rebuild(box, "-vvv", dump_method="source", rebuild_when="always")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    assert any("--all-databases" in line for line in seen), "the watcher saw no mysqldump"
    assert not secrets_in("\n".join(seen))
    assert not list((replica.directory / "dbre").rglob("*.sql*"))
    assert not list((replica.directory / "dbre").rglob("*.cnf"))
    assert settings(replica) == before
    assert_equal(box, replica)


@pytest.mark.long_on("oldest")
def test_a_source_that_cannot_be_dumped_is_found_before_anything_is_touched(box: Sandbox, replica: Server) -> None:
    before = replica.gtid_executed, replica.rows("SELECT * FROM shop.categories")
    outcome = rebuild(box, dump_method="source", rebuild_when="always", mysqldump="/no/such/mysqldump")
    assert outcome.returncode != 0
    assert "/no/such/mysqldump" in outcome.output
    assert outcome.changed == 0
    assert replica.replica_status()["Replica_SQL_Running"] == "Yes"
    assert before[1] == replica.rows("SELECT * FROM shop.categories")


@pytest.mark.long_on("newest")
def test_several_files_with_the_accounts_and_the_channel_as_it_was(box: Sandbox, replica: Server) -> None:
    """One mysqldump a schema in a tar, as cloud backups come, under a lock, so that they are all of one moment."""
    schemas = [
        str(row["name"])
        for row in box.source.rows("SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA")
        if row["name"] not in ("information_schema", "performance_schema", "sys")
    ]
    box.source.execute("CREATE USER 'teller'@'localhost' IDENTIFIED BY 'counts 1 coin'")
    box.source.execute("GRANT SELECT ON shop.* TO 'teller'@'localhost'")
    box.wait_caught_up(replica)
    run_unlogged(replica, "DROP USER 'teller'@'localhost'")
    configure_channel(replica)
    channel = channel_settings(replica)

    parts = box.directory / "parts"
    parts.mkdir()
    with box.source.connect() as session, session.cursor() as cursor:
        cursor.execute("FLUSH TABLES WITH READ LOCK")
        for number, schema in enumerate(schemas):
            with (parts / f"{number:02}.sql").open("wb") as sink:
                subprocess.run(
                    box.source.mysqldump_argv(*DUMP, "--databases", schema), stdout=sink, check=True, timeout=120
                )
        cursor.execute("UNLOCK TABLES")
    backup = box.directory / "backup.tar.gz"
    with tarfile.open(backup, "w:gz") as tar:
        for part in sorted(parts.iterdir()):
            tar.add(part, part.name)

    outcome = rebuild(box, "-vvv", dump=str(backup), rebuild_when="always", accounts="load")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output, "counts 1 coin")
    assert "accounts" in phases(replica)
    assert_equal(box, replica)
    assert replica.rows("SHOW GRANTS FOR 'teller'@'localhost'") == box.source.rows(
        "SHOW GRANTS FOR 'teller'@'localhost'"
    )
    assert channel_settings(replica) == channel


def configure_channel(replica: Server) -> None:
    words = replica.statements
    change = words.change.partition(" TO ")[0]
    prefix = "SOURCE" if "SOURCE" in change else "MASTER"
    replica.execute(words.stop)
    replica.execute(
        f"{change} TO {prefix}_CONNECT_RETRY = 7, {prefix}_RETRY_COUNT = 77, {prefix}_HEARTBEAT_PERIOD = 7.5,"
        f" {prefix}_DELAY = 1"
    )
    replica.execute(words.start)


def channel_settings(replica: Server) -> dict[str, Any]:
    row = {**replica.rows("SELECT * FROM mysql.slave_master_info")[0], **replica.replica_status()}
    return {name: row[name] for name in ("Connect_Retry", "Heartbeat", "Retry_count", "SQL_Delay", "User_name")}


@pytest.mark.long_on("oldest")
def test_killed_when_the_dump_is_in_the_same_command_goes_on_from_there(
    box: Sandbox, replica: Server, dump: Path
) -> None:
    before = settings(replica)
    state = replica.directory / "dbre/state"
    journal, under_way = state / "load.json", state / "settings.json"
    with rebuild_under_way(box, dump=str(dump), rebuild_when="always") as run:

        def attached() -> bool:
            assert run.is_running(), run.output
            loaded = journal.is_file() and json.loads(journal.read_text())["phase"] == "loaded"
            return loaded and bool(replica.gtid_executed) and bool(replica.rows(replica.statements.status))

        wait_for("the rebuild begins", lambda: under_way.is_file() and not replica.gtid_executed, timeout=120)
        wait_for("the replica follows again", attached, timeout=120)
        run.kill()
    loaded = journal.stat().st_mtime_ns
    assert settings(replica) != before, "it was killed before its end"

    outcome = rebuild(box, dump=str(dump))
    assert outcome.returncode == 0, outcome.output
    assert "rebuilt, from where an earlier run was ended" in outcome.output
    assert phases(replica) == ["attach", "catch_up", "verify", "restore"]
    assert journal.stat().st_mtime_ns == loaded, "the dump is not loaded again"
    assert settings(replica) == before
    assert_equal(box, replica)


@pytest.mark.long
def test_a_server_that_cannot_start_gets_a_new_data_directory(box: Sandbox, replica: Server, dump: Path) -> None:
    more = {"start_command": server_program.start_command(replica), **server_program.variables(replica)}
    replica.stop()
    ibdata = replica.datadir / "ibdata1"
    ibdata.write_bytes(b"\xee" * ibdata.stat().st_size)
    refused = rebuild(box, dump=str(dump), start_timeout=5, **more)
    assert refused.returncode != 0
    assert ibdata.read_bytes()[:4] == b"\xee" * 4, "nobody asked for a new data directory"

    outcome = rebuild(box, "-vvv", dump=str(dump), reinitialize=True, start_timeout=5, **more)
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    assert phases(replica)[:3] == ["preflight", "reinitialize", "preflight"]
    (aside,) = (path for path in replica.datadir.parent.glob("data.*") if path.is_dir())
    assert (aside / "ibdata1").read_bytes()[:4] == b"\xee" * 4
    server_program.open_to_the_sandbox(replica)
    assert_equal(box, replica)
