# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A crash report, from its first line (``mysqld got signal 6``) to its last, line by line. Pure."""

from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.line import Signal, parse
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.quote import quote

# A stack of a debug build with its query is shorter than that.
_LONGEST = 500
_LAST_LINE = b"information that should help you find out what is causing the crash"

# What a frame of the stack says about the moment, the most telling first.
_CIRCUMSTANCES = (
    (b"row_mysql_drop_temp_tables", "while it dropped left-over temporary tables at its start"),
    (b"handle_slave_sql", "in the applier"),
    (b"handle_slave_worker", "in a worker of the applier"),
    (b"handle_slave_io", "in the receiver"),
    (b"recv_recovery", "during crash recovery"),
    (b"trx_rollback", "while it rolled transactions back"),
    (b"fts_", "in a full-text index"),
)


class CrashReport:
    """Takes the lines after the first; done says when a line belongs to the report no more."""

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self.done = False
        self._lines = 0
        self._frames: List[bytes] = []
        self._query: Optional[bytes] = None

    @property
    def program(self) -> str:
        """``xtrabackup`` for all programs of that family, which have an InnoDB of their own, else ``mysqld``."""
        backup = any(name in self.signal.program for name in ("backup", "xtrabackup"))
        return "xtrabackup" if backup else "mysqld"

    def take(self, line: bytes) -> bool:
        """Whether the line belongs to the report."""
        self._lines += 1
        if self._lines > _LONGEST or parse(line).time is not None:
            self.done = True
            return False
        if _LAST_LINE in line:
            self.done = True
        if line.startswith(b"Query ("):
            self._query = line
        self._frames += [frame for frame, _words in _CIRCUMSTANCES if frame in line and frame not in self._frames]
        return True

    def describe(self) -> str:
        """``signal 6 in mysqld, in the applier, query: ...``"""
        told = ["signal %d in %s" % (self.signal.number, quote(self.signal.program.encode("utf-8", "replace")))]
        told += [words for frame, words in _CIRCUMSTANCES if frame in self._frames][:1]
        if self._query:
            told.append("query: %s" % quote(self._query.split(b":", 1)[-1]))
        return ", ".join(told)
