# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Global settings under which a load is faster, and none under which a crash could cost more than the load. Pure.

A server that does not have a setting does not list it; so its version needs no asking. Not in the table, for a reason:
sync_binlog (nothing of a load goes into the binary log), the size of the buffer pool (memory is its operator's to
give), doublewrite and redo logging (a server that is killed without them may never start again).
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

_GIB = 1 << 30
#: Free bytes in the file system of the data from which on the redo log may take its share for the time of the load.
ROOMY = 16 * _GIB
_REDO = "innodb_redo_log_capacity"

# (variable, value during the load, why)
FAST: List[Tuple[str, str, str]] = [
    ("innodb_flush_log_at_trx_commit", "0", "rows are made durable when all are in, not with each transaction"),
    # off since 8.0
    ("local_infile", "ON", "rows are sent as data, which costs half of what statements do"),
    # since 8.0.30: before, its size was fixed at the server's start
    (_REDO, str(2 * _GIB), "pages are written when they are full rather than when the redo log is"),
]
NAMES = [name for name, _value, _reason in FAST]


class Left(NamedTuple):
    """What a run wrote down before it changed settings. started: when that server started; None of no record."""

    values: Dict[str, str]
    started: Optional[int]

    def of(self, started: int) -> bool:
        """Whether it is of the server that was started then, in seconds since 1970, give or take two."""
        return self.started is not None and abs(self.started - started) <= 2


class Change(NamedTuple):
    """Of a global variable."""

    name: str
    value: str
    reason: str


def changes(settings: Dict[str, str], free: Optional[int]) -> List[Change]:
    """Those that help. settings: global variables by name. free: None when it cannot be seen."""
    return [
        Change(name, value, reason) for name, value, reason in FAST if _helps(name, settings.get(name), value, free)
    ]


def _helps(name: str, now: Optional[str], wanted: str, free: Optional[int]) -> bool:
    if now is None or now == wanted:
        return False
    return name != _REDO or (int(now) < int(wanted) and free is not None and free >= ROOMY)


def to_restore(left: Left, now: Dict[str, str], started: int) -> Dict[str, str]:
    """What is to be set back. A server that was started since has its own settings again: they are left alone."""
    if not left.of(started):
        return {}
    return {name: value for name, value in left.values.items() if name in now and now[name] != value}


def read(record: Dict[str, Any]) -> Left:
    """Of the journal's record, {} without one."""
    return Left(dict(record.get("values") or {}), record.get("started"))
