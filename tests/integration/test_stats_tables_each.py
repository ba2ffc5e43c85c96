# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each damage of a system table by itself, with the module's word for it and what it needs from its caller."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from integration.ansible_run import BACKUP, STATE, run_task, run_tasks, secrets_in
from integration.server_state import settings
from integration.system_tables import DOWN, MODULE, Boxes, definitions, end, files, healthy, of_table, prove
from sandbox import builds

OLD, NEW = "5.6", builds.modern_spec()
pytestmark = pytest.mark.long


class Case(NamedTuple):
    """A damage, what the module is to call it, and what it needs from its caller."""

    kind: str
    damage: str
    table: str
    verdict: str
    restart: bool = False
    stop: bool = False


CASES = [
    Case(OLD, "data_file_deleted", "innodb_index_stats", "data_file_missing"),
    Case(OLD, "format_file_deleted", "slave_master_info", "format_file_missing", restart=True),
    Case(OLD, "both_files_deleted", "slave_worker_info", "files_missing"),
    Case(OLD, "format_file_garbage", "innodb_table_stats", "format_file_unreadable"),
    Case(OLD, "half_repaired", "innodb_table_stats", "data_file_damaged", stop=True),
    Case(OLD, "altered", "slave_master_info", "definition_differs", restart=True),
    Case(OLD, "dropped", "slave_relay_log_info", "missing"),
    Case(NEW, "dropped", "slave_master_info", "missing"),
    Case(NEW, "dropped_before_start", "slave_relay_log_info", "missing", restart=True),
    Case(NEW, "altered", "slave_worker_info", "definition_differs"),
    Case(NEW, "altered", "slave_master_info", "definition_differs", restart=True),
]


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    made = Boxes()
    yield made
    made.down()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.damage} {case.table}")
def test_a_damaged_table_comes_back(boxes: Boxes, case: Case) -> None:
    box = boxes.lend(case.kind)
    replica = box.replicas[0]
    usual, before = settings(replica), definitions(replica)
    box.damage(f"systable_{case.damage}", replica, table=case.table)
    as_found = files(replica)
    looked = run_task(box, MODULE, check=True, **STATE, **BACKUP)
    assert of_table(looked, case.table)["verdict"] == case.verdict
    assert files(replica) == as_found
    assert (looked["stop_required"], looked["healthy"]) == (case.stop, False)

    if case.stop:
        replica.stop()
        offline = run_task(box, MODULE, **STATE, **BACKUP, **DOWN)
        assert of_table(offline, case.table)["verdict"] == case.verdict
        replica.start()
    else:
        assert looked["changed"] is True
    done, again = run_tasks(box, healthy(), healthy()).results
    assert (done["failed"], done["changed"], done["healthy"]) == (False, True, True), done.get("msg")
    assert of_table(done, case.table)["verdict_after"] == "healthy"
    assert done["restart_required"] == case.restart
    assert (again["failed"], again["changed"], again["restart_required"]) == (False, False, case.restart)
    assert not secrets_in(json.dumps([looked, done, again]))
    end(box, done)
    assert settings(replica) == usual
    prove(box, before)


def test_a_page_that_kills_the_server_is_told_from_its_file(boxes: Boxes) -> None:
    """The server starts, and dies by itself within seconds: it may answer or not when it is looked at."""
    box = boxes.lend(OLD)
    replica = box.replicas[0]
    before = definitions(replica)
    box.damage("systable_root_page_garbage", replica, table="innodb_index_stats")
    looked = run_task(box, MODULE, check=True, **STATE, **BACKUP, **DOWN)
    assert of_table(looked, "innodb_index_stats")["verdict"] == "data_file_damaged"
    assert looked["stop_required"] if looked["online"] else looked["changed"]
    replica.kill()
    assert run_task(box, MODULE, **STATE, **BACKUP, **DOWN)["changed"]
    replica.start()
    assert run_task(box, MODULE, **STATE, **BACKUP)["healthy"]
    prove(box, before)
