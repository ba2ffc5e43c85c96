# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that does not start gets a new data directory, and the old one is set aside, whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pymysql
import pytest

from gates.supervise import descendants
from integration.ansible_run import command_lines, run_task, run_tasks, secrets_in, task, tasks_under_way
from integration.server_state import sha256
from sandbox.accounts import ADMIN, READER
from sandbox.damage import wait_for
from sandbox.server import Server, ServerError
from sandbox.server_program import options
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged

MODULE = "mysql_server_initialize"
WORKSPACE = ".mysql_replica_initialize"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    """A replica for each test, to be ruined."""
    with Sandbox.up(server=server_kind, replicas=4) as own:
        yield own


def ruin(server: Server) -> None:
    """It has a schema and an account of its own, and mysqld does not start any more."""
    run_unlogged(server, "CREATE DATABASE only_here")
    run_unlogged(server, "CREATE TABLE only_here.t (a INT) ENGINE=InnoDB")
    server.stop()
    ibdata = server.datadir / "ibdata1"
    ibdata.write_bytes(b"\xee" * ibdata.stat().st_size)
    with pytest.raises(ServerError):
        server.start()


def snapshot(directory: Path) -> dict[str, tuple[str, int, int]]:
    """Content, owner and mode of every file, and of the directories."""
    return {
        str(path.relative_to(directory)): (
            sha256(path) if path.is_file() else "",
            path.lstat().st_uid,
            path.lstat().st_mode,
        )
        for path in [directory, *directory.rglob("*")]
        if path.is_file() or path.is_dir()
    }


def beside(server: Server) -> list[str]:
    """Data directories of a server, by their names."""
    return sorted(path.name for path in server.directory.iterdir() if path.name.startswith("data"))


def users(server: Server) -> set[tuple[str, str]]:
    with server.connect(user=ADMIN.user, password=ADMIN.password) as session, session.cursor() as cursor:
        cursor.execute("SELECT User, Host FROM mysql.user WHERE User NOT LIKE 'mysql.%%'")
        return {(row["User"], row["Host"]) for row in cursor.fetchall()}


def come_up(server: Server) -> None:
    """Start a server whose root may have a password."""
    server.launch()

    def answers() -> bool:
        with suppress(pymysql.err.OperationalError):
            server.connect(user=ADMIN.user, password=ADMIN.password).close()
            return True
        assert server.is_running(), server.error_log_tail()
        return False

    wait_for(f"{server.name} lets our account in", answers)


def assert_new_server(server: Server, uuid: str) -> None:
    come_up(server)
    with server.connect(user=ADMIN.user, password=ADMIN.password) as session, session.cursor() as cursor:
        cursor.execute("SELECT @@server_uuid AS uuid, @@GLOBAL.gtid_executed AS gtids")
        assert cursor.fetchall() == [{"uuid": uuid, "gtids": ""}]
        cursor.execute("SHOW DATABASES")
        assert {row["Database"] for row in cursor.fetchall()} <= {
            "information_schema",
            "mysql",
            "performance_schema",
            "sys",
        }
        # and it can be worked with: our account may make others
        cursor.execute("SET GLOBAL read_only = 0")
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute("CREATE USER 'made_by'@'localhost' IDENTIFIED BY 'the new account'")
        cursor.execute("GRANT SELECT ON *.* TO 'made_by'@'localhost'")
    with server.connect(user=ADMIN.user, password=ADMIN.password, host=server.host) as over_tcp:
        over_tcp.ping()


@pytest.mark.long_on("newest")
def test_a_ruined_server_is_replaced_by_an_empty_one_and_kept_whole(box: Sandbox) -> None:
    server = box.replicas[0]
    uuid = server.uuid
    running = snapshot(server.directory / "dropin.d")
    refused = run_task(box, MODULE, **options(server))
    assert refused["failed"], "the server runs"
    assert f"process {server.pid} " in refused["msg"]
    assert "a server answers at" in refused["msg"]
    assert snapshot(server.directory / "dropin.d") == running

    ruin(server)
    before = snapshot(server.datadir)
    planned = run_task(box, MODULE, check=True, **options(server))
    assert planned["changed"], planned
    assert planned["before"]["server_uuid"] == planned["after"]["server_uuid"] == uuid
    assert snapshot(server.datadir) == before
    assert beside(server) == ["data"]

    with command_lines() as seen:
        outcome = run_tasks(box, task(MODULE, **options(server)), task(MODULE, **options(server)), arguments=("-vvv",))
    done, again = outcome.results
    assert not done["failed"], done
    assert any("--datadir=" in line for line in seen), "the watcher saw no mysqld"
    assert not secrets_in("\n".join(seen))
    assert not secrets_in(outcome.output)
    assert done["before"]["server_uuid"] == done["after"]["server_uuid"] == uuid
    assert "auto.cnf" in done["kept"]
    aside = Path(done["set_aside"])
    assert aside.stat().st_mode & 0o7777 == 0o700
    after = snapshot(aside)
    assert after.pop(".")[:2] == before["."][:2]
    assert after == {name: seen_before for name, seen_before in before.items() if name != "."}
    assert (again["changed"], again["set_aside"]) == (False, str(aside))

    made = snapshot(server.datadir)
    assert made["."] == before["."], "owner and mode"
    assert {owner for _sum, owner, _mode in made.values()} == {before["."][1]}
    assert not [name for name in made if WORKSPACE in name]
    for path in (path for path in (server.directory / "dbre").rglob("*") if path.is_file()):
        assert path.stat().st_mode & 0o077 == 0
        assert not secrets_in(path.read_text())

    assert_new_server(server, uuid)
    if done["accounts"] == "copied":
        assert (READER.user, "127.0.0.1") in users(server)
        assert server.build.number < (8, 0, 0)
    else:
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            server.connect()  # root, without a password
        assert "cannot be read" in done["accounts_reason"]
        server.connect(user="root", password=ADMIN.password).close()


