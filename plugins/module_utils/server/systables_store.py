# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A channel that the server has in memory gets its row in a slave_master_info that was made anew.

A server writes that row when a running receiver is stopped; otherwise only once in sync_source_info events, 10000 by
default. A channel with GTID_ONLY=1 gets it by neither, but by a CHANGE REPLICATION SOURCE while its receiver stands
still, which leaves the relay logs alone as long as the applier runs (all seen on 5.6.24 and 9.7.4).
"""

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import RUNNING
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel, observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.systables import Place
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.systables_channels import stored_connections


def is_stored(server: Server, place: Place, name: str) -> bool:
    """Whether slave_master_info, which can be read, has a row of this channel."""
    return name in stored_connections(server, place, [])


def store(server: Server, place: Place, name: str) -> None:
    """Have the row written, where that can be done safely. The channel runs afterwards, as it did before."""
    if is_stored(server, place, name):
        return
    words = channel.words(server, name)
    server.execute(words.stop_receiver + words.for_channel)
    if not is_stored(server, place, name):
        _tell_again(server, name)
    server.execute(words.start + words.for_channel)


def _tell_again(server: Server, name: str) -> None:
    """Tell the channel what it knows already."""
    known = channel.settings(server, name)
    applies = any(one.applier == RUNNING for one in observe.channels(server) if one.name == name)
    if not known.get("gtid_only") or not applies:
        return
    words = channel.words(server, name)
    for clause in channel_settings.clauses({"connect_retry": known["connect_retry"]}, words.option):
        suffix = words.for_channel.replace("%", "%%")
        server.execute("%s %s%s" % (words.change, clause.sql, suffix), clause.values)
