# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next run must know of a load: which dump, into which server, and whether it came to its end."""

import os
from typing import Iterable, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_plan import Dump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_resume import Finished

LOADING = "loading"
LOADED = "loaded"


class LoadJournal(Journal):
    """The record: phase (LOADING, LOADED), path, fingerprint, server_uuid, gtid_purged, databases, finished, excluded,
    disabled_events.

    finished: load_resume.Finished of each table that is whole and on disk. excluded: tables that are left out.
    disabled_events: [schema, name] of those that were enabled in the dump.
    """

    def __init__(self, state_dir: str) -> None:
        super().__init__(os.path.join(state_dir, "load.json"))

    def note(
        self,
        phase: str,
        dump: Dump,
        server_uuid: str,
        finished: Iterable[Finished] = (),
        excluded: Iterable[str] = (),
        disabled_events: Iterable[List[str]] = (),
    ) -> None:
        """Write down how far it is; returns when that is on disk."""
        self.write(
            dict(
                phase=phase,
                path=dump.path,
                fingerprint=dump.fingerprint,
                server_uuid=server_uuid,
                gtid_purged=dump.gtid_purged,
                databases=dump.databases,
                finished=[list(one) for one in finished],
                excluded=sorted(excluded),
                disabled_events=list(disabled_events),
            )
        )
