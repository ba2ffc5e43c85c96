# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repair of relay logs has set aside comes back; a kill at any instant leaves it to the next run to finish."""

import os
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog import holds_transactions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_files import (
    copy_attributes,
    is_back,
    read_text,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import Place
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_repair import CHANGE, JOURNAL, forget
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_trial import Trial
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import index
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.restore import Kept

_BEGUN = "restoring"  # the entry of the journal that names the quarantine


class Restore:
    """The steps that restore.plan_restore() names, one method for each."""

    def __init__(self, state_dir: str, backup_dir: Optional[str]) -> None:
        self.backup_dir = backup_dir
        self.quarantine: Optional[Quarantine] = None
        self.trial = Trial(state_dir)
        self._journal = Journal(os.path.join(state_dir, JOURNAL))
        self._replaced: Optional[Quarantine] = None

    def begun(self, index_path: str) -> Optional[str]:
        """The quarantine that an earlier run was killed over while it put it back."""
        directory: Optional[str] = (self._journal.read().get(index_path) or {}).get(_BEGUN)
        return directory

    def kept(self, directory: str, place: Place, applier: Optional[Tuple[str, int]]) -> Kept:
        """What a quarantine of a repair holds, compared with what is there. Raises BadInput for any other."""
        change = self._change(directory)
        quarantine = self._aside()
        index_path, text = change["index_path"], read_text(change["index_path"])
        entries = [entry for entry in quarantine.entries if os.path.exists(os.path.join(directory, entry["name"]))]
        differing = [entry["original"] for entry in entries if not is_back(directory, entry)]
        made = [change["new"]] + ([index_path] if change["index_was"] is None else [])
        differing += [path for path in made if path and os.path.lexists(path)]
        originals = [entry["original"] for entry in quarantine.entries]
        as_it_was = [path for path in originals if path not in differing]
        old, left = _names(change["index_was"]), _names(change["index_text"])
        # A repair that was killed may not have come to the index
        on_its_way = text == change["index_was"] != change["index_text"]
        since = [] if on_its_way else [name for name in _names(text) if name not in left]
        index.guard(since, index_path, place.base)
        paths = [place.path_of(name) for name in since]
        lacking = [place.path_of(name) for name in old if name in left]
        sizes = {} if on_its_way else change["left"]
        return Kept(
            directory=directory,
            index_path=index_path,
            index_now=text,
            index_text=change["index_text"],
            differing=differing,
            there=[path for path in differing if os.path.lexists(path)],
            newer=[path for path in paths if path not in originals and os.path.lexists(path)],
            fetched=[path for path in paths if holds_transactions(place, path)],
            gone=[path for path in sorted(sizes) if path not in as_it_was and _size(path) != sizes[path]],
            lacking=[path for path in lacking if path not in originals and not os.path.lexists(path)],
            unplaced=applier is None and any(name in old for name in since),
            astray=_astray(applier, old, left, since),
            begun=self.begun(index_path) == directory,
            on_trial=directory in self.trial.of(index_path),
        )

    def _change(self, directory: str) -> Dict[str, Any]:
        _guard(directory)
        self.quarantine = Quarantine(directory)
        change: Optional[Dict[str, Any]] = self.quarantine.record.get(CHANGE)
        if not change:
            raise BadInput(
                "this is no quarantine of relay logs",
                where=directory,
                untouched="everything",
                next_step="give the directory that the repair returned as quarantine",
            )
        return change

    def begin_restore(self, index_path: str) -> None:
        """From here on the logs are neither the old ones nor the new ones."""
        record = {_BEGUN: self._aside().directory}
        self._journal.write(dict(self._journal.read(), **{index_path: record}))

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
                copy_attributes(aside, entry["original"])
        change = quarantine.record[CHANGE]
        for path in [*(cut[0] + ".cut" for cut in change["cuts"]), index_path + ".new"]:
            if os.path.lexists(path):
                os.unlink(path)  # of a repair that failed
        forget(self._journal, index_path)

    def end_trial(self, index_path: str, quarantine: Optional[str] = None) -> None:
        self.trial.end(index_path, quarantine)

    def _aside(self) -> Quarantine:
        if self.quarantine is None:
            raise RuntimeError("nothing was set aside")
        return self.quarantine


def _names(text: Optional[str]) -> List[str]:
    return index.parse((text or "").encode("utf-8", "surrogateescape")).names


def _size(path: str) -> Optional[int]:
    return os.path.getsize(path) if os.path.exists(path) else None


def _astray(applier: Optional[Tuple[str, int]], old: List[str], left: List[str], since: List[str]) -> Optional[str]:
    """The applier's log, where it is one that came after the repair, whatever log the old index has of that name."""
    if applier is None:
        return None
    log = index.base_name(applier[0])
    known = {index.base_name(name) for name in [*old, *left]}
    made = {index.base_name(name) for name in since}
    return log if made and (log in made or log not in known) else None


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
