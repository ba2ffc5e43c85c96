# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, played as a user plays it: playbooks/rebuild_replica.yml on a ruined replica, under load.

Every test finds a ruined replica, or ruins it: rows differ, a table is gone, the channel has stopped, and an old GTID
set stands in the way of a dump.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.ansible_run import AnsibleRun, command_lines, rebuild, rebuild_under_way, secrets_in
from integration.server_state import settings, sha256, state
from sandbox import dataset, writer_load
from sandbox.compare import compare
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.writer import Writer

LOST_TABLE = (
    f"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{writer_load.SCHEMA}'"
    " AND TABLE_NAME = 'accounts'"
)
PHASES = ["preflight", "quiesce", "reset", "load", "declare", "attach", "catch_up", "verify", "restore"]


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    """A replica of a source that applications write to all the while."""
    with Sandbox.up(server=server_kind) as own:
        dataset.load(own.source, scale=0.3)
        with Writer(own.source, rate=30):
            yield own


@pytest.fixture(scope="module")
def dump(box: Sandbox) -> Path:
    """Taken under load, and the way back of every test here."""
    path = box.directory / "source.sql"
    arguments = "--all-databases --single-transaction --routines --events --triggers --set-gtid-purged=ON".split()
    with path.open("wb") as sink:
        subprocess.run(box.source.mysqldump_argv(*arguments), stdout=sink, check=True, timeout=120)
    return path


@pytest.fixture
def ruined(box: Sandbox, dump: Path) -> Server:
    assert dump.is_file(), "it has to be older than the damage"
    replica = box.replicas[0]
    if replica.replica_status()["Replica_SQL_Running"] == "Yes":
        box.wait_caught_up(replica)
        box.damage("diverged_row", replica)
        box.damage("dropped_table", replica, schema=writer_load.SCHEMA, table="accounts")  # LOST_TABLE
        wait_for("the applier stumbles over the missing table", lambda: replica.replica_status()["Last_SQL_Errno"])
        replica.execute(replica.statements.stop)
    return replica


def left_behind(replica: Server) -> dict[str, str]:
    """What the role keeps on the host beside the server: state, quarantine, reports."""
    return {str(path): sha256(path) for path in (replica.directory / "dbre").rglob("*") if path.is_file()}


def report(replica: Server) -> Any:
    newest = max((replica.directory / "dbre/reports").glob("rebuild-*.json"))
    assert not secrets_in(newest.read_text())
    return json.loads(newest.read_text())


@pytest.mark.long_on("oldest")
def test_check_mode_plans_every_phase_and_touches_nothing(box: Sandbox, dump: Path, ruined: Server) -> None:
    before, files = state(ruined), left_behind(ruined)
    outcome = rebuild(box, "--check", "--diff", dump=str(dump))
    assert outcome.returncode == 0, outcome.output
    assert "replica1: would be rebuilt" in outcome.output
    assert [phase for phase in PHASES if f'"{phase} | ' not in outcome.output] == []
    assert outcome.changed > 0
    assert state(ruined) == before
    assert left_behind(ruined) == files


@pytest.mark.long_on("oldest")
def test_a_refusal_names_every_reason_and_touches_nothing(box: Sandbox, dump: Path, ruined: Server) -> None:
    cut = box.directory / "cut.sql"
    with dump.open("rb") as whole:
        cut.write_bytes(whole.read(dump.stat().st_size * 2 // 3))
    ruined.execute("SET GLOBAL event_scheduler = OFF")  # not what the role would leave
    before, files = state(ruined), left_behind(ruined)
    outcome = rebuild(box, dump=str(cut), source_port=1)
    ruined.execute("SET GLOBAL event_scheduler = ON")
    assert outcome.returncode != 0
    assert "[source_unreachable]" in outcome.output
    assert "[dump_incomplete]" in outcome.output
    assert outcome.changed == 0
    before["settings"]["event_scheduler"] = "ON"
    assert state(ruined) == before
    assert left_behind(ruined) == files


def test_a_ruined_replica_is_rebuilt_under_load_and_then_left_alone(box: Sandbox, dump: Path, ruined: Server) -> None:
    set_before = settings(ruined)
    with command_lines() as seen:
        outcome = rebuild(box, "-vvv", dump=str(dump))
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    assert not secrets_in("\n".join(seen))
    assert any("ansible-playbook" in line for line in seen), "the watcher saw nothing"
    assert [phase["phase"] for phase in report(ruined)["phases"]] == PHASES
    assert report(ruined)["identical"] is True
    judgement = compare(box.source, ruined)
    assert judgement.identical, str(judgement)
    assert settings(ruined) == set_before

    accounts, files = ruined.rows("SELECT User, Host FROM mysql.user"), left_behind(ruined)
    again = rebuild(box, dump=str(dump))
    assert again.returncode == 0, again.output
    assert again.changed == 0
    assert "replica1: nothing to do" in again.output
    assert left_behind(ruined) == files
    assert ruined.rows("SELECT User, Host FROM mysql.user") == accounts
    assert settings(ruined) == set_before


def kill_when(what: str, box: Sandbox, dump: Path, condition: Callable[[AnsibleRun], object]) -> None:
    """Begin the rebuild, and SIGKILL everything that belongs to it as soon as the condition holds."""
    with rebuild_under_way(box, dump=str(dump)) as run:

        def due() -> object:
            assert run.is_running(), run.output
            return condition(run)

        wait_for(what, due, timeout=120)
        run.kill()


@pytest.mark.long
def test_killed_in_a_reset_and_in_a_load_the_same_command_ends_equal(box: Sandbox, dump: Path, ruined: Server) -> None:
    """The run in a reset, the run in a load, and mysqld in a load."""
    set_before = settings(ruined)
    kept = ruined.directory / "dbre/backup"
    earlier = set(kept.glob("binary-logs*"))
    kill_when("binary logs are set aside", box, dump, lambda _run: set(kept.glob("binary-logs*")) - earlier)

    with ruined.connect() as session, session.cursor() as cursor:

        def in_the_middle(_run: AnsibleRun) -> bool:
            if not ruined.value(LOST_TABLE):
                return False
            cursor.execute("FLUSH TABLES WITH READ LOCK")  # so that it does not come to its end before it is killed
            return True

        kill_when("the table that was lost is loaded", box, dump, in_the_middle)
        assert json.loads((ruined.directory / "dbre/state/load.json").read_text())["phase"] == "loading"
        assert ruined.gtid_executed == "", "half a dump claims nothing"
        cursor.execute("UNLOCK TABLES")

    journal = ruined.directory / "dbre/state/load.json"
    written = journal.stat().st_mtime_ns
    with rebuild_under_way(box, dump=str(dump)) as run:
        wait_for("the load starts over", lambda: journal.stat().st_mtime_ns != written, timeout=120)
        ruined.kill()
        failed = run.wait()
    assert failed.returncode != 0, failed.output

    outcome = rebuild(box, dump=str(dump))
    assert outcome.returncode == 0, outcome.output
    judgement = compare(box.source, ruined)
    assert judgement.identical, str(judgement)
    assert settings(ruined) == set_before
