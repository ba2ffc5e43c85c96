# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps account, on disk, of the tables that are finished, so that the next run need not load them again.

A table is noted when its rows are committed, its indexes are built, and the server has both on disk.
"""

import time
from collections import OrderedDict
from typing import Callable, Dict, Iterable, List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_resume import OF_SCHEMA, OF_TABLE, Finished
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.row_count import Table

DURABLE = "FLUSH LOCAL ENGINE LOGS"
#: Seconds: what a kill can cost at most beyond the tables that are being loaded.
EVERY = 5.0


class Checkpoints:
    """write: puts the finished tables down, on disk; without it, nothing is noted. finished: by an earlier run."""

    def __init__(
        self, write: Optional[Callable[[List[Finished]], None]] = None, finished: Iterable[Finished] = ()
    ) -> None:
        self._write = write
        self._earlier = {one.key: one for one in finished}
        self._schemas = {one.schema for one in self._earlier.values()}
        self._finished: Dict[Table, Finished] = OrderedDict()
        self._finished.update((one.key, one) for one in self._earlier.values())
        self._closed: Dict[Table, Tuple[int, Callable[[], Optional[int]]]] = OrderedDict()
        self._written = time.time()

    @property
    def earlier(self) -> List[Finished]:
        """The tables that an earlier run has finished."""
        return list(self._earlier.values())

    def is_done(self, kind: str, table: Table, schema: Optional[str], order: int) -> bool:
        """Whether a statement, the one of that number, was done by an earlier run."""
        if kind in OF_SCHEMA:
            return schema in self._schemas
        earlier = self._earlier.get((str(table[0]), table[1]))
        return kind in OF_TABLE and earlier is not None and order < earlier.upto

    def closed(self, table: Table, order: int, rows: Callable[[], Optional[int]]) -> None:
        """All rows of a table were sent before the statement of that number."""
        self._closed[table] = order, rows

    def touched(self, kind: str, table: Table) -> None:
        """A statement is about to run: a table that it changes is not finished after all."""
        if kind in OF_TABLE:
            self._closed.pop(table, None)
            if self._finished.pop(table, None) is not None and self._write is not None:
                self._write(list(self._finished.values()))

    def note(self, server: Server, is_busy: Callable[[Table], bool], now: bool = False) -> None:
        """Now, or now and then: make durable, and write down, what is finished."""
        if self._write is None or not self._closed or not (now or time.time() - self._written >= EVERY):
            return
        done = [table for table in self._closed if not is_busy(table)]
        for table in done:
            order, rows = self._closed.pop(table)
            count = rows()
            if count is not None:
                self._finished[table] = Finished(str(table[0]), table[1], count, order)
        if done:
            server.execute(DURABLE)
            self._write(list(self._finished.values()))
        self._written = time.time()
