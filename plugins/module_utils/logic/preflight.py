# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would fail later, found now: every check that a rebuild from a dump must pass before its first step. Pure.

A check is a function from the facts to a finding or None; CHECKS is the table. All of them run, so that the operator
sees everything at once.
"""

from collections import OrderedDict
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL, parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet

# Of a GTID set, in a message: whole, but for one with many servers' ids.
_SHOWN = 200

SYSTEM_SCHEMAS = ("mysql", "sys", "information_schema", "performance_schema", "ndbinfo")


class Facts(NamedTuple):
    """dump: the return values of mysql_dump_info. source: observe.source_view(). schemas: those of the replica.

    server: observe.server_facts(), None when the replica does not answer: what is said of it below is nothing then.
    reinitialize: the data directory is to be replaced, so what is broken in it stands in nobody's way.
    """

    address: str
    server: Optional[Dict[str, Any]]
    channel: str
    channels: List[str]
    metadata: str
    metadata_evidence: Optional[str]
    retrieved: GtidSet
    downstreams: List[Dict[str, Any]]
    schemas: List[str]
    source: Dict[str, Any]
    dump: Dict[str, Any]
    allow_errant: bool
    allow_downstream: bool
    extra_schemas: str
    accounts: str = "keep"
    reinitialize: bool = False

    @property
    def replica(self) -> Dict[str, Any]:
        """The server's facts, for checks that are only made where it answers."""
        return self.server or {}

    @property
    def source_executed(self) -> GtidSet:
        return GtidSet.parse(self.source.get("gtid_executed"))

    @property
    def dump_gtids(self) -> GtidSet:
        """The dump's set; empty when it has none or an unreadable one, which has a check of its own."""
        try:
            return GtidSet.parse(self.dump["gtid_purged"])
        except BadInput:
            return GtidSet()

    @property
    def extra(self) -> List[str]:
        """Schemas that only the replica has."""
        mine = set(self.schemas) - set(SYSTEM_SCHEMAS)
        return sorted(mine - set(self.dump["databases"]))


def without_replica(address: str, source: Dict[str, Any], **asked: Any) -> Facts:
    """The facts where the replica's server does not answer."""
    return Facts(
        address=address,
        server=None,
        channels=[],
        metadata="none",
        metadata_evidence=None,
        retrieved=GtidSet(),
        downstreams=[],
        schemas=[],
        source=source,
        **asked,
    )


class Finding(NamedTuple):
    """id is a contract; fact is what was found, where it was seen, next_step what the operator can do."""

    id: str
    fact: str
    where: str
    next_step: str

    def public(self) -> Dict[str, str]:
        return dict(self._asdict())


Check = Callable[[Facts], Optional[Finding]]


def findings(facts: Facts) -> List[Finding]:
    """What stands in the way, in the order of the table; empty when the way is clear."""
    found = (check(facts) for check in checks(facts))
    return [finding for finding in found if finding is not None]


def checks(facts: Facts) -> List[Check]:
    """Those that can be made: without the replica's server, of the dump and the source alone."""
    return CHECKS if facts.server is not None else [check for check in CHECKS if check not in _OF_THE_REPLICA]


def _source_unreachable(facts: Facts) -> Optional[Finding]:
    if facts.source["reachable"]:
        return None
    return Finding(
        "source_unreachable",
        "the source does not answer: %s" % facts.source["error"],
        facts.source["address"],
        "check host, port, account and network from the replica's host",
    )


def _replica_is_source(facts: Facts) -> Optional[Finding]:
    uuid = facts.replica["server_uuid"]
    if not uuid or not facts.source["reachable"] or facts.source["server_uuid"] != uuid:
        return None
    return Finding(
        "replica_is_source",
        "the server to rebuild is the source itself (server_uuid %s)" % uuid,
        facts.address,
        "correct the login or the source variables",
    )


def _dump_incomplete(facts: Facts) -> Optional[Finding]:
    if facts.dump["complete"]:
        return None
    return Finding(
        "dump_incomplete",
        "the dump is not whole: %s" % facts.dump["incomplete_reason"],
        _path(facts),
        "take a new dump",
    )


