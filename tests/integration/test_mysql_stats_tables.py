# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five system tables come back as they were, without a GTID: several damages at once, on a server that answers.

All damages, for each table, through the playbook: tests/soak/test_system_tables.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.shape import create_statement
from integration.ansible_run import BACKUP, STATE, run_task, run_tasks, secrets_in
from integration.server_state import positions, settings
from integration.system_tables import MODULE, Boxes, definitions, end, files, healthy, of_table, prove
from sandbox import builds
from sandbox.damages_relaylog import wait_retrieved
from sandbox.server import Server
from sandbox.topology import Sandbox

OLD, NEW = "5.6", builds.modern_spec()
# table -> what happens to it, and what the module is to call it
AT_ONCE = {
    OLD: {
        "slave_worker_info": ("altered", "definition_differs"),
        "innodb_index_stats": ("data_file_deleted", "data_file_missing"),
        "innodb_table_stats": ("format_file_garbage", "format_file_unreadable"),
        "slave_master_info": ("format_file_deleted", "format_file_missing"),
        "slave_relay_log_info": ("both_files_deleted", "files_missing"),
    },
    NEW: {
        "slave_worker_info": ("altered", "definition_differs"),
        "slave_master_info": ("dropped", "missing"),
    },
}


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    made = Boxes()
    yield made
    made.down()


@pytest.fixture
def box(boxes: Boxes, server_kind: str) -> Sandbox:
    return boxes.lend(server_kind)


def test_the_definitions_are_those_of_a_pristine_server(box: Sandbox) -> None:
    server = box.source
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


def test_where_nothing_is_wrong_nothing_is_done(box: Sandbox) -> None:
    replica = box.replicas[0]
    before = positions(replica), settings(replica), definitions(replica)
    replica_run, source_run = run_task(box, MODULE, **STATE), run_task(box, MODULE, host="source", **STATE)
    for result in (replica_run, source_run):
        assert (result["failed"], result["changed"], result["healthy"]) == (False, False, True)
        assert [table["verdict"] for table in result["tables"]] == ["healthy"] * 5
        assert [result[f"{what}_required"] for what in ("restart", "stop", "upgrade")] == [False] * 3
    assert (positions(replica), settings(replica), definitions(replica)) == before


def test_another_servers_data_directory_is_neither_judged_nor_touched(box: Sandbox) -> None:
    """The login may lead to another host, whose data directory has the path of one that is here."""
    replica = box.replicas[0]
    identity = replica.datadir / "auto.cnf"
    own, before = identity.read_text(), files(replica)
    identity.write_text(own.replace(replica.uuid, box.source.uuid))
    try:
        (here,) = run_tasks(box, healthy()).results
    finally:
        identity.write_text(own)
    (given,) = run_tasks(box, healthy(datadir=str(box.source.datadir))).results
    for refused in (here, given):
        assert refused["error"]["kind"] == "refused", refused
        assert "data directory" in refused["msg"]
    assert files(replica) == before


@pytest.mark.parametrize("kind", [OLD, pytest.param(NEW, marks=pytest.mark.long)])
def test_tables_that_are_damaged_each_in_another_way_come_back(boxes: Boxes, kind: str) -> None:
    box = boxes.lend(kind)
    replica = box.replicas[0]
    usual, before = settings(replica), definitions(replica)
    for table, (damage, _verdict) in AT_ONCE[kind].items():
        box.damage(f"systable_{damage}", replica, table=table)
    as_found = files(replica)
    looked = run_task(box, MODULE, check=True, **STATE, **BACKUP)
    for table, (_damage, verdict) in AT_ONCE[kind].items():
        assert of_table(looked, table)["verdict"] == verdict
    assert (looked["changed"], looked["healthy"]) == (True, False)
    assert files(replica) == as_found
    assert not list((replica.directory / "dbre").glob("*/*.json")), "a look writes nothing down"

    done, again = run_tasks(box, healthy(), healthy()).results
    assert (done["failed"], done["changed"], done["healthy"]) == (False, True, True), done.get("msg")
    assert (again["failed"], again["changed"]) == (False, False), again.get("plan")
    assert done["restart_required"] == again["restart_required"] == (kind == OLD)
    assert not secrets_in(json.dumps([looked, done, again]))
    end(box, done)
    assert settings(replica) == usual
    prove(box, before)


@pytest.mark.parametrize("kind", [pytest.param(OLD, marks=pytest.mark.long), NEW])
def test_a_connection_is_stored_again_whether_the_receiver_ran_or_not(boxes: Boxes, kind: str) -> None:
    """A server writes its row when a receiver stops; this one stands still when the repair stops replication."""
    box = boxes.lend(kind)
    replica = box.replicas[0]
    before = definitions(replica)
    replica.execute(f"{replica.statements.stop} IO_THREAD")
    box.damage("systable_dropped", replica, table="slave_master_info")
    done, again = run_tasks(box, healthy(), healthy()).results
    assert (done["failed"], done["changed"], done["healthy"]) == (False, True, True), done.get("msg")
    assert not list((replica.directory / "dbre/state").glob("channel-*")), "it is stored, so it is forgotten"
    assert (again["failed"], again["changed"]) == (False, False), again.get("plan")
    prove(box, before)


@pytest.mark.long
def test_a_connection_with_gtid_only_is_stored_again_and_no_relay_log_is_lost(boxes: Boxes) -> None:
    """The server writes its row at no stop of the receiver, nor for any number of events."""
    box = boxes.lend(NEW)
    source, replica = box.source, box.replicas[0]
    before = definitions(replica)
    change_at_rest(replica, "GTID_ONLY = 1, REQUIRE_ROW_FORMAT = 1, SOURCE_DELAY = 3600")
    source.execute("INSERT INTO d.t SELECT MAX(id) + 1, 1 FROM d.t")
    box.wait_replicating(replica)
    wait_retrieved(source, replica)
    source.execute("FLUSH BINARY LOGS")
    source.execute("PURGE BINARY LOGS TO %s", (source.rows("SHOW BINARY LOGS")[-1]["Log_name"],))

    box.damage("systable_dropped", replica, table="slave_master_info")
    done, again = run_tasks(box, healthy(), healthy()).results
    assert (done["failed"], done["changed"], done["healthy"]) == (False, True, True), done.get("msg")
    assert not list((replica.directory / "dbre/state").glob("channel-*")), "it is stored, so it is forgotten"
    assert (again["failed"], again["changed"]) == (False, False), again.get("plan")
    replica.execute("STOP REPLICA SQL_THREAD")
    replica.execute("CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0")
    replica.execute("START REPLICA SQL_THREAD")
    box.wait_caught_up(replica)
    prove(box, before)
    change_at_rest(replica, "GTID_ONLY = 0, REQUIRE_ROW_FORMAT = 0")
    prove(box, before)


def change_at_rest(replica: Server, settings: str) -> None:
    replica.execute("STOP REPLICA")
    replica.execute(f"CHANGE REPLICATION SOURCE TO {settings}")
    replica.execute("START REPLICA")


def test_lost_statistics_are_taken_anew(boxes: Boxes) -> None:
    box = boxes.lend(NEW)
    replica = box.replicas[0]
    before = definitions(replica)
    box.damage("systable_statistics_deleted", replica)
    done, again = run_tasks(box, healthy(), healthy()).results
    assert of_table(done, "innodb_table_stats")["verdict"] == "statistics_missing"
    assert (done["changed"], done["without_statistics"], again["changed"]) == (True, [], False)
    prove(box, before)
