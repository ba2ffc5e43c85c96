# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, the same command goes on: a rebuild is killed at random, run again, and the data compared.

SOAK_RUNS says how many kills there are on each server (15), SOAK_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest
from soak.victims import VICTIMS

from integration.ansible_run import rebuild, rebuild_under_way
from integration.server_state import settings
from sandbox import builds, dataset
from sandbox.compare import compare
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged
from sandbox.writer import Writer

RUNS = int(os.environ.get("SOAK_RUNS", "15"))
SEED = os.environ.get("SOAK_SEED", str(time.time_ns()))
TRIES = 8  # runs of the same command until it goes through: an orphaned module may be at work for a while
PATIENCE = 3.0  # seconds between two of them


def ruin(replica: Server) -> None:
    """A row that replication will never touch, so that only a load brings it back."""
    run_unlogged(replica, "INSERT INTO shop.categories (id, title) VALUES (99999, 'ruined')")


@pytest.mark.parametrize("server_kind", ["5.6", builds.modern_spec()])
def test_the_same_command_finishes_what_was_killed(server_kind: str) -> None:
    chance = random.Random(f"{SEED} {server_kind}")
    print(f"SOAK_SEED={SEED}")
    with Sandbox.up(server=server_kind) as box:
        source, replica = box.source, box.replicas[0]
        dataset.load(source, scale=0.5)
        with Writer(source, rate=50):
            box.wait_caught_up(replica)
            usual = settings(replica)
            dump = box.directory / "source.sql"
            take_dump(source, dump)
            began = time.monotonic()
            assert rebuild(box, dump=str(dump), rebuild_when="always").returncode == 0
            length = time.monotonic() - began
            for number in range(RUNS):
                ruin(replica)
                take_dump(source, dump)  # so that what there is to catch up with does not grow from run to run
                victim, instant = chance.choice(VICTIMS), chance.uniform(0.5, length)
                with rebuild_under_way(box, dump=str(dump), rebuild_when="always") as run:
                    time.sleep(instant)
                    victim(run, replica)
                    tries = finish(box, dump)
                judgement = compare(source, replica)
                print(f"{number + 1}: {victim.__name__} after {instant:.1f} s, {tries} tries: {judgement}", flush=True)
                assert judgement.identical
                assert settings(replica) == usual


def finish(box: Sandbox, dump: Path) -> int:
    """Run the same command until it goes through; the only reason to wait is an orphan that is still at work."""
    for attempt in range(1, TRIES + 1):
        outcome = rebuild(box, dump=str(dump), rebuild_when="always")
        if not outcome.returncode:
            return attempt
        assert '"kind": "busy"' in outcome.output, outcome.output[-4000:]
        time.sleep(PATIENCE)
    raise AssertionError(f"still busy after {TRIES} tries")


def take_dump(source: Server, dump: Path) -> None:
    arguments = "--all-databases --single-transaction --routines --events --triggers --set-gtid-purged=ON".split()
    with dump.open("wb") as sink:
        subprocess.run(source.mysqldump_argv(*arguments), stdout=sink, check=True, timeout=120)
