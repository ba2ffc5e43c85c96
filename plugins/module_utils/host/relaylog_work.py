# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mysql_relaylog_repair does: looks, plans and reports, once for each of its two states."""

import os
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Interrupted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog import Logs, read
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import place_of, refuse_if_open
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_repair import Repair
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import repair
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name


class _Work:
    """params: those of the module. files: does the steps."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.place = place_of(params["datadir"], params["relay_log"], params["relay_log_index"], params["channel"])
        self.files = Repair(params["state_dir"], params["backup_dir"])

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

    def observe(self) -> repair.Observed:
        params = self.params
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
    """state=restored."""

    def observe(self) -> repair.Kept:
        kept = self.files.kept(self.params["quarantine"], self.place)
        if kept.index_path != self.place.index_path:
            raise BadInput(
                "this quarantine is of other relay logs: of %s" % kept.index_path,
                where=kept.directory,
                untouched="everything",
                next_step="give datadir, relay_log, relay_log_index and channel as they were given to the repair",
            )
        for path in kept.differing:
            if os.path.dirname(path) != os.path.dirname(kept.index_path):
                self.place.status(path)
        refuse_if_open(self.place, kept.differing)
        return kept

    def plan(self, seen: repair.Kept) -> Plan:
        return repair.plan_restore(seen, self.params["force"])

    def report(self, _before: repair.Kept, _after: repair.Kept, _plan: Plan) -> Dict[str, Any]:
        return dict(quarantine=self.quarantine())
