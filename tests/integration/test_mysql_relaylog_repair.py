# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay logs of real servers are damaged and cut; the server starts, goes on, and becomes equal to its source.

Every start is one that a repair makes: without relay_log_recovery, which would throw away all that was retrieved.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from integration.ansible_run import BACKUP, STATE, run_task, run_tasks, task
from sandbox import compare, relaylog_file
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_relaylog_repair"
START = "[mysqld]\nrelay_log_recovery=0\n{}\n"


class Killed(NamedTuple):
    """A replica that was killed with relay logs that are not applied."""

    box: Sandbox
    replica: Server
    logs: list[Path]
    ahead: list[Path]  # from the applier's on
    position: str
    executed: str
    retrieved: str

    def repair(self, **options: Any) -> Any:
        given: dict[str, Any] = {"datadir": str(self.replica.datadir), "relay_log": "relay-bin", "auto_position": True}
        return run_task(self.box, MODULE, **{**given, **STATE, **BACKUP, **options})

    def start(self) -> None:
        """Start the server as a repair does: nothing is fetched, nothing thrown away."""
        skip = "skip_replica_start" if self.replica.build.number >= (8, 0, 26) else "skip_slave_start"
        self.replica.dropin.write_text(START.format(skip))
        self.replica.dropin.chmod(0o644)
        try:
            self.replica.start()
        finally:
            self.replica.dropin.unlink()

    def apply_retrieved(self, gtids: str) -> None:
        """Let the applier alone come to the end of what the logs hold: the source is not asked."""
        self.replica.execute(f"{self.replica.statements.start} SQL_THREAD")
        wait_for(
            f"{gtids} is applied: {self.replica.replica_status()}",
            lambda: self.replica.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (gtids,)),
        )

    def becomes_equal(self) -> None:
        self.replica.execute(self.replica.statements.start)
        self.box.wait_caught_up(self.replica)
        self.box.wait_replicating(self.replica)
        found = compare.compare(self.box.source, self.replica)
        assert found.identical, str(found)


@pytest.fixture(scope="module")
def own_box(server_kind: str) -> Iterator[Sandbox]:
    """5.6 fills its relay logs so that transactions begin in one and end in the next."""
    with Sandbox.up(server=server_kind, options={"replica": {"max_relay_log_size": 8192}}) as own:
        yield own


@pytest.fixture
def killed(own_box: Sandbox) -> Killed:
    """The applier stands still while relay logs pile up; then the server dies."""
    replica = own_box.replicas[0]
    replica.start()  # a test that failed may have left it down
    own_box.source.execute("CREATE DATABASE IF NOT EXISTS d")
    own_box.source.execute("CREATE TABLE IF NOT EXISTS d.t (id INT AUTO_INCREMENT PRIMARY KEY, txt TEXT)")
    own_box.wait_caught_up(replica)
    replica.execute(replica.statements.stop_applier)
    status = replica.replica_status()
    for number in range(50):
        own_box.source.execute("INSERT INTO d.t (txt) VALUES (REPEAT(%s, 300)), ('b'), ('c')", (str(number),))
    target = own_box.source.gtid_executed

    def retrieved() -> bool:
        seen = replica.replica_status()
        have = f"{seen['Retrieved_Gtid_Set']},{seen['Executed_Gtid_Set']}".strip(",")
        return bool(replica.value("SELECT GTID_SUBSET(%s, %s)", (target, have)))

    wait_for(f"the replica retrieves {target}", retrieved)
    own_box.source.execute("INSERT INTO d.t (txt) VALUES ('last')")

    def last_log_holds_a_transaction() -> bool:
        own_box.source.execute("INSERT INTO d.t (txt) VALUES ('one more')")
        return relaylog_file.holds_transaction(relaylog_file.listed(replica.datadir)[-1])

    wait_for("the last relay log holds a transaction", last_log_holds_a_transaction)
    seen = replica.replica_status()
    replica.kill()
    logs = relaylog_file.listed(replica.datadir)
    assert len([log for log in logs if log.name >= str(status["Relay_Log_File"])]) > 3
    return Killed(
        box=own_box,
        replica=replica,
        logs=logs,
        ahead=[log for log in logs if log.name >= str(status["Relay_Log_File"])],
        position="{Relay_Log_File}:{Relay_Log_Pos}".format(**status),
        executed=str(seen["Executed_Gtid_Set"]).replace("\n", ""),
        retrieved=str(seen["Retrieved_Gtid_Set"]).replace("\n", ""),
    )


def cut_inside(killed: Killed) -> None:
    relaylog_file.cut_inside(killed.logs[-1])


