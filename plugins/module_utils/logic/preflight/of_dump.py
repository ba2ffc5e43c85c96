# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the dump, by itself and against the source. Pure."""

from collections import OrderedDict
from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    OVERRULE,
    REFUSE,
    WARN,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.dump_lacks import Lacking, lacking
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen

# Of a GTID set, in a message: whole, but for one with many servers' ids.
_SHOWN = 200
# Of the things that a dump lacks.
_LISTED = 5


def incomplete(facts: Facts) -> Optional[Seen]:
    if facts.dump["complete"]:
        return None
    return Seen(
        "the dump is not whole: %s" % facts.dump["incomplete_reason"],
        facts.dump_path,
        "take a new dump",
    )


def unknown_statement(facts: Facts) -> Optional[Seen]:
    unknown = facts.dump.get("unknown_statement")
    if not unknown:
        return None
    return Seen(
        "the dump holds a statement that no dump tool writes: %s" % unknown,
        facts.dump_path,
        "take it out of the dump, or take the dump again",
    )


def without_gtids(facts: Facts) -> Optional[Seen]:
    if facts.dump_gtids or facts.dump.get("gtid_sets_differ"):
        return None
    return Seen(
        "the dump does not say which transactions it holds (no readable GTID_PURGED)",
        facts.dump_path,
        "take it again with mysqldump --set-gtid-purged=ON --single-transaction",
    )


def parts_differ(facts: Facts) -> Optional[Seen]:
    # A part that is cut may have lost its set.
    if not facts.dump.get("gtid_sets_differ") or not facts.dump["complete"]:
        return None
    said = OrderedDict((part["gtid_purged"], part["name"]) for part in reversed(facts.dump.get("parts") or ()))
    if len(said) > 1:
        shown = ["%s declares %s" % (name, _shortened(gtids)) for gtids, name in reversed(list(said.items()))]
    else:
        shown = ["one file that was joined from several dumps"]
    return Seen(
        "the parts of the dump do not declare the same GTID set, so their rows are not of one moment: %s"
        % "; ".join(shown[:3]),
        facts.dump_path,
        "take all schemas in one run of mysqldump --single-transaction, or while nothing is written",
    )


def names_no_schema(facts: Facts) -> Optional[Seen]:
    unplaced = facts.dump.get("unplaced_statement")
    if facts.dump["databases"] and not unplaced:
        return None
    return Seen(
        "the dump does not say which schemas its tables belong to%s" % (" (%s)" % unplaced if unplaced else ""),
        facts.dump_path,
        "take it again with --databases or --all-databases",
    )


def not_of_source(facts: Facts) -> Optional[Seen]:
    beyond = facts.dump_gtids - facts.source_executed
    if not facts.source["reachable"] or not beyond:
        return None
    return Seen(
        "the dump holds transactions that the source does not have: %s" % beyond,
        facts.dump_path,
        "give a dump of %s, made after its last reset" % facts.source["address"],
    )


def too_old(facts: Facts) -> Optional[Seen]:
    gone = GtidSet.parse(facts.source.get("gtid_purged")) - facts.dump_gtids
    if not facts.dump_gtids or not gone:
        return None
    return Seen(
        "the source has purged %d transactions that the dump does not hold: %s" % (len(gone), gone),
        facts.source["address"],
        "take a new dump, or let the source keep its binary logs longer",
    )


def of_newer_series(facts: Facts) -> Optional[Seen]:
    here = parse_version(facts.server["version"])
    try:
        dump = parse_version(facts.dump.get("server_version") or "")
    except BadInput:
        return None  # a dump need not say; what it was made on is then the operator's word
    if dump.flavor == here.flavor and dump.version.series <= here.version.series:
        return None
    return Seen(
        "the dump is of %s %s, the replica runs %s %s" % (dump.flavor, dump.version, here.flavor, here.version),
        facts.dump_path,
        "replicate to the same or a newer series of the same flavor",
    )


def without_accounts(facts: Facts) -> Optional[Seen]:
    if facts.asked.accounts != "load" or facts.dump["has_accounts"]:
        return None
    return Seen(
        "accounts are to be loaded, and the dump holds none",
        facts.dump_path,
        "take the dump with --all-databases, or leave the replica its own with mysql_replica_accounts=keep",
    )


def changed(facts: Facts) -> Optional[Seen]:
    now = facts.dump.get("fingerprint_now")
    if now is None or now == facts.dump["fingerprint"]:
        return None
    return Seen(
        "the dump is another than when it was looked at",
        facts.dump_path,
        "wait until whatever writes it is done, and start over",
    )


