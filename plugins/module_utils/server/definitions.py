# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether all that a dump defines is there, by the server's own lists."""

from typing import Iterable, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_definitions import Definitions, Object
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

# Each gives kind, schema, table, name; then come the list, and the column that is the schema.
_LISTS = tuple(
    "SELECT DISTINCT %s AS kind, %s AS home, %s AS part_of, %s AS name" % columns[:4]  # noqa: S608 - those below
    + " FROM information_schema.%s WHERE %s = " % columns[4:]
    + "%s"
    for columns in (
        ("IF(TABLE_TYPE = 'VIEW', 'view', 'table')", "TABLE_SCHEMA", "''", "TABLE_NAME", "TABLES", "TABLE_SCHEMA"),
        ("'column'", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "COLUMNS", "TABLE_SCHEMA"),
        ("'key'", "TABLE_SCHEMA", "TABLE_NAME", "INDEX_NAME", "STATISTICS", "TABLE_SCHEMA"),
        (
            "LOWER(CONSTRAINT_TYPE)",
            "TABLE_SCHEMA",
            "TABLE_NAME",
            "CONSTRAINT_NAME",
            "TABLE_CONSTRAINTS",
            "CONSTRAINT_TYPE = 'FOREIGN KEY' AND TABLE_SCHEMA",
        ),
        ("'trigger'", "TRIGGER_SCHEMA", "''", "TRIGGER_NAME", "TRIGGERS", "TRIGGER_SCHEMA"),
        ("LOWER(ROUTINE_TYPE)", "ROUTINE_SCHEMA", "''", "ROUTINE_NAME", "ROUTINES", "ROUTINE_SCHEMA"),
        ("'event'", "EVENT_SCHEMA", "''", "EVENT_NAME", "EVENTS", "EVENT_SCHEMA"),
    )
)
_TOLD = 5


def check(server: Server, definitions: Definitions) -> None:
    """Raises ReplicaError with the first few things that the dump defines and the server does not have."""
    missing = definitions.missing(_found(server, definitions.schemas))
    if missing:
        raise ReplicaError(
            "%d things that the dump defines are not on the server: %s%s"
            % (len(missing), ", ".join(map(str, missing[:_TOLD])), ", ..." if len(missing) > _TOLD else ""),
            where=server.login.address,
        )


def _found(server: Server, schemas: Iterable[str]) -> Set[Object]:
    return {
        Object(str(row["kind"]), str(row["home"]), str(row["part_of"]), str(row["name"])).folded()
        for schema in schemas
        for query in _LISTS
        for row in server.rows(query, (schema,))
    }
