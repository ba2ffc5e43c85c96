# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries the statements of a dump to a server, part after part, and says exactly where it stopped."""

import os
import time
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional
from typing import Counter as Count

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import (
    BadInput,
    Interrupted,
    ReplicaError,
    ServerError,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import Statement
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import Classified, redacted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part, Whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_definitions import Definitions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import claim, definitions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Row, Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.late_session import LateSession
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_checkpoints import Checkpoints
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_spread import Spread
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.row_count import RowCount, Table
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.row_pool import AGAIN, TIMES, RowPool

LOADED_BEFORE = "the interrupted run has done it"
REPORT_EVERY = 1.0  # seconds
#: Sessions for rows, where nobody says how many.
AT_MOST = 4
#: Sessions that make tables, where nobody says how many: each waits for the disk most of the time.
MAKE_TABLES = 8
#: Bytes of memory in which an index is sorted. 8.0.27 made it a setting of the session; before, it cannot be changed.
SORT_IN = 64 << 20
_SORT_BUFFER = "innodb_ddl_buffer_size"
#: A session of ours may have nothing to do for hours while others load a large table.
PATIENT = "SET SESSION wait_timeout = 604800"
NOT_CLAIMED = "GTIDs and replication: nothing is claimed for what was loaded so far"
START_OVER = "put the cause right and run the same command again: tables that were finished stay, if the dump does"
_ROWS = ("insert", "replace")
# Statements that the server's dictionary does as a whole or not at all.
_WHOLE = ("create_table", "drop_table")
# No such table, schema or routine, or a view that lacks one: a later part of the dump may bring it.
_MAY_COME = (1146, 1049, 1305, 1356)


class Tally:
    """What was done: statements run, bytes of them, tables created, and statements left out by reason.

    counted: tables whose rows were counted in the end, and were as many as the server had taken.
    """

    def __init__(self) -> None:
        self.statements = 0
        self.bytes = 0
        self.tables = 0
        self.counted = 0
        self.left_out: Count[str] = Counter()

    def add(self, text: bytes, kind: str) -> None:
        self.statements += 1
        self.bytes += len(text)
        self.tables += kind == "create_table"

    def public(self) -> Dict[str, Any]:
        return dict(
            statements=self.statements,
            bytes=self.bytes,
            tables=self.tables,
            counted=self.counted,
            left_out=dict(self.left_out),
        )


class _View(NamedTuple):
    """A view that is made later. session: what a view takes from where it is made."""

    part: Part
    statement: Statement
    schema: Optional[str]
    session: Row


def load(
    server: Server,
    parts: Iterable[Part],
    whole: Whole,
    new_sieve: Callable[[], Sieve],
    begin_session: Callable[[], None],
    progress: Callable[[str, int, int], None] = lambda _phase, _size, _tables: None,
    pool: Optional[RowPool] = None,
    may_wait: Callable[[Table], bool] = lambda _table: False,
    checkpoints: Optional[Checkpoints] = None,
) -> Tally:
    """Run every statement that the sieve lets through, and take down in ``whole`` what the dump holds, in one pass.

    Each part is read by a sieve of its own in a session that begin_session() has made anew, as by an own mysql client;
    so is what comes after the last one. A view that needs what a later part brings is made when all are in. progress
    is told now and then of the phase, how many bytes of plain text were read, and how many tables made.
    pool: further sessions, for rows; without one, each
    statement waits for the one before it. may_wait: of which tables indexes may be built when their rows are in; only
    with a pool. checkpoints: what is finished, by an earlier run and by this one; only with a pool.

    In the end the rows of each table that was made are counted, and compared with what the server had acknowledged, and
    what the dump defines with what the server has.

    Raises ServerError with the place in the dump when the server refuses a statement, IncompleteDump when a part ends
    without its end: what was loaded until then is in, no GTID is claimed for it, and the next run starts over.
    """
    rows = RowCount()
    if pool is not None:
        pool.tell(rows.took)
    session = LateSession(server)
    spread = Spread(server, session, pool, rows, may_wait, checkpoints) if pool else None
    loader = _Loader(server, session, whole, rows, progress, spread)
    for one in checkpoints.earlier if checkpoints is not None else ():
        rows.had(one.key, one.rows)
    try:
        for part in parts:
            begin_session()
            loader.take(part, new_sieve())
        begin_session()
        loader.make_views()
        begin_session()
        loader.tell("count rows")
        loader.tally.counted = loader.rows.check(server)
        definitions.check(server, loader.definitions)
    except ReplicaError as exc:
        error = loader.abandon(exc)
        # Said where nothing is known of what was done before: of the load itself it is not true.
        error.untouched = NOT_CLAIMED
        error.next_step = error.next_step or START_OVER
        raise error from None
    except BaseException:
        loader.abandon()
        raise
    return loader.tally


def begin_session(server: Server, lock: RunLock) -> None:
    """A new session in the place of the old one. The mark goes with it: what writes is what a next run would end."""
    server.value("SELECT RELEASE_LOCK(%s)", (claim.NAME,))
    server.reconnect()
    server.execute(PATIENT)
    claim.claim(server, lock)


def session_count(wanted: int) -> int:
    """How many sessions load rows; 0 for as many as this host has processors for."""
    return wanted or min(AT_MOST, len(os.sched_getaffinity(0)))


def further_sessions(login: Login, lock: RunLock, count: int, wanted: int = 0) -> Optional[RowPool]:
    """So many sessions for rows; None for one, which needs no further one. wanted: how many of all kinds, if said."""

    def connect(number: int) -> Server:
        server = Server(login, log_bin=False, local_data=True)
        server.execute(PATIENT)
        if server.variables(_SORT_BUFFER):
            server.execute("SET SESSION %s = %d" % (_SORT_BUFFER, SORT_IN))
        claim.enlist(server, lock, number)
        return server

    return RowPool(connect, count, 0 if wanted else max(0, MAKE_TABLES - count)) if count > 1 else None


class _Loader:
    def __init__(
        self,
        server: Server,
        session: LateSession,
        whole: Whole,
        rows: RowCount,
        progress: Callable[[str, int, int], None],
        spread: Optional[Spread],
    ) -> None:
        self._server = server
        self._late = session
        self.rows = rows
        self._whole = whole
        self._progress = progress
        self._spread = spread
        self._told = time.time()
        self._views: List[_View] = []
        self.definitions = Definitions()
        self.tally = Tally()

    def take(self, part: Part, sieve: Sieve) -> None:
        for item, classified in self._whole.read(part):
            if isinstance(item, Statement) and classified is not None:
                self._run(part, item, classified, sieve)
        self._late.catch_up()
        if self._spread is not None:
            self.tell("last rows and indexes")
            self._spread.end_part()

    def tell(self, phase: str) -> None:
        self._told = time.time()
        self._progress(phase, self._whole.size, self.tally.tables)

    def abandon(self, error: Optional[ReplicaError] = None) -> ReplicaError:
        """Stop all sessions. The error of the earliest row that was refused, if one was, is the one to tell."""
        first = self._spread.abandon() if self._spread is not None else None
        return first if isinstance(first, ReplicaError) else error or Interrupted("the load was stopped")

    def _run(self, part: Part, statement: Statement, classified: Classified, sieve: Sieve) -> None:
        try:
            reason = sieve.reason_to_skip(classified, statement.text)
        except BadInput as exc:
            exc.where = _place(part, statement)
            raise
        if reason is not None:
            self.tally.left_out[reason] += 1
            return
        if classified.kind not in _ROWS:
            self.definitions.ran(classified, statement.text, sieve.database, statement.charset)
        if self._spread is not None and self._spread.is_done(classified, statement.text, sieve.database):
            self.tally.left_out[LOADED_BEFORE] += 1
        elif not self._takes(part, statement, classified, sieve.database):
            self._run_in_place(part, statement, classified, sieve)
        if time.time() - self._told > REPORT_EVERY:
            self.tell("load")

    def _takes(self, part: Part, statement: Statement, classified: Classified, schema: Optional[str]) -> bool:
        """Whether another session runs it, or nobody needs to."""
        if self._spread is None:
            return False
        if classified.kind == "create_table":
            self._spread.written_by(self._whole.tool)
        taken = self._spread.takes(classified, statement, schema, _refusal(part, statement, _what(classified, schema)))
        if taken:
            self.tally.add(statement.text, classified.kind)
        return taken

    def _run_in_place(self, part: Part, statement: Statement, classified: Classified, sieve: Sieve) -> None:
        text = statement.text
        self._late.catch_up()
        if self._spread is not None:
            refused = _refusal(part, statement, "indexes of %s" % classified.table)
            text = self._spread.instead(classified, text, sieve.database, refused)
        try:
            rows = self._send(text, classified.kind)
        except ServerError as exc:
            if classified.kind != "create_view" or exc.errno not in _MAY_COME:
                raise _refused(exc, part, statement, _what(classified, sieve.database)) from None
            self._views.append(_View(part, statement, sieve.database, self._session()))
            return
        self.tally.add(statement.text, classified.kind)
        self.rows.ran(classified, statement.text, sieve.database, rows)
        if self._spread is not None:
            self._spread.ran(classified, statement.text, sieve.database)

    def _send(self, text: bytes, kind: str) -> int:
        """Tables that are made side by side may meet in the server's dictionary; they are made whole or not at all."""
        for left in range(TIMES if kind in _WHOLE else 0, 0, -1):
            try:
                return self._server.send(text)
            except ServerError as exc:  # noqa: PERF203 - ten times at most
                if exc.errno not in AGAIN or left == 1:
                    raise
        return self._server.send(text)

    def _session(self) -> Row:
        return self._server.rows(
            "SELECT @@SESSION.sql_mode AS sql_mode, @@SESSION.character_set_client AS client,"
            " @@SESSION.collation_connection AS collation"
        )[0]

    def make_views(self) -> None:
        """Those that were put off, as often as that brings more of them: they may need each other."""
        while self._views:
            waiting, self._views = self._views, []
            errors = [error for error in map(self._make, waiting) if error is not None]
            if len(self._views) == len(waiting):
                raise errors[0]

    def _make(self, view: _View) -> Optional[ReplicaError]:
        server, text = self._server, view.statement.text
        server.execute("SET NAMES utf8mb4")
        if view.schema is not None:
            server.execute("USE " + identifier(view.schema))
        server.execute("SET SESSION sql_mode = %s", (view.session["sql_mode"],))
        server.execute(
            "SET SESSION character_set_client = %s, collation_connection = %s",
            (view.session["client"], view.session["collation"]),
        )
        try:
            server.send(text)
        except ServerError as exc:
            error = _refused(exc, view.part, view.statement, "create view")
            if exc.errno not in _MAY_COME:
                raise error from None
            self._views.append(view)
            return error
        self.tally.add(text, "create_view")
        return None


def _place(part: Part, statement: Statement) -> str:
    return part.place("line %d, byte %d of the plain text" % (statement.line, statement.offset))


def _refused(exc: ServerError, part: Part, statement: Statement, what: str) -> ReplicaError:
    shown = redacted(statement.text)
    return ServerError(
        "%s, in a statement of the dump (%s): %s" % (exc.found, what, shown),
        errno=exc.errno,
        where=_place(part, statement),
        statement=shown,
    )


def _what(classified: Classified, schema: Optional[str]) -> str:
    """For a person: the kind of a statement, and what it is about."""
    names = [name for name in (classified.database or schema, classified.table) if name]
    return classified.kind.replace("_", " ") + (" " + ".".join(names) if classified.table else "")


def _refusal(part: Part, statement: Statement, what: str) -> Callable[[ServerError], ReplicaError]:
    return lambda exc: _refused(exc, part, statement, what)


def disable_events(login: Login, schemas: Iterable[str]) -> List[List[str]]:
    """Leave enabled events as replication itself leaves them on a replica; returns [schema, name] of each.

    It takes a session of its own, without what a dump may have left set in the one that loaded it.
    """
    done = []
    with Server(login, log_bin=False) as server:
        keyword = server.say("disable_event_on_replica")
        for schema in schemas:
            for event in events_of(server, schema):
                if event["status"] == "ENABLED":
                    alter_event(server, schema, event, keyword)
                    done.append([schema, event["name"]])
    return done


def events_of(server: Server, schema: str) -> List[Row]:
    """The events of a schema, as alter_event() takes them, with their status."""
    return server.rows(
        "SELECT EVENT_NAME AS name, DEFINER AS definer, SQL_MODE AS sql_mode, TIME_ZONE AS time_zone, STATUS AS status,"
        " CHARACTER_SET_CLIENT AS client, COLLATION_CONNECTION AS collation"
        " FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s",
        (schema,),
    )


def alter_event(server: Server, schema: str, event: Row, keyword: str) -> None:
    """ENABLE or disable an event and leave all else of it as it is.

    ALTER EVENT takes definer, sql_mode, time zone and character set from whoever runs it, so each is set to what the
    event has.
    """
    user, _at, host = event["definer"].rpartition("@")
    server.execute("SET SESSION sql_mode = %s, time_zone = %s", (event["sql_mode"], event["time_zone"]))
    server.execute(
        "SET SESSION character_set_client = %s, collation_connection = %s", (event["client"], event["collation"])
    )
    server.execute(
        "ALTER DEFINER = %s@%s EVENT %s %s"
        % (server.literal(user), server.literal(host), identifier(schema, event["name"]), keyword)
    )
