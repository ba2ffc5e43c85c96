# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump that is loaded through several sessions leaves what the mysql client leaves, whatever stands in it."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_data
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_resume import Finished
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import (
    claim,
    drop_tables,
    load_checkpoints,
    load_resume,
    load_spread,
    row_pool,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Taken
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server as Session
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_checkpoints import Checkpoints
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.row_count import RowCount, Table
from integration.loader import Loader
from sandbox.damage import wait_for
from sandbox.topology import Sandbox

END = b"-- Dump completed\n"
HEAD = b"""-- MySQL dump 10.13  Distrib 5.6.24, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
CREATE DATABASE `small`;
USE `small`;
"""


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind, replicas=0) as own:
        if own.source.build.number >= (8, 4, 0):
            own.source.execute("SET GLOBAL restrict_fk_on_non_standard_key = OFF")
        yield own


@pytest.fixture
def loader(box: Sandbox, tmp_path: Path) -> Loader:
    return Loader(box.source, tmp_path / "state")


def table(name: bytes, extra: bytes = b"", engine: bytes = b"InnoDB") -> bytes:
    return (
        b"DROP TABLE IF EXISTS `%s`;\nCREATE TABLE `%s` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `s` varbinary(255),\n"
        b"  `t` varchar(60) CHARACTER SET utf8mb4,\n%s  PRIMARY KEY (`id`)\n) ENGINE=%s;\n"
        % (name, name, extra, engine)
    )


def rows(name: bytes, values: list[bytes], each: int = 2) -> bytes:
    """INSERTs of a few rows: id, the value, and the value once more as text."""
    text = b""
    for at in range(0, len(values), each):
        some = b",".join(b"(%d,%s,%s)" % (at + n + 1, v, v) for n, v in enumerate(values[at : at + each]))
        text += b"INSERT INTO `%s` VALUES %s;\n" % (name, some)
    return text


HOSTILE = [
    rb"'\\'",
    rb"'it\'s;'",
    b"'it''s -- no'",
    b"'/* # `'",
    b"'\"'",
    rb"'\0\n\r\Z\"'",
    b"'a;\nDELIMITER ;;\n'",
    b"NULL",
    b"'*/'",
]
# the second byte of a character is a backslash
GBK = [b"'\x81\x5c'", b"'\xd5\x5c\\''", b"'\xd5\x5c\\\\'"]
SJIS = [b"'\x83\x5c'", b"'\x95\x5c\\''", b"'\xb1\x83\x5c'"]
PLAIN_BACKSLASH = [b"'\\'", b"'a\\'", b"'''\\'''"]


