# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the relay logs what keeps a replica from replicating, and may the source be asked for all of them again? Pure."""

import re
from typing import Any, Dict, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import (
    RUNNING,
    STOPPED,
    Channel,
    Failure,
)

NONE = "none"
REST = "rest"
LOGS = "logs"
LOST = "lost"
OTHER = "other"

# What an applier says that met bytes which are no event, or events without their beginning. 1064: a checksum taken for
# the end of a statement (5.6.24, replica without checksums, source with). 1778: statements of a log that was left out.
_CAUSES = ("relay_log_unreadable", "replication_metadata_unusable")
_SYMPTOMS = {1064: r"SQL syntax", 1778: r"GTID_NEXT", 1593: r"relay log", 13117: r"relay log"}


class Trouble(NamedTuple):
    """kind: ``none`` (it replicates), ``rest`` (the threads stand still, and the logs may well be whole), ``logs``
    (they have to be read), ``lost`` (no channel, and relay logs of one), ``other`` (no relay log is at fault).
    """

    kind: str
    reason: str


def judge(
    channel: Optional[Channel], unusable: Optional[str], stalled: bool, unfinished: bool, logs: int, stands: bool = True
) -> Trouble:
    """unusable: why the server cannot use its replication metadata. unfinished: a rescue has begun. logs: how many.

    stands: whether the server knows where its applier stands in them, and the index knows that log.
    """
    if unusable is not None:
        return Trouble(LOGS, "the server cannot use its replication metadata: %s" % unusable)
    if channel is None:
        if logs:
            return Trouble(LOST, "there is no such channel, and %d relay logs of one" % logs)
        return Trouble(OTHER, "the server is not a replica on this channel, and has no relay logs")
    if logs and not stands and not unfinished:
        return Trouble(LOGS, "it is not known where the applier stands in %d relay logs" % logs)
    if stalled:
        return Trouble(LOGS, "the applier says that it has read everything, and transactions are missing")
    failure = channel.applier_failure
    if failure is not None:
        told = "the applier stopped: error %d: %s" % (failure.errno, failure.text)
        return Trouble(LOGS if is_of_logs(failure) else OTHER, told)
    if unfinished:
        return Trouble(REST, "an earlier run has begun to apply what the relay logs hold")
    if channel.receiver_failure is not None and channel.receiver == STOPPED:
        failure = channel.receiver_failure
        return Trouble(REST, "the receiver stopped: error %d: %s" % (failure.errno, failure.text))
    if channel.applier != RUNNING or channel.receiver == STOPPED:
        return Trouble(REST, "the receiver is %s, the applier is %s" % (channel.receiver, channel.applier))
    return Trouble(NONE, "both threads run, and the applier moves or has nothing to do")


def is_of_logs(failure: Failure) -> bool:
    """Whether an applier stopped because of what it read, or could not read."""
    pattern = _SYMPTOMS.get(failure.errno)
    return failure.cause in _CAUSES or (pattern is not None and re.search(pattern, failure.text) is not None)


class Decision(NamedTuple):
    """may_discard: the source was asked, and everything that is not executed here can be had from it.

    purged: GTID set that it cannot give any more and that is not executed here; None when it was not asked.
    errant: GTID set that is executed here and not there; None when it was not asked.
    """

    may_discard: bool
    purged: Optional[GtidSet]
    errant: Optional[GtidSet]
    reason: str


def decide(executed: GtidSet, retrieved: GtidSet, source: Optional[Dict[str, Any]]) -> Decision:
    """source: server/observe.py's source_view(), None when none was given; asked after the replica."""
    if source is None:
        return Decision(False, None, None, "no account to ask the source with was given")
    if not source["reachable"]:
        return Decision(False, None, None, "the source does not answer: %s" % source["error"])
    purged = GtidSet.parse(source["gtid_purged"]) - executed
    theirs = GtidSet.parse(source["gtid_executed"])
    errant = executed - theirs
    only_here = retrieved - executed - theirs
    if purged:
        told = "the source has purged transactions that are not executed here: %s" % purged
        return Decision(False, purged, errant, told)
    if only_here:
        return Decision(False, purged, errant, "the source does not have what was retrieved here: %s" % only_here)
    return Decision(True, purged, errant, "the source still has everything that is not executed here")
