# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replica_info tells what is so, also where the server's own status is silent, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server as Session
from integration.ansible_run import SOURCE, run_task, run_tasks, secrets_in, task
from sandbox.accounts import ADMIN
from sandbox.damage import wait_for
from sandbox.topology import Sandbox
from sandbox.unlogged import writable

MakeBox = Callable[..., Sandbox]
MODULE = "mysql_replica_info"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    """A source and its replica, for this file; each test leaves them replicating."""
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE d")
        own.source.execute("CREATE TABLE d.t (id INT PRIMARY KEY)")
        own.source.execute("INSERT INTO d.t VALUES (1), (2)")
        own.wait_caught_up(own.replicas[0])
        yield own


def ids(info: dict[str, Any]) -> list[str]:
    return [finding["id"] for finding in info["findings"]]


def test_a_healthy_replica(box: Sandbox) -> None:
    replica, source = box.replicas[0], box.source
    info = run_task(box, MODULE, **SOURCE)
    assert not info["failed"], info
    assert info["healthy"] is True
    assert info["findings"] == []
    assert info["changed"] is False
    assert info["errant_gtids"] == ""
    assert info["missing_transactions"] == 0
    assert info["downstreams"] == []
    assert info["replication_metadata"]["state"] == "present"
    assert info["server"]["server_uuid"] == replica.uuid
    assert info["server"]["port"] == replica.port
    assert info["server"]["version"] == replica.value("SELECT @@version")
    assert info["server"]["gtid_executed"] == replica.gtid_executed
    assert info["server"]["read_only"] is True
    assert info["server"]["super_read_only"] is (True if box.build.number >= (5, 7, 8) else None)
    assert info["source"]["reachable"] is True
    assert info["source"]["server_uuid"] == source.uuid
    (channel,) = info["channels"]
    assert (channel["name"], channel["receiver"], channel["applier"]) == ("", "running", "running")
    assert (channel["source_host"], channel["source_port"]) == (source.host, source.port)
    assert channel["auto_position"] is True


def test_a_source_shows_its_downstream_and_is_no_replica(box: Sandbox) -> None:
    replica = box.replicas[0]
    info = run_task(box, MODULE, host="source")
    assert ids(info) == ["no_channel"]
    assert info["replication_metadata"] == {"state": "none", "evidence": None}
    assert info["source"] is None
    assert info["errant_gtids"] is None
    assert [below["user"] for below in info["downstreams"] if below["connected"]] == ["repl"]
    (registered,) = [below for below in info["downstreams"] if not below["connected"]]
    assert (registered["port"], registered["uuid"]) == (replica.port, replica.uuid)


def test_missing_transactions_are_counted(box: Sandbox) -> None:
    source, replica = box.source, box.replicas[0]
    replica.execute(replica.statements.stop_applier)
    for number in (10, 11, 12):
        source.execute("INSERT INTO d.t VALUES (%s)", (number,))
    info = run_task(box, MODULE, **SOURCE)
    replica.execute(replica.statements.start)
    assert info["missing_transactions"] == 3
    assert info["errant_gtids"] == ""
    assert ids(info) == ["applier_stopped"]
    assert info["healthy"] is False


def test_an_errant_transaction_is_shown(box: Sandbox) -> None:
    source, replica = box.source, box.replicas[0]
    errant = box.damage("errant_transaction", replica, statement="FLUSH PRIVILEGES")["gtids"]
    info = run_task(box, MODULE, **SOURCE)
    assert info["errant_gtids"] == errant
    assert ids(info) == ["errant_transactions"]
    assert errant in info["findings"][0]["fact"]
    # the remedy of the books: an empty transaction of that name at the source
    with source.connect() as session, session.cursor() as cursor:
        cursor.execute("SET SESSION gtid_next = %s", (errant,))
        cursor.execute("COMMIT")
        cursor.execute("SET SESSION gtid_next = 'AUTOMATIC'")
    assert run_task(box, MODULE, **SOURCE)["errant_gtids"] == ""


def test_channels_are_told_apart_by_name(box: Sandbox) -> None:
    """5.6 has one channel, which has no name."""
    replica = box.replicas[0]
    several = box.build.number >= (5, 7, 6)
    if several:
        with writable(replica):
            replica.execute(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'localhost', SOURCE_PORT = %s, SOURCE_USER = 'repl',"
                " SOURCE_AUTO_POSITION = 1 FOR CHANNEL 'c2'",
                (box.source.port,),
            )
    unnamed, second = run_tasks(box, task(MODULE), task(MODULE, channel="c2")).results
    if several:
        with writable(replica):
            replica.execute("RESET REPLICA ALL FOR CHANNEL 'c2'")
    assert unnamed["healthy"] is True
    assert [channel["name"] for channel in unnamed["channels"]] == (["", "c2"] if several else [""])
    assert second["healthy"] is False
    assert ids(second) == (["receiver_stopped", "applier_stopped"] if several else ["no_channel"])


