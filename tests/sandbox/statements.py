# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replication statements of old and new servers, and one set of words for what they answer."""

from __future__ import annotations

from typing import Any, NamedTuple


class Statements(NamedTuple):
    """Replication statements of one server version."""

    status: str
    start: str
    stop: str
    stop_applier: str
    change: str  # takes host, port, user, password
    read_only: str  # the strictest read-only switch there is


CLASSIC = Statements(
    status="SHOW SLAVE STATUS",
    start="START SLAVE",
    stop="STOP SLAVE",
    stop_applier="STOP SLAVE SQL_THREAD",
    change="CHANGE MASTER TO MASTER_HOST=%s, MASTER_PORT=%s, MASTER_USER=%s, MASTER_PASSWORD=%s,"
    " MASTER_AUTO_POSITION=1, MASTER_CONNECT_RETRY=1",
    read_only="read_only",
)
MODERN = Statements(
    status="SHOW REPLICA STATUS",
    start="START REPLICA",
    stop="STOP REPLICA",
    stop_applier="STOP REPLICA SQL_THREAD",
    change="CHANGE REPLICATION SOURCE TO SOURCE_HOST=%s, SOURCE_PORT=%s, SOURCE_USER=%s, SOURCE_PASSWORD=%s,"
    " SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, GET_SOURCE_PUBLIC_KEY=1",
    read_only="super_read_only",
)


def statements(version: tuple[int, int, int]) -> Statements:
    """CHANGE REPLICATION SOURCE came with 8.0.23, SHOW REPLICA STATUS with 8.0.22."""
    if version >= (8, 0, 23):
        return MODERN
    return CLASSIC._replace(read_only="super_read_only") if version >= (5, 7, 8) else CLASSIC


def todays_words(row: dict[str, Any]) -> dict[str, Any]:
    """A status row with the column names of today: Replica_IO_Running, Source_Host and so on."""
    return {name.replace("Slave", "Replica").replace("Master", "Source"): value for name, value in row.items()}
