# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is what was salvaged in the new instance, all of it? Pure."""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ledger


class Observed(NamedTuple):
    """ledger: of mysql_salvage_export. rows: by schema.table, of the new instance; None for one that is not there.

    events: by schema.event, each with schema, name and status.
    """

    address: str
    ledger: Dict[str, Any]
    rows: Dict[str, Optional[int]]
    events: Dict[str, Dict[str, str]]

    def describe(self) -> Dict[str, Any]:
        enabled = sorted(name for name, event in self.events.items() if event["status"] == "ENABLED")
        return dict(rows=sum(count or 0 for count in self.rows.values()), enabled_events=enabled)


def expected(table: Dict[str, Any]) -> Optional[int]:
    """Rows that a table of the ledger has to have; None for one without a definition, which need not be there."""
    return table["rows_saved"] if table["files"] or table["state"] == ledger.LEFT_OUT else None


def differences(seen: Observed) -> List[str]:
    """A sentence for each table that is not as the ledger says."""
    found = []
    for table in seen.ledger["tables"]:
        path = "%s.%s" % (table["schema"], table["table"])
        wanted, there = expected(table), seen.rows[path]
        if wanted is not None and there != wanted:
            there_is = "is not there" if there is None else "has %d rows" % there
            found.append("%s %s, the ledger says %d" % (path, there_is, wanted))
    return found


def plan(seen: Observed) -> Plan:
    """Enable the events that ran before. Raises Refused where rows are not what the ledger says."""
    wrong = differences(seen)
    if wrong:
        raise Refused(
            "%d tables are not what was salvaged: %s" % (len(wrong), "; ".join(wrong[:10])),
            where=seen.address,
            untouched="everything",
            next_step="load the export again, into a new instance",
            differences=wrong,
        )
    ran = [name for name in seen.ledger["enabled_events"] if name in seen.events]
    asleep = [name for name in ran if seen.events[name]["status"] != "ENABLED"]
    why = "it ran before, and this is a source"
    steps = [Step("enable_event", name, "ALTER EVENT %s ENABLE" % name, why, seen.events[name]) for name in asleep]
    before = seen.describe()
    return Plan(steps, before, dict(before, enabled_events=sorted(set(before["enabled_events"]) | set(asleep))))
