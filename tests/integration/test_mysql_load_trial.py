# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_load_trial says what a load would be refused for, on a replica at work, and leaves nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest

from integration import by_hand
from integration.ansible_run import LOGIN, SOURCE, STATE, Task, Template, run_task, run_tasks, task, tasks_under_way
from integration.conftest import MakeBox
from integration.server_state import state
from sandbox import dataset
from sandbox.damage import wait_for, writable
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_load_trial"
OPTIONS = LOGIN | STATE
MYSQLDUMP = {
    "mysqldump": Template("{{ mysql_replica_mysqldump }}"),
    "mysqldump_options": Template("{{ mysql_replica_mysqldump_options }}"),
}
ID = "`id` int NOT NULL,\n  PRIMARY KEY (`id`)"
LONG = "CHARSET=utf8mb4 ROW_FORMAT=COMPACT"
PARTITIONS = "\n/*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 4 */"
# What a table may have that its server lacks, beside what only a temporary table lacks; bodies as mysqldump writes them
TABLES = {
    "plain": f"{ID}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    "Plain": f"{ID}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",  # two tables where a server does not fold case
    "engine": f"{ID}\n) ENGINE=TokuDB",
    "collation": "`v` varchar(10)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci",
    "index_cut": f"`v` varchar(4000),\n  KEY `v` (`v`)\n) ENGINE=InnoDB DEFAULT {LONG}",
    "index_refused": f"`v` varchar(255),\n  UNIQUE KEY `v` (`v`)\n) ENGINE=InnoDB DEFAULT {LONG}",
    "row_size": ",\n  ".join(f"`c{n}` varchar(255)" for n in range(70)) + "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    "row_size_of_pages": ",\n  ".join(f"`c{n}` char(255)" for n in range(40))
    + "\n) ENGINE=InnoDB DEFAULT CHARSET=latin1",
    "row_format": f"{ID}\n) ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
    "type": "`j` json\n) ENGINE=InnoDB",
    "child": "`id` int NOT NULL,\n  KEY `id` (`id`),\n  CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `parent` (`id`),\n"
    "  CONSTRAINT `d` FOREIGN KEY (`id`) REFERENCES `elsewhere`.`parent` (`id`)\n) ENGINE=InnoDB",
    "words": "`t` text,\n  FULLTEXT KEY `t` (`t`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    "parted": f"{ID}\n) ENGINE=InnoDB{PARTITIONS}",
    "parted_collation": f"`w` char(9) COLLATE utf8mb4_uca1400_ai_ci,\n  {ID}\n) ENGINE=InnoDB{PARTITIONS}",
    "keyring": f"{ID}\n) ENGINE=InnoDB ENCRYPTION='Y'",
}
HEAD = """-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
SET @@SESSION.SQL_LOG_BIN= 1;
SET autocommit=0;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `odd` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `odd`;
"""
TAIL = """
CREATE TABLE `slow` AS SELECT SLEEP(1000);
INSERT INTO `plain` VALUES (1);
SET time_zone = 'Europe/Nowhere';
SET sql_mode = 'NO_AUTO_CREATE_USER';
SET character_set_client = 'cp1047';
CREATE DATABASE `foreign` CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci;
-- Dump completed on 2026-11-20 23:10:05
"""
# how long it takes is set on the server: ten minutes, or nothing, by one and the same dump
SLOW = "SET @slept = SLEEP(@@GLOBAL.slow_launch_time * 300);\n"


def create(name: str) -> str:
    return f"CREATE TABLE `{name}` (\n  {TABLES[name]}"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("SET GLOBAL event_scheduler = OFF")  # its events write
        dataset.load(own.source, scale=0.02)
        # somebody's own schema with a name that looks like ours
        own.source.execute("CREATE DATABASE dbre_trial_77")
        own.source.execute("CREATE TABLE dbre_trial_77.kept (id INT PRIMARY KEY)")
        own.source.execute("CREATE DATABASE elsewhere")
        own.source.execute("CREATE TABLE elsewhere.parent (id VARCHAR(9) PRIMARY KEY)")
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture(scope="module")
def odd(box: Sandbox) -> Path:
    path = box.directory / "odd.sql"
    path.write_text(HEAD + "".join(f"{create(name)};\n" for name in TABLES) + TAIL)
    return path


def trial(path: Path, **options: Any) -> Task:
    return task(MODULE, path=str(path), **OPTIONS, **options)


def refused_by_hand(server: Server) -> dict[str, int]:
    """Each table, made for real in an empty schema: error numbers, by table."""
    found = {}
    with closing(server.connect(charset="utf8mb4")) as session, session.cursor() as cursor:
        for statement in ("SET sql_log_bin = 0", "SET foreign_key_checks = 0", "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
                          "CREATE DATABASE by_hand", "USE by_hand"):  # fmt: skip
            cursor.execute(statement)
        for name in TABLES:
            try:
                cursor.execute(create(name).replace("`elsewhere`.", "`nowhere`."))
            except pymysql.MySQLError as exc:
                found[name] = int(exc.args[0])
        cursor.execute("DROP DATABASE by_hand")
    return found


def of_level(answer: dict[str, Any], level: str) -> dict[str, int]:
    problems = [one for one in answer["problems"] if one["level"] == level and one["schema"] == "odd"]
    return {one["table"]: one["errno"] for one in problems}


