# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each damage does what its name says, and no more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pymysql
import pytest

from sandbox import relaylog_file
from sandbox.damage import DAMAGES
from sandbox.server import Server
from sandbox.topology import Sandbox

MakeBox = Callable[..., Sandbox]


@pytest.fixture
def damaged(make_box: MakeBox) -> Sandbox:
    """A sandbox with some data, to be damaged."""
    box = make_box()
    box.source.execute("CREATE DATABASE `d%1`")
    box.source.execute("CREATE TABLE `d%1`.`t``%s` (a INT, b INT, `n%s` TINYINT NOT NULL, PRIMARY KEY (b, a))")
    box.source.execute("INSERT INTO `d%1`.`t``%s` VALUES (1, 1, 0), (2, 1, 5), (3, 2, 127)")
    box.source.execute("CREATE TABLE `d%1`.no_key (a INT)")
    box.wait_caught_up(box.replicas[0])
    return box


def rows(server: Server) -> list[tuple[int, ...]]:
    return [tuple(row.values()) for row in server.rows("SELECT b, a, `n%s` FROM `d%1`.`t``%s` ORDER BY b, a")]


@contextmanager
def under_load(server: Server) -> Iterator[None]:
    """Commits on the server until the block ends."""
    done = threading.Event()

    def work() -> None:
        with server.connect() as connection, connection.cursor() as cursor:
            while not done.is_set():
                cursor.execute("INSERT INTO `d%1`.no_key VALUES (1)")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_kill_under_load(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    with under_load(damaged.source):
        done = damaged.damage("kill_under_load", replica)
        assert done["pid"]
        assert not replica.is_running()
    replica.start()
    assert replica.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (done["gtid_executed"],))
    assert damaged.source.value("SELECT GTID_SUBSET(%s, %s)", (done["gtid_executed"], damaged.source.gtid_executed))


def test_kill_under_load_wants_load(damaged: Sandbox) -> None:
    with pytest.raises(TimeoutError, match="is anything written"):
        damaged.damage("kill_under_load", damaged.replicas[0], timeout=0.5)
    assert damaged.replicas[0].is_running()


@pytest.mark.parametrize("loaded", [False, True])
def test_relay_logs_cut(damaged: Sandbox, loaded: bool) -> None:
    replica = damaged.replicas[0]
    if loaded:
        with under_load(damaged.source):
            done = damaged.damage("relay_logs_cut", replica, files=3)
    else:
        done = damaged.damage("relay_logs_cut", replica, files=3)
    assert not replica.is_running()
    assert len(done["relay_logs"]) >= 3
    log = replica.datadir / done["cut"]
    assert log == relaylog_file.listed(replica.datadir)[-1]
    assert log.stat().st_size == done["size"]
    assert done["event_start"] < done["size"] < done["event_end"] <= done["size_before"]
    assert relaylog_file.whole_events(log)[-1].end == done["event_start"]
    missing = damaged.source.value(
        "SELECT GTID_SUBTRACT(%s, %s)", (done["retrieved_gtid_set"], done["executed_gtid_set"])
    )
    assert missing != "", "transactions lie in the relay logs that are not applied"


def test_errant_transaction(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    done = damaged.damage("errant_transaction", replica)
    assert done["gtids"] == f"{replica.uuid}:1"
    errant = replica.value("SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, %s)", (damaged.source.gtid_executed,))
    assert errant == done["gtids"]
    own = damaged.damage("errant_transaction", replica, statement="INSERT INTO `d%1`.no_key VALUES (7)")
    assert own["gtids"] == f"{replica.uuid}:2"
    assert replica.value("SELECT a FROM `d%1`.no_key") == 7
    assert damaged.source.value("SELECT COUNT(*) FROM `d%1`.no_key") == 0


def test_diverged_row(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    before = replica.gtid_executed
    done = damaged.damage("diverged_row", replica)
    assert (done["table"], done["column"], done["key"]) == ("t`%s", "n%s", {"b": 1, "a": 1})
    assert rows(replica) == [(1, 1, 1), (1, 2, 5), (2, 3, 127)]
    assert rows(damaged.source) == [(1, 1, 0), (1, 2, 5), (2, 3, 127)]
    assert replica.gtid_executed == before
    damaged.wait_replicating(replica)


def test_dropped_table(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    before = replica.gtid_executed
    assert damaged.damage("dropped_table", replica) == {"schema": "d%1", "table": "t`%s"}
    with pytest.raises(pymysql.err.ProgrammingError, match="doesn't exist"):
        rows(replica)
    assert len(rows(damaged.source)) == 3
    assert replica.gtid_executed == before
    damaged.wait_replicating(replica)


def test_replicas_stay_as_read_only_as_they_were(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    switch = replica.statements.read_only
    for name in ("errant_transaction", "diverged_row", "dropped_table"):
        damaged.damage(name, replica)
        assert replica.value(f"SELECT @@GLOBAL.{switch}") == 1, name
    replica.execute("SET GLOBAL read_only = 0")
    damaged.damage("errant_transaction", replica, statement="CREATE DATABASE another")
    assert replica.value("SELECT @@GLOBAL.read_only") == 0


def test_every_damage_is_described() -> None:
    assert all(damage.description and damage.function.__doc__ for damage in DAMAGES.values())
