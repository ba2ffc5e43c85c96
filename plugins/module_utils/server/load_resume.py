# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the schemas of an interrupted load ready for the next one: what was whole stays, all else goes."""

from typing import Iterable, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_resume import Finished
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

_NO_SUCH = (1049, 1146)
# kind of object, and its names in a schema
_PROGRAMS = (
    ("TRIGGER", "SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s"),
    ("EVENT", "SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s"),
    ("VIEW", "SELECT TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"),
)
_ROUTINES = (
    "SELECT ROUTINE_TYPE AS kind, ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s"
)
_TABLES = (
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'"
)


def keep(server: Server, schemas: Iterable[str], finished: Iterable[Finished]) -> List[Finished]:
    """Count the finished tables again, and drop what is not one of them, triggers, views and programs included.

    schemas: of the dump, that are on the server. Returns the finished tables that have as many rows as they had: a
    server that crashed may have lost some. The session is not one to load in after that.
    """
    kept = [one for one in finished if one.schema in schemas and _rows(server, one) == one.rows]
    tables = {one.key for one in kept}
    server.execute("SET SESSION foreign_key_checks = 0")
    for schema in schemas:
        if schema not in {one.schema for one in kept}:
            server.execute("DROP DATABASE IF EXISTS " + identifier(schema))
            continue
        for kind, query in _PROGRAMS:
            for row in server.rows(query, (schema,)):
                server.execute("DROP %s IF EXISTS %s" % (kind, identifier(schema, row["name"])))
        for row in server.rows(_ROUTINES, (schema,)):
            server.execute("DROP %s IF EXISTS %s" % (row["kind"], identifier(schema, row["name"])))
        for row in server.rows(_TABLES, (schema,)):
            if (schema, row["name"]) not in tables:
                server.execute("DROP TABLE IF EXISTS " + identifier(schema, row["name"]))
    return kept


def _rows(server: Server, table: Finished) -> int:
    try:
        return int(server.value("SELECT COUNT(*) FROM " + identifier(table.schema, table.table)))  # noqa: S608
    except ServerError as exc:
        if exc.errno not in _NO_SUCH:
            raise
        return -1
