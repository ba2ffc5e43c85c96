# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replica_wait comes back when the replica is there, and with the cause when it will never be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from integration.ansible_run import SOURCE, Task, run_task, run_tasks, task
from integration.server_state import state
from sandbox import relaylog_file
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged, writable

MakeBox = Callable[..., Sandbox]
MODULE = "mysql_replica_wait"
NEVER = 3600  # seconds: only a cause that was recognised ends the wait before the test's own deadline


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE d")
        own.source.execute("CREATE TABLE d.t (id INT PRIMARY KEY)")
        yield own


@pytest.fixture
def replica(box: Sandbox) -> Iterator[Server]:
    replica = box.replicas[0]
    box.wait_replicating(replica)
    box.source.execute("DELETE FROM d.t")
    box.wait_caught_up(replica)
    yield replica
    replica.execute(replica.statements.start)


def wait(**options: object) -> Task:
    return task(MODULE, **{**SOURCE, "timeout": NEVER, "stall_timeout": NEVER, **options})


@pytest.mark.long_on("newest")
def test_it_comes_back_when_the_replica_is_there(box: Sandbox, replica: Server) -> None:
    replica.execute(replica.statements.stop_applier)
    box.source.execute("INSERT INTO d.t VALUES (1)")
    goal, before = box.source.gtid_executed, state(replica)["gtid_executed"]
    (look,) = run_tasks(box, wait()._replace(check=True)).results
    assert (look["failed"], look["reached"], look["changed"]) == (False, False, False)
    assert (look["gtid_set"], look["gtid_executed"]) == (goal, before)
    replica.execute(replica.statements.start)
    reached, lag, named, nothing = run_tasks(
        box, wait(), wait(max_lag=60), task(MODULE, gtid_set=goal), task(MODULE)
    ).results
    assert [one["reached"] for one in (reached, lag, named)] == [True, True, True]
    assert {reached["gtid_set"], reached["gtid_executed"], named["gtid_set"]} == {goal}
    assert lag["lag"] <= 60
    assert nothing["error"]["kind"] == "bad_input"


def test_a_replica_that_is_stopped_will_not_come(box: Sandbox, replica: Server) -> None:
    replica.execute(replica.statements.stop_applier)
    box.source.execute("INSERT INTO d.t VALUES (1)")
    stopped, late = run_tasks(
        box, wait(), task(MODULE, gtid_set=f"{box.source.uuid}:1-1000000", timeout=0, stall_timeout=NEVER)
    ).results
    assert stopped["error"]["kind"] == "not_reached"
    assert "the applier is stopped" in stopped["msg"]
    assert "1 transactions are missing" in stopped["msg"]
    assert late["error"]["kind"] == "not_reached"


def test_a_row_that_is_there_already_is_named(box: Sandbox, replica: Server) -> None:
    run_unlogged(replica, "INSERT INTO d.t VALUES (5)")
    box.source.execute("INSERT INTO d.t VALUES (5)")
    failed = run_task(box, MODULE, **wait().options)
    run_unlogged(replica, "DELETE FROM d.t WHERE id = 5")
    assert failed["error"]["kind"] == "not_reached"
    assert "the applier stopped (duplicate_row)" in failed["msg"]
    assert "error" in failed["msg"]


def test_a_password_that_the_source_does_not_take_is_named(box: Sandbox, replica: Server) -> None:
    modern = "REPLICA" in replica.statements.start
    change = "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = %s" if modern else "CHANGE MASTER TO MASTER_PASSWORD = %s"
    replica.execute(replica.statements.stop)
    replica.execute(change, ("not it",))
    replica.execute(replica.statements.start)
    box.source.execute("INSERT INTO d.t VALUES (1)")
    failed = run_task(box, MODULE, **wait().options)
    replica.execute(replica.statements.stop)
    box.attach(replica)
    assert failed["error"]["kind"] == "not_reached"
    assert "the receiver stopped (authentication): error 1045" in failed["msg"]


@pytest.mark.long_on("newest")
def test_standing_still_while_the_threads_say_yes_is_found_out(box: Sandbox, replica: Server) -> None:
    """A lock that somebody holds: no error, no stop, and nothing moves."""
    with replica.connect() as session, session.cursor() as cursor, writable(replica):
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute("SET SESSION autocommit = 0")
        cursor.execute("INSERT INTO d.t VALUES (7)")
        box.source.execute("INSERT INTO d.t VALUES (7)")
        failed, looked = run_tasks(box, wait(stall_timeout=3), wait(timeout=2)).results
        cursor.execute("ROLLBACK")
    assert "nothing has moved for 3 s" in failed["msg"]
    assert "not caught up after 2 s" in looked["msg"]
    assert {failed["error"]["kind"], looked["error"]["kind"]} == {"not_reached"}
    assert run_task(box, MODULE, **SOURCE)["reached"] is True


@pytest.mark.long_on("oldest")
def test_a_relay_log_that_is_gone(make_box: MakeBox) -> None:
    """5.6 hangs in silence, both threads say Yes; newer servers put their relay logs in order when they start."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    box.damage("relay_logs_cut", replica)
    relaylog_file.listed(replica.datadir)[-1].unlink()
    replica.start(("--skip-slave-start",))
    replica.execute(replica.statements.start)
    (result,) = run_tasks(box, task(MODULE, **SOURCE, stall_timeout=3)).results
    if box.build.number < (8, 0, 0):
        status = replica.replica_status()
        assert (status["Replica_IO_Running"], status["Replica_SQL_Running"]) == ("Yes", "Yes")
        assert "nothing has moved for 3 s" in result["msg"]
        # One look may fall into an instant in which the server shows an applier that moves.
        looks = (run_task(box, "mysql_replica_info", **SOURCE)["findings"] for _look in range(3))
        assert [finding["id"] for finding in next(filter(None, looks), [])] == ["applier_stalled"]
    else:
        assert result["reached"] is True
        assert replica.gtid_executed == source.gtid_executed
