# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts that a dump holds, as rows."""

from collections import Counter
from typing import Any, Dict, Set
from typing import Counter as Count

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_parts import open_dump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import account_statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import Tables, without_way_back
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_contents import ACCOUNT_TABLES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import Statement, statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import classify
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.accounts import discreet, prepare, read_table
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server

_KINDS = ("create_table", "insert", "replace")


def read_dump(login: Login, path: str, told: Dict[str, Any]) -> Tables:
    """The account tables in the dump, read no further than they are. told: mysql_dump_info's facts of it.

    They are filled into temporary tables of a session of its own, under the settings that the dump gives itself.
    """
    with Server(login, log_bin=False) as scratch, open_dump(path) as dump:
        reader = _Reader(scratch, told)
        for part in dump.parts():
            prepare(scratch)
            reader.run(part)
            if reader.done:
                break
        prepare(scratch)  # the dump has had its own settings
        found = {name: read_table(scratch, account_statements.scratch_table(name)) for name in sorted(reader.made)}
        return without_way_back(found)


class _Reader:
    """made: tables whose definition was seen. Statements about anything but account tables and sessions are not run."""

    def __init__(self, scratch: Server, told: Dict[str, Any]) -> None:
        self._scratch = scratch
        self._expected: Count[str] = Counter()
        for table in told["tables"]:
            if table["database"] == "mysql" and table["table"] in ACCOUNT_TABLES:
                self._expected[table["table"]] += table["rows_statements"]
        self._names = {("mysql", name) for name in ACCOUNT_TABLES}
        self.made: Set[str] = set()
        self._seen: Count[str] = Counter()

    @property
    def done(self) -> bool:
        return self.made >= set(self._expected) and self._seen == +self._expected

    def run(self, part: Part) -> None:
        database = None
        for statement in statements(part.chunks):
            found = classify(statement.text, statement.charset)
            if found.kind == "use":
                database = found.database
            elif found.kind == "set_session":
                self._send(statement.text, statement, part)
            elif found.kind in _KINDS and (found.database or database, found.table) in self._names:
                self._take(str(found.table), found.kind, statement, part)
                if self.done:
                    return

    def _take(self, name: str, kind: str, statement: Statement, part: Part) -> None:
        if kind == "create_table":
            self._scratch.execute(account_statements.drop_scratch(name))
            self._send(account_statements.make_scratch(name, statement.text), statement, part)
            self.made.add(name)
        elif name in self.made:
            self._send(account_statements.fill_scratch(name, statement.text), statement, part)
            self._seen[name] += 1
        else:
            raise BadInput(
                "rows of mysql.%s before its definition: nobody knows what their columns are" % name,
                where=part.place("line %d" % statement.line),
                untouched="the accounts of the server",
                next_step="take a dump that holds the definitions (without --no-create-info)",
            )

    def _send(self, text: bytes, statement: Statement, part: Part) -> None:
        try:
            with discreet("in a statement of the dump about accounts"):
                self._scratch.send(text)
        except ServerError as exc:
            exc.where = part.place("line %d, byte %d of the plain text" % (statement.line, statement.offset))
            exc.untouched = "the accounts of the server"
            raise
