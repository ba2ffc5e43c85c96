# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which statements of a dump a replica may run. Pure.

A dump is written for an empty server that becomes a copy. A replica is not empty: it keeps its own accounts, settings
and system tables, it claims the dump's GTIDs last and by itself, and no statement of the dump may reach its binary log.
"""

from typing import Dict, FrozenSet, Iterable, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import Classified
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import SYSTEM_SCHEMAS

# kind -> why it is not run
SKIPPED_KINDS: Dict[str, str] = {
    "set_gtid_purged": "GTIDs are declared after the last row is in",
    "set_sql_log_bin": "nothing of the dump goes into the binary log, to its end",
    "change_source": "the channel is attached by its own step",
    "start_replica": "the channel is attached by its own step",
    "stop_replica": "the channel is attached by its own step",
    "reset": "GTIDs and relay logs are reset by their own steps",
    "flush": "a flush writes a GTID of the replica itself",
    "grant_or_account": "the replica keeps its own accounts",
}
SYSTEM_SCHEMA = "the replica keeps its own system tables"
GLOBAL_SETTING = "the replica keeps its own global settings"
EXCLUDED = "excluded by the operator"

_TABLE_KINDS = ("insert", "replace", "create_table", "drop_table", "lock_tables", "alter_keys", "create_view")


class Sieve:
    """Follows the current schema of a dump and says of each statement why it is not run, if it is not.

    exclude_tables: ``schema.table`` names.
    """

    def __init__(self, exclude_tables: Iterable[str] = ()) -> None:
        self._exclude: FrozenSet[str] = frozenset(exclude_tables)
        self.database: Optional[str] = None

    def reason_to_skip(self, classified: Classified, text: bytes) -> Optional[str]:
        """None when the statement is to be run."""
        kind = classified.kind
        if kind == "use":
            self.database = classified.database
        if kind in SKIPPED_KINDS:
            return SKIPPED_KINDS[kind]
        if kind == "other" and _sets_something(text):
            return GLOBAL_SETTING
        if kind in ("set_session", "transaction", "unlock_tables"):
            return None
        schema = classified.database or self.database
        if schema is not None and schema.lower() in SYSTEM_SCHEMAS:
            return SYSTEM_SCHEMA
        if kind in _TABLE_KINDS and "%s.%s" % (schema, classified.table) in self._exclude:
            return EXCLUDED
        return None


def _sets_something(text: bytes) -> bool:
    """SET GLOBAL and SET PERSIST are the kinds of SET that have no kind of their own."""
    return b"SET" in text[:24].upper()
