# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, the same command goes on: a repair of the system tables is killed at random, and run again.

SOAK_RUNS says how many kills there are on each server (15), SOAK_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest
from soak.victims import VICTIMS

from integration.server_state import settings
from integration.system_tables import Boxes, definitions, prove, repair, repair_under_way
from sandbox import builds
from sandbox.topology import Sandbox

RUNS = int(os.environ.get("SOAK_RUNS", "15"))
SEED = os.environ.get("SOAK_SEED", str(time.time_ns()))
TRIES = 8  # runs of the same command until it goes through: an orphaned module may be at work for a while
PATIENCE = 3.0  # seconds between two of them
LENGTH = 25.0  # seconds that a repair takes, more or less
OLD, NEW = "5.6", builds.modern_spec()
TABLES = ("innodb_table_stats", "slave_master_info", "slave_relay_log_info", "slave_worker_info")
DAMAGES = {
    OLD: ("both_files_deleted", "data_file_garbage", "format_file_garbage", "half_repaired", "altered"),
    NEW: ("dropped", "dropped_before_start", "altered"),
}


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    made = Boxes()
    yield made
    made.down()


@pytest.mark.parametrize("kind", [OLD, NEW])
def test_the_same_command_finishes_what_was_killed(boxes: Boxes, kind: str) -> None:
    chance = random.Random(f"{SEED} {kind}")
    print(f"SOAK_SEED={SEED}")
    for number in range(RUNS):
        box = boxes.lend(kind)
        replica = box.replicas[0]
        usual, before = settings(replica), definitions(replica)
        damage, table = chance.choice(DAMAGES[kind]), chance.choice(TABLES[kind == NEW :])
        box.damage(f"systable_{damage}", replica, table=table)
        victim, instant = chance.choice(VICTIMS), chance.uniform(1, LENGTH)
        with repair_under_way(box) as run:
            time.sleep(instant)
            victim(run, replica)
            tries = finish(box)
        assert settings(replica) == usual
        assert not replica.dropin.exists()
        left = [path.name for path in (replica.directory / "dbre/state").iterdir()]
        assert not [name for name in left if "channel" in name or "replication" in name], left
        assert repair(box).changed == 0
        prove(box, before)
        print(
            f"{kind} {number + 1}: {damage} {table}, {victim.__name__} after {instant:.1f} s: {tries} tries", flush=True
        )


def finish(box: Sandbox) -> int:
    """Run the same command until it goes through; the only reason to wait is an orphan that is still at work."""
    for attempt in range(1, TRIES + 1):
        outcome = repair(box)
        if not outcome.returncode:
            return attempt
        assert '"kind": "busy"' in outcome.output, outcome.output[-6000:]
        time.sleep(PATIENCE)
    raise AssertionError(f"still busy after {TRIES} tries")
