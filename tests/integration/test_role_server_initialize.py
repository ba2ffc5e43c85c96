# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role as a user runs it: a ruined server is up and empty afterwards, a sound one is left alone."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pymysql
import pytest
import yaml

from integration.ansible_run import AnsibleRun, Outcome, secrets_in
from integration.server_state import sha256
from sandbox.accounts import ADMIN
from sandbox.server import Server
from sandbox.server_program import start_command, variables
from sandbox.topology import Sandbox

from .conftest import MakeBox

pytestmark = pytest.mark.long


def run_role(box: Sandbox, server: Server, *arguments: str, **own: Any) -> Outcome:
    """The role on one server; `own` are its variables without the prefix server_initialize_."""
    play = {
        "hosts": server.name,
        "gather_facts": False,
        "roles": [
            {
                "role": "dbre.mysql_replica.server_initialize",
                "vars": {f"server_initialize_{name}": value for name, value in own.items()},
            }
        ],
    }
    known = variables(server) | {"start_command": start_command(server), "start_timeout": 20}
    shared = {f"mysql_replica_{name}": value for name, value in known.items()}
    with tempfile.TemporaryDirectory(prefix="dbre-play-") as directory:
        playbook = Path(directory) / "play.yml"
        playbook.write_text(yaml.safe_dump([play]))
        with AnsibleRun(box, playbook, "--extra-vars", json.dumps(shared), *arguments) as run:
            return run.wait()


def aside(server: Server) -> list[Path]:
    return sorted(path for path in server.directory.iterdir() if ".set-aside-" in path.name)


def test_a_sound_server_is_left_alone_and_a_ruined_one_comes_up_empty(make_box: MakeBox) -> None:
    box = make_box()
    server = box.replicas[0]
    uuid, pid = server.uuid, server.pid
    untouched = run_role(box, server)
    assert untouched.returncode == 0, untouched.output
    assert untouched.changed == 0
    assert server.pid == pid

    server.stop()
    # the file that a server of today reads first, and 5.6 has not
    ruined = next(path for path in (server.datadir / "mysql.ibd", server.datadir / "ibdata1") if path.exists())
    with ruined.open("r+b") as file:
        file.truncate(100_000)
    sums = {path: sha256(path) for path in server.datadir.rglob("*") if path.is_file()}

    planned = run_role(box, server, "--check")
    assert planned.returncode == 0, planned.output
    assert aside(server) == []
    assert {path: sha256(path) for path in server.datadir.rglob("*") if path.is_file()} == sums

    outcome = run_role(box, server, "-vvv")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    (old,) = aside(server)
    assert {server.datadir / path.relative_to(old): sha256(path) for path in old.rglob("*") if path.is_file()} == sums
    assert not server.dropin.exists()
    with server.connect(user=ADMIN.user, password=ADMIN.password) as session, session.cursor() as cursor:
        cursor.execute("SELECT @@server_uuid AS uuid, @@GLOBAL.gtid_executed AS gtids")
        assert cursor.fetchall() == [{"uuid": uuid, "gtids": ""}]
        cursor.execute(server.statements.status)
        assert cursor.fetchall() == (), "it follows nobody"

    pid = server.pid
    again = run_role(box, server)
    assert again.returncode == 0, again.output
    assert again.changed == 0
    assert (aside(server), server.pid) == ([old], pid)

    with server.connect(user=ADMIN.user, password=ADMIN.password) as session, session.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = 0")
        cursor.execute("CREATE DATABASE later")
    refused = run_role(box, server, when="always", needed_bytes=1 << 60)
    assert refused.returncode != 0
    assert "are needed beside the old data directory" in refused.output
    asked_for = run_role(box, server, when="always")
    assert asked_for.returncode == 0, asked_for.output
    assert [(path / "later").is_dir() for path in aside(server)] == [False, True]
    with server.connect(user=ADMIN.user, password=ADMIN.password) as session:
        session.ping()


def test_a_login_that_is_refused_is_no_server_that_is_down(make_box: MakeBox) -> None:
    box = make_box()
    server = box.replicas[0]
    pid = server.pid
    refused = run_role(box, server, login_password="another one")
    assert refused.returncode != 0
    assert "Access denied" in refused.output
    assert (server.pid, aside(server)) == (pid, [])


def test_a_server_that_does_not_come_up_after_it_is_not_set_aside_again_and_again(make_box: MakeBox) -> None:
    box = make_box()
    server = box.replicas[0]
    server.stop()
    (server.datadir / "ibdata1").write_bytes(b"")
    text = server.option_file.read_text()
    server.option_file.write_text(text.replace("log_bin=mysql-bin", "log_bin=/nowhere/mysql-bin"))
    for _turn in range(2):
        failed = run_role(box, server, "--extra-vars", "mysql_replica_start_timeout=3")
        assert failed.returncode != 0
        assert "does not come up with its new data directory" in failed.output
        assert len(aside(server)) == 1
    server.option_file.write_text(text)
    assert run_role(box, server).returncode == 0
    assert len(aside(server)) == 1
    with pytest.raises(pymysql.err.OperationalError):
        server.connect(user="nobody")
