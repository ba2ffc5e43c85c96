# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a long module is: one small file, for whoever looks (plugins/plugin_utils/long_module.py does)."""

import contextlib
import json
import os
import time
from typing import Any, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import private_directory

FILE = "progress.json"
#: Seconds between two records.
EVERY = 1.0
# What the rate is told of: not the first second of a phase, nor all the hours of it.
_WINDOW = 20.0


class Progress:
    """The record: run, phase, done, total, unit, rate (a second), seconds_left, note; 0600, replaced whole.

    Nobody depends on it: where it cannot be written, the work goes on without. It goes away with its owner; what one
    that was killed leaves has another `run`.
    """

    def __init__(self, state_dir: str) -> None:
        self._path = os.path.join(state_dir, FILE)
        self._run = "%d.%f" % (os.getpid(), time.time())
        self._phase = ""
        self._told = 0.0
        self._from = (0.0, 0)

    def tell(self, phase: str, done: int = 0, total: Optional[int] = None, unit: str = "bytes", note: str = "") -> None:
        """At any time, as often as one likes: it is written once a second, and at each new phase."""
        now = time.time()
        if phase != self._phase or now - self._from[0] > 2 * _WINDOW:
            self._from = now, done
        if phase == self._phase and now - self._told < EVERY:
            return
        self._phase, self._told = phase, now
        since, at_first = self._from
        rate = (done - at_first) / (now - since) if now - since > EVERY else None
        left = (total - done) / rate if rate and total else None
        self._write(
            dict(
                run=self._run,
                phase=phase,
                done=done,
                total=total,
                unit=unit,
                rate=rate,
                seconds_left=max(left, 0.0) if left is not None else None,
                note=note,
            )
        )

    def close(self) -> None:
        """The work is over, for good or ill."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _write(self, record: Any) -> None:
        with contextlib.suppress(OSError):
            private_directory(os.path.dirname(self._path))
            new = self._path + ".new"
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as sink:
                json.dump(record, sink)
            os.rename(new, self._path)