def cut_between_events(killed: Killed) -> None:
    events = relaylog_file.whole_events(killed.logs[-1])
    os.truncate(killed.logs[-1], next(event.start for event in reversed(events) if event.type == relaylog_file.XID))


def zero_tail(killed: Killed) -> None:
    with killed.logs[-1].open("ab") as log:
        log.write(bytes(4096))


def flip(number: int) -> Callable[[Killed], None]:
    def damage(killed: Killed) -> None:
        log = killed.ahead[number]
        event = next(one for one in relaylog_file.whole_events(log) if one.type in relaylog_file.ROWS)
        with log.open("r+b") as handle:
            handle.seek(event.start + 30)
            byte = handle.read(1)
            handle.seek(event.start + 30)
            handle.write(bytes([byte[0] ^ 1]))

    return damage


def empty_last(killed: Killed) -> None:
    os.truncate(killed.logs[-1], 0)


def remove(number: int) -> Callable[[Killed], None]:
    return lambda killed: killed.ahead[number].unlink()


def empty_index(killed: Killed) -> None:
    os.truncate(killed.replica.datadir / "relay-bin.index", 0)


def blank_line_in_index(killed: Killed) -> None:
    index = killed.replica.datadir / "relay-bin.index"
    lines = index.read_text().splitlines()
    index.write_text("\n".join([*lines[:2], "", *lines[2:]]))


DAMAGES: dict[str, tuple[Callable[[Killed], None], str]] = {
    "cut inside an event": (cut_inside, "damaged"),
    "cut between events": (cut_between_events, "unclean_partial_trx"),
    "zeros behind the end": (zero_tail, "damaged"),
    "a bit in the last log": (flip(-1), "damaged"),
    "a bit in the middle": (flip(2), "damaged"),
    "the last log is empty": (empty_last, "damaged"),
    "the last log is gone": (remove(-1), "missing_file"),
    "a log in the middle is gone": (remove(2), "missing_file"),
    "the index is empty": (empty_index, "unclean_at_boundary"),
    "a blank line in the index": (blank_line_in_index, "unclean_at_boundary"),
}


SOON = ("a bit in the middle",)


