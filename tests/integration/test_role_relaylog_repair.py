# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/repair_relaylog.yml, as a user runs it: what was retrieved is applied, the source is asked for the rest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from integration.ansible_run import STATE, command_lines, run_task, secrets_in
from integration.relaylog_role import prove, repair, report
from sandbox import builds
from sandbox.server import Server
from sandbox.topology import Sandbox

OLD, NEW = "5.6", builds.modern_spec()


@pytest.fixture(scope="module")
def own_box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as box:
        yield box


@pytest.mark.long_on("newest")
def test_a_power_loss_is_made_good_over_a_source_that_has_purged_what_was_retrieved(own_box: Sandbox) -> None:
    replica = own_box.replicas[0]
    healthy = repair(own_box)
    assert (healthy.returncode, healthy.changed) == (0, 0), healthy.output
    damage = own_box.damage("relay_logs_cut", replica, spare=True)
    before = {path.name: path.read_bytes() for path in replica.datadir.glob("relay-bin*")}

    planned = repair(own_box, "--check", "--diff")
    assert planned.returncode == 0, planned.output
    assert "would be repaired" in planned.output
    assert f"cut {damage['cut']} to " in planned.output
    assert {path.name: path.read_bytes() for path in replica.datadir.glob("relay-bin*")} == before
    assert not replica.is_running(), "check mode starts nothing"

    with command_lines() as seen:
        done = repair(own_box, "-vvv")
    assert done.returncode == 0, done.output
    assert not secrets_in(done.output)
    assert not secrets_in("\n".join(seen))
    told = report(replica)
    assert told["verdict"] == "damaged"
    purged = own_box.source.value("SELECT @@GLOBAL.gtid_purged")
    only_here = own_box.source.value("SELECT GTID_SUBTRACT(%s, %s)", (purged, damage["executed_gtid_set"]))
    assert only_here, "the source has purged something that the replica had not executed"
    assert replica.value("SELECT GTID_SUBSET(%s, %s)", (only_here, told["applied"]))
    prove(own_box)
    again = repair(own_box)
    assert (again.returncode, again.changed) == (0, 0), again.output


@pytest.mark.long_on("oldest")
def test_options_that_a_killed_run_left_for_a_start_are_taken_away(own_box: Sandbox) -> None:
    dropin = own_box.replicas[0].dropin
    run_task(own_box, "mysql_start_options", path=str(dropin), **STATE)
    assert dropin.exists()
    repaired = repair(own_box)
    assert repaired.returncode == 0, repaired.output
    prove(own_box)


@pytest.mark.long
@pytest.mark.parametrize(
    "damage",
    [
        "relaylog_flipped_in_the_middle",
        "relaylog_middle_missing",
        "relaylog_last_missing",
        "relaylog_first_missing",
        "relaylog_emptied",
        "relaylog_header_only",
        "relaylog_zero_tail",
        "relaylog_index_emptied",
        "relaylog_index_deleted",
        "relaylog_index_crlf",
        "relaylog_index_blank_line",
        "relaylog_index_short",
        "relaylog_position_lost",
        "relaylog_channel_lost",
        "relaylog_piled_up",
    ],
)
@pytest.mark.parametrize("running", [False, True], ids=["down", "started by somebody"])
def test_every_damage_is_made_good(own_box: Sandbox, damage: str, running: bool) -> None:
    replica = own_box.replicas[0]
    own_box.damage(damage, replica)
    if running:
        replica.start()
        wait_for_the_applier(replica)
    done = repair(own_box)
    assert done.returncode == 0, done.output
    prove(own_box)
    again = repair(own_box)
    assert (again.returncode, again.changed) == (0, 0), again.output


def wait_for_the_applier(replica: Server) -> None:
    """Until it stands, at the damage or at the end: before that nobody knows that something lies ahead of it."""
    stood: Any = None
    while stood != (stood := applier_place(replica)):
        time.sleep(1.5)


def applier_place(replica: Server) -> tuple[Any, ...]:
    status = replica.replica_status()
    return tuple(status[name] for name in ("Relay_Log_File", "Relay_Log_Pos", "Executed_Gtid_Set"))


@pytest.mark.long
def test_nothing_is_left_to_apply_and_the_log_that_the_applier_stands_in_is_gone(own_box: Sandbox) -> None:
    """5.6 wants to find that log; 9.7 deletes an empty one by itself whenever it starts."""
    replica = own_box.replicas[0]
    own_box.wait_caught_up(replica)
    log = replica.datadir / str(replica.replica_status()["Relay_Log_File"])
    replica.kill()
    log.unlink()
    done = repair(own_box)
    assert done.returncode == 0, done.output
    prove(own_box)
    again = repair(own_box)
    assert (again.returncode, again.changed) == (0, 0), again.output


@pytest.mark.long
def test_error_1594_on_whole_logs_is_healed_without_a_cut() -> None:
    with Sandbox.up(server=OLD) as box:
        replica = box.replicas[0]
        box.damage("relaylog_checksums_missing", replica)
        with pytest.raises(TimeoutError, match="applier No"):
            box.wait_caught_up(replica, timeout=5)
        assert int(replica.replica_status()["Last_SQL_Errno"]) == 1594
        done = repair(box)
        assert done.returncode == 0, done.output
        assert report(replica)["cut"] is None
        prove(box)


@pytest.mark.long
def test_where_the_source_has_purged_the_rest_all_that_is_here_is_applied_first(server_kind: str) -> None:
    with Sandbox.up(server=server_kind) as box:
        replica = box.replicas[0]
        damage = box.damage("relaylog_source_purged", replica)
        done = repair(box)
        assert done.returncode != 0
        assert "A rebuild is needed for the rest" in done.output
        missing = replica.value("SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", (damage["retrieved_gtid_set"],))
        assert missing.count(":") == 1, missing
        assert "-" not in missing.rpartition(":")[2], "but for the transaction that was cut"
        assert not replica.dropin.exists()


@pytest.mark.long
def test_without_auto_position_nothing_is_cut(server_kind: str) -> None:
    with Sandbox.up(server=server_kind) as box:
        replica = box.replicas[0]
        replica.execute(replica.statements.stop)
        change, prefix = replica.statements.change.split(" TO ")[0], "MASTER" if server_kind == OLD else "SOURCE"
        replica.execute(f"{change} TO {prefix}_AUTO_POSITION = 0")
        replica.execute(replica.statements.start)
        box.wait_replicating(replica)
        box.damage("relay_logs_cut", replica)
        before = {path.name: path.read_bytes() for path in replica.datadir.glob("relay-bin*")}
        done = repair(box)
        assert done.returncode != 0
        assert "does not use GTID auto-position" in done.output
        # a start of the server may have made a log that nobody lists
        assert {path.name: path.read_bytes() for path in replica.datadir.glob("relay-bin*")}.items() >= before.items()
