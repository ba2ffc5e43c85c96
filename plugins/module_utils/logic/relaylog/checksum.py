# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several events, one call: what the CRC-32 of intact events in a row comes to. Pure.

Events are small, and a call for each costs more than the sum itself. CRC-32 is linear: summing n more bytes from a
state x gives what they sum to by themselves, XOR the effect of n zero bytes on x. An intact event sums to INTACT by
itself, so the sum over a run of intact events follows from their sizes alone, and sizes repeat. One damaged event in
a run is noticed exactly when it is noticed by itself; several are as likely to cancel out as any damage is to keep a
CRC-32. (The first event's size does not count: from state 0 zeros change nothing.)
"""

import zlib
from typing import Any, Dict

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import INTACT

SMALL = 256  # the largest event, in bytes, that may follow another in a run
_ZEROS = bytes(SMALL)
_MOST = 20000  # runs that are remembered, some MiB; then all are forgotten


class Run(Dict[int, Any]):
    """A run of intact events: ``sum`` over all of it; run[size] is the run with one more event of that size."""

    __slots__ = ("sum",)
    remembered = 0

    def __init__(self, total: int) -> None:
        super().__init__()
        self.sum = total

    def __missing__(self, size: int) -> "Run":
        if Run.remembered >= _MOST:
            Run.remembered = 0
            NOTHING.clear()
            ONE.clear()
        Run.remembered += 1
        zeros = _ZEROS[:size]
        longer = ONE if self is NOTHING else Run(INTACT ^ zlib.crc32(zeros, self.sum) ^ zlib.crc32(zeros))
        self[size] = longer
        return longer


NOTHING = Run(0)
ONE = Run(INTACT)
