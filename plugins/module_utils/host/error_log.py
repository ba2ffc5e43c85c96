# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An error log, with its rotated files, read from the last start of the server or whole, and judged."""

import collections
import contextlib
import time
from typing import Any, Deque, Dict, Iterator, List, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.log_file import LogFile, older_files
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.matcher import Matcher
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.report import Reporter
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.runs import (
    NEEDLES,
    Mark,
    mark_of,
    reading_begins,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.sieve import lines_worth_a_look
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.verdict import judge

# What lies further before the last start than this is not read for its sake, however the runs before it ended.
_EARLIER = 4 << 20
# So many marks of a compressed log are kept: it is read from its beginning to look for its last start.
_MOST_MARKS = 1000
_Position = Tuple[int, int]  # the number of a file, the offset in it
_Marked = Tuple[int, Mark]  # the offset in a file, and what is there


def examine(path: str, since_last_start: bool = True, rotated: bool = True, max_findings: int = 50) -> Dict[str, Any]:
    """The return values of mysql_error_log. Raises BadInput when the log cannot be read."""
    with contextlib.ExitStack() as stack:
        newest = stack.enter_context(LogFile(path))
        older, closed = _open_older(stack, path) if rotated else ([], [])
        logs = [*older, newest]
        first, begin = _last_start(logs) if since_last_start else (0, 0)
        matcher = Matcher()
        read = 0
        for log in logs[first:]:
            matcher.begin_file(log.path)
            for _offset, block in log.forwards(begin if log is logs[first] else 0):
                matcher.feed(block)
                read += len(block)
        reading = matcher.finish()
        verdict = judge(reading, quiet=time.time() - newest.modified)
        # Lines are numbered from the beginning of a file: what was not read has to be counted, if there is any need.
        told = verdict.findings or verdict.past or verdict.advice
        before = logs[first].lines_before(begin) if begin and told else 0
        reporter = Reporter({logs[first].path: before})
        return dict(
            verdict=reporter.verdict(verdict),
            findings=reporter.findings(verdict.findings, max_findings),
            past=reporter.findings(verdict.past, max_findings),
            advice=reporter.findings(verdict.advice, max_findings),
            runs=[dict(run._asdict()) for run in reading.runs],
            files=closed + [dict(path=log.path, compression=log.compression, cut=log.cut) for log in logs[first:]],
            bytes=read,
        )


def _open_older(stack: contextlib.ExitStack, path: str) -> Tuple[List[LogFile], List[Dict[str, Any]]]:
    """The older files of a log, and those among them that cannot be opened, as entries of ``files``."""
    closed: List[Dict[str, Any]] = []

    def open_one(name: str) -> Iterator[LogFile]:
        try:
            yield stack.enter_context(LogFile(name))
        except BadInput as exc:
            closed.append(dict(path=name, compression=None, cut=exc.found))

    return [log for name in older_files(path) for log in open_one(name)], closed


def _last_start(logs: List[LogFile]) -> _Position:
    """Where to begin: see runs.reading_begins(). Without any start in the logs: at the beginning of the newest one."""
    found: List[Tuple[_Position, Mark]] = []
    beyond = 0
    for number in range(len(logs) - 1, -1, -1):
        for offset, size, marks in _marks_backwards(logs[number]):
            if any(mark.kind == "start" for _position, mark in found):
                beyond += size
            else:
                found = []  # only what is before the last start tells how the run before it ended
            found = [((number, at), mark) for at, mark in marks] + found
            begins = reading_begins([mark for _position, mark in found], whole=beyond > _EARLIER)
            if begins is not None and found:
                return found[begins][0] if begins >= 0 else (number, offset)
    started = any(mark.kind == "start" for _position, mark in found)
    return (0, 0) if started else (len(logs) - 1, 0)


def _marks_backwards(log: LogFile) -> Iterator[Tuple[int, int, List[_Marked]]]:
    """(offset, size, the marks in it) of one part of a log after the other, the last one first."""
    if log.compression:
        marks: Deque[_Marked] = collections.deque(maxlen=_MOST_MARKS)
        size = 0
        for offset, block in log.forwards():
            marks.extend(_marks(offset, block))
            size = offset + len(block)
        yield 0, size, list(marks)
        return
    for offset, block in log.backwards():
        yield offset, len(block), _marks(offset, block)


def _marks(offset: int, block: bytes) -> List[_Marked]:
    found = []
    for start, end, _at in lines_worth_a_look(block, NEEDLES):
        mark = mark_of(block[start:end])
        if mark is not None:
            found.append((offset + start, mark))
    return found
