# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, the same command goes on: a healing is killed at random, run again, and proved.

SOAK_RUNS says how many kills there are on each server (5), SOAK_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import time

import pytest
from soak.victims import VICTIMS

from integration.diagnosis import break_it, heal, heal_under_way, prove
from integration.server_state import settings
from sandbox import builds
from sandbox.remedies import NEW, OLD, REMEDIES
from sandbox.topology import Sandbox

RUNS = int(os.environ.get("SOAK_RUNS", "5"))
SEED = os.environ.get("SOAK_SEED", str(time.time_ns()))
TRIES = 8  # an orphaned module may be at work for a while
PATIENCE = 3.0  # seconds between two of them
LENGTH = 30.0  # seconds that it takes, more or less


@pytest.mark.parametrize("kind", [OLD, NEW])
def test_the_same_command_finishes_what_was_killed(kind: str) -> None:
    chance = random.Random(f"{SEED} {kind}")
    print(f"SOAK_SEED={SEED}")
    healed = [name for name, of in REMEDIES.items() if kind in of and of[kind].rung and of[kind].heals]
    for number in range(RUNS):
        with Sandbox.up(server=builds.modern_spec() if kind == NEW else kind) as box:
            replica = box.replicas[0]
            usual = settings(replica)
            damage, victim, instant = chance.choice(healed), chance.choice(VICTIMS), chance.uniform(1, LENGTH)
            break_it(box, damage)
            with heal_under_way(box) as run:
                time.sleep(instant)
                victim(run, replica)
                tries = finish(box)
            prove(box)
            assert settings(replica) == usual
            assert heal(box).changed == 0
        print(f"{kind} {number + 1}: {damage}, {victim.__name__} after {instant:.1f} s: {tries} tries", flush=True)


def finish(box: Sandbox) -> int:
    """Run the same command until it goes through; the only reason to wait is an orphan that is still at work."""
    for attempt in range(1, TRIES + 1):
        outcome = heal(box)
        if not outcome.returncode:
            return attempt
        assert '"kind": "busy"' in outcome.output, outcome.output[-6000:]
        time.sleep(PATIENCE)
    raise AssertionError(f"still busy after {TRIES} tries")
