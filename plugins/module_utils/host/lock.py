# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time on a replica, as far as this host can tell (server/claim.py asks the server itself).

The kernel's lock on the file falls with its owner, so no clock and no guess decides. What the owner wrote into the
file stays: the next run reads from it whose sessions may still be at work on the server.
"""

import fcntl
import json
import os
from typing import Any, Dict, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Busy, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import private_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity


class RunLock:
    """Held from ``with`` to its end. ``left_behind`` is the record of an owner that died, {} after a clean end.

    noted: the facts that were written down last.
    """

    def __init__(self, state_dir: str, purpose: str) -> None:
        self.path = os.path.join(state_dir, "lock")
        self.purpose = purpose
        self.left_behind: Dict[str, Any] = {}
        self.noted: Dict[str, Any] = {}
        self._handle: Optional[int] = None

    def __enter__(self) -> "RunLock":
        try:
            private_directory(os.path.dirname(self.path))
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise ReplicaError(
                "cannot take the lock: %s" % exc,
                where=self.path,
                untouched="the server",
                next_step="give a state_dir that this user may write",
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            record = _read(handle)
            os.close(handle)
            raise self._busy(record) from None
        self._handle = handle
        self.left_behind = _read(handle)
        if self.left_behind and Identity.read(self.left_behind).alive():
            self._release()
            raise self._busy(self.left_behind)
        # Until the dead owner's sessions are known to be gone, their ids must outlive us too.
        self.note(
            **{name: self.left_behind[name] for name in ("session", "started", "helpers") if name in self.left_behind}
        )
        return self

    def __exit__(self, *_exc: Any) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            self._release()

    def note(self, **facts: Any) -> None:
        """Write down who holds the lock, and facts (the id of its session, say) that outlive it."""
        if self._handle is None:
            raise RuntimeError("the lock is not held")
        record = dict(Identity.mine()._asdict(), purpose=self.purpose, **facts)
        # One write, and only then the rest is cut off: a record is a line, so that no instant is without a whole one.
        line = json.dumps(record, sort_keys=True).encode("utf-8") + b"\n"
        os.pwrite(self._handle, line, 0)
        os.ftruncate(self._handle, len(line))
        os.fsync(self._handle)
        self.noted = facts

    def _release(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _busy(self, record: Dict[str, Any]) -> Busy:
        return Busy(
            "another run is at work on this replica: %s, process %s"
            % (record.get("purpose", "?"), record.get("pid", "?")),
            where=self.path,
            untouched="everything",
            next_step="wait until it has ended, or end that process, then run the same command again",
        )


class Owner(NamedTuple):
    """alive: it holds the lock. left_behind: the record of one that died, None where there is none."""

    alive: bool = False
    purpose: str = ""
    pid: int = 0
    left_behind: Optional[Dict[str, Any]] = None


def owner(state_dir: str) -> Owner:
    """Who holds the lock, as far as this user may see. Takes nothing, makes nothing."""
    try:
        handle = os.open(os.path.join(state_dir, "lock"), os.O_RDONLY)
    except OSError:
        return Owner()
    try:
        record = _read(handle)
    finally:
        os.close(handle)
    identity = Identity.read(record)
    if not identity.alive():
        return Owner(left_behind=record or None)
    return Owner(True, str(record.get("purpose", "?")), identity.pid)


def _read(handle: int) -> Dict[str, Any]:
    """The record in the file; {} for an empty one or one that its owner did not finish writing."""
    try:
        record = json.loads(os.pread(handle, 65536, 0).partition(b"\n")[0].decode("utf-8"))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
