# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the load: what its trial found, whether its statements fit, its space, and its time. Pure."""

from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_estimate
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_estimate import bytes_shown, time_shown
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    NOTE,
    OVERRULE,
    REFUSE,
    WARN,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen

_SHOWN = 3
_LARGEST_PACKET = 1 << 30  # no server takes more (manual, max_allowed_packet)
# An estimate that is that many times too short is still answered.
_MARGIN = 2
ENGINE = "engine"


def trial_fails(facts: Facts) -> Optional[Seen]:
    return _problems(
        [one for one in _of_trial(facts, "problems") if one["level"] == "error"],
        "statements of the dump are refused by this server",
        "make the server take them (plugin, option, time zones), or leave tables out with mysql_replica_exclude_tables",
    )


def trial_changes_engine(facts: Facts) -> Optional[Seen]:
    return _problems(
        [one for one in _of_trial(facts, "problems") if one["about"] == ENGINE],
        "tables would silently get another engine",
        "install the engine's plugin on the replica, or take the other engine on by overruling this check",
    )


def trial_changes(facts: Facts) -> Optional[Seen]:
    return _problems(
        [one for one in _of_trial(facts, "problems") if one["level"] == "changed" and one["about"] != ENGINE],
        "tables would be made otherwise than on the source",
        "give the replica the source's settings of InnoDB (innodb_file_format, innodb_large_prefix, innodb_page_size)",
    )


def trial_partly(facts: Facts) -> Optional[Seen]:
    if facts.trial is None:
        return None
    if not facts.trial["tried"]:
        return Seen(
            "the dump's tables could not be tried: %s" % facts.trial["why_not"],
            facts.address,
            "nothing, or log in with an account that may make temporary tables",
        )
    reduced = _of_trial(facts, "reduced")
    if not reduced:
        return None
    what = sorted({name for one in reduced for name in one["left_out"]})
    return Seen(
        "%d of %d tables were tried without their %s%s"
        % (len(reduced), facts.trial["tables"], ", ".join(what), _because(facts.trial.get("scratch_refused"))),
        facts.address,
        "nothing; a server that takes scratch schemas tries them whole",
    )


def packet(facts: Facts) -> Optional[Seen]:
    allowed, largest = facts.seen.get("load", {}).get("packet"), facts.dump.get("largest_statement") or 0
    if allowed is None:
        return None
    if largest >= allowed:
        able = largest < _LARGEST_PACKET
        return Seen(
            "the largest statement of the dump has %d bytes, max_allowed_packet is %d" % (largest, allowed),
            facts.address,
            "SET GLOBAL max_allowed_packet = %d, and in the option file" % min(_LARGEST_PACKET, 2 * largest)
            if able
            else "take the dump again with mysqldump --net-buffer-length and without --hex-blob: no server takes that",
        )
    return None


def packet_of_source(facts: Facts) -> Optional[Seen]:
    """A dump that is taken while it is loaded shows its largest row when it is too late."""
    allowed, there = facts.seen.get("load", {}).get("packet"), facts.source.get("load", {}).get("packet")
    if facts.dump.get("size") or allowed is None or there is None or allowed >= there:
        return None
    return Seen(
        "the source takes rows of up to %d bytes (max_allowed_packet), the replica of %d" % (there, allowed),
        facts.address,
        "SET GLOBAL max_allowed_packet = %d, and in the option file" % min(_LARGEST_PACKET, 2 * there),
    )


def disk(facts: Facts) -> Optional[Seen]:
    needed = _needed(facts)
    if needed is None:
        return None
    space = facts.room.get("datadir") if facts.room else None
    told = "%s for tables and indexes (by %s), %s for undo, %s for relay and binary logs until it has caught up" % (
        bytes_shown(needed.tables),
        needed.told_by,
        bytes_shown(needed.undo),
        bytes_shown(needed.logs),
    )
    told += "; redo logs keep their size, the load writes no binary log; the quarantine takes %s" % (
        bytes_shown(needed.quarantine) if needed.quarantine else "names, no space"
    )
    free = "free: %s" % bytes_shown(space["free"]) if space else "how much is free cannot be seen from here"
    freed = (
        ", and %s once the schemas that are replaced are dropped" % bytes_shown(needed.freed) if needed.freed else ""
    )
    return Seen("the load takes about %s; %s%s" % (told, free, freed), _datadir(facts), "nothing")


def disk_short(facts: Facts) -> Optional[Seen]:
    needed = _needed(facts)
    room = facts.room or {}
    if needed is None:
        return None
    data, backup = room.get("datadir"), room.get("backup_dir")
    if data and needed.in_datadir > data["free"] + needed.freed:
        return Seen(
            "the load takes about %s, and only %s will be free"
            % (bytes_shown(needed.in_datadir), bytes_shown(data["free"] + needed.freed)),
            _datadir(facts),
            "make room or a larger file system; overrule this check if you know better",
        )
    if backup and needed.quarantine > backup["free"]:
        return Seen(
            "the binary logs to keep have %s, and only %s is free"
            % (bytes_shown(needed.quarantine), bytes_shown(backup["free"])),
            backup["path"],
            "make room, or set mysql_replica_backup_dir to a directory on the file system of the binary logs",
        )
    return None


