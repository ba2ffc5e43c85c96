# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The channels of a server whose own record of them, in the system tables, may be damaged. Read only.

A table that must not be read is not read on the way.
"""

import os
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import connection
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import Finding
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel as channels
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Row, Server, Value
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.systables import Place, spared

_REPOSITORIES = (
    ("master_info_repository", ("slave_master_info",)),
    ("relay_log_info_repository", ("slave_relay_log_info", "slave_worker_info")),
)


class Sparing:
    """A session that does not read the tables that it must not read: asked for one, it answers with an error."""

    def __init__(self, server: Server, spared: List[str]) -> None:
        self._server = server
        self._spared = spared

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def rows(self, sql: str, args: Optional[Tuple[Value, ...]] = None) -> List[Row]:
        self._refuse(sql)
        return self._server.rows(sql, args)

    def value(self, sql: str, args: Optional[Tuple[Value, ...]] = None) -> Any:
        self._refuse(sql)
        return self._server.value(sql, args)

    def _refuse(self, sql: str) -> None:
        for table in self._spared:
            if "mysql.%s" % table in sql:
                raise ServerError("mysql.%s is damaged" % table, where=self._server.login.address)


def tables_in_use(place: Place) -> List[str]:
    """Tables that replication keeps its state in; before 8.0 that may be files, and since 8.4 there is nothing else."""
    return [
        table
        for setting, tables in _REPOSITORIES
        for table in tables
        if place.settings.get(setting, "TABLE").upper() == "TABLE"
    ]


def stored_connections(server: Server, place: Place, found: List[Finding]) -> Dict[str, Kept]:
    """Name of a channel -> its connection as slave_master_info or master.info has it; {} where neither can be read."""
    if "slave_master_info" not in spared(found):
        rows = [connection.read_row(row) for row in server.rows("SELECT * FROM mysql.slave_master_info")]
        return dict(row for row in rows if row)
    try:
        with open(os.path.join(place.datadir, "master.info"), encoding="utf-8", errors="replace") as source:
            read = connection.read_lines(source.readlines(), place.version)
    except OSError:
        return {}
    return dict([read]) if read else {}


def connections(server: Server, place: Place, found: List[Finding]) -> Dict[str, Kept]:
    """All that can be told of each channel: in full of those in the server's memory, else as it is stored."""
    sparing: Any = Sparing(server, spared(found))
    told = dict(stored_connections(server, place, found))
    for one in observe.channels(server):
        kept = channels.kept(sparing, one.name)
        if kept is not None:
            told[one.name] = kept
    return told


def is_unusable(server: Server, place: Place, found: List[Finding]) -> bool:
    """Whether the server has no channels because it could not use the tables when it was started."""
    used = tables_in_use(place)
    if not used or observe.channels(server):
        return False
    sparing: Any = Sparing(server, spared(found))
    broken = [one for one in found if one.name in used and one.name != "slave_worker_info" and not one.healthy]
    return bool(broken) or observe.replication_metadata(sparing, []).state == "unusable"
