# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at a server that the checks of a rebuild are made from. Read only, a query each."""

import time
from typing import Any, Callable, Dict, List, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.privileges import Grants, read_grants
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replication_filter import FILTERS
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Row, Server

# What an account may not do: on a schema, on all, on a table, a column, a routine. 5.6 says 1045 for some.
_DENIED = (1044, 1045, 1142, 1143, 1227, 1370)
_NOT_THERE = (1109, 1146)  # tables of a version, or of a plugin

_SETTINGS = (
    "hostname",
    "port",
    "report_host",
    "report_port",
    "server_id",
    "server_uuid",
    "gtid_mode",
    "log_bin",
    "pid_file",
    "binlog_format",
    "binlog_row_image",
    "binlog_checksum",
    "log_bin_trust_function_creators",
    "wsrep_on",
    "wsrep_provider",
    "group_replication_group_name",
)


class Looks:
    """Makes looks; one that the account may not make is None, and written down in denied."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.denied: Dict[str, str] = {}

    def at(self, what: str, look: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return look(self.server, *arguments)
        except ServerError as exc:
            if exc.errno in _DENIED:
                self.denied[what] = exc.found
                return None
            if exc.errno in _NOT_THERE:
                return None
            raise


def grants(server: Server) -> Grants:
    lines = [str(text) for row in server.rows("SHOW GRANTS") for text in row.values()]
    return read_grants(str(server.value("SELECT CURRENT_USER()")), lines)


def settings(server: Server) -> Dict[str, str]:
    return server.variables(*_SETTINGS)


def clock_offset(server: Server) -> float:
    """Seconds by which the server's clock is ahead of this host's; right to the time that the question takes."""
    before = time.time()
    there = float(server.value("SELECT CAST(UNIX_TIMESTAMP(NOW(6)) AS CHAR)"))
    return there - (before + time.time()) / 2


def semi_sync(server: Server) -> Dict[str, str]:
    """Variables and status of the plugins, in today's words, without their prefix; {} where they are not loaded.

    Keys, as far as there: source_status, source_clients, source_wait_for_replica_count, source_timeout (ms),
    replica_status.
    """
    found = {}
    for kind in ("VARIABLES", "STATUS"):
        for row in server.rows("SHOW GLOBAL %s LIKE 'rpl_semi_sync%%'" % kind):
            name = row["Variable_name"].lower()[len("rpl_semi_sync_") :]
            found[name.replace("master", "source").replace("slave", "replica")] = row["Value"]
    return found


def group_state(server: Server) -> str:
    """State of this server in Group Replication, '' when it is in none."""
    sql = "SELECT MEMBER_STATE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid"
    return str(server.value(sql) or "")


def persisted(server: Server) -> List[Tuple[str, str, str]]:
    """(name, value that the next start takes, value now) where they are not the same."""
    rows = server.rows(
        "SELECT p.VARIABLE_NAME AS name, p.VARIABLE_VALUE AS persisted_value, g.VARIABLE_VALUE AS running_value"
        " FROM performance_schema.persisted_variables p"
        " JOIN performance_schema.global_variables g ON g.VARIABLE_NAME = p.VARIABLE_NAME"
    )
    return [
        (row["name"], row["persisted_value"], row["running_value"])
        for row in rows
        if _same(row["persisted_value"]) != _same(row["running_value"])
    ]


def filters(server: Server) -> Dict[str, Dict[str, str]]:
    """Channel -> name of a filter -> its rules, as the status shows them; channels without filters are left out."""
    found = {}
    for row in server.rows(server.say("show_replica_status")):
        here = {name.upper(): value for name, value in row.items()}
        mine = {name: str(here[name]) for name in FILTERS if here.get(name)}
        if mine:
            found[str(row.get("Channel_Name") or "")] = mine
    return found


def binlog_filters(server: Server) -> Dict[str, str]:
    """binlog_do_db and binlog_ignore_db, where they are set."""
    rows = server.rows(server.say("show_binary_log_status"))
    row: Row = rows[0] if rows else {}
    return {name.lower(): row[name] for name in ("Binlog_Do_DB", "Binlog_Ignore_DB") if row.get(name)}


def registered(server: Server) -> List[Dict[str, Any]]:
    """Replicas that are connected to this server: server_id, uuid, host, port."""
    found = []
    for row in server.rows(server.say("show_replicas")):
        lower = {name.lower(): value for name, value in row.items()}
        uuid = lower.get("replica_uuid", lower.get("slave_uuid")) or ""
        found.append(dict(server_id=int(lower["server_id"]), uuid=uuid, host=lower["host"], port=int(lower["port"])))
    return found


def _same(value: Any) -> str:
    """A flag may have been stored as a number."""
    text = str(value).strip().upper()
    return {"1": "ON", "0": "OFF", "TRUE": "ON", "FALSE": "OFF"}.get(text, text)
