# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of a server whose five tables are looked at, and what it says beside the tables' verdicts. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import Channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import (
    FORMAT_FILE_MISSING,
    FORMAT_FILE_UNREADABLE,
    HEALTHY,
    Finding,
)

CLOCK = 2  # seconds: a start is told by the server's uptime, which is whole seconds
CONNECTIONS = "slave_master_info"
ROWS_ARE_THERE = (HEALTHY, FORMAT_FILE_MISSING, FORMAT_FILE_UNREADABLE)


class Life(NamedTuple):
    """From one start of a server to its end. started: seconds since 1970, right to a second or two.

    pid_file: when its pid file was written, in nanoseconds, which tells two starts within a second; None for unknown.
    """

    started: int
    pid_file: Optional[int]

    def is_that_of(self, noted: Optional[List[Any]]) -> bool:
        """noted: a life as the journal has it."""
        if not noted:
            return False
        then = Life(*noted)
        if self.pid_file is not None and then.pid_file is not None:
            return self.pid_file == then.pid_file
        return abs(self.started - then.started) <= CLOCK


class Observed(NamedTuple):
    """What is seen of a server that answers.

    channels: those in its memory, [] for a server that keeps them in files. unusable: it has none, as it could not use
    these tables when it was started.
    kept: name of a channel -> what can be read of it now. journaled: the same, as an earlier run wrote it down.
    stored: names of the channels that have a row in slave_master_info. relay_logs: paths. super_read_only: None where
    there is no such setting. scratch: the schema of steps.SCRATCH is there. journal: what an earlier run left, see
    record() in plan.py. life: which life of the server this is. system_space_damage: what is wrong with mysql.ibd.
    """

    address: str
    version: Version
    findings: List[Finding]
    channels: List[Channel]
    unusable: bool
    kept: Dict[str, Kept]
    journaled: Dict[str, Kept]
    stored: List[str]
    relay_logs: List[str]
    super_read_only: Optional[str]
    scratch: bool
    journal: Dict[str, Any]
    life: Life
    system_space_damage: Optional[str] = None

    def describe(self) -> Dict[str, Any]:
        shown: Dict[str, Any] = {finding.name: finding.verdict for finding in self.findings}
        if self.super_read_only is not None:
            shown["super_read_only"] = self.super_read_only
        return shown

    def in_memory(self) -> Set[str]:
        """Names of the channels that the server has."""
        return {one.name for one in self.channels}

    def noted(self) -> Set[str]:
        """Names of the channels whose connections this work has written down, and which are still there."""
        return set(self.journal.get("connections") or ()) & set(self.journaled)

    def connection_is_lost(self) -> bool:
        """Whether the table that held the connections is, or was, broken, and nobody knows any of them now."""
        broken = any(one.name == CONNECTIONS and one.verdict not in ROWS_ARE_THERE for one in self.findings)
        known = self.in_memory() or self.stored or self.kept or self.noted()
        return bool(((self.unusable and broken) or self.journal.get("lost")) and not known)
