# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox promises to those who use it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from sandbox import processes
from sandbox.accounts import ACCOUNTS, ADMIN, READER
from sandbox.builds import default_spec, find_build, modern_spec
from sandbox.server import Server, ServerError
from sandbox.topology import Sandbox
from sandbox.watchdog import PACKAGE_PARENT

MakeBox = Callable[..., Sandbox]
OWNER = """
import sys, time
from sandbox.topology import Sandbox
with Sandbox.up(server=sys.argv[1]) as box:
    print(box.directory, flush=True)
    time.sleep(600)
"""


def until(condition: Callable[[], object], timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def command(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the sandbox's command line, from a directory that has nothing to do with it."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *map(str, arguments)],
        cwd="/",
        env=os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def servers_in(directory: Path) -> list[processes.Process]:
    return processes.find(f"--defaults-file={directory}/")


def write(server: Server, schema: str = "d", rows: int = 3) -> None:
    server.execute(f"CREATE DATABASE IF NOT EXISTS {schema}")
    server.execute(f"CREATE TABLE IF NOT EXISTS {schema}.t (id INT AUTO_INCREMENT PRIMARY KEY, txt VARCHAR(20))")
    for _row in range(rows):
        server.execute(f"INSERT INTO {schema}.t (txt) VALUES ('row')")


def test_replicas_start_without_history_and_replicate(make_box: MakeBox) -> None:
    box = make_box(replicas=2)
    assert [server.gtid_executed for server in box.servers] == ["", "", ""]
    write(box.source)
    for replica in box.replicas:
        box.wait_caught_up(replica)
        assert replica.rows("SELECT * FROM d.t") == box.source.rows("SELECT * FROM d.t")
        assert replica.gtid_executed == box.source.gtid_executed == f"{box.source.uuid}:1-5"
        assert replica.value("SELECT @@GLOBAL.read_only") == 1
        assert replica.replica_status()["Auto_Position"] == 1
    for query in ("SELECT @@server_uuid", "SELECT @@server_id", "SELECT @@port", "SELECT @@tmpdir"):
        assert len({server.value(query) for server in box.servers}) == 3, query


def test_two_sandboxes_do_not_collide(make_box: MakeBox) -> None:
    one, other = make_box(), make_box()
    assert not {server.port for server in one.servers} & {server.port for server in other.servers}
    assert len({server.uuid for server in (*one.servers, *other.servers)}) == 4
    write(one.source)
    one.wait_caught_up(one.replicas[0])
    assert other.source.gtid_executed == other.replicas[0].gtid_executed == ""
    one.down()
    assert all(server.is_running() for server in other.servers)
    write(other.source)
    other.wait_caught_up(other.replicas[0])


def test_options_are_added(make_box: MakeBox) -> None:
    box = make_box(options={"source": {"binlog_checksum": "NONE"}, "replica": {"max_relay_log_size": 65536}})
    assert [server.value("SELECT @@GLOBAL.binlog_checksum") for server in box.servers] == ["NONE", "CRC32"]
    assert box.replicas[0].value("SELECT @@GLOBAL.max_relay_log_size") == 65536


@pytest.mark.long_on("oldest")
def test_killed_and_stopped_servers_come_back(make_box: MakeBox) -> None:
    box = make_box()
    replica = box.replicas[0]
    for end in (replica.kill, replica.stop):
        before = replica.pid
        end()
        assert not replica.is_running()
        write(box.source)
        replica.start()
        assert replica.pid not in (None, before)
        box.wait_replicating(replica)
        box.wait_caught_up(replica)
    box.source.kill()
    box.source.start()
    write(box.source)
    box.wait_caught_up(replica)
    assert replica.rows("SELECT * FROM d.t") == box.source.rows("SELECT * FROM d.t")


@pytest.mark.long_on("newest")
def test_extra_arguments_win_over_the_option_file(make_box: MakeBox) -> None:
    replica = make_box().replicas[0]
    replica.restart(["--max-connections=77"])
    assert replica.value("SELECT @@max_connections") == 77
    replica.restart()
    assert replica.value("SELECT @@max_connections") != 77


def test_down_leaves_nothing(make_box: MakeBox) -> None:
    box = make_box()
    assert len(servers_in(box.directory)) == 2
    box.down()
    assert servers_in(box.directory) == []
    assert processes.find(str(box.directory)) == []  # the watchdog
    assert not box.directory.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_owner(server_kind: str, number: signal.Signals) -> None:
    environment = os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)}
    argv = [sys.executable, "-c", OWNER, server_kind]
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as owner:
        assert owner.stdout is not None
        directory = Path(owner.stdout.readline().strip())
        assert len(servers_in(directory)) == 2
        owner.send_signal(number)
        owner.wait()
    until(lambda: not servers_in(directory) and not directory.exists() and not processes.find(str(directory)))


