# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed before any step that leaves a trace, the same task ends with healthy tables and replication."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pymysql
import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES
from integration.killed_at_a_statement import Mortal
from integration.server_state import settings
from integration.system_tables import MODULE, Boxes, definitions, prove
from sandbox import builds
from sandbox.accounts import ADMIN
from sandbox.server import Server

OLD, NEW = "5.6", builds.modern_spec()


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    made = Boxes()
    yield made
    made.down()


def parameters(replica: Server) -> dict[str, Any]:
    """For the module without Ansible."""
    login = {"login_user": ADMIN.user, "login_password": ADMIN.password, "login_unix_socket": replica.socket}
    kept = {"state_dir": str(replica.directory / "dbre/state"), "backup_dir": str(replica.directory / "dbre/backup")}
    unset = ("config_file", "ca_cert", "client_cert", "client_key", "check_hostname", "datadir", "error_log")
    return {
        **dict.fromkeys(unset),
        **login,
        **kept,
        "login_host": "localhost",
        "login_port": replica.port,
        "connect_timeout": 30,
        "assume": [],
        "state": "healthy",
        "tables": list(NAMES),
        "analyze": True,
        "recreate_by": "statement",
        "quarantine": None,
    }


def ruin(replica: Server) -> None:
    """Several tables at once, while the server runs."""
    with replica.connect() as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"SET GLOBAL {replica.statements.read_only} = OFF")
        for table in ("slave_master_info", "slave_worker_info"):
            with suppress(pymysql.err.MySQLError):
                cursor.execute(f"DROP TABLE mysql.{table}")
        path = replica.datadir / "mysql/innodb_table_stats.frm"
        if path.exists():
            path.unlink()
            cursor.execute("FLUSH LOCAL TABLES")
        cursor.execute("DELETE FROM mysql.innodb_index_stats")
        cursor.execute(f"SET GLOBAL {replica.statements.read_only} = ON")


@pytest.mark.parametrize("kind", [OLD, pytest.param(NEW, marks=pytest.mark.long)])
def test_killed_at_any_step_the_same_command_goes_on(boxes: Boxes, kind: str) -> None:
    box = boxes.lend(kind)
    replica = box.replicas[0]
    usual, before = settings(replica), definitions(replica)
    number, ended = 0, None
    with Mortal(MODULE, "operation") as mortal:
        while ended is None:
            number += 1
            ruin(replica)
            ended = mortal.run(parameters(replica), number)
            done, again = mortal.run(parameters(replica)), mortal.run(parameters(replica))
            assert done
            assert again
            assert done["failed"] is False, (number, done["msg"])
            assert done["healthy"], (number, done["tables"])
            assert again["changed"] is False, (number, again["plan"])
            assert settings(replica) == usual, number
            box.wait_replicating(replica)
            left = [path.name for path in (replica.directory / "dbre/state").iterdir()]
            assert [name for name in left if "channel" in name] == [], "the password is forgotten"
    assert number > 10
    prove(box, before)
