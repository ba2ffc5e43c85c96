# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/repair_system_tables.yml, as a user runs it: from a server that does not start to one that replicates."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from integration.ansible_run import command_lines, secrets_in
from integration.server_state import settings
from integration.system_tables import Boxes, definitions, files, prove, repair
from sandbox import builds
from sandbox.server_program import start_command

OLD, NEW = "5.6", builds.modern_spec()
NO_SOURCE = {"source_host": "", "source_user": "", "source_password": ""}


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    made = Boxes()
    yield made
    made.down()


@pytest.mark.parametrize("kind", [OLD, pytest.param(NEW, marks=pytest.mark.long)])
def test_where_nothing_is_wrong_nothing_is_done(boxes: Boxes, kind: str) -> None:
    box = boxes.lend(kind)
    outcome = repair(box)
    assert (outcome.returncode, outcome.changed) == (0, 0), outcome.output
    assert "nothing to do" in outcome.output


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "damage", "table"),
    [
        (OLD, "data_file_garbage", "slave_master_info"),
        pytest.param(NEW, "dropped_before_start", "slave_master_info", marks=pytest.mark.long),
    ],
)
def test_a_lost_connection_is_made_anew_from_the_inventory(boxes: Boxes, kind: str, damage: str, table: str) -> None:
    box = boxes.lend(kind)
    replica = box.replicas[0]
    usual, before = settings(replica), definitions(replica)
    box.damage(f"systable_{damage}", replica, table=table)

    as_found = files(replica)
    planned = repair(box, "--check", "--diff")
    assert planned.returncode == 0, planned.output
    assert "would be repaired" in planned.output
    assert files(replica) == as_found
    assert replica.is_running() == (kind == NEW), "check mode starts nothing"

    outcome = repair(box, "-vvv")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    assert settings(replica) == usual
    again = repair(box)
    assert (again.returncode, again.changed) == (0, 0), again.output
    assert not replica.dropin.exists()
    prove(box, before)


@pytest.mark.parametrize("kind", [pytest.param(OLD, marks=pytest.mark.long), NEW])
def test_a_connection_that_could_be_read_comes_back_without_the_inventory(boxes: Boxes, kind: str) -> None:
    box = boxes.lend(kind)
    replica = box.replicas[0]
    before = definitions(replica)
    box.damage("systable_altered", replica, table="slave_master_info")
    assert not replica.replica_status()
    outcome = repair(box, "-vvv", **NO_SOURCE)
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    assert not list((replica.directory / "dbre/state").glob("channel-*"))
    assert repair(box, **NO_SOURCE).changed == 0
    prove(box, before)


@pytest.mark.long
def test_a_connection_that_nobody_knows_is_said_to_be_lost(boxes: Boxes) -> None:
    box = boxes.lend(OLD)
    replica = box.replicas[0]
    before = definitions(replica)
    box.damage("systable_both_files_deleted", replica, table="slave_master_info")
    outcome = repair(box, **NO_SOURCE)
    assert outcome.returncode != 0
    assert "was lost with" in outcome.output
    assert definitions(replica) == before, "the tables are healthy, all the same"
    box.attach(replica)
    prove(box, before)


@pytest.mark.long
def test_no_password_is_on_a_command_line(boxes: Boxes) -> None:
    box = boxes.lend(NEW)
    box.damage("systable_altered", box.replicas[0], table="slave_master_info")
    with command_lines() as seen:
        assert repair(box).returncode == 0
    assert any("ansible-playbook" in line for line in seen)
    assert not secrets_in("\n".join(seen))


@pytest.mark.long
def test_the_server_itself_can_be_let_make_the_tables(boxes: Boxes) -> None:
    box = boxes.lend(NEW)
    replica = box.replicas[0]
    before = definitions(replica)
    for table in ("slave_master_info", "slave_relay_log_info", "slave_worker_info"):
        box.damage("systable_dropped", replica, table=table)
    outcome = repair(box, "--extra-vars", "stats_tables_recreate_by=upgrade")
    assert outcome.returncode == 0, outcome.output
    assert "--upgrade=FORCE" in outcome.output
    assert not replica.dropin.exists()
    prove(box, before)


@pytest.mark.long
@pytest.mark.parametrize("kind", [OLD, NEW])
def test_a_server_that_does_not_start_for_another_reason_is_left_as_it_is(boxes: Boxes, kind: str) -> None:
    box = boxes.lend(kind)
    replica = box.replicas[0]
    before, options = definitions(replica), replica.option_file.read_text()
    replica.stop()
    replica.option_file.write_text(options + "\n[mysqld]\nno-such-option-of-any-server\n")
    outcome = repair(box, start_timeout=5)
    assert outcome.returncode != 0
    assert "are not the reason" in outcome.output
    assert not replica.dropin.exists()
    assert not list((replica.directory / "dbre/backup").glob("system-tables-*"))
    replica.option_file.write_text(options)
    assert repair(box).returncode == 0
    prove(box, before)


@pytest.mark.long
def test_a_server_that_died_after_its_start_was_handed_over_is_repaired(boxes: Boxes) -> None:
    """As one does that answers, and dies of a damaged page a moment later."""
    box = boxes.lend(OLD)
    replica = box.replicas[0]
    before = definitions(replica)
    box.damage("systable_data_file_garbage", replica)
    outcome = repair(box, start_command=start_command(replica), start_timeout=20)
    assert outcome.returncode == 0, outcome.output
    assert repair(box).changed == 0
    prove(box, before)


@pytest.mark.long
@pytest.mark.parametrize("analyze", [False, True])
def test_statistics_that_nobody_wants_are_not_missed(boxes: Boxes, analyze: bool) -> None:
    box = boxes.lend(NEW)
    replica = box.replicas[0]
    box.damage("systable_statistics_deleted", replica)
    outcome = repair(box, "--extra-vars", json.dumps({"stats_tables_analyze": analyze}))
    assert (outcome.returncode, outcome.changed > 0) == (0, analyze), outcome.output