def writable(facts: Facts) -> Optional[Seen]:
    writers = facts.dump.get("writers")
    if not writers:
        return None
    return Seen(
        "others may change the dump, whose statements run with all privileges: %s" % writers,
        facts.dump_path,
        "chown root %s; chmod go-w %s" % (facts.dump_path, facts.dump_path),
    )


def snapshot_unknown(facts: Facts) -> Optional[Seen]:
    """mysqldump writes the position down only under a lock, or from inside the snapshot, that also holds the GTIDs."""
    if "position" not in facts.dump or facts.dump["position"] or not facts.dump.get("size") or not facts.dump_gtids:
        return None
    return Seen(
        "nothing in the dump shows that its rows and its GTID set are of one moment: it tells no binary log position",
        facts.dump_path,
        "if it was not made with --single-transaction by mysqldump 8.0.32 or later, take it again with"
        " --single-transaction --source-data=2 (--master-data=2 before 8.0.26)",
    )


def lacks(facts: Facts) -> Optional[Seen]:
    return _lacking(
        facts,
        [one for one in lacking(facts) if one.surely],
        "the dump declares all that its source executed, and lacks what the source has",
        "overrule this check if the replica is meant to be without them",
    )


def may_lack(facts: Facts) -> Optional[Seen]:
    return _lacking(
        facts,
        [one for one in lacking(facts) if not one.surely],
        "the source has what the dump lacks, and may have had it when the dump was taken",
        "look at when they were made",
    )


def _lacking(facts: Facts, found: List[Lacking], what: str, or_else: str) -> Optional[Seen]:
    if not found:
        return None
    shown = ", ".join(one.name for one in found[:_LISTED])
    more = " and %d more" % (len(found) - _LISTED) if len(found) > _LISTED else ""
    options = " with " + " ".join(sorted({one.option for one in found if one.option}))
    again = "take it again%s" % (options if options != " with " else "")
    return Seen("%s: %s%s" % (what, shown, more), facts.dump_path, "%s; %s" % (again, or_else))


def _shortened(gtids: Optional[str]) -> str:
    if not gtids:
        return "none"
    return gtids if len(gtids) <= _SHOWN else gtids[:_SHOWN] + "..."


CHECKS: List[Check] = [
    Check("dump_incomplete", REFUSE, "dump", (), "The dump is cut or damaged.", None, incomplete),
    Check(
        "dump_unknown_statement",
        REFUSE,
        "dump",
        (),
        "The dump holds a statement that no dump tool writes.",
        None,
        unknown_statement,
    ),
    Check(
        "dump_without_gtids",
        REFUSE,
        "dump",
        (),
        "The dump does not say which transactions it holds.",
        None,
        without_gtids,
    ),
    Check(
        "dump_parts_differ",
        REFUSE,
        "dump",
        (),
        "The files of the dump do not declare the same GTID set, so they are not of one moment.",
        None,
        parts_differ,
    ),
    Check(
        "dump_names_no_schema",
        REFUSE,
        "dump",
        (),
        "The dump does not say which schemas its tables belong to.",
        None,
        names_no_schema,
    ),
    Check(
        "dump_not_of_source",
        REFUSE,
        "dump",
        ("source",),
        "The dump holds transactions that the source does not have.",
        None,
        not_of_source,
    ),
    Check(
        "dump_too_old",
        REFUSE,
        "dump",
        ("source",),
        "The source has purged transactions that the dump does not hold.",
        None,
        too_old,
    ),
    Check(
        "dump_of_newer_series",
        REFUSE,
        "dump",
        ("replica",),
        "The dump is of a newer series than the replica, or of another flavor.",
        None,
        of_newer_series,
    ),
    Check(
        "dump_without_accounts",
        REFUSE,
        "dump",
        (),
        "Accounts are to be loaded, and the dump holds none.",
        "mysql_replica_accounts",
        without_accounts,
    ),
    Check(
        "dump_changed",
        REFUSE,
        "dump",
        (),
        "The dump is another than when it was looked at.",
        None,
        changed,
    ),
    Check(
        "dump_writable_by_others",
        WARN,
        "dump",
        (),
        "Somebody else may change the dump, whose statements run with all privileges.",
        None,
        writable,
    ),
    Check(
        "dump_snapshot_unknown",
        WARN,
        "dump",
        (),
        "Nothing in the dump shows that its rows and its GTID set are of one moment.",
        None,
        snapshot_unknown,
    ),
    Check(
        "dump_lacks_objects",
        REFUSE,
        "dump",
        ("source",),
        "The dump declares all GTIDs of the source, and lacks schemas, tables, routines, events or triggers of it.",
        OVERRULE,
        lacks,
    ),
    Check(
        "dump_may_lack_objects",
        WARN,
        "dump",
        ("source",),
        "The source has schemas, tables, routines, events or triggers that may be missing in the dump, or newer.",
        None,
        may_lack,
    ),
]
