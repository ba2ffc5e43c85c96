# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of a server as its log tells them: from each start to its end, and how that came. Pure."""

import re
from typing import List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.line import seconds

#: How a run ends: somebody shut it down, it crashed, it gave up, or it was gone without a word (SIGKILL, the OOM
#: killer, a loss of power). A run without an end goes on.
SHUTDOWN, CRASHED, ABORTED, KILLED, RUNNING = "shutdown", "crashed", "aborted", "killed", "running"
UNCLEAN = (CRASHED, ABORTED, KILLED)
#: A run that ends within so many seconds has not worked.
SHORT = 300
# So many runs are remembered, the last ones.
_MEMORY = 64


class Mark(NamedTuple):
    """A line that begins, changes or ends a run. A start is told by several lines; order: which comes before which."""

    kind: str
    needle: bytes
    pattern: Optional[str] = None
    order: int = 0


MARKS = (
    Mark("start", b"mysqld_safe Starting ", order=1),
    Mark("start", b"mysqld_safe mysqld restarted", order=1),
    Mark("start", b" starting as process ", r"\(mysqld \S+\) starting as process \d", order=3),
    # With log_error, 5.6 opens the log too late for the line above.
    Mark("start", b"InnoDB: Initializing buffer pool", order=4),
    Mark("ready", b": ready for connections"),
    Mark("stopping", b": Normal shutdown"),
    Mark("stopping", b"Received SHUTDOWN from user"),
    Mark("ended", b": Shutdown complete"),
    Mark("aborted", b"Aborting", r"\[ERROR\] (?:\[MY-010119\] \[Server\] )?Aborting\s*$"),
    Mark("aborted", b"Cannot continue operation."),
    Mark("aborted", b"Fatal error: Can't open and lock privilege tables"),  # 5.6 says no more
    Mark("crashed", b"crashing.html contains"),
)
#: Every line that is a mark holds one of these.
NEEDLES = (
    b"mysqld",
    b"InnoDB: Initializing buffer pool",
    b"Aborting",
    b"Cannot continue operation.",
    b"Can't open and lock privilege tables",
    b"crashing.html contains",
)
_PATTERNS = {mark: re.compile(mark.pattern.encode("ascii")) for mark in MARKS if mark.pattern}


class Run(NamedTuple):
    """One run. started, ended: times as the log has them, None when it does not say. ready: it took connections."""

    started: Optional[str]
    ready: bool
    ended: Optional[str]
    end: str

    @property
    def short(self) -> bool:
        """Whether it ended soon after its start; a run whose start is not in the log counts as short."""
        begun, over = seconds(self.started), seconds(self.ended)
        return begun is None or over is None or over - begun <= SHORT


def mark_of(line: bytes) -> Optional[Mark]:
    for mark in MARKS:
        if mark.needle in line and (mark.pattern is None or _PATTERNS[mark].search(line)):
            return mark
    return None


class Runs:
    """Takes marks in the order of the log, and makes runs of them.

    number: of the last run, counted from its start; 0 is the run that the log begins in the midst of.
    """

    def __init__(self) -> None:
        self.number = 0
        self._done: List[Run] = []
        self._open: Optional[Run] = None
        self._order = 0

    def add(self, mark: Mark, time: Optional[str]) -> bool:
        """Take a mark; True when it begins a run."""
        if mark.kind == "start":
            if self._open is not None and self._open.end == RUNNING and self._order and mark.order > self._order:
                self._order = mark.order  # one more line of the same start
                self._open = self._open._replace(started=self._open.started or time)
                return False
            self._begin(time, mark.order)
            return True
        run = self._current(time)
        if mark.kind == "ready":
            self._order = 0  # the start is over
            run = run._replace(ready=True)
        elif mark.kind == "aborted" or run.end == RUNNING:
            self._order = 0
            run = run._replace(end={"stopping": SHUTDOWN, "ended": SHUTDOWN}.get(mark.kind, mark.kind))
        self._open = run._replace(ended=time or run.ended)
        return False

    def crash(self, time: Optional[str]) -> None:
        self._order = 0
        run = self._current(time)
        self._open = run._replace(end=CRASHED, ended=time or run.ended)

    def alive(self, time: Optional[str]) -> None:
        """The server was still there at this time."""
        if time is not None and self._open is not None and self._open.end == RUNNING:
            self._open = self._open._replace(ended=time)

    def all(self) -> List[Run]:
        return self._done + ([self._open] if self._open else [])

    def _current(self, time: Optional[str]) -> Run:
        if self._open is None:
            self._open = Run(None, False, time, RUNNING)
        return self._open

    def _begin(self, time: Optional[str], order: int) -> None:
        if self._open is not None:
            end = KILLED if self._open.end == RUNNING else self._open.end
            self._done = [*self._done, self._open._replace(end=end)][-_MEMORY:]
        self.number += 1
        self._open = Run(time, False, time, RUNNING)
        self._order = order


def in_a_loop(runs: List[Run], quiet: float = 0) -> bool:
    """Whether the server starts and ends again and again: two crashes, or three ends of any unclean kind, in a row.

    Only runs that ended soon after their start count. A last run that works for longer means that it is over; quiet:
    seconds since something was written to the log.
    """
    last = runs[-1] if runs else None
    if last is not None and last.end == RUNNING:
        if last.ready and (quiet > SHORT or not last.short):
            return False
        runs = runs[:-1]
    row: List[Run] = []
    for run in reversed(runs):
        if run.end not in UNCLEAN or not run.short:
            break
        row.append(run)
    return sum(run.end == CRASHED for run in row) >= 2 or len(row) >= 3


def reading_begins(marks: List[Mark], whole: bool) -> Optional[int]:
    """Which of the marks opens the last run, or an earlier one where the runs between ended uncleanly.

    marks: those of the end of a log, in order; whole: of all of it. -1 stands for what is before the first mark. None
    when more of the log is needed to tell.
    """
    runs = Runs()
    begins: List[int] = []
    for number, mark in enumerate(marks):
        if runs.add(mark, None):
            begins.append(number)
        elif not begins:
            begins.append(-1)
    ends = [run.end for run in runs.all()]
    begins = begins[len(begins) - len(ends) :]
    first = len(ends) - 1
    while first > 0 and ends[first - 1] in UNCLEAN:
        first -= 1
    if first > 0:
        return begins[first]
    return -1 if whole else None