def _dump_unknown_statement(facts: Facts) -> Optional[Finding]:
    unknown = facts.dump.get("unknown_statement")
    if not unknown:
        return None
    return Finding(
        "dump_unknown_statement",
        "the dump holds a statement that no dump tool writes: %s" % unknown,
        _path(facts),
        "take it out of the dump, or take the dump again",
    )


def _dump_without_gtids(facts: Facts) -> Optional[Finding]:
    if facts.dump_gtids or facts.dump.get("gtid_sets_differ"):
        return None
    return Finding(
        "dump_without_gtids",
        "the dump does not say which transactions it holds (no readable GTID_PURGED)",
        _path(facts),
        "take it again with mysqldump --set-gtid-purged=ON --single-transaction",
    )


def _dump_parts_differ(facts: Facts) -> Optional[Finding]:
    # A part that is cut may have lost its set.
    if not facts.dump.get("gtid_sets_differ") or not facts.dump["complete"]:
        return None
    said = OrderedDict((part["gtid_purged"], part["name"]) for part in reversed(facts.dump.get("parts") or ()))
    if len(said) > 1:
        shown = ["%s declares %s" % (name, _shortened(gtids)) for gtids, name in reversed(list(said.items()))]
    else:
        shown = ["one file that was joined from several dumps"]
    return Finding(
        "dump_parts_differ",
        "the parts of the dump do not declare the same GTID set, so their rows are not of one moment: %s"
        % "; ".join(shown[:3]),
        _path(facts),
        "take all schemas in one run of mysqldump --single-transaction, or while nothing is written",
    )


def _dump_names_no_schema(facts: Facts) -> Optional[Finding]:
    unplaced = facts.dump.get("unplaced_statement")
    if facts.dump["databases"] and not unplaced:
        return None
    return Finding(
        "dump_names_no_schema",
        "the dump does not say which schemas its tables belong to%s" % (" (%s)" % unplaced if unplaced else ""),
        _path(facts),
        "take it again with --databases or --all-databases",
    )


def _dump_not_of_source(facts: Facts) -> Optional[Finding]:
    beyond = facts.dump_gtids - facts.source_executed
    if not facts.source["reachable"] or not beyond:
        return None
    return Finding(
        "dump_not_of_source",
        "the dump holds transactions that the source does not have: %s" % beyond,
        _path(facts),
        "give a dump of %s, made after its last reset" % facts.source["address"],
    )


def _dump_too_old(facts: Facts) -> Optional[Finding]:
    gone = GtidSet.parse(facts.source.get("gtid_purged")) - facts.dump_gtids
    if not facts.dump_gtids or not gone:
        return None
    return Finding(
        "dump_too_old",
        "the source has purged %d transactions that the dump does not hold: %s" % (len(gone), gone),
        facts.source["address"],
        "take a new dump, or let the source keep its binary logs longer",
    )


def _dump_of_newer_series(facts: Facts) -> Optional[Finding]:
    here = parse_version(facts.replica["version"])
    try:
        dump = parse_version(facts.dump.get("server_version") or "")
    except BadInput:
        return None  # a dump need not say; what it was made on is then the operator's word
    if dump.flavor == here.flavor and dump.version.series <= here.version.series:
        return None
    return Finding(
        "dump_of_newer_series",
        "the dump is of %s %s, the replica runs %s %s" % (dump.flavor, dump.version, here.flavor, here.version),
        _path(facts),
        "replicate to the same or a newer series of the same flavor",
    )


def _not_mysql(facts: Facts) -> Optional[Finding]:
    if facts.replica["flavor"] == MYSQL:
        return None
    return Finding(
        "not_mysql",
        "the server is %s %s, whose GTIDs are of another kind" % (facts.replica["flavor"], facts.replica["version"]),
        facts.address,
        "this collection rebuilds replicas of MySQL",
    )


