# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of a data directory, or of some of its files, that shares blocks with it where the file system can.

A file has its name in the copy only when it is whole and on disk; a run that was killed is gone on with.
"""

import errno
import fcntl
import os
import shutil
import stat
from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import sync_directory

_FICLONE = 0x40049409  # linux/fs.h
_PART = ".dbre-copying"


def files(directory: str) -> List[str]:
    """Regular files, relative to the directory."""
    found = []
    for where, _directories, names in os.walk(directory):
        for name in names:
            path = os.path.join(where, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                found.append(os.path.relpath(path, directory))
    return sorted(found)


def leads_outside(directory: str) -> Optional[str]:
    """A link, or a file that names a tablespace elsewhere (.isl, up to 5.7): a copy would lead to the same place."""
    for where, directories, names in os.walk(directory):
        for name in directories + names:
            path = os.path.join(where, name)
            if os.path.islink(path) or name.endswith(".isl"):
                return path
    return None


def size(directory: str, names: List[str]) -> int:
    """Bytes on disk, which is what a copy needs."""
    return sum(os.lstat(os.path.join(directory, name)).st_blocks * 512 for name in names)


def shares_blocks(directory: str, parent: str, name: str) -> bool:
    """Whether a file of the directory can be cloned into another one. Leaves no trace: the clone has no name."""
    try:
        with open(os.path.join(directory, name), "rb") as source:
            handle = os.open(parent, os.O_TMPFILE | os.O_WRONLY, 0o600)
            try:
                fcntl.ioctl(handle, _FICLONE, source.fileno())
            finally:
                os.close(handle)
    except OSError:
        return False
    return True


def copy(source: str, target: str, names: List[str]) -> None:
    """Make or complete the copy: owners, modes and times are those of the source's, the directory itself is 0700."""
    if not os.path.isdir(target):
        os.mkdir(target, 0o700)
        _own_like(source, target)
    for where, directories, _names in os.walk(source):
        for name in directories:
            there = os.path.join(target, os.path.relpath(os.path.join(where, name), source))
            if not os.path.isdir(there):
                os.mkdir(there, 0o700)
                _own_like(os.path.join(where, name), there)
    for name in names:
        _copy_file(os.path.join(source, name), os.path.join(target, name))
    sync_directory(target)


def _copy_file(source: str, target: str) -> None:
    seen = os.lstat(source)
    with_same = os.path.exists(target) and os.lstat(target)
    if with_same and (with_same.st_size, with_same.st_mtime_ns) == (seen.st_size, seen.st_mtime_ns):
        return
    part = target + _PART
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as sink, open(source, "rb") as reader:
        try:
            fcntl.ioctl(sink.fileno(), _FICLONE, reader.fileno())
        except OSError as exc:
            if exc.errno == errno.ENOSPC:
                raise
            shutil.copyfileobj(reader, sink, 1 << 20)
        sink.flush()
        os.fsync(sink.fileno())
    _own_like(source, part)
    os.chmod(part, stat.S_IMODE(seen.st_mode))
    os.utime(part, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
    os.rename(part, target)


def _own_like(source: str, target: str) -> None:
    seen = os.lstat(source)
    if os.geteuid() == 0:
        os.chown(target, seen.st_uid, seen.st_gid)
