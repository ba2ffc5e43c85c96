# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the replica has, put into the replica that was made anew from its source. Pure.

A schema that the source does not have comes back whole. In a schema that both have, tables that only the replica had
come back, each with its rows; what the source has there is the source's.
"""

from typing import Any, Dict, List, NamedTuple, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ledger

AT_THE_SOURCE = "the source has it"
BEGUN, DONE = "begun", "done"


class Known(NamedTuple):
    """What the source has. executed: its GTID set, as text."""

    address: str
    schemas: Set[str]
    tables: Set[Tuple[str, str]]
    executed: str


class Part(NamedTuple):
    """What comes back of one schema. whole: the schema itself. files: in the order in which they are loaded."""

    schema: str
    whole: bool
    tables: Dict[str, int]
    files: List[str]


class Observed(NamedTuple):
    """there: of the ledger's schemas, the tables that the server has; None for a schema that it does not have.

    rows: of the tables of parts that are done, by schema and table. journal: phase by schema, of this server.
    """

    address: str
    server_uuid: str
    parts: List[Part]
    there: Dict[str, Any]
    journal: Dict[str, Any]
    settings: Dict[str, str]

    def phase(self, part: Part) -> str:
        of_this = self.journal.get("server_uuid") == self.server_uuid
        return str(self.journal["parts"].get(part.schema, "")) if of_this else ""

    def describe(self) -> Dict[str, Any]:
        return dict(added=sorted(part.schema for part in self.parts if self.phase(part) == DONE))


def parts(told: Dict[str, Any]) -> List[Part]:
    """From a ledger of an export that left out what the source has."""
    shared = told["shared_schemas"]
    found = []
    for schema in sorted({file["schema"] for file in told["files"] if file["schema"]}):
        of_it = [file for file in told["files"] if file["schema"] == schema and file["sha256"]]
        tables = [one for one in told["tables"] if one["schema"] == schema and one["files"]]
        files = [file["path"] for file in of_it if file["kind"] == "definitions"]
        files += [file["path"] for table in tables for file in table["files"]]
        files += [file["path"] for file in of_it if file["kind"] == "programs"]
        known = [one for one in told["tables"] if one["schema"] == schema and one["why"] != AT_THE_SOURCE]
        rows = {one["table"]: one["rows_saved"] for one in known if one["state"] != ledger.LOST or one["files"]}
        found.append(Part(schema, schema not in shared, rows, files))
    return found


def plan(seen: Observed) -> Plan:
    """One step for each schema that is not done. Raises Refused for what has been made there meanwhile."""
    before = seen.describe()
    steps = []
    for part in seen.parts:
        phase = seen.phase(part)
        if phase == DONE:
            continue
        if phase != BEGUN:
            _guard(seen, part)
        what = "schema %s with %d tables" if part.whole else "into schema %s, %d tables"
        display = "add %s that only this replica had" % (what % (part.schema, len(part.tables)))
        steps.append(
            Step("add", part.schema, display, "the source does not have it", dict(schema=part.schema, again=phase))
        )
    if steps and seen.settings.get("super_read_only") == "ON":
        raise _refused(seen, "super_read_only is on", "mysql_replica_quiet state=quiet")
    return Plan(steps, before, dict(added=sorted(part.schema for part in seen.parts)))


def _guard(seen: Observed, part: Part) -> None:
    there = seen.there[part.schema]
    if part.whole and there is not None:
        raise _refused(seen, "there is a schema %s already" % part.schema, "rename one of them; it is not touched")
    if not part.whole and there is None:
        raise _refused(seen, "there is no schema %s any more, which the source had" % part.schema, "create it")
    twice = sorted(set(part.tables) & set(there or []))
    if twice:
        raise _refused(
            seen,
            "there are tables already in %s: %s" % (part.schema, ", ".join(twice)),
            "rename them; they are not touched",
        )


def _refused(seen: Observed, found: str, next_step: str) -> Refused:
    return Refused(found, where=seen.address, untouched="the server", next_step=next_step + ", then run this again")
