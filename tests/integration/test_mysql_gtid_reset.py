# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_gtid_reset refuses where MySQL itself would not; where it acts, the way back is kept and the set is exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration import by_hand
from integration.ansible_run import BACKUP, SOURCE, STATE, Task, run_task, run_tasks, task
from integration.server_state import logs, sha256, state
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_gtid_reset"
FOREIGN = "11111111-2222-3333-4444-555555555555:1-7"


@pytest.fixture(scope="module")
def own_box(server_kind: str) -> Iterator[Sandbox]:
    """A source with some transactions, in several binary logs on its replica, which has been detached from it."""
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE d")
        own.source.execute("CREATE TABLE d.t (id INT PRIMARY KEY)")
        for number in range(3):
            own.source.execute("INSERT INTO d.t VALUES (%s)", (number,))
            own.wait_caught_up(own.replicas[0])
            own.replicas[0].execute("FLUSH NO_WRITE_TO_BINLOG BINARY LOGS")
        by_hand.detach(own.replicas[0])
        yield own


@pytest.fixture
def replica(own_box: Sandbox) -> Server:
    """Claims what its source has, whatever the test before it did."""
    replica = own_box.replicas[0]
    if replica.gtid_executed != own_box.source.gtid_executed:
        by_hand.forget_gtids(replica)
        replica.execute("SET GLOBAL gtid_purged = %s", (own_box.source.gtid_executed,))
    return replica


def reset(**options: object) -> Task:
    return task(MODULE, **{**STATE, **SOURCE, **BACKUP, **options})


@pytest.mark.long_on("newest")
def test_a_server_that_is_a_replica_or_has_one_is_left_alone(box: Sandbox) -> None:
    box.source.execute("CREATE DATABASE IF NOT EXISTS something_to_lose")
    box.wait_caught_up(box.replicas[0])
    before = state(box.source), state(box.replicas[0])
    (still_replica,) = run_tasks(box, reset()).results
    with_downstream, itself = run_tasks(
        box, task(MODULE, allow_errant=True, **STATE, **BACKUP), reset(), host="source"
    ).results
    assert {result["error"]["kind"] for result in (still_replica, with_downstream, itself)} == {"refused"}
    assert "still a replica" in still_replica["msg"]
    assert "other servers replicate from this one" in with_downstream["msg"]
    assert "this server is the source itself" in itself["msg"]
    assert (state(box.source), state(box.replicas[0])) == before


@pytest.mark.long_on("oldest")
def test_what_would_be_lost_or_cannot_be_is_refused(own_box: Sandbox, replica: Server) -> None:
    own_box.damage("errant_transaction", replica, statement="FLUSH PRIVILEGES")
    before = state(replica)
    errant, no_directory, foreign, silent, unknown, gibberish = run_tasks(
        own_box,
        reset(),
        task(MODULE, allow_errant=True, **STATE, **SOURCE),
        reset(allow_errant=True, gtid_purged=FOREIGN),
        reset(allow_errant=True, source_port=1),
        task(MODULE, **STATE, **BACKUP),
        reset(gtid_purged="1-2-3"),
    ).results
    assert all(result["failed"] and not result["changed"] for result in (errant, no_directory, foreign, silent))
    assert f"{replica.uuid}:" in errant["error"]["errant_gtids"]
    assert "give backup_dir" in no_directory["msg"]
    assert f"the source does not have: {FOREIGN}" in foreign["msg"]
    assert "the source does not answer" in silent["msg"]
    assert "only this server is known to have" in unknown["msg"], "nobody vouches for them"
    assert gibberish["error"]["kind"] == "bad_input"
    assert state(replica) == before


def test_check_mode_plans_and_touches_nothing(own_box: Sandbox, replica: Server) -> None:
    before, wish = state(replica), f"{own_box.source.uuid}:1-2"
    (planned,) = run_tasks(own_box, reset(gtid_purged=wish)._replace(check=True), arguments=("--diff",)).results
    assert (planned["failed"], planned["changed"]) == (False, True)
    assert [step["action"] for step in planned["plan"]] == ["quarantine_binary_logs", "reset", "set_gtid_purged"]
    assert planned["before"]["gtid_executed"] == before["gtid_executed"]
    assert planned["after"] == {"gtid_executed": wish, "gtid_purged": wish}
    assert planned["quarantine"] is None
    assert state(replica) == before


def test_reset_and_claim_are_exact_keep_the_binary_logs_and_survive_a_crash(own_box: Sandbox, replica: Server) -> None:
    claimed = own_box.source.gtid_executed
    replica.execute("FLUSH NO_WRITE_TO_BINLOG BINARY LOGS")
    written = {name: digest for name, digest in logs(replica).items() if name.startswith("mysql-bin.0")}
    wish = f"{own_box.source.uuid}:1-3"
    emptied, empty, done, again = run_tasks(
        own_box, reset(), reset(), reset(gtid_purged=wish), reset(gtid_purged=wish)
    ).results
    assert [result["changed"] for result in (emptied, empty, done, again)] == [True, False, True, False]
    assert emptied["before"]["gtid_executed"] == claimed
    assert emptied["after"] == {"gtid_executed": "", "gtid_purged": ""}
    assert done["after"] == {"gtid_executed": wish, "gtid_purged": wish}

    quarantine = Path(emptied["quarantine"])
    entries = json.loads((quarantine / "manifest.json").read_text())["entries"]
    kept = {Path(entry["original"]).name: entry for entry in entries}
    assert kept.keys() == written.keys()
    assert all(entry["sha256"] == sha256(quarantine / entry["name"]) for entry in entries)
    *closed, _open = sorted(written)
    assert {name: kept[name]["sha256"] for name in closed} == {name: written[name] for name in closed}
    assert quarantine.stat().st_mode & 0o777 == 0o700

    assert replica.gtid_executed == wish
    replica.kill()
    replica.start()
    assert replica.gtid_executed == wish
    replica.restart()
    assert replica.gtid_executed == wish
    assert replica.value("SELECT @@GLOBAL.gtid_purged") == wish


def test_what_the_operator_takes_on_is_done(own_box: Sandbox, replica: Server) -> None:
    own_box.damage("errant_transaction", replica, statement="FLUSH PRIVILEGES")
    done = run_task(own_box, MODULE, allow_errant=True, **STATE, **SOURCE, **BACKUP)
    assert done["changed"] is True
    assert f"{replica.uuid}:" in done["errant_gtids"]
    assert replica.gtid_executed == ""
