# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor under every make target: exit codes pass through, and nothing survives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gates import supervise

SUPERVISE = (sys.executable, str(Path(supervise.__file__)))
IMPATIENT = (
    sys.executable,
    "-c",
    "import sys; from gates import supervise as s; s.LEFTOVER_GRACE = 0.2; sys.exit(s.main(sys.argv[1:]))",
)
DEADLINE = 30.0  # seconds until a test gives up; nothing here takes a tenth of it
# Writes its own pid and that of a daemon of its own (double fork, own session) into the file named, and stays
FAMILY = """
import os, signal, sys, time
path = sys.argv[1]
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    {daemon}
    open(path + ".daemon", "w").write(f"{{os.getpid()}} ")
    time.sleep(600)
{parent}
open(path + ".parent", "w").write(f"{{os.getpid()}} ")
"""
STAY = "\nwhile not os.path.exists(path + '.go'): time.sleep(0.02)"
IGNORE = "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "this did not come true in time"
        time.sleep(0.02)


class Family:
    """A supervised command and its daemon, known by the pids that they wrote."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "family"
        self.supervisor: subprocess.Popen[bytes] | None = None

    def start(
        self, daemon: str = "pass", parent: str = "pass", supervise: Sequence[str] = SUPERVISE
    ) -> subprocess.Popen[bytes]:
        script = FAMILY.format(daemon=daemon, parent=parent) + STAY
        self.supervisor = subprocess.Popen([*supervise, sys.executable, "-c", script, str(self.path)])
        until(lambda: len(self.pids()) == 2)
        return self.supervisor

    def pids(self) -> list[int]:
        written = [Path(f"{self.path}.{who}") for who in ("daemon", "parent")]
        texts = [path.read_text() for path in written if path.exists()]
        return [int(text) for text in texts if text.endswith(" ")]

    def alive(self) -> list[int]:
        return [pid for pid in self.pids() if Path(f"/proc/{pid}").exists()]


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    family = Family(tmp_path)
    yield family
    if family.supervisor and family.supervisor.poll() is None:
        family.supervisor.kill()
        family.supervisor.wait()
    for pid in family.alive():
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_exit_code_passes_through(code: int) -> None:
    assert subprocess.run([*SUPERVISE, "sh", "-c", f"exit {code}"], check=False).returncode == code


def test_death_by_signal_is_a_failure() -> None:
    assert subprocess.run([*SUPERVISE, "sh", "-c", "kill -9 $$"], check=False).returncode == 128 + 9


def test_daemon_does_not_outlive_the_command(family: Family) -> None:
    supervisor = family.start()
    Path(f"{family.path}.go").touch()
    assert supervisor.wait(DEADLINE) == 0
    assert family.alive() == []


def test_daemon_that_ignores_sigterm_is_killed(family: Family) -> None:
    supervisor = family.start(daemon=IGNORE, supervise=IMPATIENT)
    Path(f"{family.path}.go").touch()
    assert supervisor.wait(DEADLINE) == 0
    assert family.alive() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_command_cleans_up_once(family: Family, number: int) -> None:
    count = "signal.signal(signal.SIGINT, lambda *_: (open(path + '.log', 'a').write('SIGINT '), sys.exit(1)))"
    supervisor = family.start(parent=count)
    supervisor.send_signal(number)
    assert supervisor.wait(DEADLINE) == 128 + number
    assert family.alive() == []
    assert Path(f"{family.path}.log").read_text() == "SIGINT "


def test_second_signal_ends_a_command_that_ignores_the_first(family: Family) -> None:
    supervisor = family.start(parent="signal.signal(signal.SIGINT, lambda *_: open(path + '.log', 'w').close())")
    supervisor.send_signal(signal.SIGINT)
    until(Path(f"{family.path}.log").exists)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(DEADLINE) == 128 + signal.SIGINT
    assert family.alive() == []


def test_nothing_survives_a_killed_make(family: Family) -> None:
    script = FAMILY.format(daemon="pass", parent="pass") + STAY
    start = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    make = subprocess.Popen([sys.executable, "-c", start, *SUPERVISE, sys.executable, "-c", script, str(family.path)])
    until(lambda: len(family.pids()) == 2)
    make.kill()
    make.wait()
    until(lambda: not family.alive())
