# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what is compared: definitions and checksums of one server. Never writes.

On the source all of it is read inside one consistent snapshot whose GTID set is known; the replica is brought to just
that set and held there.
"""

import contextlib
import re
import time
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Interrupted, NotReached
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.comparison import ObjectName, Side
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replication_filter import (
    Filters,
    replicates,
    replicates_schema,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.row_digest import row_digest
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

PAUSE = 0.2  # seconds between two looks at the applier
TABLE_CHANGED = 1412  # ER_TABLE_DEF_CHANGED: a DDL at the source since the snapshot was taken

_TRIGGERS = """
    SELECT TRIGGER_NAME AS name, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_TIMING, ACTION_ORDER, ACTION_STATEMENT,
           SQL_MODE, DEFINER, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION
      FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s"""
_EVENTS = """
    SELECT EVENT_NAME AS name, DEFINER, TIME_ZONE, EVENT_DEFINITION, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE,
           INTERVAL_FIELD, SQL_MODE, STARTS, ENDS, STATUS, ON_COMPLETION, EVENT_COMMENT, CHARACTER_SET_CLIENT,
           COLLATION_CONNECTION, DATABASE_COLLATION
      FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s"""
# What SHOW CREATE shows, and is no difference
_NO_DEFINITION = (
    # The next value of a counter; a restart of 5.6 alone changes it.
    (re.compile(r"^(\).*?) AUTO_INCREMENT=\d+", re.M), r"\1"),
    # Newer servers name a character set, or leave it to the collation, by how the column was once written.
    (re.compile(r"CHARACTER SET (\w+) (?=COLLATE \1_)"), ""),
)
NO_FILTERS = Filters({})


@contextlib.contextmanager
def snapshot(source: Server, lock_timeout: int) -> Iterator[GtidSet]:
    """Hold one consistent snapshot of the source; gives the GTID set that it stands for.

    Writes at the source wait while the set is read: for an instant, and for lock_timeout seconds at the longest, after
    which ServerError is raised. This is what mysqldump --single-transaction does.
    """
    source.execute("SET SESSION lock_wait_timeout = %s", (lock_timeout,))
    source.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    source.execute("FLUSH LOCAL TABLES WITH READ LOCK")
    try:
        source.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        gtids = observe.executed_gtids(source)
    finally:
        source.execute("UNLOCK TABLES")
    yield gtids


@contextlib.contextmanager
def applier_stopped(replica: Server, channel: str) -> Iterator[None]:
    """The applier at rest inside, as it was after: running when it ran before."""
    suffix = channel_suffix(replica, channel)
    mine = [one for one in observe.channels(replica) if one.name == channel]
    ran = bool(mine) and mine[0].applier == "running"
    replica.execute(replica.say("stop_applier") + suffix)
    try:
        yield
    finally:
        if ran:
            replica.execute(replica.say("stop_applier") + suffix)
            replica.execute(replica.say("start_applier") + suffix)


def apply_exactly(replica: Server, channel: str, gtids: GtidSet, timeout: float) -> None:
    """Let the stopped applier go on to exactly this set and stop again; NotReached when it does not come there."""
    deadline = time.time() + timeout
    suffix = channel_suffix(replica, channel)
    if not gtids <= observe.executed_gtids(replica):
        replica.execute(
            "%s = %s%s" % (replica.say("start_applier_until"), "%s", suffix.replace("%", "%%")), (str(gtids),)
        )
    while True:
        seen = [one for one in observe.channels(replica) if one.name == channel]
        executed = observe.executed_gtids(replica)
        arrived = gtids <= executed
        if arrived and (not seen or seen[0].applier == "stopped"):
            return
        failure = seen[0].applier_failure if seen else None
        if failure or time.time() > deadline:
            raise NotReached(
                failure.text if failure else "the replica did not come to the source's set within %d s" % timeout,
                where="channel '%s'" % channel,
                untouched="the data",
                next_step="missing: %s" % str(gtids - executed)[:400],
            )
        time.sleep(PAUSE)


def channel_suffix(server: Server, channel: str) -> str:
    return server.say("for_channel") + server.literal(channel) if server.dialect.knows("for_channel") else ""


def read_side(server: Server, schemas: List[str], filters: Filters = NO_FILTERS, with_rows: bool = True) -> Side:
    """Definitions and checksums of these schemas, as far as they exist here and the channel's filters let them pass."""
    definitions: Dict[ObjectName, str] = {}
    checksums: Dict[Tuple[str, str], Optional[int]] = {}
    left_out: Set[Tuple[str, str]] = set()
    for row in server.rows(
        "SELECT SCHEMA_NAME AS name, DEFAULT_CHARACTER_SET_NAME AS cs, DEFAULT_COLLATION_NAME AS co"
        " FROM information_schema.SCHEMATA"
    ):
        schema = row["name"]
        if schema not in schemas:
            continue
        if replicates_schema(filters, schema):
            definitions[("schema", schema, "")] = "%s %s" % (row["cs"], row["co"])
            definitions.update(_objects(server, schema))
        for name, kind in _tables(server, schema):
            if not replicates(filters, schema, name):
                left_out.add((schema, name))
                continue
            definitions[(kind, schema, name)] = _show_create(server, kind, schema, name)
            if kind == "table" and with_rows:
                checksums[(schema, name)] = _checksum(server, schema, name)
        definitions.update(_triggers(server, schema, filters))
    return Side(definitions, checksums, frozenset(left_out))