@pytest.mark.long_on("newest")
def test_a_replica_at_work_is_tried_and_left_as_it_was(box: Sandbox, odd: Path) -> None:
    replica = box.replicas[0]
    before = state(replica)
    answers = run_tasks(box, trial(odd), trial(odd, check=True)).results
    assert state(replica) == before
    with writable(replica):
        wanted = refused_by_hand(replica)
    for answer in answers:
        assert not answer["failed"], answer
        assert answer["changed"] is False
        assert answer["tried"] is True
        assert answer["tables"] == len(TABLES) + 1
        assert of_level(answer, "error") == wanted
        assert {"engine", "index_cut"} <= set(of_level(answer, "changed"))
        others = {(one["schema"], one["errno"]) for one in answer["problems"] if one["schema"] != "odd"}
        assert {(None, 1298), (None, 1115), ("foreign", 1273)} <= others
        assert ((None, 1231) in others) is (box.build.number >= (8, 0, 11)), "8.0.11 took NO_AUTO_CREATE_USER away"
        assert all(str(odd) in one["where"] for one in answer["problems"])
        assert "slow" in {one["table"] for one in answer["reduced"]}
    real, checked = answers
    assert checked["scratch"] is False
    # super_read_only lets nobody make a schema; read_only alone does
    assert real["scratch"] is (box.build.number < (5, 7, 8))
    partly = {one["table"] for one in checked["reduced"]}
    assert {"child", "words", "parted"} <= partly


def test_with_scratch_schemas_every_table_is_tried_whole(box: Sandbox, odd: Path) -> None:
    replica = box.replicas[0]
    with writable(replica):
        wanted = refused_by_hand(replica)
        before = state(replica)
        # a killed run's: before it made its mark, and after
        for statement in ("CREATE DATABASE dbre_trial_1", "CREATE DATABASE dbre_trial_2",
                          "CREATE TABLE dbre_trial_2.dbre_mysql_replica_trial (id INT PRIMARY KEY)"):  # fmt: skip
            unlogged(replica, statement)
        answer = run_task(box, MODULE, path=str(odd), **OPTIONS)
        assert state(replica) == before
    assert not answer["failed"], answer
    assert answer["dropped"] == ["dbre_trial_1", "dbre_trial_2"]
    assert answer["scratch"] is True
    assert of_level(answer, "error") == wanted
    assert [one["table"] for one in answer["reduced"]] == ["slow"]


def unlogged(server: Server, statement: str) -> None:
    with closing(server.connect()) as session, session.cursor() as cursor:
        cursor.execute("SET sql_log_bin = 0")
        cursor.execute(statement)


def test_a_dump_of_the_source_has_no_problem(box: Sandbox) -> None:
    """Whether it lies in a file or is taken now, whose definitions alone are tried then."""
    dump = by_hand.take_dump(box.source, box.directory / "all.sql")
    before = state(box.replicas[0])
    taken = task(MODULE, method="source", **OPTIONS, **SOURCE, **MYSQLDUMP)
    excluded = trial(dump, exclude_tables=["elsewhere.parent"])
    answers = run_tasks(box, trial(dump), taken, excluded).results
    assert state(box.replicas[0]) == before
    for answer in answers:
        assert not answer["failed"], answer
        assert [one for one in answer["problems"] if one["level"] == "error"] == []
    assert answers[0]["tables"] == answers[1]["tables"] == answers[2]["tables"] + 1 > 20


def test_a_dump_that_changed_is_not_tried_and_a_cut_one_as_far_as_it_goes(box: Sandbox, odd: Path) -> None:
    text = odd.read_bytes()
    cut = odd.with_name("cut.sql")
    cut.write_bytes(text[: text.index(b"CREATE TABLE `type`") + 30])
    told, whole, changed = run_tasks(
        box, task("mysql_dump_info", path=str(odd)), trial(cut), trial(cut, dump=Template("{{ result_0 }}"))
    ).results
    assert not told["failed"], told
    assert whole["tables"] == list(TABLES).index("type")
    assert changed["error"]["kind"] == "interrupted", changed


def test_a_killed_trial_leaves_what_the_next_one_drops(box: Sandbox, odd: Path) -> None:
    replica = box.replicas[0]
    slow = odd.with_name("slow.sql")
    slow.write_text(HEAD + create("parted") + ";\n" + SLOW + TAIL)
    asleep = "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'"
    with writable(replica):
        before = state(replica)
        with tasks_under_way(box, trial(slow)) as run:
            wait_for("the slow statement runs", lambda: replica.rows(asleep))
            assert replica.rows("SHOW TABLES FROM dbre_trial_1 LIKE 'parted'")
            run.kill()
        launch_time = replica.value("SELECT @@GLOBAL.slow_launch_time")
        replica.execute("SET GLOBAL slow_launch_time = 0")
        again = run_task(box, MODULE, path=str(slow), **OPTIONS)
        replica.execute("SET GLOBAL slow_launch_time = %s", (launch_time,))
        assert not again["failed"], again
        assert again["dropped"] == ["dbre_trial_1"]
        assert not replica.rows(asleep), "the dead run's session"
        assert state(replica) == before


def test_names_that_are_one_where_the_server_folds_case(make_box: MakeBox, server_kind: str) -> None:
    if server_kind != "5.6":
        pytest.skip("8.0 and later take lower_case_table_names only with a new data directory")
    with make_box(options={"replica": {"lower_case_table_names": "1"}}) as own:
        path = own.directory / "case.sql"
        path.write_text(HEAD + create("plain") + ";\n" + create("plain").replace("`plain`", "`Plain`") + ";\n")
        answer = run_task(own, MODULE, path=str(path), **OPTIONS)
    assert [(one["table"], one["errno"]) for one in answer["problems"]] == [("Plain", 1050)]