@pytest.mark.long_on("oldest")
def test_command_line(server_kind: str, make_box: MakeBox) -> None:
    directory = make_box().directory / "inner"  # a place that ends with the test, whatever happens
    printed = command("up", "--server", server_kind, "--replicas", "2", "--directory", directory).stdout
    assert Path(printed.strip()) == directory / "inventory.yml"
    lines = command("status", directory).stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["source", "replica1", "replica2"]
    assert all("receiver Yes, applier Yes" in line for line in lines[1:])
    box = Sandbox.load(directory)
    replica = box.server("replica1")
    first = replica.pid
    for end in ("stop", "kill"):
        command(end, directory, "replica1")
        assert not replica.is_running()
        assert "replica1: MySQL" in command("status", directory).stdout.splitlines()[1]
        assert command("status", directory).stdout.splitlines()[1].endswith(", down")
        command("start", directory, "replica1")
        assert replica.pid not in (None, first)
    command("start", directory, "replica1")  # a server that runs is left alone
    assert "gtids: " in command("break", directory, "replica1", "errant_transaction").stdout
    assert command("stop", directory, "replica9", check=False).returncode == 1
    command("down", directory)
    assert servers_in(directory) == []
    assert not directory.exists()


def test_a_link_to_the_directory_serves(make_box: MakeBox, tmp_path: Path) -> None:
    box = make_box()
    link = tmp_path / "link"
    link.symlink_to(box.directory)
    assert all(server.is_running() for server in Sandbox.load(link).servers)
    command("down", link)
    assert servers_in(box.directory) == []
    assert not box.directory.exists()


@pytest.mark.long_on("oldest")
def test_a_failed_start_says_why(make_box: MakeBox) -> None:
    box = make_box()
    replica = box.replicas[0]
    replica.stop()
    replica.dropin.write_text("[mysqld]\nno_such_option=1\n")
    failed = command("start", box.directory, "replica1", check=False)
    assert failed.returncode == 1
    assert "no_such_option=1" in failed.stderr
    with pytest.raises(ServerError, match="no_such_option=1"):
        replica.start()
    replica.dropin.write_text("[mysqld]\nmax_connections=66\n")
    replica.start()
    assert replica.value("SELECT @@max_connections") == 66
    replica.dropin.unlink()  # a drop-in may be removed altogether
    replica.restart()
    assert replica.value("SELECT @@max_connections") != 66


def test_other_directories_are_left_alone(server_kind: str, make_box: MakeBox) -> None:
    box = make_box()
    with pytest.raises(FileExistsError):
        Sandbox.up(server=server_kind, directory=box.directory)
    assert all(server.is_running() for server in box.servers)
    refused = command("down", box.source.datadir, check=False)
    assert (refused.returncode, box.source.datadir.is_dir()) == (1, True)
    assert "not the directory of a sandbox" in refused.stderr


def test_accounts(box: Sandbox) -> None:
    source = box.source
    for account in ACCOUNTS:
        with source.connect(account.user, password=account.password, host=source.host, port=source.port) as one:
            one.ping(reconnect=False)
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            source.connect(account.user, password=account.password[:-1], host=source.host, port=source.port)
    with source.connect(ADMIN.user, password=ADMIN.password) as admin, admin.cursor() as cursor:
        cursor.execute("SHOW GRANTS")
        assert "WITH GRANT OPTION" in str(cursor.fetchall())
    with (
        source.connect(READER.user, password=READER.password, host=source.host, port=source.port) as reader,
        reader.cursor() as cursor,
        pytest.raises(pymysql.err.OperationalError, match="denied"),
    ):
        cursor.execute("CREATE DATABASE by_reader")


