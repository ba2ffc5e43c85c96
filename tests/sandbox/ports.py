# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports for servers, so that two sandboxes never share one, even while a server is down for a moment.

They lie below the range from which the system takes the ports of outgoing connections: a connection of
somebody else can then not sit on a stopped server's port. A port is reserved by a file that names the
sandbox's directory; when the directory is gone, so is the reservation.
"""

from __future__ import annotations

import os
import random
import socket
import tempfile
from pathlib import Path

from . import cache

RANGE = range(21000, 31000)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as mysqld does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def reserve(directory: Path, count: int, choices: range = RANGE) -> list[int]:
    """`count` ports for the sandbox in `directory`; RuntimeError when there are no more."""
    registry = Path(tempfile.gettempdir()) / f"dbre-sandbox-ports-{os.geteuid()}"
    registry.mkdir(mode=0o700, exist_ok=True)
    found: list[int] = []
    with cache.locked(registry / "lock"):
        for entry in registry.iterdir():
            if entry.name != "lock" and not Path(entry.read_text()).is_dir():
                entry.unlink()
        for port in random.sample(choices, len(choices)):
            if len(found) == count:
                break
            if not (registry / str(port)).exists() and _is_free(port):
                (registry / str(port)).write_text(str(directory))
                found.append(port)
    if len(found) < count:
        raise RuntimeError(f"no {count} free ports between {choices.start} and {choices.stop - 1}")
    return found
