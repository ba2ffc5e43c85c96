# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every damage of every system table, healed by the playbook, or refused with the reason; each is counted.

SOAK_TABLES is a part of a name of a damage or of a table, to run only those.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.ansible_run import secrets_in
from integration.server_state import settings
from integration.system_tables import Boxes, definitions, prove, repair
from sandbox import builds
from sandbox.damages_systables import PAGE
from sandbox.topology import Sandbox

OLD, NEW = "5.6", builds.modern_spec()
REPLICATION = ("slave_master_info", "slave_relay_log_info", "slave_worker_info")
STATISTICS = ("innodb_index_stats", "innodb_table_stats")
OF_FILES = (
    "data_file_deleted",
    "format_file_deleted",
    "both_files_deleted",
    "format_file_garbage",
    "data_file_emptied",
    "data_file_garbage",
    "data_file_foreign",
    "root_page_garbage",
    "half_repaired",
)
BY_STATEMENT = ("dropped", "dropped_before_start", "altered")
MATRIX = [
    *((OLD, damage, table) for damage in OF_FILES + BY_STATEMENT for table in STATISTICS + REPLICATION),
    *((NEW, damage, table) for damage in BY_STATEMENT for table in REPLICATION),
    (OLD, "statistics_deleted", ""),
    (NEW, "statistics_deleted", ""),
]
WANTED = [row for row in MATRIX if os.environ.get("SOAK_TABLES", "") in " ".join(row)]


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    made = Boxes()
    yield made
    made.down()


# A server that dies as soon as it has answered is waited for that long.
START_TIMEOUT = 60  # seconds


@pytest.mark.parametrize(("kind", "damage", "table"), WANTED, ids=[" ".join(row) for row in WANTED])
def test_it_is_healed(boxes: Boxes, kind: str, damage: str, table: str) -> None:
    box = boxes.lend(kind)
    replica = box.replicas[0]
    usual, before = settings(replica), definitions(replica)
    began = time.monotonic()
    box.damage(f"systable_{damage}", replica, **({"table": table} if table else {}))
    came_up = replica.is_running()
    outcome = repair(box, start_timeout=START_TIMEOUT)
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    assert settings(replica) == usual
    again = repair(box)
    assert (again.returncode, again.changed) == (0, 0), again.output
    prove(box, before)
    start = "came up" if came_up else "did not start"
    print(f"{kind} {damage} {table}: healed, {start}, {time.monotonic() - began:.0f} s")


def page(path: Path, number: int) -> bytes:
    with path.open("rb") as source:
        source.seek(number * PAGE)
        return source.read(PAGE)


def test_a_dictionary_that_is_lost_gets_all_five_tables_again() -> None:
    """Its other InnoDB tables are lost, too, so there are none here."""
    with Sandbox.up(server=OLD) as box:
        replica = box.replicas[0]
        before = definitions(replica)
        box.damage("systable_dictionary_lost", replica)
        outcome = repair(box)
        assert outcome.returncode == 0, outcome.output
        assert (repair(box).changed, definitions(replica)) == (0, before)
        box.source.execute("CREATE DATABASE d")
        box.source.execute("CREATE TABLE d.t (id INT PRIMARY KEY, n INT, KEY (n))")
        box.source.execute("INSERT INTO d.t VALUES (1, 1)")
        box.wait_caught_up(replica)
        prove(box, before)


def test_a_damaged_mysql_ibd_is_refused_with_the_reason() -> None:
    with Sandbox.up(server=NEW) as box:
        replica = box.replicas[0]
        number = box.damage("systable_system_space_page", replica)["page"]
        before = page(replica.datadir / "mysql.ibd", number)
        outcome = repair(box, start_timeout=5)
        assert outcome.returncode != 0
        assert "this cannot be repaired" in outcome.output
        # Not all of the file: a server that is started once more writes into it before it dies.
        assert page(replica.datadir / "mysql.ibd", number) == before
        assert not list((replica.directory / "dbre/backup").glob("*"))
        print(f"{NEW} system_space_page: refused")
