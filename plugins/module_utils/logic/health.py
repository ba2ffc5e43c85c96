# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is this a replica that needs nothing? Judged by replication and GTIDs, never by rows. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import RUNNING, Channel


class Finding(NamedTuple):
    """One fact that stands in the way. id is a contract; fact is a sentence; where is the place it was seen."""

    id: str
    fact: str
    where: str

    def public(self) -> Dict[str, str]:
        return dict(self._asdict())


def judge(
    seen: List[Channel],
    name: str,
    metadata: str,
    executed: GtidSet,
    stalled: List[str],
    source: Optional[Dict[str, Any]],
    errant: Optional[GtidSet],
) -> List[Finding]:
    """What is wrong with the channel ``name``; an empty list is a healthy replica.

    source: server/observe.py's source_view(), None when the source was not asked. errant: None when unknown.
    """
    where = "channel '%s'" % name
    mine = [channel for channel in seen if channel.name == name]
    if not mine:
        if metadata == "unusable":
            return [Finding("replication_metadata_unusable", "the server cannot read its replication metadata", where)]
        return [Finding("no_channel", "the server is not a replica on this channel", where)]
    found = _of_channel(mine[0], where, stalled)
    if source is not None:
        found += _of_source(mine[0], where, executed, source)
    if errant:
        found.append(Finding("errant_transactions", "transactions that the source does not have: %s" % errant, where))
    return found


def _of_channel(channel: Channel, where: str, stalled: List[str]) -> List[Finding]:
    found = []
    if not channel.auto_position:
        found.append(Finding("no_auto_position", "the channel does not use GTID auto-position", where))
    for role, state, failure in (
        ("receiver", channel.receiver, channel.receiver_failure),
        ("applier", channel.applier, channel.applier_failure),
    ):
        if failure is not None:
            found.append(
                Finding(
                    "%s_%s" % (role, failure.cause), "%s: error %d: %s" % (role, failure.errno, failure.text), where
                )
            )
        elif state != RUNNING:
            found.append(Finding("%s_%s" % (role, state), "the %s is %s" % (role, state), where))
    if channel.name in stalled:
        found.append(
            Finding("applier_stalled", "the applier says it has read everything, and transactions are missing", where)
        )
    return found


def _of_source(channel: Channel, where: str, executed: GtidSet, source: Dict[str, Any]) -> List[Finding]:
    if not source["reachable"]:
        return []  # a source that does not answer is no fault of the replica; the receiver's own error tells it
    found = []
    if channel.source_uuid and channel.source_uuid != source["server_uuid"]:
        found.append(
            Finding(
                "other_source",
                "the channel follows server %s, not %s at %s"
                % (channel.source_uuid, source["server_uuid"], source["address"]),
                where,
            )
        )
    purged = GtidSet.parse(source["gtid_purged"]) - executed - GtidSet.parse(channel.retrieved_gtids)
    if purged:
        found.append(
            Finding("source_purged", "the source has purged transactions that are missing here: %s" % purged, where)
        )
    return found
