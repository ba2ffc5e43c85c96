# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a dump, and the proof that it is whole: a cut at any byte is seen."""

import gzip
import os

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_contents import Contents
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump, read

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "dumps")


def fixture(name):
    path = os.path.join(FIXTURES, name)
    with gzip.open(path) if name.endswith(".gz") else open(path, "rb") as source:
        return source.read()


def contents_of(data):
    contents = Contents()
    for item in read([data]):
        contents.add(item)
    return contents


def is_complete(data):
    try:
        return contents_of(data).incomplete_reason() is None
    except IncompleteDump:
        return False


WHOLE = [
    "mysqldump-5.6.sql",
    "mysqldump-9.7.sql",
    "mysqldump-tiny.sql",
    "mysqldump-tiny-commented.sql",
    "mysqldump-tiny-skip-comments.sql",
    "mysqldump-wide-gbk.sql.gz",
]


@pytest.mark.parametrize("name", WHOLE)
def test_real_dumps_are_whole(name):
    assert contents_of(fixture(name)).incomplete_reason() is None


def test_no_cut_goes_unseen():
    data = fixture("mysqldump-tiny.sql")
    assert [cut for cut in range(len(data)) if is_complete(data[:cut])] == []


def test_without_comments_only_blank_lines_may_be_missing():
    data = fixture("mysqldump-tiny-skip-comments.sql")
    complete = [cut for cut in range(len(data)) if is_complete(data[:cut])]
    assert complete == list(range(len(data.rstrip()), len(data)))


@pytest.mark.parametrize(("version", "server"), [("9.7", "9.7.4-2"), ("5.6", "5.6.24-log")])
def test_everything_in_a_dump_is_counted(version, server):
    result = contents_of(fixture("mysqldump-%s.sql" % version)).result()
    assert result["tool"] == "mysqldump"
    assert result["server_version"] == server
    assert result["databases"] == ["shop", "od`d-one"]
    tables = [(row["database"], row["table"], row["rows_statements"]) for row in result["tables"]]
    assert tables == [("shop", "item", 1), ("shop", "nothing", 0), ("od`d-one", "ta`ble; -- x", 1)]
    assert result["tables"][1]["bytes"] == 0 < result["tables"][0]["bytes"]
    counts = {name: result[name] for name in ("views", "triggers", "routines", "events")}
    assert counts == {"views": 1, "triggers": 2, "routines": 3, "events": 1}
    assert result["gtid_purged"].endswith(":1-22")
    assert result["position"]["file"] == "mysql-bin.000001"
    assert result["position"]["statement"] is False
    assert result["system_tables"] == []
    assert result["has_accounts"] is False
    assert result["largest_statement"] == max(len(item.text) for item in read([fixture("mysqldump-%s.sql" % version)])
                                              if item.text[:2] != b"--")  # fmt: skip


HEADER = b"-- MySQL dump 10.13  Distrib 9.7.4, for Linux\n-- Host: db    Database: shop\n"
END = b"-- Dump completed on 2026-11-21 10:00:00\n"
RESTORED = b"/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n"

REASONS = [
    (b"", "no statement"),
    (HEADER + END, "no statement"),
    (HEADER + b"SELECT 1;\n" + END, None),
    (HEADER + b"SELECT 1;\n" + END + b"\n\n", None),
    (HEADER + b"SELECT 1;\n" + RESTORED, "is missing"),
    (HEADER + b"SELECT 1;\n", "is missing"),
    (HEADER + b"SELECT 1;\n" + END + b"SELECT 2;\n", "follows the end mark"),
    (HEADER + b"SELECT 1;\n" + END + HEADER + b"SELECT 2;\n" + END, None),
    (HEADER + b"SELECT 1;\n" + HEADER + b"SELECT 2;\n" + END, "2 dumps in one file, but 1 end marks"),
    (HEADER + b"SELECT 1;\n" + END + HEADER + b"SELECT 2;\n", "2 dumps in one file, but 1 end marks"),
    (HEADER + b"INSERT INTO t VALUES ('\n" + END + b"');\n", "is missing"),
    (b"SELECT 1;\n" + RESTORED, None),
    (b"SELECT 1;\n" + RESTORED + b"SELECT 2;\n", "no end mark"),
    (b"INSERT INTO t VALUES ('" + RESTORED + b"');\n", "no end mark"),
    (b"SET SQL_NOTES=@OLD_SQL_NOTES;\n", None),
    (b"SELECT 1;\n", "no end mark"),
    (b"/*!40101 SET NAMES binary*/;\nSELECT 1;\n", "no end mark"),
]


@pytest.mark.parametrize(("data", "reason"), REASONS)
def test_why_a_dump_is_not_whole(data, reason):
    told = contents_of(data).incomplete_reason()
    assert told is None if reason is None else reason in told


def test_a_dump_made_with_compact_proves_nothing():
    assert "--compact" in contents_of(fixture("mysqldump-tiny-compact.sql")).incomplete_reason()


def joined(*sets):
    return b"".join(HEADER + (b"SET @@GLOBAL.GTID_PURGED='%s';\n" % one if one else b"") + b"SELECT 1;\n" + END
                    for one in sets)  # fmt: skip


