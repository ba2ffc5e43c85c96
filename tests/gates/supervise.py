# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one command and leave no process behind, however it ends: ``supervise.py COMMAND ARGUMENT...``

Every program that make starts is started through here. The supervisor is the "child subreaper" of what it starts
(prctl(2)): a process that daemonizes or whose parent dies becomes a child of the supervisor, so that nothing escapes.

- Ctrl-C, SIGTERM, SIGHUP, or the death of make: the command gets one SIGINT, which is what lets Python programs clean
  up, then has GRACE seconds. A second signal cuts that short.
- When the command has ended, by itself or not, what is left of its descendants gets SIGTERM, and later SIGKILL.

The exit code is the command's, or 128 + the signal's number. This file runs before .venv exists: any Python >= 3.7.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

GRACE = 60.0  # seconds for a clean-up: a mysqld under load takes a while to stop
LEFTOVER_GRACE = 10.0  # seconds between SIGTERM and SIGKILL for what outlived the command
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def descendants(root: int) -> list[int]:
    """Pids of all running descendants of the process `root`, from /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as stat:
                    state, parent = stat.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue  # it has just ended
            if state != b"Z":
                children.setdefault(int(parent), []).append(int(name))
    found, todo = [], [root]
    while todo:
        for pid in children.get(todo.pop(), ()):
            found.append(pid)
            todo.append(pid)
    return found


def reap() -> None:
    """Collect orphans that have ended; without this they would stay zombies, and /proc full of them."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def end_leftovers() -> None:
    """Ask every descendant to end, then make it."""
    for number, patience in ((signal.SIGTERM, LEFTOVER_GRACE), (signal.SIGKILL, LEFTOVER_GRACE)):
        deadline = time.monotonic() + patience
        asked: set[int] = set()
        while time.monotonic() < deadline:
            reap()
            pids = descendants(os.getpid())
            if not pids:
                return
            for pid in pids:
                if pid not in asked:
                    asked.add(pid)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
            time.sleep(0.02)


def main(argv: list[str]) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    received: list[int] = []
    for number in SIGNALS:
        signal.signal(number, lambda signum, _frame: received.append(signum))

    if sys.prefix != sys.base_prefix:  # the programs of a virtual environment call each other by name
        os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", os.defpath)

    # A session of its own: the terminal's Ctrl-C reaches the command once, through us, and not a second time while it
    # cleans up; and no terminal to read from, so that nothing waits for an answer.
    command = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
    told, deadline = 0, float("inf")
    while command.poll() is None:
        if len(received) > told:
            command.send_signal(signal.SIGINT if told == 0 else signal.SIGKILL)
            told = len(received)
            deadline = time.monotonic() + GRACE
        elif time.monotonic() > deadline:
            command.kill()
        time.sleep(0.05)
    end_leftovers()
    if received:
        return 128 + received[0]
    return command.returncode if command.returncode >= 0 else 128 - command.returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
