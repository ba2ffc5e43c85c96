# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a channel as it is to a channel as it should be. Pure.

``CHANGE ... AUTO_POSITION = 1`` and ``RESET REPLICA`` throw away every transaction that was retrieved and not applied
(seen on 5.6.24 and 9.7.4). That is fatal when the source has purged them, so neither is planned over such transactions
unless their relay logs are set aside.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED, Channel

NOTHING = "the channel, its relay logs and its threads"

# option of the module -> (field of Channel, name in CHANGE without its prefix); the order is that of the statement
_SETTINGS: List[Tuple[str, str, str]] = [
    ("source_host", "source_host", "HOST"),
    ("source_port", "source_port", "PORT"),
    ("source_user", "source_user", "USER"),
    ("source_ssl", "ssl", "SSL"),
    ("source_ssl_ca", "ssl_ca", "SSL_CA"),
    ("auto_position", "auto_position", "AUTO_POSITION"),
]


class Observed(NamedTuple):
    """channel: None when there is none of that name. password: the stored one, None when it cannot be read."""

    address: str
    server_uuid: str
    channel: Optional[Channel]
    password: Optional[str]
    metadata: str
    metadata_evidence: Optional[str]
    relay_logs: List[str]

    def describe(self) -> Dict[str, Any]:
        channel = self.channel
        if channel is None:
            return {"state": "absent"}
        shown: Dict[str, Any] = {option: getattr(channel, field) for option, field, _name in _SETTINGS}
        shown["get_source_public_key"] = channel.get_source_public_key
        shown["state"] = _state(channel)
        return shown


class Words(NamedTuple):
    """The server's own words (logic/dialect.py); for_channel is '' where channels have no name."""

    change: str
    option: str
    get_source_public_key: Optional[str]
    start: str
    stop: str
    reset: str
    for_channel: str


class Wish(NamedTuple):
    """settings: the options above that were given; password None leaves the stored one."""

    name: str
    state: str
    settings: Dict[str, Any]
    password: Optional[str]
    get_source_public_key: Optional[bool]
    backup_dir: Optional[str]


def plan(seen: Observed, wish: Wish, words: Words) -> Plan:
    """Steps from what is seen to what is wished.

    Raises Refused where a step would lose something, BadInput for a wish that cannot be.
    """
    if seen.metadata == "unusable":
        raise Refused(
            "the server cannot use its replication metadata, so this is no missing replica: %s"
            % seen.metadata_evidence,
            where=seen.address,
            untouched=NOTHING,
            next_step="repair mysql.slave_master_info and mysql.slave_relay_log_info first",
        )
    return _plan_absent(seen, wish, words) if wish.state == "absent" else _plan_present(seen, wish, words)


def _plan_absent(seen: Observed, wish: Wish, words: Words) -> Plan:
    channel = seen.channel
    before = seen.describe()
    if channel is None:
        return Plan([], before, before)
    waiting = unapplied(channel)
    if waiting and not (wish.backup_dir and seen.relay_logs):
        raise Refused(
            "%d transactions in the relay logs are not applied, and removing the channel throws them away: %s"
            % (len(waiting), waiting),
            where="channel '%s'" % wish.name,
            untouched=NOTHING,
            next_step="let the applier apply them, or run this on the server's host with backup_dir, which keeps them",
        )
    steps = _stop(channel, words)
    if wish.backup_dir and seen.relay_logs:
        steps.append(
            Step(
                "quarantine_relay_logs",
                "channel '%s'" % wish.name,
                "hard-link %d relay logs into %s" % (len(seen.relay_logs), wish.backup_dir),
                "the next step deletes them",
            )
        )
    steps.append(Step("run", "channel '%s'" % wish.name, words.reset + words.for_channel, "the channel is to be gone"))
    return Plan(steps, before, {"state": "absent"})


