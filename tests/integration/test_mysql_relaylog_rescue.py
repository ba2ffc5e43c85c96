# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What relay logs hold is applied without the source, whatever is killed, and the channel is as it was afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pymysql
import pytest

from integration.killed_at_a_statement import Mortal
from integration.module_call import call
from sandbox import compare
from sandbox.accounts import ADMIN
from sandbox.damage import wait_for
from sandbox.damages_relaylog import pile
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_relaylog_rescue"
DELAY = 3600


@pytest.fixture(scope="module")
def own_box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as box:
        yield box


@pytest.fixture
def waiting(own_box: Sandbox) -> Iterator[Server]:
    """A delayed replica at rest, with relay logs that its source has purged."""
    source, replica = own_box.source, own_box.replicas[0]
    own_box.wait_replicating(replica)
    own_box.wait_caught_up(replica)
    set_delay(replica, DELAY)
    replica.execute(replica.statements.start)
    own_box.wait_replicating(replica)
    pile(own_box, replica, files=3, kill=False)
    replica.execute(replica.statements.stop)
    source.execute("FLUSH BINARY LOGS")
    source.execute("PURGE BINARY LOGS TO %s", (source.rows("SHOW BINARY LOGS")[-1]["Log_name"],))
    yield replica
    set_delay(replica, 0)
    replica.execute(replica.statements.start)
    own_box.wait_replicating(replica)
    found = compare.compare(source, replica)
    assert found.identical, str(found)


def set_delay(replica: Server, seconds: int) -> None:
    replica.execute(replica.statements.stop)
    prefix = "MASTER" if "MASTER" in replica.statements.change else "SOURCE"
    replica.execute(f"{replica.statements.change.partition(' TO ')[0]} TO {prefix}_DELAY = {seconds}")


def params(replica: Server, state: Path) -> dict[str, Any]:
    return {
        "login_user": ADMIN.user,
        "login_password": ADMIN.password,
        "login_unix_socket": replica.socket,
        "state_dir": str(state),
        "stall_timeout": 60,
    }


def test_a_delayed_replica_has_applied_everything_and_is_delayed_again(waiting: Server, tmp_path: Path) -> None:
    retrieved = str(waiting.replica_status()["Retrieved_Gtid_Set"]).replace("\n", "")
    planned = call(MODULE, check=True, **params(waiting, tmp_path))
    done = call(MODULE, **params(waiting, tmp_path))
    assert not done.get("failed"), done
    assert planned["plan"] == done["plan"]
    assert waiting.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (retrieved,))
    status = waiting.replica_status()
    assert (int(status["SQL_Delay"]), int(status["Auto_Position"])) == (DELAY, 1)
    assert (status["Replica_IO_Running"], status["Replica_SQL_Running"]) == ("No", "No")
    assert call(MODULE, **params(waiting, tmp_path))["changed"] is False


def test_killed_before_any_statement_the_same_command_finishes(waiting: Server, tmp_path: Path) -> None:
    """Killed one step later each time, over what the last one has left."""
    retrieved = str(waiting.replica_status()["Retrieved_Gtid_Set"]).replace("\n", "")
    defaults = call_defaults() | params(waiting, tmp_path)
    deaths = 0
    with Mortal(MODULE, "RelaylogRescue") as mortal:
        for number in range(2, 40):  # the first step is a login
            result = mortal.run(defaults, number)
            if result is not None:
                assert not result["failed"], result
                break
            deaths += 1
            status = waiting.replica_status()
            assert status["Replica_IO_Running"] == "No", "the source was asked"
        else:
            raise AssertionError("it never came to its end")
    assert deaths > 3
    assert waiting.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (retrieved,))
    status = waiting.replica_status()
    assert (int(status["SQL_Delay"]), int(status["Auto_Position"])) == (DELAY, 1)
    assert not list(tmp_path.glob("relaylog-rescue-*"))


@pytest.mark.long_on("oldest")
def test_workers_killed_over_gaps_are_brought_to_one_place_before_the_channel_is_changed(
    make_box: Callable[..., Sandbox], tmp_path: Path
) -> None:
    """A server refuses the change (1802) until what lies between its workers' transactions is applied."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    word = "slave" if replica.build.number < (8, 0, 26) else "replica"
    for schema in ("held", "ahead"):  # 5.6 spreads its work over schemas
        source.execute(f"CREATE DATABASE {schema}")
        source.execute(f"CREATE TABLE {schema}.t (id INT PRIMARY KEY, n INT)")
    source.execute("INSERT INTO held.t VALUES (1, 0)")
    box.wait_caught_up(replica)
    replica.execute(replica.statements.stop)
    replica.execute(f"SET GLOBAL {word}_parallel_workers = 4")
    if replica.build.number >= (8, 0, 26):
        replica.execute("SET GLOBAL replica_preserve_commit_order = OFF")
    receiver = replica.statements.start + " IO_THREAD"
    source.execute("INSERT INTO ahead.t VALUES (100, 0)")  # 9.7 lets nobody get ahead of the first after a start
    source.execute("UPDATE held.t SET n = 1")
    for number in range(30):
        source.execute("INSERT INTO ahead.t VALUES (%s, 0)", (number,))
    replica.execute(receiver)
    wanted = source.gtid_executed
    wait_for("everything is retrieved", lambda: retrieved(replica, wanted))
    replica.execute(replica.statements.stop)

    wish = params(replica, tmp_path) | {"begin": "first"}
    replica.execute(f"SET GLOBAL {replica.statements.read_only} = OFF")  # it refuses to lock rows
    with replica.connect() as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT * FROM held.t FOR UPDATE")
        with ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(call, MODULE, **wish)
            wait_for("the others are ahead", lambda: replica.value("SELECT COUNT(*) FROM ahead.t") == 31)
            replica.kill()
            assert under_way.result()["failed"]
    replica.start(["--skip-slave-start", "--relay-log-recovery=0"])
    assert int(replica.replica_status()["Auto_Position"]) == 0
    with pytest.raises(pymysql.err.MySQLError) as refused:
        replica.execute(f"{replica.statements.change.partition(' TO ')[0]} TO RELAY_LOG_POS = 4")
    assert refused.value.args[0] == 1802

    done = call(MODULE, **wish)
    assert not done.get("failed"), done
    assert replica.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (wanted,))
    assert int(replica.replica_status()["Auto_Position"]) == 1
    replica.execute(replica.statements.start)
    box.wait_caught_up(replica)
    found = compare.compare(source, replica)
    assert found.identical, str(found)


def retrieved(replica: Server, wanted: str) -> bool:
    status = replica.replica_status()
    held = f"{status['Retrieved_Gtid_Set']},{replica.gtid_executed}".replace("\n", "")
    return bool(replica.value("SELECT GTID_SUBSET(%s, %s)", (wanted, held)))


def call_defaults() -> dict[str, Any]:
    """What Ansible would fill in."""
    return {
        "login_host": "localhost",
        "login_port": 3306,
        "config_file": "/nonexistent",
        "connect_timeout": 30,
        "ca_cert": None,
        "client_cert": None,
        "client_key": None,
        "check_hostname": None,
        "gtid_set": None,
        "begin": "position",
        "apply_from": None,
        "channel": "",
        "source_host": None,
        "source_port": 3306,
        "source_user": None,
        "source_password": None,
        "source_ssl": None,
        "source_ssl_ca": None,
        "get_source_public_key": None,
        "timeout": 600,
        "assume": [],
    }
