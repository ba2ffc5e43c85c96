# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the tables of a dump, empty, on the server that is to be loaded, and collects every refusal."""

import contextlib
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_trial
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump, Statement
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import Classified, beginning
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part, Whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_trial import Answer, Made
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.scratch import Scratch, is_lost

LOCK_WAIT = 60  # seconds: a backup that holds the global read lock is not waited for
ONE_NAME = 1050  # as for a table that exists
_NO_KEYRING = 3185
# Both views of the keyring are empty, or not there, on a server that has none.
_KEYRINGS = (
    "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_NAME LIKE 'keyring%' AND PLUGIN_STATUS = 'ACTIVE'",
    "SELECT COUNT(*) FROM performance_schema.keyring_component_status WHERE STATUS_VALUE = 'Active'",
)


class _CannotTry(Exception):
    """The server makes no table for us at all."""


class Trial:
    """problems: what the load would be refused, or given another table for. reduced: what could not be tried whole.

    A problem: level ("error", "changed"), about (what a change is in), schema, table (None for a SET or a schema),
    errno, error, where.
    """

    def __init__(self, server: Server, scratch: Scratch, begin_session: Callable[[], None]) -> None:
        self._server = server
        self._scratch = scratch
        self._begin_session = begin_session
        self._folds = False
        self._names: Dict[Tuple[str, str], Tuple[str, str]] = {}
        self._told: Set[Tuple[Any, ...]] = set()
        self.why_not: Optional[str] = None
        self.tables = 0
        self.problems: List[Dict[str, Any]] = []
        self.reduced: List[Dict[str, Any]] = []

    def run(self, parts: Iterable[Part], whole: Whole, new_sieve: Callable[[], Sieve]) -> None:
        """Try all parts, each in a session of its own. Of a dump that is cut, what is there is tried."""
        self._folds = self._server.variables("lower_case_table_names").get("lower_case_table_names", "0") != "0"
        try:
            with contextlib.suppress(IncompleteDump):
                for part in parts:
                    self._take(part, whole, new_sieve())
        except _CannotTry as exc:
            self.why_not = str(exc)

    def _take(self, part: Part, whole: Whole, sieve: Sieve) -> None:
        self._begin_session()
        self._server.execute("SET SESSION foreign_key_checks = 0, autocommit = 1, lock_wait_timeout = %s", (LOCK_WAIT,))
        self._server.execute("USE `mysql`")
        for item, classified in whole.read(part):
            if isinstance(item, Statement) and classified is not None:
                self._try(part, item, classified, sieve)

    def _try(self, part: Part, statement: Statement, classified: Classified, sieve: Sieve) -> None:
        if classified.kind == "other" or sieve.reason_to_skip(classified, statement.text) is not None:
            return
        where = part.place("line %d, byte %d of the plain text" % (statement.line, statement.offset))
        if classified.kind == "set_session" and load_trial.about_session(statement.text):
            self._judge(self._send(statement.text), where, None, beginning(statement.text))
        elif classified.kind == "create_database":
            text = load_trial.charset_of_schema(statement.text)
            if text is not None:
                self._judge(self._temporary(text), where, classified.database, None)
        elif classified.kind == "create_table":
            self.tables += 1
            schema, table = str(classified.database or sieve.database), str(classified.table)
            self._note_name(where, schema, table)
            taken_apart = load_trial.made(statement.text)
            if taken_apart is None:
                self._reduce(schema, table, ["all of it: it is made from another table or a query"])
            else:
                self._try_table(taken_apart, where, schema, table)

    def _try_table(self, table: Made, where: str, schema: str, name: str) -> None:
        answer = self._temporary(table.temporary())
        if answer.errno:
            answer = self._in_scratch(table, schema) or self._without(table, answer, where, schema, name)
        if answer.left_out:
            self._reduce(schema, name, answer.left_out)
        self._judge(answer, where, schema, name)

    def _in_scratch(self, table: Made, schema: str) -> Optional[Answer]:
        """As a table with all that it has; None when no schema can be made for it."""
        scratch = self._scratch.schema_for(schema)
        for other in table.referenced_schemas():
            led_to = self._scratch.schema_for(other.decode("utf-8", "backslashreplace"))
            table = table.referring(other, led_to) if led_to else table
        if scratch is None or self._scratch.refused:
            return None
        self._server.execute("USE `%s`" % scratch)
        try:
            return self._make(table.in_schema(scratch))
        finally:
            self._server.execute("USE `mysql`")

    def _without(self, table: Made, answer: Answer, where: str, schema: str, name: str) -> Answer:
        """As a temporary table without what that cannot have; the first answer stands where that changes nothing."""
        reduced, left_out = table.reduced()
        if answer.errno not in load_trial.ONLY_OF_TEMPORARY or not left_out:
            return answer
        self._reduce(schema, name, left_out)
        if "encryption" in left_out and not self._has_keyring():
            self._add("error", where, schema, name, _NO_KEYRING, "the table is encrypted, and no keyring is loaded")
        return self._temporary(reduced.temporary())

    def _has_keyring(self) -> bool:
        for query in _KEYRINGS:
            with contextlib.suppress(ServerError):
                if self._server.value(query):
                    return True
        return False

    def _temporary(self, text: bytes) -> Answer:
        answer = self._make(text)
        if not answer.errno:
            self._server.execute(load_trial.DROP_TEMPORARY)
        return answer

    def _make(self, text: bytes) -> Answer:
        answer = self._send(text)
        if answer.errno in load_trial.CANNOT_TRY:
            raise _CannotTry(answer.said)
        return answer

    def _send(self, text: bytes) -> Answer:
        errno, said = 0, ""
        try:
            self._server.send(text)
        except ServerError as exc:
            if is_lost(exc):
                raise
            errno, said = exc.errno, exc.found
        warnings = [(int(row["Code"]), row["Message"]) for row in self._server.rows("SHOW WARNINGS")]
        return Answer(errno, "; ".join([said, *(text for number, text in warnings if number != errno)]), warnings)

    def _judge(self, answer: Answer, where: str, schema: Optional[str], table: Optional[str]) -> None:
        if answer.errno:
            self._add("error", where, schema, table, answer.errno, answer.said)
        elif answer.changes:
            number = answer.changes[0][0]
            self._add("changed", where, schema, table, number, "; ".join(text for _number, text in answer.changes))

    def _add(self, level: str, where: str, schema: Optional[str], table: Optional[str], errno: int, error: str) -> None:
        # A SET that stands before each of a thousand routines is told once.
        key = (level, schema, table, errno, error)
        if key not in self._told:
            self._told.add(key)
            about = load_trial.CHANGED[errno] if level == "changed" else None
            error = error.replace("'dbre_trial'", "'%s'" % table)
            self.problems.append(
                dict(level=level, about=about, schema=schema, table=table, errno=errno, error=error, where=where)
            )

    def _reduce(self, schema: str, table: str, left_out: List[str]) -> None:
        self.reduced.append(dict(schema=schema, table=table, left_out=left_out))

    def _note_name(self, where: str, schema: str, table: str) -> None:
        """Names that are one on a server that folds their case."""
        name = (schema, table)
        first = self._names.setdefault((schema.lower(), table.lower()) if self._folds else name, name)
        if first != name:
            said = "%s.%s and %s.%s are one name here (lower_case_table_names)" % (*first, *name)
            self._add("error", where, schema, table, ONE_NAME, said)
