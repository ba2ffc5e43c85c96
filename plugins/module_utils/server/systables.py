# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server that answers tells of the five system tables. Read only.

Nothing is asked that the server could die of: a table whose file has a damaged page is not asked for at all.
"""

import os
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import systables as host
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dialect
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import evidence
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import (
    DATA_DICTIONARY,
    STATISTICS,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.observed import Life
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import (
    DATA_FILE_DAMAGED,
    DEFINITION_DIFFERS,
    HEALTHY,
    Finding,
    Known,
    Seen,
    judge,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe, statistics
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.own_datadir import is_own

_SETTINGS = (
    "datadir",
    "log_error",
    "pid_file",
    "super_read_only",
    "master_info_repository",
    "relay_log_info_repository",
    "innodb_stats_persistent",
)
_READABLE = (HEALTHY, DEFINITION_DIFFERS)


class Place(NamedTuple):
    """Where a server keeps its files, and what it is. Paths are those of its own host."""

    version: Version
    datadir: str
    error_log: Optional[str]
    settings: Dict[str, str]

    @property
    def has_files(self) -> bool:
        return self.version < DATA_DICTIONARY


def place_of(server: Server, datadir: Optional[str], error_log: Optional[str]) -> Place:
    """Raises Refused for a server that this collection knows no such tables of, or whose files are not here."""
    spoken = server.dialect
    if spoken.flavor != dialect.MYSQL:
        raise Refused(
            "this is %s %s, and only MySQL's system tables are known" % (spoken.flavor, spoken.version),
            where=server.login.address,
            untouched="everything",
            next_step="see the support matrix in the README",
        )
    settings = server.variables(*_SETTINGS)
    directory = datadir or settings["datadir"]
    place = Place(spoken.version, directory, error_log or observe.error_log(settings), settings)
    own = is_own(server, directory)
    # From 8.0 on the tables have no files of their own: a server can be asked from afar.
    if own is False or (own is None and place.has_files):
        raise Refused(
            "this is not the data directory of the server that answers: auto.cnf there %s"
            % ("cannot be read" if own is None else "holds another server_uuid"),
            where="%s, %s" % (directory, server.login.address),
            untouched="everything",
            next_step="run on the server's own host, as a user who may read its files; check datadir and login",
        )
    return place


def findings(server: Server, place: Place, tables: List[str], statistics: bool) -> List[Finding]:
    """A verdict for each table. Raises ServerError, ReplicaError where the server or its files cannot be asked.

    statistics: whether those of a table without any are missed.
    """
    known = _known(server) if place.has_files else {}
    seen = [
        Seen(table, host.files_of(place.datadir, table) if place.has_files else None, known.get(table))
        for table in tables
    ]
    counted = statistics and not any(_is_damaged(one, place) for one in seen)
    return [_finding(server, place, one, counted) for one in seen]


def system_space_damage(place: Place) -> Optional[str]:
    """What is wrong with mysql.ibd, by its pages' heads and ends, and by what the server logged of it."""
    if place.has_files:
        return None
    seen = host.data_file(os.path.join(place.datadir, host.SYSTEM_SPACE), checksums=False)
    if seen is not None and seen.damage:
        return seen.damage
    return evidence.system_space_damage(host.log_lines(place.error_log))


def spared(found: List[Finding]) -> List[str]:
    """Tables that are not to be read: those that cannot be opened, and all while the server may die of one.

    With a damaged innodb_index_stats 5.6.24 dies within seconds by itself; opening any table may be the cause.
    """
    if any(finding.verdict == DATA_FILE_DAMAGED for finding in found):
        return [finding.name for finding in found]
    return [finding.name for finding in found if finding.verdict not in _READABLE]


def life(server: Server, place: Place) -> Life:
    """Which life of the server this is."""
    row = server.rows("SHOW GLOBAL STATUS LIKE 'Uptime'")[0]
    started = int(server.value("SELECT UNIX_TIMESTAMP()")) - int(row["Value"])
    try:
        written: Optional[int] = os.stat(os.path.join(place.datadir, place.settings.get("pid_file", ""))).st_mtime_ns
    except OSError:
        written = None  # on another host, or out of our sight
    return Life(started, written)


def _known(server: Server) -> Dict[str, Known]:
    """Rows of InnoDB's dictionary, before 8.0."""
    rows = server.rows(
        "SELECT t.NAME AS name, t.SPACE AS space, c.NAME AS col FROM information_schema.INNODB_SYS_TABLES t"
        " JOIN information_schema.INNODB_SYS_COLUMNS c ON c.TABLE_ID = t.TABLE_ID"
        " WHERE t.NAME LIKE 'mysql/%' ORDER BY t.NAME, c.POS"
    )
    found: Dict[str, Known] = {}
    for row in rows:
        table = row["name"].partition("/")[2]
        before = found.get(table, Known(int(row["space"])))
        found[table] = before._replace(columns=(*before.columns, row["col"]))
    return found


def _is_damaged(seen: Seen, place: Place) -> bool:
    return seen.files is not None and judge(seen, place.version).verdict == DATA_FILE_DAMAGED


def _finding(server: Server, place: Place, seen: Seen, counted: bool) -> Finding:
    if _is_damaged(seen, place):
        return judge(seen, place.version)
    table = seen.name
    try:
        seen = seen._replace(shown=server.rows("SHOW CREATE TABLE mysql.%s" % table)[0]["Create Table"])
    except ServerError as exc:
        seen = seen._replace(errno=exc.errno, error=exc.found)
    if judge(seen, place.version).healthy:
        seen = seen._replace(complaints=_complaints(server, table))
    if counted and table in STATISTICS and judge(seen, place.version).healthy:
        seen = seen._replace(without_statistics=statistics.missing_in(server, table))
    return judge(seen, place.version)


def _complaints(server: Server, table: str) -> Tuple[str, ...]:
    rows = server.rows("CHECK TABLE mysql.%s" % table)
    return tuple(
        "%(Msg_type)s: %(Msg_text)s" % row for row in rows if (row["Msg_type"], row["Msg_text"]) != ("status", "OK")
    )
