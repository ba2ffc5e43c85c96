# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which remedy comes first, which comes when that has not helped, and why. Pure.

A rung is climbed when something was found that it heals, or when a gentler one was tried on the same thing in vain. The
next look decides anew: what a rung has brought to light counts as much as what was there before.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.signs import Sign, by_hand
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import BY_HAND, LADDER


class Rung(NamedTuple):
    """A rung of the ladder. needs: its precondition. then: what may help where it did not, the gentlest first."""

    needs: str
    risk: str
    then: Tuple[str, ...]


RUNGS: Dict[str, Rung] = {
    "start": Rung(
        "the server or its replication is at rest, and nothing is known to be broken",
        "none: the server is started with replication at rest",
        ("restart", "reread", "reattach", "rebuild"),
    ),
    "restart": Rung(
        "what ended the server may be over",
        "a server that crashes each time it starts may make its damage worse",
        ("system_tables", "rebuild"),
    ),
    "reread": Rung(
        "the channel uses GTID auto-position, and its relay logs may be whole",
        "none: what is executed already is passed over by its GTID",
        ("relay_log_repair", "rebuild"),
    ),
    "relay_log_repair": Rung(
        "relay logs are there, and the server can be stopped and started",
        "the server is restarted; what is cut off is fetched from the source again, if it still has it",
        ("reattach", "rebuild"),
    ),
    "system_tables": Rung(
        "a table of statistics or of replication is missing, differs or is damaged",
        "the server may be restarted; data files are moved to the quarantine",
        ("reattach", "rebuild"),
    ),
    "reattach": Rung(
        "the source still has all that is missing here, and nothing exists only here",
        "none, as long as the inventory names the right source",
        ("rebuild",),
    ),
    "rebuild": Rung(
        "there is a dump, or a source to take it from",
        "the replica's rows are replaced by those of the dump",
        ("salvage",),
    ),
    "salvage": Rung(
        "nothing else can be had: no source and no dump",
        "what cannot be read is lost",
        (),
    ),
}
#: The same for all rungs: threads that say Yes are no proof.
SUCCESS = "replication runs, and has executed all that the source had executed when it was asked"


class Step(NamedTuple):
    """One row of a host's ladder. state: ``next``, ``tried``, ``later`` (where the next one does not help), ``no``."""

    rung: str
    state: str
    why: str
    risk: str
    needs: str
    success: str = SUCCESS

    def public(self) -> Dict[str, Any]:
        return dict(self._asdict())


def ladder(found: Sequence[Sign], tried: Sequence[str], max_rung: str) -> List[Step]:
    """All rungs, from the gentlest. At most one is ``next``; none is where there is nothing to do or nothing may be.

    tried: rungs that were climbed already, and did not help. max_rung: the highest that may be climbed.
    """
    reasons = _reasons(found)
    blocked = by_hand(list(found))
    allowed = LADDER[: LADDER.index(max_rung) + 1]
    steps = []
    first: Optional[str] = None
    for name in LADDER:
        rung = RUNGS[name]
        if name in tried:
            state, why = "tried", "it did not help"
        elif name not in reasons:
            state, why = "no", "nothing was found that it heals"
        elif name not in allowed:
            state, why = "no", "%s; not allowed here (heal_max_rung)" % reasons[name]
        elif blocked:
            state, why = "later", "%s; first, by hand: %s" % (reasons[name], blocked[0].remedy)
        else:
            state, why = ("next" if first is None else "later"), reasons[name]
            first = first or name
        steps.append(Step(name, state, why, rung.risk, rung.needs))
    return steps


def _reasons(found: Sequence[Sign]) -> Dict[str, str]:
    """Rung -> why it may help."""
    reasons: Dict[str, str] = {}
    for sign in found:
        if sign.rung == BY_HAND or not (sign.blocks or sign.rung == "system_tables"):
            continue
        reasons.setdefault(sign.rung, "%s: %s" % (sign.id, sign.fact))
        for name in RUNGS[sign.rung].then if sign.blocks else ():
            reasons.setdefault(name, "%s, where nothing gentler helps" % sign.id)
    return reasons
