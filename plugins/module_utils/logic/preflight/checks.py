# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would fail later, found now: every check that a rebuild from a dump must pass before its first step. Pure.

CHECKS is the one table, put together from those beside the checks: the guide's list is made from it. All checks run, so
that the operator sees everything at once.
"""

from typing import Any, Dict, List, NamedTuple, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import (
    of_account,
    of_cloud,
    of_dump,
    of_load,
    of_neighbours,
    of_pair,
    of_privileges,
    of_replica,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import OVERRULE, Check
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts

CHECKS: List[Check] = [
    *of_pair.CHECKS,
    *of_account.CHECKS,
    *of_dump.CHECKS,
    *of_load.CHECKS,
    *of_replica.CHECKS,
    *of_neighbours.CHECKS,
    *of_privileges.CHECKS,
    *of_cloud.CHECKS,
]
_BY_ID = {row.id: row for row in CHECKS}


class Finding(NamedTuple):
    """One thing that was found. overruled: the operator has said that it does not count."""

    id: str
    severity: str
    fact: str
    where: str
    next_step: str
    overruled: bool

    def public(self) -> Dict[str, Any]:
        return dict(self._asdict())


def findings(facts: Facts, overruled: Sequence[str] = (), only: Sequence[str] = ()) -> List[Finding]:
    """What was found, in the order of the table; empty when the way is clear.

    overruled: ids that the operator overrules. Raises BadInput for one that is unknown or that nobody may overrule.
    only: see checks().
    """
    for name in overruled:
        if name not in _BY_ID or _BY_ID[name].overrule != OVERRULE:
            raise BadInput(
                "%r is no check that can be overruled by name" % name,
                where=OVERRULE,
                untouched="everything",
                next_step="give ids from: %s" % ", ".join(row.id for row in CHECKS if row.overrule == OVERRULE),
            )
    found = []
    for row in checks(facts, only):
        seen = row.look(facts)
        if seen is not None:
            found.append(Finding(row.id, row.severity, seen.fact, seen.where, seen.next_step, row.id in overruled))
    return found


def checks(facts: Facts, only: Sequence[str] = ()) -> List[Check]:
    """Those that can be made, by who answers; of these ids, if any are given. Raises BadInput for an unknown one."""
    unknown = sorted(set(only) - set(_BY_ID))
    if unknown:
        raise BadInput("no check is called %s" % ", ".join(unknown), untouched="everything")
    answers = {"replica": facts.replica is not None, "source": bool(facts.source["reachable"])}
    return [row for row in CHECKS if all(answers[name] for name in row.needs) and (not only or row.id in only)]
