# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows that a server said it took, table by table, and in the end whether they are there."""

from collections import OrderedDict
from typing import Dict, Optional, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import Classified, trigger_table
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

#: (schema, table)
Table = Tuple[Optional[str], str]


class RowCount:
    """Knows the tables that the load made. Not counted: tables of which statements tell no number of rows."""

    def __init__(self) -> None:
        self._rows: Dict[Table, int] = OrderedDict()
        self._triggered: Set[Table] = set()
        self._counted: Set[Table] = set()
        self._known = True

    def took(self, table: Table, rows: int) -> None:
        """The server took so many rows of a table, and committed them."""
        if table in self._rows:
            self._rows[table] += rows
        if rows:
            self._counted.discard(table)

    def of(self, table: Table) -> Optional[int]:
        """The rows of a table so far; None when nobody knows."""
        return self._rows.get(table) if self._known else None

    def had(self, table: Table, rows: int) -> None:
        """A table that an earlier run has loaded, and whose rows this one has counted."""
        self._rows[table] = rows
        self._counted.add(table)

    def ran(self, classified: Classified, text: bytes, schema: Optional[str], rows: int) -> None:
        """A statement ran; rows: how many the server said that it touched."""
        kind, table = classified.kind, (classified.database or schema, str(classified.table))
        if kind == "create_table" and b"TEMPORARY" not in text.partition(b"(")[0].upper():
            self._rows[table] = rows  # of a query that it was made from
            self._counted.discard(table)
        elif kind == "drop_table":
            self._rows.pop(table, None)
        elif kind in ("insert", "replace"):
            self._took_in_place(kind, table, text, rows)
        elif kind in ("change_rows", "alter_table", "drop_database"):
            self._known = False  # of other tables, too: keys may cascade
        elif kind == "create_trigger":
            on = trigger_table(text)
            self._triggered.add((on.database or table[0], str(on.table)))

    def _took_in_place(self, kind: str, table: Table, text: bytes, rows: int) -> None:
        if table in self._triggered:
            self._known = False
        elif kind == "replace" or b"ON DUPLICATE KEY" in text[-4096:].upper():
            self._rows.pop(table, None)
        else:
            self.took(table, rows)

    def check(self, server: Server) -> int:
        """Count what is not counted yet. How many tables were counted in all. Raises as check_one() does."""
        if not self._known:
            return 0
        for table in [table for table in self._rows if table not in self._counted]:
            self.check_one(server, table)
        return len(self._rows)

    def check_one(self, server: Server, table: Table) -> None:
        """Count a table, if its number of rows is known.

        Raises ReplicaError when it has other rows than the server said that it took, ServerError when it cannot tell.
        """
        rows = self.of(table)
        if rows is None:
            return
        query = "SELECT COUNT(*) FROM " + identifier(str(table[0]), table[1])  # noqa: S608
        where = "%s.%s" % table
        try:
            found = int(server.value(query))
        except ServerError as exc:
            raise ServerError(exc.found, errno=exc.errno, where=where, statement=query) from None
        if found != rows:
            raise ReplicaError("the server took %d rows of this table, but has %d" % (rows, found), where=where)
        self._counted.add(table)
