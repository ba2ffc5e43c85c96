# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who a process is, beyond a number that may be given to another one: pid, start time and boot."""

import os
from typing import Any, Dict, NamedTuple, Optional

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Identity(NamedTuple):
    """start is in clock ticks since boot, as /proc/<pid>/stat has it; '' where a system tells none."""

    pid: int
    start: str
    boot_id: str

    @classmethod
    def mine(cls) -> "Identity":
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """Of a process that runs."""
        return cls(pid, _start_of(pid) or "", _boot_id())

    @classmethod
    def read(cls, record: Dict[str, Any]) -> "Identity":
        return cls(int(record.get("pid") or 0), str(record.get("start") or ""), str(record.get("boot_id") or ""))

    def alive(self) -> bool:
        """True while this very process runs; a later process that was given the same pid does not count."""
        if self.pid <= 0 or (self.boot_id and self.boot_id != _boot_id()):
            return False
        start = _start_of(self.pid)
        return start is not None and (not self.start or start == self.start)


def _boot_id() -> str:
    try:
        with open(_BOOT_ID) as source:
            return source.read().strip()
    except OSError:
        return ""


def _start_of(pid: int) -> Optional[str]:
    """Start time of a process, '' where it cannot be told, None when there is no such process (a zombie is none)."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as source:
            # The command's name is in parentheses and may hold anything, parentheses and spaces included.
            fields = source.read().rpartition(b")")[2].split()
    except OSError:
        return None if os.path.isdir("/proc/self") else _signalled(pid)
    return None if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")


def _signalled(pid: int) -> Optional[str]:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""