def _tables(server: Server, schema: str) -> List[Tuple[str, str]]:
    rows = server.rows(
        "SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s",
        (schema,),
    )
    return [(row["name"], "view" if row["type"] == "VIEW" else "table") for row in rows]


def _show_create(server: Server, kind: str, schema: str, name: str) -> str:
    row = server.rows("SHOW CREATE %s %s" % (kind.upper(), identifier(schema, name)))[0]
    text = row["Create View" if kind == "view" else "Create Table"]
    for pattern, replacement in _NO_DEFINITION:
        text = pattern.sub(replacement, text)
    return str(text)


def _triggers(server: Server, schema: str, filters: Filters) -> Iterator[Tuple[ObjectName, str]]:
    """A filter that keeps a table out keeps its triggers out."""
    for row in server.rows(_TRIGGERS, (schema,)):
        if replicates(filters, schema, row["EVENT_OBJECT_TABLE"]):
            yield ("trigger", schema, row.pop("name")), _lines(row)


def _objects(server: Server, schema: str) -> Iterator[Tuple[ObjectName, str]]:
    """What belongs to a schema and to no table."""
    for row in server.rows(_EVENTS, (schema,)):
        name = row.pop("name")
        yield ("event state", schema, name), row.pop("STATUS")
        yield ("event", schema, name), _lines(row)
    for row in server.rows(
        "SELECT ROUTINE_TYPE AS kind, ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s",
        (schema,),
    ):
        shown = server.rows("SHOW CREATE %s %s" % (row["kind"], identifier(schema, row["name"])))[0]
        yield (row["kind"].lower(), schema, row["name"]), _lines(shown)


def _lines(row: Dict[str, Any]) -> str:
    return "\n".join("%s: %s" % (name.upper(), row[name]) for name in sorted(row))


def _checksum(server: Server, schema: str, name: str) -> Optional[int]:
    if _has_functional_key(server, schema, name):
        return _row_digest(server, schema, name)
    row = server.rows("CHECKSUM TABLE %s" % identifier(schema, name))[0]
    if row["Checksum"] is None:
        for warning in server.rows("SHOW WARNINGS"):
            if warning["Code"] == TABLE_CHANGED:
                raise Interrupted("table %s.%s was altered at the source while it was read" % (schema, name))
        return None
    return int(row["Checksum"])


def _has_functional_key(server: Server, schema: str, name: str) -> bool:
    if not server.dialect.knows("functional_keys"):
        return False
    sql = (
        "SELECT COUNT(*) FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND EXPRESSION IS NOT NULL"
    )
    return bool(server.value(sql, (schema, name)))


def _row_digest(server: Server, schema: str, name: str) -> int:
    columns = server.rows(
        "SELECT COLUMN_NAME AS name, DATA_TYPE AS type FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
        (schema, name),
    )
    return int(server.value(row_digest(schema, name, [(column["name"], column["type"]) for column in columns])))
