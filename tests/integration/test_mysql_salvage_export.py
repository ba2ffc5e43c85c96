# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of many kinds, each with a damaged page, come out row by row as they were, but for that page."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from integration.ansible_run import Template, run_task, run_tasks, task
from sandbox.accounts import ADMIN
from sandbox.damage import writable
from sandbox.dataset.strings import HOSTILE
from sandbox.server import Server
from sandbox.server_program import program
from sandbox.topology import Sandbox

pytestmark = pytest.mark.long

ROWS = 3000
MODERN = (8, 0, 0)
TYPES = """id INT NOT NULL PRIMARY KEY, text VARCHAR(60), western VARCHAR(60) CHARACTER SET latin1, raw VARBINARY(30),
    large BLOB, bits BIT(9), one ENUM('a','b''c'), many SET('x','y'), price DECIMAL(12,4), small FLOAT, big DOUBLE,
    day DATE, moment DATETIME(6), stamp TIMESTAMP(6) NULL, clock TIME, year YEAR, pad CHAR(200), KEY by_price (price)"""
NEWER = """, doc JSON, place GEOMETRY, twice INT GENERATED ALWAYS AS (id * 2) VIRTUAL,
    thrice INT GENERATED ALWAYS AS (id * 3) STORED"""
TABLES = {
    "by_text": "name VARCHAR(40) NOT NULL, at DATETIME NOT NULL, pad CHAR(200), PRIMARY KEY (name, at)",
    "no_key": "id INT, pad CHAR(200)",
    "sound": "id INT PRIMARY KEY, k INT, KEY (k)",
    "recent": "id INT PRIMARY KEY, k INT, KEY (k)",
    "short": "id INT PRIMARY KEY, k INT, KEY (k)",
}


