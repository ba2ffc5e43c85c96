# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance that does not start is started at the lowest level that works, on a copy, and nobody else reaches it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.ansible_run import command_lines, run_task, run_tasks, task, tasks_under_way
from integration.server_state import sha256
from sandbox import processes
from sandbox.builds import find_build
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.server_program import program
from sandbox.topology import Sandbox

from .conftest import SERVERS

MODULE = "mysql_force_recovery"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    """Servers to be ruined, one a test; replication is only there because a sandbox has it."""
    with Sandbox.up(server=server_kind, replicas=2) as own:
        yield own


def options(server: Server, **more: Any) -> dict[str, Any]:
    return {
        "mysqld": str(program(server)),
        "defaults_file": str(server.option_file),
        "state_dir": str(server.directory / "dbre" / "state"),
        "settle": 1,
        **more,
    }


def sums(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): sha256(path) for path in directory.rglob("*") if path.is_file()}


def steps(result: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(one["redo"], one["level"], one["outcome"]) for one in result["attempts"]]


def private_servers(server: Server) -> list[processes.Process]:
    return processes.find(f"--datadir={server.datadir}.salvage")


@pytest.mark.long_on("newest")
def test_what_cannot_be_salvaged_so_is_refused_and_left_as_it_was(box: Sandbox, tmp_path: Path) -> None:
    server = box.source
    running = run_task(box, MODULE, host=server.name, **options(server))
    assert running["failed"]
    assert f"process {server.pid} " in running["msg"]

    server.kill()
    before = sums(server.datadir)
    other = find_build(SERVERS["oldest" if server.build.spec == SERVERS["newest"] else "newest"])
    foreign_options = tmp_path / "other.cnf"
    settings = {**dict(other.options), "datadir": str(server.datadir)}
    foreign_options.write_text("\n".join(["[mysqld]", *(f"{name}={value}" for name, value in settings.items()), ""]))
    foreign = Server(other, tmp_path, "foreign", port=0)
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    there = tmp_path / "there"
    there.mkdir()
    number = ".".join(map(str, server.build.number))
    refusals = {
        f"was written by MySQL {number}, and this mysqld is {other.version[:5]}": options(
            server, mysqld=str(program(foreign)), defaults_file=str(foreign_options)
        ),
        "not a data directory": options(server, datadir=str(nothing)),
        "something has the name of the copy already": options(server, copy_to=str(there)),
        "the copy would lie in the data directory": options(server, copy_to=str(server.datadir / "copy")),
        "cannot be started": options(server, copy="system"),
        "there the copy cannot be written": options(server, copy_to=str(tmp_path / "nowhere" / "copy")),
        "and 0 are free there": options(server, copy_to="/proc/copy"),
    }
    outcome = run_tasks(box, *(task(MODULE, **one) for one in refusals.values()), host=server.name)
    for wanted, result in zip(refusals, outcome.results, strict=True):
        assert result["failed"], wanted
        assert wanted in result["msg"]
        assert not result["changed"]
    assert sums(server.datadir) == before
    assert not Path(f"{server.datadir}.salvage").exists()

    # and what has nothing to do with InnoDB is no reason to set a redo log aside
    denied = server.directory / "mysqld-denied"
    denied.write_text(
        f'#!/bin/sh\ncase "$*" in *--socket=*) echo "a library is missing" >&2; exit 1; esac\n'
        f'exec {program(server)} "$@"\n'
    )
    denied.chmod(0o755)
    unfit = run_task(box, MODULE, host=server.name, **options(server, mysqld=str(denied)))
    assert unfit["failed"]
    assert "a library is missing" in unfit["msg"]
    assert [one["outcome"] for one in unfit["error"]["attempts"]] == ["unfit"]

    with command_lines() as seen:
        found = run_task(box, MODULE, host=server.name, **options(server))
    assert not found["failed"], found
    assert steps(found) == [("as_found", 0, "answers")]
    starts = [line for line in seen if "--innodb-force-recovery=0" in line and "--socket=" in line]
    assert starts
    assert all("--skip-networking" in line for line in starts)
    assert (found["level"], found["gives_up"], found["redo_aside"]) == (0, [], None)
    assert found["files_version"] == number
    assert sums(server.datadir) == before, "it works on the copy"
    assert private_servers(server) == []


@pytest.mark.long_on("oldest")
def test_a_climb_that_was_killed_goes_on_and_nothing_of_it_is_left_running(box: Sandbox) -> None:
    server = box.replicas[0]
    box.damage("redo_overwritten", server)
    before = sums(server.datadir)
    planned = run_task(box, MODULE, check=True, host=server.name, **options(server))
    assert planned["changed"]
    assert [step["action"] for step in planned["plan"]] == ["copy", "climb", "climb_without_redo"]
    assert not Path(f"{server.datadir}.salvage").exists()

    journal = server.directory / "dbre/state/salvage.json"

    def at_work() -> bool:
        return bool(
            journal.exists() and len(json.loads(journal.read_text())["attempts"]) >= 2 and private_servers(server)
        )

    with tasks_under_way(box, task(MODULE, **options(server)), host=server.name) as run:
        wait_for("a third attempt begins", at_work)
        run.kill()
    killed_after = len(json.loads(journal.read_text())["attempts"])
    found, again = run_tasks(
        box, task(MODULE, **options(server)), task(MODULE, **options(server)), host=server.name
    ).results
    assert not found["failed"], found
    # from 1 on InnoDB reads what it can; only 6 does not look at the redo log
    assert steps(found) == [*(("as_found", level, "died") for level in range(6)), ("as_found", 6, "answers")]
    assert killed_after < 7
    assert [one["findings"][0]["id"] for one in found["attempts"][:2]] == ["redo_log_unreadable"] * 2
    assert len(found["gives_up"]) == 6
    assert all(Path(one["log"]).stat().st_mode & 0o077 == 0 for one in found["attempts"])
    assert sums(server.datadir) == before, "it works on the copy"
    assert (again["changed"], again["level"], again["attempts"]) == (False, 6, found["attempts"])
    assert private_servers(server) == []
    left = json.loads(journal.read_text())
    assert (left["server"], left["place"]) == (None, None)


@pytest.mark.long
def test_only_when_no_level_helps_the_redo_log_is_set_aside(box: Sandbox) -> None:
    server = box.replicas[1]
    box.damage("redo_removed", server, directory=True)
    limited = run_task(box, MODULE, host=server.name, **options(server, set_redo_aside=False, work_on="original"))
    found = run_task(box, MODULE, host=server.name, **options(server, work_on="original"))
    assert not found["failed"], found
    assert found["datadir"] == str(server.datadir)
    if server.build.number < (8, 0, 30):  # it makes a new one by itself, and says so
        assert steps(limited) == steps(found) == [("as_found", 0, "answers")]
        assert re.search("had been removed before", " ".join(found["warnings_of_level"]))
    else:
        assert limited["failed"]
        assert steps(limited["error"]) == [("as_found", level, "died") for level in range(7)]
        assert steps(found)[-1] == ("set_aside", 0, "answers")
        assert Path(found["redo_aside"], "manifest.json").is_file()
    assert "lost" in " ".join(found["warnings_of_level"])
    server.start()
