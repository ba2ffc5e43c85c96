# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""(flavor, version) -> statement. One table, one look-up; nothing else in the collection branches on a version. Pure.

Thresholds: MySQL 8.0.22 START/STOP/SHOW/RESET REPLICA and SHOW REPLICAS, 8.0.23 CHANGE REPLICATION SOURCE TO,
8.0.26 the variables named replica, 8.2.0 SHOW BINARY LOG STATUS, 8.4.0 RESET BINARY LOGS AND GTIDS and the end of
the old words (MySQL reference manual, "Changes in MySQL 8.4"); seen on 5.6.24 and 9.7.4. Channels: 5.7.6.
"""

import re
from typing import Dict, List, NamedTuple, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused

MYSQL = "mysql"
MARIADB = "mariadb"


class Version(NamedTuple):
    """A server's version as it compares: (9, 7, 4)."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return "%d.%d.%d" % self

    @property
    def series(self) -> Tuple[int, int]:
        return (self.major, self.minor)


class Dialect(NamedTuple):
    """What a server speaks."""

    flavor: str
    version: Version

    def say(self, name: str) -> str:
        """The statement, clause or variable that this server knows under our name for it.

        Raises Refused when no row of the table serves this server.
        """
        for flavor, since, text in reversed(_WORDS[name]):
            if flavor == self.flavor and self.version >= since:
                return text
        raise Refused(
            "%s %s has no way to %s that this collection knows" % (self.flavor, self.version, name.replace("_", " ")),
            untouched="everything",
            next_step="see the support matrix in the README",
        )

    def knows(self, name: str) -> bool:
        return any(flavor == self.flavor and self.version >= since for flavor, since, _text in _WORDS[name])


def parse_version(text: str) -> Dialect:
    """Read @@version: ``5.6.24-log``, ``9.7.4-2``, ``10.11.19-MariaDB-0+deb12u1``, ``5.5.5-10.4.8-MariaDB``.

    Aurora's ``8.0.mysql_aurora.3.04.0`` is 8.0.0: behind the series it counts its own versions.
    """
    flavor = MARIADB if "mariadb" in text.lower() else MYSQL
    numbers = re.findall(r"(\d+)\.(\d+)\.(\d+)", re.sub(r"\.mysql_aurora\b.*", ".0", text))
    if not numbers:
        raise BadInput("not a version of a MySQL server: %r" % text[:80])
    # Old MariaDB servers put 5.5.5- before their true version, so that old replicas would talk to them.
    chosen = numbers[1] if flavor == MARIADB and len(numbers) > 1 and numbers[0] == ("5", "5", "5") else numbers[0]
    return Dialect(flavor, Version(*(int(number) for number in chosen)))


_Rows = List[Tuple[str, Version, str]]


def _mysql(*rows: Tuple[Tuple[int, int, int], str]) -> _Rows:
    return [(MYSQL, Version(*since), text) for since, text in rows]


def _mariadb(*rows: Tuple[Tuple[int, int, int], str]) -> _Rows:
    return [(MARIADB, Version(*since), text) for since, text in rows]


_ANY = (5, 6, 0)

