# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server shows of the managed service that it may be part of, or that its source is part of. Read only.

An account of a service's customer may not see everything: what is refused is as if it were not there.
"""

from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import clouds
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replication_filter import (
    Filters,
    read_rules,
    replicates,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Row, Server

_NAMES = {
    "table": "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql'",
    "routine": "SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'mysql'",
    "account": "SELECT DISTINCT User AS name FROM mysql.user",
}
_RETENTION = "SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'"
_ZONES = "SELECT COUNT(*) AS rows_there FROM mysql.time_zone_name"
NONE_KEPT = 0  # hours: the service removes a binary log as soon as it does not need it itself


def cloud_view(server: Server) -> Dict[str, Any]:
    """Keys: signs (clouds.recognise), heartbeats (table of clouds.HEARTBEATS -> its number of rows, None when they may
    not be read), retention_hours (of Amazon's; NONE_KEPT when none are kept, None when unknown), named_time_zones
    (whether there are any, None when unknown), lower_case_table_names (as the server says it).
    """
    variables = {row["Variable_name"]: row["Value"] for row in server.rows("SHOW GLOBAL VARIABLES")}
    seen: Dict[str, List[str]] = {kind: [row["name"] for row in _tried(server, sql)] for kind, sql in _NAMES.items()}
    seen["variable"] = ["%s=%s" % item for item in variables.items()]
    seen["version"] = [variables["version"]]
    seen["host"] = [server.login.host]
    zones = _tried(server, _ZONES)
    return dict(
        signs={kind: sorted({one for one in names if clouds.is_sign(kind, one)}) for kind, names in seen.items()},
        heartbeats={name: _rows_of(server, name) for name in clouds.HEARTBEATS if name in seen["table"]},
        retention_hours=_retention(server) if "rds_configuration" in seen["table"] else None,
        named_time_zones=zones[0]["rows_there"] > 0 if zones else None,
        lower_case_table_names=variables["lower_case_table_names"],
    )


def unfiltered(server: Server, channels: List[str]) -> Dict[str, List[str]]:
    """Channel -> those of clouds.HEARTBEATS whose changes it would apply here; '' is always there, as a new one's."""
    rules = {"": _of_new_channels(server)}
    rules.update((name, _of_channel(server, name)) for name in channels)
    return {
        name: [table for table in clouds.HEARTBEATS if replicates(mine, "mysql", table)] for name, mine in rules.items()
    }


def _of_channel(server: Server, name: str) -> Filters:
    try:
        return channel.filters(server, name)
    except ReplicaError:
        return Filters({})  # a filter that cannot be told keeps nothing out, as far as anybody knows


def _of_new_channels(server: Server) -> Filters:
    """From the option file, where the server shows that without a channel."""
    if not server.dialect.knows("show_global_filters"):
        return Filters({})
    try:
        rows = server.rows(server.say("show_global_filters"))
        return Filters(read_rules({row["FILTER_NAME"]: row["FILTER_RULE"] for row in rows}))
    except ReplicaError:
        return Filters({})


def _retention(server: Server) -> Optional[int]:
    rows = _tried(server, _RETENTION)
    return int(rows[0]["value"] or NONE_KEPT) if rows else None


def _rows_of(server: Server, table: str) -> Optional[int]:
    rows = _tried(server, "SELECT COUNT(*) AS rows_there FROM %s" % identifier("mysql", table))  # noqa: S608 - quoted
    return int(rows[0]["rows_there"]) if rows else None


def _tried(server: Server, sql: str) -> List[Row]:
    try:
        return server.rows(sql)
    except ServerError:
        return []
