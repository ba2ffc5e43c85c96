# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load that takes its time is told of on the controller; and it does not need the controller."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.dbre.mysql_replica.plugins.plugin_utils import long_module
from integration import by_hand
from integration.ansible_run import STATE, AnsibleRun, Task, run_task, running, task, tasks_under_way
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_dump_load"
# Ten minutes, or nothing, by a setting of the server; too large to be known for a short one
DUMP = b"""-- MySQL dump 10.13  Distrib 5.6.24, for Linux (x86_64)
CREATE DATABASE `slow`;
USE `slow`;
CREATE TABLE `t` (`id` int NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;
INSERT INTO `t` VALUES (1),(2),(3);
INSERT INTO `t` SELECT 1000 + SLEEP(@@GLOBAL.slow_launch_time * 300);
%s
-- Dump completed
""" % (b"-- " + b"x" * (3 << 19))


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.wait_caught_up(own.replicas[0])
        by_hand.detach(own.replicas[0])
        by_hand.forget_gtids(own.replicas[0])
        by_hand.set_quiet(own.replicas[0])
        yield own


@pytest.fixture
def slow(box: Sandbox) -> Iterator[Path]:
    dump = box.directory / "slow.sql"
    dump.write_bytes(DUMP)
    yield dump
    box.replicas[0].execute("SET GLOBAL slow_launch_time = 2")


def state_of(server: Server) -> Path:
    return server.directory / "dbre" / "state"


def asleep(server: Server) -> list[int]:
    return [
        int(row["ID"])
        for row in server.rows(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO `t` SELECT%%'"
        )
    ]


def wake(server: Server) -> None:
    server.execute("SET GLOBAL slow_launch_time = 0")
    for session in asleep(server):
        server.execute(f"KILL QUERY {session}")


def load(dump: Path) -> Task:
    return task(MODULE, path=str(dump), **STATE)


def modules(run: AnsibleRun) -> list[int]:
    return [pid for pid, command in running() if pid in run.detached() and MODULE.encode() in command]


def test_lines_are_seen_while_it_is_at_work(box: Sandbox, slow: Path) -> None:
    replica = box.replicas[0]
    with tasks_under_way(box, load(slow)) as run:
        wait_for("a line is seen", lambda: "replica1: l" in run.output or not run.is_running())
        assert asleep(replica), run.output
        progress = state_of(replica) / "progress.json"
        assert stat.S_IMODE(progress.stat().st_mode) == 0o600
        assert json.loads(progress.read_text())["phase"] == "load"
        wake(replica)
        output = run.wait().output
    assert "tables" in next(line for line in output.splitlines() if line.startswith("replica1: l"))
    assert not progress.exists()


@pytest.mark.long_on("oldest")
def test_what_it_returns_is_what_the_module_returns(box: Sandbox, slow: Path) -> None:
    box.replicas[0].execute("SET GLOBAL slow_launch_time = 0")
    result = run_task(box, MODULE, path=str(slow), **STATE)
    assert result["changed"]
    assert result["tables"] == 1
    assert not {"ansible_job_id", "results_file", "started", "finished", "stdout"} & set(result)
    planned = run_task(box, MODULE, path=str(slow), **STATE, check=True)
    assert planned["changed"]
    assert "statements" not in planned
    missing = run_task(box, MODULE, path=str(slow) + ".not", **STATE)
    assert missing["failed"]
    assert "there is no such dump" in missing["msg"]


@pytest.mark.long_on("oldest")
def test_it_goes_on_without_its_controller_and_keeps_others_out(box: Sandbox, slow: Path) -> None:
    replica = box.replicas[0]
    with tasks_under_way(box, load(slow)) as run:
        wait_for("it is at work", lambda: asleep(replica))
        run.kill_alone()
        second = run_task(box, MODULE, path=str(slow), **STATE)
        assert second["error"]["kind"] == "busy"
        assert asleep(replica)
        replica.execute("SET GLOBAL slow_launch_time = 0")
        for session in asleep(replica):
            replica.execute(f"KILL {session}")
        wait_for("it has ended", lambda: not modules(run))
    assert run_task(box, MODULE, path=str(slow), **STATE)["changed"]
    assert replica.value("SELECT COUNT(*) FROM slow.t") == 4


def test_a_connection_that_breaks_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_module, "LAST", 0.0)
    said: list[str] = []
    action = long_module.LongModule.__new__(long_module.LongModule)
    action._display = SimpleNamespace(warning=said.append)
    answers = iter([None, None, {"finished": True}])

    def look() -> dict[str, bool]:
        answer = next(answers, None)
        if answer is None:
            raise AnsibleConnectionFailure("gone")
        return answer

    assert action._patiently(look) == {"finished": True}
    assert len(said) == 2
    monkeypatch.setattr(long_module, "PATIENCE", -1.0)
    with pytest.raises(AnsibleConnectionFailure):
        action._patiently(look)
