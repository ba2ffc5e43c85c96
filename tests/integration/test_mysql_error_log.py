# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_error_log finds in the logs of real servers what was done to them, and nothing in those of healthy ones."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.error_log import examine
from integration.ansible_run import run_task, secrets_in
from sandbox import relaylog_file
from sandbox.accounts import REPLICATION
from sandbox.damage import wait_for
from sandbox.server import Server, ServerError
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged

MakeBox = Callable[..., Sandbox]
RESTARTS = 15  # on each of the two servers


def ask(box: Sandbox, server: Server, **options: Any) -> Any:
    """What the module returns, through Ansible."""
    result = run_task(box, "mysql_error_log", path=str(server.error_log), **options)
    assert not result["failed"], result
    assert result["changed"] is False
    return result


def read(server: Server) -> Any:
    """The same, without the seconds that Ansible takes."""
    return examine(str(server.error_log))


def ids(result: Any, which: str = "findings") -> list[str]:
    return [finding["id"] for finding in result[which]]


def check_evidence(result: Any) -> None:
    """Every line that is shown stands where it is said to stand."""
    for finding in result["findings"] + result["past"]:
        for evidence in finding["evidence"]:
            path, number = evidence["where"].rsplit(":", 1)
            line = Path(path).read_text(errors="backslashreplace").split("\n")[int(number) - 1]
            shown = evidence["line"].removesuffix(" [...]").split("'***'")[0]
            assert shown
            assert line.strip().startswith(shown)


def old(box: Sandbox) -> bool:
    return box.build.number < (8, 0)


def word(box: Sandbox) -> str:
    return "SLAVE" if old(box) else "REPLICA"


def fill(box: Sandbox) -> Sandbox:
    box.source.execute("CREATE DATABASE d")
    box.source.execute("CREATE TABLE d.t (id INT PRIMARY KEY, txt TEXT)")
    box.source.execute("INSERT INTO d.t VALUES (1, 'one'), (2, 'two')")
    box.wait_caught_up(box.replicas[0])
    return box


@pytest.fixture
def damaged(make_box: MakeBox) -> Sandbox:
    """A sandbox with a table, to be damaged."""
    return fill(make_box())


@pytest.fixture(scope="module")
def shared(server_kind: str) -> Iterator[Sandbox]:
    """The same for tests that put right what they break."""
    with Sandbox.up(server=server_kind) as box:
        yield fill(box)


def wait_failed(replica: Server, kind: str) -> None:
    """Return when a thread's error is in the status and, a moment later, in the error log, too."""
    wait_for(f"{kind} error on {replica.name}", lambda: replica.replica_status()[f"Last_{kind}_Errno"])
    errno = replica.replica_status()[f"Last_{kind}_Errno"]
    code = re.compile(rf"Error_code: (?:MY-0*)?{errno}\b")
    wait_for(f"{errno} in its log", lambda: code.search(replica.error_log.read_text(errors="replace")))


def wait_recovered(replica: Server) -> None:
    """Return when the log tells of no trouble that lasts: threads run a moment before the server has logged it."""
    wait_for(f"{replica.name} without findings", lambda: not ids(read(replica)))


@pytest.mark.long
def test_healthy_restarts_give_no_finding(make_box: MakeBox) -> None:
    box = make_box()
    replica = box.replicas[0]
    for number in range(RESTARTS):
        if number == RESTARTS // 2:
            replica.kill()  # a crash that it comes back from
            replica.start()
        else:
            replica.restart()
        box.wait_replicating(replica)
    result = ask(box, replica, since_last_start=False)
    assert (result["findings"], result["past"]) == ([], [])
    assert result["verdict"]["state"] == "recovered"
    assert [run["end"] for run in result["runs"]].count("killed") == 1
    assert len(result["runs"]) == RESTARTS + 1
    assert all(run["ready"] for run in result["runs"])
    since = ask(box, replica)
    assert (since["findings"], since["past"], since["verdict"]["state"]) == ([], [], "clean")
    assert len(since["runs"]) == 1
    assert since["bytes"] < result["bytes"]
    source = examine(str(box.source.error_log), since_last_start=False)
    assert (source["findings"], source["past"]) == ([], [])


