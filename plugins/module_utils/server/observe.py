# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server says of itself. Read only: nothing here changes a server or leaves a trace in its binary log."""

import os
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import as_read, for_channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import (
    CONNECTING,
    RUNNING,
    Channel,
    read_channels,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server

INDEX_GONE = 1.0  # seconds: 5.6 removes the index before it renames the new one to its name, at each purge
CONNECT_LOOK = 10.0  # seconds for a receiver to connect or to say why not
STALL_LOOK = 2.0  # seconds between the two looks that tell an applier at rest from one that hangs

_FACTS = (
    "server_uuid",
    "server_id",
    "hostname",
    "port",
    "socket",
    "datadir",
    "read_only",
    "super_read_only",
    "gtid_mode",
    "enforce_gtid_consistency",
    "log_bin",
    "log_slave_updates",
    "log_replica_updates",
    "relay_log_recovery",
    "event_scheduler",
    "log_error",
)
# What decides whether a crash or a change of name does harm; a server shows each as text
_SETTINGS = (
    "relay_log",
    "relay_log_basename",
    "relay_log_index",
    "master_info_repository",
    "relay_log_info_repository",
    "binlog_checksum",
    "sync_binlog",
    "innodb_flush_log_at_trx_commit",
    "sync_relay_log",
)


def server_facts(server: Server) -> Dict[str, Any]:
    """Identity, settings and GTID sets of a server; a setting that it does not have is None.

    server_uuid and the GTID sets are '' and absent, in effect, on MariaDB, whose GTIDs are of another kind.
    """
    found = server.variables(*_FACTS, *_SETTINGS)
    facts: Dict[str, Any] = {name: found.get(name) for name in _FACTS if name != "log_slave_updates"}
    facts["log_replica_updates"] = found.get("log_replica_updates", found.get("log_slave_updates"))
    for name in ("read_only", "super_read_only", "log_bin", "log_replica_updates", "relay_log_recovery"):
        facts[name] = None if facts[name] is None else facts[name].upper() in ("ON", "1")
    for name in ("port", "server_id"):
        facts[name] = int(facts[name])
    facts["settings"] = {name: found.get(name) for name in _SETTINGS}
    facts["log_error"] = error_log(found)
    facts["version"] = server.value("SELECT @@version")
    facts["flavor"] = server.dialect.flavor
    facts["uptime"] = int(server.rows("SHOW GLOBAL STATUS LIKE 'Uptime'")[0]["Value"])
    facts["gtid_executed"] = str(executed_gtids(server))
    facts["gtid_purged"] = str(purged_gtids(server))
    return facts


def error_log(variables: Dict[str, str]) -> Optional[str]:
    """Path of the error log, from log_error and datadir; None for a server that writes to its standard error output."""
    name = variables.get("log_error") or ""
    return None if name in ("", "stderr") else os.path.normpath(os.path.join(variables.get("datadir") or "", name))


def server_uuid(server: Server) -> str:
    """'' where there is none (MariaDB)."""
    return server.variables("server_uuid").get("server_uuid", "")


def executed_gtids(server: Server) -> GtidSet:
    return _gtid_variable(server, "gtid_executed")


def purged_gtids(server: Server) -> GtidSet:
    return _gtid_variable(server, "gtid_purged")


def _gtid_variable(server: Server, name: str) -> GtidSet:
    # SHOW VARIABLES cuts long values at 1024 characters on 5.6: a set has to be selected.
    if name not in server.variables(name):
        return GtidSet()
    return GtidSet.parse(server.value("SELECT @@GLOBAL.%s" % name))


def channels(server: Server) -> List[Channel]:
    return read_channels(server.rows(server.say("show_replica_status")))


def settled_channels(server: Server) -> List[Channel]:
    """As channels(), but a receiver that has only just begun to connect is given time to come to a result."""
    deadline = time.time() + CONNECT_LOOK
    while True:
        seen = channels(server)
        undecided = [one for one in seen if one.receiver == CONNECTING and one.receiver_failure is None]
        if not undecided or time.time() > deadline:
            return seen
        time.sleep(0.2)


def retrieved_gtids(seen: List[Channel]) -> GtidSet:
    """What the relay logs of all channels hold or have held."""
    retrieved = GtidSet()
    for channel in seen:
        retrieved = retrieved | GtidSet.parse(channel.retrieved_gtids)
    return retrieved


def stalled_channels(server: Server, seen: List[Channel]) -> List[str]:
    """Names of channels whose applier stands still and will not arrive, while retrieved transactions are missing.

    A missing last relay log does that on 5.6: both threads say Yes, nothing is applied, the lag is shown as 0. Where
    the log before it ends inside a transaction, the applier says "System lock" and its lag grows, as during a long
    transaction; but then the index names one log twice.
    """
    suspects = {channel.name: channel for channel in seen if _seems_stalled(server, channel)}
    if not suspects:
        return []
    time.sleep(STALL_LOOK)
    return sorted(
        channel.name
        for channel in channels(server)
        if channel.name in suspects
        and _seems_stalled(server, channel)
        and (channel.relay_log_file, channel.relay_log_pos)
        == (suspects[channel.name].relay_log_file, suspects[channel.name].relay_log_pos)
    )


def _seems_stalled(server: Server, channel: Channel) -> bool:
    missing = GtidSet.parse(channel.retrieved_gtids) - GtidSet.parse(channel.executed_gtids)
    if not missing or channel.applier != RUNNING:
        return False
    at_rest = "has read all relay log" in channel.applier_state or channel.seconds_behind_source == 0
    return at_rest or _index_misleads(server, channel.name)


def downstreams(server: Server) -> List[Dict[str, Any]]:
    """Who replicates from this server: connected now (``connected`` true, with its session), or registered.

    A downstream may be disconnected at this moment, so an empty list proves nothing (DESIGN, safety rules).
    """
    found: List[Dict[str, Any]] = [
        dict(connected=True, session=int(row["ID"]), user=row["USER"], host=row["HOST"], seconds=int(row["TIME"] or 0))
        for row in server.rows(
            "SELECT ID, USER, HOST, TIME FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"
        )
    ]
    for row in server.rows(server.say("show_replicas")):
        lower = {name.lower(): value for name, value in row.items()}
        found.append(
            dict(
                connected=False,
                server_id=int(lower["server_id"]),
                host=lower["host"],
                port=int(lower["port"]),
                uuid=lower.get("replica_uuid", lower.get("slave_uuid")),
            )
        )
    return found


# table, the setting that says whether it is used, how to see whether it can be read
_METADATA_TABLES = (
    ("slave_master_info", "master_info_repository", "SELECT COUNT(*) FROM mysql.slave_master_info"),
    ("slave_relay_log_info", "relay_log_info_repository", "SELECT COUNT(*) FROM mysql.slave_relay_log_info"),
)


class Metadata(NamedTuple):
    """state: ``present`` (there are channels), ``none`` (not a replica), ``unusable`` (looks like none, and is not)."""

    state: str
    evidence: Optional[str] = None


def replication_metadata(server: Server, seen: List[Channel]) -> Metadata:
    """Zero status rows are not "no replica": an unusable slave_master_info shows the same."""
    if seen:
        return Metadata("present")
    settings = server.variables("master_info_repository", "relay_log_info_repository", "datadir")
    rows = {}
    for table, setting, count in _METADATA_TABLES:
        if settings.get(setting, "TABLE").upper() != "TABLE":
            continue
        try:
            rows[table] = server.value(count)
        except ServerError as exc:
            return Metadata("unusable", "mysql.%s: %s" % (table, exc.found))
    if rows.get("slave_master_info"):
        told = "mysql.slave_master_info holds %s row(s) but the server shows no channel" % rows["slave_master_info"]
        return Metadata("unusable", told)
    if settings.get("master_info_repository", "TABLE").upper() == "FILE":
        path = os.path.join(settings["datadir"], "master.info")
        if os.path.exists(path):
            return Metadata("unusable", "%s exists but the server shows no channel" % path)
    return Metadata("none")


def source_view(login: Login) -> Dict[str, Any]:
    """The source's identity and GTID sets; ``reachable`` is false, with the error, when it does not answer."""
    try:
        with Server(login) as source:
            return source_facts(source)
    except ServerError as exc:
        return dict(reachable=False, error=str(exc), address=login.address)


def source_facts(source: Server) -> Dict[str, Any]:
    """source_view() of a source that answers."""
    facts = source.variables("server_uuid", "server_id", "binlog_checksum")
    return dict(
        reachable=True,
        error=None,
        address=source.login.address,
        server_uuid=facts.get("server_uuid"),
        server_id=int(facts["server_id"]),
        binlog_checksum=facts.get("binlog_checksum"),
        version=source.value("SELECT @@version"),
        gtid_executed=str(executed_gtids(source)),
        gtid_purged=str(purged_gtids(source)),
    )


def binary_logs(server: Server) -> List[str]:
    """Paths of the binary logs on the server's host, oldest first; [] when the binary log is off."""
    settings = server.variables("log_bin", "log_bin_basename")
    if settings["log_bin"].upper() not in ("ON", "1"):
        return []
    directory = os.path.dirname(settings["log_bin_basename"])
    return [os.path.join(directory, row["Log_name"]) for row in server.rows(server.say("show_binary_logs"))]


def relay_logs(server: Server, channel: str) -> List[str]:
    """Paths of a channel's relay logs on the server's host and of their index, as the index lists them.

    Logs that are gone are left out. [] when there is none, or when they cannot be read from here (another host's).
    """
    index, listed = relay_log_index(server, channel)
    there = [path for path in listed if os.path.isfile(path)]
    return there and [*there, index]


def relay_log_index(server: Server, channel: str) -> Tuple[str, List[str]]:
    """Path of the index and the paths that a server reads there, [] when it cannot be read."""
    settings = server.variables("relay_log_basename", "relay_log_index", "datadir")
    base = settings.get("relay_log_basename") or ""
    index = settings.get("relay_log_index") or base + ".index"
    if channel:
        # A named channel has its name before the extension (manual, "Replication Channel Naming Conventions").
        stem, name = index[: -len(".index")], channel.lower()
        index = (for_channel(stem, name) or "%s-%s" % (stem, name)) + ".index"
    index = os.path.join(settings["datadir"], index)
    deadline = time.time() + INDEX_GONE
    while base and not os.path.exists(index) and time.time() < deadline:
        time.sleep(INDEX_GONE / 100)
    try:
        with open(index, "rb") as source:
            names = [os.fsdecode(name) for name in as_read(source.read())]
    except OSError:
        return index, []
    return index, [os.path.normpath(os.path.join(settings["datadir"], name)) for name in names]


def _index_misleads(server: Server, channel: str) -> bool:
    """Whether the index names a log twice, or one that is not there: an applier that follows it never arrives."""
    _index, listed = relay_log_index(server, channel)
    return len(set(listed)) < len(listed) or not all(os.path.isfile(path) for path in listed)


def schemas(server: Server) -> List[str]:
    return [
        row["name"] for row in server.rows("SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA ORDER BY 1")
    ]
