# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server that answers tells of the five system tables. Read only.

Nothing is asked that the server could die of: a table whose file has a damaged page is not asked for at all.
"""

import os
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import systables as host
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dialect
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import connection, evidence
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
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel as channels
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Row, Server, Value

TableName = Tuple[str, str]

_SETTINGS = (
    "datadir",
    "log_error",
    "pid_file",
    "super_read_only",
    "master_info_repository",
    "relay_log_info_repository",
    "innodb_stats_persistent",
)
_REPOSITORIES = (
    ("master_info_repository", ("slave_master_info",)),
    ("relay_log_info_repository", ("slave_relay_log_info", "slave_worker_info")),
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


def place_of(server: Server, datadir: Optional[str], error_log: Optional[str]) -> Place:
    """Raises Refused for a server that this collection knows no such tables of."""
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
    log = error_log or settings.get("log_error") or ""
    return Place(
        spoken.version, directory, os.path.join(directory, log) if log not in ("", "stderr") else None, settings
    )


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


def life(server: Server, place: Place) -> Life:
    """Which life of the server this is."""
    row = server.rows("SHOW GLOBAL STATUS LIKE 'Uptime'")[0]
    started = int(server.value("SELECT UNIX_TIMESTAMP()")) - int(row["Value"])
    try:
        written: Optional[int] = os.stat(os.path.join(place.datadir, place.settings.get("pid_file", ""))).st_mtime_ns
    except OSError:
        written = None  # on another host, or out of our sight
    return Life(started, written)


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
        seen = seen._replace(without_statistics=_without_statistics(server, table))
    return judge(seen, place.version)


def _complaints(server: Server, table: str) -> Tuple[str, ...]:
    rows = server.rows("CHECK TABLE mysql.%s" % table)
    return tuple(
        "%(Msg_type)s: %(Msg_text)s" % row for row in rows if (row["Msg_type"], row["Msg_text"]) != ("status", "OK")
    )


def _without_statistics(server: Server, table: str) -> int:
    rows = server.value("SELECT 1 FROM mysql.%s WHERE database_name <> 'mysql' LIMIT 1" % table)  # noqa: S608 - ours
    if rows:
        return 0
    return len(candidates(server))
