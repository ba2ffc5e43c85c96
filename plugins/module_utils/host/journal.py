# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run must know after it was killed: one small JSON file, replaced whole, on disk before we go on."""

import errno
import json
import os
from typing import Any, Dict

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError


class Journal:
    """A record that is either the old one or the new one, whatever instant the machine stops at. Mode 0600."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> Dict[str, Any]:
        """The record, {} when there is none. Raises ReplicaError when the file is not one of ours."""
        try:
            with open(self.path, encoding="utf-8") as source:
                record = json.load(source)
        except OSError as exc:
            if exc.errno == errno.ENOENT:
                return {}
            raise _trouble("cannot read the journal", self.path, exc) from None
        except ValueError as exc:
            raise _trouble("the journal is not readable JSON", self.path, exc) from None
        if not isinstance(record, dict):
            raise _trouble("the journal holds no record", self.path, type(record).__name__)
        return record

    def write(self, record: Dict[str, Any]) -> None:
        """Replace the record; returns when it is on disk."""
        directory = os.path.dirname(self.path)
        try:
            private_directory(directory)
            # One name, so that runs that are killed leave one file at the most; runs do not overlap (lock.py).
            temporary = self.path + ".new"
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as sink:
                    json.dump(record, sink, indent=1, sort_keys=True)
                    sink.flush()
                    os.fsync(sink.fileno())
                os.rename(temporary, self.path)
            except BaseException:
                os.unlink(temporary)
                raise
            sync_directory(directory)
        except OSError as exc:
            raise _trouble("cannot write the journal", self.path, exc) from None

    def remove(self) -> None:
        """Forget the record; none is fine."""
        try:
            os.unlink(self.path)
            sync_directory(os.path.dirname(self.path))
        except OSError as exc:
            if exc.errno != errno.ENOENT:
                raise _trouble("cannot remove the journal", self.path, exc) from None


def private_directory(path: str) -> None:
    """Make a directory (and its parents) that only its owner may enter; one that exists is left as it is."""
    if not os.path.isdir(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            return  # another run made it in between


def sync_directory(path: str) -> None:
    """A rename is only on disk when the directory that holds the name is."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _trouble(what: str, path: str, cause: object) -> ReplicaError:
    return ReplicaError(
        "%s: %s" % (what, cause),
        where=path,
        untouched="the server",
        next_step="look at the file and its directory, then run the same command again",
    )
