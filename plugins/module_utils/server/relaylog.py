# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server says of a channel's relay logs: where they are, and where its applier stands in them. Read only."""

import os
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel as channels
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

Place = Tuple[str, int]


def journal_name(channel: str) -> str:
    """File of the journal of a rescue; a channel's name holds 64 characters, at most 576 bytes when they are quoted."""
    return "relaylog-rescue-%s.json" % quote(channel, safe="")[:200]


def listed(server: Server, channel: str) -> List[str]:
    """Names in the index, without their directory; [] when it cannot be read from here."""
    return [os.path.basename(path) for path in observe.relay_log_index(server, channel)[1]]


def applier_place(server: Server, channel: str) -> Optional[Place]:
    """Where the applier goes on: from the status, else from the table, which a server that cannot use it shows, too."""
    for one in observe.channels(server):
        if one.name == channel and one.relay_log_file and one.relay_log_pos:
            return one.relay_log_file, one.relay_log_pos
    return _stored_place(server, channel)


def standing(server: Server, channel: str) -> Optional[str]:
    """Name of the log that the server will look for in the index when it next needs the applier's position."""
    stored = _stored_place(server, channel) or applier_place(server, channel)
    return base_name(stored[0]) if stored else None


def options(server: Server, channel: str) -> Dict[str, Any]:
    """What mysql_relaylog_repair has to be told of a channel, by the names of its options.

    An applier that has no position at all begins in the first log, as that of a channel with GTID_ONLY does.
    """
    settings = server.variables("datadir", "relay_log_basename", "relay_log_index", "relay_log")
    shown = channels.settings(server, channel)
    place = applier_place(server, channel)
    return dict(
        datadir=settings["datadir"],
        relay_log=settings.get("relay_log_basename") or settings.get("relay_log") or None,
        relay_log_index=settings.get("relay_log_index") or None,
        channel=channel,
        applier_position="%s:%d" % (base_name(place[0]), place[1]) if place else None,
        auto_position=shown.get("auto_position"),
        gtid_only=bool(shown.get("gtid_only")) or place is None,
    )


def _stored_place(server: Server, channel: str) -> Optional[Place]:
    try:
        rows = server.rows("SELECT * FROM mysql.slave_relay_log_info")
    except ServerError:
        return None  # kept in a file, or not to be read
    for row in rows:
        if row.get("Channel_name", "") == channel and row["Relay_log_name"]:
            return str(row["Relay_log_name"]), int(row["Relay_log_pos"])
    return None
