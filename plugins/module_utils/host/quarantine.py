# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are set aside, never deleted: a 0700 directory with a manifest that knows the way back.

An entry is written down before its file is touched, so a run that is killed in between leaves a manifest from which
restore() puts everything back. ``link`` keeps a second name for a file that a server is about to delete (no space, no
time); its size and sum are taken by seal(), when nobody writes to it any more. ``move`` takes the file away.
"""

import errno
import hashlib
import os
import shutil
import stat
import time
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import (
    Journal,
    private_directory,
    sync_directory,
)

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class Quarantine:
    """One directory of files set aside together. entries: see keep()."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._manifest = Journal(os.path.join(directory, MANIFEST))
        self.record: Dict[str, Any] = self._manifest.read()

    @classmethod
    def create(cls, backup_dir: str, label: str, reason: str) -> "Quarantine":
        """A new directory ``<backup_dir>/<label>-<UTC time>`` (``-2``, ... when that is taken)."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        try:
            private_directory(backup_dir)
        except OSError as exc:
            raise _trouble("cannot make a quarantine: %s" % exc.strerror, backup_dir) from None
        for attempt in range(1, 1000):
            directory = os.path.join(backup_dir, "%s-%s%s" % (label, stamp, "" if attempt == 1 else "-%d" % attempt))
            try:
                os.mkdir(directory, 0o700)
            except FileExistsError:
                continue
            except OSError as exc:
                raise _trouble("cannot make a quarantine: %s" % exc, directory) from None
            made = cls(directory)
            made.record = {"reason": reason, "created": stamp, "entries": []}
            made._save()
            return made
        raise _trouble("no free name for a quarantine", backup_dir)

    @property
    def entries(self) -> List[Dict[str, Any]]:
        """Each: original (path), name (in here), how, size (bytes), sha256, uid, gid, mode, mtime_ns, state.

        state: ``planned`` (written down, perhaps not done), ``kept``, ``restored``.
        """
        entries: Optional[List[Dict[str, Any]]] = self.record.get("entries")
        if entries is None:
            raise _trouble("this is no quarantine: it has no manifest", self._manifest.path)
        return entries

    def note(self, name: str, value: Any) -> None:
        """Write down what the files were set aside for."""
        self.record[name] = value
        self._save()

    def keep(self, path: str, how: str) -> Dict[str, Any]:
        """Set one file aside by ``link`` or ``move``; on another file system both become a copy.

        A file that is not there, or is no regular file, is an error: the caller decides from facts what exists.
        """
        try:
            status = os.lstat(path)
        except OSError as exc:
            raise _trouble("cannot set a file aside: %s" % exc.strerror, path) from None
        if not stat.S_ISREG(status.st_mode):
            raise _trouble("this is no regular file, and no server's log or table", path)
        name = "%04d-%s" % (len(self.entries), os.path.basename(path))
        entry = dict(
            original=os.path.abspath(path),
            name=name,
            how=how,
            size=status.st_size,
            sha256=None,
            uid=status.st_uid,
            gid=status.st_gid,
            mode=status.st_mode & 0o7777,
            mtime_ns=status.st_mtime_ns,
            state="planned",
        )
        self.entries.append(entry)
        self._save()
        target = os.path.join(self.directory, name)
        try:
            _ACTS[how](path, target)
        except OSError as exc:
            raise _trouble("cannot set a file aside: %s" % exc, path) from None
        if how == "move":
            entry["sha256"] = sha256_of(target)
        entry["state"] = "kept"
        self._save()
        return entry

    def seal(self) -> None:
        """Take the sizes and sums of linked files, when their server has let go of them."""
        for entry in self.entries:
            if entry["state"] == "kept" and entry["sha256"] is None:
                target = os.path.join(self.directory, entry["name"])
                entry["size"] = os.stat(target).st_size
                entry["sha256"] = sha256_of(target)
        self._save()

    def restore(self) -> List[str]:
        """Put every file back where it was, with its owner and mode; the copies in here stay.

        Nothing is overwritten: raises ReplicaError, before anything is put back, when another file has the place.
        Returns the paths that were put back; a file that is back already is passed over.
        """
        back = self.away()
        for entry in back:
            if os.path.lexists(entry["original"]):
                raise _trouble("another file has the place of one that is to be put back", entry["original"])
            aside = os.path.join(self.directory, entry["name"])
            if entry["sha256"] and sha256_of(aside) != entry["sha256"]:
                raise _trouble("a file in the quarantine is not what was put there", aside)
        for entry in back:
            source = os.path.join(self.directory, entry["name"])
            temporary = entry["original"] + ".restoring"
            try:
                _copy(source, temporary)
                os.chown(temporary, entry["uid"], entry["gid"])
                os.chmod(temporary, entry["mode"])
                os.utime(temporary, ns=(entry["mtime_ns"], entry["mtime_ns"]))
                os.rename(temporary, entry["original"])
                sync_directory(os.path.dirname(entry["original"]))
            except OSError as exc:
                raise _trouble("cannot put a file back: %s" % exc, entry["original"]) from None
            entry["state"] = "restored"
            self._save()
        return [entry["original"] for entry in back]

    def away(self) -> List[Dict[str, Any]]:
        """The entries whose files are not where they were."""
        return [entry for entry in self.entries if not self._is_back(entry)]

    def _is_back(self, entry: Dict[str, Any]) -> bool:
        aside = os.path.join(self.directory, entry["name"])
        original = entry["original"]
        if not os.path.exists(aside):
            return os.path.exists(original)  # planned, and never taken away
        return os.path.isfile(original) and (
            os.path.samefile(aside, original) or sha256_of(aside) == sha256_of(original)
        )

    def _save(self) -> None:
        self._manifest.write(self.record)


def sha256_of(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        for chunk in iter(lambda: source.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def _link(path: str, target: str) -> None:
    try:
        os.link(path, target)
    except OSError as exc:
        # EPERM: a file system without hard links, or links to others' files forbidden.
        if exc.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        _copy(path, target)
    sync_directory(os.path.dirname(target))


def _move(path: str, target: str) -> None:
    try:
        os.rename(path, target)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        _copy(path, target)
        if sha256_of(path) != sha256_of(target):
            raise OSError(errno.EIO, "the copy differs from the file") from None
        os.unlink(path)
    sync_directory(os.path.dirname(target))
    sync_directory(os.path.dirname(path))


def _copy(path: str, target: str) -> None:
    """Nobody else may read the copy, and it has its name only when it is whole."""
    part = target + ".part"
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    shutil.copyfile(path, part)
    with open(part, "rb") as copied:
        os.fsync(copied.fileno())
    os.rename(part, target)


_ACTS = {"link": _link, "move": _move}


def _trouble(what: str, where: str) -> ReplicaError:
    return ReplicaError(
        what,
        where=where,
        untouched="what is not named in the manifest",
        next_step="look at the path, its owner and the space on its file system, then run the same command again",
    )
