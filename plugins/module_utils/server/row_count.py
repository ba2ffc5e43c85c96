# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows that a server said it took, table by table, and in the end whether they are there."""

from collections import OrderedDict
from typing import Dict, Optional, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
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
        self._known = True

    def took(self, table: Table, rows: int) -> None:
        """The server took so many rows of a table, and committed them."""
        if table in self._rows:
            self._rows[table] += rows

    def of(self, table: Table) -> Optional[int]:
        """The rows of a table so far; None when nobody knows."""
        return self._rows.get(table) if self._known else None

    def had(self, table: Table, rows: int) -> None:
        """A table that an earlier run has loaded."""
        self._rows[table] = rows

    def ran(self, classified: Classified, text: bytes, schema: Optional[str], rows: int) -> None:
        """A statement ran; rows: how many the server said that it touched."""
        kind, table = classified.kind, (classified.database or schema, str(classified.table))
        if kind == "create_table" and b"TEMPORARY" not in text.partition(b"(")[0].upper():
            self._rows[table] = rows  # of a query that it was made from
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
        """How many tables were counted. Raises ReplicaError for the first that has other rows than it was given."""
        for (schema, name), rows in self._rows.items() if self._known else ():
            found = int(server.value("SELECT COUNT(*) FROM " + identifier(str(schema), name)))  # noqa: S608
            if found != rows:
                raise ReplicaError(
                    "the server took %d rows of this table, but has %d" % (rows, found),
                    where="%s.%s" % (schema, name),
                )
        return len(self._rows) if self._known else 0