A = b"aaaaaaaa-2222-3333-4444-555555555555:1-9"
B = b"bbbbbbbb-2222-3333-4444-555555555555:1-9"
GTIDS = [
    ("one dump", joined(A), (A, "replace", False)),
    ("none", joined(None), (None, None, False)),
    ("joined, of one moment", joined(A, A), (A, "replace", False)),
    ("joined, the same set in other words", joined(A + b"," + B, B + b",\n" + A), (A + b"," + B, "replace", False)),
    ("joined, none declares one", joined(None, None), (None, None, False)),
    ("joined, of two moments", joined(A, A + b"0"), (None, None, True)),
    ("joined, only the first declares one", joined(A, None), (None, None, True)),
    ("joined, only the last declares one", joined(None, A), (None, None, True)),
    ("joined, the empty set and another", joined(b"", A), (None, None, True)),
    ("no comments, two moments", b"SET GLOBAL GTID_PURGED='%s'; SET GLOBAL GTID_PURGED='a';" % A, (None, None, True)),
    ("no set of MySQL", joined(b"0-1-100", b"0-1-100"), (b"0-1-100", "replace", False)),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), [row[1:] for row in GTIDS], ids=[row[0] for row in GTIDS])
def test_one_set_stands_for_all_rows_or_none_does(data, expected):
    gtids = contents_of(data).gtids()
    assert gtids == (expected[0].decode() if expected[0] else None, *expected[1:])
    result = contents_of(data).result()
    assert tuple(result[name] for name in ("gtid_purged", "gtid_purged_form", "gtid_sets_differ")) == gtids


UNPLACED = [
    (b"CREATE TABLE t (a int);", "line 1: CREATE TABLE t (a"),
    (b"\nINSERT INTO t VALUES (1);\nUSE d;", "line 2: INSERT INTO t VALUES"),
    (b"CREATE DATABASE d;\nCREATE VIEW v AS SELECT 1;", "line 2: CREATE VIEW v AS"),
    (b"CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW DO 1;", "line 1: CREATE TRIGGER x BEFORE"),
    (b"USE d; CREATE TABLE t (a int);", None),
    (b"CREATE TABLE d.t (a int); INSERT INTO `d`.`t` VALUES (1);", None),
    (b"SET NAMES utf8; CREATE USER a; SELECT 1;", None),
]


@pytest.mark.parametrize(("data", "expected"), UNPLACED)
def test_what_belongs_to_a_schema_that_nobody_selected_is_told(data, expected):
    assert contents_of(data).result()["unplaced_statement"] == expected


ACCOUNTS = [
    (b"GRANT USAGE ON *.* TO a;", True),
    (b"CREATE USER a;", True),
    (b"USE mysql; CREATE TABLE `user` (a int);", True),
    (b"USE `mysql`; INSERT INTO `global_grants` VALUES (1);", True),
    (b"INSERT INTO mysql.db VALUES (1);", True),
    (b"USE mysql; INSERT INTO time_zone VALUES (1);", False),
    (b"USE shop; CREATE TABLE user (a int); INSERT INTO user VALUES (1);", False),
]


@pytest.mark.parametrize(("data", "expected"), ACCOUNTS)
def test_accounts_are_seen(data, expected):
    assert contents_of(data).result()["has_accounts"] is expected


def test_system_tables_are_named():
    result = contents_of(b"USE mysql; CREATE TABLE a (a int); CREATE TABLE shop.b (a int);").result()
    assert result["system_tables"] == ["a"]


def test_a_database_in_the_header_alone_is_none_that_the_dump_selects():
    result = contents_of(HEADER + b"CREATE TABLE t (a int); INSERT INTO t VALUES (1);").result()
    assert result["databases"] == []
    assert [(row["database"], row["table"]) for row in result["tables"]] == [("shop", "t")]
    nameless = contents_of(b"INSERT INTO t VALUES (1);").result()
    assert [(row["database"], row["table"]) for row in nameless["tables"]] == [(None, "t")]


def test_a_table_is_one_table_in_two_character_sets():
    # as mysqldump --default-character-set=gbk does it
    data = b"""SET NAMES gbk;
SET @saved_cs_client = @@character_set_client;
SET character_set_client = utf8mb4;
CREATE TABLE `\xe8\xa1\xa8` (a int);
SET character_set_client = @saved_cs_client;
INSERT INTO `\xb1\xed` VALUES (1);
"""
    tables = contents_of(data).result()["tables"]
    assert [(row["table"], row["rows_statements"]) for row in tables] == [("\u8868", 1)]


def test_a_table_that_held_the_place_of_a_view_is_no_table():
    # as mysqldump did it up to 5.7
    data = b"""USE `d`;
/*!50001 CREATE TABLE `v` (
  `a` tinyint NOT NULL
) ENGINE=MyISAM */;
/*!50001 DROP TABLE IF EXISTS `v`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`r`@`%` SQL SECURITY DEFINER */
/*!50001 VIEW `v` AS select 1 AS `a` */;
"""
    result = contents_of(data).result()
    assert result["tables"] == []
    assert result["views"] == 1
