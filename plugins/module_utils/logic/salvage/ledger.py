# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of a salvage: for each table what is safe, what is lost, and what is doubtful. Pure.

That a program ended with 0 proves nothing under innodb_force_recovery: at level 6 of 5.6.24 and level 1 of 9.7.4
mysqldump did, and 27 of 300 rows were missing. So the rows in the file are counted, an index that the rows were not
read by is counted, too, and the server's log is read after each table. What does not agree is a doubt.
"""

from typing import Any, Dict, List, NamedTuple, Optional

SAVED = "saved"  # every row, as far as two counts tell
DOUBTFUL = "doubtful"  # nothing is known to be lost, and something does not agree or could not be compared
PARTIAL = "partial"
LOST = "lost"
LEFT_OUT = "left_out"  # by choice: skipped, or the time or the room was over

FORMAT = 1

# What the log may say while a table is read -> what that means for its rows
_DEADLY = "the server dies when it reads the missing ranges"
_SILENT = "the server passes over the missing ranges in silence"
_LOG_DOUBTS = {
    "innodb_index_corrupt": "the server's log says that an index is damaged: rows may be missing",
    "innodb_page_corrupt": "the server's log says that a page is damaged: rows may be missing",
    "innodb_lsn_in_future": "pages are newer than the redo log: what they hold may not fit together",
}


class Seen(NamedTuple):
    """What the reading of a table has shown.

    rows: in its file. counted: by an index that the rows were not read by; None where there is none or it cannot be
    read. counted_by: its name, None where the table has none. limit: rows that were asked for, None for all.
    ranges: that could not be read, as texts. log: ids of findings while it was read. failure: why it was not read to
    its end, None when it was. quiet: nothing but the counts has told of the ranges.
    """

    rows: int
    counted: Optional[int]
    counted_by: Optional[str]
    limit: Optional[int]
    ranges: List[str]
    log: List[str]
    failure: Optional[str]
    level: int
    quiet: bool = False


def judge(seen: Seen) -> Dict[str, Any]:
    """The fields state, rows_saved, rows_lost (None: nobody knows), why and doubts of a table's entry."""
    wanted = seen.counted
    if wanted is not None and seen.limit is not None:
        wanted = min(wanted, seen.limit)
    doubts = [_LOG_DOUBTS[name] for name in sorted(_LOG_DOUBTS) if name in seen.log]
    missing = max(0, wanted - seen.rows) if wanted is not None else None
    if wanted is not None and wanted < seen.rows:
        doubts.append(
            "the index %s counts %d rows and %d were read: it is damaged, and its count proves nothing"
            % (seen.counted_by, wanted, seen.rows)
        )
        missing = None
    elif seen.counted is None and seen.counted_by:
        doubts.append("the index %s cannot be counted, so nothing was compared" % seen.counted_by)
    elif seen.counted is None and seen.level:
        doubts.append("there is no second index to compare with, and rows may be missing at level %d" % seen.level)
    damaged = bool(seen.ranges or seen.failure)
    if missing and (seen.quiet or not damaged):
        doubts.append(
            "the index %s counts %s rows and %d could be read, without any error" % (seen.counted_by, wanted, seen.rows)
        )
    if damaged or missing:
        state = PARTIAL if seen.rows else LOST
        lost = missing if missing or not damaged else None
    else:
        state, lost = (DOUBTFUL if doubts else SAVED), 0
    why = seen.failure or (None if not seen.ranges else _SILENT if seen.quiet else _DEADLY)
    return dict(state=state, rows_saved=seen.rows, rows_lost=lost, why=why, doubts=doubts)


def left_out(schema: str, table: str, why: str, over: bool = False) -> Dict[str, Any]:
    judged = dict(state=LEFT_OUT, rows_saved=0, rows_lost=None, why=why, doubts=[])
    return entry(schema, table, judged, over=over)


def entry(schema: str, table: str, judged: Dict[str, Any], **more: Any) -> Dict[str, Any]:
    """One table of the ledger. ranges_lost: texts. files: each path, bytes, sha256. deaths: of the server.

    over: the time or the room was, and the next run reads it.
    """
    whole: Dict[str, Any] = dict(schema=schema, table=table, ranges_lost=[], files=[], deaths=0, method=None)
    whole.update(where=None, limit=None, seconds=0.0, over=False)
    whole.update(judged)
    whole.update(more)
    return whole


def ledger(facts: Dict[str, Any], files: List[Dict[str, Any]], tables: List[Dict[str, Any]]) -> Dict[str, Any]:
    """The whole: the facts of the run, the files beside the tables' own, the tables, and the sums.

    facts: server_version, level, redo, datadir, warnings, gives_up, newest_lost (whether what was committed last may be
    lost without a sign). files: accounts and definitions, each with kind, schema, state, why.
    """
    counts = {state: sum(table["state"] == state for table in tables) for state in _STATES}
    return dict(
        facts,
        format=FORMAT,
        files=files,
        tables=tables,
        states=counts,
        rows_saved=sum(table["rows_saved"] for table in tables),
        rows_lost=sum(table["rows_lost"] or 0 for table in tables),
        unknown=sum(table["rows_lost"] is None for table in tables),
        whole=counts[SAVED] == len(tables)
        and all(file["state"] == SAVED for file in files)
        and not facts.get("newest_lost"),
    )


_STATES = (SAVED, DOUBTFUL, PARTIAL, LOST, LEFT_OUT)