@pytest.mark.long_on("newest")
def test_a_source_that_was_away_is_past(shared: Sandbox) -> None:
    replica = shared.replicas[0]
    shared.source.stop()
    wait_failed(replica, "IO")
    assert ids(read(replica)) == ["source_unreachable"]
    shared.source.start()
    shared.wait_replicating(replica)
    wait_recovered(replica)
    result = read(replica)
    assert ids(result, "past") == ["source_unreachable"]
    check_evidence(result)


def test_a_wrong_password(shared: Sandbox) -> None:
    replica, source = shared.replicas[0], shared.source
    replica.execute(replica.statements.stop)
    replica.execute(replica.statements.change, (source.host, source.port, REPLICATION.user, "wrong"))
    replica.execute(replica.statements.start)
    wait_failed(replica, "IO")
    result = ask(shared, replica)
    assert ids(result) == ["authentication"]
    assert result["verdict"]["rung"] == "by_hand"
    check_evidence(result)
    replica.execute(replica.statements.stop)
    shared.attach(replica)
    shared.wait_replicating(replica)
    wait_recovered(replica)


# what is done here, what is done on the source, the cause, how it is put right
DIFFERENCES = {
    "duplicate_row": (
        "INSERT INTO d.t VALUES (9, 'x')",
        "INSERT INTO d.t VALUES (9, 'x')",
        "DELETE FROM d.t WHERE id = 9",
    ),
    "missing_row": (
        "DELETE FROM d.t WHERE id = 1",
        "DELETE FROM d.t WHERE id = 1",
        "INSERT INTO d.t VALUES (1, 'one')",
    ),
    "object_missing": ("RENAME TABLE d.t TO d.u", "INSERT INTO d.t VALUES (3, 'three')", "RENAME TABLE d.u TO d.t"),
    "object_exists": ("CREATE USER q@h", "CREATE USER q@h IDENTIFIED BY 'sesame open'", "DROP USER q@h"),
}


@pytest.mark.parametrize("cause", DIFFERENCES)
def test_an_applier_that_stopped_at_a_difference(shared: Sandbox, cause: str) -> None:
    replica = shared.replicas[0]
    here, there, healing = DIFFERENCES[cause]
    replica.restart()  # the log of a later server does not show that the difference before is gone
    shared.wait_replicating(replica)
    run_unlogged(replica, here)
    shared.source.execute(there)
    wait_failed(replica, "SQL")
    result = read(replica)
    assert result["verdict"]["cause"] == cause
    assert set(ids(result)) <= {cause, "applier_stopped"}
    check_evidence(result)
    hashes = re.findall(
        r"IDENTIFIED (?:BY PASSWORD|WITH '\w+' AS) '(.{8})", replica.error_log.read_text(errors="replace")
    )
    assert bool(hashes) is (cause == "object_exists")
    assert secrets_in(str(result), "sesame open", *hashes) == []
    run_unlogged(replica, healing)
    replica.execute(f"START {word(shared)}")
    shared.wait_caught_up(replica)


def test_a_source_that_has_purged(damaged: Sandbox) -> None:
    replica, source = damaged.replicas[0], damaged.source
    replica.execute(replica.statements.stop)
    source.execute("INSERT INTO d.t VALUES (3, 'three')")
    source.execute("FLUSH BINARY LOGS")
    source.execute("PURGE BINARY LOGS TO %s", (source.rows("SHOW BINARY LOGS")[-1]["Log_name"],))
    replica.execute(replica.statements.start)
    wait_failed(replica, "IO")
    result = read(replica)
    assert ids(result) == ["source_purged"]
    assert result["verdict"]["rung"] == "rebuild"
    check_evidence(result)


