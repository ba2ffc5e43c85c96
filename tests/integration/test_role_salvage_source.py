# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ruined replica whose source lives: what only the replica has comes back, the rest comes from the source."""

from __future__ import annotations

import json

import pytest

from integration.ansible_run import secrets_in
from integration.salvage_playbook import ledger, salvage
from sandbox import dataset
from sandbox.compare import compare
from sandbox.server import Server
from sandbox.server_program import open_to_the_sandbox

from .conftest import MakeBox

MINE = (
    "CREATE DATABASE mine CHARACTER SET utf8mb4",
    "CREATE TABLE mine.notes (id INT PRIMARY KEY, text VARCHAR(100)) ENGINE=InnoDB",
    "INSERT INTO mine.notes VALUES (1, 'it''s mine; --'), (2, NULL)",
    "CREATE VIEW mine.some AS SELECT id FROM mine.notes",
    "CREATE PROCEDURE mine.p() SELECT 1",
    "CREATE TABLE shop.only_here (id INT PRIMARY KEY AUTO_INCREMENT, v INT, KEY (v)) ENGINE=InnoDB",
    "INSERT INTO shop.only_here (v) VALUES (1), (2), (3)",
)


def own(server: Server, statements: tuple[str, ...]) -> None:
    """As somebody does who knows that a replica must not have GTIDs of its own."""
    with server.connect() as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        for statement in statements:
            cursor.execute(statement)


def mine(server: Server) -> list[object]:
    return [
        server.rows("SELECT * FROM mine.notes ORDER BY id"),
        server.rows("SELECT * FROM mine.some ORDER BY id"),
        server.rows("SELECT * FROM shop.only_here ORDER BY id"),
        server.rows("SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'mine'"),
    ]


@pytest.mark.long
def test_what_only_the_replica_has_comes_back_and_the_rest_from_the_source(make_box: MakeBox) -> None:
    box = make_box()
    source, replica = box.source, box.replicas[0]
    dataset.load(source, scale=0.05)
    box.wait_caught_up(replica)
    replica.execute("SET GLOBAL read_only = OFF")
    own(replica, MINE)
    replica.execute("INSERT INTO shop.only_here (v) VALUES (4711)")  # with a GTID of its own
    replica.restart()  # on disk, whatever becomes of the redo log
    before = mine(replica)
    box.damage("redo_overwritten", replica)
    source.execute("CREATE DATABASE meanwhile")

    outcome = salvage(
        box, replica, "--extra-vars", "mysql_replica_dump_method=source", way="source", rebuild="always", settle=0
    )
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    told = ledger(replica)
    assert {f"{one['schema']}.{one['table']}" for one in told["tables"] if one["state"] != "left_out"} == {
        "mine.notes",
        "shop.only_here",
    }
    assert "4711" in (replica.directory / "salvage/errant.sql").read_text()
    added = json.loads((replica.directory / "salvage/rebuilt.json").read_text())["added"]
    assert added == {"mine": ["notes"], "shop": ["only_here"]}

    open_to_the_sandbox(replica)
    assert mine(replica) == before
    replica.execute("SET GLOBAL read_only = OFF")  # takes super_read_only with it
    own(replica, ("DROP DATABASE mine", "DROP TABLE shop.only_here"))
    box.wait_caught_up(replica)
    judgement = compare(source, replica)
    assert judgement.identical, judgement
