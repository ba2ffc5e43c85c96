# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A quote of a log can be shown anywhere, and holds no password."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.quote import LONGEST_QUOTE, quote

STATEMENTS = [
    (b"Query: 'CREATE USER 'q'@'h' IDENTIFIED BY PASSWORD '*9D96EAAA'', Error_code: 1396", "9D96"),
    (b"Query: 'CREATE USER 'q'@'h' IDENTIFIED WITH 'caching_sha2_password' AS '$A$00A$\\1+Ufx<", "Ufx"),
    (b"Query: 'CREATE USER q IDENTIFIED WITH mysql_native_password BY 'top ''secret'', x", "secret"),
    (b"ALTER USER q IDENTIFIED BY 'new' REPLACE 'old one'", "old one"),
    (b'GRANT ALL ON *.* TO q IDENTIFIED BY "sesame"', "sesame"),
    (b"SET PASSWORD FOR 'q'@'h' = PASSWORD('sesame')", "sesame"),
    (b"SET PASSWORD = 'sesame'", "sesame"),
    (b"SET PASSWORD FOR q@h TO 'sesame'", "sesame"),
    (b"CHANGE MASTER TO MASTER_USER='u', MASTER_PASSWORD = 'sesame', MASTER_PORT=1", "sesame"),
    (b"CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='ses\\'ame'", "ame'"),
    (b"START SLAVE USER='u' PASSWORD='sesame'", "sesame"),
    (b"IDENTIFIED BY 'ses", "ses'"),
    (b"xtrabackup --user=root --password=sesame --backup", "sesame"),
    (b"[Note] A temporary password is generated for root@localhost: aB3;sesame", "sesame"),
    (b"SELECT PASSWORD('sesame')", "sesame"),
]


@pytest.mark.parametrize(("line", "secret"), STATEMENTS, ids=[row[0].decode("ascii")[:40] for row in STATEMENTS])
def test_a_password_in_a_statement_is_masked(line, secret):
    shown = quote(line)
    assert secret not in shown
    assert "***" in shown


def test_the_rest_of_the_statement_is_kept():
    assert quote(STATEMENTS[8][0]) == "CHANGE MASTER TO MASTER_USER='u', MASTER_PASSWORD = '***', MASTER_PORT=1"


def test_what_is_no_secret_is_kept():
    line = b"Access denied for user 'repl'@'10.0.0.7' (using password: YES) {{ x }} %s {0} <b>"
    assert quote(line) == line.decode("ascii")


SHOWN = [
    (b"a\x1b[2Jb", "a\\x1b[2Jb"),
    (b"a\x00b\tc", "a\\x00b\\tc"),
    (b"caf\xc3\xa9 \xff", "caf\u00e9 \\xff"),
    ("a\u202eb\u2028c".encode("utf-8"), "a\\u202eb\\u2028c"),
    (b"  x \r", "x"),
]


@pytest.mark.parametrize(("line", "shown"), SHOWN)
def test_what_could_move_a_cursor_is_escaped(line, shown):
    assert quote(line) == shown


@pytest.mark.parametrize("line", [b"x" * 501, b"\x00" * 400, b"\xff" * 500, "\u202e".encode("utf-8") * 300])
def test_a_long_quote_is_cut_with_a_mark(line):
    shown = quote(line)
    assert len(shown) <= LONGEST_QUOTE
    assert shown.endswith(" [...]")


def test_a_quote_at_the_limit_is_whole():
    assert quote(b"x" * LONGEST_QUOTE) == "x" * LONGEST_QUOTE


def test_a_secret_at_the_cut_is_masked_before_the_cut():
    assert "sesame" not in quote(b"x" * 470 + b" IDENTIFIED BY 'sesame" + b"y" * 100 + b"'")
