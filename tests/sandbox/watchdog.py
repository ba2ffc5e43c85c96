# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a directory with servers down when the process that owns it is gone, however it went (SIGKILL included).

The owner holds the writing end of a pipe that is the watchdog's standard input: the kernel closes it.
A word in the pipe before that sets the servers free: they live on.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from . import processes

PACKAGE_PARENT = Path(__file__).resolve().parent.parent


def remove(directory: Path) -> None:
    """End every server whose option file lies in `directory`, then delete the directory."""
    processes.kill_all(f"--defaults-file={directory}/")
    shutil.rmtree(directory, ignore_errors=True)


class Watchdog:
    """The owner's end: watches over `directory` until it is dismissed."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(directory)],
            cwd="/",
            env=os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Let it do what it is there for, which is nothing when the directory is gone already."""
        self._process.communicate()

    def release(self) -> None:
        """Set the servers free."""
        self._process.communicate(b"released")


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # whoever clears up after a run ends us too early
    if not sys.stdin.buffer.read():
        remove(Path(sys.argv[1]))
