# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New files of a server that take over a name, with the owner, mode and extended attributes of the old ones."""

import errno
import os
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import sync_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import sha256_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import FIRST_EVENT, MAGIC

_CHUNK = 1 << 20


def head(path: str, size: int) -> Any:
    """The first bytes of a log, in pieces; four are the mark of one that is empty, whatever there is now."""
    if size == FIRST_EVENT:
        yield MAGIC
        return
    with open(path, "rb") as source:
        while size:
            chunk = source.read(min(_CHUNK, size))
            if not chunk:
                raise OSError(errno.EIO, "it is shorter than it was")
            size -= len(chunk)
            yield chunk


def new_file(path: str, model: str, chunks: Any) -> None:
    """A file with the owner, mode and extended attributes of another, on disk; nothing is left of one that fails."""
    try:
        if os.path.lexists(path):
            os.unlink(path)  # of a run that was killed
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as sink:
                for chunk in chunks:
                    sink.write(chunk)
                status = os.stat(model)
                copy_attributes(model, path)
                os.fchown(handle, status.st_uid, status.st_gid)
                os.fchmod(handle, status.st_mode & 0o7777)
                sink.flush()
                os.fsync(handle)
        except BaseException:
            os.unlink(path)
            raise
    except OSError as exc:
        raise _trouble("cannot write it: %s" % exc.strerror, path) from None


def take_over(new: str, path: str) -> None:
    try:
        os.rename(new, path)
        sync_directory(os.path.dirname(path))
    except OSError as exc:
        raise _trouble("cannot put it in its place: %s" % exc.strerror, path) from None


def copy_attributes(model: str, path: str) -> None:
    """Extended attributes, a label of SELinux among them; a file system without any has none to lose."""
    try:
        names = os.listxattr(model)
        for name in names:
            value = os.getxattr(model, name)
            if name not in os.listxattr(path) or os.getxattr(path, name) != value:
                os.setxattr(path, name, value)
    except OSError as exc:
        if exc.errno not in (errno.ENOTSUP, errno.ENODATA):
            raise


def read_text(path: str) -> Optional[str]:
    try:
        with open(path, "rb") as source:
            return source.read().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def any_log(index_path: str, text: str) -> str:
    """A log that the new index lists, for its owner and mode."""
    names = [os.path.join(os.path.dirname(index_path), line) for line in text.splitlines()]
    found: List[str] = [name for name in names if os.path.isfile(name)]
    return found[0] if found else os.path.dirname(index_path)


def _trouble(what: str, where: str) -> ReplicaError:
    return ReplicaError(
        what,
        where=where,
        untouched="what is not done yet; what is done already can be put back with state=restored",
        next_step="look at the path, its owner and the space on its file system, then run the same command again",
    )


def is_back(directory: str, entry: Dict[str, Any]) -> bool:
    """Whether an original is the file that an entry of a quarantine keeps, or equals it."""
    aside, original = os.path.join(directory, entry["name"]), entry["original"]
    if not os.path.exists(original):
        return False
    return os.path.samefile(aside, original) or (
        os.path.getsize(aside) == os.path.getsize(original) and sha256_of(aside) == sha256_of(original)
    )