def purged_soon(facts: Facts) -> Optional[Seen]:
    load = facts.source.get("load")
    takes = load_estimate.seconds(facts.dump, load) if load else None
    old = load_estimate.age(facts.dump, load["now"]) if load else None
    # What is purged already has a check of its own.
    gone = GtidSet.parse(facts.source["gtid_purged"]) - facts.dump_gtids
    if takes is None or old is None or not load or not facts.dump["complete"] or gone:
        return None
    left = [one for one in (_by_retention(load, old), _by_pace(facts, old)) if one is not None]
    if not left or min(left) > _MARGIN * takes:
        return None
    return Seen(
        "the source is likely to purge what the dump lacks in %s, and the load takes about %s"
        % (time_shown(max(0, min(left))), time_shown(takes)),
        facts.source["address"],
        "let it keep its binary logs longer until the replica follows (binlog_expire_logs_seconds, expire_logs_days"
        " before 8.0, or the setting of the service that it is), or take a new dump",
    )


def _by_retention(load: Dict[str, Any], old: int) -> Optional[int]:
    return None if load["kept_for"] is None else int(load["kept_for"]) - old


def _by_pace(facts: Facts, old: int) -> Optional[int]:
    """A source that purges does so as fast as it writes: how long until that reaches the dump's end."""
    purged = GtidSet.parse(facts.source["gtid_purged"])
    written = len(facts.source_executed - facts.dump_gtids)
    if not purged or not written or not old:
        return None
    return len(facts.dump_gtids - purged) * old // written


def _needed(facts: Facts) -> Optional[load_estimate.Needed]:
    if not facts.dump["complete"]:
        return None
    room = facts.room or {}
    data, backup = room.get("datadir"), room.get("backup_dir")
    return load_estimate.needed(
        facts.dump,
        facts.source.get("load") or {},
        facts.seen.get("load") or {},
        copied=bool(data and backup and data["device"] != backup["device"]),
        replaced=not facts.asked.reinitialize,
    )


def _datadir(facts: Facts) -> str:
    space = (facts.room or {}).get("datadir")
    return str(space["path"]) if space else facts.address


def _of_trial(facts: Facts, name: str) -> List[Dict[str, Any]]:
    return list(facts.trial[name]) if facts.trial else []


def _problems(problems: List[Dict[str, Any]], what: str, next_step: str) -> Optional[Seen]:
    if not problems:
        return None
    shown = ["%s: %s" % (_name(one), one["error"]) for one in problems[:_SHOWN]]
    more = " and %d more" % (len(problems) - _SHOWN) if len(problems) > _SHOWN else ""
    return Seen("%d %s: %s%s" % (len(problems), what, "; ".join(shown), more), problems[0]["where"], next_step)


def _name(problem: Dict[str, Any]) -> str:
    return ".".join(name for name in (problem["schema"], problem["table"]) if name)


def _because(reason: Optional[str]) -> str:
    return " (no scratch schema: %s)" % reason if reason else ""


CHECKS: List[Check] = [
    Check(
        "load_trial_fails",
        REFUSE,
        "load",
        (),
        "A table of the dump cannot be made here, or a setting of its session is refused: the load would stop there.",
        None,
        trial_fails,
    ),
    Check(
        "load_trial_changes_engine",
        REFUSE,
        "load",
        (),
        "The server lacks the engine of a table, and would give it another without an error.",
        OVERRULE,
        trial_changes_engine,
    ),
    Check(
        "load_trial_changes_tables",
        WARN,
        "load",
        (),
        "The server would make a table with another row format or shorter index than it was told to.",
        None,
        trial_changes,
    ),
    Check(
        "load_trial_partly",
        NOTE,
        "load",
        (),
        "The tables of the dump could not be tried here, or not with all that they have.",
        None,
        trial_partly,
    ),
    Check(
        "load_packet_too_small",
        REFUSE,
        "load",
        ("replica",),
        "A statement of the dump is larger than max_allowed_packet lets pass.",
        None,
        packet,
    ),
    Check(
        "load_packet_smaller_than_source",
        WARN,
        "load",
        ("replica", "source"),
        "The dump is yet to be taken, and the source may hold rows larger than the replica takes.",
        None,
        packet_of_source,
    ),
    Check(
        "load_disk",
        NOTE,
        "load",
        (),
        "How much space the load takes: tables, indexes, undo, redo, logs and quarantine, estimated.",
        None,
        disk,
    ),
    Check(
        "load_disk_short",
        REFUSE,
        "load",
        (),
        "There is less space than the load is estimated to take.",
        OVERRULE,
        disk_short,
    ),
    Check(
        "source_purges_soon",
        WARN,
        "load",
        ("source",),
        "The source is likely to purge transactions that the dump lacks before the load is over.",
        None,
        purged_soon,
    ),
]
