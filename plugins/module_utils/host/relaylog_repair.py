# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay logs are cut, taken out of the index and set aside, so that a kill at any instant does no harm.

No file is ever written in place: the index and a log that loses its end are new files that take over a name, with the
owner, mode and extended attributes of the old ones, which stay whole in the quarantine. The journal has the change
from before its first step to behind its last; each step may be done again.
"""

import errno
import os
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal, sync_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine, sha256_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import Place
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import index
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import FIRST_EVENT, MAGIC
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.repair import Change, Kept

JOURNAL = "relaylog_repair.json"
_CHUNK = 1 << 20
_CHANGE = "relaylog_change"  # the entry of a quarantine's manifest that says what was done


class Repair:
    """The steps that repair.plan() and repair.plan_restore() name, one method for each."""

    def __init__(self, state_dir: str, backup_dir: Optional[str]) -> None:
        self.backup_dir = backup_dir
        self.quarantine: Optional[Quarantine] = None
        self._journal = Journal(os.path.join(state_dir, JOURNAL))
        self._replaced: Optional[Quarantine] = None

    # -- what an earlier run has left ----------------------------------------------------------------------------------

    def unfinished(self, index_path: str, listed: Optional[str]) -> Dict[str, Any]:
        """The change that an earlier run has begun; {} when there is none, or a server has gone on since."""
        record: Dict[str, Any] = self._journal.read().get(index_path) or {}
        if listed in (record.get("index_was"), record.get("index_text")):
            return record
        return {}

    # -- cutting -------------------------------------------------------------------------------------------------------

    def set_aside(self, change: Dict[str, Any]) -> None:
        """Second names for the index and for what will be cut, and a journal that knows the whole change."""
        journal = self._journal.read()
        index_path = change["index_path"]
        known = journal.get(index_path) or {}
        if {name: known.get(name) for name in Change._fields} == change and os.path.isdir(known["quarantine"]):
            self.quarantine = Quarantine(known["quarantine"])
            self._drop_plans()
        else:
            self.quarantine = Quarantine.create(str(self.backup_dir), "relay-logs", "repair of %s" % index_path)
            self._journal.write(dict(journal, **{index_path: dict(change, quarantine=self.quarantine.directory)}))
        self.quarantine.record[_CHANGE] = change
        for path in [*(cut[0] for cut in change["cuts"]), index_path, change["crash_safe"]]:
            if path and os.path.lexists(path) and not self._is_aside(path):
                self.quarantine.keep(path, "link")

    def prepare(self, path: str, size: int) -> None:
        """The beginning of a log, as a new file beside it."""
        if self._is_cut(path, size):
            return
        _new_file(path + ".cut", path, _head(path, size))

    def make_log(self, path: str, index_path: str, text: str) -> None:
        """An empty log where there is none."""
        if not os.path.lexists(path):
            _new_file(path + ".cut", _any_log(index_path, text), iter([MAGIC]))
            _take_over(path + ".cut", path)

    def write_index(self, path: str, text: str, crash_safe: Optional[str]) -> None:
        if _read(path) != text:
            model = path if os.path.lexists(path) else crash_safe or _any_log(path, text)
            _new_file(path + ".new", model, iter([text.encode("utf-8", "surrogateescape")]))
            _take_over(path + ".new", path)
        if crash_safe is not None and os.path.lexists(crash_safe):
            os.unlink(crash_safe)
            sync_directory(os.path.dirname(crash_safe))

    def cut(self, path: str, size: int) -> None:
        if not self._is_cut(path, size):
            _take_over(path + ".cut", path)

    def take_out(self, path: str) -> None:
        if os.path.lexists(path):
            self._aside().keep(path, "move")

    def seal(self, index_path: str) -> None:
        self._aside().seal()
        self._forget(index_path)

    def _drop_plans(self) -> None:
        """What a killed run wrote down and did not come to do is written down again when it is done."""
        aside = self._aside()
        aside.entries[:] = [one for one in aside.entries if os.path.exists(os.path.join(aside.directory, one["name"]))]

    def _is_aside(self, path: str) -> bool:
        return any(entry["original"] == path and entry["state"] == "kept" for entry in self._aside().entries)

    def _is_cut(self, path: str, size: int) -> bool:
        """Whether the new file has taken over: the old one is in the quarantine, and is another one."""
        aside = self._aside()
        kept = [entry for entry in aside.entries if entry["original"] == path and entry["state"] == "kept"]
        same = any(_is_back(aside.directory, entry) for entry in kept)
        return bool(kept) and not same and os.path.getsize(path) == size

    def _aside(self) -> Quarantine:
        if self.quarantine is None:
            raise RuntimeError("nothing was set aside")
        return self.quarantine

    def _forget(self, index_path: str) -> None:
        left = {path: change for path, change in self._journal.read().items() if path != index_path}
        if left:
            self._journal.write(left)
        else:
            self._journal.remove()

    # -- putting back --------------------------------------------------------------------------------------------------

    def kept(self, directory: str, place: Place) -> Kept:
        """What a quarantine of this module holds, compared with what is there. Raises BadInput for any other."""
        _guard(directory)
        self.quarantine = Quarantine(directory)
        change = self.quarantine.record.get(_CHANGE)
        if not change:
            raise BadInput(
                "this is no quarantine of relay logs",
                where=directory,
                untouched="everything",
                next_step="give the directory that the repair returned as quarantine",
            )
        originals = {entry["original"] for entry in self.quarantine.entries}
        entries = [entry for entry in self.quarantine.entries if os.path.exists(os.path.join(directory, entry["name"]))]
        differing = [entry["original"] for entry in entries if not _is_back(directory, entry)]
        made = [change["new"]] + ([change["index_path"]] if change["index_was"] is None else [])
        differing += [path for path in made if path and os.path.lexists(path)]
        return Kept(
            directory=directory,
            index_path=change["index_path"],
            index_now=_read(change["index_path"]),
            index_text=change["index_text"],
            differing=differing,
            there=[path for path in differing if os.path.lexists(path)],
            lacking=[path for path in _old_paths(change, place) if path not in originals and not os.path.lexists(path)],
        )

    def move_away(self, path: str) -> None:
        if self._replaced is None:
            place = self.backup_dir or os.path.dirname(self._aside().directory)
            self._replaced = Quarantine.create(place, "relay-logs-replaced", "put back from a quarantine")
        if os.path.lexists(path):
            self._replaced.keep(path, "move")

    def put_back(self, index_path: str) -> None:
        quarantine = self._aside()
        quarantine.restore()
        for entry in quarantine.entries:
            aside = os.path.join(quarantine.directory, entry["name"])
            if os.path.exists(aside) and os.path.exists(entry["original"]):
                _copy_attributes(aside, entry["original"])
        self._forget(index_path)


def _old_paths(change: Dict[str, Any], place: Place) -> List[str]:
    """What the index listed before the repair, but for what was missing even then."""
    old = index.parse((change["index_was"] or "").encode("utf-8", "surrogateescape")).names
    left = set(index.parse(change["index_text"].encode("utf-8", "surrogateescape")).names)
    return [place.path_of(name) for name in old if name in left]


def _guard(directory: str) -> None:
    """What a quarantine says is done to files anywhere: nobody else may have written it."""
    try:
        status = os.stat(directory)
    except OSError as exc:
        raise BadInput("there is no such quarantine: %s" % exc.strerror, where=directory) from None
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
        raise BadInput(
            "others than its owner may have written this quarantine",
            where=directory,
            untouched="everything",
            next_step="give the directory that the repair returned as quarantine",
        )


def _is_back(directory: str, entry: Dict[str, Any]) -> bool:
    aside, original = os.path.join(directory, entry["name"]), entry["original"]
    if not os.path.exists(original):
        return False
    return os.path.samefile(aside, original) or (
        os.path.getsize(aside) == os.path.getsize(original) and sha256_of(aside) == sha256_of(original)
    )


# -- files -------------------------------------------------------------------------------------------------------------


def _head(path: str, size: int) -> Any:
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


def _new_file(path: str, model: str, chunks: Any) -> None:
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
                _copy_attributes(model, path)
                os.fchown(handle, status.st_uid, status.st_gid)
                os.fchmod(handle, status.st_mode & 0o7777)
                sink.flush()
                os.fsync(handle)
        except BaseException:
            os.unlink(path)
            raise
    except OSError as exc:
        raise _trouble("cannot write it: %s" % exc.strerror, path) from None


def _take_over(new: str, path: str) -> None:
    try:
        os.rename(new, path)
        sync_directory(os.path.dirname(path))
    except OSError as exc:
        raise _trouble("cannot put it in its place: %s" % exc.strerror, path) from None


def _copy_attributes(model: str, path: str) -> None:
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


def _read(path: str) -> Optional[str]:
    try:
        with open(path, "rb") as source:
            return source.read().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def _any_log(index_path: str, text: str) -> str:
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
