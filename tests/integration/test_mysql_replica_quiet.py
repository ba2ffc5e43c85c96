# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replica_quiet changes settings for a while, and brings back exactly those that were there before."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from integration import by_hand
from integration.ansible_run import STATE, Task, run_tasks, task
from integration.server_state import settings
from sandbox.server import Server
from sandbox.topology import Sandbox


@pytest.fixture
def replica(box: Sandbox) -> Iterator[Server]:
    yield box.replicas[0]
    by_hand.set_as_started(box.replicas[0])


def to(state: str, *, check: bool = False) -> Task:
    return task("mysql_replica_quiet", check=check, state=state, **STATE)


def quiet(before: dict[str, str]) -> dict[str, str]:
    """The settings in which a replica is rebuilt, as far as this server has them."""
    wanted = {"event_scheduler": "OFF", "read_only": "ON", "super_read_only": "OFF"}
    return {name: wanted[name] for name in before}


def test_quiet_and_back(box: Sandbox, replica: Server) -> None:
    before = settings(replica)
    nothing, planned, done, again = run_tasks(
        box, to("restored"), to("quiet", check=True), to("quiet"), to("quiet")
    ).results
    assert [one["changed"] for one in (nothing, planned, done, again)] == [False, True, True, False]
    assert planned["plan"] == done["plan"]
    assert planned["diff"]["before"] == done["diff"]["before"], "check mode changed nothing"
    assert done["diff"]["after"] == planned["diff"]["after"] == quiet(before)
    assert done["journaled"] == before
    assert settings(replica) == quiet(before)

    planned, done, again = run_tasks(box, to("restored", check=True), to("restored"), to("restored")).results
    assert [one["changed"] for one in (planned, done, again)] == [True, True, False]
    assert done["journaled"] == {}
    assert settings(replica) == before


@pytest.mark.long_on("newest")
def test_a_rebuild_that_begins_does_not_believe_what_an_earlier_one_loaded(box: Sandbox, replica: Server) -> None:
    loaded = replica.directory / "dbre/state/load.json"
    loaded.parent.mkdir(parents=True, exist_ok=True)
    loaded.write_text(json.dumps({"phase": "loaded"}))
    planned = run_tasks(box, to("quiet", check=True)).results[0]
    assert planned["changed"] is True
    assert loaded.is_file()
    run_tasks(box, to("quiet"))
    assert not loaded.exists()
    loaded.write_text(json.dumps({"phase": "loaded"}))
    replica.execute("SET GLOBAL read_only = OFF")
    assert run_tasks(box, to("quiet")).results[0]["changed"] is True
    assert loaded.is_file(), "what the rebuild under way has loaded is still true"
    loaded.unlink()
    run_tasks(box, to("restored"))


def test_the_first_values_come_back_after_a_run_that_was_killed(box: Sandbox, replica: Server) -> None:
    """The second run finds the journal of the first, and settings that are neither quiet nor those of before."""
    before = settings(replica)
    run_tasks(box, to("quiet"))
    journal = replica.directory / "dbre/state/settings.json"
    assert json.loads(journal.read_text()) == before
    assert journal.stat().st_mode & 0o777 == 0o600
    by_hand.set_as_started(replica)
    replica.execute("SET GLOBAL read_only = OFF")
    half, restored = run_tasks(box, to("quiet"), to("restored")).results
    assert half["changed"] is True
    assert half["journaled"] == before
    assert restored["changed"] is True
    assert settings(replica) == before
    assert not journal.exists()
