# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mysql_stats_tables does on the host of a server that is down, once for each of its two states."""

import os
import time
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import systables as host
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import evidence, offline, restored
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import Known, judge_file

DYING = 10  # seconds


class _Offline:
    """params: those of the module; datadir is given."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.datadir: str = params["datadir"]
        self.aside: Optional[Quarantine] = None

    def __enter__(self) -> "_Offline":
        return self

    def __exit__(self, *_exc: Any) -> None:
        return None

    def exclusive(self) -> RunLock:
        return RunLock(self.params["state_dir"], "mysql_stats_tables")

    def assume(self, seen: Any, _step: str) -> Any:
        """No earlier step of a rebuild changes these files."""
        return seen

    def describe(self, seen: Any) -> Dict[str, Any]:
        told: Dict[str, Any] = seen.describe()
        return told

    def refuse_if_used(self, patience: int = 0) -> None:
        """patience: seconds, for a server that dies, which holds its files for a moment longer than it answers."""
        for second in range(patience + 1):
            if not host.is_used(self.datadir):
                return
            if second < patience:
                time.sleep(1)
        raise Refused(
            "a server works on this data directory, and does not answer at the login that was given",
            where=self.datadir,
            untouched="everything",
            next_step="stop it, wait until it has come up, or give the login at which it answers",
        )


class OfflineTables(_Offline):
    """state=healthy, as far as files go."""

    def observe(self) -> offline.Observed:
        self.refuse_if_used(DYING)
        lines = host.log_lines(self.params["error_log"])
        system_space = os.path.join(self.datadir, host.SYSTEM_SPACE)
        if os.path.exists(system_space):
            seen = host.data_file(system_space)
            damage = (seen and seen.damage) or evidence.system_space_damage(lines)
            return offline.Observed(self.datadir, [], damage)
        dictionary = host.dictionary(self.datadir)
        findings = []
        for name in [one for one in NAMES if one in self.params["tables"]]:
            data_file = host.data_file(host.path_of(self.datadir, name, ".ibd"))
            space = (dictionary or {}).get("mysql/" + name)
            if dictionary is None:
                space = evidence.space_by_dictionary(lines, name)
            findings.append(judge_file(name, data_file, None if space is None else Known(space)))
        return offline.Observed(self.datadir, findings)

    def plan(self, seen: offline.Observed) -> Plan:
        return offline.plan(seen, self.params["backup_dir"])

    def do_set_aside(self, step: Step) -> None:
        # The server may have come up since the first look.
        self.refuse_if_used()
        if self.aside is None:
            self.aside = Quarantine.create(self.params["backup_dir"], "system-tables", "the server does not start")
        self.aside.keep(host.path_of(self.datadir, (step.data or {})["table"], ".ibd"), "move")

    def report(self, before: offline.Observed, after: offline.Observed, plan: Plan) -> Dict[str, Any]:
        told = evidence.of_tables(host.log_lines(self.params["error_log"]))
        damaged = [step.target for step in plan.steps]
        tables = [
            dict(
                was.public(),
                verdict_after=is_now.verdict,
                actions=["set_aside"] if "mysql.%s" % was.name in damaged else [],
                evidence=told[was.name],
            )
            for was, is_now in zip(before.findings, after.findings)
        ]
        return dict(tables=tables, online=False, datadir=self.datadir, quarantine=self.aside and self.aside.directory)


class RestoredTables(_Offline):
    """state=restored."""

    def observe(self) -> restored.SetAside:
        self.refuse_if_used()
        self.aside = Quarantine(self.params["quarantine"])
        ours = os.path.realpath(os.path.join(self.datadir, "mysql"))
        away: List[str] = [entry["original"] for entry in self.aside.away()]
        return restored.SetAside(
            directory=self.aside.directory,
            away=away,
            taken=[path for path in away if os.path.lexists(path)],
            foreign=[path for path in away if os.path.realpath(os.path.dirname(path)) != ours],
        )

    def plan(self, seen: restored.SetAside) -> Plan:
        return restored.plan(seen)

    def do_put_back(self, _step: Step) -> None:
        self.refuse_if_used()
        Quarantine(self.params["quarantine"]).restore()

    def report(self, _before: restored.SetAside, _after: restored.SetAside, _plan: Plan) -> Dict[str, Any]:
        return dict(tables=[], online=False, datadir=self.datadir, quarantine=self.params["quarantine"])
