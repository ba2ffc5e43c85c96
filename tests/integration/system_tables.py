# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers whose system tables are damaged and healed, and what has to hold of a healed one."""

from __future__ import annotations

import json
from typing import Any

import pymysql

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES
from integration.ansible_run import BACKUP, ROOT, STATE, AnsibleRun, Outcome, Task, Template, run_tasks, task
from integration.server_state import sha256
from sandbox.server import Server
from sandbox.topology import Sandbox

PLAYBOOK = ROOT / "playbooks/repair_system_tables.yml"
MODULE = "mysql_stats_tables"
# What the module needs to know of a server that does not answer
DOWN = {
    "datadir": Template("{{ mysql_replica_error_log | dirname }}/data"),
    "error_log": Template("{{ mysql_replica_error_log }}"),
}
QUIETLY = ("--loose-skip-slave-start", "--loose-skip-replica-start", "--loose-relay-log-recovery=0")


class Boxes:
    """A source with a table, and a replica, of each kind that a test asks for. Tests heal what they damage."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Sandbox, dict[str, str]]] = {}

    def lend(self, kind: str) -> Sandbox:
        """One that another test has failed on is not lent again."""
        if kind in self._made and not _is_well(*self._made[kind]):
            self._made.pop(kind)[0].down()
        if kind not in self._made:
            box = Sandbox.up(server=kind)
            box.source.execute("CREATE DATABASE d")
            box.source.execute("CREATE TABLE d.t (id INT PRIMARY KEY, n INT, KEY (n))")
            box.source.execute("INSERT INTO d.t VALUES (1, 1), (2, 1)")
            box.wait_caught_up(box.replicas[0])
            self._made[kind] = box, definitions(box.replicas[0])
        return self._made[kind][0]

    def down(self) -> None:
        for box, _definitions in self._made.values():
            box.down()


def _is_well(box: Sandbox, pristine: dict[str, str]) -> bool:
    try:
        box.wait_replicating(box.replicas[0], timeout=5)
        return definitions(box.replicas[0]) == pristine
    except (pymysql.err.MySQLError, TimeoutError):
        return False


def healthy(**options: Any) -> Task:
    """One run of the module."""
    return task(MODULE, **{**STATE, **BACKUP, **options})


def of_table(result: Any, table: str) -> Any:
    """What the module says of one table."""
    return next(row for row in result["tables"] if row["name"] == table)


def end(box: Sandbox, result: Any) -> None:
    """What the module leaves to its caller."""
    if result["restart_required"]:
        box.replicas[0].restart(QUIETLY)
        (attached,) = run_tasks(box, task("mysql_replication_source", keep_settings=True, **STATE)).results
        assert not attached["failed"], attached["msg"]


def files(server: Server) -> dict[str, str]:
    """sha256 of every file of the data directory; a server that is up writes into its own all the time."""
    changing = (".ibd",) if server.is_running() else ()
    place = server.datadir / "mysql" if server.is_running() else server.datadir
    return {
        str(path): "" if path.suffix in changing else sha256(path)
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


def repair_under_way(box: Sandbox, *arguments: str, **variables: Any) -> AnsibleRun:
    """The playbook; variables without their prefix mysql_replica_."""
    named = {f"mysql_replica_{name}": value for name, value in variables.items()}
    named["mysql_replica_datadir"] = str(box.replicas[0].datadir)
    named["mysql_replica_hosts"] = "replica1"
    return AnsibleRun(box, PLAYBOOK, "--extra-vars", json.dumps(named), *arguments)


def repair(box: Sandbox, *arguments: str, **variables: Any) -> Outcome:
    with repair_under_way(box, *arguments, **variables) as run:
        return run.wait()


def definitions(server: Server) -> dict[str, str]:
    return {name: server.rows(f"SHOW CREATE TABLE mysql.{name}")[0]["Create Table"] for name in NAMES}


def statistics(server: Server) -> list[str]:
    return [
        row["t"]
        for name in ("innodb_table_stats", "innodb_index_stats")
        for row in server.rows(f"SELECT DISTINCT table_name AS t FROM mysql.{name} WHERE database_name = 'd'")
    ]


def prove(box: Sandbox, before: dict[str, str]) -> None:
    """It replicates as it did, also after a restart, claims nothing of its own, and its tables are as they were."""
    source, replica = box.source, box.replicas[0]
    for _start in range(2):
        box.wait_replicating(replica)
        source.execute("INSERT INTO d.t SELECT MAX(id) + 1, 1 FROM d.t")
        box.wait_caught_up(replica)
        status = replica.replica_status()
        assert (status["Source_Host"], int(status["Source_Port"])) == (source.host, source.port)
        assert (status["Source_User"], int(status["Auto_Position"])) == ("repl", 1)
        assert replica.uuid not in replica.gtid_executed
        assert definitions(replica) == before
        assert statistics(replica) == ["t", "t"]
        assert not replica.rows("SHOW DATABASES LIKE 'dbre%'")
        replica.restart()
    box.wait_replicating(replica)
