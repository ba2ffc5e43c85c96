# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mysql_relaylog_repair does: looks, plans and reports, once for each of its states."""

import os
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Interrupted, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog import Logs, read
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_listed import applier_at
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import (
    UNTOUCHED,
    place_of,
    refuse_if_open,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_repair import Repair
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_restore import Restore
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import repair, restore
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name


class _Work:
    """params: those of the module. files: does the steps."""

    files: Any

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.place = place_of(params["datadir"], params["relay_log"], params["relay_log_index"], params["channel"])
        self.putting_back = Restore(params["state_dir"], params["backup_dir"])

    def exclusive(self) -> RunLock:
        return RunLock(self.params["state_dir"], "mysql_relaylog_repair")

    def describe(self, seen: Any) -> Dict[str, Any]:
        told: Dict[str, Any] = seen.describe()
        return told

    def quarantine(self) -> Optional[str]:
        return self.files.quarantine.directory if self.files.quarantine else None


class Repaired(_Work):
    """state=repaired."""

    logs: Logs  # as they were at the last look

    def __init__(self, params: Dict[str, Any]) -> None:
        super().__init__(params)
        self.files = Repair(params["state_dir"], params["backup_dir"], params["on_trial"])

    def observe(self) -> repair.Observed:
        params = self.params
        begun = self.putting_back.begun(self.place.index_path)
        if begun is not None:
            raise Refused(
                "an earlier run was killed while it put the old logs back",
                where=begun,
                untouched=UNTOUCHED,
                next_step="state=restored with quarantine=%s finishes that" % begun,
                needs="restored",
            )
        logs = self.logs = read(self.place, params["applier_position"], params["gtid_only"], params["channel"])
        verdict = logs.scan.verdict()
        return repair.Observed(
            index_path=self.place.index_path,
            listed=logs.listed,
            crash_safe=logs.crash_safe,
            findings=logs.findings,
            names=logs.names,
            paths=logs.paths,
            strays=logs.strays,
            unlisted=logs.unlisted,
            sizes=[file.size for file in logs.scan.files],
            position=logs.position,
            verdict=verdict,
            retrieved=str(logs.scan.retrieved(verdict.cut)),
            unfinished=self.files.unfinished(self.place.index_path, logs.listed),
        )

    def _beginning(self) -> Optional[str]:
        begin = self.logs.scan.beginning()
        return begin and "%s:%d" % (base_name(self.logs.names[begin.file]), begin.offset)

    def plan(self, seen: repair.Observed) -> Plan:
        params = self.params
        wish = repair.Wish(params["strategy"], params["auto_position"], params["force"], params["backup_dir"])
        return repair.plan(seen, wish)

    def set_aside(self, change: Dict[str, Any]) -> None:
        # The server may have come up since the first look.
        refuse_if_open(self.place, self.logs.paths)
        self.files.set_aside(change)

    def report(self, before: repair.Observed, after: repair.Observed, plan: Plan) -> Dict[str, Any]:
        broken = after.verdict.broken
        if plan.needed and after is not before and broken is not None:
            raise Interrupted(
                "the relay logs are still damaged after the repair: %s" % broken.damage.detail,
                where="%s:%d" % (after.paths[broken.file], broken.offset),
                next_step="look at the disk; state=restored with quarantine=%s puts the old logs back"
                % self.quarantine(),
            )
        cut = before.verdict.cut if plan.needed and before.verdict.broken else None
        discarded = self.params["strategy"] == "discard"
        return dict(
            verdict=before.verdict.status,
            files=before.verdict.files,
            index_findings=[dict(finding._asdict()) for finding in before.findings],
            cut=dict(cut._asdict(), file=before.paths[cut.file]) if cut and not discarded else None,
            removed_files=[step.target for step in plan.steps if step.action == "take_out"],
            retrieved_gtid_set="" if discarded else before.retrieved,
            applier=repair.relation(before.position, cut) if not discarded else None,
            apply_from=None if discarded else self._beginning(),
            begin=repair.begin(before, any(len(file["checksums"]) > 1 for file in before.verdict.files)),
            quarantine=self.quarantine(),
        )


class Restored(_Work):
    """state=restored. Without a quarantine: what an earlier run was killed over, else the newest that is on trial."""

    def __init__(self, params: Dict[str, Any]) -> None:
        super().__init__(params)
        self.files = self.putting_back
        self._wanted: Optional[str] = None

    def observe(self) -> Optional[restore.Kept]:
        place = self.place
        trial = self.files.trial.of(place.index_path)
        newest = self.files.begun(place.index_path) or (trial[-1] if trial else None)
        self._wanted = self._wanted or self.params["quarantine"] or newest
        if self._wanted is None:
            return None
        applier = applier_at(place, self.params["applier_position"], self.params["channel"])
        kept: restore.Kept = self.files.kept(self._wanted, place, applier)
        if kept.index_path != place.index_path:
            raise BadInput(
                "this quarantine is of other relay logs: of %s" % kept.index_path,
                where=kept.directory,
                untouched="everything",
                next_step="give datadir, relay_log, relay_log_index and channel as they were given to the repair",
            )
        for path in [*kept.differing, *kept.newer]:
            if os.path.dirname(path) != os.path.dirname(kept.index_path):
                place.status(path)
        refuse_if_open(place, kept.differing)
        return kept

    def plan(self, seen: Optional[restore.Kept]) -> Plan:
        return restore.plan_restore(seen, self.params["force"]) if seen else Plan([], {}, {})

    def describe(self, seen: Optional[restore.Kept]) -> Dict[str, Any]:
        return seen.describe() if seen else {}

    def report(self, _before: Any, _after: Any, _plan: Plan) -> Dict[str, Any]:
        return dict(quarantine=self.quarantine())


class Accepted(_Work):
    """state=accepted."""

    def __init__(self, params: Dict[str, Any]) -> None:
        super().__init__(params)
        self.files = self.putting_back

    def observe(self) -> List[str]:
        found: List[str] = self.files.trial.of(self.place.index_path)
        return found

    def describe(self, seen: List[str]) -> Dict[str, Any]:
        return {"on_trial": seen}

    def plan(self, seen: List[str]) -> Plan:
        return restore.plan_accept(self.place.index_path, seen)

    def report(self, before: List[str], _after: Any, _plan: Plan) -> Dict[str, Any]:
        return dict(quarantine=before[-1] if before else None)
