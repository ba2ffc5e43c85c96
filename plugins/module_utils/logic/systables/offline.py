# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to the files of the five tables while their server is down: as little as lets it start. Pure.

A server of 5.6 or 5.7 does not start with an .ibd that is cut, garbage or another table's, and starts without it (seen
on 5.6.24; innodb_force_recovery does not help). The rest is done when it answers again.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.plan import (
    NO_REPAIR,
    NOTHING,
    SYSTEM_SPACE_DAMAGED,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import (
    DATA_FILE_DAMAGED,
    DATA_FILE_MISSING,
    Finding,
)


class Observed(NamedTuple):
    """datadir: of a server that is down. system_space_damage: what is wrong with mysql.ibd, where there is one."""

    datadir: str
    findings: List[Finding]
    system_space_damage: Optional[str] = None

    def describe(self) -> Dict[str, Any]:
        return {finding.name: finding.verdict for finding in self.findings}


def plan(seen: Observed, backup_dir: Optional[str]) -> Plan:
    """Raises Refused where no file can be the remedy, or where there is no place to set one aside."""
    if seen.system_space_damage:
        raise Refused(
            SYSTEM_SPACE_DAMAGED % seen.system_space_damage,
            where=seen.datadir,
            untouched=NOTHING,
            next_step=NO_REPAIR,
            needs="rebuild",
        )
    damaged = [finding for finding in seen.findings if finding.verdict == DATA_FILE_DAMAGED]
    if damaged and not backup_dir:
        raise Refused(
            "the data file of mysql.%s has to be set aside: %s" % (damaged[0].name, damaged[0].detail[0]),
            where=seen.datadir,
            untouched=NOTHING,
            next_step="give backup_dir",
        )
    steps = [
        Step(
            "set_aside",
            "mysql.%s" % finding.name,
            "move %s.ibd into %s" % (finding.name, backup_dir),
            finding.detail[0],
            {"table": finding.name},
        )
        for finding in damaged
    ]
    before = seen.describe()
    return Plan(steps, before, dict(before, **{finding.name: DATA_FILE_MISSING for finding in damaged}))
