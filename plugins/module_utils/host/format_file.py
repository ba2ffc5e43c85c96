# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table's .frm, which servers before 8.0 need to know its columns, put beside its data file."""

import contextlib
import os
import shutil
from typing import BinaryIO

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import sync_directory


def place_format_file(made: str, target: str) -> None:
    """Copy the file, with its owner and mode, to a place where none is; it has its name only when it is whole."""
    part = target + ".dbre-part"  # no table's name: the server does not look at it
    try:
        if os.path.lexists(target):
            raise _trouble("another file has come to the place of the format file", target)
        with open(made, "rb") as source:
            status = os.fstat(source.fileno())
            _write(source, part, status)
        os.rename(part, target)
        sync_directory(os.path.dirname(target))
    except OSError as exc:
        raise _trouble("cannot copy the format file: %s" % exc, target) from None


def _write(source: BinaryIO, part: str, status: os.stat_result) -> None:
    """The directory is the server's own: whatever has the name there, a link say, is not written through."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part)  # a run that was killed has left it
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as sink:
        shutil.copyfileobj(source, sink)
        os.fchown(sink.fileno(), status.st_uid, status.st_gid)
        os.fchmod(sink.fileno(), status.st_mode & 0o7777)
        sink.flush()
        os.fsync(sink.fileno())


def _trouble(what: str, where: str) -> ReplicaError:
    return ReplicaError(
        what,
        where=where,
        untouched="the data file of the table",
        next_step="look at the path and its owner, then run the same command again",
    )