def hostile_dump() -> bytes:
    """Rows whose meaning hangs on what the session was told right before them."""
    text = HEAD
    for name in (b"a", b"b"):
        text += table(name) + b"LOCK TABLES `%s` WRITE;\n/*!40000 ALTER TABLE `%s` DISABLE KEYS */;\n" % (name, name)
        text += rows(name, HOSTILE * 8)
        text += b"/*!40000 ALTER TABLE `%s` ENABLE KEYS */;\nUNLOCK TABLES;\n" % name
    text += table(b"plain") + b"SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO';\n"
    text += rows(b"plain", PLAIN_BACKSLASH * 20) + b"SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\n"
    # indexes that may wait, and those that may not; the keys of `on` are needed before `late` is there, and after `c_d`
    text += table(b"on", b"  KEY `s` (`s`(20)),\n  KEY `t` (`t`),\n  FULLTEXT KEY `f` (`t`),\n") + rows(
        b"on", HOSTILE * 4
    )
    text += table(
        b"c_d",
        b"  `o` varchar(60) CHARACTER SET utf8mb4,\n  `l` int,\n  KEY `o` (`o`),\n  KEY `l` (`l`),\n  KEY `s` (`s`),\n"
        b"  CONSTRAINT `x` FOREIGN KEY (`o`) REFERENCES `on` (`t`),\n"
        b"  CONSTRAINT `y` FOREIGN KEY (`l`) REFERENCES `late` (`n`),\n",
    )
    text += b"INSERT INTO `c_d` VALUES (1,'','','NULL',1);\n"
    text += (
        table(b"late", b"  `n` int,\n  KEY `n` (`n`),\n  KEY `s` (`s`),\n")
        + b"INSERT INTO `late` VALUES (1,'','',1);\n"
    )
    text += table(b"empty", b"  KEY `s` (`s`),\n")
    # the same instant, told in another zone for each statement
    text += table(b"zoned", b"  `at` timestamp NULL,\n")
    for hour in range(-12, 13):
        text += b"SET TIME_ZONE='%+03d:00';\nINSERT INTO `zoned` VALUES (%d,'','','2020-06-01 12:00:00');\n" % (
            hour,
            hour + 20,
        )
    # the server numbers them; a trigger counts what comes after it; the first of two keys stays; other engines
    text += (
        b"SET SESSION sql_mode = '';\n"
        + table(b"numbered")
        + b"INSERT INTO `numbered` VALUES (NULL,'x','y'),(0,'z','z');\n" * 30
    )
    text += table(b"counted") + rows(b"counted", HOSTILE * 10)
    text += b"DELIMITER ;;\n/*!50003 CREATE TRIGGER c BEFORE INSERT ON `counted` FOR EACH ROW"
    text += b" BEGIN SET NEW.t = 'seen;'; END */;;\nDELIMITER ;\n"
    text += b"INSERT INTO `counted` VALUES (5000,'x','y');\n"
    text += table(b"first") + b"".join(b"INSERT IGNORE INTO `first` VALUES (1,'%d','');\n" % n for n in range(30))
    text += b"".join(b"REPLACE INTO `first` VALUES (2,'%d','');\n" % n for n in range(30))
    text += table(b"isam", engine=b"MyISAM") + rows(b"isam", HOSTILE * 5)
    text += table(b"gone") + rows(b"gone", HOSTILE * 4) + table(b"gone") + rows(b"gone", HOSTILE)
    text += b"set autocommit=0;\n" + table(b"held") + rows(b"held", HOSTILE * 4) + b"commit;\n"
    text += b"START TRANSACTION;\nINSERT INTO `held` VALUES (9000,'x','y');\nROLLBACK;\n"
    text += b"CREATE VIEW seen AS SELECT COUNT(*) FROM `a`;\n"
    return text + END


