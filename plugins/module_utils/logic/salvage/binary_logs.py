# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the binary logs of a dead instance bring a dump. Pure.

A dump with a GTID set is gone on with from that set on, one without by the position that it names. Either way the logs
count up to the last whole transaction before their first break: what lies behind a break cannot be had without a hole.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.boundary import (
    IDLE,
    IDLE_GTID,
    UNSYNCED,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.gtids import gtid_text
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import (
    ENCRYPTED,
    UNSUPPORTED,
    Scan,
    Verdict,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.walk import Walk

GTIDS, POSITION = "gtids", "position"
SEALED = "the binary logs are encrypted, and only their server, with its keyring, can read them"


class Dump(NamedTuple):
    """What mysql_dump_info told of it. position: file and position in the binary logs, None when it names none."""

    path: str
    fingerprint: str
    gtid_purged: Optional[str]
    gtid_sets_differ: bool
    position: Optional[Dict[str, Any]]
    complete: bool
    incomplete_reason: Optional[str]

    @classmethod
    def read(cls, told: Dict[str, Any]) -> "Dump":
        """Raises BadInput for what mysql_dump_info has not returned."""
        missing = [name for name in cls._fields if name not in told]
        if missing:
            raise BadInput(
                "these are not the facts of a dump: %s missing" % ", ".join(missing),
                untouched="everything",
                next_step="give what mysql_dump_info returned",
            )
        facts: Dict[str, Any] = {name: told[name] for name in cls._fields}
        return cls(**facts)

    @property
    def gtids(self) -> GtidSet:
        return GtidSet.parse(self.gtid_purged or "")


class Reach(NamedTuple):
    """names: of the logs that are needed, in order; of the last of them only end bytes. begin: offset in the first one.

    dump_gtids, gtids: before and behind it, None without GTIDs. transactions: how many. last, time: of the newest one,
    its GTID and seconds since 1970. lost: what is on disk and cannot be reached, None when nothing is.
    """

    how: str
    names: List[str]
    begin: int
    end: int
    dump_gtids: Optional[str]
    gtids: Optional[str]
    transactions: int
    last: Optional[str]
    time: Optional[int]
    lost: Optional[str]


class Impossible(Exception):
    """The logs do not bring this dump anywhere; the text says why."""


def guard(dump: Dump) -> None:
    """Raises Impossible for a dump after which no log can follow."""
    if not dump.complete:
        raise Impossible("the dump is not whole: %s" % dump.incomplete_reason)
    if dump.gtid_sets_differ:
        raise Impossible("the parts of the dump declare different GTID sets, so they are not of one moment")
    if dump.gtid_purged is None and dump.position is None:
        raise Impossible("the dump has neither a GTID set nor a position in the binary logs (--source-data=2)")


def first_needed(dump: Dump, names: List[str], before: List[Optional[GtidSet]]) -> int:
    """Number of the log in which what follows the dump begins.

    before: GTIDs that each log declares for those before it, None where that cannot be read. Raises Impossible.
    """
    if not names:
        raise Impossible("there are no binary logs")
    if dump.gtid_purged is None:
        return _named(dump, names)
    for number in range(len(names) - 1, -1, -1):
        claimed = before[number]
        if claimed is not None and claimed <= dump.gtids:
            return number
    oldest = next((claimed for claimed in before if claimed is not None), None)
    if oldest is None:
        raise Impossible("the dump goes by GTIDs, and no binary log has any, or can be read")
    raise Impossible(
        "there is a hole between the dump and the oldest binary log that is left: %s" % (oldest - dump.gtids)
    )


def _named(dump: Dump, names: List[str]) -> int:
    position = dump.position or {}
    plain = [base_name(name) for name in names]
    if position["file"] not in plain:
        raise Impossible("the dump goes on at %s, and that log is not there" % position["file"])
    return plain.index(position["file"])


def is_boundary(walk: Walk) -> bool:
    """Whether a log may be begun with where a walk through its beginning ends."""
    found = walk.found
    return walk.damage is None and found is not None and found.carry.state in (UNSYNCED, IDLE, IDLE_GTID)


def reach(dump: Dump, scan: Scan, skipped: int = 0) -> Reach:
    """scan: of the logs from first_needed() on. skipped: transactions before the dump's position. Raises Impossible."""
    verdict = scan.verdict()
    if verdict.mariadb:
        raise Impossible("these are binary logs of MariaDB")
    if verdict.status == ENCRYPTED:
        raise Impossible(SEALED)
    if verdict.status == UNSUPPORTED:
        raise Impossible("the binary logs hold events that are not known here")
    cut = verdict.cut
    if verdict.broken is not None and cut is None:
        raise Impossible("the first binary log that is needed is damaged: %s" % verdict.broken.damage.detail)
    last = cut.file if cut else len(scan.files) - 1
    walks = [file.walk for file in scan.files[: last + 1] if file.walk is not None]
    found = [walk.found for walk in walks if walk.found is not None]
    by_gtids = dump.gtid_purged is not None
    there = walks[0].contents.previous or GtidSet()
    for one in found:
        there = there | one.gtids
    if by_gtids:
        _same_history(dump, there)
    elif there:
        raise Impossible("the binary logs have GTIDs, and the dump declares none (--set-gtid-purged)")
    newest = next((one for one in reversed(found) if one.transactions), None)
    count = len(there - dump.gtids) if by_gtids else sum(one.transactions for one in found) - skipped
    position = dump.position or {}
    return Reach(
        how=GTIDS if by_gtids else POSITION,
        names=[base_name(name) for name in scan.names[: last + 1]],
        begin=4 if by_gtids else int(position["position"]),
        end=cut.offset if cut else walks[-1].size,
        dump_gtids=str(dump.gtids) if by_gtids else None,
        gtids=str(there) if by_gtids else None,
        transactions=count,
        last=gtid_text(newest.last) if newest and newest.last else None,
        time=newest.time if newest else None,
        lost=_lost(scan, verdict),
    )


def _same_history(dump: Dump, there: GtidSet) -> None:
    unknown = dump.gtids - there
    if unknown:
        raise Impossible(
            "the dump holds transactions that the binary logs do not: %s; it is of another server, or later than what"
            " is whole in them" % unknown
        )


def _lost(scan: Scan, verdict: Verdict) -> Optional[str]:
    """What is whole behind the first break. The end of a last log that power took has nothing whole behind it."""
    broken = verdict.broken
    if broken is None:
        return None
    here = scan.files[broken.file]
    behind = here.walk.behind if here.walk is not None else 0
    later = scan.files[broken.file + 1 :]
    behind += sum(
        file.walk.found.transactions for file in later if file.walk is not None and file.walk.found is not None
    )
    unread = [base_name(file.name) for file in later if file.walk is None or file.walk.damage is not None]
    if not behind and not unread and here.walk is not None:
        return None
    told = ["%s at %d: %s" % (base_name(here.name), broken.offset, broken.damage.detail)]
    told += ["at least %d transactions lie behind that" % behind] if behind else []
    told += ["%s cannot be read to the end" % ", ".join(unread)] if unread else []
    return "; ".join(told)
