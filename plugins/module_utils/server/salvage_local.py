# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the source has, and what only the replica had: asked for, and put back."""

import os
from typing import Any, Dict, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, NotReached, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_ledger import read_ledger
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import local
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import PATIENT
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation

JOURNAL = "added.json"
_BLOCK = 1 << 20


def known(login: Login) -> local.Known:
    """What the source has now."""
    with Server(login) as source:
        rows = source.rows("SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.TABLES")
        return local.Known(
            address=login.address,
            schemas=set(observe.schemas(source)),
            tables={(row["s"], row["t"]) for row in rows},
            executed=str(observe.executed_gtids(source)),
        )


class SalvageAdd(ReplicaOperation):
    purpose = "mysql_salvage_add"

    def __init__(self, params: Dict[str, Any]) -> None:
        told = read_ledger(params["path"])
        if "shared_schemas" not in told:
            raise BadInput(
                "this export holds everything, and not what only a replica has",
                where=params["path"],
                untouched="the server",
                next_step="export again into another directory, with source_host",
            )
        self.parts = local.parts(told)
        self.journal = Journal(os.path.join(params["path"], JOURNAL))
        super().__init__(params)

    def observe(self) -> local.Observed:
        schemas = observe.schemas(self.server)
        return local.Observed(
            address=self.server.login.address,
            server_uuid=observe.server_uuid(self.server),
            parts=self.parts,
            there={part.schema: self._tables(part.schema) if part.schema in schemas else None for part in self.parts},
            journal=self.journal.read(),
            settings=self.server.variables("super_read_only"),
        )

    def _tables(self, schema: str) -> List[str]:
        sql = "SELECT TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
        return [row["t"] for row in self.server.rows(sql, (schema,))]

    def plan(self, seen: local.Observed) -> Plan:
        return local.plan(seen)

    def describe(self, seen: local.Observed) -> Dict[str, Any]:
        return seen.describe()

    def do_add(self, step: Step) -> None:
        data = step.data or {}
        part = next(part for part in self.parts if part.schema == data["schema"])
        if data["again"] == local.BEGUN:
            self._clear(part)
        self._note(part, local.BEGUN)
        for path in part.files:
            self._run(part, path)
        self._count(part)
        self.server.execute("FLUSH LOCAL ENGINE LOGS")
        self._note(part, local.DONE)

    def _clear(self, part: local.Part) -> None:
        """What an earlier run of ours had made of it."""
        self.server.execute("SET SESSION foreign_key_checks = 0")
        if part.whole:
            self.server.execute("DROP DATABASE IF EXISTS %s" % identifier(part.schema))
        for table in [] if part.whole else part.tables:
            self.server.execute("DROP TABLE IF EXISTS %s" % identifier(part.schema, table))

    def _note(self, part: local.Part, phase: str) -> None:
        uuid, record = observe.server_uuid(self.server), self.journal.read()
        done = record["parts"] if record.get("server_uuid") == uuid else {}
        self.journal.write(dict(server_uuid=uuid, parts=dict(done, **{part.schema: phase})))

    def _run(self, part: local.Part, path: str) -> None:
        with Server(self.server.login, log_bin=False) as session, open(path, "rb") as source:
            session.execute(PATIENT)
            if part.schema in observe.schemas(session):
                session.execute("USE " + identifier(part.schema))
            for statement in statements(iter(lambda: source.read(_BLOCK), b"")):
                try:
                    session.send(statement.text)
                except ServerError as exc:  # noqa: PERF203 - the place counts
                    raise ServerError(
                        exc.found,
                        errno=exc.errno,
                        where="%s, line %d" % (path, statement.line),
                        untouched="what the source has",
                        next_step="put the cause right and run the same command again: this schema begins anew",
                    ) from None

    def _count(self, part: local.Part) -> None:
        for table, wanted in part.tables.items():
            there = int(self.server.value("SELECT COUNT(*) FROM " + identifier(part.schema, table)))  # noqa: S608
            if there != wanted:
                raise NotReached(
                    "%s.%s has %d rows, the ledger says %d" % (part.schema, table, there, wanted),
                    where=self.server.login.address,
                    next_step="see whether somebody writes to it; the same command begins with this schema anew",
                )

    def report(self, _before: Any, after: local.Observed, _plan: Plan) -> Dict[str, Any]:
        return dict(added={part.schema: sorted(part.tables) for part in after.parts})
