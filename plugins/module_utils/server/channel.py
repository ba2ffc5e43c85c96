# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One channel, in all that the server shows of it, and the words to change it. Read only."""

import time
from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import NotReached, ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_settings, replication_filter
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import Settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_wish import Words, unapplied
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replication_filter import FILTERS, Filters, Rules
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Row, Server

PAUSE = 0.2  # seconds between two looks at the applier
APPLY_TIME = 300.0  # seconds; the applier has no delay meanwhile

# CONFIGURED_BY of the filters that no option file brings back
FOR_CHANNEL = "CHANGE_REPLICATION_FILTER_FOR_CHANNEL"
FOR_ALL = "CHANGE_REPLICATION_FILTER"


def words(server: Server, channel: str) -> Words:
    """How this server says what is done to a channel."""
    say, knows = server.say, server.dialect.knows
    return Words(
        change=say("change_source"),
        option=say("source_option"),
        get_source_public_key=say("get_source_public_key") if knows("get_source_public_key") else None,
        start=say("start_replica"),
        stop=say("stop_replica"),
        stop_receiver=say("stop_receiver"),
        reset=say("reset_replica_all"),
        for_channel=say("for_channel") + server.literal(channel) if knows("for_channel") else "",
        change_filter=say("change_filter") if knows("change_filter") else None,
        start_applier=say("start_applier"),
        forget_logs=say("reset_replica") if knows("reset_replica") else None,
    )


def stored_password(server: Server, channel: str) -> Optional[str]:
    """The password that the receiver logs in with, None where it is not in a table or may not be read."""
    try:
        for row in _of(server.rows("SELECT * FROM mysql.slave_master_info"), channel):
            return str(row["User_password"])
    except ServerError:
        return None
    return None


def kept(server: Server, channel: str) -> Optional[Kept]:
    """All settings of a channel and the filters set at runtime; None when there is no such channel.

    Raises ServerError where a table that shows them may not be read, ReplicaError for filters that cannot be told:
    what is not seen would be lost.
    """
    status = _status(server, channel)
    if status is None:
        return None
    shown = _settings(server, channel, status)
    password = stored_password(server, channel)
    if password is not None:
        shown[channel_settings.PASSWORD] = password
    return Kept(shown, _filters_for_channel(server, channel, status), global_filters(server))


def settings(server: Server, channel: str) -> Settings:
    """All settings of a channel that the server shows, so without the password; {} when there is no such channel."""
    status = _status(server, channel)
    return _settings(server, channel, status) if status is not None else {}


def global_filters(server: Server) -> Rules:
    """Filters that were set at runtime for all channels."""
    return _runtime(server.rows(server.say("show_global_filters")), FOR_ALL) if _has_own_filters(server) else {}


def filters(server: Server, channel: str) -> Filters:
    """What a channel filters by now, wherever that comes from. 5.6 does not show REPLICATE_REWRITE_DB."""
    status = {name.upper(): value for name, value in (_status(server, channel) or {}).items()}
    names = server.variables("lower_case_table_names")
    return Filters(
        replication_filter.read_rules({name: status[name] for name in FILTERS if status.get(name)}),
        fold_case=names["lower_case_table_names"] != "0",
    )


def apply_retrieved(server: Server, channel: str) -> None:
    """Return when the applier has done all that the relay logs hold, while the receiver stands still.

    Raises NotReached when the applier stops, or when it is not done in APPLY_TIME.
    """
    deadline = time.time() + APPLY_TIME
    while True:
        mine = [one for one in observe.channels(server) if one.name == channel]
        waiting = unapplied(mine[0]) if mine else GtidSet()
        if not waiting:
            return
        if mine[0].applier == STOPPED or time.time() > deadline:
            failure = mine[0].applier_failure
            raise NotReached(
                failure.text if failure else "the applier is not done with %s after %d s" % (waiting, APPLY_TIME),
                where="channel '%s'" % channel,
                untouched="the relay logs and the channel's settings; the receiver is stopped",
                next_step="see why the applier does not go on, then run the same command again",
            )
        time.sleep(PAUSE)


def _settings(server: Server, channel: str, status: Row) -> Settings:
    return channel_settings.read(channel_settings.columns(status, *_configuration(server, channel)))


def _configuration(server: Server, channel: str) -> List[Row]:
    if not server.dialect.knows("show_connection_configuration"):
        # The table mysql.slave_master_info has it too, rounded to six digits.
        rows = server.rows("SHOW GLOBAL STATUS LIKE 'Slave_heartbeat_period'")
        return [{"HEARTBEAT_INTERVAL": row["Value"]} for row in rows]
    return [
        row
        for statement in (server.say("show_connection_configuration"), server.say("show_applier_configuration"))
        for row in _of(server.rows(statement), channel)
    ]


def _filters_for_channel(server: Server, channel: str, status: Row) -> Rules:
    if not _has_own_filters(server):
        return {}  # before 8.0 filters are the server's, not a channel's, and outlive it
    rows = _of(server.rows(server.say("show_channel_filters")), channel)
    if not rows and any(status[name] for name in status if name.upper() in FILTERS):
        raise ReplicaError(
            "the channel has filters, and whether an option file brings them back cannot be told, as"
            " performance_schema.replication_applier_filters is empty",
            where="channel '%s'" % channel,
            untouched="everything",
            next_step="restart the server with performance_schema=ON, or do without keep_settings",
        )
    return _runtime(rows, FOR_CHANNEL)


def _runtime(rows: List[Row], configured_by: str) -> Rules:
    mine = [row for row in rows if row["CONFIGURED_BY"] == configured_by]
    return replication_filter.read_rules({row["FILTER_NAME"]: row["FILTER_RULE"] for row in mine})


def _has_own_filters(server: Server) -> bool:
    return server.dialect.knows("show_channel_filters")


def _status(server: Server, channel: str) -> Optional[Row]:
    mine = _of(server.rows(server.say("show_replica_status")), channel)
    return mine[0] if mine else None


def _of(rows: List[Row], channel: str) -> List[Row]:
    """The rows of one channel; 5.6 has one, without a name."""
    return [row for row in rows if {name.lower(): row[name] for name in row}.get("channel_name", "") == channel]