def _gtids_off(facts: Facts) -> Optional[Finding]:
    needed = {"gtid_mode": "ON", "enforce_gtid_consistency": "ON", "log_bin": True}
    wrong = [
        "%s=%s" % (name, facts.replica[name]) for name, value in sorted(needed.items()) if facts.replica[name] != value
    ]
    if not wrong:
        return None
    return Finding(
        "gtids_off",
        "the replica cannot follow with GTIDs: %s" % ", ".join(wrong),
        facts.address,
        "set gtid_mode=ON, enforce_gtid_consistency=ON and log_bin in its option file and restart it",
    )


def _metadata_unusable(facts: Facts) -> Optional[Finding]:
    if facts.metadata != "unusable" or facts.reinitialize:
        return None
    return Finding(
        "replication_metadata_unusable",
        "the server cannot use its replication metadata: %s" % facts.metadata_evidence,
        facts.address,
        "repair the system tables slave_master_info and slave_relay_log_info first",
    )


def _other_channels(facts: Facts) -> Optional[Finding]:
    others = [name for name in facts.channels if name != facts.channel]
    if not others:
        return None
    return Finding(
        "other_channels",
        "the server follows other sources, too (channels %s), and a reset would cut them off"
        % ", ".join(repr(o) for o in others),
        facts.address,
        "a server with several sources cannot be rebuilt from one dump",
    )


def _downstreams(facts: Facts) -> Optional[Finding]:
    if facts.allow_downstream or not facts.downstreams:
        return None
    return Finding(
        "live_downstreams",
        "%d entries show servers that replicate from this one: %s" % (len(facts.downstreams), facts.downstreams[0]),
        facts.address,
        "point them at the source, or take their rebuild on with mysql_replica_allow_downstream=true",
    )


def _errant(facts: Facts) -> Optional[Finding]:
    errant = (GtidSet.parse(facts.replica["gtid_executed"]) | facts.retrieved) - facts.source_executed
    if facts.allow_errant or not facts.source["reachable"] or not errant:
        return None
    return Finding(
        "errant_transactions",
        "%d transactions exist only on this server: %s" % (len(errant), errant),
        facts.address,
        "save them first, or take the loss on with mysql_replica_allow_errant=true (binary logs go to quarantine)",
    )


def _extra_schemas(facts: Facts) -> Optional[Finding]:
    # A dump that is cut, or names no schema, does not tell which ones it lacks.
    told = facts.dump["complete"] and facts.dump["databases"]
    if facts.extra_schemas != "fail" or not told or not facts.extra:
        return None
    return Finding(
        "extra_schemas",
        "schemas that are not in the dump: %s" % ", ".join(facts.extra),
        facts.address,
        "say what becomes of them with mysql_replica_extra_schemas=keep or drop",
    )


def _dump_without_accounts(facts: Facts) -> Optional[Finding]:
    if facts.accounts != "load" or facts.dump["has_accounts"]:
        return None
    return Finding(
        "dump_without_accounts",
        "accounts are to be loaded, and the dump holds none",
        _path(facts),
        "take the dump with --all-databases, or leave the replica its own with mysql_replica_accounts=keep",
    )


def _path(facts: Facts) -> str:
    return str(facts.dump.get("path", "dump"))


def _shortened(gtids: Optional[str]) -> str:
    if not gtids:
        return "none"
    return gtids if len(gtids) <= _SHOWN else gtids[:_SHOWN] + "..."


CHECKS: List[Check] = [
    _not_mysql,
    _source_unreachable,
    _replica_is_source,
    _dump_incomplete,
    _dump_unknown_statement,
    _dump_without_gtids,
    _dump_parts_differ,
    _dump_names_no_schema,
    _dump_not_of_source,
    _dump_too_old,
    _dump_of_newer_series,
    _gtids_off,
    _metadata_unusable,
    _other_channels,
    _downstreams,
    _errant,
    _extra_schemas,
    _dump_without_accounts,
]
_OF_THE_REPLICA = (
    _not_mysql,
    _replica_is_source,
    _dump_of_newer_series,
    _gtids_off,
    _metadata_unusable,
    _other_channels,
    _downstreams,
    _errant,
    _extra_schemas,
)
