# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which statements of a dump a replica may run. Pure.

A dump is written for an empty server that becomes a copy. A replica is not empty: it keeps its own accounts, settings
and system tables, it claims the dump's GTIDs last and by itself, and no statement of the dump may reach its binary log.
"""

from typing import Any, Dict, FrozenSet, Iterable, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import (
    Classified,
    beginning,
    trigger_table,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.schemas import SYSTEM_SCHEMAS

# kind -> why it is not run
SKIPPED_KINDS: Dict[str, str] = {
    "set_gtid_purged": "GTIDs are declared after the last row is in",
    "set_sql_log_bin": "nothing of the dump goes into the binary log, to its end",
    "set_global": "the replica keeps its own global settings",
    "change_server": "the replica keeps its own plugins, tablespaces and logs",
    "change_source": "the channel is attached by its own step",
    "start_replica": "the channel is attached by its own step",
    "stop_replica": "the channel is attached by its own step",
    "reset": "GTIDs and relay logs are reset by their own steps",
    "flush": "a flush writes a GTID of the replica itself",
    "grant_or_account": "the replica keeps its own accounts",
    "nothing": "it says nothing",
}
SYSTEM_SCHEMA = "the replica keeps its own system tables"
EXCLUDED = "excluded by the operator"

# They are about a table; a routine, a view or an event may have the name of an excluded one
_TABLE_KINDS = (
    "insert",
    "replace",
    "create_table",
    "drop_table",
    "lock_tables",
    "alter_keys",
    "alter_table",
    "change_rows",
    "look_after_table",
    "create_view",
    "create_trigger",
)
# They belong to the session, wherever the current schema is
_SESSION_KINDS = ("set_session", "transaction", "unlock_tables", "query")


class Sieve:
    """Follows the current schema of a dump and says of each statement why it is not run, if it is not.

    exclude_tables: ``schema.table`` names.
    """

    def __init__(self, exclude_tables: Iterable[str] = ()) -> None:
        self._exclude: FrozenSet[str] = frozenset(exclude_tables)
        self.database: Optional[str] = None

    def reason_to_skip(self, classified: Classified, text: bytes) -> Optional[str]:
        """None when the statement is to be run.

        Raises BadInput for one of which nobody can say what it would do to a replica.
        """
        kind = classified.kind
        if kind == "use":
            self.database = classified.database
        if kind in SKIPPED_KINDS:
            return SKIPPED_KINDS[kind]
        if kind == "other":
            raise BadInput(
                "a statement that no dump tool writes: %s" % beginning(text),
                next_step="take it out of the dump",
            )
        if kind in _SESSION_KINDS:
            return None
        schema = classified.database or self.database
        if schema is not None and schema.lower() in SYSTEM_SCHEMAS:
            return SYSTEM_SCHEMA
        table = trigger_table(text) if kind == "create_trigger" else classified
        if kind in _TABLE_KINDS and "%s.%s" % (table.database or schema, table.table) in self._exclude:
            return EXCLUDED
        return None


def to_load(tables: Iterable[Dict[str, Any]], exclude_tables: Iterable[str] = ()) -> int:
    """How many of the tables of mysql_dump_info are not left out."""
    exclude = frozenset(exclude_tables)
    return sum(
        str(table["database"]).lower() not in SYSTEM_SCHEMAS
        and "%s.%s" % (table["database"], table["table"]) not in exclude
        for table in tables
    )
