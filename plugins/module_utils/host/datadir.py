# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data directory is set aside by a rename, a new one is put in its place, and either can be undone.

record: the journal of logic/server_initialize.py. Directories are known by their inode numbers, so that each function
does what is left to do, whatever instant an earlier run was killed at.
"""

import errno
import os
import shutil
import stat
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal, sync_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.data_files import (
    MARKS,
    server_uuid,
    user_schemas,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.initialize_state import Directory

# Files of ours in a directory that is not ready; 0700. --initialize passes over a name with a dot in front.
WORKSPACE = ".mysql_replica_initialize"

Record = Dict[str, Any]


def look(path: str) -> Optional[Directory]:
    """What is there; None for nothing, or for no directory."""
    try:
        status = os.lstat(path)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        raise
    if not stat.S_ISDIR(status.st_mode):
        return None
    names = os.listdir(path)
    return Directory(
        path=path,
        inode=status.st_ino,
        uid=status.st_uid,
        gid=status.st_gid,
        mode=stat.S_IMODE(status.st_mode),
        bytes=_size(path),
        marks=[mark for mark in MARKS if mark in names],
        server_uuid=server_uuid(read_text(os.path.join(path, "auto.cnf"))),
        schemas=user_schemas(name for name in names if os.path.isdir(os.path.join(path, name))),
    )


def read_text(path: str) -> str:
    """A small file, without following a link; empty when it cannot be read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), errors="replace") as source:
            return source.read(1 << 20)
    except OSError:
        return ""


def workspace(record: Record) -> str:
    return os.path.join(record["datadir"], WORKSPACE)


def set_aside(record: Record) -> None:
    """Rename the old directory, unless that is done, and let nobody but its owner look inside."""
    datadir, aside = record["datadir"], record["set_aside"]
    if _inode(datadir) == record["old"]:
        if os.path.lexists(aside):
            raise Refused("something has the name already", where=aside, untouched="everything", next_step="run again")
        os.rename(datadir, aside)
        _sync(datadir, aside)
    os.chmod(aside, 0o700)


def make(record: Record, journal: Journal) -> None:
    """Put an empty directory in the place of the old one, with its owner, mode and extended attributes.

    It gets its place only when the journal knows it; what is in it is ours until then.
    """
    staged, aside = record["staged"], record["set_aside"]
    os.mkdir(staged, 0o700)
    _copy_attributes(aside, staged)
    inner = os.path.join(staged, WORKSPACE)
    os.mkdir(inner, 0o700)
    for path in (inner, staged):
        os.chown(path, record["uid"], record["gid"])
    os.chmod(staged, record["mode"])
    record["new"] = _inode(staged)
    journal.write(record)
    os.rename(staged, record["datadir"])
    _sync(staged)


def clear(record: Record) -> None:
    """Take away what a run that was killed had begun to make.

    Somebody may have started a server in a directory that was in its place: that one is renamed, not deleted, but for
    the files of ours in it, which hold a password.
    """
    datadir = record["datadir"]
    if record["new"] is not None and _inode(datadir) == record["new"]:
        remove_tree(workspace(record))
        if os.listdir(datadir):
            os.rename(datadir, _free_name(record["half_made"]))
        else:
            os.rmdir(datadir)
        _sync(datadir)
    remove_tree(record["staged"])


def put_back(record: Record, journal: Journal) -> None:
    """The old directory is in its place again, as it was. The new one goes: no server ever ran in it but ours."""
    datadir, aside, staged = record["datadir"], record["set_aside"], record["staged"]
    if record["new"] is not None and _inode(datadir) == record["new"]:
        os.rename(datadir, staged)
    if _inode(aside) == record["old"] and not os.path.lexists(datadir):
        os.rename(aside, datadir)
    if _inode(datadir) == record["old"]:
        os.chmod(datadir, record["mode"])
        _sync(datadir, aside)
        remove_tree(staged)
        journal.remove()


def ready(record: Record, journal: Journal) -> None:
    """Nothing of ours is left in the new directory, and it is on disk: a server may have it."""
    remove_tree(workspace(record))
    _sync(os.path.join(record["datadir"], WORKSPACE))
    record["phase"] = "ready"
    journal.write(record)


def remove_tree(path: str) -> None:
    if os.path.lexists(path):
        shutil.rmtree(path)


def _inode(path: str) -> Optional[int]:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return None


def _sync(*paths: str) -> None:
    for parent in sorted({os.path.dirname(path) for path in paths}):
        sync_directory(parent)


def _copy_attributes(source: str, target: str) -> None:
    """SELinux's label and the access control list, as far as the file system has such."""
    try:
        for name in os.listxattr(source):
            os.setxattr(target, name, os.getxattr(source, name))
    except OSError as exc:
        if exc.errno != errno.ENOTSUP:
            raise


def _free_name(path: str) -> str:
    names = [path] + ["%s-%d" % (path, number) for number in range(2, 1000)]
    return next(name for name in names if not os.path.lexists(name))


def _size(path: str) -> int:
    files = (os.path.join(where, name) for where, _directories, names in os.walk(path) for name in names)
    return sum(os.lstat(file).st_size for file in files if os.path.lexists(file))
