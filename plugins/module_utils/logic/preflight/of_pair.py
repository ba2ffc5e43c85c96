# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the source, and of source and replica together. Pure."""

from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL, Dialect, parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    NOTE,
    OVERRULE,
    REFUSE,
    WARN,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen

CLOCKS_APART = 5.0  # seconds

# Series with long support. A replica may be of the source's series, of the next of these, or of one between them:
# reference manual, "Replication Compatibility Between MySQL Versions" and "Upgrade Paths".
SUPPORTED_SERIES: List[Tuple[int, int]] = [(5, 5), (5, 6), (5, 7), (8, 0), (8, 4), (9, 7)]
# Series whose applier reads an intact relay log as damaged when the servers' checksums are not the same: 5.6.24 does,
# with either server the one without; 9.7.4 does not.
CONFUSED_BY_CHECKSUMS: List[Tuple[int, int]] = [(5, 6)]


def source_unreachable(facts: Facts) -> Optional[Seen]:
    if facts.source["reachable"]:
        return None
    return Seen(
        "the source does not answer: %s" % facts.source["error"],
        facts.source["address"],
        "check host, port, account and network from the replica's host",
    )


def replica_is_source(facts: Facts) -> Optional[Seen]:
    uuid = facts.server["server_uuid"]
    if not uuid or facts.source["server_uuid"] != uuid or _place(facts.server) != _place(_source_settings(facts)):
        return None
    return Seen(
        "the server to rebuild is the source itself (server_uuid %s)" % uuid,
        facts.address,
        "correct the login or the source variables",
    )


def same_server_uuid(facts: Facts) -> Optional[Seen]:
    uuid = facts.server["server_uuid"]
    if not uuid or facts.source["server_uuid"] != uuid or replica_is_source(facts):
        return None
    return Seen(
        "replica and source have the same server_uuid (%s): one is a copy of the other's data directory" % uuid,
        facts.address,
        "stop mysqld on the replica, move auto.cnf out of its datadir, start it: it makes a new one",
    )


def same_server_id(facts: Facts) -> Optional[Seen]:
    mine = facts.server.get("server_id")
    if not mine or facts.source.get("server_id") != mine or replica_is_source(facts):
        return None
    return Seen(
        "replica and source have the same server_id (%d): the receiver would not start" % mine,
        facts.address,
        "give the replica one of its own: server_id in its option file, and SET GLOBAL server_id",
    )


def server_id_unset(facts: Facts) -> Optional[Seen]:
    unset = [
        where
        for where, server in ((facts.address, facts.server), (facts.source["address"], facts.source))
        if server.get("server_id") == 0
    ]
    if not unset:
        return None
    return Seen(
        "server_id is 0, with which no server replicates",
        ", ".join(unset),
        "give it one of its own: server_id in its option file, and SET GLOBAL server_id",
    )


def source_gtids_off(facts: Facts) -> Optional[Seen]:
    there = _source_settings(facts)
    needed = (("gtid_mode", "ON"), ("log_bin", "ON"))
    wrong = ["%s=%s" % (name, there.get(name)) for name, value in needed if there.get(name, value).upper() != value]
    if not wrong:
        return None
    return Seen(
        "the source cannot be followed with GTIDs: %s" % ", ".join(wrong),
        facts.source["address"],
        "set gtid_mode=ON, enforce_gtid_consistency=ON and log_bin on the source",
    )


def version_pair(facts: Facts) -> Optional[Seen]:
    try:
        source, here = parse_version(facts.source["version"]), parse_version(facts.server["version"])
    except BadInput:
        return None
    if here.flavor != MYSQL or _may_follow(source, here):
        return None
    series = source.version.series
    above = _next_supported(series)
    fine = "of %d.%d" % series + (" or newer, up to %d.%d" % above if above else " or newer")
    return Seen(
        "the source runs %s %s and the replica %s: MySQL does not support that pair"
        % (source.flavor, source.version, here.version),
        facts.address,
        "a MySQL source of %d.%d is followed by a replica %s" % (series[0], series[1], fine)
        if source.flavor == MYSQL
        else "this collection rebuilds replicas of MySQL from MySQL",
    )


def checksums_differ(facts: Facts) -> Optional[Seen]:
    here, there = (one.get("binlog_checksum") for one in (facts.seen.get("settings", {}), _source_settings(facts)))
    if not here or not there or here.upper() == there.upper():
        return None
    if parse_version(facts.server["version"]).version.series not in CONFUSED_BY_CHECKSUMS:
        return None
    return Seen(
        "binlog_checksum is %s on the source and %s on the replica: after the next restart of its applier this series"
        " takes intact relay logs for damaged (error 1594 or 1064)" % (there, here),
        facts.address,
        "SET GLOBAL binlog_checksum = '%s' on the replica, and in its option file" % there,
    )


