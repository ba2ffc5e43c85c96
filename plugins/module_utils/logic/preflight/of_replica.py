# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the replica, made where its server answers. Pure."""

from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import REFUSE, Check
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


def downstreams(facts: Facts) -> Optional[Seen]:
    below = facts.seen["downstreams"]
    if facts.asked.allow_downstream or not below:
        return None
    return Seen(
        "%d entries show servers that replicate from this one: %s" % (len(below), below[0]),
        facts.address,
        "point them at the source, or take their rebuild on with mysql_replica_allow_downstream=true",
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
        "live_downstreams",
        REFUSE,
        "replica",
        ("replica",),
        "Other servers replicate from this one.",
        "mysql_replica_allow_downstream",
        downstreams,
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
]
