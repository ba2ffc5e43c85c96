# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quarantines of repairs that are not known to be right yet; a run that is killed leaves the note to the next."""

import os
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal

JOURNAL = "relaylog_trial.json"


class Trial:
    """index path -> directories of the quarantines, oldest first."""

    def __init__(self, state_dir: str) -> None:
        self._journal = Journal(os.path.join(state_dir, JOURNAL))

    def of(self, index_path: str) -> List[str]:
        found: List[str] = self._journal.read().get(index_path) or []
        return found

    def begin(self, index_path: str, quarantine: str) -> None:
        """To be called before the first change; a second call is none."""
        known = self.of(index_path)
        if quarantine not in known:
            self._write(index_path, [*known, quarantine])

    def end(self, index_path: str, quarantine: Optional[str] = None) -> None:
        """Of one quarantine, or of all."""
        known = self.of(index_path)
        left = [one for one in known if quarantine is not None and one != quarantine]
        if left != known:
            self._write(index_path, left)

    def _write(self, index_path: str, quarantines: List[str]) -> None:
        record: Dict[str, Any] = dict(self._journal.read(), **{index_path: quarantines})
        record = {path: kept for path, kept in record.items() if kept}
        if record:
            self._journal.write(record)
        else:
            self._journal.remove()
