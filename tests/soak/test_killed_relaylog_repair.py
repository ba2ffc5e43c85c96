# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, the same command goes on: a repair of relay logs is killed at random, run again, and proved.

The source has purged what only the relay logs hold, so that whatever a kill threw away would be missed in the end.
SOAK_RUNS says how many kills there are on each server (10), SOAK_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from integration.ansible_run import AnsibleRun
from integration.relaylog_role import prove, repair, repair_under_way
from sandbox import builds
from sandbox.server import Server
from sandbox.topology import Sandbox

RUNS = int(os.environ.get("SOAK_RUNS", "10"))
SEED = os.environ.get("SOAK_SEED", str(time.time_ns()))
TRIES = 8  # an orphaned module may be at work for a while
PATIENCE = 3.0  # seconds between two of them
DAMAGES = ("relay_logs_cut", "relaylog_position_lost", "relaylog_index_emptied", "relaylog_channel_lost")


def kill_everything(run: AnsibleRun, _replica: Server) -> None:
    run.kill()


def kill_controller(run: AnsibleRun, _replica: Server) -> None:
    """As when the connection breaks: the module on the target goes on, an orphan."""
    run.kill_alone()


def kill_mysqld(run: AnsibleRun, replica: Server) -> None:
    if replica.is_running():
        replica.kill()
    run.wait()


VICTIMS: tuple[Callable[[AnsibleRun, Server], None], ...] = (kill_everything, kill_controller, kill_mysqld)


@pytest.mark.parametrize("server_kind", ["5.6", builds.modern_spec()])
def test_the_same_command_finishes_what_was_killed(server_kind: str) -> None:
    chance = random.Random(f"{SEED} {server_kind}")
    print(f"SOAK_SEED={SEED}")
    with Sandbox.up(server=server_kind) as box:
        replica = box.replicas[0]
        length = 0.0
        for number in range(RUNS + 1):
            damage = chance.choice(DAMAGES) if number else "relay_logs_cut"
            box.damage(damage, replica, files=3, spare=True)
            began = time.monotonic()
            if not number:  # how long it takes
                assert repair(box).returncode == 0
                length = time.monotonic() - began
                continue
            victim, instant = chance.choice(VICTIMS), chance.uniform(0.5, length)
            with repair_under_way(box) as run:
                time.sleep(instant)
                victim(run, replica)
                tries = finish(box)
            prove(box)
            print(
                f"{number}: {damage}, {victim.__name__} after {instant:.1f} s of {length:.1f}, {tries} tries: equal",
                flush=True,
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
