# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a load is weighed by, asked of a server: what it holds, how much of it, and how long its binary logs stay."""

from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.schemas import SYSTEM_SCHEMAS
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

_TABLES = (
    "SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name, UNIX_TIMESTAMP(CREATE_TIME) AS made,"
    " IFNULL(DATA_LENGTH, 0) + IFNULL(INDEX_LENGTH, 0) AS bytes FROM information_schema.TABLES"
    " WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN %s"
)
# What there is beside tables. When they were made is unknown of triggers before 5.7.2.
_PROGRAMS = {
    "routines": "SELECT ROUTINE_SCHEMA AS db, UNIX_TIMESTAMP(CREATED) AS made FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA NOT IN %s",
    "events": "SELECT EVENT_SCHEMA AS db, UNIX_TIMESTAMP(CREATED) AS made FROM information_schema.EVENTS"
    " WHERE EVENT_SCHEMA NOT IN %s",
    "triggers": "SELECT TRIGGER_SCHEMA AS db, UNIX_TIMESTAMP(CREATED) AS made FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA NOT IN %s",
}


def holdings(server: Server) -> Dict[str, Any]:
    """Keys: schemas (all names), tables, routines, events, triggers: what the account can see of them.

    A table: db, name, made (seconds since 1970 or None), bytes (data and indexes, estimated by the server). Of the
    others: db, made.
    """
    held: Dict[str, Any] = {kind: _rows(server, query) for kind, query in _PROGRAMS.items()}
    return dict(held, schemas=observe.schemas(server), tables=_rows(server, _TABLES))


def binary_log_sizes(server: Server) -> Optional[List[Dict[str, Any]]]:
    """name and bytes of each, oldest first; None where that cannot be seen (privilege, no binary log)."""
    try:
        rows = server.rows(server.say("show_binary_logs"))
    except ServerError:
        return None
    return [dict(name=row["Log_name"], bytes=int(row["File_size"])) for row in rows]


def kept_for(server: Server) -> Optional[int]:
    """Seconds for which binary logs are kept; None when they are kept until somebody purges them."""
    told = server.variables("binlog_expire_logs_seconds", "expire_logs_days", "binlog_expire_logs_auto_purge")
    if told.get("binlog_expire_logs_auto_purge", "ON").upper() in ("OFF", "0"):
        return None
    days = int(float(told.get("expire_logs_days") or 0))
    return int(told.get("binlog_expire_logs_seconds") or 0) or days * 86400 or None


def packet(server: Server) -> int:
    """max_allowed_packet in bytes."""
    return int(server.variables("max_allowed_packet")["max_allowed_packet"])


def of_source(server: Server) -> Dict[str, Any]:
    """Keys: holdings, binary_logs, kept_for, packet, now (seconds since 1970 by its clock)."""
    return dict(
        holdings=holdings(server),
        binary_logs=binary_log_sizes(server),
        kept_for=kept_for(server),
        packet=packet(server),
        now=int(server.value("SELECT UNIX_TIMESTAMP()")),
    )


def of_replica(server: Server) -> Dict[str, Any]:
    """Keys: tables (as in holdings), binary_logs, packet."""
    return dict(tables=_rows(server, _TABLES), binary_logs=binary_log_sizes(server), packet=packet(server))


def _rows(server: Server, query: str) -> List[Dict[str, Any]]:
    """Those of no system schema; with numbers as Python has them: the driver gives a Decimal for some."""
    rows = server.rows(query, (SYSTEM_SCHEMAS,))
    for row in rows:
        for name in ("made", "bytes"):
            if row.get(name) is not None:
                row[name] = int(row[name])
    return rows
