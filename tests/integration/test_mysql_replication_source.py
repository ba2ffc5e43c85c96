# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replication_source brings a channel where it should be, with nothing lost and no password shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration import by_hand
from integration.ansible_run import BACKUP, CHANNEL, STATE, Task, command_lines, run_task, run_tasks, secrets_in, task
from integration.server_state import logs, sha256, state
from sandbox.accounts import REPLICATION
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_replication_source"
NEW_PASSWORD = """n'e"w\\ %d{{ 4 }}"""  # a replication password has at most 32 characters


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE d")
        own.source.execute("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)")
        yield own


@pytest.fixture
def replica(box: Sandbox) -> Server:
    """Replicates, whatever the test before it did."""
    replica = box.replicas[0]
    if replica.replica_status().get("Replica_SQL_Running") != "Yes":
        replica.execute(replica.statements.stop)
        box.attach(replica)
        box.wait_replicating(replica)
    box.wait_caught_up(replica)
    return replica


def to(state: str, *, check: bool = False, **options: Any) -> Task:
    return task(MODULE, check=check, state=state, **{**STATE, **options})


def flags(*results: dict[str, Any]) -> list[bool]:
    assert not any(result["failed"] for result in results), results
    return [result["changed"] for result in results]


def test_from_nothing_to_running_and_no_password_is_seen(box: Sandbox, replica: Server) -> None:
    by_hand.detach(replica)
    with command_lines() as seen:
        outcome = run_tasks(
            box,
            to("started", check=True, **CHANNEL),
            to("started", **CHANNEL),
            to("started", **CHANNEL),
            arguments=("-vvv", "--diff"),
        )
    planned, done, again = outcome.results
    assert flags(planned, done, again) == [True, True, False]
    assert planned["before"] == done["before"] == {"state": "absent"}, "check mode changed nothing"
    assert [step["action"] for step in done["plan"]] == ["change", "run"]
    assert done["after"]["state"] == "started"
    assert done["after"]["auto_position"] is True
    assert not secrets_in(outcome.output + json.dumps(outcome.results))
    assert not secrets_in("\n".join(seen))
    assert any("ansible-playbook" in line for line in seen), "the watcher saw nothing"
    box.wait_replicating(replica)
    box.source.execute("INSERT INTO d.t VALUES ()")
    box.wait_caught_up(replica)


@pytest.mark.long_on("oldest")
def test_states_are_reached_and_kept(box: Sandbox, replica: Server) -> None:
    before = state(replica)
    names = ("configured", "stopped", "stopped", "configured", "started", "started", "absent", "absent")
    planned, *results = run_tasks(
        box, to("absent", check=True, **BACKUP), *(to(name, **CHANNEL, **BACKUP) for name in names)
    ).results
    assert flags(planned, *results) == [True, False, True, False, False, True, False, True, False]
    assert results[0]["before"]["state"] == "started", "check mode removed nothing"
    assert results[2]["before"]["state"] == "stopped"
    assert results[-1]["before"] == {"state": "absent"}
    assert replica.replica_status() == {}
    assert replica.gtid_executed == before["gtid_executed"]
    nothing = run_task(box, MODULE, state="started", **STATE)
    assert nothing["error"]["kind"] == "bad_input"
    assert replica.replica_status() == {}


@pytest.mark.long_on("oldest")
def test_a_new_password_at_the_source_heals(box: Sandbox, replica: Server) -> None:
    def set_password(password: str) -> None:
        account = "%s@%s" % (REPLICATION.user, REPLICATION.hosts[0])
        old = box.build.number < (5, 7, 6)
        set_it = "SET PASSWORD FOR %s@%s = PASSWORD(%s)" if old else "ALTER USER %s@%s IDENTIFIED BY %s"
        box.source.execute(set_it, (*account.split("@"), password))

    replica.execute(replica.statements.stop)
    set_password(NEW_PASSWORD)
    try:
        replica.execute(replica.statements.start)
        wait_for("the source turns it away", lambda: replica.replica_status()["Last_IO_Errno"])
        options = {**CHANNEL, "source_password": NEW_PASSWORD}
        outcome = run_tasks(
            box, to("started", **CHANNEL), to("started", **options), to("started", **options), arguments=("-vvv",)
        )
        assert flags(*outcome.results) == [False, True, False]
        assert not secrets_in(outcome.output, NEW_PASSWORD)
        box.wait_replicating(replica)
    finally:
        replica.execute(replica.statements.stop)
        set_password(REPLICATION.password)
    assert flags(*run_tasks(box, to("started", **CHANNEL)).results) == [True]
    box.wait_replicating(replica)


@pytest.mark.long_on("newest")
def test_what_is_not_applied_is_never_thrown_away(box: Sandbox, replica: Server) -> None:
    replica.execute(replica.statements.stop_applier)
    for _row in range(3):
        box.source.execute("INSERT INTO d.t VALUES ()")
    target = box.source.gtid_executed
    wait_for(
        "the replica retrieves them",
        lambda: target.rsplit("-", 1)[-1] in str(replica.replica_status()["Retrieved_Gtid_Set"]),
    )
    before = state(replica)
    absent, other_port, planned = run_tasks(
        box, to("absent"), to("started", **{**CHANNEL, "source_port": 1}), to("absent", check=True, **BACKUP)
    ).results
    assert [result.get("error", {}).get("kind") for result in (absent, other_port)] == ["refused", "refused"]
    assert "3 transactions in the relay logs are not applied" in absent["msg"]
    assert "3 transactions in the relay logs are not applied" in other_port["msg"]
    assert [step["action"] for step in planned["plan"]] == ["run", "quarantine_relay_logs", "run"]
    assert state(replica) == before

    replica.execute(replica.statements.stop)
    written = {name: digest for name, digest in logs(replica).items() if name.startswith("relay-bin")}
    removed = run_task(box, MODULE, state="absent", **STATE, **BACKUP)
    assert flags(removed) == [True]
    quarantine = Path(removed["quarantine"])
    entries = json.loads((quarantine / "manifest.json").read_text())["entries"]
    assert {Path(entry["original"]).name: entry["sha256"] for entry in entries} == written
    assert all(entry["sha256"] == sha256(quarantine / entry["name"]) for entry in entries)
    assert replica.replica_status() == {}
