# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options for one start of a server, in a file that it reads after its own, and that is gone again afterwards.

The journal names the file from before it is there until after it is gone, so that whoever runs next takes it away: a
server that kept it would never replicate again by itself. A file that is not ours is neither written over nor removed.
"""

import os
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal, sync_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import start_options
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan

JOURNAL = "start-options.json"


class StartOptions:
    """params: those of mysql_start_options."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self.path: Optional[str] = params["path"]
        self.wanted = start_options.text_of(params["options"]) if params["state"] == "present" else None
        self._journal = Journal(os.path.join(params["state_dir"], JOURNAL))

    def observe(self) -> start_options.Observed:
        left = self._journal.read().get("path")
        other = left if left and left != self.path and _read(left) is not None else None
        return start_options.Observed(self.path, _read(self.path) if self.path else None, other, left is not None)

    def plan(self, seen: start_options.Observed) -> Plan:
        return start_options.plan(seen, self.wanted)

    def write(self) -> None:
        """The server reads it as its own user, and distrusts a file that others may write."""
        path = str(self.path)
        self._journal.write({"path": path})
        temporary = path + ".new"
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            with os.fdopen(handle, "w") as sink:
                os.fchmod(handle, 0o644)
                sink.write(str(self.wanted))
                sink.flush()
                os.fsync(handle)
            os.rename(temporary, path)
            sync_directory(os.path.dirname(path))
        except OSError as exc:
            raise ReplicaError(
                "cannot write the options of a start: %s" % exc.strerror,
                where=path,
                untouched="the server",
                next_step="name a file in a directory that is there as mysql_replica_option_dropin",
            ) from None

    def remove(self, path: str) -> None:
        self.remove_half(path)
        if os.path.lexists(path):
            os.unlink(path)
            sync_directory(os.path.dirname(path))

    @staticmethod
    def remove_half(path: Optional[str]) -> None:
        """What a run that was killed had not yet given its name."""
        if path is not None and os.path.lexists(path + ".new"):
            os.unlink(path + ".new")

    def forget(self) -> None:
        self.remove_half(self._journal.read().get("path"))
        self._journal.remove()


def _read(path: str) -> Optional[str]:
    try:
        with open(path, errors="replace") as source:
            return source.read()
    except OSError:
        return None
