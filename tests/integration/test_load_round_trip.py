# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever tables and rows there are, however mysqldump was told to write them: they are the same behind a load.

ROUND_TRIPS says how many sets of tables there are on each server (6; `make soak` runs 150).
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_data
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import load_spread
from integration.loader import Loader
from sandbox.topology import Sandbox

TRIPS = int(os.environ.get("ROUND_TRIPS", "6"))
MANY = 150
OPTIONS = [
    "--skip-extended-insert",
    "--complete-insert",
    "--hex-blob",
    "--order-by-primary",
    "--no-autocommit",
    "--skip-add-locks",
    "--skip-disable-keys",
    "--skip-tz-utc",
    "--insert-ignore",
    "--add-drop-trigger",
    "--single-transaction",
]
PIECES = [*"aZ09 ;'\"`\\%_-#/*(),\n\r\t\0\x1a", "\u00e9", "\u4e2d", "\U0001f600", "NULL", "\\N", "),(", "--"]
TEXT = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
WHEN = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2037, 1, 1))
DAY = WHEN.map(lambda at: at.replace(microsecond=0))
#: definition of a column, and its values
COLUMNS: list[tuple[str, st.SearchStrategy[Any]]] = [
    ("int", st.integers(-(2**31), 2**31 - 1)),
    ("bigint unsigned", st.integers(0, 2**64 - 1)),
    ("decimal(20,6)", st.decimals(-(10**13), 10**13, places=6)),
    # mysqldump writes a negative zero as -0, which is the zero of an integer
    ("double", st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda value: value or 0.0)),
    ("varchar(100) CHARACTER SET utf8mb4", TEXT),
    ("varchar(100) CHARACTER SET latin1", TEXT.map(lambda text: "".join(c for c in text if ord(c) < 256))),
    ("text CHARACTER SET utf8mb4", TEXT),
    ("varbinary(100)", st.binary(max_size=40)),
    ("blob", st.binary(max_size=60)),
    ("datetime", DAY),
    ("timestamp NULL", DAY),
    ("date", DAY.map(lambda at: at.date())),
    ("enum('a','b''c','d,e')", st.sampled_from(["a", "b'c", "d,e"])),
    ("bit(8)", st.integers(0, 255)),
]
KEYS = ["", ", KEY `k` (`c0`{0})", ", UNIQUE KEY `u` (`id`,`c0`{0})", ", KEY `k` (`c0`{0}), KEY `l` (`id`,`c0`{0})"]


class Made(NamedTuple):
    definition: str
    rows: list[list[Any]]


@st.composite
def tables(draw: st.DrawFn) -> Made:
    columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5))
    part = "(10)" if columns[0][0].startswith(("var", "text", "blob")) else ""
    lines = [f"`c{number}` {kind}" for number, (kind, _values) in enumerate(columns)]
    counting = draw(st.sampled_from(["", " AUTO_INCREMENT"]))
    definition = ", ".join([f"`id` int NOT NULL{counting}", *lines, "PRIMARY KEY (`id`)"])
    row = st.tuples(*(st.one_of(st.none(), values) for _kind, values in columns)).map(list)
    return Made(definition + draw(st.sampled_from(KEYS)).format(part), draw(st.lists(row, max_size=12)))


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind, replicas=0) as own:
        own.source.execute("SET GLOBAL local_infile = ON")
        yield own


def make(box: Sandbox, made: list[Made]) -> None:
    server = box.source
    server.execute("DROP DATABASE IF EXISTS small")
    server.execute("CREATE DATABASE small DEFAULT CHARACTER SET utf8mb4")
    with server.connect(charset="utf8mb4", autocommit=False) as connection, connection.cursor() as cursor:
        for number, table in enumerate(made):
            cursor.execute(f"CREATE TABLE small.`t{number}` ({table.definition}) ENGINE=InnoDB")
            for at, row in enumerate(table.rows, 1):
                marks = ", ".join(["%s"] * (len(row) + 1))
                cursor.execute(f"INSERT INTO small.`t{number}` VALUES ({marks})", [at, *row])
        connection.commit()


def dumped(box: Sandbox, options: list[str]) -> bytes:
    argv = box.source.mysqldump_argv("--set-gtid-purged=OFF", *options, "--databases", "small")
    return subprocess.run(argv, check=True, capture_output=True, timeout=120).stdout


def round_trips(box: Sandbox, directory: Path, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = Loader(box.source, directory / "state")
    monkeypatch.setattr(load_data, "WORTH_IT", 0)

    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # to make it smaller would take minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(
        made=st.lists(tables(), min_size=1, max_size=3),
        options=st.lists(st.sampled_from(OPTIONS), max_size=4, unique=True),
        spread_from=st.sampled_from([0, load_spread.SPREAD_FROM]),
    )
    def check(made: list[Made], options: list[str], spread_from: int) -> None:
        make(box, made)
        before, text = loader.state(), dumped(box, options)
        load_spread.SPREAD_FROM = spread_from
        loader.by_us(text)
        assert loader.state() == before, (made, options)

    monkeypatch.setattr(load_spread, "SPREAD_FROM", 0)  # put back when all is over
    check()


def test_what_went_out_comes_in(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    round_trips(box, tmp_path, TRIPS, monkeypatch)


@pytest.mark.long
def test_what_went_out_comes_in_many_times(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    round_trips(box, tmp_path, MANY, monkeypatch)
