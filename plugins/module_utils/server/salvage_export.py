# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exports a damaged instance, at the level that mysql_force_recovery has found, and keeps the ledger."""

import json
import os
import time
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import NotReached
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import binary_logs, datadir_use
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.force_recovery import EVIDENCE, JOURNAL, told
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal, private_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.mysqld_program import Mysqld
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.private_server import (
    Place,
    PrivateServer,
    end_left_behind,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_file import Limits
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_start import SalvageStart
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import climb, export, ledger, levels
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ledger_page import page
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.local import AT_THE_SOURCE, Known
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.tables import (
    Table,
    file_name,
    in_order,
    is_of,
    label,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.schemas import SYSTEM_SCHEMAS
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import salvage_errant
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import source_login_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.frail_server import Access, Died, FrailServer
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.salvage_definitions import Definitions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.salvage_local import known
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.salvage_table import TableReader, Wish

_PATIENCE = 30  # seconds for a connection to the source


class SalvageExport:
    """params: those of mysql_salvage_export. begin() comes before the other steps, end() behind them."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.path = os.path.realpath(params["path"])
        self.load = os.path.join(self.path, export.LOAD)
        self.journal = Journal(os.path.join(self.path, "journal.json"))
        self.record: Dict[str, Any] = {}
        self.wish = export.wish_of(params)
        self.source = source_login_of(dict(params, connect_timeout=_PATIENCE))
        self.known: Optional[Known] = None
        self._logs: Optional[binary_logs.Logs] = None
        self._place: Optional[Place] = None
        self._frail: Optional[FrailServer] = None

    def observe(self) -> export.Observed:
        recovery = Journal(os.path.join(self.params["state_dir"], JOURNAL)).read()
        work = recovery.get("work")
        return export.Observed(
            path=self.path,
            recovery=recovery,
            journal=self.journal.read(),
            wish=self.wish,
            users=datadir_use.users(work, None, None) if work and os.path.isdir(work) and not self._frail else [],
        )

    def clear(self) -> None:
        """End what a run that was killed has left at work."""
        record = self.journal.read()
        if record.get("server"):
            end_left_behind(Identity.read(record["server"]))
        if record.get("place"):
            Place(record["place"], 0, 0).remove()
        if record:
            self.journal.write(dict(record, server=None, place=None))

    # -- the server ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.known = known(self.source) if self.source else None
        with told(self.path):
            private_directory(self.path)
            private_directory(self.load)
            evidence = os.path.join(self.params["state_dir"], EVIDENCE)
            private_directory(evidence)
            left = self.journal.read()
            recovery = Journal(os.path.join(self.params["state_dir"], JOURNAL)).read()
            same = export.is_of(left, self.wish, recovery)
            self.record = left if same else export.new_record(self.wish, recovery)
            if same:
                self._remove_halves()
            found, redo_missing = export.found_level(recovery, self.path), bool(recovery.get("redo_missing"))
            mysqld = Mysqld(self.params["mysqld"], self.params["defaults_file"])
            options, _configured = mysqld.options(recovery["datadir"])
            owner = os.stat(recovery["work"])
            self._logs = binary_logs.find(recovery["datadir"], options)
            self._place = Place.make(owner.st_uid, owner.st_gid)
            self.record["place"] = self._place.directory
            self.record["facts"] = dict(
                server_version=str(options.dialect.version),
                level=found.level,
                redo=found.redo,
                datadir=recovery["work"],
                warnings=climb.warnings(found, redo_missing),
                newest_lost=climb.newest_lost(found, redo_missing),
                gives_up=levels.gives_up(found.level),
            )
            if self.known:
                self.record["facts"].update(source=self.known.address, shared_schemas=sorted(self.known.schemas))
            self._save()
        server = PrivateServer(mysqld, recovery["work"], self._place, self._note)
        start = SalvageStart(server, options, recovery["datadir"])
        access = Access(
            self.params["login_user"],
            self.params["login_password"],
            self.params["mysqldump"],
            self.params["mysqldump_options"],
        )
        self._frail = FrailServer(start, found.level, self.params["timeout"], access, evidence)
        self._ask("SELECT 1")  # a login that is refused is no table that is lost

    def end(self) -> None:
        if self._frail is not None:
            self._frail.down()
        if self._place is not None:
            self._place.remove()
            self.record["place"] = None
            self._save()

    def _remove_halves(self) -> None:
        """What a run that was ended had not entered yet: its table may have another number by now, and another file."""
        whole = export.files_of(self.record)
        for name in os.listdir(self.load):
            path = os.path.join(self.load, name)
            if name.startswith(export.OURS) and path not in whole:
                os.unlink(path)

    def _note(self, identity: Optional[Identity]) -> None:
        self.record["server"] = dict(identity._asdict()) if identity else None
        self._save()

    def _save(self) -> None:
        self.journal.write(self.record)

    @property
    def frail(self) -> FrailServer:
        if self._frail is None:
            raise RuntimeError("begin() comes first")
        return self._frail

    # -- steps -----------------------------------------------------------------------------------------------

    def accounts(self) -> None:
        self._keep("accounts", lambda: Definitions(self.frail).accounts(os.path.join(self.path, export.ACCOUNTS)))

    def definitions(self) -> None:
        definitions = Definitions(self.frail)
        self.record["facts"]["enabled_events"] = definitions.enabled_events()
        tables = self._tables()
        for number, schema in enumerate(self._schemas()):
            names = [table.name for table in tables if table.schema == schema]
            if self.known and schema in self.known.schemas:
                self._shared(definitions, number, schema, names)
                continue
            made, programs = (self._file(kind, number, schema) for kind in (export.DEFINITIONS, export.PROGRAMS))
            self._keep(
                "definitions " + schema,
                lambda schema=schema, names=names, made=made: definitions.tables(schema, names, made),
            )
            self._keep(
                "programs " + schema, lambda schema=schema, programs=programs: definitions.programs(schema, programs)
            )

    def errant(self) -> None:
        """What nobody but this replica has committed, where its source is known."""
        if not self.known or not self._logs or "errant" in self.record["files"]:
            return
        with told(self.path):
            entry = salvage_errant.take(
                os.path.join(self.path, export.ERRANT), self._logs, self.known, self.params["mysqlbinlog"]
            )
        if entry:
            self.record["facts"]["errant_gtids"] = entry.pop("gtids")
            self.record["files"]["errant"] = entry
            self._save()

    def _shared(self, definitions: Definitions, number: int, schema: str, names: List[str]) -> None:
        """Of a schema that the source has, too: the tables that it does not have."""
        mine = [name for name in names if self.known and (schema, name) not in self.known.tables]
        if mine:
            made = self._file(export.DEFINITIONS, number, schema)
            self._keep("definitions " + schema, lambda: definitions.some(schema, mine, made))

    def rows(self) -> None:
        limits = Limits(
            time.time() + self.params["max_seconds"] if self.params["max_seconds"] else None, self.params["keep_free"]
        )
        tables = in_order(self._tables(), self.params["first_tables"])
        without = {
            "%s.%s" % (entry["schema"], name)
            for entry in self.record["files"].values()
            for name in entry.get("unreadable", [])
        }
        for number, table in enumerate(tables):
            if table.path in self.record["tables"] and not export.is_over(self.record["tables"][table.path]):
                continue
            why, over = self._why_left_out(table), limits.over(self.load)
            if why or over:
                self.record["tables"][table.path] = ledger.left_out(table.schema, table.name, why or str(over), not why)
            elif table.path in without:
                lost = ledger.Seen(0, None, None, None, [], [], "its definition cannot be read", self.frail.level)
                self.record["tables"][table.path] = ledger.entry(table.schema, table.name, ledger.judge(lost))
            else:
                path = self._file(export.ROWS, number, table.schema, table.name)
                wish = Wish(
                    self.wish["where"].get(table.path),
                    self.wish["row_limits"].get(table.path),
                    self.params["max_restarts"],
                )
                with told(path):
                    entry = TableReader(self.frail, table, path, wish, limits).read()
                self.record["tables"][table.path] = entry
            self._save()

    def _why_left_out(self, table: Table) -> Optional[str]:
        if self.known and (table.schema, table.name) in self.known.tables:
            return AT_THE_SOURCE
        return export.why_left_out(table.schema, table.path, self.wish)

    def ledger(self) -> Dict[str, Any]:
        """Write the ledger; it is what the module returns."""
        made = self.of(self.record)
        with told(self.path):
            for name, text in (
                (export.LEDGER, json.dumps(made, indent=1, sort_keys=True) + "\n"),
                (export.PAGE, page(made)),
            ):
                path = os.path.join(self.path, name)
                handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as sink:
                    sink.write(text)
                    sink.flush()
                    os.fsync(sink.fileno())
                os.rename(path + ".new", path)
        self.record["phase"] = export.DONE
        self._save()
        return made

    @staticmethod
    def of(record: Dict[str, Any]) -> Dict[str, Any]:
        """The ledger of a journal."""
        files = [record["files"][name] for name in sorted(record["files"])]
        tables = [record["tables"][name] for name in sorted(record["tables"])]
        return ledger.ledger(record["facts"], files, tables)

    # -- what there is ---------------------------------------------------------------------------------------

    def _keep(self, name: str, make: Any) -> None:
        """One entry of the ledger's files, made unless an earlier run has."""
        if name not in self.record["files"]:
            with told(self.path):
                self.record["files"][name] = make()
            self._save()

    def _schemas(self) -> List[str]:
        rows = self._ask("SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA")
        excluded = self.wish["exclude_schemas"]
        return sorted(
            row["name"] for row in rows if row["name"].lower() not in SYSTEM_SCHEMAS and row["name"] not in excluded
        )

    def _tables(self) -> List[Table]:
        rows = self._ask(
            "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, ENGINE AS e FROM information_schema.TABLES"
            " WHERE TABLE_TYPE = 'BASE TABLE'"
        )
        return [
            Table(row["s"], row["t"], row["e"] or "", self._size(row["s"], row["t"]))
            for row in rows
            if row["s"].lower() not in SYSTEM_SCHEMAS
        ]

    def _ask(self, sql: str) -> List[Dict[str, Any]]:
        try:
            return self.frail.rows(sql)
        except Died:
            raise NotReached(
                "the server dies of a question that everything else needs: %s" % sql,
                where=self.path,
                untouched="what was exported so far",
                next_step="look at its log in state_dir; another level may help",
            ) from None

    def _size(self, schema: str, table: str) -> Optional[int]:
        directory = os.path.join(str(self.record["facts"]["datadir"]), file_name(schema))
        try:
            found = [name for name in os.listdir(directory) if is_of(name, file_name(table))]
            return sum(os.path.getsize(os.path.join(directory, name)) for name in found) if found else None
        except OSError:
            return None

    def _file(self, kind: str, number: int, *names: str) -> str:
        return os.path.join(self.load, "%s-%s.sql" % (kind, label(number, *names)))
