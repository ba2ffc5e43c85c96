# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the replica, made where its server answers. Pure."""

from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL, parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    NOTE,
    REFUSE,
    WARN,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen


def not_mysql(facts: Facts) -> Optional[Seen]:
    if facts.server["flavor"] == MYSQL:
        return None
    return Seen(
        "the server is %s %s, whose GTIDs are of another kind" % (facts.server["flavor"], facts.server["version"]),
        facts.address,
        "this collection rebuilds replicas of MySQL",
    )


def gtids_off(facts: Facts) -> Optional[Seen]:
    needed = {"gtid_mode": "ON", "enforce_gtid_consistency": "ON", "log_bin": True}
    wrong = [
        "%s=%s" % (name, facts.server[name]) for name, value in sorted(needed.items()) if facts.server[name] != value
    ]
    if not wrong:
        return None
    return Seen(
        "the replica cannot follow with GTIDs: %s" % ", ".join(wrong),
        facts.address,
        "set gtid_mode=ON, enforce_gtid_consistency=ON and log_bin in its option file and restart it",
    )


def updates_not_logged(facts: Facts) -> Optional[Seen]:
    """Before there was a table for them, GTIDs of applied transactions were nowhere but in the binary log."""
    if facts.server.get("log_replica_updates") is not False:
        return None
    if parse_version(facts.server["version"]).version >= _GTID_TABLE_SINCE:
        return None
    return Seen(
        "log_slave_updates is off: this series forgets what it has applied, and does not start with gtid_mode=ON",
        facts.address,
        "set log_slave_updates in its option file and restart it",
    )


def metadata_unusable(facts: Facts) -> Optional[Seen]:
    if facts.seen["metadata"] != "unusable" or facts.asked.reinitialize:
        return None
    return Seen(
        "the server cannot use its replication metadata: %s" % facts.seen["metadata_evidence"],
        facts.address,
        "repair the system tables slave_master_info and slave_relay_log_info first",
    )


def other_channels(facts: Facts) -> Optional[Seen]:
    others = [name for name in facts.seen["channels"] if name != facts.asked.channel]
    if not others:
        return None
    return Seen(
        "the server follows other sources, too (channels %s), and a reset would cut them off"
        % ", ".join(repr(o) for o in others),
        facts.address,
        "a server with several sources cannot be rebuilt from one dump",
    )


def errant(facts: Facts) -> Optional[Seen]:
    here = GtidSet.parse(facts.server["gtid_executed"]) | GtidSet.parse(facts.seen["retrieved"])
    only_here = here - facts.source_executed
    if facts.asked.allow_errant or not only_here:
        return None
    return Seen(
        "%d transactions exist only on this server: %s" % (len(only_here), only_here),
        facts.address,
        "save them first, or take the loss on with mysql_replica_allow_errant=true (binary logs go to quarantine)",
    )


def extra_schemas(facts: Facts) -> Optional[Seen]:
    # A dump that is cut, or names no schema, does not tell which ones it lacks.
    told = facts.dump["complete"] and facts.dump["databases"]
    if facts.asked.extra_schemas != "fail" or not told or not facts.extra:
        return None
    return Seen(
        "schemas that are not in the dump: %s" % ", ".join(facts.extra),
        facts.address,
        "say what becomes of them with mysql_replica_extra_schemas=keep or drop",
    )


def another_run(facts: Facts) -> Optional[Seen]:
    if not facts.seen.get("another_run"):
        return None
    return Seen(
        "another run is at work on this replica: %s" % facts.seen["another_run"],
        facts.address,
        "wait until it has ended, or end it, then run the same command again",
    )


def recovery_off(facts: Facts) -> Optional[Seen]:
    if facts.server.get("relay_log_recovery") is not False:
        return None
    return Seen(
        "relay_log_recovery is off: after a crash the replica goes on with relay logs that may be cut",
        facts.address,
        "set relay_log_recovery=ON in its option file once it replicates by GTID and its source keeps its logs",
    )


def restart_pending(facts: Facts) -> Optional[Seen]:
    waiting = ["%s is %s, and %s after it" % (name, now, then) for name, then, now in facts.seen.get("persisted") or ()]
    watch = facts.seen.get("watch")
    if watch and watch.replaced:
        waiting.append("the program of the server was replaced (a package update)")
    if not waiting:
        return None
    return Seen(
        "a restart would change the server: %s" % "; ".join(waiting[:_SHOWN]),
        facts.address,
        "restart it first, so that nothing changes in the middle, or RESET PERSIST what is not meant",
    )


def supervised(facts: Facts) -> Optional[Seen]:
    return None if facts.asked.reinitialize else _supervised(facts)


def supervised_reinitialize(facts: Facts) -> Optional[Seen]:
    return _supervised(facts) if facts.asked.reinitialize else None


def _supervised(facts: Facts) -> Optional[Seen]:
    watch = facts.seen.get("watch")
    if not watch or not watch.supervisors:
        return None
    return Seen(
        "the server is started again when it ends, by %s" % ", ".join(watch.supervisors),
        facts.address,
        "have it stopped by its service manager (mysql_replica_service_manager), never by a kill",
    )


_SHOWN = 5  # of a list, in a message
# Reference manual, "mysql.gtid_executed Table"
_GTID_TABLE_SINCE = (5, 7, 5)

CHECKS: List[Check] = [
    Check(
        "not_mysql",
        REFUSE,
        "replica",
        ("replica",),
        "The server is no MySQL; MariaDB has GTIDs of another kind.",
        None,
        not_mysql,
    ),
    Check(
        "gtids_off",
        REFUSE,
        "replica",
        ("replica",),
        "The replica cannot follow with GTIDs, or has no binary log.",
        None,
        gtids_off,
    ),
    Check(
        "replication_metadata_unusable",
        REFUSE,
        "replica",
        ("replica",),
        "The server cannot use its replication metadata.",
        "mysql_replica_reinitialize",
        metadata_unusable,
    ),
    Check(
        "other_channels",
        REFUSE,
        "replica",
        ("replica",),
        "The server follows other sources, too, and a reset would cut them off.",
        None,
        other_channels,
    ),
    Check(
        "errant_transactions",
        REFUSE,
        "replica",
        ("replica", "source"),
        "Transactions exist only on this server.",
        "mysql_replica_allow_errant",
        errant,
    ),
    Check(
        "extra_schemas",
        REFUSE,
        "replica",
        ("replica",),
        "The replica has schemas that are not in the dump.",
        "mysql_replica_extra_schemas",
        extra_schemas,
    ),
    Check(
        "replica_updates_not_logged",
        REFUSE,
        "replica",
        ("replica",),
        "A replica of 5.6 does not log what it applies, which it needs for GTIDs.",
        None,
        updates_not_logged,
    ),
    Check("another_run", REFUSE, "replica", ("replica",), "Another run is at work on this replica.", None, another_run),
    Check(
        "relay_log_recovery_off",
        NOTE,
        "replica",
        ("replica",),
        "The replica does not discard relay logs that a crash may have cut.",
        None,
        recovery_off,
    ),
    Check(
        "restart_pending",
        WARN,
        "replica",
        ("replica",),
        "The next restart would change the server: settings that are persisted, or its program.",
        None,
        restart_pending,
    ),
    Check(
        "supervised",
        NOTE,
        "replica",
        ("replica",),
        "Something starts the server again when it ends.",
        None,
        supervised,
    ),
    Check(
        "supervised_while_reinitialized",
        WARN,
        "replica",
        ("replica",),
        "Something starts the server again when it ends, and its data directory is to be replaced.",
        None,
        supervised_reinitialize,
    ),
]
