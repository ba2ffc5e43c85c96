# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five system tables come back as they were, without a GTID, and what cannot come back is refused.

One damage of each kind; all of them, for each table, through the playbook: tests/soak/test_system_tables.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pymysql
import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.shape import create_statement
from integration.ansible_run import BACKUP, STATE, Task, Template, run_task, run_tasks, secrets_in, task
from integration.killed_at_a_statement import Mortal
from integration.server_state import positions, settings, sha256
from integration.system_tables import Boxes, definitions, prove
from sandbox import builds
from sandbox.accounts import ADMIN
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_stats_tables"
OLD, NEW = "5.6", builds.modern_spec()
FILES = {
    "datadir": Template("{{ mysql_replica_error_log | dirname }}/data"),
    "error_log": Template("{{ mysql_replica_error_log }}"),
}


class Case(NamedTuple):
    """A damage, what the module is to call it, and what it needs from its caller."""

    kind: str
    damage: str
    table: str
    verdict: str
    restart: bool = False
    stop: bool = False


CASES = [
    Case(OLD, "data_file_deleted", "innodb_index_stats", "data_file_missing"),
    Case(OLD, "format_file_deleted", "slave_master_info", "format_file_missing", restart=True),
    Case(OLD, "both_files_deleted", "slave_worker_info", "files_missing"),
    Case(OLD, "format_file_garbage", "innodb_table_stats", "format_file_unreadable"),
    Case(OLD, "half_repaired", "innodb_table_stats", "data_file_damaged", stop=True),
    Case(OLD, "altered", "slave_master_info", "definition_differs", restart=True),
    Case(OLD, "dropped", "slave_relay_log_info", "missing"),
    Case(NEW, "dropped", "slave_master_info", "missing"),
    Case(NEW, "dropped_before_start", "slave_relay_log_info", "missing", restart=True),
    Case(NEW, "altered", "slave_worker_info", "definition_differs"),
    Case(NEW, "altered", "slave_master_info", "definition_differs", restart=True),
]
QUIETLY = ("--loose-skip-slave-start", "--loose-skip-replica-start", "--loose-relay-log-recovery=0")
DOWN = ["data_file_emptied", "data_file_foreign"]


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    made = Boxes()
    yield made
    made.down()


@pytest.fixture
def own_box(boxes: Boxes, server_kind: str) -> Sandbox:
    return boxes.lend(server_kind)


@pytest.fixture
def old_box(boxes: Boxes) -> Sandbox:
    return boxes.lend(OLD)


def repair(**options: Any) -> Task:
    return task(MODULE, **{**STATE, **BACKUP, **options})


def listing(server: Server) -> dict[str, str]:
    """What is in the schema's directory; a server writes into its data files all the time."""
    return {
        path.name: "" if path.suffix == ".ibd" else sha256(path) for path in (server.datadir / "mysql").glob("*.[fi]*")
    }


def one(result: Any, table: str) -> Any:
    return next(row for row in result["tables"] if row["name"] == table)


def end(box: Sandbox, result: Any) -> None:
    """What the module leaves to its caller."""
    replica = box.replicas[0]
    if result["restart_required"]:
        replica.restart(QUIETLY)
        (attached,) = run_tasks(box, task("mysql_replication_source", keep_settings=True, **STATE)).results
        assert not attached["failed"], attached["msg"]


def test_the_definitions_are_those_of_a_pristine_server(own_box: Sandbox) -> None:
    server = own_box.source
    version = Version(*server.build.number)
    for name, shown in definitions(server).items():
        statement = create_statement(name, version)
        if "TABLESPACE `mysql`" in statement:
            assert statement.replace("`mysql`.", "", 1) == shown
        else:
            with server.connect() as session, session.cursor() as cursor:
                cursor.execute("SET SESSION sql_log_bin = 0")
                cursor.execute("CREATE DATABASE made_here")
                cursor.execute(create_statement(name, version, "made_here"))
                cursor.execute(f"SHOW CREATE TABLE made_here.{name}")
                assert cursor.fetchone()["Create Table"] == shown
                cursor.execute("DROP DATABASE made_here")


