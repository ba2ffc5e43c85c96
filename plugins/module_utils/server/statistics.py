# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tables have persistent statistics, and which should have. Read only."""

from typing import List, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import STATISTICS
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

TableName = Tuple[str, str]


def candidates(server: Server) -> List[TableName]:
    """Tables whose statistics belong into mysql.innodb_table_stats and mysql.innodb_index_stats."""
    default = server.variables("innodb_stats_persistent").get("innodb_stats_persistent", "ON").upper() in ("ON", "1")
    rows = server.rows(
        "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, CREATE_OPTIONS AS o FROM information_schema.TABLES"
        " WHERE ENGINE = 'InnoDB' AND TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA <> 'mysql' ORDER BY 1, 2"
    )
    wanted = []
    for row in rows:
        options = (row["o"] or "").lower()
        if "stats_persistent=1" in options or (default and "stats_persistent=0" not in options):
            wanted.append((row["s"], row["t"]))
    return wanted


def with_statistics(server: Server) -> Set[TableName]:
    """Tables that have a row in both tables, in small letters; a partition counts for the table before its ``#``."""
    both = []
    for table in STATISTICS:
        rows = server.rows("SELECT DISTINCT database_name AS s, table_name AS t FROM mysql.%s" % table)  # noqa: S608 - ours
        names = {(row["s"].lower(), row["t"].lower()) for row in rows}
        both.append(names | {(schema, name.partition("#")[0]) for schema, name in names})
    return both[0] & both[1]


def missing_in(server: Server, table: str) -> int:
    """How many tables should have a row in one of the two, when none has."""
    rows = server.value("SELECT 1 FROM mysql.%s WHERE database_name <> 'mysql' LIMIT 1" % table)  # noqa: S608 - ours
    if rows:
        return 0
    return len(candidates(server))
