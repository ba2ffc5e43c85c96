# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes the rows out of the stream of a dump's statements and gives them to several sessions; all else keeps its place.

Nothing that depends on order is left to chance: what changes a table waits for its rows, what may depend on any table
(views, triggers, routines, events, and all that is not known) waits for all of them, and a change of the session holds
for the rows that come after it and for no others.
"""

import contextlib
import re
from collections import Counter
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple
from typing import Counter as Count

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_data, load_indexes, load_rows
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import Statement
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import (
    Classified,
    opened,
    trigger_table,
    unquoted,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_charset import ClientCharset
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.known_tables import KnownTables
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.late_session import LateSession, Setting
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_checkpoints import Checkpoints
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.row_count import RowCount, Table
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.row_pool import Job, RowPool

_ROWS = ("insert", "replace")
# Nobody else writes, and a lock would stop our own sessions. It ends a transaction, though.
_LOCKS = ("lock_tables", "unlock_tables")
_OF_SESSION = ("set_session", "use")
# They touch no table that has rows on their way, but for the one that they name.
_OF_TABLE = ("create_table", "drop_table")
_FREE = ("create_database",)
# They take a name that tables have.
_MAKES = ("create_table", "create_view")
_DROP_ONE = re.compile(rb"(?:/\*!\d{5} )?DROP TABLE IF EXISTS [^,\s]+\s*(?:\*/)?\s*\Z")
# What may stand between a table and its last row.
_AMONG_ROWS = (*_ROWS, *_OF_SESSION, "lock_tables", "alter_keys", "transaction")
# Settings that make rows depend on each other, or on their place.
_KEEPS_ORDER = (b"INSERT_ID", b"TIMESTAMP")

#: Bytes of rows from which on a table is worth more than one session. Most tables of most dumps are smaller.
SPREAD_FROM = 1 << 20


class _Indexes(NamedTuple):
    """Of a table that has no rows yet."""

    table: Table
    job: Job


class Spread:
    """server: the session in which all runs that keeps its place, in autocommit mode or not as the dump will.

    session: how that session follows the dump.
    may_wait: whether indexes of a table are worth being built when its rows are in. progress: what is finished.
    """

    def __init__(
        self,
        server: Server,
        session: LateSession,
        pool: RowPool,
        rows: RowCount,
        may_wait: Callable[[Table], bool] = lambda _table: False,
        progress: Optional[Checkpoints] = None,
    ) -> None:
        self._server = server
        self._session = session
        self._pool = pool
        self._may_wait = may_wait
        self._progress = progress or Checkpoints()
        self._rows = rows
        self._open: Optional[Table] = None
        self._waiting: Optional[_Indexes] = None
        self._referenced: Set[Tuple[str, str]] = set()
        self._shapes: Dict[Table, load_rows.Shape] = {}
        self._triggered: Set[Table] = set()
        self._laned: Set[Table] = set()
        self._anywhere: Set[Table] = set()  # tables of which some session may have something to do
        self._sizes: Count[Table] = Counter()
        self._order = 0
        self._may_be_data = False
        self._known = KnownTables(server)
        self._begin()

    def _begin(self) -> None:
        self._in_order = False
        self._in_transaction = False
        self._checks: Optional[bool] = None
        self._charset = ClientCharset()

    def written_by(self, tool: str) -> None:
        """What has written the dump: to be told before the rows of each table."""
        self._may_be_data = tool in load_data.TOOLS

    def end_part(self) -> None:
        """All rows are in, and the next statement is that of another session."""
        self._close(self._order + 1)
        self._pool.end()
        self._begin()

    def abandon(self) -> Optional[BaseException]:
        """Stop; what is finished stays for the next run. What the first row that failed met, if one did."""
        first = self._pool.abandon()
        with contextlib.suppress(ReplicaError):  # the server may be gone; that is told already
            self._progress.note(self._server, self._pool.is_busy, now=True)
        return first

    def is_done(self, classified: Classified, text: bytes, schema: Optional[str]) -> bool:
        """Whether an earlier run did what this statement does. To be asked for each statement, once."""
        self._order += 1
        kind, table = classified.kind, (classified.database or schema, str(classified.table))
        done = self._progress.is_done(kind, table, classified.database, self._order)
        if done and kind == "create_table":
            self._know(table, text, schema)
        return done

    def takes(self, classified: Classified, statement: Statement, schema: Optional[str], refused: Any) -> bool:
        """Whether this statement was taken care of; if not, it may run now, in its place.

        schema: the current one. refused: makes the error of a run from that of the server.
        """
        kind, text = classified.kind, statement.text
        table = classified.database or schema, str(classified.table)
        if kind not in _AMONG_ROWS or (kind in _ROWS and self._open != table):
            self._close(self._order)
        self._progress.touched(kind, table)
        self._progress.note(self._server, self._pool.is_busy)
        if kind in _ROWS:
            return self._take_rows(table, statement, refused)
        if kind in _LOCKS:
            if not self._server.autocommit:
                self._server.execute("COMMIT")
            return True
        if self._is_needless(kind, table, text):
            self._rows.ran(classified, text, schema, 0)
            return True
        if kind in _OF_SESSION:
            for needed in self._charset.needed(text):
                self._take_setting(Setting(needed, refused))
            return True
        if kind in _MAKES:
            self._known.made(*table)
        if kind in _OF_TABLE and self._takes_definition(classified, table, text, schema, refused):
            return True
        self._wait_for_its_place(kind, table, text, schema)
        return False

    def _is_needless(self, kind: str, table: Table, text: bytes) -> bool:
        """Whether it is about keys of InnoDB, to which that says nothing, or drops a table that is not there."""
        if kind == "drop_table":
            return _DROP_ONE.match(text) is not None and not self._known.may_have(*table)
        return kind == "alter_keys" and table in self._shapes

    def _wait_for_its_place(self, kind: str, table: Table, text: bytes, schema: Optional[str]) -> None:
        if kind == "transaction":
            self._note_transaction(text)
        elif kind == "create_trigger":
            on = trigger_table(text)
            self._pool.wait((on.database or table[0], str(on.table)))
        elif kind in _OF_TABLE and b"," not in text.partition(b"(")[0]:
            self._pool.wait(table, *_referred_to(text, schema))
        elif kind not in _FREE:
            self._pool.wait()

    def _take_setting(self, setting: Setting) -> None:
        text = setting.text.upper()
        self._pool.follow(setting)
        self._session.later(setting)
        if b"FOREIGN_KEY_CHECKS" in text:
            self._checks = None
        self._in_order = self._in_order or any(word in text for word in _KEEPS_ORDER)

    def _takes_definition(
        self, classified: Classified, table: Table, text: bytes, schema: Optional[str], refused: Any
    ) -> bool:
        """Whether a table is made, or dropped, by the session that gets its first rows."""
        if self._in_order or self._in_transaction or self._checks_foreign_keys():
            return False
        if table in self._anywhere:
            self._pool.wait(table)
            self._anywhere.discard(table)
        if classified.kind == "create_table":
            if load_rows.shape(text) is None or not load_rows.stands_alone(text) or _folded(table) in self._referenced:
                return False
            self._rows.ran(classified, text, schema, 0)
            job = Job(table, self.instead(classified, text, schema, refused), self._order, refused, defines=True)
            self._pool.send(job, lane=True)
            self._know(table, text, schema)
            self._open = table
            return True
        if b"," in text or b"TEMPORARY" in text.upper():
            return False
        self._rows.ran(classified, text, schema, 0)
        self._pool.send(Job(table, text, self._order, refused, defines=True), lane=True)
        return True

    def instead(self, classified: Classified, text: bytes, schema: Optional[str], refused: Any) -> bytes:
        """What is to run in the place of a statement that is not taken care of: a table, perhaps, without its indexes.

        An index that a foreign key of another table needs is not left out if that table is there already; if it comes
        later, it waits.
        """
        table = classified.database or schema, str(classified.table)
        if classified.kind != "create_table" or load_rows.shape(text) is None or _folded(table) in self._referenced:
            return text
        deferred = load_indexes.defer(text) if self._may_wait(table) else None
        name = identifier(str(table[0]), table[1]).encode("utf-8")
        if deferred is None or max(name) > 127:  # the session may read such a name in another way by then
            return text
        self._waiting = _Indexes(table, Job(table, deferred.alter(name), self._order, refused, defines=True))
        return deferred.create

    def _close(self, order: int) -> None:
        """The rows of a table have all been sent: what was left out of it is built, and they are counted, when in."""
        waiting, self._waiting = self._waiting, None
        table, self._open = self._open, None
        last = waiting.job if waiting is not None else None
        if table is not None and max(identifier(str(table[0]), table[1])) < "\x7f":
            counted = table
            last = last or Job(table, b"", order, lambda exc: exc, defines=True)
            last = last._replace(then=lambda session: self._rows.check_one(session, counted))
        if last is not None:
            self._pool.finally_send(last)
            self._anywhere.add(last.table)
        if table is not None:
            self._progress.closed(table, order, lambda: self._rows.of(table))

    def _know(self, table: Table, text: bytes, schema: Optional[str]) -> None:
        self._referenced.update(map(_folded, _referred_to(text, schema)))
        shape = load_rows.shape(text)
        self._shapes.pop(table, None)
        if shape is not None:
            self._shapes[table] = shape

    def ran(self, classified: Classified, text: bytes, schema: Optional[str]) -> None:
        """A statement ran in its place."""
        kind = classified.kind
        table = classified.database or schema, str(classified.table)
        if kind == "create_table":
            self._know(table, text, schema)
            self._open = table if table in self._shapes else None
        elif kind == "alter_table":
            self._known.forget()  # it may have got another name
        elif kind == "create_trigger":
            on = trigger_table(text)
            self._triggered.add((on.database or table[0], str(on.table)))
        elif kind == "query" and b"@" in text:
            self._in_order = True  # it may have set a variable, from rows

    def _take_rows(self, table: Table, statement: Statement, refused: Any) -> bool:
        shape, text = self._shapes.get(table), statement.text
        way = load_rows.IN_PLACE
        if shape is not None and table not in self._triggered and not self._in_order and not self._in_transaction:
            way = load_rows.way(text, shape)
        if way == load_rows.IN_PLACE or self._checks_foreign_keys():
            self._pool.wait()
            return False
        job = Job(table, text, self._order, refused)
        if way == load_rows.SPREAD and shape is not None and shape.plain and self._may_be_data:
            job = job._replace(data=lambda: load_rows.data(text, statement.charset, statement.backslash_escapes))
        stays = self._stays(table, text, way)
        if not stays:
            self._anywhere.add(table)
        self._pool.send(job, stays)
        return True

    def _stays(self, table: Table, text: bytes, way: str) -> bool:
        """Whether rows go where the first ones of their table went, in their order."""
        if way == load_rows.LANE and table not in self._laned:
            if self._sizes[table] > SPREAD_FROM:
                self._pool.wait(table)
            self._laned.add(table)
        self._sizes[table] += len(text)
        return table in self._laned or self._sizes[table] <= SPREAD_FROM

    def _checks_foreign_keys(self) -> bool:
        """A row then has to wait for the one that it refers to."""
        if self._checks is None:
            self._session.catch_up()
            self._checks = bool(int(self._server.value("SELECT @@SESSION.foreign_key_checks")))
        return self._checks

    def _note_transaction(self, text: bytes) -> None:
        verb = opened(text).split(None, 1)[0].upper()
        if verb in (b"BEGIN", b"START"):
            self._pool.wait()
            self._in_transaction = True
        elif verb == b"COMMIT":
            self._in_transaction = False
        elif verb in (b"ROLLBACK", b"SAVEPOINT") and not self._in_transaction:
            raise BadInput("a %s outside a transaction: no dump tool writes one" % verb.decode("ascii"))


def _referred_to(text: bytes, schema: Optional[str]) -> List[Table]:
    """Tables that foreign keys of a definition name."""
    found = load_rows.references(text)
    return [(unquoted(other) if other else schema, unquoted(name)) for other, name in found]


def _folded(table: Table) -> Tuple[str, str]:
    """Names may be told in another case than they were made in, where the server's file system makes no difference."""
    return str(table[0]).lower(), table[1].lower()