def test_dump_client_works_and_no_password_shows(box: Sandbox) -> None:
    write(box.source, "dumped")
    argv = box.source.mysqldump_argv("--single-transaction", "--set-gtid-purged=ON", "--databases", "dumped")
    dump = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "INSERT INTO `t` VALUES (1,'row')" in dump
    assert dump.rstrip().splitlines()[-1].startswith("-- Dump completed")
    box.wait_caught_up(box.replicas[0])
    commands = [*argv, *(word for server in box.servers for word in processes.arguments(server.pid or 0))]
    assert box.source.own_argument in commands
    assert not any(account.password in word for account in ACCOUNTS for word in commands)
    for secret in (box.inventory, box.source.client_file, box.replicas[0].client_file):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def ansible_inventory(box: Sandbox, *arguments: str) -> dict[str, Any]:
    """What Ansible makes of the sandbox's inventory."""
    program = Path(sys.executable).parent / "ansible-inventory"
    argv = [str(program), "--inventory", str(box.inventory), *arguments]
    tree: dict[str, Any] = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    return tree


def test_inventory_is_what_ansible_reads(box: Sandbox) -> None:
    groups = ansible_inventory(box, "--list")
    assert groups["mysql_replicas"]["hosts"] == ["replica1"]
    assert groups["mysql_sources"]["hosts"] == ["source"]
    variables = ansible_inventory(box, "--host", "replica1")
    passwords = {value for name, value in variables.items() if name.endswith("password")}
    assert passwords == {account.password for account in ACCOUNTS}
    assert variables["mysql_replica_source_port"] == box.source.port
    assert variables["mysql_replica_login_unix_socket"] == box.replicas[0].socket


@pytest.mark.long_on("newest")
def test_inventory_commands_stop_and_start(make_box: MakeBox) -> None:
    box = make_box()
    variables = ansible_inventory(box, "--host", "replica1")
    elsewhere = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for verb, runs in (("stop", False), ("start", True)):
        argv = shlex.split(variables[f"mysql_replica_{verb}_command"])
        subprocess.run(argv, check=True, cwd="/", env=elsewhere)
        assert box.replicas[0].is_running() == runs


@pytest.fixture
def base_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server of one's own, laid out as an installation; its programs are small scripts, as wrappers often are."""
    build = find_build(modern_spec())
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        for path in (base, base / "bin"):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        places = [f"--{option}={value}" for option, value in build.options]
        for program, argv in (("mysqld", build.mysqld), ("mysqldump", build.clients.argv("mysqldump"))):
            more = shlex.join(places) if program == "mysqld" else ""
            (base / "bin" / program).write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@" {more}\n')
            (base / "bin" / program).chmod(0o755)
        monkeypatch.setenv("DBRE_SANDBOX_CACHE", str(base / "cache"))  # what is prepared for it ends with it
        yield base


def test_a_base_directory_serves(base_directory: Path) -> None:
    with Sandbox.up(server=str(base_directory)) as box:
        assert box.build.mysqld == (str(base_directory / "bin" / "mysqld"),)
        write(box.source)
        box.wait_caught_up(box.replicas[0])
        dump = subprocess.run(box.source.mysqldump_argv("d"), capture_output=True, text=True, check=True).stdout
        assert "CREATE TABLE `t`" in dump


def test_a_killed_preparation_leaves_nothing(base_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = base_directory / "cache"
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE_PARENT))
    argv = [sys.executable, "-m", "sandbox", "fetch", str(base_directory)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as killed:
        until(lambda: processes.find(f"--defaults-file={prepared}/"))
        killed.kill()
    until(lambda: not processes.find(f"--defaults-file={prepared}/"))
    assert "MySQL" in command("fetch", base_directory).stdout
    assert [path.is_dir() for path in prepared.iterdir() if path.suffix != ".lock"] == [True]


def test_a_server_on_path_serves(base_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{base_directory / 'bin'}:{os.environ['PATH']}")
    monkeypatch.delenv("SERVER", raising=False)
    find_build.cache_clear()
    try:
        assert default_spec() == "path"
        with Sandbox.up() as box:
            assert box.build.mysqld == (str(base_directory / "bin" / "mysqld"),)
            write(box.source)
            box.wait_caught_up(box.replicas[0])
    finally:
        find_build.cache_clear()
