# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses a data directory: a server that was said to be stopped may not be, or may have been started again."""

import os
import re
import socket
import time
from typing import Iterator, List, Optional

_PAUSE = 0.2  # seconds


def users(directory: str, pid_file: Optional[str], socket_file: Optional[str]) -> List[str]:
    """A sentence for each process and for each sign of one."""
    return list(_open_files(directory)) + list(_pid_file(pid_file)) + list(_socket(socket_file))


def wait_unused(directory: str, seconds: float) -> None:
    """Return when no process has a file there open, or the time is over.

    A mysqld that a killed run had at work ends by itself.
    """
    end = time.time() + seconds
    while any(True for _user in _open_files(directory)) and time.time() < end:
        time.sleep(_PAUSE)


def mounts(directory: str) -> List[str]:
    """Mount points at the directory or below it."""
    try:
        with open("/proc/self/mountinfo", errors="surrogateescape") as source:
            points = [_unescaped(line.split()[4]) for line in source]
    except OSError:
        points = [directory] if os.path.ismount(directory) else []
    return sorted({point for point in points if point == directory or point.startswith(directory + "/")})


def _unescaped(text: str) -> str:
    """A blank in a path is written \\040 there."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), text)


def _open_files(directory: str) -> Iterator[str]:
    """Files are known by their inodes: a process in a container calls them by other names."""
    inodes = set()
    for where, _directories, names in os.walk(directory):
        for name in names:
            try:
                status = os.lstat(os.path.join(where, name))
            except OSError:
                continue  # it went away meanwhile
            inodes.add((status.st_dev, status.st_ino))
    for pid in [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]:
        try:
            handles = os.listdir("/proc/%s/fd" % pid)
        except OSError:
            continue  # it has ended, or is somebody else's
        for handle in handles:
            path = "/proc/%s/fd/%s" % (pid, handle)
            try:
                status = os.stat(path)
                if (status.st_dev, status.st_ino) in inodes:
                    yield "process %s (%s) has %s open" % (pid, _name(pid), os.readlink(path))
                    break
            except OSError:
                continue


def _name(pid: str) -> str:
    try:
        with open("/proc/%s/comm" % pid, errors="replace") as source:
            return source.read().strip()
    except OSError:
        return "?"


def _pid_file(path: Optional[str]) -> Iterator[str]:
    """The process that a server's pid file names, if it is one of a server: a number may have been given anew."""
    try:
        with open(path or os.devnull) as source:
            pid = int(source.read().strip() or 0)
        with open("/proc/%d/cmdline" % pid, "rb") as source:
            if b"mysqld" in source.read():
                yield "process %d (%s) runs, and %s names it" % (pid, _name(str(pid)), path)
    except (OSError, ValueError):
        return


def _socket(path: Optional[str]) -> Iterator[str]:
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(5)
        try:
            probe.connect(path)
        except OSError:
            return
    yield "a server answers at %s" % path