def clocks_apart(facts: Facts) -> Optional[Seen]:
    here, there = facts.seen.get("clock_offset"), facts.source.get("clock_offset")
    if here is None or there is None or abs(here - there) <= CLOCKS_APART:
        return None
    apart = here - there
    return Seen(
        "the replica's clock is %.0f s %s the source's: lag would be told wrongly"
        % (abs(apart), "ahead of" if apart > 0 else "behind"),
        facts.address,
        "have both hosts synchronise their clocks (chronyc tracking, timedatectl)",
    )


def binlog_format(facts: Facts) -> Optional[Seen]:
    there = _source_settings(facts).get("binlog_format", "ROW")
    if there.upper() == "ROW":
        return None
    return Seen(
        "the source logs statements (binlog_format=%s): one that is not deterministic leaves other rows here" % there,
        facts.source["address"],
        "set binlog_format=ROW on the source, or let the comparison at the end tell",
    )


def row_image(facts: Facts) -> Optional[Seen]:
    there = _source_settings(facts).get("binlog_row_image", "FULL")
    if there.upper() == "FULL":
        return None
    return Seen(
        "the source logs parts of rows (binlog_row_image=%s): an applier notices fewer differences" % there,
        facts.source["address"],
        "binlog_row_image=FULL on the source, where its size allows that",
    )


def source_filters(facts: Facts) -> Optional[Seen]:
    found = facts.source.get("binlog_filters")
    if not found:
        return None
    return Seen(
        "the source does not log everything: %s; what is left out comes with the dump and never changes again"
        % ", ".join("%s=%s" % item for item in sorted(found.items())),
        facts.source["address"],
        "take the filter out of the source's option file, or let the replica filter",
    )


def replica_filters(facts: Facts) -> Optional[Seen]:
    found = facts.seen.get("filters")
    if not found:
        return None
    told = ["%s=%s" % rule for name in sorted(found) for rule in sorted(found[name].items())]
    return Seen(
        "the replica filters what it applies: %s; filtered tables come with the dump, and are not compared"
        % ", ".join(told),
        facts.address,
        "see that this is meant: filters are kept",
    )


def _source_settings(facts: Facts) -> Dict[str, str]:
    found: Dict[str, str] = facts.source.get("settings") or {}
    return found


def _place(settings: Dict[str, Any]) -> Tuple[str, int]:
    return str(settings.get("hostname")), int(settings.get("port") or 0)


def _may_follow(source: Dialect, replica: Dialect) -> bool:
    if source.flavor != replica.flavor or replica.version.series < source.version.series:
        return False
    above = _next_supported(source.version.series)
    return above is None or replica.version.series <= above


def _next_supported(series: Tuple[int, int]) -> Optional[Tuple[int, int]]:
    return next((one for one in SUPPORTED_SERIES if one > series), None)


_PAIR = ("replica", "source")

CHECKS: List[Check] = [
    Check("source_unreachable", REFUSE, "source", (), "The source does not answer.", None, source_unreachable),
    Check(
        "replica_is_source",
        REFUSE,
        "pair",
        _PAIR,
        "The server to rebuild is the source itself.",
        None,
        replica_is_source,
    ),
    Check("same_server_uuid", REFUSE, "pair", _PAIR, "Two servers have one server_uuid.", None, same_server_uuid),
    Check("same_server_id", REFUSE, "pair", _PAIR, "Replica and source have one server_id.", None, same_server_id),
    Check("server_id_unset", REFUSE, "pair", _PAIR, "A server has no server_id.", None, server_id_unset),
    Check(
        "source_gtids_off",
        REFUSE,
        "source",
        ("source",),
        "The source cannot be followed with GTIDs, or has no binary log.",
        None,
        source_gtids_off,
    ),
    Check(
        "version_pair",
        REFUSE,
        "pair",
        _PAIR,
        "MySQL does not support replication from the source's version to the replica's.",
        OVERRULE,
        version_pair,
    ),
    Check(
        "binlog_checksums_differ",
        REFUSE,
        "pair",
        _PAIR,
        "The servers' checksums differ, which 5.6 cannot cope with.",
        OVERRULE,
        checksums_differ,
    ),
    Check("clocks_apart", WARN, "pair", _PAIR, "The servers' clocks differ by more than 5 s.", None, clocks_apart),
    Check(
        "source_logs_statements",
        WARN,
        "source",
        ("source",),
        "The source logs statements rather than rows.",
        None,
        binlog_format,
    ),
    Check("source_logs_partial_rows", NOTE, "source", ("source",), "The source logs parts of rows.", None, row_image),
    Check(
        "source_filters_its_log",
        WARN,
        "source",
        ("source",),
        "The source's binary log leaves schemas out.",
        None,
        source_filters,
    ),
    Check("replica_filters", WARN, "replica", ("replica",), "The replica has filters.", None, replica_filters),
]