def test_a_source_that_is_down_is_told_and_is_no_failure(box: Sandbox) -> None:
    source, replica = box.source, box.replicas[0]
    source.kill()
    try:
        wait_for("the receiver notices", lambda: replica.replica_status()["Last_IO_Errno"] != 0)
        info = run_task(box, MODULE, **SOURCE)
    finally:
        source.start()
        box.wait_replicating(replica)
    assert not info["failed"], info
    assert info["source"]["reachable"] is False
    assert "cannot connect" in info["source"]["error"]
    assert info["errant_gtids"] is None
    assert info["missing_transactions"] is None
    assert ids(info) == ["receiver_source_unreachable"]
    (channel,) = info["channels"]
    assert channel["receiver"] == "connecting"
    assert channel["applier"] == "running"
    assert channel["receiver_failure"]["cause"] == "source_unreachable"


def test_a_login_that_fails_is_told_without_the_password(box: Sandbox) -> None:
    outcome = run_tasks(
        box,
        task(MODULE, login_password="wrong's % \\ {{ guess }}"),
        task(MODULE, login_unix_socket=None, login_host="127.0.0.1", login_port=1, connect_timeout=5),
        task(MODULE, login_unix_socket="/nowhere/mysqld.sock"),
        arguments=("-vvv",),
    )
    refused, closed, nowhere = outcome.results
    assert all(result["failed"] and result["error"]["kind"] == "server" for result in outcome.results)
    assert refused["error"]["errno"] == 1045
    assert "Access denied" in refused["msg"]
    assert "127.0.0.1:1" in closed["msg"]
    assert "/nowhere/mysqld.sock" in nowhere["msg"]
    assert not secrets_in(outcome.output, "wrong's % \\ {{ guess }}")


def test_a_statement_may_take_longer_than_a_connection(box: Sandbox) -> None:
    replica = box.replicas[0]
    login = Login("localhost", replica.port, ADMIN.user, ADMIN.password, str(replica.socket), connect_timeout=1)
    with Session(login) as session:
        assert session.value("SELECT SLEEP(2)") == 0


def test_an_account_that_must_use_tls_gets_in_with_the_server_s_certificate_authority(box: Sandbox) -> None:
    source = box.source
    authority = source.datadir / "ca.pem"  # newer servers make their own certificates when they are initialised
    with source.connect() as session, session.cursor() as cursor:
        cursor.execute("CREATE USER 'tls'@'127.0.0.1' IDENTIFIED BY 'tls-pw'")
        cursor.execute("GRANT REPLICATION CLIENT, REPLICATION SLAVE, PROCESS ON *.* TO 'tls'@'127.0.0.1'")
        if authority.exists():
            cursor.execute("ALTER USER 'tls'@'127.0.0.1' REQUIRE SSL")
    login = {
        "login_unix_socket": None,
        "login_host": "127.0.0.1",
        "login_port": source.port,
        "login_user": "tls",
        "login_password": "tls-pw",
    }
    checked, misnamed = run_tasks(
        box,
        task(MODULE, ca_cert=str(authority), check_hostname=False, **login),
        task(MODULE, ca_cert=str(authority), check_hostname=True, **login),
    ).results
    if authority.exists():
        assert not checked["failed"], checked
        assert checked["server"]["server_uuid"] == source.uuid
        assert "certificate" in misnamed["msg"].lower(), "the server's own certificate names no host"
    else:
        assert checked["failed"], "a certificate authority was asked for, and there is none: no silent way round"


@pytest.mark.parametrize("table", ["slave_master_info", "slave_relay_log_info"])
def test_unusable_metadata_is_not_taken_for_no_replica(make_box: MakeBox, table: str) -> None:
    box = make_box()
    replica = box.replicas[0]
    with writable(replica), replica.connect() as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"DROP TABLE mysql.{table}")
    replica.kill()  # a clean shutdown would need the table
    replica.start()
    assert replica.replica_status() == {}, "as on a server that is no replica"
    info = run_task(box, MODULE, **SOURCE)
    assert not info["failed"], info
    assert info["replication_metadata"]["state"] == "unusable"
    assert table in info["replication_metadata"]["evidence"]
    assert ids(info) == ["replication_metadata_unusable"]
    assert info["channels"] == []
