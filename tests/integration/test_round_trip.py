# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a schema holds, the real mysqldump and our load bring over: definitions and rows are equal in the end.

Every statement of rows goes the way of a large one here. ROUND_TRIPS says how many schemas there are (8; `make soak`
runs 150).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pymysql
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_data
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import load_spread
from integration import by_hand
from integration.generated_schema import Schema, schemas
from integration.module_call import call
from sandbox.accounts import ADMIN
from sandbox.compare import compare_content
from sandbox.server import Server
from sandbox.topology import Sandbox

TRIPS = int(os.environ.get("ROUND_TRIPS", "8"))
MANY = 150
ALWAYS = ["--single-transaction", "--routines", "--events", "--triggers", "--set-gtid-purged=ON", "--databases", "trip"]
OPTIONS = [
    "--skip-extended-insert",
    "--complete-insert",
    "--hex-blob",
    "--order-by-primary",
    "--skip-disable-keys",
    "--skip-add-locks",
    "--skip-add-drop-table",
    "--add-drop-database",
    "--skip-tz-utc",
    "--insert-ignore",
    "--net-buffer-length=4096",
    "--no-autocommit",
    "--default-character-set=utf8mb4",
    "--skip-dump-date",
]


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        by_hand.detach(own.replicas[0])
        by_hand.set_quiet(own.replicas[0])
        yield own


def make(source: Server, schema: Schema) -> None:
    """What a server refuses (a row that is too long, two keys of one name) is left out: the rest is a schema, too."""
    source.execute("DROP DATABASE IF EXISTS trip")
    source.execute("CREATE DATABASE trip")
    with source.connect(database="trip", charset="utf8mb4") as session, session.cursor() as cursor:
        cursor.execute("SET sql_mode = ''")
        for statement, values in schema.statements:
            with suppress(pymysql.err.MySQLError):
                cursor.execute(statement, values or None)


def load(target: Server, dump: Path, state: Path) -> None:
    by_hand.forget_gtids(target)
    login = {"login_user": ADMIN.user, "login_password": ADMIN.password, "login_unix_socket": target.socket}
    done = call("mysql_dump_load", path=str(dump), state_dir=str(state), backup_dir=str(state), **login)
    assert not done.get("failed"), done["msg"]


def test_what_mysqldump_writes_is_loaded_as_it_was(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_trips(box, tmp_path, TRIPS, monkeypatch)


@pytest.mark.long
def test_it_is_so_many_times(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    round_trips(box, tmp_path, MANY, monkeypatch)


def round_trips(box: Sandbox, tmp_path: Path, trips: int, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = box.source, box.replicas[0]
    tables = 0
    monkeypatch.setattr(load_data, "WORTH_IT", 0)
    monkeypatch.setattr(load_spread, "SPREAD_FROM", 0)

    @settings(max_examples=trips, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(schemas(source.build.number), st.sets(st.sampled_from(OPTIONS), max_size=5))
    def holds(schema: Schema, chosen: set[str]) -> None:
        nonlocal tables
        make(source, schema)
        dump = tmp_path / "trip.sql"
        with dump.open("wb") as sink:
            subprocess.run(source.mysqldump_argv(*sorted(chosen), *ALWAYS), stdout=sink, check=True, timeout=60)
        load(target, dump, tmp_path / "state")
        found = compare_content(source, target)
        assert found.identical, str(found)
        tables += len(found.tables)

    holds()
    assert tables > trips
