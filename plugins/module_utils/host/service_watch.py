# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What starts a server again when it ends, and whether its program was replaced under it. For a server of this host."""

import os
import re
from typing import Callable, List, NamedTuple, Optional

Run = Callable[[List[str]], str]
"""A command -> what it wrote to its standard output, '' when it failed."""

_MOST_PARENTS = 20
_NEVER = "no"  # systemd's word for a service that stays down


class Watch(NamedTuple):
    """supervisors: a sentence each. replaced: the program's file was replaced or removed since the server started."""

    supervisors: List[str]
    replaced: bool


def watch(pid_file: str, run: Run) -> Optional[Watch]:
    """None when the server is not of this host, as far as its pid file tells."""
    try:
        with open(pid_file) as source:
            pid = int(source.read())
        program = os.readlink("/proc/%d/exe" % pid)
    except (OSError, ValueError):
        return None
    return Watch(list(_wrappers(pid)) + list(_units(pid, run)), program.endswith(" (deleted)"))


def _wrappers(pid: int) -> List[str]:
    """mysqld_safe starts a server again that ended without having been shut down."""
    found = []
    for _generation in range(_MOST_PARENTS):
        pid = _parent(pid)
        if pid <= 1:
            break
        names = [os.path.basename(part) for part in _read("/proc/%d/cmdline" % pid).split("\0")[:3]]
        if {"mysqld_safe", "mariadbd-safe"} & set(names):
            found.append("mysqld_safe (process %d)" % pid)
    return found


def _units(pid: int, run: Run) -> List[str]:
    """systemd's service that the process belongs to, unless that stays down when its process ends."""
    found = re.search(r"/([^/\n]+\.service)(?:/|$)", _read("/proc/%d/cgroup" % pid), re.M)
    if not found:
        return []
    told = re.search(r"^Restart=(.+)$", run(["systemctl", "show", "--property=Restart", found.group(1)]), re.M)
    if not told or told.group(1) == _NEVER:
        return []
    return ["systemd's %s (Restart=%s)" % (found.group(1), told.group(1))]


def _parent(pid: int) -> int:
    found = re.search(r"^PPid:\s+(\d+)$", _read("/proc/%d/status" % pid), re.M)
    return int(found.group(1)) if found else 0


def _read(path: str) -> str:
    try:
        with open(path, errors="replace") as source:
            return source.read()
    except OSError:
        return ""
