# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds and ends our own processes, and no others.

A server is known by an argument that only it has on its command line: the option file in its own sandbox
directory. That holds across restarts by anybody (a test, a role, a person), where a recorded process id
goes stale. A process is named by its id together with its start time, because ids are used again.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Process(NamedTuple):
    """One process: its id and its start time in clock ticks since boot."""

    pid: int
    started: int


class Stat(NamedTuple):
    """What /proc/PID/stat says: state letter, number of threads, start time in clock ticks since boot."""

    state: str
    threads: int
    started: int


def parse_stat(text: str) -> Stat:
    """The fields 3, 20 and 22 of the text of /proc/PID/stat (proc(5)).

    The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    """
    fields = text[text.rindex(")") + 1 :].split()
    return Stat(fields[0], int(fields[17]), int(fields[19]))


def identify(pid: int) -> Process | None:
    """The process with this id, or None when there is none that still runs.

    A zombie does not run, unless it is the first thread of a process whose others still end, files and locks in hand.
    """
    try:
        stat = parse_stat((PROC / str(pid) / "stat").read_text(errors="replace"))
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if stat.state in "ZX" and stat.threads <= 1 else Process(pid, stat.started)


def arguments(pid: int) -> list[str]:
    """The command line of a process; empty when it is gone or a zombie."""
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
    return [part.decode(errors="surrogateescape") for part in raw.split(b"\0")[:-1]]


def find(prefix: str) -> list[Process]:
    """Every running process with a command line argument that starts with `prefix`."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit() and any(argument.startswith(prefix) for argument in arguments(int(entry.name))):
            process = identify(int(entry.name))
            if process is not None:
                found.append(process)
    return found


def send(process: Process, number: signal.Signals) -> bool:
    """Signal exactly this process; False when it is gone. A process that got its id since is never hit."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # the handle pins whatever has the id now: only then is the comparison worth something
        if identify(process.pid) != process:
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def wait_gone(process: Process, timeout: float) -> bool:
    """Wait until the process has ended; False when it still runs after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while identify(process.pid) == process:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill_all(prefix: str, timeout: float = 30) -> list[Process]:
    """SIGKILL every process that `find(prefix)` sees, until it sees none; returns those that were killed."""
    killed = []
    deadline = time.monotonic() + timeout
    while processes := find(prefix):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still running after SIGKILL: {processes}")
        for process in processes:
            send(process, signal.SIGKILL)
        for process in processes:
            wait_gone(process, timeout)
        killed += processes
    return killed
