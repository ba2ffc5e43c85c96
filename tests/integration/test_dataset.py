# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data set is what it says it is, survives mysqldump, and the writer writes and ends as it should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from sandbox import compare_definitions, dataset, processes, writer
from sandbox.compare import compare_content
from sandbox.damage import wait_for
from sandbox.dataset.record import known_to, quote
from sandbox.dataset.schemas import SCHEMAS
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.writer import Writer, WriterError
from sandbox.writer_load import SCHEMA

WRITTEN_LATER = {("shop", "heartbeat"), ("shop", "audit")}  # by the event and by triggers


@pytest.fixture(scope="module")
def filled(server_kind: str) -> Iterator[tuple[Server, dict[tuple[str, str], int]]]:
    """A server with the data set, and what `load` returned."""
    with Sandbox.up(server=server_kind, replicas=0) as box:
        yield box.source, dataset.load(box.source, scale=0.1)


def test_rows_are_where_load_says(filled: tuple[Server, dict[tuple[str, str], int]]) -> None:
    server, loaded = filled
    for (schema, table), rows in loaded.items():
        if (schema, table) not in WRITTEN_LATER:
            assert server.value(f"SELECT COUNT(*) FROM {quote(schema)}.{quote(table)}") == rows, (schema, table)
    assert {schema for schema, _table in loaded} == set(SCHEMAS)
    assert loaded["shop", "never used"] == 0
    assert sum(loaded.values()) > 3000


def test_two_loads_give_the_same_rows() -> None:
    for table in dataset.TABLES:
        first, second = (list(table.rows(Random(7), 0.05)) for _time in range(2))
        assert first == second
        assert all(len(row) == len(table.columns) for row in first), table.name


def test_scale_multiplies_the_rows() -> None:
    small, large = (
        sum(len(list(table.rows(Random(7), scale))) for table in dataset.tables_of((5, 6, 0))) for scale in (1, 2)
    )
    assert small == pytest.approx(25000, rel=0.2)
    assert large == pytest.approx(2 * small, rel=0.1)


def test_older_servers_get_what_they_know() -> None:
    names = {table.name for table in known_to((5, 6, 24), dataset.TABLES)}
    assert "documents" not in names
    assert "orders" in names
    assert names < {table.name for table in known_to((8, 4, 0), dataset.TABLES)}


def test_every_kind_of_object_is_there(filled: tuple[Server, dict[tuple[str, str], int]]) -> None:
    with closing(filled[0].connect()) as session:
        found = compare_definitions.read(session, accounts=True)
    kinds = [name.kind for name in found]
    assert set(kinds) == {"schema", "table", "view", "trigger", "procedure", "function", "event", "account"}
    assert min(kinds.count(kind) for kind in set(kinds)) >= 2


def test_the_event_writes(filled: tuple[Server, dict[tuple[str, str], int]]) -> None:
    server, _loaded = filled
    before = server.value("SELECT COUNT(*) FROM shop.heartbeat")
    wait_for("the event writes", lambda: server.value("SELECT COUNT(*) FROM shop.heartbeat") > before)


def test_a_dump_loads_and_is_equal(
    filled: tuple[Server, dict[tuple[str, str], int]], make_box: Callable[..., Sandbox], tmp_path: Path
) -> None:
    server, _loaded = filled
    dump = tmp_path / "dump.sql"
    server.execute("SET GLOBAL event_scheduler = OFF")
    try:
        with dump.open("wb") as stream:
            arguments = ["--all-databases", "--single-transaction", "--routines", "--events", "--set-gtid-purged=OFF"]
            subprocess.run(server.mysqldump_argv(*arguments), stdout=stream, check=True)
        target = make_box(replicas=0).source
        target.execute("SET GLOBAL event_scheduler = OFF")
        with dump.open("rb") as stream:
            subprocess.run(target.mysql_argv(), stdin=stream, check=True)
        comparison = compare_content(server, target, accounts=True)
    finally:
        server.execute("SET GLOBAL event_scheduler = ON")
    assert comparison.identical, str(comparison)
    assert len(comparison.tables) > 20


def test_the_writer_commits_whole_transactions_across_tables(
    filled: tuple[Server, dict[tuple[str, str], int]],
) -> None:
    server, _loaded = filled
    with Writer(server) as running, closing(server.connect()) as session, session.cursor() as cursor:
        for _time in range(5):
            running.wait_for_commits(20)
            cursor.execute(f"SELECT SUM(balance) AS total FROM {SCHEMA}.accounts")
            assert cursor.fetchone()["total"] == 100 * 1000
    last = running.commits
    assert last > 100
    for table in ("accounts", "transfers", "attachments", "removed"):
        assert server.value(f"SELECT COUNT(*) FROM {SCHEMA}.{table}") > 0, table
    assert server.value(f"SELECT COUNT(DISTINCT balance) FROM {SCHEMA}.accounts") > 10
    assert server.value(f"SELECT MAX(id) FROM {SCHEMA}.transfers") == last  # and nothing after the end
    assert running.pid is None
    assert running.commits == last


def test_the_writer_goes_on_when_its_server_comes_back(make_box: Callable[..., Sandbox]) -> None:
    source = make_box(replicas=0).source
    with Writer(source, ddl=True) as running:
        running.wait_for_commits(60)
        source.kill()
        source.start()
        running.wait_for_commits(60)


def test_the_writer_says_why_it_ended(make_box: Callable[..., Sandbox]) -> None:
    source = make_box(replicas=0).source
    running = Writer(source).start()
    source.execute(f"DROP DATABASE {SCHEMA}")
    with pytest.raises(WriterError, match=f"{SCHEMA}.*doesn't exist|Unknown database"):
        running.wait_for_commits(10**6)
    assert running.pid is None


def test_the_writer_dies_with_its_owner(filled: tuple[Server, dict[tuple[str, str], int]]) -> None:
    server, _loaded = filled
    owner = f"""
import sys, types
from sandbox.writer import Writer
running = Writer(types.SimpleNamespace(socket={server.socket!r})).start()
print(running.pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", owner],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(writer.__file__).parents[1])},
    ) as process:
        assert process.stdout is not None
        orphan = processes.identify(int(process.stdout.readline()))
        assert orphan is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert processes.wait_gone(orphan, timeout=30)
