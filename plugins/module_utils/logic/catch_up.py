# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a replica arrived, is it on its way, or will it never come? Pure: one look in, one word out.

Threads that say Yes prove nothing: a missing last relay log hangs 5.6 silently, both threads Yes, lag 0. So a channel
that lacks something and does not move is called stalled, whatever it says of itself.
"""

from typing import Any, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import (
    CONNECTING,
    STOPPED,
    Channel,
)

# A receiver that cannot connect tries again by itself; these causes do not go away by trying.
_HOPELESS_WHILE_CONNECTING = ("authentication", "duplicate_server_uuid", "duplicate_server_id", "gtid_mode_mismatch")


class Goal(NamedTuple):
    """gtids: transactions that must be executed; max_lag: seconds behind the source, None when it does not matter."""

    gtids: GtidSet
    max_lag: Optional[int]


class Look(NamedTuple):
    """What one look at the replica saw; channel is None when there is no such channel."""

    channel: Optional[Channel]
    executed: GtidSet

    @property
    def position(self) -> Tuple[Any, ...]:
        """Differs between two looks when the channel moved in between."""
        channel = self.channel
        if channel is None:
            return (self.executed,)
        return (
            self.executed,
            channel.relay_log_file,
            channel.relay_log_pos,
            channel.source_log_file,
            channel.source_log_pos,
            channel.relay_log_space,
        )


def arrived(look: Look, goal: Goal) -> bool:
    if not goal.gtids <= look.executed:
        return False
    if goal.max_lag is None:
        return True
    behind = look.channel.seconds_behind_source if look.channel else None
    return behind is not None and behind <= goal.max_lag


def obstacle(look: Look) -> Optional[str]:
    """Why it will not arrive without somebody's help, or None when it may."""
    channel = look.channel
    if channel is None:
        return "the server is not a replica on this channel"
    for role, state, failure in (
        ("applier", channel.applier, channel.applier_failure),
        ("receiver", channel.receiver, channel.receiver_failure),
    ):
        if failure is not None and (state != CONNECTING or failure.cause in _HOPELESS_WHILE_CONNECTING):
            return "the %s stopped (%s): error %d: %s" % (role, failure.cause, failure.errno, failure.text)
        if state == STOPPED:
            return "the %s is stopped" % role
    return None
