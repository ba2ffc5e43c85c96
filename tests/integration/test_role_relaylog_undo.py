# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/repair_relaylog.yml when a step fails: the old logs come back byte for byte, where that does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.relaylog_role import prove, repair, repair_under_way
from sandbox.accounts import REPLICATION
from sandbox.damage import wait_for
from sandbox.damages_relaylog import FILLER
from sandbox.inventory import command
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged

pytestmark = pytest.mark.long
BACK = "The old relay logs are in their place again"


@pytest.fixture(scope="module")
def own_box(server_kind: str) -> Iterator[Sandbox]:
    """Each test leaves it replicating."""
    with Sandbox.up(server=server_kind) as box:
        yield box


def relay_logs(replica: Server) -> dict[str, bytes]:
    """All of them, with their index."""
    return {path.name: path.read_bytes() for path in replica.datadir.glob("relay-bin*")}


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def set_password(source: Server, password: str) -> None:
    value = "PASSWORD(%s)" if source.build.number < (5, 7, 6) else "%s"
    run_unlogged(source, f"SET PASSWORD FOR '{REPLICATION.user}'@'127.0.0.1' = {value}", (password,))


def test_a_server_that_does_not_start_on_the_new_logs_has_the_old_ones_again(own_box: Sandbox) -> None:
    replica = own_box.replicas[0]
    own_box.damage("relay_logs_cut", replica)
    before = relay_logs(replica)
    done = repair(own_box, start_command="false")
    assert done.returncode != 0
    assert BACK in done.output
    assert relay_logs(replica) == before
    assert not replica.dropin.exists()
    assert repair(own_box).returncode == 0
    prove(own_box)


def test_a_server_that_ran_runs_again_on_the_old_logs(own_box: Sandbox, tmp_path: Path) -> None:
    replica = own_box.replicas[0]
    damage = own_box.damage("relaylog_flipped_in_the_middle", replica)
    replica.start()
    wait_for("the applier meets the damage", lambda: replica.replica_status()["Replica_SQL_Running"] == "No")
    before = {name: data for name, data in relay_logs(replica).items() if name in damage["relay_logs"]}
    assert damage["damaged"] in before
    once = f"mkdir {tmp_path}/first 2>/dev/null && exit 1; exec {command(own_box, 'start', replica)}"
    done = repair(own_box, start_command=script(tmp_path / "start", once))
    assert done.returncode != 0
    assert BACK in done.output
    assert relay_logs(replica).items() >= before.items()
    status = replica.replica_status()
    assert (status["Replica_IO_Running"], status["Replica_SQL_Running"]) == ("No", "No")
    listed = (replica.datadir / "relay-bin.index").read_text()
    assert all(name in listed for name in before)
    assert repair(own_box).returncode == 0
    prove(own_box)


def test_what_a_run_cut_that_was_killed_comes_back_when_the_next_one_fails(own_box: Sandbox, tmp_path: Path) -> None:
    replica = own_box.replicas[0]
    own_box.damage("relay_logs_cut", replica)
    before = relay_logs(replica)
    reached = tmp_path / "reached"
    hangs = script(tmp_path / "start", f"touch {reached}; exec sleep 600")
    with repair_under_way(own_box, start_command=hangs) as run:
        wait_for("the logs are cut and the server is started", reached.exists)
        run.kill()
    assert relay_logs(replica) != before
    done = repair(own_box, start_command="false")
    assert done.returncode != 0
    assert BACK in done.output
    assert relay_logs(replica) == before
    assert repair(own_box).returncode == 0
    prove(own_box)


@pytest.mark.parametrize("number", [2, 17], ids=["in the first log", "in the last log"])
def test_an_applier_that_fails_in_the_middle_leaves_no_half_way(own_box: Sandbox, number: int) -> None:
    """A row that only the replica has. In the last log, the server has applied and deleted the others by then."""
    source, replica = own_box.source, own_box.replicas[0]
    source.execute(f"CREATE DATABASE IF NOT EXISTS {FILLER}")
    source.execute(f"DROP TABLE IF EXISTS {FILLER}.filler")
    source.execute(f"CREATE TABLE {FILLER}.filler (id INT AUTO_INCREMENT PRIMARY KEY, txt TEXT)")
    own_box.wait_caught_up(replica)
    run_unlogged(replica, f"INSERT INTO {FILLER}.filler (id, txt) VALUES ({number}, 'only here')")
    own_box.damage("relay_logs_cut", replica, files=4, transactions=5)
    before = relay_logs(replica)
    done = repair(own_box)
    assert done.returncode != 0
    assert "the applier stopped" in done.output
    if number == 2:
        assert BACK in done.output
        assert relay_logs(replica) == before
    else:
        assert "The old relay logs stay in" in done.output
        assert "a server has applied and deleted them" in done.output
        assert relay_logs(replica) != before
    assert not replica.is_running(), "it was down"
    replica.start()
    run_unlogged(replica, f"DELETE FROM {FILLER}.filler WHERE id = {number}")
    replica.execute(replica.statements.stop)
    replica.execute(replica.statements.start)
    target = source.gtid_executed
    wait_for(
        "the applier is done, or meets the damage",
        lambda: (
            replica.replica_status()["Replica_SQL_Running"] == "No"
            or replica.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (target,))
        ),
    )
    done = repair(own_box)
    assert done.returncode == 0, done.output
    prove(own_box)


@pytest.mark.parametrize("strategy", ["auto", "discard"])
def test_a_source_that_cannot_be_followed_is_no_reason_to_take_back_what_is_applied(
    own_box: Sandbox, strategy: str
) -> None:
    source, replica = own_box.source, own_box.replicas[0]
    own_box.damage("relay_logs_cut", replica, files=1)
    set_password(source, "another")
    try:
        done = repair(own_box, role_strategy=strategy, stall_timeout=20, catch_up_timeout=60)
    finally:
        set_password(source, REPLICATION.password)
    assert done.returncode != 0
    assert "The old relay logs stay in" in done.output
    why = "the channel was taken away with them" if strategy == "discard" else "the repair"
    assert why in done.output
    done = repair(own_box)
    assert done.returncode == 0, done.output
    prove(own_box)
