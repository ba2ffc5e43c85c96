# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything of a server that a refusal, or check mode, must leave as it was."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from pymysql.cursors import Cursor

from sandbox import compare_definitions, compare_rows
from sandbox.server import Server

PAUSE = 0.2  # seconds between two looks that have to be equal
CONNECTING = 5.0  # seconds until a receiver that has not connected by then is taken for one that never will
LOGS = ("mysql-bin.*", "relay-bin*")
SETTINGS = ("read_only", "super_read_only", "event_scheduler")
CHANNEL = (
    "Source_Host",
    "Source_Port",
    "Source_User",
    "Auto_Position",
    "Replica_IO_Running",
    "Replica_SQL_Running",
    "Retrieved_Gtid_Set",
    "Executed_Gtid_Set",
)  # not Relay_Log_Pos: an applier of several threads writes it down now and then


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def logs(server: Server) -> dict[str, str]:
    """sha256 of every binary log, every relay log and their indexes, by name."""
    return {path.name: sha256(path) for pattern in LOGS for path in sorted(server.datadir.glob(pattern))}


def settings(server: Server) -> dict[str, str]:
    """Those that a rebuild changes for a while; a server knows two or three of them."""
    wanted = ", ".join(f"'{name}'" for name in SETTINGS)
    rows = server.rows(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({wanted})")
    return {row["Variable_name"]: row["Value"] for row in rows}


def contents(server: Server) -> tuple[Any, Any]:
    """The definition of every object and account, and a checksum of every table."""
    with closing(server.connect(charset="utf8mb4", cursorclass=Cursor)) as session:
        definitions = compare_definitions.read(session, accounts=True)
        sums = {name: compare_rows.checksum(session, name) for name in definitions if name.kind == "table"}
    return definitions, sums


def positions(server: Server) -> dict[str, Any]:
    status = server.replica_status()
    return {
        "gtid_executed": server.gtid_executed,
        "gtid_purged": server.value("SELECT @@GLOBAL.gtid_purged"),
        "channel": {name: status[name] for name in CHANNEL} if status else None,
        "logs": logs(server),
    }


def state(server: Server) -> dict[str, Any]:
    """For comparison with `==`. Nothing may come from the source meanwhile; what has just come is waited for."""
    connected = time.monotonic() + CONNECTING
    while True:
        seen = positions(server)
        time.sleep(PAUSE)
        # a receiver begins a relay log when it has connected
        connecting = bool(seen["channel"]) and seen["channel"]["Replica_IO_Running"] == "Connecting"
        if positions(server) == seen and not (connecting and time.monotonic() < connected):
            return {**seen, "settings": settings(server), "contents": contents(server)}
