# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a channel as it is to a channel as it should be. Pure.

``CHANGE ... AUTO_POSITION = 1`` and ``RESET REPLICA`` throw away every transaction that was retrieved and not applied
(seen on 5.6.24 and 9.7.4). That is fatal when the source has purged them, so neither is planned over such transactions
unless their relay logs are set aside.

With keep_settings a channel's settings are written down before it is removed and given back when it is made again:
logic/kept_channel.py has the rule, this file the steps. Their order keeps the rule: written down before the first
statement, marked before the channel is made where a second statement has to follow, forgotten after the last one.
"""

from typing import List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_settings, replication_filter
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import (
    ASSIGN_GTIDS,
    DELAY,
    HEARTBEAT,
    Clause,
    Settings,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_wish import (
    NOTHING,
    PUBLIC_KEY,
    SHOWN,
    Observed,
    Wish,
    Words,
    gives_back,
    settings_to_change,
    settings_to_make,
    state_of,
    unapplied,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept, settle
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED, Channel


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
    steps = _write_down(seen) + _stop(channel, words)
    if wish.backup_dir and seen.relay_logs:
        steps.append(
            Step(
                "quarantine_relay_logs",
                "channel '%s'" % wish.name,
                "hard-link %d relay logs into %s" % (len(seen.relay_logs), wish.backup_dir),
                "the next step deletes them",
            )
        )
    steps.append(_run(wish.name, words.reset + words.for_channel, "the channel is to be gone"))
    return Plan(steps, before, {"state": "absent"})


def _plan_present(seen: Observed, wish: Wish, words: Words) -> Plan:
    channel = seen.channel
    before = seen.describe()
    kept = settle(seen.now, seen.journaled)
    changes = settings_to_change(channel, kept, seen, wish, words) if channel else settings_to_make(kept, wish, words)
    filters_of_all, filters = _missing_filters(kept, seen, wish, words)
    held = wish.hold_delay and gives_back(seen) and bool(kept and kept.settings.get(DELAY))
    steps: List[Step] = []
    if changes or filters_of_all or filters:
        if channel is not None:
            steps += _apply_first(channel, changes, words) + _stop(channel, words)
        elif kept and (filters_of_all or filters or held):
            half_made = kept._replace(settings=changes, giving_back=True)
            steps += _journal(half_made, seen, "some of them come with another statement than the channel")
            changes = dict(changes, **({DELAY: 0} if held else {}))
        steps += filters_of_all + _change(changes, wish, words) + filters
    at_rest = channel is None or bool(steps)  # by what is planned so far
    if wish.state == "started" and (at_rest or channel is None or STOPPED in (channel.receiver, channel.applier)):
        steps.append(_run(wish.name, words.start + words.for_channel, "replication is to run"))
    if wish.state == "stopped" and channel is not None and not at_rest:
        steps += _stop(channel, words)
    if seen.journaled and not held:
        reason = "the channel is as it was, or as somebody has made it since"
        steps.append(Step("forget_settings", "journal", "remove the journal of the channel's settings", reason))
    if not steps:
        return Plan([], before, before)
    after = dict(before, **{name: changes[name] for name in changes if name in (*dict(SHOWN), PUBLIC_KEY)})
    after["state"] = wish.state if wish.state in ("started", "stopped") else _state_left(channel, at_rest)
    return Plan(steps, before, after)


def _state_left(channel: Optional[Channel], at_rest: bool) -> str:
    return "stopped" if channel is None or at_rest else state_of(channel)


def _missing_filters(kept: Optional[Kept], seen: Observed, wish: Wish, words: Words) -> Tuple[List[Step], List[Step]]:
    """Statements for the filters of all channels, which a restart has lost, and for those of this channel."""
    if not kept or not words.change_filter:
        return [], []
    here = seen.now.filters if seen.now else {}
    lost = {name: items for name, items in kept.global_filters.items() if name not in (seen.global_filters or {})}
    mine = {name: items for name, items in kept.filters.items() if here.get(name) != items}
    verb, target = words.change_filter, "channel '%s'" % wish.name
    lost_reason = "a restart of the server has lost these filters of all channels"
    return (
        _statement(verb, replication_filter.clauses(lost), "", "all channels", lost_reason),
        _statement(verb, replication_filter.clauses(mine), words.for_channel, target, "the channel had these filters"),
    )


def _write_down(seen: Observed) -> List[Step]:
    """The step that makes sure that what the next steps destroy is known."""
    kept = settle(seen.now, seen.journaled)
    if not kept:
        return []
    if kept.settings.get(ASSIGN_GTIDS, "OFF") != "OFF":
        raise Refused(
            "the channel assigns GTIDs to transactions that have none, which excludes auto-position, so it could not be"
            " made again as it is",
            untouched=NOTHING,
            next_step="do without keep_settings, or set ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS = OFF first",
        )
    return _journal(kept, seen, "the channel loses them when it is removed")


def _journal(kept: Kept, seen: Observed, reason: str) -> List[Step]:
    if kept == seen.journaled:
        return []
    told = channel_settings.chosen(kept.settings)
    told += [clause.shown for clause in replication_filter.clauses(dict(kept.global_filters, **kept.filters))]
    display = "write down all settings: %s" % (", ".join(told) or "none differs from its default")
    return [Step("journal_settings", "journal", display, reason, {"record": kept.record()})]


def _apply_first(channel: Channel, changes: Settings, words: Words) -> List[Step]:
    """CHANGE throws the relay logs away. Before a delay they are applied; before more, they are a reason to refuse."""
    waiting = unapplied(channel)
    if not changes:
        return []
    if channel.applier != STOPPED and set(changes) <= {DELAY, HEARTBEAT}:
        reason = "the change throws away what is retrieved and not applied"
        target = "channel '%s'" % channel.name
        return [
            _run(channel.name, words.stop_receiver + words.for_channel, reason),
            Step("apply_retrieved", target, "wait until all that is retrieved is applied", reason),
        ]
    if waiting:
        raise Refused(
            "%d transactions in the relay logs are not applied, and this change throws them away: %s"
            % (len(waiting), waiting),
            where="channel '%s'" % channel.name,
            untouched=NOTHING,
            next_step="let the applier apply them first, or remove the channel with state=absent and backup_dir",
        )
    return []


def _change(changes: Settings, wish: Wish, words: Words) -> List[Step]:
    parts = channel_settings.clauses(changes, words.option)
    reason = "these settings differ from what is wished"
    return _statement(words.change, parts, words.for_channel, "channel '%s'" % wish.name, reason)


def _statement(verb: str, parts: List[Clause], suffix: str, target: str, reason: str) -> List[Step]:
    if not parts:
        return []
    sql = "%s %s%s" % (verb, ", ".join(part.sql for part in parts), suffix.replace("%", "%%"))
    shown = "%s %s%s" % (verb, ", ".join(part.shown for part in parts), suffix)
    values = tuple(value for part in parts for value in part.values)
    return [Step("change", target, shown, reason, {"sql": sql, "values": values})]


def _run(name: str, statement: str, reason: str) -> Step:
    return Step("run", "channel '%s'" % name, statement, reason)


def _stop(channel: Channel, words: Words) -> List[Step]:
    if channel.receiver == STOPPED and channel.applier == STOPPED:
        return []
    reason = "the receiver is %s, the applier is %s" % (channel.receiver, channel.applier)
    return [_run(channel.name, words.stop + words.for_channel, reason)]