def test_where_nothing_is_wrong_nothing_is_done(own_box: Sandbox) -> None:
    replica = own_box.replicas[0]
    before = positions(replica), settings(replica), definitions(replica)
    replica_run, source_run = run_task(own_box, MODULE, **STATE), run_task(own_box, MODULE, host="source", **STATE)
    for result in (replica_run, source_run):
        assert (result["failed"], result["changed"], result["healthy"]) == (False, False, True)
        assert [table["verdict"] for table in result["tables"]] == ["healthy"] * 5
        assert [result[f"{what}_required"] for what in ("restart", "stop", "upgrade")] == [False] * 3
    assert (positions(replica), settings(replica), definitions(replica)) == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.damage} {case.table}")
def test_a_damaged_table_comes_back(boxes: Boxes, case: Case) -> None:
    box = boxes.lend(case.kind)
    replica = box.replicas[0]
    usual, before = settings(replica), definitions(replica)
    box.damage(f"systable_{case.damage}", replica, table=case.table)
    files = listing(replica)
    looked = run_task(box, MODULE, check=True, **STATE, **BACKUP)
    assert one(looked, case.table)["verdict"] == case.verdict
    assert listing(replica) == files
    assert (looked["stop_required"], looked["healthy"]) == (case.stop, False)

    if case.stop:
        replica.stop()
        offline = run_task(box, MODULE, **STATE, **BACKUP, **FILES)
        assert one(offline, case.table)["verdict"] == case.verdict
        replica.start()
    else:
        assert looked["changed"] is True
    done, again = run_tasks(box, repair(), repair()).results
    assert (done["failed"], done["changed"], done["healthy"]) == (False, True, True), done.get("msg")
    assert one(done, case.table)["verdict_after"] == "healthy"
    assert done["restart_required"] == case.restart
    assert (again["failed"], again["changed"], again["restart_required"]) == (False, False, case.restart)
    assert not secrets_in(json.dumps([looked, done, again]))
    end(box, done)
    assert settings(replica) == usual
    prove(box, before)


@pytest.mark.parametrize("damage", DOWN)
def test_a_server_that_does_not_start_gets_its_way_free_and_the_way_back_is_kept(old_box: Sandbox, damage: str) -> None:
    box, replica = old_box, old_box.replicas[0]
    before = definitions(replica)
    table = "slave_worker_info"
    path = replica.datadir / f"mysql/{table}.ibd"
    box.damage(f"systable_{damage}", replica, table=table)
    assert not replica.is_running()
    broken = sha256(path)
    nowhere, looked = run_tasks(box, repair(), repair(**FILES)._replace(check=True)).results
    assert nowhere["failed"], "without datadir there is nothing to be done to a server that is down"
    assert (looked["changed"], looked["online"]) == (True, False)
    assert sha256(path) == broken
    (done,) = run_tasks(box, repair(**FILES)).results
    assert one(done, table)["verdict"] == "data_file_damaged"
    assert one(done, table)["evidence"], "the error log names it"
    assert not path.exists()
    kept = Path(done["quarantine"])
    assert kept.stat().st_mode & 0o777 == 0o700
    (entry,) = json.loads((kept / "manifest.json").read_text())["entries"]
    assert (entry["original"], entry["sha256"]) == (str(path), broken)

    back = repair(state="restored", quarantine=str(kept), **FILES)
    restored, again = run_tasks(box, back, back).results
    assert (restored["changed"], again["changed"], sha256(path)) == (True, False, broken)
    assert run_task(box, MODULE, **STATE, **BACKUP, **FILES)["changed"]
    replica.start()
    healed, refused = run_tasks(box, repair(), back).results
    assert healed["healthy"]
    assert refused["error"]["kind"] == "refused", "the server is at work"
    replica.stop()
    late = run_task(box, MODULE, state="restored", quarantine=str(kept), **STATE, **FILES)
    assert late["error"]["kind"] == "refused", "another file has its place"
    replica.start()
    prove(box, before)


def test_a_page_that_kills_the_server_is_told_from_its_file(old_box: Sandbox) -> None:
    """The server starts, and dies by itself within seconds: it may answer or not when it is looked at."""
    box, replica = old_box, old_box.replicas[0]
    before = definitions(replica)
    box.damage("systable_root_page_garbage", replica, table="innodb_index_stats")
    looked = run_task(box, MODULE, check=True, **STATE, **BACKUP, **FILES)
    assert one(looked, "innodb_index_stats")["verdict"] == "data_file_damaged"
    assert looked["stop_required"] if looked["online"] else looked["changed"]
    replica.kill()
    assert run_task(box, MODULE, **STATE, **BACKUP, **FILES)["changed"]
    replica.start()
    assert run_task(box, MODULE, **STATE, **BACKUP)["healthy"]
    prove(box, before)