@pytest.mark.long_on("newest")
def test_an_initialisation_that_fails_puts_everything_back(box: Sandbox) -> None:
    server = box.replicas[1]
    ruin(server)
    before = snapshot(server.datadir)
    server.dropin.write_text("[mysqld]\ninnodb_data_file_path=ibdata1:1M\n")  # smaller than InnoDB can do with
    failed = run_task(box, MODULE, host=server.name, **options(server))
    assert failed["failed"]
    assert "which is in its place again" in failed["msg"]
    assert "[InnoDB] Tablespace size" in failed["msg"] or "InnoDB: Tablespace size" in failed["msg"], "what mysqld said"
    assert not secrets_in(str(failed))
    assert snapshot(server.datadir) == before
    assert beside(server) == ["data"]

    server.dropin.write_text(f"[mysqld]\ninnodb_log_group_home_dir={server.directory}\n")
    refused = run_task(box, MODULE, host=server.name, **options(server))
    assert f"innodb-log-group-home-dir={server.directory}" in refused["msg"]
    assert snapshot(server.datadir) == before
    server.dropin.unlink()


@pytest.mark.long_on("oldest")
def test_killed_while_mysqld_is_at_work_the_same_task_goes_on(box: Sandbox) -> None:
    server = box.replicas[2]
    uuid = server.uuid
    ruin(server)
    before = snapshot(server.datadir)
    log = server.datadir / WORKSPACE / "accounts.sql"
    with tasks_under_way(box, task(MODULE, **options(server)), host=server.name) as run:
        wait_for("accounts are being made", log.exists)
        kill_all_but_mysqld(run.pid)
    done = run_task(box, MODULE, host=server.name, **options(server))
    assert not done["failed"], done
    aside = snapshot(Path(done["set_aside"]))
    assert {name: seen for name, seen in aside.items() if name != "."} == {
        name: seen for name, seen in before.items() if name != "."
    }
    half_made = [name for name in beside(server) if ".unfinished-" in name]
    assert len(half_made) == 1
    assert not (server.directory / half_made[0] / WORKSPACE).exists()
    assert_new_server(server, uuid)


def kill_all_but_mysqld(pid: int) -> None:
    """As an out-of-memory killer may: the module is gone, and what it has started goes on."""
    for one in [pid, *descendants(pid)]:
        with suppress(OSError):
            if b"--datadir=" not in Path(f"/proc/{one}/cmdline").read_bytes():
                os.kill(one, signal.SIGKILL)


def install_db(server: Server, template: str) -> None:
    """Beside mysqld, what stands for mysql_install_db of 5.6: the sandbox's server comes without it."""
    script = server.directory / "mysql_install_db"
    copy = f'cp -r --no-preserve=mode {template}/. "${{argument#--datadir=}}"'
    script.write_text(f'#!/bin/sh\nset -e\nfor argument; do case "$argument" in --datadir=*) {copy};; esac; done\n')
    script.chmod(0o755)


@pytest.mark.long_on("newest")
def test_accounts_that_cannot_be_read_give_way_to_our_own(box: Sandbox) -> None:
    server = box.replicas[3]
    uuid = server.uuid
    ruin(server)
    (server.datadir / "auto.cnf").write_bytes(b"\0" * 56)
    table = server.datadir / "mysql" / "user.MYI"
    in_files = table.exists()
    wanted = options(server)
    if in_files:
        table.write_bytes(os.urandom(512))
        install_db(server, wanted.pop("template"))
    done = run_task(box, MODULE, host=server.name, **wanted)
    wanted = options(server)
    assert not done["failed"], done
    assert done["accounts"] == "own"
    assert done["accounts_reason"]
    assert "auto.cnf" not in done["kept"], "it held no identity"
    come_up(server)
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        server.connect()  # root, without a password
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        server.connect(user="nobody")  # the anonymous account of 5.6
    assert (READER.user, "127.0.0.1") not in users(server)
    with server.connect(user="root", password=ADMIN.password) as session, session.cursor() as cursor:
        cursor.execute("SELECT @@server_uuid AS uuid")
        assert cursor.fetchall()[0]["uuid"] != uuid

    # A server has worked in it since: what is asked for now is another new one, and nothing of this one is lost.
    with server.connect(user=ADMIN.user, password=ADMIN.password) as session:
        session.cursor().execute("SET GLOBAL read_only = 0")
        session.cursor().execute("CREATE DATABASE later")
    server.kill()
    again: dict[str, Any] = run_task(box, MODULE, host=server.name, **wanted)
    assert again["changed"], again
    assert (Path(again["set_aside"]) / "later").is_dir()
    assert (Path(done["set_aside"]) / "only_here").is_dir()
