# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings under which a replica may be rebuilt, and the way back to those it had. Pure.

The event scheduler sleeps: an enabled event writes GTIDs of the replica itself within seconds. Nobody but us writes:
read_only is on. super_read_only is off, for it would stop us too.
"""

from typing import Dict, List, NamedTuple, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step

# (variable, value while the replica is rebuilt, why); the order matters: read_only=OFF would clear super_read_only,
# super_read_only=ON would set read_only.
QUIET: List[Tuple[str, str, str]] = [
    ("event_scheduler", "OFF", "an event would write transactions of the replica itself"),
    ("read_only", "ON", "applications must not write while the data is replaced"),
    ("super_read_only", "OFF", "it would refuse the load as well"),
]

# A scheduler disabled by option cannot be switched, and needs not be.
_FIXED = {"event_scheduler": "DISABLED"}


class Observed(NamedTuple):
    """now: the variables of QUIET that this server has. journaled: what a run wrote down, {} without a journal."""

    now: Dict[str, str]
    journaled: Dict[str, str]


def after_quiet(seen: Observed) -> Observed:
    """What plan_quiet() would leave."""
    plan = plan_quiet(seen)
    return Observed(plan.after, dict(seen.now, **seen.journaled) if plan.needed else seen.journaled)


def plan_quiet(seen: Observed) -> Plan:
    """From the settings now to the quiet ones. A journal that is there wins: it holds what a first run found.

    There is a journal even where no setting has to change: it is also the mark of a rebuild that is not finished.
    """
    now, journaled = seen
    steps = [
        _set(name, wanted, reason)
        for name, wanted, reason in QUIET
        if now.get(name) not in (None, wanted, _FIXED.get(name))
    ]
    found = dict(now)
    if steps or not journaled:
        steps.insert(
            0,
            Step(
                "journal",
                "journal",
                "write down %s" % ", ".join("%s=%s" % item for item in sorted(dict(found, **journaled).items())),
                "they are restored at the end, whatever happens in between",
                {"settings": dict(found, **journaled)},
            ),
        )
    after = dict(found)
    after.update({name: wanted for name, wanted, _reason in QUIET if found.get(name) not in (None, _FIXED.get(name))})
    return Plan(steps, dict(found), after)


def plan_restore(seen: Observed) -> Plan:
    """Back to the journaled settings; nothing without a journal."""
    now, journaled = seen
    if not journaled:
        return Plan([], dict(now), dict(now))
    # A scheduler that was disabled by an option, which is now another one, can be switched off, not disabled.
    wanted = {name: "OFF" if value == _FIXED.get(name) else value for name, value in journaled.items()}
    # read_only first, then super_read_only, then the scheduler: the reverse of the order above would be refused.
    steps = [
        _set(name, wanted[name], "it was %s before the rebuild" % journaled[name])
        for name in ("read_only", "super_read_only", "event_scheduler")
        if name in wanted and now.get(name) not in (None, wanted[name], _FIXED.get(name))
    ]
    steps.append(Step("forget", "journal", "remove the journal", "everything in it is restored"))
    return Plan(steps, dict(now), dict(now, **journaled))


def _set(name: str, value: str, reason: str) -> Step:
    return Step("set", name, "SET GLOBAL %s = %s" % (name, value), reason)