def test_lost_statistics_are_taken_anew(own_box: Sandbox) -> None:
    replica = own_box.replicas[0]
    before = definitions(replica)
    own_box.damage("systable_statistics_deleted", replica)
    done, again = run_tasks(own_box, repair(), repair()).results
    assert one(done, "innodb_table_stats")["verdict"] == "statistics_missing"
    assert (done["changed"], done["without_statistics"], again["changed"]) == (True, [], False)
    prove(own_box, before)


def test_a_damaged_mysql_ibd_is_refused_with_the_way_out() -> None:
    with Sandbox.up(server=NEW) as box:
        replica = box.replicas[0]
        box.damage("systable_system_space_page", replica)
        before = sha256(replica.datadir / "mysql.ibd")
        refused = run_task(box, MODULE, **STATE, **BACKUP, **FILES)
        assert refused["error"]["kind"] == "refused"
        assert "page 6" in refused["msg"]
        assert "new data directory" in refused["msg"]
        assert sha256(replica.datadir / "mysql.ibd") == before


def test_replication_that_is_kept_in_files_is_left_alone() -> None:
    options = {"replica": {"master_info_repository": "FILE", "relay_log_info_repository": "FILE"}}
    with Sandbox.up(server=OLD, options=options) as box:
        replica = box.replicas[0]
        box.damage("systable_dropped_before_start", replica, table="slave_master_info")
        box.wait_replicating(replica)
        done, again = run_tasks(box, repair(), repair()).results
        assert (done["changed"], done["healthy"], done["restart_required"]) == (True, True, False)
        assert {step["action"] for step in done["plan"]} == {"create", "settle"}
        assert again["changed"] is False
        assert not list((replica.directory / "dbre/state").glob("*.json"))
        box.wait_replicating(replica)


def parameters(replica: Server) -> dict[str, Any]:
    """For the module without Ansible."""
    login = {"login_user": ADMIN.user, "login_password": ADMIN.password, "login_unix_socket": replica.socket}
    kept = {"state_dir": str(replica.directory / "dbre/state"), "backup_dir": str(replica.directory / "dbre/backup")}
    unset = ("config_file", "ca_cert", "client_cert", "client_key", "check_hostname", "datadir", "error_log")
    return {
        **dict.fromkeys(unset),
        **login,
        **kept,
        "login_host": "localhost",
        "login_port": replica.port,
        "connect_timeout": 30,
        "assume": [],
        "state": "healthy",
        "tables": list(NAMES),
        "analyze": True,
        "recreate_by": "statement",
        "quarantine": None,
    }


def ruin(replica: Server) -> None:
    """Several tables at once, while the server runs."""
    with replica.connect() as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"SET GLOBAL {replica.statements.read_only} = OFF")
        for table in ("slave_master_info", "slave_worker_info"):
            with suppress(pymysql.err.MySQLError):
                cursor.execute(f"DROP TABLE mysql.{table}")
        path = replica.datadir / "mysql/innodb_table_stats.frm"
        if path.exists():
            path.unlink()
            cursor.execute("FLUSH LOCAL TABLES")
        cursor.execute("DELETE FROM mysql.innodb_index_stats")
        cursor.execute(f"SET GLOBAL {replica.statements.read_only} = ON")


def test_killed_at_any_step_the_same_command_goes_on(own_box: Sandbox) -> None:
    replica = own_box.replicas[0]
    usual, before = settings(replica), definitions(replica)
    number, ended = 0, None
    with Mortal(MODULE, "operation") as mortal:
        while ended is None:
            number += 1
            ruin(replica)
            ended = mortal.run(parameters(replica), number)
            done, again = mortal.run(parameters(replica)), mortal.run(parameters(replica))
            assert done
            assert again
            assert done["failed"] is False, (number, done["msg"])
            assert done["healthy"], (number, done["tables"])
            assert again["changed"] is False, (number, again["plan"])
            assert settings(replica) == usual, number
            own_box.wait_replicating(replica)
            left = [path.name for path in (replica.directory / "dbre/state").iterdir()]
            assert [name for name in left if "channel" in name] == [], "the password is forgotten"
    assert number > 10
    prove(own_box, before)
