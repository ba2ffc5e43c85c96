# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several sessions that take rows at once, each in the state that the dump has set up to that place.

Each session belongs to a thread. What they have not committed yet is bounded in bytes: whoever brings rows waits. The
server may choose one of them as the victim of a deadlock: it does again what it had not committed.
"""

import contextlib
import threading
from collections import Counter, deque
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional, Set, Tuple
from typing import Counter as Count

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_data import Data
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import late_session
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server, Taken
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.row_count import Table

#: Bytes of statements that wait for a session or for their commit.
MOST_WAITING = 48 << 20
# Bytes of statements in a transaction.
_COMMIT_AFTER = 1 << 20
# The server is gone; whether it takes data, or the statement, is not the question.
_LOST = (2006, 2013, 1053, 1317)
# It takes no data at all: switched off, by whichever name.
_NO_DATA = (1148, 3948, 1227, 1045)
#: Deadlock, lock wait timeout: the rows are as before, and may be sent again.
AGAIN = (1213, 1205)
#: So often at most.
TIMES = 10
# There are enough sessions on the server, or of this account: fewer of ours do.
_NO_MORE_SESSIONS = (1040, 1203, 1226)
# What a statement weighs in the queue of a session, beside its bytes.
_OF_A_STATEMENT = 32 << 10


class Job(NamedTuple):
    """A statement for one of the sessions.

    order: of the statement in the dump. refused: makes the error of a run from that of the server. defines: it makes or
    changes the table, and is a transaction of its own. data: the same rows as data, if that is possible. then: what is
    asked of the session when that is done; text may be empty.
    """

    table: Table
    text: bytes
    order: int
    refused: Callable[[ServerError], ReplicaError]
    defines: bool = False
    data: Callable[[], Optional[Data]] = lambda: None
    then: Optional[Callable[[Server], None]] = None


class _NotAsData(Exception):
    """The server took rows as data, but warned: whether they are the same rows is not known."""


class _Worker(threading.Thread):
    """shares: it has what any session may do, too."""

    def __init__(self, pool: "RowPool", server: Server, shares: bool) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.shares = shares
        self.lane: Deque[Tuple[Job, int]] = deque()
        self.weight = 0  # of what is in it
        self._pool = pool
        self._session = 0  # statements of the dump's session that were followed
        self._batch: List[Job] = []
        self._rows: List[int] = []
        self._size = 0
        self._takes_data = True

    def run(self) -> None:
        job: Optional[Job] = None
        try:
            self.server.execute("SET SESSION autocommit = 0")
            while True:
                taken = self._pool._next(self, bool(self._batch))
                if taken is None:
                    return
                job, session = taken
                if job is None:
                    self._commit()
                    continue
                if session > self._session:
                    self._commit()
                    self._follow(session)
                if job.defines:
                    self._define(job)
                else:
                    self._take(job)
        except ServerError as exc:
            told = "statement" in exc.facts  # a setting of the session that this job needs has its own words
            self._pool._fail(job.order if job else 0, job.refused(exc) if job and not told else exc)
        except Exception as exc:  # noqa: BLE001 - whoever waits for this thread has to hear of it
            self._pool._fail(job.order if job else 0, exc)
        finally:
            with contextlib.suppress(ServerError):
                self.server.execute("COMMIT")
            self.server.close()

    def _follow(self, session: int) -> None:
        settings = self._pool._session[self._session : session]
        late_session.follow(self.server, settings)
        if any(b"AUTOCOMMIT" in one.text.upper() for one in settings):
            self.server.execute("SET SESSION autocommit = 0")
        self._session = session

    def _define(self, job: Job) -> None:
        self._commit()
        if job.text:
            self._do(lambda: self.server.send(job.text), lambda: self.server.send(job.text))
        if job.then is not None:
            job.then(self.server)
            self.server.execute("COMMIT")
        self._pool._committed([job], [0])

    def _take(self, job: Job) -> None:
        self._batch.append(job)
        self._surely(lambda: self._rows.append(self._send(job)), self._all)
        self._size += len(job.text)
        if self._size >= _COMMIT_AFTER:
            self._commit()

    def _send(self, job: Job) -> int:
        data = job.data() if job.table not in self._pool._refuses_data and self._takes_data else None
        if data is None:
            return self.server.send(job.text)
        try:
            taken: Optional[Taken] = self.server.send_data(data.statement, data.rows)
        except ServerError as exc:
            if exc.errno in AGAIN or exc.errno in _LOST:
                raise
            self._takes_data = exc.errno not in _NO_DATA
            taken = None
        if taken is None or not taken.cleanly:
            self._pool._refuses_data.add(job.table)
            raise _NotAsData
        return taken.rows

    def _surely(self, step: Callable[[], Any], again: Callable[[], Any]) -> None:
        """As _do(); what the server did not take as data without a word, it gets once more as it stands in the dump."""
        while not self._taken(step, again):
            self.server.execute("ROLLBACK")
            step = again

    def _taken(self, step: Callable[[], Any], again: Callable[[], Any]) -> bool:
        try:
            self._do(step, again)
        except _NotAsData:
            return False
        return True

    def _do(self, step: Callable[[], Any], again: Callable[[], Any]) -> None:
        """A step of the transaction; after a deadlock, which undid all of it, what stands for all of it."""
        done = self._done(step, last=False)
        for left in range(TIMES, 0, -1):
            if done:
                return
            self.server.execute("ROLLBACK")
            done = self._done(again, last=left == 1)

    def _done(self, step: Callable[[], Any], last: bool) -> bool:
        """Whether a step went well; False when it may be tried again."""
        try:
            step()
        except ServerError as exc:
            if exc.errno not in AGAIN or last:
                raise
            return False
        return True

    def _all(self) -> None:
        self._rows = [self._send(job) for job in self._batch]

    def _all_to_the_end(self) -> None:
        self._all()
        self.server.execute("COMMIT")

    def _commit(self) -> None:
        if self._batch:
            self._surely(lambda: self.server.execute("COMMIT"), self._all_to_the_end)
            done, rows = self._batch, self._rows
            self._batch, self._rows, self._size = [], [], 0
            self._pool._committed(done, rows)


class RowPool:
    """connect: opens a session, given its number from 0. size: how many of them.

    more: further ones that only have tables of their own. To make a table is to wait for the disk, again and again, and
    many can wait at once; but large tables are better off with fewer sessions at work.
    """

    def __init__(self, connect: Callable[[int], Server], size: int, more: int = 0) -> None:
        self.size = size
        self._all = size + more
        self._took: Callable[[Table, int], None] = lambda _table, _rows: None
        self._connect = connect
        self._workers: List[_Worker] = []
        self._session: List[late_session.Setting] = []
        self._refuses_data: Set[Table] = set()
        self._undefined: Count[Table] = Counter()
        self._changed = threading.Condition()
        self._jobs: Deque[Tuple[Job, int]] = deque()
        self._lanes: Dict[Table, _Worker] = {}
        self._waiting = 0
        self._of_table: Count[Table] = Counter()
        self._unfinished = 0  # of all tables
        self._last: Dict[Table, Tuple[Job, int]] = {}
        self._errors: List[Tuple[int, BaseException]] = []
        self._closing = False

    def tell(self, took: Callable[[Table, int], None]) -> None:
        """Tell somebody of the rows of a table that were committed, one call after the other."""
        self._took = took

    def follow(self, setting: late_session.Setting) -> None:
        """A statement that changes the session: all that come after it run in the changed one."""
        with self._changed:
            self._session.append(setting)

    def send(self, job: Job, lane: bool) -> None:
        """A statement, for any session, or for the one that the table has for itself. Waits while there is too much.

        What defines a table goes where the table's first rows go, and no other session has rows before it is done.
        """
        if not self._workers:
            self._start()
        with self._changed:
            self._until(lambda: not self._waiting or self._waiting + len(job.text) <= MOST_WAITING)
            if not lane:
                self._until(lambda: not self._undefined[job.table])
            elif job.defines:
                self._undefined[job.table] += 1
            self._waiting += len(job.text)
            self._add_to(job.table)
            self._queue(job, lane).append((job, len(self._session)))
            self._changed.notify_all()

    def finally_send(self, job: Job) -> None:
        """A statement for when all rows of its table so far are in."""
        if not self._workers:
            self._start()
        with self._changed:
            self._last[job.table] = job, len(self._session)
            self._release(job.table)

    def is_busy(self, table: Table) -> bool:
        with self._changed:
            return bool(self._of_table[table]) or table in self._last

    def wait(self, *tables: Table) -> None:
        """Until the rows of these tables, of all without any, are committed. Raises what any session met."""
        with self._changed:
            if tables:
                self._until(lambda: not any(self._of_table[one] or one in self._last for one in tables))
            else:
                self._until(lambda: not self._unfinished and not self._last)

    def end(self) -> None:
        """Wait, and leave the sessions. The next rows are for new ones."""
        self.wait()
        self._leave()
        self._session, self._lanes = [], {}

    def abandon(self) -> Optional[BaseException]:
        """Leave the sessions with what they have not committed. What the first statement that failed met, if any."""
        with self._changed:
            self._jobs.clear()
            for worker in self._workers:
                worker.lane.clear()
        self._leave()
        return min(self._errors, key=lambda one: one[0])[1] if self._errors else None

    def _queue(self, job: Job, lane: bool) -> Deque[Tuple[Job, int]]:
        """The queue of the session that has this table's rows; of the one with the least to do, when none has."""
        if not lane:
            return self._jobs
        if job.table not in self._lanes:
            self._lanes[job.table] = min(self._workers, key=lambda worker: worker.weight)
        worker = self._lanes[job.table]
        worker.weight += _weight(job)
        return worker.lane

    def _add_to(self, table: Table) -> None:
        self._of_table[table] += 1
        self._unfinished += 1

    def _start(self) -> None:
        self._closing = False
        while len(self._workers) < self._all and self._add():
            continue
        for worker in self._workers:
            worker.start()

    def _add(self) -> bool:
        """One more session, if the server lets us have it."""
        try:
            number = len(self._workers)
            self._workers.append(_Worker(self, self._connect(number), shares=number < self.size))
        except ServerError as exc:
            if exc.errno not in _NO_MORE_SESSIONS or not self._workers:
                raise
            return False
        return True

    def _leave(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for worker in self._workers:
            if worker.is_alive():
                worker.join()
            worker.server.close()
        self._workers = []

    def _until(self, there: Callable[[], bool]) -> None:
        while not self._errors and not there():
            self._changed.wait()
        if self._errors:
            raise self._errors[0][1]

    def _release(self, table: Table) -> None:
        """Its rows are in: what waited for them has its turn, before other rows."""
        last = self._last.get(table)
        if last is not None and not self._of_table[table]:
            del self._last[table]
            self._add_to(table)
            self._waiting += len(last[0].text)
            job = last[0]
            # It is only asked of: the session that has the table open is asked at least cost.
            self._queue(job, lane=not job.text and table in self._lanes).appendleft(last)
            self._changed.notify_all()

    # what the threads call

    def _next(self, worker: _Worker, open_transaction: bool) -> Optional[Tuple[Optional[Job], int]]:
        """The next statement, (None, 0) when there is none now but something to commit; None at the end."""
        with self._changed:
            while True:
                if self._errors:
                    # What was right stays, also for those who wait for these rows: they may be wrong, and come earlier.
                    return (None, 0) if open_transaction else None
                queues = [jobs for jobs in (worker.lane, self._jobs if worker.shares else None) if jobs]
                if queues:
                    # In the dump's order: the session of a later statement is not that of an earlier one.
                    jobs = min(queues, key=lambda jobs: jobs[0][0].order)
                    worker.weight -= _weight(jobs[0][0]) if jobs is worker.lane else 0
                    return jobs.popleft()
                if open_transaction:
                    return None, 0
                if self._closing:
                    return None
                self._changed.wait()

    def _committed(self, jobs: List[Job], rows: List[int]) -> None:
        with self._changed:
            for job, count in zip(jobs, rows):
                self._took(job.table, count)
                self._waiting -= len(job.text)
                self._of_table[job.table] -= 1
                self._unfinished -= 1
                if job.defines and self._undefined[job.table]:
                    self._undefined[job.table] -= 1
            for table in {job.table for job in jobs}:
                self._release(table)
            self._changed.notify_all()

    def _fail(self, order: int, error: BaseException) -> None:
        with self._changed:
            self._errors.append((order, error))
            self._changed.notify_all()


def _weight(job: Job) -> int:
    return len(job.text) + _OF_A_STATEMENT
