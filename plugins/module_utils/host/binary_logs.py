# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binary logs of an instance that is down: where they are, how far they bring a dump, and a copy of them.

Nothing is written where they are. Those that are needed get a second name in a directory of ours (a copy where that
cannot be), the last one is copied up to its last whole transaction: what becomes of the old data directory, or of the
logs when a new instance begins to write, is all the same then.
"""

import contextlib
import os
import shutil
import socket
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir import read_text
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import (
    Journal,
    private_directory,
    sync_directory,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog import scan_file
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import Place
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import index
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.contents import Carry, Contents
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import HEADER_SIZE
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import Scan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.walk import PIECE, Walk
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import binary_logs, layout

DIRECTORY = "binary-logs"  # in the directory of the salvage
RECORD = "binary-logs.json"
_PART = ".part"


class Logs(NamedTuple):
    """place: where a log may be. names: as listed, oldest first."""

    place: Place
    names: List[str]

    def path(self, name: str) -> str:
        return self.place.path_of(name)


def find(datadir: str, options: ServerOptions) -> Logs:
    """By the index; where that is lost, by their names. Logs that follow the last listed one count as well."""
    stem = layout.binary_log_stem(options, socket.gethostname())
    if stem is None:
        return Logs(Place(datadir, "", None, None), [])
    directory, base = os.path.split(stem)
    index_path = os.path.join(datadir, options.given.get("log-bin-index") or stem + ".index")
    home = os.path.realpath(os.path.join(datadir, directory)) if directory else None
    place = Place(os.path.realpath(datadir), index_path, home, base)
    names = index.parse(read_text(index_path).encode("utf-8", "surrogateescape")).names
    index.guard(names, index_path, base)
    there = _numbered(place.directories[0], base)
    newest = index.number_of(names[-1]) if names else None
    return Logs(place, names + [name for name in there if newest is None or (index.number_of(name) or 0) > newest])


def _numbered(directory: str, base: str) -> List[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    found = [name for name in names if name.startswith(base + ".") and index.number_of(name) is not None]
    return sorted(found, key=lambda name: index.number_of(name) or 0)


def reach(logs: Logs, dump: binary_logs.Dump) -> binary_logs.Reach:
    """Raises binary_logs.Impossible with the reason when they do not bring the dump anywhere."""
    binary_logs.guard(dump)
    heads = [_head(logs, name) for name in logs.names] if dump.gtid_purged is not None else []
    before = [head.previous if head else None for head in heads]
    if not any(before) and any(head and head.encrypted is not None for head in heads):
        raise binary_logs.Impossible(binary_logs.SEALED)
    names = logs.names[binary_logs.first_needed(dump, logs.names, before) :]
    skipped = _before(logs.path(names[0]), dump.position) if dump.gtid_purged is None else 0
    return binary_logs.reach(dump, scan(logs._replace(names=names)), skipped)


def scan(logs: Logs) -> Scan:
    """All of them, read to their last byte."""
    found = Scan(logs.names)
    buffer = bytearray(PIECE + HEADER_SIZE)
    for name in logs.names:
        scan_file(logs.place, logs.path(name), found, buffer)
    return found


def _head(logs: Logs, name: str) -> Optional[Contents]:
    """What the events that open a log say; None when it is not there."""
    path = logs.path(name)
    seen = logs.place.status(path)
    return _walked(path, seen.st_size, until_header=True).contents if seen else None


def _before(path: str, position: Optional[Dict[str, Any]]) -> int:
    """Transactions before a position. Raises Impossible for one that is not between two transactions."""
    offset = int((position or {})["position"])
    try:
        size = os.stat(path).st_size
    except OSError as exc:
        raise binary_logs.Impossible("the log that the dump goes on in cannot be read: %s" % exc) from None
    walk = _walked(path, offset) if offset <= size else None
    if walk is None or walk.found is None or not binary_logs.is_boundary(walk):
        raise binary_logs.Impossible(
            "the dump goes on at %s:%d, and no transaction begins there: it is of another server"
            % (os.path.basename(path), offset)
        )
    return walk.found.transactions


def _walked(path: str, size: int, until_header: bool = False) -> Walk:
    """A walk through the first ``size`` bytes; or until it is known what the log declares."""
    walk = Walk(size, Carry())
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as source:
        kept = b""
        while not walk.done:
            block = source.read(min(PIECE, size - walk.offset - len(kept)))
            data = bytearray(kept + block)
            length = len(data)
            taken = walk.feed(data + bytes(HEADER_SIZE), length)
            kept = bytes(data[taken:])
            if not block or (until_header and (walk.contents.previous is not None or walk.contents.transactions)):
                break
        walk.end(kept)
    return walk


class Kept:
    """The copy below ``path``, and what is known of it."""

    def __init__(self, path: str) -> None:
        self.directory = os.path.join(path, DIRECTORY)
        self.record = Journal(os.path.join(path, RECORD))

    def files(self, names: List[str]) -> List[str]:
        return [os.path.join(self.directory, name) for name in names]

    def keep(self, logs: Logs, found: binary_logs.Reach) -> None:
        """Take the logs; returns when they are on disk. A run that was killed is gone on with."""
        private_directory(os.path.dirname(self.directory))
        private_directory(self.directory)
        paths = {index.base_name(name): logs.path(name) for name in logs.names}
        for name in found.names[:-1]:
            self._link(paths[name], os.path.join(self.directory, name))
        last = found.names[-1]
        _copy(paths[last], os.path.join(self.directory, last), found.end)
        sync_directory(self.directory)

    def _link(self, path: str, target: str) -> None:
        if os.path.lexists(target):
            if os.path.samefile(path, target):
                return
            os.unlink(target)  # of an earlier look: the end of what was the last log then, or another file system's
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError:
            _copy(path, target, os.lstat(path).st_size)  # another file system, or one that has no links

    def whole(self, names: List[str]) -> bool:
        return all(os.path.isfile(path) for path in self.files(names))


def free_bytes(path: str) -> int:
    space = os.statvfs(_there(path))
    return space.f_bavail * space.f_frsize


def _there(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def needed_bytes(logs: Logs, found: binary_logs.Reach, path: str) -> int:
    """Room that the copy takes: nothing for second names, and all of it on another file system."""
    here = os.stat(_there(path)).st_dev
    paths = {index.base_name(name): logs.path(name) for name in logs.names}
    sizes = [os.lstat(paths[name]) for name in found.names[:-1]]
    return found.end + sum(size.st_size for size in sizes if size.st_dev != here)


def _copy(path: str, target: str, size: int) -> None:
    part = target + _PART
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part)
    try:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        sink = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(source, "rb") as reader, os.fdopen(sink, "wb") as writer:
            shutil.copyfileobj(reader, writer, PIECE)
            writer.truncate(size)
            writer.flush()
            os.fsync(writer.fileno())
        os.rename(part, target)
    except OSError as exc:
        raise ReplicaError(
            "cannot copy a binary log: %s" % exc,
            where=path,
            untouched="the binary logs",
            next_step="look at the path, and at the space beside %s, then run the same command again" % target,
        ) from None