@pytest.mark.parametrize(
    "damage", [name if name in SOON else pytest.param(name, marks=pytest.mark.long) for name in DAMAGES]
)
def test_what_is_whole_is_applied_and_the_rest_is_fetched_again(killed: Killed, damage: str) -> None:
    function, verdict = DAMAGES[damage]
    function(killed)
    before = {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")}
    done = killed.repair(applier_position=killed.position)
    assert not done.get("failed"), done
    assert done["changed"] is True
    assert done["verdict"] == verdict
    kept = list(Path(done["quarantine"]).iterdir())
    for name, content in before.items():
        left = killed.replica.datadir / name
        same = left.is_file() and left.read_bytes() == content
        assert same or any(path.read_bytes() == content for path in kept), f"{name} is lost"
    again = killed.repair(applier_position=killed.position)
    assert again["changed"] is False, again
    killed.start()
    killed.apply_retrieved(done["retrieved_gtid_set"])
    killed.becomes_equal()


@pytest.mark.long
def test_a_whole_log_is_left_alone(killed: Killed) -> None:
    before = {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")}
    done = killed.repair()
    assert (done["changed"], done["verdict"]) == (False, "unclean_at_boundary")
    assert {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")} == before
    statuses = {file["status"] for file in done["files"][:-1]}
    assert statuses <= {"clean_rotated", "clean_stopped", "unclean_at_boundary"}, statuses
    killed.start()
    # 5.6 takes the newest transaction out of its set when it starts, and fetches it again
    seen = str(killed.replica.replica_status()["Retrieved_Gtid_Set"]).replace("\n", "")
    missing = killed.replica.value("SELECT GTID_SUBTRACT(%s, %s)", (done["retrieved_gtid_set"], seen))
    assert missing == "" or ("-" not in missing.rpartition(":")[2] and killed.replica.build.number < (5, 7))
    killed.becomes_equal()


@pytest.mark.long
def test_check_mode_and_the_way_back(killed: Killed) -> None:
    flip(2)(killed)
    before = {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")}
    planned = killed.repair(applier_position=killed.position, check=True)
    assert planned["changed"] is True
    assert {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")} == before
    done = killed.repair(applier_position=killed.position)
    assert done["cut"] == planned["cut"]
    back = killed.repair(state="restored", quarantine=done["quarantine"])
    assert back["changed"] is True
    assert {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")} == before
    assert killed.repair(applier_position=killed.position)["cut"] == planned["cut"]
    killed.start()
    killed.becomes_equal()


@pytest.mark.long
def test_what_is_not_known_to_be_safe_is_refused(killed: Killed) -> None:
    flip(2)(killed)
    before = {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")}
    for options, words in (
        ({}, "nobody knows whether the applier is past the damage"),
        ({"applier_position": killed.position, "auto_position": False}, "without GTID auto-position"),
        ({"applier_position": killed.position, "backup_dir": None}, "no directory to keep"),
    ):
        refused = killed.repair(**options)
        assert refused["failed"]
        assert words in refused["msg"]
    assert {path.name: path.read_bytes() for path in killed.replica.datadir.glob("relay-bin*")} == before
    killed.start()
    refused = killed.repair(applier_position=killed.position)
    assert refused["failed"]
    assert f"process {killed.replica.pid} has a file of the server open" in refused["msg"]
    killed.replica.kill()
    killed.repair(applier_position=killed.position, force=True)
    killed.start()
    killed.becomes_equal()


def test_a_cut_without_a_position_is_made_good_from_the_first_log(killed: Killed) -> None:
    """The way that the return value `applier` speaks of, where the server's own position is of no use any more."""
    flip(2)(killed)
    done = killed.repair(force=True)
    assert done["applier"] == "unknown"
    killed.start()
    assert done["apply_from"].partition(":")[0] in {log.name for log in relaylog_file.listed(killed.replica.datadir)}
    options = {"gtid_set": done["retrieved_gtid_set"], "begin": "first", "apply_from": done["apply_from"], **STATE}
    planned, applied, again = run_tasks(
        killed.box,
        task("mysql_relaylog_rescue", check=True, **options),
        task("mysql_relaylog_rescue", **options),
        task("mysql_relaylog_rescue", **options),
    ).results
    assert [step["action"] for step in planned["plan"]] == [step["action"] for step in applied["plan"]]
    assert (applied["changed"], again["changed"]) == (True, False)
    status = killed.replica.replica_status()
    assert (int(status["Auto_Position"]), status["Replica_IO_Running"]) == (1, "No"), "the source was not asked"
    assert killed.replica.value("SELECT GTID_SUBSET(%s, %s)", (done["retrieved_gtid_set"], applied["gtid_executed"]))
    killed.becomes_equal()


@pytest.mark.long
def test_a_thousand_logs_that_piled_up_are_read_cut_and_applied(own_box: Sandbox) -> None:
    replica = own_box.replicas[0]
    replica.start()
    own_box.wait_caught_up(replica)
    damage = own_box.damage("relaylog_piled_up", replica)
    logs = relaylog_file.listed(replica.datadir)
    ahead = [log for log in logs if log.name >= damage["applier_position"].partition(":")[0]]
    assert len(ahead) > 1000
    options = {"datadir": str(replica.datadir), "relay_log": "relay-bin", "auto_position": True, **STATE, **BACKUP}
    done = run_task(own_box, MODULE, applier_position=damage["applier_position"], **options)
    assert not done.get("failed"), done
    assert (len(done["files"]), done["verdict"], done["cut"]["file"]) == (len(logs), "damaged", str(logs[-1]))
    killed = Killed(own_box, replica, logs, ahead, damage["applier_position"], "", "")
    killed.start()
    killed.apply_retrieved(done["retrieved_gtid_set"])
    killed.becomes_equal()


@pytest.mark.long
def test_everything_may_be_fetched_again(killed: Killed) -> None:
    empty_last(killed)
    done = killed.repair(strategy="discard")
    assert not done.get("failed"), done
    # a log that is not listed goes, too
    assert {str(log) for log in killed.logs} <= set(done["removed_files"])
    killed.start()
    word = "SLAVE" if killed.replica.build.number < (8, 0, 22) else "REPLICA"
    killed.replica.execute(f"RESET {word}")
    killed.becomes_equal()


# -- against mysqlbinlog -----------------------------------------------------------------------------------------------


def mysqlbinlog(build: Any, path: Path) -> tuple[int, str]:
    done = subprocess.run(
        [*build.clients.argv("mysqlbinlog"), "--no-defaults", "--verify-binlog-checksum", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("damage", ["none", "cut inside an event", "zeros behind the end", "a bit in the last log"])
def test_mysqlbinlog_finds_the_same(killed: Killed, damage: str) -> None:
    if damage in DAMAGES:
        DAMAGES[damage][0](killed)
    done = killed.repair(applier_position=killed.position, check=True)
    for file in done["files"]:
        returncode, said = mysqlbinlog(killed.replica.build, killed.replica.datadir / file["name"])
        assert (returncode != 0) is (file["damage"] is not None), (file, said)
        if file["damage"]:
            assert f"at offset {file['damage']['offset']}" in said
    killed.repair(applier_position=killed.position)
    killed.start()
    killed.becomes_equal()
