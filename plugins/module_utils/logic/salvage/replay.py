# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left to replay into a new instance that holds the dump, and when that may not be done. Pure."""

from typing import Any, Dict, List, NamedTuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.binary_logs import POSITION, Reach

NOTHING = "the new instance"
BEGUN, DONE = "begun", "done"


class Observed(NamedTuple):
    """reach: how far the logs bring the dump. executed: GTIDs of the new instance. journal: of the last replay.

    load: the journal of the load. settings: global variables by name. asleep: [schema, name] of events that were
    enabled in the dump, and that the load has left disabled.
    """

    address: str
    server_uuid: str
    reach: Reach
    executed: GtidSet
    journal: Dict[str, Any]
    load: Dict[str, Any]
    settings: Dict[str, str]
    asleep: List[List[str]]

    @property
    def wanted(self) -> GtidSet:
        return GtidSet.parse(self.reach.gtids or "")

    @property
    def done(self) -> bool:
        if self.reach.how == POSITION:
            return self.journal.get("phase") == DONE and self.journal.get("server_uuid") == self.server_uuid
        return self.wanted <= self.executed

    def describe(self) -> Dict[str, Any]:
        return dict(gtid_executed=str(self.executed), replayed=self.done, events_asleep=len(self.asleep))


def plan(seen: Observed, fingerprint: str) -> Plan:
    """Nothing where all is in, and events run. fingerprint: of the dump that the logs follow. Raises Refused."""
    before = seen.describe()
    steps = []
    if not seen.done:
        guard(seen, fingerprint)
        left = seen.wanted - seen.executed
        what = (
            "%d transactions" % len(left)
            if left
            else "what follows the dump, %d transactions" % seen.reach.transactions
        )
        steps.append(
            Step("replay", seen.address, "replay %s from %s" % (what, ", ".join(seen.reach.names)), "the dump is older")
        )
        steps.append(
            Step("make_durable", seen.address, "FLUSH LOCAL ENGINE LOGS", "nothing is declared that a crash could undo")
        )
    if seen.asleep:
        names = ", ".join(".".join(name) for name in seen.asleep)
        steps.append(Step("enable_events", seen.address, "enable %s" % names, "they ran before, and this is a source"))
    after = dict(before, replayed=True, events_asleep=0, gtid_executed=str(seen.executed | seen.wanted))
    return Plan(steps, before, after)


def guard(seen: Observed, fingerprint: str) -> None:
    """Raise Refused while a replay could not end well."""
    reach, load = seen.reach, seen.load
    if (load.get("phase"), load.get("fingerprint"), load.get("server_uuid")) != (
        "loaded",
        fingerprint,
        seen.server_uuid,
    ):
        raise _refused(seen, "the dump that the binary logs follow is not what this server holds", "load it first")
    if seen.settings.get("event_scheduler") == "ON" or seen.settings.get("super_read_only") == "ON":
        raise _refused(seen, "the event scheduler or super_read_only is on", "mysql_replica_quiet state=quiet")
    if reach.how == POSITION:
        if seen.journal.get("phase") == BEGUN and seen.journal.get("server_uuid") == seen.server_uuid:
            raise _refused(
                seen,
                "a replay was ended in the middle, and without GTIDs nobody knows where",
                "drop the schemas of this server, load the dump, remove replay.json from the directory of the salvage",
            )
        return
    missing = GtidSet.parse(reach.dump_gtids) - seen.executed
    if missing:
        raise _refused(
            seen, "the GTID set of the dump is not declared: %s missing" % missing, "mysql_gtid_reset with gtid_purged"
        )
    strange = seen.executed - seen.wanted
    if strange:
        raise _refused(
            seen,
            "somebody has written to it: %s are in neither the dump nor the binary logs" % strange,
            "begin again with a new instance, and let nobody else write to it",
        )


def _refused(seen: Observed, found: str, next_step: str) -> Refused:
    return Refused(found, where=seen.address, untouched=NOTHING, next_step=next_step)
