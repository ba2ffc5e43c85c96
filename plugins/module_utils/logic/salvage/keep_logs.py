# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the binary logs of a dead instance are taken, and what is told of the way that they open. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ways
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.binary_logs import Dump, Reach


class Observed(NamedTuple):
    """path: the directory of the salvage. record: what was taken for this dump, {} when nothing was. users: who uses
    the data directory. reach, why_not: what the logs give, or why they give nothing; neither is looked for when there
    is a record. ledger: of an export, None when there is none. needed, free: bytes there."""

    path: str
    datadir: str
    dump: Dump
    record: Dict[str, Any]
    users: List[str]
    reach: Optional[Reach]
    why_not: Optional[str]
    ledger: Optional[Dict[str, Any]]
    needed: int
    free: int

    @property
    def known(self) -> Optional[Reach]:
        return Reach(**self.record["reach"]) if self.record else self.reach

    def describe(self) -> Dict[str, Any]:
        return dict(path=self.path, kept=self.record["reach"]["names"] if self.record else [])


def plan(seen: Observed, keep: bool) -> Plan:
    """One step, where the logs are of use and not taken yet. Raises Refused."""
    before = seen.describe()
    if seen.record:
        return Plan([], before, before)
    if seen.users:
        raise Refused(
            "the data directory is in use: %s" % "; ".join(seen.users[:5]),
            where=seen.datadir,
            untouched="everything",
            next_step="stop that server: its binary logs are read while it is down",
        )
    found = seen.reach
    if found is None or not keep:
        return Plan([], before, before)
    if seen.free < seen.needed:
        raise Refused(
            "the binary logs need %d bytes, and %d are free there" % (seen.needed, seen.free),
            where=seen.path,
            untouched="everything",
            next_step="make room, or give another directory",
        )
    display = "take %d binary logs, %s to %s up to byte %d" % (
        len(found.names),
        found.names[0],
        found.names[-1],
        found.end,
    )
    step = Step("keep", seen.path, display, "they hold %d transactions that the dump does not" % found.transactions)
    return Plan([step], before, dict(before, kept=found.names))


def new_record(dump: Dump, datadir: str, inode: Optional[int], found: Reach) -> Dict[str, Any]:
    """What stands beside the logs that were taken. inode: by which the data directory is known when set aside."""
    reach = dict(found._asdict())
    return dict(dump=dump.path, fingerprint=dump.fingerprint, datadir=datadir, inode=inode, reach=reach)


def report(seen: Observed) -> Dict[str, Any]:
    found = seen.known
    exported = ways.force(seen.ledger) if seen.ledger else None
    proposal = ways.propose(exported, found, seen.why_not)
    return dict(
        possible=found is not None,
        why_not=seen.why_not,
        reach=dict(found._asdict()) if found else None,
        backup=ways.backup_says(found) if found else "not possible: %s" % seen.why_not,
        force_recovery=exported.says if exported else None,
        proposed=proposal.way,
        why=proposal.why,
    )
