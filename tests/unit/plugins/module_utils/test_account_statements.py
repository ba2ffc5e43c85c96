# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements of a dump reach scratch tables only; values reach a server byte for byte."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import account_statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import DEFAULT, Table

COLUMNS = b"(\n  `Host` char(60) COLLATE utf8_bin NOT NULL DEFAULT '',\n  PRIMARY KEY (`Host`)\n)"


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (
            b" ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_bin COMMENT='Users (all)'",
            b"CHARSET=utf8 COLLATE=utf8_bin",
        ),
        (
            b" /*!50100 TABLESPACE `mysql` */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_bin COMMENT='It'",
            b"CHARSET=utf8mb3 COLLATE=utf8mb3_bin",
        ),
    ],
)
@pytest.mark.parametrize(
    "head", [b"CREATE TABLE `user` ", b"CREATE TABLE IF NOT EXISTS `mysql`.`user` ", b"create table user "]
)
def test_a_definition_becomes_one_of_a_temporary_table(head, options, kept):
    made = account_statements.make_scratch("user", head + COLUMNS + options)
    assert made == b"CREATE TEMPORARY TABLE `mysql`.`dbre_accounts_user` " + COLUMNS + b" ENGINE=InnoDB " + kept


@pytest.mark.parametrize(
    "head",
    [
        b"INSERT INTO `user`",
        b"INSERT  IGNORE INTO `user`",
        b"INSERT DELAYED INTO mysql.user",
        b"REPLACE INTO `mysql`.`user`",
        b'INSERT INTO "user"',
        b"insert user",
    ],
)
@pytest.mark.parametrize("rest", [b" VALUES ('user','INTO `db`')", b" (`Host`) VALUES ('`user`')"])
def test_rows_go_to_the_scratch_table_whatever_schema_they_name(head, rest):
    assert account_statements.fill_scratch("user", head + rest) == b"INSERT INTO `mysql`.`dbre_accounts_user`" + rest


@pytest.mark.parametrize("text", [b"CREATE TABLE `user` LIKE `db`", b"CREATE TABLE `user` (a int)"])
def test_an_unknown_form_of_a_definition_is_not_guessed(text):
    with pytest.raises(BadInput) as caught:
        account_statements.make_scratch("user", text)
    assert "mysql.user" in str(caught.value)


def test_an_unknown_form_of_rows_is_not_guessed():
    with pytest.raises(BadInput):
        account_statements.fill_scratch("user", b"/*! INSERT INTO user */")


def test_values_are_written_as_bytes_and_keys_found_by_them():
    table = Table(["Host", "x`y"], ["Host"], ["x`y"], [("41", None), ("", DEFAULT), ("42", "FF00")])
    (put,) = account_statements.put("t", table, table.rows)
    assert put.startswith("REPLACE INTO t (`Host`, `x``y`) VALUES (CONVERT(UNHEX('41') USING utf8mb4), NULL), ")
    assert put.endswith(
        ", (CONVERT(UNHEX('') USING utf8mb4), DEFAULT), (CONVERT(UNHEX('42') USING utf8mb4), UNHEX('FF00'))"
    )
    (away,) = account_statements.take_away("t", table, [("41",), ("",)])
    read = "CAST(CONVERT(`Host` USING utf8mb4) AS BINARY)"
    assert away == "DELETE FROM t WHERE (%s = UNHEX('41')) OR (%s = UNHEX(''))" % (read, read)


def test_no_rows_no_statement_and_many_rows_several():
    table = Table(["Host"], ["Host"], [], [])
    assert list(account_statements.put("t", table, [])) == []
    rows = [("%04X" % number,) for number in range(account_statements.AT_ONCE + 1)]
    assert [one.count("UNHEX") for one in account_statements.put("t", table, rows)] == [account_statements.AT_ONCE, 1]
