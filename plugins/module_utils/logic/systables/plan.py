# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the verdicts of the five tables, on a server that answers, to steps. Pure.

A table that is missing is made before replication is stopped, which 9.x refuses without it; a table that is replaced
is replaced while replication stands still. A server that has its channels in memory writes them into the new tables
when it starts them again; one that was started without the tables needs a restart, which is not ours to do.

Statements come in this order so that a run that is killed anywhere is ended by the next one: written down first, then
done, then forgotten.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED, Channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import steps
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import (
    SERVER_UPGRADES,
    STATISTICS,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.observed import CONNECTIONS, Observed
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.recipes import (
    STOP,
    UPGRADE,
    Recipe,
    recipe,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import HEALTHY, Finding

NOTHING = "everything"
SYSTEM_SPACE_DAMAGED = "mysql.ibd, which holds the data dictionary and all system tables, is damaged: %s"
NO_REPAIR = (
    "this cannot be repaired: save what can be read, then rebuild the replica with a new data directory (playbook"
    " rebuild_replica with mysql_replica_reinitialize)"
)
POSITIONS = "slave_relay_log_info"


class Wish(NamedTuple):
    """analyze: whether statistics are taken anew where they were lost. by_upgrade: see recipe()."""

    backup_dir: Optional[str]
    analyze: bool
    by_upgrade: bool = False


class Needs(NamedTuple):
    """What is the caller's to do. stop: the tables can only be repaired while the server is down.

    upgrade: the server has to be started once with --upgrade=FORCE. restart: it has to be restarted before
    replication can be used.
    """

    stop: bool
    upgrade: bool
    restart: bool


def needs(seen: Observed, wish: Wish) -> Needs:
    actions = {action for finding in seen.findings for action in recipe(finding, seen.version, wish.by_upgrade)}
    # Noted is the life of a server that began without the tables.
    restart = seen.unusable or seen.life.is_that_of(seen.journal.get("restart"))
    return Needs(STOP in actions, UPGRADE in actions, restart or UPGRADE in actions)


def plan(seen: Observed, wish: Wish) -> Plan:
    """Steps that make the tables healthy. Raises Refused where none can, or where one would lose something."""
    recipes = [(finding, recipe(finding, seen.version, wish.by_upgrade)) for finding in seen.findings]
    lost = {f.name for f, actions in recipes if {"create", STOP, UPGRADE} & set(actions)}
    replaced = {f.name for f, actions in recipes if "create" in actions and f.name not in STATISTICS}
    _guard(seen, wish, recipes, replaced)

    # A run that was killed may have replaced the tables, and not started again what writes into them.
    interrupted = set(seen.journal.get("start") or ()) & seen.in_memory()
    stopped = [one.name for one in seen.channels if _wanted(one) and (replaced or one.name in interrupted)]
    started = sorted(interrupted | set(stopped))
    analyze = wish.analyze and _analyze(seen, recipes)
    connections = _connections(seen) if CONNECTIONS in lost else {}
    read_only = seen.journal.get("super_read_only", seen.super_read_only)

    work = [
        steps.keep_connection(name, kept) for name, kept in sorted(connections.items()) if _is_news(seen, name, kept)
    ]
    if _relay_logs_at_stake(seen, replaced) and wish.backup_dir:
        work.append(steps.keep_relay_logs(seen.relay_logs, wish.backup_dir))
    work += _made_anew(seen, recipes, missing=True)
    work += [steps.stop(name) for name in stopped]
    work += _made_anew(seen, recipes, missing=False)
    if seen.scratch and not any(step.action == "copy_format_file" for step in work):
        work.append(steps.drop_scratch())
    work += [steps.start(name) for name in started]
    done_with = _done_with(seen, connections, started)
    lost_its_row = [name for name in done_with if CONNECTIONS in replaced or name not in seen.stored]
    work += [steps.store(name) for name in lost_its_row if name in started]
    if analyze:
        work.append(steps.analyze())
    forgotten = [steps.forget_connection(name) for name in done_with]
    lifted = seen.super_read_only == "ON" and any(step.action not in steps.WRITE_NOTHING for step in work)
    set_back = read_only == "ON" and (seen.super_read_only == "OFF" or lifted)
    before = seen.describe()
    if not (work or forgotten or set_back or _is_found_again(seen)):
        return Plan([], before, before)

    record = _record(seen, connections, started, analyze, read_only)
    if needs(seen, wish).restart:
        record["restart"] = list(seen.life)
    first = [] if record == seen.journal else [steps.journal(record)]
    if lifted:
        first.append(steps.set_super_read_only("OFF", "nobody may write into the system tables otherwise"))
    last = [steps.set_super_read_only("ON", "it was before")] if set_back else []
    after = dict(before, **{f.name: HEALTHY for f, actions in recipes if _comes_back(actions, analyze)})
    if read_only is not None:
        after["super_read_only"] = read_only
    return Plan(first + work + last + forgotten + [steps.settle(record)], before, after)


def _guard(seen: Observed, wish: Wish, recipes: List[Tuple[Finding, Recipe]], replaced: Set[str]) -> None:
    if seen.system_space_damage:
        raise Refused(
            SYSTEM_SPACE_DAMAGED % seen.system_space_damage,
            where=seen.address,
            untouched=NOTHING,
            next_step=NO_REPAIR,
            needs="rebuild",
        )
    for finding, actions in recipes:
        if UPGRADE in actions and seen.version < SERVER_UPGRADES:
            raise Refused(
                "mysql.%s: %s, and only this version's own script knows how to make it"
                % (finding.name, finding.detail[0]),
                where=seen.address,
                untouched=NOTHING,
                next_step="run mysql_upgrade --force on the host, restart the server, then run the same command again",
            )
        if "set_aside" in actions and not wish.backup_dir:
            raise _no_backup_dir(seen, "files of mysql.%s have to be set aside" % finding.name)
    if _relay_logs_at_stake(seen, replaced) and not wish.backup_dir:
        raise _no_backup_dir(
            seen, "there are relay logs, and the channel will have to be made or told anew, which may delete them"
        )


def _no_backup_dir(seen: Observed, found: str) -> Refused:
    return Refused(found, where=seen.address, untouched=NOTHING, next_step="give backup_dir")


def is_gtid_only(kept: Kept) -> bool:
    """Whether the server stores this connection only when it is told it, which deletes relay logs at the wrong time."""
    return bool(kept.settings.get("gtid_only"))


def _relay_logs_at_stake(seen: Observed, replaced: Set[str]) -> bool:
    made_anew = seen.unusable and bool({CONNECTIONS, POSITIONS} & replaced)
    told_anew = CONNECTIONS in replaced and any(map(is_gtid_only, seen.kept.values()))
    return bool((made_anew or told_anew) and seen.relay_logs)


def _wanted(channel: Channel) -> bool:
    """Whether somebody wants this channel to run: one thread does, or was ended by an error."""
    failed = channel.applier_failure is not None or channel.receiver_failure is not None
    return channel.receiver != STOPPED or channel.applier != STOPPED or failed


def _analyze(seen: Observed, recipes: List[Tuple[Finding, Recipe]]) -> bool:
    emptied = [f for f, actions in recipes if f.name in STATISTICS and {"create", "empty", "analyze"} & set(actions)]
    return bool(seen.journal.get("analyze") or emptied)


def _comes_back(actions: Recipe, analyze: bool) -> bool:
    return not {STOP, UPGRADE} & set(actions) and (analyze or "analyze" not in actions)


def _connections(seen: Observed) -> Dict[str, Kept]:
    """What has to be written down, as the rows of slave_master_info are lost. Memory is right, then an earlier run."""
    ours = seen.noted()
    found = {name: kept for name, kept in seen.kept.items() if name in seen.in_memory() or name not in ours}
    by_position = sorted(name for name in found if not found[name].settings.get("auto_position"))
    if by_position and seen.unusable:
        raise Refused(
            "the channel '%s' follows its source by file and position, which are lost with the table" % by_position[0],
            where=seen.address,
            untouched=NOTHING,
            next_step="write down its row of mysql.slave_master_info, make the table anew with that row, and restart",
        )
    return found


def _is_news(seen: Observed, name: str, kept: Kept) -> bool:
    return seen.journaled.get(name) != kept


def _made_anew(seen: Observed, recipes: List[Tuple[Finding, Recipe]], missing: bool) -> List[Step]:
    """Steps of those tables that are only made, or of those that something is taken away from first."""
    found: List[Step] = []
    for finding, actions in recipes:
        if (actions[:1] == ("create",)) == missing:
            ours = [steps.BY_ACTION[action] for action in actions if action in steps.BY_ACTION]
            found += [make(finding, seen.version) for make in ours]
    return found


def _done_with(seen: Observed, connections: Dict[str, Kept], started: List[str]) -> List[str]:
    """Channels that were written down, and that the server itself stores again, or will when it has started them."""
    stores = seen.in_memory() & {*seen.stored, *started}
    return sorted(stores & (seen.noted() | set(connections)))


def _is_found_again(seen: Observed) -> bool:
    """Whether somebody has given the server the connection that an earlier run called lost."""
    return bool(seen.journal.get("lost") and not seen.connection_is_lost())


def _record(
    seen: Observed, connections: Dict[str, Kept], started: List[str], analyze: bool, read_only: Optional[str]
) -> Dict[str, Any]:
    """What a run must know after it was killed; fields that say nothing are left out."""
    record = {
        "super_read_only": "ON" if read_only == "ON" else None,
        "start": started,
        "analyze": analyze,
        "lost": seen.connection_is_lost(),
        "connections": sorted(set(seen.journal.get("connections") or ()) | set(connections)),
    }
    return {name: value for name, value in record.items() if value}
