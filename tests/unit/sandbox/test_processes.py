# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes are told apart by id and start time, and found by what only they have on their command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import processes
from sandbox.processes import Process, Stat

FIELDS = "1 2 3 4 0 0 0 0 0 0 0 0 0 0 20 0 31 0 "

FIRST_THREAD_ENDS = """
import ctypes, sys, threading
threading.Thread(target=sys.stdin.read).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that sleeps, with an argument that no other has."""
    argv = [sys.executable, "-c", "print(flush=True); input()", f"--mark=sleeper of {os.getpid()}"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # Popen returns while the command line is still being set up
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"12 (mysqld) S {FIELDS}4711 9 9 9", Stat("S", 31, 4711)),
        (f"12 (a) b) (c) Z {FIELDS}5 9", Stat("Z", 31, 5)),
        (f"12 () R {FIELDS}6 9", Stat("R", 31, 6)),
    ],
)
def test_stat(text: str, expected: Stat) -> None:
    # state is field 3, the number of threads field 20, the start time field 22 of proc(5)
    assert processes.parse_stat(text) == expected


def test_an_id_used_again_is_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    process = processes.identify(sleeper.pid)
    assert process is not None
    assert process.pid == sleeper.pid
    before = Process(process.pid, process.started - 1)
    assert not processes.send(before, signal.SIGKILL)
    assert processes.wait_gone(before, timeout=0)
    assert sleeper.poll() is None
    assert processes.send(process, signal.SIGKILL)
    assert sleeper.wait() == -signal.SIGKILL
    assert not processes.send(process, signal.SIGKILL)


def test_a_zombie_does_not_run(sleeper: subprocess.Popen[bytes]) -> None:
    process = processes.identify(sleeper.pid)
    assert process is not None
    assert not processes.wait_gone(process, timeout=0)
    sleeper.kill()
    assert processes.wait_gone(process, timeout=60)  # nobody has waited for it yet
    assert processes.identify(sleeper.pid) is None
    assert processes.arguments(sleeper.pid) == []


def test_a_process_runs_until_its_last_thread_has_ended() -> None:
    argv = [sys.executable, "-c", FIRST_THREAD_ENDS]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        known = processes.identify(process.pid)
        assert known is not None
        deadline = time.monotonic() + 60
        while processes.parse_stat(Path(f"/proc/{process.pid}/stat").read_text()).state != "Z":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert processes.identify(process.pid) == known
        assert not processes.wait_gone(known, timeout=0)
        assert processes.send(known, signal.SIGKILL)
        assert processes.wait_gone(known, timeout=60)


def test_found_and_ended_by_its_argument(sleeper: subprocess.Popen[bytes]) -> None:
    mark = f"--mark=sleeper of {os.getpid()}"
    assert [process.pid for process in processes.find(mark[:-1])] == [sleeper.pid]
    assert processes.find(mark + "0") == []
    assert processes.kill_all(mark + "0") == []
    assert sleeper.poll() is None
    assert [process.pid for process in processes.kill_all(mark)] == [sleeper.pid]
    assert sleeper.wait() == -signal.SIGKILL