def _plan_present(seen: Observed, wish: Wish, words: Words) -> Plan:
    channel = seen.channel
    before = seen.describe()
    changes = _changes(seen, wish, words)
    if channel is None and not wish.settings.get("source_host"):
        raise BadInput("there is no channel '%s' and no source_host to make one with" % wish.name)
    steps: List[Step] = []
    if changes:
        _guard_change(channel, wish)
        if channel is not None:
            steps += _stop(channel, words)
        steps.append(_change(changes, wish, words))
    at_rest = channel is None or bool(steps) or STOPPED in (channel.receiver, channel.applier)
    if wish.state == "started" and at_rest:
        steps.append(Step("run", "channel '%s'" % wish.name, words.start + words.for_channel, "replication is to run"))
    if wish.state == "stopped" and channel is not None and not steps:
        steps += _stop(channel, words)
    if not steps:
        return Plan([], before, before)
    after = dict(before, **wish.settings)
    if wish.get_source_public_key is not None and words.get_source_public_key:
        after["get_source_public_key"] = wish.get_source_public_key
    after["state"] = {"started": "started", "stopped": "stopped"}.get(wish.state, _state_after(channel, changes))
    return Plan(steps, before, after)


def unapplied(channel: Channel) -> GtidSet:
    """Transactions in the relay logs that are not executed yet."""
    return GtidSet.parse(channel.retrieved_gtids) - GtidSet.parse(channel.executed_gtids)


def _changes(seen: Observed, wish: Wish, words: Words) -> Dict[str, Any]:
    """Name in the statement -> value, for what differs. A password that cannot be read counts as unchanged, unless the
    receiver was turned away with it."""
    channel = seen.channel
    changes: Dict[str, Any] = {}
    for option, field, name in _SETTINGS:
        wanted = wish.settings.get(option)
        if wanted is not None and (channel is None or getattr(channel, field) != wanted):
            changes[words.option + name] = wanted
    if wish.password is not None:
        refused = bool(channel and channel.receiver_failure and channel.receiver_failure.cause == "authentication")
        if channel is None or (refused if seen.password is None else seen.password != wish.password):
            changes[words.option + "PASSWORD"] = wish.password
    key = wish.get_source_public_key
    if key is not None and words.get_source_public_key and (channel.get_source_public_key if channel else False) != key:
        changes[words.get_source_public_key] = key
    return changes


def _guard_change(channel: Optional[Channel], wish: Wish) -> None:
    waiting = unapplied(channel) if channel else GtidSet()
    if waiting:
        raise Refused(
            "%d transactions in the relay logs are not applied, and this change throws them away: %s"
            % (len(waiting), waiting),
            where="channel '%s'" % wish.name,
            untouched=NOTHING,
            next_step="let the applier apply them first, or remove the channel with state=absent and backup_dir",
        )


def _change(changes: Dict[str, Any], wish: Wish, words: Words) -> Step:
    shown = ", ".join(
        "%s = %s" % (name, "'********'" if name.endswith("PASSWORD") else _literal(value))
        for name, value in changes.items()
    )
    marks = ", ".join("%s = %%s" % name for name in changes)
    sql = "%s %s%s" % (words.change, marks, words.for_channel.replace("%", "%%"))
    return Step(
        "change",
        "channel '%s'" % wish.name,
        "%s %s%s" % (words.change, shown, words.for_channel),
        "these settings differ from what is wished",
        {"sql": sql, "values": tuple(int(value) if isinstance(value, bool) else value for value in changes.values())},
    )


def _literal(value: Any) -> str:
    return "'%s'" % value if isinstance(value, str) else str(int(value))


def _stop(channel: Channel, words: Words) -> List[Step]:
    if channel.receiver == STOPPED and channel.applier == STOPPED:
        return []
    return [
        Step(
            "run",
            "channel '%s'" % channel.name,
            words.stop + words.for_channel,
            "the receiver is %s, the applier is %s" % (channel.receiver, channel.applier),
        )
    ]


def _state(channel: Channel) -> str:
    return "stopped" if channel.receiver == STOPPED and channel.applier == STOPPED else "started"


def _state_after(channel: Optional[Channel], changes: Dict[str, Any]) -> str:
    return "stopped" if channel is None or changes else _state(channel)
