# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the source has and the dump lacks, although it declares all of the source's transactions. Pure.

Statements about such an object are among the declared ones: they never come, and the replica stays without it. What the
source got after the dump does come, so an object counts as missing for sure only when the dump declares everything that
the source has executed, or when the object is older than the dump by far.
"""

from typing import Any, Dict, List, NamedTuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_estimate import surely_before
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.schemas import SYSTEM_SCHEMAS

# kind -> the option of mysqldump that takes them along
PROGRAMS = {"routines": "--routines", "events": "--events", "triggers": "--triggers"}

# Made by managed services for themselves; their dumps leave them out.
OF_SERVICES = ("__recycle_bin__", "innodb", "tmp")


class Lacking(NamedTuple):
    """name: for people. surely: it was there when the dump was taken. option: of mysqldump, where one was forgotten."""

    name: str
    surely: bool
    option: str


def lacking(facts: Facts) -> List[Lacking]:
    """Empty when the source was not asked, or the dump is not whole or declares nothing."""
    held = (facts.source.get("load") or {}).get("holdings")
    if held is None or not facts.dump["complete"] or not facts.dump_gtids or not facts.dump["databases"]:
        return []
    same = not facts.source_executed - facts.dump_gtids
    schemas = _of_user(facts.dump["databases"])
    tables = {(table["database"], table["table"]) for table in facts.dump.get("tables") or ()}
    found = []
    for name in sorted(_of_user(held["schemas"]) - schemas):
        inside = [table for table in held["tables"] if table["db"] == name]
        found.append(Lacking("schema %s" % name, same or any(_old(facts, one) for one in inside), "--all-databases"))
    found += [
        Lacking("table %(db)s.%(name)s" % table, same or _old(facts, table), "")
        for table in held["tables"]
        if table["db"] in schemas and (table["db"], table["name"]) not in tables
    ]
    for kind, option in sorted(PROGRAMS.items()):
        there = [one for one in held[kind] if one["db"] in schemas]
        missing = len(there) - int(facts.dump.get(kind) or 0)
        if missing > 0:
            older = sum(_old(facts, one) for one in there) > int(facts.dump.get(kind) or 0)
            forgotten = option if missing == len(there) else ""
            found.append(Lacking("%d of %d %s" % (missing, len(there), kind), same or older, forgotten))
    return found


def _of_user(names: Any) -> Any:
    return {name for name in names if name.lower() not in SYSTEM_SCHEMAS + OF_SERVICES}


def _old(facts: Facts, one: Dict[str, Any]) -> bool:
    return one["made"] is not None and surely_before(facts.dump, one["made"])