def in_charset(name: bytes, values: list[bytes]) -> bytes:
    text = HEAD.replace(b"utf8mb4", name) + table(b"a") + rows(b"a", values * 20, 3)
    return text + table(b"long") + rows(b"long", values * 80, 240) + END


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        pytest.param(hostile_dump(), "utf8mb4", id="hostile"),
        pytest.param(hostile_dump().replace(b";\n", b";\r\n"), "utf8mb4", id="CRLF"),
        pytest.param(in_charset(b"gbk", GBK), "gbk", id="gbk"),
        pytest.param(in_charset(b"sjis", SJIS), "sjis", id="sjis"),
    ],
)
def test_what_the_client_leaves_is_left(
    loader: Loader, text: bytes, charset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader.by_client(text, charset)
    expected = loader.state()
    for spread_from, data_from in itertools.product((0, load_spread.SPREAD_FROM), (0, load_data.WORTH_IT)):
        monkeypatch.setattr(load_spread, "SPREAD_FROM", spread_from)
        monkeypatch.setattr(load_data, "WORTH_IT", data_from)
        loader.by_us(text)
        assert loader.state() == expected


PLAIN = b"""DROP TABLE IF EXISTS `plain`;
CREATE TABLE `plain` (
  `id` int NOT NULL AUTO_INCREMENT,
  `s` varchar(255) CHARACTER SET utf8mb4,
  `t` text,
  `n` decimal(20,5) DEFAULT '7.00000',
  `f` double,
  `e` enum('a','b,\\'c'),
  `m` set('x','y'),
  `w` datetime DEFAULT NULL,
  `at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  UNIQUE KEY `n` (`n`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
"""
REST = rb",'b,\'c','x,y','2024-02-29 23:59:59','2024-01-01 00:00:01')"
# Values that are text to LOAD DATA, too, if it is told right.
AS_DATA = [
    *(value for value in HOSTILE if value != b"NULL"),
    b"'NULL'",
    b"NULL",
    b"''",
    b"'),('",
    b"',,'",
    b"'\\\\'",
    b"'\\n\\r\\t\\0\\Z\\b'",
    "'😀é'".encode(),
]


@pytest.mark.parametrize("columns", [b"", b" (`id`,`s`,`t`,`n`,`f`,`e`,`m`,`w`,`at`)"])
@pytest.mark.parametrize("between", [b",", b",\n"])
def test_rows_that_go_as_data_are_the_same_rows(
    loader: Loader, columns: bytes, between: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [b"(%d,%s,%s,%d.5,-1.5e-3%s" % (n, v, v, n, REST) for n, v in enumerate(AS_DATA * 3, 1)]
    text = HEAD + PLAIN + b"INSERT INTO `plain`%s VALUES %s;\n" % (columns, between.join(values)) + END
    loader.by_client(text, "utf8mb4")
    expected = loader.state()
    monkeypatch.setattr(load_data, "WORTH_IT", 0)
    sent = []
    send: Callable[[Session, bytes, bytes], Taken] = Session.send_data

    def noted(session: Session, statement: bytes, rows: bytes) -> Taken:
        sent.append(send(session, statement, rows))
        return sent[-1]

    monkeypatch.setattr(Session, "send_data", noted)
    loader.server.execute("SET GLOBAL local_infile = ON")
    loader.by_us(text)
    assert loader.state() == expected
    assert sent == [Taken(len(values), True)]
    loader.server.execute("SET GLOBAL local_infile = OFF")
    loader.by_us(text)
    assert loader.state() == expected
    assert len(sent) == 1


def test_numbers_that_somebody_wrote_into_texts_are_what_sql_makes_of_them(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No tool does that. As data, 007 and 1e3 would stay what they are."""
    values = b",".join(b"(%d,007,1e3,%d,1%s" % (n, n, REST) for n in range(1, 9))
    text = HEAD.partition(b"\n")[2] + PLAIN + b"INSERT INTO `plain` VALUES %s;\n" % values + END
    loader.by_client(text, "utf8mb4")
    expected = loader.state()
    monkeypatch.setattr(load_data, "WORTH_IT", 0)
    loader.server.execute("SET GLOBAL local_infile = ON")
    loader.by_us(text)
    assert loader.state() == expected
    assert loader.server.value("SELECT DISTINCT CONCAT(s, ' ', t) FROM small.plain") == "7 1000"


@pytest.mark.parametrize(
    ("row", "errno"),
    [
        (b"(1,'twice','',900,1,'a','x',NULL,'2024-01-01')", (1062,)),
        (b"(901,'no number','',900,'abc','a','x',NULL,'2024-01-01')", (1265, 1366)),
        (b"(901,'no such word','',900,1,'none','x',NULL,'2024-01-01')", (1265,)),
        (b"(901,'too few','',900)", (1136,)),
    ],
)
def test_what_a_server_only_warns_of_in_data_is_refused_as_in_a_statement(
    loader: Loader, row: bytes, errno: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = b",".join(b"(%d,'a','b',%d,1%s" % (n, n, REST) for n in range(1, 9))
    text = HEAD.replace(b"='NO_AUTO", b"='STRICT_ALL_TABLES,NO_AUTO") + PLAIN
    good = b"INSERT INTO `plain` VALUES %s;\n" % values
    monkeypatch.setattr(load_data, "WORTH_IT", 0)
    loader.server.execute("SET GLOBAL local_infile = ON")
    with pytest.raises(ServerError) as caught:
        loader.by_us(text + good + b"INSERT INTO `plain` VALUES (800,'a','b',800,1%s,%s;\n" % (REST, row) + END)
    assert caught.value.errno in errno
    assert loader.server.value("SELECT COUNT(*) FROM small.plain") == 8


def test_foreign_keys_are_checked_where_the_dump_has_them_checked(loader: Loader) -> None:
    orphan = (
        HEAD
        + table(b"parent")
        + table(b"child", b"  KEY `k` (`id`),\n  CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `parent` (`id`),\n")
        + b"INSERT INTO `child` VALUES (1,'','');\nINSERT INTO `parent` VALUES (1,'','');\n"
    )
    loader.by_us(orphan + END)
    with pytest.raises(ServerError) as caught:
        loader.by_us(orphan.replace(b"CHECKS=0", b"CHECKS=1") + END)
    assert caught.value.errno == 1452


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_that_went_away_are_missed(loader: Loader, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + table(b"a") + rows(b"a", HOSTILE) + table(b"b") + rows(b"b", HOSTILE)
    assert loader.by_us(text + END, workers).counted == 2
    check: Callable[[RowCount, Session, Table], None] = RowCount.check_one

    def after_a_loss(counted: RowCount, session: Session, which: Table) -> None:
        if which[1] == "b":
            session.execute("DELETE FROM small.b LIMIT 1")
        check(counted, session, which)

    monkeypatch.setattr(RowCount, "check_one", after_a_loss)
    with pytest.raises(ReplicaError, match="took 9 rows of this table, but has 8") as caught:
        loader.by_us(text + END, workers)
    assert caught.value.where == "small.b"


def drops(loader: Loader) -> int:
    return int(loader.server.rows("SHOW GLOBAL STATUS LIKE 'Com_drop_table'")[0]["Value"])


def test_only_tables_that_are_there_are_dropped(loader: Loader) -> None:
    text = HEAD + table(b"a") + rows(b"a", HOSTILE) + table(b"A") + table(b"B") + rows(b"B", HOSTILE)
    before = drops(loader)
    assert loader.by_us(text + END).tables == 3
    assert drops(loader) == before + 1  # it has one of the name of another, but for the case
    twice = text + b"ALTER TABLE `B` RENAME `c`;\n" + table(b"B") + table(b"c") + rows(b"c", HOSTILE)
    loader.by_us(twice + END)
    assert drops(loader) > before + 2
    assert {name for name in loader.state() if name in ("a", "A", "B", "c")} == {"a", "A", "B", "c"}


def test_tables_of_a_schema_go_side_by_side_unless_others_refer_to_them(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_tables, "WORTH_IT", 3)
    monkeypatch.setattr(drop_tables, "TABLES_EACH", 2)
    server = loader.server
    key = "CREATE TABLE %s (id INT PRIMARY KEY, CONSTRAINT %s FOREIGN KEY (id) REFERENCES %s (id)) ENGINE=InnoDB"
    with Session(Login(host="localhost", port=0, user="root", unix_socket=server.socket), log_bin=False) as session:
        for schema in ("many", "referred"):
            session.execute("DROP DATABASE IF EXISTS " + schema)
            session.execute("CREATE DATABASE " + schema)
            session.execute(f"CREATE TABLE {schema}.t0 (id INT PRIMARY KEY) ENGINE=InnoDB")
            for number in range(1, 9):
                session.execute(key % (f"{schema}.t{number}", f"f{number}", f"{schema}.t{number - 1}"))
        session.execute("CREATE DATABASE elsewhere")
        session.execute(key % ("elsewhere.t", "f", "referred.t3"))
        drop_tables.drop_tables(session, "many")
        drop_tables.drop_tables(session, "referred")
        left = "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
        assert [session.value(left, (schema,)) for schema in ("many", "referred")] == [0, 9]
        for schema in ("elsewhere", "many", "referred"):
            session.execute("DROP DATABASE " + schema)


def test_an_index_that_is_not_there_is_missed(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + table(b"a", b"  KEY `s` (`s`),\n  KEY `t` (`t`),\n") + rows(b"a", HOSTILE)
    text += b"CREATE TRIGGER c BEFORE INSERT ON `a` FOR EACH ROW SET NEW.t = 1;\nCREATE VIEW `v` AS SELECT 1;\n" + END
    loader.by_us(text)
    check: Callable[[RowCount, Session], int] = RowCount.check

    def after_a_loss(counted: RowCount, session: Session) -> int:
        for statement in ("ALTER TABLE small.a DROP KEY t", "DROP TRIGGER small.c", "DROP VIEW small.v"):
            session.execute(statement)
        return check(counted, session)

    monkeypatch.setattr(RowCount, "check", after_a_loss)
    lost = "3 things .* are not on the server: key t of small.a, trigger small.c, view small.v"
    with pytest.raises(ReplicaError, match=lost):
        loader.by_us(text)


def test_the_first_statement_that_failed_is_named(loader: Loader) -> None:
    good = HEAD + table(b"a") + rows(b"a", HOSTILE * 300)
    bad = b"INSERT INTO `a` VALUES (1,'once','more');\n"
    with pytest.raises(ServerError) as caught:
        loader.by_us(good + bad + rows(b"a", HOSTILE * 300).replace(b"VALUES (", b"VALUES (1") + END)
    assert caught.value.errno == 1062
    assert f"byte {len(good)} of the plain text" in str(caught.value)
    assert "(insert small.a): INSERT INTO `a` VALUES (?,?,?)" in str(caught.value)
    assert not loader.server.rows("SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = 'root' AND DB = 'small'")


def test_a_setting_that_is_refused_is_named(loader: Loader) -> None:
    good = HEAD + table(b"a") + rows(b"a", HOSTILE)
    text = good + b"SET SESSION no_such_setting = 'secret';\n" + rows(b"a", HOSTILE).replace(b"(", b"(1") + END
    with pytest.raises(ServerError) as caught:
        loader.by_us(text)
    assert caught.value.errno == 1193
    assert str(caught.value).count("in a statement of the dump") == 1
    assert "(set session): SET SESSION no_such_setting = ?" in str(caught.value)
    assert f"byte {len(good)} of the plain text" in str(caught.value)


def test_what_a_deadlock_undid_is_done_again(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock, for no test can make a server choose a victim at will."""
    text = HEAD + table(b"a") + rows(b"a", HOSTILE * 40) + END
    loader.by_us(text, workers=1)
    expected = loader.state()
    dice = random.Random(1)
    send: Callable[[Session, bytes], int] = Session.send

    def unlucky(session: Session, statement: bytes) -> int:
        if statement.startswith(b"INSERT") and dice.random() < 0.05:
            session.execute("ROLLBACK")
            raise ServerError("Deadlock found when trying to get lock", errno=1213)
        return send(session, statement)

    monkeypatch.setattr(Session, "send", unlucky)
    monkeypatch.setattr(row_pool, "_COMMIT_AFTER", 400)
    monkeypatch.setattr(load_spread, "SPREAD_FROM", 0)
    loader.by_us(text)
    assert loader.state() == expected


@pytest.mark.parametrize("lost", [False, True])
def test_what_was_finished_stays_and_the_rest_is_loaded_again(
    loader: Loader, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_checkpoints, "EVERY", 0)
    server, indexed = loader.server, b"  KEY `s` (`s`),\n"
    text = HEAD + b"".join(
        table(name, indexed) + rows(name, HOSTILE * 8) + b"UNLOCK TABLES;\n" for name in (b"a", b"b")
    )
    text += b"CREATE TRIGGER small.t BEFORE DELETE ON `b` FOR EACH ROW SET @x = 1;\n"
    text += table(b"c") + rows(b"c", HOSTILE) + b"INSERT INTO `c` SELECT 7777, '', '' FROM gate.open;\n"
    text += table(b"d", indexed) + rows(b"d", HOSTILE) + END
    server.execute("DROP DATABASE IF EXISTS gate")
    written: list[list[Finished]] = []
    with pytest.raises(ServerError, match="gate"):
        loader.by_us(text, checkpoints=Checkpoints(written.append))
    assert sorted(one.table for one in written[-1]) == ["a", "b"]
    before = {name: server.rows(f"SHOW TABLE STATUS FROM small LIKE '{name}'")[0]["Create_time"] for name in "ab"}
    if lost:
        server.execute("DELETE FROM small.a LIMIT 1")
    server.execute("CREATE DATABASE gate")
    server.execute("CREATE TABLE gate.open (a INT)")
    login = Login(host="localhost", port=0, user="root", unix_socket=server.socket)
    with Session(login, log_bin=False) as session:
        kept = load_resume.keep(session, ["small"], written[-1])
    assert sorted(one.table for one in kept) == (["b"] if lost else ["a", "b"])
    tally = loader.by_us(text, checkpoints=Checkpoints(written.append, kept))
    found = loader.state()
    after = {name: server.rows(f"SHOW TABLE STATUS FROM small LIKE '{name}'")[0]["Create_time"] for name in "ab"}
    assert after["b"] == before["b"]
    assert tally.left_out["the interrupted run has done it"] > 0
    assert tally.counted == 4
    loader.by_client(text, "utf8mb4")
    assert found == loader.state()


def test_what_a_killed_run_still_has_at_work_is_ended(loader: Loader, tmp_path: Path) -> None:
    login = Login(host="localhost", port=0, user="root", unix_socket=loader.server.socket)
    dead = RunLock(str(tmp_path / "state"), "test")
    with dead, Session(login) as main, Session(login) as helper, ThreadPoolExecutor() as threads:
        claim.claim(main, dead)
        claim.enlist(helper, dead, 0)
        number = helper.value("SELECT CONNECTION_ID()")
        work = threads.submit(helper.execute, "SELECT SLEEP(600)")
        wait_for("it is at work", lambda: "User sleep" in str(loader.server.rows("SHOW PROCESSLIST")))
        record = json.loads(Path(dead.path).read_text())
        assert record["helpers"] == [number]
        dead._release()
        Path(dead.path).write_text(json.dumps(record | {"pid": 2**22 + 1}) + "\n")
        with RunLock(str(tmp_path / "state"), "test") as lock, Session(login) as session:
            claim.claim(session, lock)
            assert isinstance(work.exception(timeout=60), ServerError)
            assert not loader.server.rows(f"SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = {number}")
