# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the relay logs hold is applied before the source is asked for anything. Pure.

``CHANGE ... AUTO_POSITION = 1``, ``RESET REPLICA`` and ``relay_log_recovery`` each throw away what is retrieved and not
applied; where the source has purged it, it is gone then. An applier that is begun at a place in the logs throws nothing
away, and passes over what is executed by its GTID; it cannot be begun while the channel has auto-position. So that is
taken from the channel, and given back when all is applied (seen on 5.6.24 and 9.7.4, also over a purged source).

A CHANGE while the index does not list the log that the applier stands in ends a server of 5.6.24 and is of no effect on
9.7.4, so none is made then.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import (
    DELAY,
    HEARTBEAT,
    Settings,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_wish import PUBLIC_KEY, Words
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import FIRST_EVENT
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED, Channel

NOTHING = "the channel and its relay logs"
_GIVEN_BACK = (DELAY, HEARTBEAT)


class Observed(NamedTuple):
    """settings: of the channel, {} when there is none. listed: the relay logs in the index, in order.

    standing: the log that the applier is to go on in, None when the server has no position. unusable: why the server
    cannot use its replication metadata, None when it can. journaled: see _write_down().
    """

    address: str
    channel: Optional[Channel]
    settings: Settings
    listed: List[str]
    standing: Optional[str]
    unusable: Optional[str]
    executed: GtidSet
    journaled: Dict[str, Any]

    def describe(self) -> Dict[str, Any]:
        channel = self.channel
        return {
            "gtid_executed": str(self.executed),
            "auto_position": channel.auto_position if channel else None,
            "receiver": channel.receiver if channel else None,
            "applier": channel.applier if channel else None,
            "delay": self.settings.get(DELAY),
        }


class Wish(NamedTuple):
    """gtid_set: what has to be executed, None for what the server calls retrieved. begin: ``position`` or ``first``.

    apply_from: FILE:OFFSET, None for the beginning of the first listed log. source: settings, with the password, to
    make a channel with that is gone.
    """

    name: str
    gtid_set: Optional[GtidSet]
    begin: str
    apply_from: Optional[str]
    source: Settings


def read_wish(params: Dict[str, Any]) -> Wish:
    """From the options of mysql_relaylog_rescue."""
    given = params["gtid_set"]
    named = [one.name for one in channel_settings.SETTINGS]
    source = {name: params[name] for name in named if params.get(name) is not None} if params["source_host"] else {}
    return Wish(
        name=params["channel"].lower(),
        gtid_set=None if given is None else GtidSet.parse(given),
        begin=params["begin"],
        apply_from=params["apply_from"],
        source=source,
    )


def waiting(seen: Observed, wish: Wish) -> GtidSet:
    """What has to be executed, and is not yet. Whoever has read the logs knows best: they may have been cut since."""
    if wish.gtid_set is not None:
        wanted = wish.gtid_set
    elif seen.journaled:
        wanted = GtidSet.parse(seen.journaled["gtid_set"])
    else:
        wanted = GtidSet.parse(seen.channel.retrieved_gtids) if seen.channel else GtidSet()
    return wanted - seen.executed


def plan(seen: Observed, wish: Wish, words: Words) -> Plan:
    """Steps from what is seen to an applier that has done all that the logs hold. Raises Refused, BadInput."""
    before = seen.describe()
    left = waiting(seen, wish)
    channel = seen.channel
    if seen.unusable is not None:
        raise Refused(
            "the server cannot use its replication metadata: %s" % seen.unusable,
            where=seen.address,
            untouched=NOTHING,
            next_step="repair the relay logs (mysql_relaylog_repair) or the tables (mysql_stats_tables)",
            needs="logs",
        )
    if channel is not None and wish.gtid_set is None and not seen.journaled:
        _guard_position(seen, wish)
    if channel is not None and channel.applier == STOPPED and not left and seen.standing and not seen.journaled:
        # Nothing is left, and the channel cannot be started all the same (error 1872).
        if words.forget_logs and wish.begin == "first" and wish.gtid_set is not None and _stands_nowhere(seen):
            reason = "it is all applied, and the applier stands in %s, which is gone" % seen.standing
            return Plan([_run(wish, words.forget_logs, reason, words)], before, before)
        _guard_position(seen, wish)
    if not left and not seen.journaled:
        return Plan([], before, before)
    if channel is not None and not channel.auto_position and not seen.journaled:
        raise Refused(
            "the channel does not use GTID auto-position: what is executed could be applied once more",
            where="channel '%s'" % wish.name,
            untouched=NOTHING,
            next_step="let the applier alone come to the end of the logs before the receiver is started",
        )
    under_way = bool(seen.journaled) and channel is not None and not channel.auto_position
    from_its_place = channel is not None and wish.begin == "position" and not seen.settings.get(DELAY)
    begun = under_way and wish.begin == "position"
    if not left:
        steps = _give_back(seen, wish, words) if under_way else [_forget(wish)]
    elif begun:
        steps = _apply(channel, left, wish, words) + _give_back(seen, wish, words)
    elif from_its_place and not seen.journaled:
        _guard_position(seen, wish)
        steps = _apply(channel, left, wish, words)
    else:
        steps = _begin(seen, left, wish, words) + _apply(None, left, wish, words) + _give_back(seen, wish, words)
    after = dict(before, auto_position=True, gtid_executed=str(seen.executed | left))
    return Plan(steps, before, after)


def _begin(seen: Observed, left: GtidSet, wish: Wish, words: Words) -> List[Step]:
    """The applier at a place in the logs; of a channel that is gone, with the source that is wished."""
    if not seen.listed:
        raise Refused(
            "no relay log is listed, so there is nothing to apply",
            where=seen.address,
            untouched=NOTHING,
            next_step="stop the server and run mysql_relaylog_repair, which writes an index that is gone anew",
            needs="logs",
        )
    if seen.standing and seen.standing not in seen.listed:
        raise Refused(
            "the applier is to go on in %s, which the index does not list: a server of 5.6 would end of what has to be"
            " done about that" % seen.standing,
            where="channel '%s'" % wish.name,
            untouched=NOTHING,
            next_step="stop the server and run mysql_relaylog_repair with applier_position=%s:4" % seen.standing,
            needs="logs",
        )
    steps = [_write_down(seen, left, wish)]
    if seen.channel is not None:
        steps += _stop(seen.channel, words)
    return [*steps, begin_step(seen, wish, words)]


def begin_step(seen: Observed, wish: Wish, words: Words) -> Step:
    """The applier is put at the place in the logs that are listed now. Raises BadInput."""
    file, offset = _place(seen, wish)
    settings: Settings = dict(wish.source) if seen.channel is None else _kept(seen)
    if not words.get_source_public_key:
        settings.pop(PUBLIC_KEY, None)
    if seen.channel is None and not wish.source:
        raise BadInput(
            "there is no channel '%s' and no source_host to make one with" % wish.name,
            next_step="give source_host, source_user and source_password",
        )
    settings.update({"auto_position": False}, **({DELAY: 0} if DELAY in settings else {}))
    begin = {"sql": "RELAY_LOG_FILE = %s, RELAY_LOG_POS = %s", "values": (file, offset)}
    reason = "the applier passes over what is executed; auto-position comes back when it is done"
    change = _change(settings, wish, words, reason, begin, "RELAY_LOG_FILE = '%s', RELAY_LOG_POS = %d")
    return Step("begin", change.target, change.display, change.reason, change.data)


def _guard_position(seen: Observed, wish: Wish) -> None:
    """An applier without a position begins with the first listed log, be that the middle of a transaction (5.6), and
    the server calls nothing retrieved, whatever the logs hold.
    """
    if _stands_nowhere(seen):
        raise Refused(
            "the server does not know where its applier stands, or the index does not (%s)" % seen.standing,
            where="channel '%s'" % wish.name,
            untouched=NOTHING,
            next_step="stop the server, run mysql_relaylog_repair, and give begin=first with what it returns as"
            " apply_from and retrieved_gtid_set",
            needs="logs",
        )


def _stands_nowhere(seen: Observed) -> bool:
    return bool(seen.listed) and seen.standing not in seen.listed


def _place(seen: Observed, wish: Wish) -> Tuple[str, int]:
    place = wish.apply_from or seen.journaled.get("apply_from")
    if not place:
        return seen.listed[0], FIRST_EVENT
    file, _colon, offset = place.rpartition(":")
    if seen.journaled and base_name(file) not in seen.listed:
        return seen.listed[0], FIRST_EVENT  # an applier that has begun removes the logs that it has done with
    if not offset.isdigit() or base_name(file) not in seen.listed:
        raise BadInput(
            "no place in a listed relay log: %r" % place[:200],
            untouched=NOTHING,
            next_step="give apply_from as mysql_relaylog_repair has returned it",
        )
    return base_name(file), int(offset)


def _kept(seen: Observed) -> Settings:
    """What a CHANGE sets to its default unless it is named (5.6), and a delay, which nobody wants to wait for."""
    return {name: seen.settings[name] for name in _GIVEN_BACK if name in seen.settings}


def _write_down(seen: Observed, left: GtidSet, wish: Wish) -> Step:
    """gtid_set: all that has to be executed, by which a later run knows what is left to do. apply_from: as wished."""
    # What a run that was killed has written down, the channel does not show any more.
    record = dict(seen.journaled or _kept(seen), gtid_set=str(seen.executed | left))
    if wish.apply_from:
        record["apply_from"] = wish.apply_from
    return Step(
        "write_down",
        "journal",
        "write down that channel '%s' has auto-position%s" % (wish.name, _with_delay(record)),
        "it is without for as long as the applier is at work",
        {"record": record},
    )


def _with_delay(record: Dict[str, Any]) -> str:
    return " and a delay of %s s" % record[DELAY] if record.get(DELAY) else ""


def _apply(channel: Optional[Channel], left: GtidSet, wish: Wish, words: Words) -> List[Step]:
    """channel: as it is now, None for one at rest."""
    steps = []
    reason = "what is retrieved is applied before the source is asked"
    if channel is not None and channel.receiver != STOPPED:
        steps.append(_run(wish, words.stop_receiver, reason, words))
    if channel is None or channel.applier == STOPPED:
        steps.append(_run(wish, words.start_applier, reason, words))
    display = "wait until %d transactions are applied" % len(left)
    return [*steps, Step("wait", "channel '%s'" % wish.name, display, str(left), {"gtid_set": str(left)})]


def _give_back(seen: Observed, wish: Wish, words: Words) -> List[Step]:
    record = seen.journaled or _kept(seen)
    settings: Settings = {name: record[name] for name in _GIVEN_BACK if name in record}
    reason = "all that the relay logs hold is applied"
    return [
        _run(wish, words.stop, "a channel at rest can be changed", words),
        _change(dict(settings, auto_position=True), wish, words, reason, {}, ""),
        _forget(wish),
    ]


def _forget(wish: Wish) -> Step:
    return Step("forget", "journal", "remove the journal", "channel '%s' is as it was" % wish.name)


def _change(settings: Settings, wish: Wish, words: Words, reason: str, more: Dict[str, Any], more_shown: str) -> Step:
    parts = channel_settings.clauses(settings, words.option)
    sql = ", ".join([part.sql for part in parts] + ([more["sql"]] if more else []))
    shown = ", ".join([part.shown for part in parts] + ([more_shown % more["values"]] if more else []))
    values = tuple(value for part in parts for value in part.values) + tuple(more.get("values", ()))
    suffix = words.for_channel
    return Step(
        "change",
        "channel '%s'" % wish.name,
        "%s %s%s" % (words.change, shown, suffix),
        reason,
        {"sql": "%s %s%s" % (words.change, sql, suffix.replace("%", "%%")), "values": values},
    )


def _stop(channel: Channel, words: Words) -> List[Step]:
    if channel.receiver == STOPPED and channel.applier == STOPPED:
        return []
    reason = "the receiver is %s, the applier is %s" % (channel.receiver, channel.applier)
    return [Step("run", "channel '%s'" % channel.name, words.stop + words.for_channel, reason)]


def _run(wish: Wish, statement: str, reason: str, words: Words) -> Step:
    return Step("run", "channel '%s'" % wish.name, statement + words.for_channel, reason)
