# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When may a server forget its GTIDs and claim others? Pure.

RESET MASTER is accepted on a running replica and with live downstreams, without a warning, and breaks both later (seen
on 5.6.24 and 9.7.4), so everything the server does not ask is asked here, before the first step.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step

NOTHING = "everything: no binary log and no GTID was changed"


class Observed(NamedTuple):
    """binary_logs: paths on the server's host, [] when the binary log is off. source: observe.source_view()."""

    address: str
    server_uuid: str
    executed: GtidSet
    purged: GtidSet
    channels: List[str]
    downstreams: List[Dict[str, Any]]
    binary_logs: List[str]
    source: Optional[Dict[str, Any]]
    reset_statement: str

    def describe(self) -> Dict[str, Any]:
        return {"gtid_executed": str(self.executed), "gtid_purged": str(self.purged)}


class Wish(NamedTuple):
    """What the operator wants, and takes on."""

    gtids: GtidSet
    allow_downstream: bool
    allow_errant: bool
    backup_dir: Optional[str]


def errant(seen: Observed, wish: Wish) -> GtidSet:
    """Transactions that would be lost: executed here, and neither at the source nor in the set that will be claimed.

    Without a source that answers, only the wished set can vouch for a transaction.
    """
    unknown = seen.executed - wish.gtids
    if seen.source is not None and seen.source["reachable"]:
        return unknown - GtidSet.parse(seen.source["gtid_executed"])
    return unknown


def plan(seen: Observed, wish: Wish) -> Plan:
    """Steps from what is seen to ``gtid_executed == wish.gtids``. Raises Refused for what would be broken."""
    before = seen.describe()
    if seen.executed == wish.gtids:
        return Plan([], before, before)
    guard(seen, wish)
    steps = []
    if seen.executed:
        if seen.binary_logs:
            steps.append(
                Step(
                    "quarantine_binary_logs",
                    seen.address,
                    "hard-link %d binary logs into %s" % (len(seen.binary_logs), wish.backup_dir),
                    "the next step deletes them",
                )
            )
        steps.append(Step("reset", seen.address, seen.reset_statement, "gtid_executed is %s" % seen.executed))
    if wish.gtids:
        steps.append(
            Step(
                "set_gtid_purged",
                seen.address,
                "SET GLOBAL gtid_purged = '%s'" % wish.gtids,
                "the data on this server is that of these transactions",
            )
        )
    return Plan(steps, before, {"gtid_executed": str(wish.gtids), "gtid_purged": str(wish.gtids)})


def guard(seen: Observed, wish: Wish) -> None:
    """Raise Refused when a reset, or the new set, would break something. Asked again right before the reset."""
    if seen.source is not None:
        _guard_source(seen, wish)
    if seen.channels:
        raise Refused(
            "the server is still a replica (channels: %s): its relay logs would be applied again after a reset"
            % ", ".join("'%s'" % name for name in seen.channels),
            where=seen.address,
            untouched=NOTHING,
            next_step="remove the channels first: mysql_replication_source with state=absent",
        )
    if seen.downstreams and not wish.allow_downstream:
        raise Refused(
            "other servers replicate from this one: %s" % "; ".join(_name(below) for below in seen.downstreams),
            where=seen.address,
            untouched=NOTHING,
            next_step="point them at another source, or take their rebuild on with allow_downstream=true",
        )
    lost = errant(seen, wish)
    if lost and not wish.allow_errant:
        raise Refused(
            "transactions that only this server is known to have would be lost: %s" % lost,
            where=seen.address,
            untouched=NOTHING,
            next_step="save or replay them (mysqlbinlog --include-gtids), or take the loss on with allow_errant=true",
            errant_gtids=str(lost),
        )
    if seen.executed and seen.binary_logs and not wish.backup_dir:
        raise Refused(
            "a reset deletes %d binary logs and there is no directory to keep them in" % len(seen.binary_logs),
            where=seen.address,
            untouched=NOTHING,
            next_step="give backup_dir",
        )


def _guard_source(seen: Observed, wish: Wish) -> None:
    source = seen.source or {}
    if not source["reachable"]:
        raise Refused(
            "the source does not answer, so nobody can vouch for the transactions here: %s" % source["error"],
            where=source["address"],
            untouched=NOTHING,
            next_step="make the source reachable with the account given, or leave the source options out",
        )
    if source["server_uuid"] == seen.server_uuid:
        raise Refused(
            "this server is the source itself",
            where=seen.address,
            untouched=NOTHING,
            next_step="look at login_* and source_*: both lead to server %s" % seen.server_uuid,
        )
    beyond = wish.gtids - GtidSet.parse(source["gtid_executed"])
    if beyond:
        raise Refused(
            "the set to claim holds transactions that the source does not have: %s" % beyond,
            where=source["address"],
            untouched=NOTHING,
            next_step="the dump is of another server, or the source was reset after it was made: take a new one",
        )


def _name(below: Dict[str, Any]) -> str:
    if below["connected"]:
        return "connected now from %s as %s" % (below["host"], below["user"])
    return "registered: %s:%s, server %s" % (below["host"] or "?", below["port"], below["uuid"])
