# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""May this dump be loaded into this server now, and what has to go first? Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_settings import Change
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.schemas import SYSTEM_SCHEMAS

NOTHING = "the schemas of the server"


class Observed(NamedTuple):
    """settings: global variables by name. appliers: channels whose applier is running. journal: of the last load."""

    address: str
    server_uuid: str
    executed: GtidSet
    schemas: List[str]
    settings: Dict[str, str]
    appliers: List[str]
    journal: Dict[str, Any]

    def describe(self) -> Dict[str, Any]:
        return {"schemas": [name for name in self.schemas if name not in SYSTEM_SCHEMAS]}


class Dump(NamedTuple):
    """What mysql_dump_info told. size is in bytes of the file, largest_statement of the plain text."""

    path: str
    fingerprint: str
    size: int
    databases: List[str]
    tables: List[Dict[str, Any]]
    events: int
    gtid_purged: Optional[str]
    gtid_sets_differ: bool
    unplaced_statement: Optional[str]
    largest_statement: int
    complete: bool
    incomplete_reason: Optional[str]

    @classmethod
    def read(cls, told: Dict[str, Any]) -> "Dump":
        return cls(**{name: told[name] for name in cls._fields})


def plan(
    seen: Observed,
    dump: Dump,
    drop_schemas: List[str],
    faster: Sequence[Change] = (),
    finished: int = 0,
    not_resumed: Optional[str] = None,
    cost: str = "",
) -> Plan:
    """Nothing when this very dump is in already and its GTIDs are declared; else drop what it replaces, and load it.

    faster: the settings to change for the time of the load. finished: tables that an interrupted load of this
    dump has finished; they stay, and what else is in the schemas of the dump goes. not_resumed: why none does.
    cost: what a load of this dump takes, for people.
    """
    before = seen.describe()
    if is_loaded(seen, dump):
        return Plan([], before, before)
    guard(seen, dump)
    replaced = [name for name in dump.databases if name in seen.schemas and name.lower() not in SYSTEM_SCHEMAS]
    steps = [
        Step("drop_schema", name, "DROP DATABASE %s" % name, "the dump replaces it whole", {"schema": name})
        for name in replaced
        if not finished
    ]
    if finished:
        steps.append(
            Step(
                "resume",
                seen.address,
                "count %d tables again, and drop whatever else is in %s" % (finished, ", ".join(replaced)),
                "a load of this dump was interrupted when they were finished",
                {"schemas": replaced},
            )
        )
    steps += [
        Step("drop_schema", name, "DROP DATABASE %s" % name, "it is to be dropped (drop_schemas)", {"schema": name})
        for name in drop_schemas
        if name in seen.schemas and name not in replaced and name.lower() not in SYSTEM_SCHEMAS
    ]
    steps += [
        Step(
            "speed_up",
            change.name,
            "SET GLOBAL %s = %s" % (change.name, change.value),
            change.reason + "; put back when they are in",
            {"name": change.name, "value": change.value},
        )
        for change in faster
    ]
    steps.append(
        Step(
            "load",
            seen.address,
            "load %s: %d tables, %d bytes%s" % (dump.path, len(dump.tables), dump.size, cost),
            "the data on the server is not that of the dump"
            + ("; nothing is kept of the load that was interrupted: %s" % not_resumed if not_resumed else ""),
        )
    )
    if faster:
        names = ", ".join(change.name for change in faster)
        steps.append(Step("settle", seen.address, "put back %s" % names, "the rows are in"))
    steps.append(
        Step("disable_events", seen.address, "disable the events of the dump", "events run at the source only")
    )
    steps.append(
        Step("make_durable", seen.address, "FLUSH LOCAL ENGINE LOGS", "nothing is declared that a crash could undo")
    )
    kept = [name for name in before["schemas"] if name not in drop_schemas]
    loaded = [name for name in dump.databases if name.lower() not in SYSTEM_SCHEMAS]
    return Plan(steps, before, {"schemas": sorted(set(kept) | set(loaded))})


def is_loaded(seen: Observed, dump: Dump) -> bool:
    """The journal's word counts only together with the server's: a load that was not declared is not believed."""
    journal = seen.journal
    declared = GtidSet.parse(journal.get("gtid_purged") or "")
    return (
        journal.get("phase") == "loaded"
        and journal.get("fingerprint") == dump.fingerprint
        and journal.get("server_uuid") == seen.server_uuid
        and bool(declared)
        and declared <= seen.executed
    )


def another_load(why: str, where: str) -> Refused:
    """A load was interrupted that has finished tables, and it was not this one. where: of what is known of it."""
    return Refused(
        "a load was interrupted, and this one cannot take it up: %s" % why,
        where=where,
        untouched=NOTHING,
        next_step="run that load again to go on with it, or this one with start_over=true to give it up",
    )


def guard(seen: Observed, dump: Dump) -> None:
    """Raise Refused when a load now would fail halfway or leave a trace."""
    packet = int(seen.settings.get("max_allowed_packet") or 0)
    found = None
    if not dump.complete:
        raise Refused(
            "the dump is not whole: %s" % dump.incomplete_reason,
            where=dump.path,
            untouched=NOTHING,
            next_step="take a new dump",
        )
    if not dump.databases:
        found = ("the dump selects no schema, so nobody knows where its tables belong", "take it with --databases")
    elif dump.unplaced_statement:
        found = (
            "nobody knows which schema a statement of the dump belongs to: %s" % dump.unplaced_statement,
            "take it with --databases",
        )
    elif dump.gtid_sets_differ:
        found = (
            "the parts of the dump do not declare the same GTID set, so their rows are not of one moment",
            "take all schemas in one run of mysqldump --single-transaction",
        )
    elif seen.appliers:
        found = ("replication is running (channels %s)" % ", ".join(map(repr, seen.appliers)), "stop it first")
    elif seen.settings.get("super_read_only") == "ON":
        found = (
            "super_read_only is on, and would refuse the load after its first statement",
            "mysql_replica_quiet state=quiet",
        )
    elif dump.events and seen.settings.get("event_scheduler") == "ON":
        found = (
            "the event scheduler is on, and the dump holds %d events" % dump.events,
            "mysql_replica_quiet state=quiet",
        )
    elif packet and dump.largest_statement > packet:
        found = (
            "the largest statement has %d bytes, max_allowed_packet is %d" % (dump.largest_statement, packet),
            "SET GLOBAL max_allowed_packet to more than that",
        )
    if found:
        raise Refused(found[0], where=seen.address, untouched=NOTHING, next_step=found[1] + ", then run this again")
