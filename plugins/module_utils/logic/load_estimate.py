# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much space a load takes, and how long, before a byte is loaded. Pure.

Rough, and on the safe side: the table sizes are the source's own estimate, the pace is that of one session with
ordinary rows on an ordinary disk.
"""

import datetime as dt
from typing import Any, Dict, List, NamedTuple, Optional

#: Bytes of plain text, or of the source's tables, that one session loads in a second.
PACE = 10 << 20
# Of plain text, where the source does not tell how large its tables are: rows get smaller, indexes come on top.
_STORED_OF_TEXT = 1.5
_SPARE = 1.1
# One transaction's undo, and what InnoDB does not give back at once.
_UNDO_OF_STATEMENT = 2
_LEAST_UNDO = 64 << 20
# A clock without its time zone is up to this many seconds ahead of universal time.
_EARLIEST_ZONE = 14 * 3600
_LATEST_ZONE = 12 * 3600


class Needed(NamedTuple):
    """Bytes. told_by: whose size of the tables it is. quarantine: of copies; names for files take no space.

    freed: of schemas that the dump replaces; their space is free before the first row is loaded.
    """

    tables: int
    told_by: str
    undo: int
    logs: int
    quarantine: int
    freed: int

    @property
    def in_datadir(self) -> int:
        return self.tables + self.undo + self.logs


def needed(
    dump: Dict[str, Any], source: Dict[str, Any], replica: Dict[str, Any], copied: bool, replaced: bool
) -> Optional[Needed]:
    """None when neither the dump nor the source tells of a size.

    source, replica: load_facts' of_source() and of_replica(), or {}. copied: the quarantine is on another file system.
    replaced: what the replica has is dropped first, and not set aside as a whole.
    """
    stored, text = stored_bytes(dump, source), text_bytes(dump)
    if stored is None and text is None:
        return None
    tables = stored * _SPARE if stored is not None else (text or 0) * _STORED_OF_TEXT
    schemas = set(dump["databases"])
    return Needed(
        tables=int(tables),
        told_by="the source's tables" if stored is not None else "the dump's text",
        undo=max(_LEAST_UNDO, _UNDO_OF_STATEMENT * int(dump.get("largest_statement") or 0)),
        # What the source wrote since: as relay logs until it is applied, and as binary logs of the replica's own.
        logs=2 * sum(log["bytes"] for log in logs_since(dump, source)),
        quarantine=sum(log["bytes"] for log in replica.get("binary_logs") or ()) if copied else 0,
        freed=sum(table["bytes"] for table in replica.get("tables") or () if table["db"] in schemas) if replaced else 0,
    )


def seconds(dump: Dict[str, Any], source: Dict[str, Any]) -> Optional[int]:
    """How long the load takes; None when nothing tells."""
    size = text_bytes(dump)
    size = stored_bytes(dump, source) if size is None else size
    return None if size is None else size // PACE + 1


def shown(dump: Dict[str, Any]) -> str:
    """``, about 25 min and 3.2 GiB on disk``, by the dump alone; empty when nothing tells."""
    took, room = seconds(dump, {}), needed(dump, {}, {}, False, False)
    return ", about %s and %s on disk" % (time_shown(took), bytes_shown(room.tables)) if took and room else ""


def stored_bytes(dump: Dict[str, Any], source: Dict[str, Any]) -> Optional[int]:
    """Data and indexes of the dump's tables on the source, by its own estimate."""
    tables = (source.get("holdings") or {}).get("tables")
    if tables is None:
        return None
    wanted = {(table["database"], table["table"]) for table in dump.get("tables") or ()}
    sizes = [table["bytes"] for table in tables if (table["db"], table["name"]) in wanted]
    return sum(sizes) if sizes else None


def text_bytes(dump: Dict[str, Any]) -> Optional[int]:
    """The dump's plain text; None when it is yet to be taken, and only its definitions were looked at."""
    return int(dump["uncompressed_size"]) if dump.get("size") and dump.get("uncompressed_size") else None


def logs_since(dump: Dict[str, Any], source: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The source's binary logs with what happened since the dump: all, when it does not tell its place in them."""
    logs: List[Dict[str, Any]] = source.get("binary_logs") or []
    if not dump.get("size"):
        return []  # it is taken when it is loaded
    names = [log["name"] for log in logs]
    start = (dump.get("position") or {}).get("file")
    return logs[names.index(start) :] if start in names else logs


def age(dump: Dict[str, Any], now: int) -> Optional[int]:
    """Seconds since the dump was finished, at least; None when nothing tells. A dump yet to be taken is of age 0.

    A copy may be younger than its dump, and the end mark has no time zone: the dump is at least as old as either tells.
    """
    if not dump.get("size"):
        return 0
    told = [now - int(dump["modified"])] if dump.get("modified") else []
    completed = completed_local(dump)
    told += [now - completed - _LATEST_ZONE] if completed is not None else []
    return max(0, *told) if told else None


def surely_before(dump: Dict[str, Any], moment: int) -> bool:
    """Whether something that was made at a moment was there long before the dump was begun: a day before its end."""
    completed = completed_local(dump)
    return completed is not None and moment <= completed - _EARLIEST_ZONE - 10 * 3600


def completed_local(dump: Dict[str, Any]) -> Optional[int]:
    """completed_at as if it were universal time."""
    try:
        moment = dt.datetime.strptime("%s +0000" % dump.get("completed_at"), "%Y-%m-%d %H:%M:%S %z")
        return int(moment.timestamp())
    except ValueError:
        return None


def bytes_shown(count: int) -> str:
    """For people: 512 B, 1.5 MiB, 2.0 TiB."""
    size, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return "%.0f B" % size if units[0] == "B" else "%.1f %s" % (size, units[0])


def time_shown(count: int) -> str:
    """For people: 40 s, 25 min, 3.5 h, 2.1 days."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if count >= 2 * length:
            return "%.1f %s" % (float(count) / length, unit)
    return "%d s" % count
