# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of a channel, what is wished, and the settings that lie between. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import (
    DELAY,
    HEARTBEAT,
    PASSWORD,
    Settings,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept, settle
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED, Channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replication_filter import Rules

NOTHING = "the channel, its relay logs and its threads"

# option of the module -> field of Channel
SHOWN: List[Tuple[str, str]] = [
    ("source_host", "source_host"),
    ("source_port", "source_port"),
    ("source_user", "source_user"),
    ("source_ssl", "ssl"),
    ("source_ssl_ca", "ssl_ca"),
    ("auto_position", "auto_position"),
]
PUBLIC_KEY = "get_source_public_key"


class Observed(NamedTuple):
    """How it is. channel: None when there is none of that name. password: the stored one, None when it cannot be read.

    Only with keep_settings: now is all of the channel, journaled what a run wrote down of one (logic/kept_channel.py),
    global_filters those set at runtime for all channels.
    """

    address: str
    server_uuid: str
    channel: Optional[Channel]
    password: Optional[str]
    metadata: str
    metadata_evidence: Optional[str]
    relay_logs: List[str]
    now: Optional[Kept] = None
    journaled: Optional[Kept] = None
    global_filters: Optional[Rules] = None

    def describe(self) -> Dict[str, Any]:
        channel = self.channel
        if channel is None:
            return {"state": "absent"}
        shown: Dict[str, Any] = {option: getattr(channel, field) for option, field in SHOWN}
        shown["get_source_public_key"] = channel.get_source_public_key
        shown["state"] = state_of(channel)
        return shown


class Words(NamedTuple):
    """The server's own words (logic/dialect.py); for_channel is '' where channels have no name."""

    change: str
    option: str
    get_source_public_key: Optional[str]
    start: str
    stop: str
    stop_receiver: str
    reset: str
    for_channel: str
    change_filter: Optional[str] = None
    start_applier: str = ""
    forget_logs: Optional[str] = None


class Wish(NamedTuple):
    """How it should be. settings: the options above that were given; password None leaves the stored one."""

    name: str
    state: str
    settings: Dict[str, Any]
    password: Optional[str]
    get_source_public_key: Optional[bool]
    backup_dir: Optional[str]
    hold_delay: bool = False


def read_wish(params: Dict[str, Any]) -> Wish:
    """From the options of mysql_replication_source."""
    settings = {option: params[option] for option, _field in SHOWN if params.get(option) is not None}
    if "source_host" in settings:
        settings["auto_position"] = True
    else:
        settings.pop("source_port")  # its default is no wish of its own
    return Wish(
        name=params["channel"].lower(),  # as the server keeps it
        state=params["state"],
        settings=settings,
        password=params["source_password"],
        get_source_public_key=params["get_source_public_key"],
        backup_dir=params["backup_dir"],
        hold_delay=params["hold_delay"],
    )


def state_of(channel: Channel) -> str:
    return "stopped" if channel.receiver == STOPPED and channel.applier == STOPPED else "started"


def unapplied(channel: Channel) -> GtidSet:
    """Transactions in the relay logs that are not executed yet."""
    return GtidSet.parse(channel.retrieved_gtids) - GtidSet.parse(channel.executed_gtids)


def gives_back(seen: Observed) -> bool:
    """Whether what was written down is to be given back: it is right, by the rule of logic/kept_channel.py."""
    return seen.journaled is not None and (seen.now is None or seen.journaled.giving_back)


def kept_settings(seen: Observed, wish: Wish) -> Dict[str, Any]:
    """What a run writes down or gives back, without the password; {} for a run that does neither."""
    kept = settle(seen.now, seen.journaled) if gives_back(seen) or wish.state == "absent" else None
    return kept.public() if kept else {}


def settings_to_make(kept: Optional[Kept], wish: Wish, words: Words) -> Settings:
    """All settings of a channel that is to be made: those wished, then those kept."""
    base: Settings = dict(kept.settings, auto_position=True) if kept else {}
    if not base and not wish.settings.get("source_host"):
        raise BadInput("there is no channel '%s' and no source_host to make one with" % wish.name)
    if wish.settings.get("source_user", base.get("source_user")) != base.get("source_user"):
        base.pop(PASSWORD, None)  # another account's
    made = dict(base, **wish.settings)
    if wish.password is not None:
        made[PASSWORD] = wish.password
    key = wish.get_source_public_key
    if words.get_source_public_key and (key or (base and key is not None)):
        made[PUBLIC_KEY] = key
    if base and PASSWORD not in made:
        raise BadInput(
            "the password of the account '%s' is not given, and was not written down with the channel's settings"
            % made.get("source_user"),
            where="channel '%s'" % wish.name,
            untouched=NOTHING,
            next_step="give source_password",
        )
    return made


def settings_to_change(channel: Channel, kept: Optional[Kept], seen: Observed, wish: Wish, words: Words) -> Settings:
    """What differs, and a delay that was held back.

    A password that cannot be read counts as unchanged, unless the receiver was turned away with it.
    """
    changes: Settings = {}
    for option, field in SHOWN:
        wanted = wish.settings.get(option)
        if wanted is not None and getattr(channel, field) != wanted:
            changes[option] = wanted
    if wish.password is not None:
        refused = channel.receiver_failure is not None and channel.receiver_failure.cause == "authentication"
        if refused if seen.password is None else seen.password != wish.password:
            changes[PASSWORD] = wish.password
    key = wish.get_source_public_key
    if key is not None and words.get_source_public_key and channel.get_source_public_key != key:
        changes[PUBLIC_KEY] = key
    wanted = kept.settings.get(DELAY) if kept and gives_back(seen) and not wish.hold_delay else None
    if wanted is not None and wanted != channel.delay:
        changes[DELAY] = wanted
    if changes and seen.now:
        # A statement that does not name it sets it to its default: each one on 5.6.24, one that names host or port on
        # 9.7.4. No other setting does that.
        changes[HEARTBEAT] = seen.now.settings[HEARTBEAT]
    return changes