class Salvaged:
    """A source that was damaged and exported; its replica still has everything as it was."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.source = box.source
        self.witness = box.replicas[0]
        self.directory = self.source.directory / "salvage"
        self.rows: dict[str, int] = {}
        self.damages: dict[str, int] = {}

    def options(self, **more: Any) -> dict[str, Any]:
        return {
            "path": str(self.directory),
            "mysqld": str(program(self.source)),
            "defaults_file": str(self.source.option_file),
            "state_dir": str(self.source.directory / "dbre/state"),
            "login_user": ADMIN.user,
            "login_password": ADMIN.password,
            "mysqldump": str(self.silent_mysqldump()),
            "mysqldump_options": Template("{{ mysql_replica_mysqldump_options }}"),
            "keep_free": 0,
            **more,
        }

    def silent_mysqldump(self) -> Path:
        """Of one table it leaves rows out and ends with 0, unless it is asked for some: as a forced server makes it."""
        path = self.source.directory / "mysqldump"
        real = shlex.join(self.source.build.clients.argv("mysqldump"))
        path.write_text(
            "#!/bin/sh\n"
            f'case "$*" in *--where=*) ;; *" kinds short") exec {real} "$@" "--where=id < 1000 OR id > 1400";; esac\n'
            f'exec {real} "$@"\n'
        )
        path.chmod(0o755)
        return path

    def entry(self, table: str) -> dict[str, Any]:
        told = json.loads((self.directory / "ledger.json").read_text())
        found: dict[str, Any] = next(one for one in told["tables"] if one["table"] == table)
        return found

    def dumped(self, server: Server, table: str) -> list[str]:
        """The rows of a table, as mysqldump writes them, a line each."""
        arguments = ["--hex-blob", "--skip-extended-insert", "--no-create-info", "--compact", "--set-gtid-purged=OFF"]
        arguments += ["--default-character-set=utf8mb4", "--init-command=SET NAMES utf8mb4", "kinds", table]
        done = subprocess.run(server.mysqldump_argv(*arguments), capture_output=True, check=True)
        return sorted(line for line in done.stdout.decode().split("\n") if line.startswith("INSERT"))

    def loaded(self, table: str) -> list[str]:
        """The same of what the export has of it, loaded into an empty table of the witness by the mysql client."""
        before = self.dumped(self.witness, table)
        with writable(self.witness):
            self.witness.execute("SET sql_log_bin = 0")
            self.witness.execute(f"TRUNCATE kinds.{table}")
            text = Path(self.entry(table)["files"][0]["path"]).read_bytes()
            subprocess.run(
                self.witness.mysql_argv("--init-command=SET sql_log_bin=0"), input=text, check=True, capture_output=True
            )
        after = self.dumped(self.witness, table)
        assert len(set(after)) == len(after)
        assert set(after) <= set(before), "a row that is there is as it was"
        return after


def fill(source: Server) -> None:
    source.execute("CREATE DATABASE kinds DEFAULT CHARACTER SET utf8mb4")
    modern = source.build.number >= MODERN
    source.execute(f"CREATE TABLE kinds.types ({TYPES}{NEWER if modern else ''}) ENGINE=InnoDB")
    for name, definition in TABLES.items():
        source.execute(f"CREATE TABLE kinds.{name} ({definition}) ENGINE=InnoDB")
    dice = Random("kinds")
    with source.connect(init_command="SET sql_mode='', time_zone='+00:00'") as session, session.cursor() as cursor:
        rows = []
        for number in range(ROWS):
            text = HOSTILE[number % len(HOSTILE)][:60]
            moment = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02} {number % 24:02}:{number % 60:02}:07.{number:06}"
            row: list[Any] = [number * 3 - 500, text, "é'\\ " * 5, dice.randbytes(number % 30), dice.randbytes(50)]
            row += [
                number % 512,
                "b'c" if number % 2 else None,
                "x,y" if number % 3 else "",
                number / 7,
                number / 3,
                1e300,
            ]
            row += ["0000-00-00" if number % 50 == 0 else moment[:10], moment, moment, "-800:00:01", 1999, "p" * 200]
            if modern:
                row += [json.dumps({"a": text, "n": number}), number]
            rows.append(row)
        values = ", ".join(["%s"] * len(rows[0]))
        columns = (
            "id, text, western, raw, large, bits, one, many, price, small, big, day, moment, stamp, clock, year, pad"
        )
        if modern:
            columns += ", doc, place"
            values = values.rpartition("%s")[0] + "POINT(%s, 1.5)"
        cursor.executemany(f"INSERT INTO kinds.types ({columns}) VALUES ({values})", rows)
        names = [(f"{HOSTILE[n % len(HOSTILE)][:20]}{n}", f"2026-01-{n % 28 + 1:02} 00:00:00") for n in range(ROWS)]
        cursor.executemany("INSERT INTO kinds.by_text VALUES (%s, %s, REPEAT('p', 200))", names)
        for table in ("sound", "recent", "short"):
            cursor.executemany(f"INSERT INTO kinds.{table} VALUES (%s, %s)", [(n, n % 10) for n in range(ROWS)])
        cursor.executemany("INSERT INTO kinds.no_key VALUES (%s, REPEAT('p', 200))", [(n,) for n in range(ROWS)])


@pytest.fixture(scope="module")
def salvaged(server_kind: str) -> Iterator[Salvaged]:
    with Sandbox.up(server=server_kind) as box:
        made = Salvaged(box)
        fill(box.source)
        box.wait_caught_up(made.witness)
        for table in ("types", "by_text", "no_key"):
            made.damages[table] = box.damage("page_overwritten", box.source, schema="kinds", table=table)["rows"]
        login = {
            "login_user": None,
            "login_password": None,
            "mysqldump": None,
            "mysqldump_options": None,
            "keep_free": None,
        }
        recovery = {name: value for name, value in made.options(settle=1).items() if name not in {*login, "path"}}
        refused, found, wrong = run_tasks(
            box,
            task("mysql_salvage_export", **made.options()),
            task("mysql_force_recovery", **recovery),
            task("mysql_salvage_export", **made.options(login_password="another one")),
            host="source",
        ).results
        assert "nobody has found out" in refused["msg"]
        assert found["level"] == 0
        assert wrong["failed"]
        assert "Access denied" in wrong["msg"]
        done = run_task(
            box,
            "mysql_salvage_export",
            host="source",
            **made.options(
                where={"kinds.recent": "id >= 2900"}, row_limits={"kinds.sound": 7}, first_tables=["kinds.no_key"]
            ),
        )
        assert not done["failed"], done
        yield made


@pytest.mark.parametrize("table", ["types", "by_text"])
def test_of_a_damaged_table_every_other_row_is_as_it_was(salvaged: Salvaged, table: str) -> None:
    entry = salvaged.entry(table)
    assert (entry["state"], entry["method"]) == ("partial", "ranges")
    lost = salvaged.damages[table]
    assert entry["rows_saved"] == ROWS - lost
    # without a second index nobody knows how many there were
    assert entry["rows_lost"] == (lost if table == "types" else None)
    assert len(salvaged.loaded(table)) == ROWS - lost


def test_of_a_table_without_a_key_what_came_before_the_damage_is_kept(salvaged: Salvaged) -> None:
    entry = salvaged.entry("no_key")
    assert entry["state"] == "partial"
    assert 0 < entry["rows_saved"] < ROWS - salvaged.damages["no_key"]
    assert "mysqldump failed" in entry["why"]
    assert len(salvaged.loaded("no_key")) == entry["rows_saved"]


def test_rows_that_a_dump_left_out_in_silence_are_found_by_counts_and_read(salvaged: Salvaged) -> None:
    entry = salvaged.entry("short")
    assert (entry["state"], entry["method"], entry["rows_saved"], entry["ranges_lost"]) == ("saved", "ranges", ROWS, [])
    assert len(salvaged.loaded("short")) == ROWS


def test_conditions_and_limits_are_kept_to_and_stand_in_the_ledger(salvaged: Salvaged) -> None:
    recent, sound = salvaged.entry("recent"), salvaged.entry("sound")
    assert (recent["rows_saved"], recent["where"], recent["state"]) == (100, "id >= 2900", "saved")
    assert (sound["rows_saved"], sound["limit"], sound["state"]) == (7, 7, "saved")
    for entry in (recent, sound):
        assert len(salvaged.loaded(entry["table"])) == entry["rows_saved"]
