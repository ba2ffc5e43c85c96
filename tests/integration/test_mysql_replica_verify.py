# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replica_verify finds what differs, under load, and leaves both servers as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integration.ansible_run import SOURCE, STATE, Task, run_tasks, task
from integration.server_state import settings
from sandbox import dataset
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged
from sandbox.writer import Writer


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        dataset.load(own.source, scale=0.2)
        own.source.execute("SET GLOBAL event_scheduler = OFF")  # at rest, but for a test's own writer
        own.wait_caught_up(own.replicas[0])
        yield own


def verify(*, check: bool = False, **options: Any) -> Task:
    return task("mysql_replica_verify", check=check, **{**SOURCE, **STATE, **options})


@pytest.mark.long_on("oldest")
def test_identical_under_load_and_replication_goes_on(box: Sandbox) -> None:
    source, replica = box.source, box.replicas[0]
    before = settings(replica)
    with Writer(source, rate=50):
        tasks = verify(), verify(check=True), verify(databases=["shop", "archive"])
        done, planned, two = run_tasks(box, *tasks).results
    assert not any(result["failed"] or result["changed"] for result in (done, planned, two)), (done, planned, two)
    assert (done["identical"], done["differences"]) == (True, [])
    count = "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA "
    assert len(done["tables"]) == source.value(
        f"{count} NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
    )
    assert all(table["equal"] for table in done["tables"])
    assert done["objects"] > len(done["tables"]), "views, triggers, routines and events, too"
    assert {table["table"].split(".")[0] for table in two["tables"]} == {"shop", "archive"}
    assert planned["identical"] is None, "definitions are equal, and rows were not looked at"
    assert source.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (done["gtid_set"],))
    status = replica.replica_status()
    assert (status["Replica_IO_Running"], status["Replica_SQL_Running"]) == ("Yes", "Yes")
    assert settings(replica) == before
    box.wait_caught_up(replica)


def test_one_byte_and_one_definition_are_found_and_named(box: Sandbox) -> None:
    source, replica = box.source, box.replicas[0]
    box.wait_caught_up(replica)
    executed = source.gtid_executed
    byte = "UPDATE `data-museum`.`blobs` SET large = INSERT(large, 50000, 1, %s) WHERE id = 3"
    run_unlogged(replica, byte, ("x",))
    run_unlogged(replica, "ALTER TABLE shop.stock COMMENT = 'not so at the source'")
    run_unlogged(replica, "CREATE TABLE shop.only_here (id INT)")
    found, told, looked = run_tasks(box, verify(), verify(fail_on_difference=False), verify(check=True)).results
    run_unlogged(replica, "DROP TABLE shop.only_here")
    run_unlogged(replica, "ALTER TABLE shop.stock COMMENT = ''")
    run_unlogged(replica, byte, ("O",))
    assert found["failed"] is True
    assert "differs from its source in 3 places" in found["msg"]
    assert not told["failed"]
    assert told["identical"] is False
    assert found["error"]["differences"] == told["differences"]
    kinds = {(one["kind"], one["object"]) for one in told["differences"]}
    assert kinds == {
        ("extra", "table shop.only_here"),
        ("definition", "table shop.stock"),
        ("rows", "table data-museum.blobs"),
    }
    assert looked["identical"] is False, "check mode compares definitions"
    (again,) = run_tasks(box, verify()).results
    assert again["identical"] is True, again
    assert source.gtid_executed == replica.gtid_executed == executed, "nothing was written, on either"
    assert replica.replica_status()["Replica_SQL_Running"] == "Yes"


def test_a_source_that_cannot_be_read_stops_nothing(box: Sandbox) -> None:
    closed, denied, unnamed = run_tasks(
        box,
        verify(source_port=1),
        verify(source_password="wrong"),
        task("mysql_replica_verify", **STATE),
    ).results
    assert [result["error"]["kind"] for result in (closed, denied, unnamed)] == ["server", "server", "bad_input"]
    assert denied["error"]["errno"] == 1045
    assert box.replicas[0].replica_status()["Replica_SQL_Running"] == "Yes"