def test_a_table_that_was_dropped(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    damaged.damage("dropped_table", replica)
    damaged.source.execute("INSERT INTO d.t VALUES (3, 'three')")
    wait_failed(replica, "SQL")
    assert read(replica)["verdict"]["cause"] == "object_missing"


def start_applying(box: Sandbox) -> None:
    replica = box.replicas[0]
    replica.start([f"--skip-{word(box).lower()}-start", "--relay-log-recovery=0"])
    replica.execute(f"START {word(box)}")


def test_a_relay_log_with_a_flipped_byte(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    damaged.damage("relay_logs_cut", replica)
    log = relaylog_file.listed(replica.datadir)[-3]
    event = next(event for event in relaylog_file.whole_events(log) if event.type in relaylog_file.ROWS)
    data = bytearray(log.read_bytes())
    data[event.start + 30] ^= 0xFF
    log.write_bytes(data)
    start_applying(damaged)
    wait_failed(replica, "SQL")
    result = read(replica)
    assert ids(result)[:2] == ["relay_log_event_crc", "relay_log_unreadable"]
    assert result["verdict"]["rung"] == "reread"
    check_evidence(result)


def test_a_relay_log_that_is_gone(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    damaged.damage("relay_logs_cut", replica)
    relaylog_file.listed(replica.datadir)[-3].unlink()
    with pytest.raises(pymysql.err.MySQLError, match="failed to initialize"):
        start_applying(damaged)
    result = read(replica)
    assert result["verdict"]["cause"] == "relay_log_missing"
    assert {"relay_log_index_unusable", "replication_metadata_unusable"} <= set(ids(result))
    check_evidence(result)


def test_relay_logs_that_were_cut(damaged: Sandbox) -> None:
    """5.6 stops at the cut. Later servers cut at the last whole transaction themselves and need no remedy."""
    damaged.damage("relay_logs_cut", damaged.replicas[0])
    start_applying(damaged)
    replica = damaged.replicas[0]
    if old(damaged):
        wait_failed(replica, "SQL")
        result = read(replica)
        assert result["verdict"]["cause"] == "relay_log_unreadable"
        assert result["verdict"]["rung"] == "relay_log_repair"
        check_evidence(result)
    else:
        damaged.wait_caught_up(replica)
        wait_recovered(replica)


@pytest.mark.long_on("newest")
def test_a_server_that_crashes_again_and_again(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    for crash in (1, 2):
        before = replica.error_log.stat().st_size
        pid = replica.pid
        assert pid
        os.kill(pid, signal.SIGSEGV)
        wait_for("it is gone", lambda: not replica.is_running())
        assert replica.error_log.stat().st_size > before
        result = read(replica)
        assert result["verdict"]["cause"] == "server_crashed"
        assert result["findings"][0]["detail"].startswith("signal 11 in ")
        assert result["verdict"]["server"] == "crashed"
        assert result["verdict"]["crash_loop"] is (crash == 2)
        replica.start()
    assert read(replica)["verdict"]["crash_loop"] is True
    replica.restart()
    assert read(replica)["verdict"]["state"] == "clean"


@pytest.mark.long_on("oldest")
def test_an_option_that_keeps_it_from_starting(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    replica.stop()
    with pytest.raises(ServerError):
        replica.start(["--no-such-option=1"])
    result = read(replica)
    assert ids(result) == ["bad_option"]
    assert result["verdict"]["server"] == "aborted"
    check_evidence(result)


def test_a_page_that_is_damaged(damaged: Sandbox) -> None:
    replica = damaged.replicas[0]
    replica.stop()
    with (replica.datadir / "d/t.ibd").open("r+b") as table:
        table.seek((3 if old(damaged) else 4) * 16384 + 100)
        table.write(os.urandom(8000))
    replica.start()
    with pytest.raises(pymysql.err.MySQLError, match="Lost connection"):
        replica.rows("SELECT SUM(LENGTH(txt)) FROM d.t")
    wait_for("it is gone", lambda: not replica.is_running())
    result = read(replica)
    assert ids(result) == ["innodb_page_corrupt", "innodb_assertion"]
    assert "query: SELECT SUM(LENGTH(txt)) FROM d.t" in result["findings"][1]["detail"]
    assert result["verdict"]["server"] == "crashed"
    check_evidence(result)
