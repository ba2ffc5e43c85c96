# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, the same command goes on: a salvage is killed at random, run again, and ends the same.

The original is as it was, no mysqld is left, and no row is lost that is not on the damaged page. SOAK_RUNS says how
many salvages there are on 5.6 (4; half as many on the other server), each of which is killed three times; SOAK_SEED
repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from soak.victims import kill_controller, kill_everything, kill_module

from integration.ansible_run import AnsibleRun, Task, Template, run_tasks, task, tasks_under_way
from integration.salvage_playbook import (
    assert_as_in_the_ledger,
    assert_new_history,
    counts,
    fill,
    ledger,
    replica_follows,
    salvage,
    salvage_under_way,
    table,
)
from integration.server_state import sha256
from sandbox import builds, processes
from sandbox.accounts import ADMIN
from sandbox.remedies import NEW, OLD
from sandbox.server import Server
from sandbox.server_program import open_to_the_sandbox, program
from sandbox.topology import Sandbox

RUNS = int(os.environ.get("SOAK_RUNS", "4"))
KILLS = 3  # of one salvage
SEED = os.environ.get("SOAK_SEED", str(time.time_ns()))
TRIES = 12  # an orphaned module may be at work for a while
PATIENCE = 3.0  # seconds between two of them
ROWS = 30_000
LENGTH = 45.0  # seconds that the playbook takes, more or less
VICTIMS = (kill_everything, kill_controller, kill_module)
KINDS = [pytest.param(OLD, RUNS, id=OLD), pytest.param(NEW, -(-RUNS // 2), id=NEW)]


def sandbox(kind: str) -> Any:
    return Sandbox.up(server=builds.modern_spec() if kind == NEW else kind, replicas=1)


def sums(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): sha256(path) for path in directory.rglob("*") if path.is_file()}


def nothing_left_at_work(server: Server, directory: str = "salvage") -> None:
    assert processes.find(f"--datadir={server.datadir}.salvage") == []
    for path in (server.directory / "dbre/state/salvage.json", server.directory / directory / "journal.json"):
        journal = json.loads(path.read_text())
        assert (journal["server"], journal["place"]) == (None, None)


def modules(server: Server) -> list[Task]:
    """The two that a salvage begins with."""
    named: dict[str, Any] = {
        "mysqld": str(program(server)),
        "defaults_file": str(server.option_file),
        "state_dir": str(server.directory / "dbre/state"),
    }
    reading = {
        "path": str(server.directory / "salvage"),
        "login_user": ADMIN.user,
        "login_password": ADMIN.password,
        "mysqldump": Template("{{ mysql_replica_mysqldump }}"),
        "mysqldump_options": Template("{{ mysql_replica_mysqldump_options }}"),
        "keep_free": 0,
    }
    return [task("mysql_force_recovery", settle=1, **named), task("mysql_salvage_export", **named, **reading)]


def kill_sometime(chance: random.Random, run: AnsibleRun, server: Server, length: float) -> None:
    victim, instant = chance.choice(VICTIMS), chance.uniform(0.5, length)
    time.sleep(instant)
    victim(run, server)
    print(f"  {victim.__name__} after {instant:.1f} s of {length:.0f}", flush=True)


def begin_anew(server: Server) -> None:
    for path in (server.directory / "dbre/state", Path(f"{server.datadir}.salvage"), server.directory / "salvage"):
        shutil.rmtree(path, ignore_errors=True)


def what_came_out(results: list[dict[str, Any]]) -> Any:
    """Without what depends on when it was killed."""
    recovery, export = results
    assert not recovery["failed"], recovery
    assert not export["failed"], export
    seen = ("schema", "table", "state", "rows_saved", "rows_lost", "ranges_lost")
    attempts = [(one["redo"], one["level"], one["outcome"]) for one in recovery["attempts"]]
    return attempts, [{name: one[name] for name in seen} for one in export["tables"]]


def busy(results: list[dict[str, Any]]) -> bool:
    return any(one.get("error", {}).get("kind") == "busy" for one in results)


@pytest.mark.parametrize(("kind", "runs"), KINDS)
def test_the_modules_finish_what_was_killed(kind: str, runs: int) -> None:
    chance = random.Random(f"{SEED} {kind}")
    print(f"SOAK_SEED={SEED}")
    with sandbox(kind) as box:
        server = box.source
        fill(server, rows=ROWS)
        box.damage("page_zeroed", server, schema="large", table="t")
        original, work = sums(server.datadir), modules(server)
        began = time.monotonic()
        wanted = what_came_out(run_tasks(box, *work, host=server.name).results)
        length = time.monotonic() - began
        for number in range(runs):
            begin_anew(server)
            with ExitStack() as stack:  # an orphan lives until the salvage is done
                for _kill in range(KILLS):
                    run = stack.enter_context(tasks_under_way(box, *work, host=server.name))
                    kill_sometime(chance, run, server, length)
                tries, outcome = 1, run_tasks(box, *work, host=server.name)
                while busy(outcome.results):
                    assert tries < TRIES, outcome.output
                    time.sleep(PATIENCE)
                    tries, outcome = tries + 1, run_tasks(box, *work, host=server.name)
            print(f"{kind} {number + 1}: {tries} tries", flush=True)
            assert what_came_out(outcome.results) == wanted
            assert sums(server.datadir) == original
            nothing_left_at_work(server)


@pytest.mark.parametrize(("kind", "runs"), KINDS)
def test_the_playbook_finishes_what_was_killed(kind: str, runs: int) -> None:
    """Each round damages a page of what the one before has built; the last one's replica is rebuilt, too."""
    chance = random.Random(f"{SEED} {kind} playbook")
    print(f"SOAK_SEED={SEED}")
    with sandbox(kind) as box:
        server = box.source
        fill(server, rows=ROWS)
        for number in range(runs):
            before, uuid = counts(server), server.uuid
            lost = box.damage("page_zeroed", server, schema="large", table="t")["rows"]
            copy = f"{server.datadir}.salvage-{number}"
            places = {"dir": str(server.directory / f"salvage-{number}"), "copy_to": copy}
            with ExitStack() as stack:
                for _kill in range(KILLS):
                    run = stack.enter_context(salvage_under_way(box, server, rebuild="always", **places))
                    kill_sometime(chance, run, server, LENGTH)
                tries = finish(box, server, places)
            print(f"{kind} {number + 1}: {tries} tries", flush=True)
            open_to_the_sandbox(server)
            told = ledger(server, places["dir"])
            assert table(told, "t")["rows_lost"] == lost
            assert counts(server) == {**before, "large.t": before["large.t"] - lost}
            assert_as_in_the_ledger(told, counts(server))
            assert_new_history(server, uuid)
            nothing_left_at_work(server, places["dir"])
        replica_follows(box, box.replicas[0])


def finish(box: Sandbox, server: Server, places: dict[str, str]) -> int:
    """Run the same command until it goes through; the only reason to wait is an orphan that is still at work."""
    for attempt in range(1, TRIES + 1):
        outcome = salvage(box, server, rebuild="always", **places)
        if not outcome.returncode:
            return attempt
        assert '"kind": "busy"' in outcome.output, outcome.output[-6000:]
        time.sleep(PATIENCE)
    raise AssertionError(f"still busy after {TRIES} tries")
