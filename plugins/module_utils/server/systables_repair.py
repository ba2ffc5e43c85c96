# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mysql_stats_tables does on a server that answers: the steps of logic/systables/steps.py, one method each."""

import os
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Interrupted, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import systables as host
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.format_file import place_format_file
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import kept_channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import evidence
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.observed import Observed
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.plan import (
    Wish,
    is_gtid_only,
    needs,
    plan,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.recipes import recipe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.steps import SCRATCH
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import Finding
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import (
    channel,
    observe,
    statistics,
    systables,
    systables_channels,
    systables_store,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation

JOURNAL = "system-tables.json"


class StatsTables(ReplicaOperation):
    """state=healthy on a server that answers."""

    purpose = "mysql_stats_tables"

    def __init__(self, params: Dict[str, Any]) -> None:
        super().__init__(params)
        self.journal = Journal(os.path.join(params["state_dir"], JOURNAL))
        self.wish = Wish(params["backup_dir"], params["analyze"], params["recreate_by"] == "upgrade")
        self.place = systables.place_of(self.server, params["datadir"], params["error_log"])
        self.aside: Optional[Quarantine] = None
        self.without_statistics: List[str] = []

    # -- looking ---------------------------------------------------------------------------------------------

    def observe(self) -> Observed:
        damage = systables.system_space_damage(self.place)
        # All are looked at, whichever are wished: what is damaged must not be read by the way.
        found = [] if damage else systables.findings(self.server, self.place, list(NAMES), self.wish.analyze)
        journal = self.journal.read()
        unusable = not damage and systables_channels.is_unusable(self.server, self.place, found)
        kept = {} if damage else self._kept(found)
        names = set(kept) | set(journal.get("connections") or ())
        read_only = self.server.variables("super_read_only").get("super_read_only")
        return Observed(
            address=self.server.login.address,
            version=self.place.version,
            findings=[one for one in found if one.name in self.params["tables"]],
            channels=observe.channels(self.server) if systables_channels.tables_in_use(self.place) else [],
            unusable=unusable,
            kept=kept,
            journaled=self._journaled(sorted(names)),
            stored=[] if damage else self._stored(found),
            relay_logs=self._relay_logs(sorted(names | {""}))
            if unusable or any(map(is_gtid_only, kept.values()))
            else [],
            super_read_only=read_only,
            scratch=SCRATCH in observe.schemas(self.server),
            journal=journal,
            life=systables.life(self.server, self.place),
            system_space_damage=damage,
        )

    def plan(self, seen: Observed) -> Plan:
        return plan(seen, self.wish)

    def describe(self, seen: Observed) -> Dict[str, Any]:
        return seen.describe()

    def report(self, before: Observed, after: Observed, planned: Plan) -> Dict[str, Any]:
        told = evidence.of_tables(host.log_lines(self.place.error_log))
        left = needs(after, self.wish)
        if after is not before:
            _prove(planned, after)
        tables = [
            dict(
                was.public(),
                verdict_after=is_now.verdict,
                actions=list(recipe(was, before.version, self.wish.by_upgrade)),
                evidence=told[was.name] if not was.healthy else [],
            )
            for was, is_now in zip(before.findings, after.findings)
        ]
        return dict(
            tables=tables,
            online=True,
            datadir=self.place.datadir,
            healthy=all(one.healthy for one in after.findings),
            restart_required=left.restart,
            stop_required=left.stop,
            upgrade_required=left.upgrade,
            connections=[
                dict(kept.public(), channel=name, password_known="source_password" in kept.settings)
                for name, kept in sorted(dict(after.kept, **after.journaled).items())
            ],
            connection_lost=after.connection_is_lost(),
            without_statistics=self.without_statistics,
            quarantine=self.aside and self.aside.directory,
        )

    def _kept(self, found: List[Finding]) -> Dict[str, kept_channel.Kept]:
        broken = [one.name for one in found if not one.healthy]
        if "slave_master_info" not in broken or "slave_master_info" not in systables_channels.tables_in_use(self.place):
            return {}
        return systables_channels.connections(self.server, self.place, found)

    def _stored(self, found: List[Finding]) -> List[str]:
        if "slave_master_info" in systables.spared(found):
            return []
        return sorted(systables_channels.stored_connections(self.server, self.place, found))

    def _journaled(self, names: List[str]) -> Dict[str, kept_channel.Kept]:
        read = {name: kept_channel.read_record(self._connection(name).read()) for name in names}
        return {name: kept for name, kept in read.items() if kept}

    def _connection(self, name: str) -> Journal:
        """Where mysql_replication_source with keep_settings looks for it."""
        return Journal(os.path.join(self.params["state_dir"], kept_channel.journal_name(name)))

    def _relay_logs(self, names: List[str]) -> List[str]:
        return sorted({path for name in names for path in observe.relay_logs(self.server, name)})

    # -- doing -----------------------------------------------------------------------------------------------

    def do_journal(self, step: Step) -> None:
        self.journal.write(_data(step)["record"])

    def do_settle(self, step: Step) -> None:
        record = self.journal.read()
        left = {name: record[name] for name in _data(step)["keep"] if record.get(name)}
        if left:
            self.journal.write(left)
        else:
            self.journal.remove()

    def do_set_super_read_only(self, step: Step) -> None:
        self.server.execute(step.display)

    def do_keep_connection(self, step: Step) -> None:
        self._connection(_data(step)["channel"]).write(_data(step)["record"])

    def do_forget_connection(self, step: Step) -> None:
        """Not while its row is missing: a channel that does not run has none yet, and a crash would lose it."""
        name = _data(step)["channel"]
        if systables_store.is_stored(self.server, self.place, name):
            self._connection(name).remove()
            record = self.journal.read()
            record["connections"] = [other for other in record.get("connections") or () if other != name]
            self.journal.write(record)

    def do_keep_relay_logs(self, _step: Step) -> None:
        kept = Quarantine.create(self.params["backup_dir"], "relay-logs", "replication metadata lost")
        for path in self._relay_logs(["", *self.journal.read().get("connections", [])]):
            kept.keep(path, "link")
        kept.seal()

    def do_stop(self, step: Step) -> None:
        words = channel.words(self.server, _data(step)["channel"])
        self.server.execute(words.stop + words.for_channel)

    def do_start(self, step: Step) -> None:
        words = channel.words(self.server, _data(step)["channel"])
        self.server.execute(words.start + words.for_channel)

    def do_store(self, step: Step) -> None:
        systables_store.store(self.server, self.place, _data(step)["channel"])

    def do_create(self, step: Step) -> None:
        self.server.execute("SET SESSION sql_mode = ''")  # a mode may forbid what these tables are made of
        self.server.execute(step.display + self._encryption())

    def do_drop(self, step: Step) -> None:
        self.server.execute(step.display)

    def do_empty(self, step: Step) -> None:
        self.server.execute(step.display)
        self._look_again(step.target.partition(".")[2])

    def do_drop_scratch(self, step: Step) -> None:
        self.server.execute(step.display)

    def do_set_aside(self, step: Step) -> None:
        for kind in _data(step)["kinds"]:
            path = host.path_of(self.place.datadir, _data(step)["table"], kind)
            if os.path.lexists(path):
                self._quarantine().keep(path, "move")
        self._look_again(_data(step)["table"])

    def do_copy_format_file(self, step: Step) -> None:
        """The server makes the file, in a schema of its own, and is told to look again."""
        table = _data(step)["table"]
        self.server.execute("DROP DATABASE IF EXISTS %s" % identifier(SCRATCH))
        self.server.execute("CREATE DATABASE %s" % identifier(SCRATCH))
        self.server.execute("SET SESSION sql_mode = ''")
        self.server.execute(_data(step)["statement"])
        made = os.path.join(self.place.datadir, SCRATCH, table + ".frm")
        place_format_file(made, host.path_of(self.place.datadir, table, ".frm"))
        self.server.execute("DROP DATABASE %s" % identifier(SCRATCH))
        self._look_again(table)

    def do_analyze(self, _step: Step) -> None:
        """Ask for the rows, not for OK: ANALYZE says so while the statistics are dead."""
        missing = self._missing()
        for schema, table in missing:
            self.server.rows("ANALYZE NO_WRITE_TO_BINLOG TABLE %s" % identifier(schema, table))
        left = self._missing()
        self.without_statistics = ["%s.%s" % name for name in left]
        if missing and len(left) == len(missing):
            raise Interrupted(
                "ANALYZE TABLE was carried out for %d tables, and wrote a row for none of them" % len(missing),
                where="mysql.innodb_table_stats, mysql.innodb_index_stats",
                untouched="the tables' rows",
                next_step="look into the error log for 'persistent statistics', then run the same command again",
            )

    def _look_again(self, table: str) -> None:
        """Let the server forget what it knows of a table. Of this one only: a flush of all waits for every query."""
        self.server.execute("FLUSH LOCAL TABLES %s" % identifier("mysql", table))

    def _missing(self) -> List[statistics.TableName]:
        there = statistics.with_statistics(self.server)
        return [one for one in statistics.candidates(self.server) if (one[0].lower(), one[1].lower()) not in there]

    def _encryption(self) -> str:
        """A table in mysql.ibd has to be encrypted as that file is."""
        if self.place.has_files:
            return ""
        try:
            told = self.server.value(
                "SELECT ENCRYPTION FROM information_schema.INNODB_TABLESPACES WHERE NAME = 'mysql'"
            )
        except ServerError:
            return ""  # before 8.0.13 there was no such column, nor such an encryption
        return " ENCRYPTION='Y'" if told in ("Y", "y") else ""

    def _quarantine(self) -> Quarantine:
        if self.aside is None:
            self.aside = Quarantine.create(self.params["backup_dir"], "system-tables", "system tables repaired")
        return self.aside


def _prove(plan: Plan, after: Observed) -> None:
    """A table that was worked on is healthy, or the run has failed."""
    worked_on = {step.target for step in plan.steps}
    broken = [one for one in after.findings if not one.healthy and "mysql.%s" % one.name in worked_on]
    if broken:
        raise Interrupted(
            "mysql.%s is not healthy after the repair: %s" % (broken[0].name, broken[0].detail[0]),
            where=after.address,
            next_step="run the same command again: what was in the way of a closer look is repaired",
        )


def _data(step: Step) -> Dict[str, Any]:
    return step.data or {}