_WORDS: Dict[str, _Rows] = {
    # status, read only
    "show_replica_status": _mysql((_ANY, "SHOW SLAVE STATUS"), ((8, 0, 22), "SHOW REPLICA STATUS"))
    + _mariadb((_ANY, "SHOW ALL SLAVES STATUS"), ((10, 5, 1), "SHOW ALL REPLICAS STATUS")),
    "show_replicas": _mysql((_ANY, "SHOW SLAVE HOSTS"), ((8, 0, 22), "SHOW REPLICAS"))
    + _mariadb((_ANY, "SHOW SLAVE HOSTS"), ((10, 5, 1), "SHOW REPLICA HOSTS")),
    "show_binary_log_status": _mysql((_ANY, "SHOW MASTER STATUS"), ((8, 2, 0), "SHOW BINARY LOG STATUS")),
    "show_binary_logs": _mysql((_ANY, "SHOW BINARY LOGS")) + _mariadb((_ANY, "SHOW BINARY LOGS")),
    # channels
    "start_replica": _mysql((_ANY, "START SLAVE"), ((8, 0, 22), "START REPLICA")),
    "stop_replica": _mysql((_ANY, "STOP SLAVE"), ((8, 0, 22), "STOP REPLICA")),
    "reset_replica_all": _mysql((_ANY, "RESET SLAVE ALL"), ((8, 0, 22), "RESET REPLICA ALL")),
    # Keeps the channel with all of its settings, from 8.0.19 on. From 8.4 on a starting server deletes relay logs that
    # hold nothing, also the one that its applier stands in, and cannot use the channel then.
    "reset_replica": _mysql(((8, 4, 0), "RESET REPLICA")),
    "start_applier_until": _mysql(
        (_ANY, "START SLAVE SQL_THREAD UNTIL SQL_AFTER_GTIDS"),
        ((8, 0, 22), "START REPLICA SQL_THREAD UNTIL SQL_AFTER_GTIDS"),
    ),
    "stop_receiver": _mysql((_ANY, "STOP SLAVE IO_THREAD"), ((8, 0, 22), "STOP REPLICA IO_THREAD")),
    "stop_applier": _mysql((_ANY, "STOP SLAVE SQL_THREAD"), ((8, 0, 22), "STOP REPLICA SQL_THREAD")),
    "start_applier": _mysql((_ANY, "START SLAVE SQL_THREAD"), ((8, 0, 22), "START REPLICA SQL_THREAD")),
    "change_source": _mysql((_ANY, "CHANGE MASTER TO"), ((8, 0, 23), "CHANGE REPLICATION SOURCE TO")),
    "source_option": _mysql((_ANY, "MASTER_"), ((8, 0, 23), "SOURCE_")),
    "for_channel": _mysql(((5, 7, 6), " FOR CHANNEL ")),
    "get_source_public_key": _mysql(((8, 0, 4), "GET_MASTER_PUBLIC_KEY"), ((8, 0, 23), "GET_SOURCE_PUBLIC_KEY")),
    # What the status does not show of a channel; since channels have names
    "show_connection_configuration": _mysql(
        ((5, 7, 6), "SELECT * FROM performance_schema.replication_connection_configuration")
    ),
    "show_applier_configuration": _mysql(
        ((5, 7, 6), "SELECT * FROM performance_schema.replication_applier_configuration")
    ),
    # Filters of one channel: 8.0.1. Before, CHANGE REPLICATION FILTER sets the server's, which outlive all channels
    "show_channel_filters": _mysql(((8, 0, 1), "SELECT * FROM performance_schema.replication_applier_filters")),
    "show_global_filters": _mysql(((8, 0, 1), "SELECT * FROM performance_schema.replication_applier_global_filters")),
    "change_filter": _mysql(((8, 0, 1), "CHANGE REPLICATION FILTER")),
    # GTIDs
    "reset_binary_logs_and_gtids": _mysql((_ANY, "RESET MASTER"), ((8, 4, 0), "RESET BINARY LOGS AND GTIDS")),
    # information_schema.STATISTICS.EXPRESSION exists
    "functional_keys": _mysql(((8, 0, 13), "EXPRESSION")),
    # events, as replication itself leaves them on a replica
    "disable_event_on_replica": _mysql((_ANY, "DISABLE ON SLAVE"), ((8, 4, 0), "DISABLE ON REPLICA")),
    # variables
    "log_replica_updates": _mysql((_ANY, "log_slave_updates"), ((8, 0, 26), "log_replica_updates"))
    + _mariadb((_ANY, "log_slave_updates")),
    "super_read_only": _mysql(((5, 7, 8), "super_read_only")),
}
