# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that helps: a damaged replica gets the right first remedy, and a healthy one is left alone.

Every damage of the sandbox goes this way in tests/soak/test_remedies.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from integration.ansible_run import secrets_in
from integration.diagnosis import break_it, diagnose, heal, prove
from integration.server_state import settings
from sandbox import builds
from sandbox.accounts import REPLICATION
from sandbox.damage import wait_for
from sandbox.remedies import NEW, OLD, REMEDIES
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged

MakeBox = Callable[..., Sandbox]
WORKED = [
    (OLD, "relaylog_checksums_missing"),
    pytest.param(NEW, "relaylog_flipped_in_the_middle", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("kind", "damage"), WORKED)
def test_the_least_that_helps_is_done_and_proven(kind: str, damage: str) -> None:
    with Sandbox.up(server=builds.modern_spec() if kind == NEW else kind) as box:
        replica, first = box.replicas[0], REMEDIES[damage][kind]
        usual = settings(replica)
        break_it(box, damage)
        told = diagnose(box)
        assert (told["findings"][0]["id"], told["next_rung"]) == (first.finding, first.rung)
        if kind == OLD:
            planned = heal(box, "--check")
            assert (planned.returncode, planned.changed) == (0, 0), planned.output
            assert f"NEXT    {first.rung}" in planned.output
        healed = heal(box)
        assert not healed.returncode, healed.output
        assert secrets_in(healed.output) == []
        prove(box)
        assert settings(replica) == usual
        (report,) = (replica.directory / "dbre/reports").glob("heal-*.json")
        assert json.loads(report.read_text())["climbed"][-1]["outcome"] == "helped"
        again = heal(box)
        assert (again.returncode, again.changed) == (0, 0), again.output


@pytest.mark.long_on("oldest")
def test_a_healthy_replica_gives_no_finding_and_is_left_alone(box: Sandbox) -> None:
    told = diagnose(box)
    assert told["healthy"]
    assert told["up"]
    assert (told["findings"], told["next_rung"], told["not_looked_at"]) == ([], None, [])
    healed = heal(box)
    assert (healed.returncode, healed.changed) == (0, 0), healed.output


def test_what_has_to_be_put_right_by_hand_is_told_and_nothing_is_climbed(box: Sandbox) -> None:
    replica, source = box.replicas[0], box.source
    replica.execute(replica.statements.stop)
    replica.execute(replica.statements.change, (source.host, source.port, REPLICATION.user, "wrong"))
    replica.execute(replica.statements.start)
    wait_for("a refused login", lambda: replica.replica_status()["Last_IO_Errno"])
    refused = heal(box)
    assert refused.returncode
    assert refused.changed == 0
    assert "authentication" in refused.output
    assert "Not touched: everything" in refused.output
    replica.execute(replica.statements.stop)
    box.attach(replica)
    box.wait_replicating(replica)


@pytest.mark.long_on("oldest")
def test_threads_that_say_yes_are_no_success(box: Sandbox) -> None:
    """A delayed replica: nothing is wrong with it when it runs, and what the source has is not executed."""
    replica, source = box.replicas[0], box.source
    delay = "MASTER_DELAY" if "MASTER" in replica.statements.change else "SOURCE_DELAY"
    change = replica.statements.change.partition(" TO ")[0]
    replica.execute(replica.statements.stop)
    replica.execute(f"{change} TO {delay} = 3600")
    source.execute("CREATE DATABASE not_yet")
    started = heal(box, catch_up_timeout=4)
    assert started.returncode, started.output
    assert "start: did not help" in started.output
    assert ": healed" not in started.output
    replica.execute(replica.statements.stop)
    replica.execute(f"{change} TO {delay} = 0")
    replica.execute(replica.statements.start)
    box.wait_caught_up(replica)


@pytest.mark.long
def test_a_server_with_a_history_of_its_own_is_not_attached(make_box: MakeBox) -> None:
    box = make_box()
    replica = box.replicas[0]
    replica.execute(replica.statements.stop)
    replica.execute(replica.statements.stop.replace("STOP", "RESET") + " ALL")
    replica.execute(f"SET GLOBAL {replica.statements.read_only} = OFF")
    replica.execute("CREATE DATABASE its_own")
    replica.kill()
    refused = heal(box)
    assert refused.returncode
    assert "see whether this is the right source" in refused.output, refused.output
    assert replica.replica_status() == {}


def test_a_rebuild_has_to_be_allowed(box: Sandbox) -> None:
    replica, source = box.replicas[0], box.source
    source.execute("CREATE DATABASE h")
    source.execute("CREATE TABLE h.t (id INT PRIMARY KEY)")
    box.wait_caught_up(replica)
    run_unlogged(replica, "DROP TABLE h.t")
    source.execute("INSERT INTO h.t VALUES (1)")
    wait_for("the applier's error", lambda: replica.replica_status()["Last_SQL_Errno"])
    refused = heal(box)
    assert refused.returncode
    assert "-e mysql_replica_heal_max_rung=rebuild" in refused.output
    assert refused.changed == 0
    run_unlogged(replica, "CREATE TABLE h.t (id INT PRIMARY KEY)")
    replica.execute(replica.statements.start)
    source.execute("DROP DATABASE h")
    box.wait_caught_up(replica)
