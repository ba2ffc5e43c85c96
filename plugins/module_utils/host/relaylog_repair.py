# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay logs are cut, taken out of the index and set aside, so that a kill at any instant does no harm.

No file is ever written in place: the index and a log that loses its end are new files that take over a name, with the
owner, mode and extended attributes of the old ones, which stay whole in the quarantine. The journal has the change
from before its first step to behind its last; each step may be done again.
"""

import os
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal, sync_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_files import (
    any_log,
    head,
    is_back,
    new_file,
    read_text,
    take_over,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_trial import Trial
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import MAGIC
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.repair import Change

JOURNAL = "relaylog_repair.json"
CHANGE = "relaylog_change"  # the entry of a quarantine's manifest that says what was done


class Repair:
    """The steps that repair.plan() names, one method for each. on_trial: what is set aside is put on trial."""

    def __init__(self, state_dir: str, backup_dir: Optional[str], on_trial: bool) -> None:
        self.backup_dir = backup_dir
        self.quarantine: Optional[Quarantine] = None
        self._journal = Journal(os.path.join(state_dir, JOURNAL))
        self._trial = Trial(state_dir) if on_trial else None

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
            self.quarantine.note(CHANGE, change)
            self._journal.write(dict(journal, **{index_path: dict(change, quarantine=self.quarantine.directory)}))
        if self._trial is not None:
            self._trial.begin(index_path, self.quarantine.directory)
        for path in [*(cut[0] for cut in change["cuts"]), index_path, change["crash_safe"]]:
            if path and os.path.lexists(path) and not self._is_aside(path):
                self.quarantine.keep(path, "link")

    def prepare(self, path: str, size: int) -> None:
        """The beginning of a log, as a new file beside it."""
        if self._is_cut(path, size):
            return
        new_file(path + ".cut", path, head(path, size))

    def make_log(self, path: str, index_path: str, text: str) -> None:
        """An empty log where there is none."""
        if not os.path.lexists(path):
            new_file(path + ".cut", any_log(index_path, text), iter([MAGIC]))
            take_over(path + ".cut", path)

    def write_index(self, path: str, text: str, crash_safe: Optional[str]) -> None:
        if read_text(path) != text:
            model = path if os.path.lexists(path) else crash_safe or any_log(path, text)
            new_file(path + ".new", model, iter([text.encode("utf-8", "surrogateescape")]))
            take_over(path + ".new", path)
        if crash_safe is not None and os.path.lexists(crash_safe):
            os.unlink(crash_safe)
            sync_directory(os.path.dirname(crash_safe))

    def cut(self, path: str, size: int) -> None:
        if not self._is_cut(path, size):
            take_over(path + ".cut", path)

    def take_out(self, path: str) -> None:
        if os.path.lexists(path):
            self._aside().keep(path, "move")

    def seal(self, index_path: str) -> None:
        self._aside().seal()
        forget(self._journal, index_path)

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
        same = any(is_back(aside.directory, entry) for entry in kept)
        return bool(kept) and not same and os.path.getsize(path) == size

    def _aside(self) -> Quarantine:
        if self.quarantine is None:
            raise RuntimeError("nothing was set aside")
        return self.quarantine


def forget(journal: Journal, index_path: str) -> None:
    left = {path: change for path, change in journal.read().items() if path != index_path}
    if left:
        journal.write(left)
    else:
        journal.remove()
