# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows become data only where LOAD DATA reads in them what SQL says."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_data
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_rows import data, not_undone, stands_alone

HEAD = b"INSERT INTO `t` VALUES "
FORM = (
    b"LOAD DATA LOCAL INFILE 'rows' INTO TABLE %s CHARACTER SET utf8mb4 FIELDS TERMINATED BY ','"
    b" OPTIONALLY ENCLOSED BY '\\'' ESCAPED BY '\\\\' LINES TERMINATED BY '%s'"
)


@pytest.fixture(autouse=True)
def short_statements_count(monkeypatch):
    monkeypatch.setattr(load_data, "WORTH_IT", 0)


def test_what_stands_between_the_outer_brackets_is_the_file():
    assert data(HEAD + b"(1,'a'),(2,NULL)", "utf8mb4", True) == (FORM % (b"`t`", b"),("), b"1,'a'),(2,NULL")
    statement = b"INSERT INTO `d`.`t` (`a`,`b`) VALUES\n(1,'a'),\r\n(2,NULL)"
    expected = FORM % (b"`d`.`t`", b"),\\r\\n(") + b" (`a`,`b`)", b"1,'a'),\r\n(2,NULL"
    assert data(statement, "utf8mb4", True) == expected


@pytest.mark.parametrize(
    "text", [b"('it\\'s'),('\\\\')", b"('it''s'),('),(')", b"('\\\\N'),('\\\\%')", b"(-1.5e-3),(NULL)"]
)
def test_what_says_the_same_in_both(text):
    assert data(HEAD + text, "utf8mb4", True).rows == text[1:-1]


@pytest.mark.parametrize(
    "text",
    [
        b"('\\N'),('a')",
        b"('a\\%'),('a')",
        b"('a'),('\\_')",
        b"('a'),(_binary 'a')",
        b"('a'),(x'61')",
        b"('a'),(0x61)",
        b"('a'),(NOW())",
        b"('a'), ('b')",
        b"(1, 'a'),(2, 'b')",
        b"('a'),('b') AS new",
        b"('a')",
        b"(),()",
    ],
)
def test_what_may_not(text):
    assert data(HEAD + text, "utf8mb4", True) is None


def test_nor_where_a_backslash_is_a_letter_or_half_of_one():
    text = HEAD + b"('a'),('b')"
    assert data(text, "utf8mb4", False) is None
    assert data(text, "gbk", True) is None
    assert data(text, "latin1", True)


def test_short_statements_stay_statements(monkeypatch):
    monkeypatch.setattr(load_data, "WORTH_IT", 100)
    assert data(HEAD + b"('a'),('b')", "utf8mb4", True) is None


@pytest.mark.parametrize(
    ("column", "plain"),
    [
        (b"int NOT NULL,", True),
        (b"bigint(20) unsigned DEFAULT NULL,", True),
        (b"enum('a','b') COLLATE utf8mb4_bin,", True),
        (b"varbinary(10),", False),
        (b"blob,", False),
        (b"bit(1),", False),
        (b"json,", False),
        (b"geometry,", False),
        (b"int GENERATED ALWAYS AS (1) VIRTUAL,", False),
        (b"int NOT NULL /*!80023 INVISIBLE */,", False),
    ],
)
def test_columns_whose_values_are_numbers_or_text(column, plain):
    assert load_data.is_plain(column) is plain


def test_what_is_put_back_at_once_need_not_be_run():
    triple = [b"SET @s = @@a", b"SET a = b", b"SET a = @s"]
    assert not_undone([b"USE x", *triple, b"SET c = 1", *triple[:2]]) == [0, 4, 5, 6]
    assert not_undone([]) == []


def test_a_table_that_another_one_makes_does_not_stand_alone():
    table = b"CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB"
    assert stands_alone(table)
    assert not stands_alone(table + b" AS SELECT 1 AS a")
    assert not stands_alone(table.replace(b"int", b"int,\n  FOREIGN KEY (`a`) REFERENCES `b` (`a`)"))
