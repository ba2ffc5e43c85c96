# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a program writes into the file of a table, when it ends well, and when it dies."""

import json
import os

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_file import (
    Limits,
    RowsFile,
    described,
    take_whole,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_ledger import read_ledger
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ledger

NO_LIMITS = Limits(None, 0)
DUMP = b"""-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
INSERT INTO `t` VALUES (1,'a'),(2,'b');
INSERT INTO `t` VALUES (3,'c');
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
-- Dump completed on 2026-11-21 10:00:00
"""


@pytest.fixture(name="prints")
def _prints(tmp_path):
    """The command line of a program that prints a text and ends as it is told."""

    def made(text, status=0):
        source = tmp_path / "output"
        source.write_bytes(text)
        return ["/bin/sh", "-c", 'cat "$0"; echo "its last words" >&2; exit %d' % status, str(source)]

    return made


@pytest.fixture(name="rows_file")
def _rows_file(tmp_path):
    made = RowsFile(str(tmp_path / "rows.sql"), b"USE `s`;\n", NO_LIMITS)
    yield made
    if not os.path.exists(made.path):
        made.drop()


def text_of(rows_file):
    told = rows_file.finish()
    with open(told["path"], "rb") as source:
        text = source.read()
    assert told == described(told["path"])
    assert told["bytes"] == len(text)
    return text


def test_a_good_dump_is_kept_with_one_head_and_one_end(rows_file, prints):
    for _turn in range(2):
        taken = rows_file.take(prints(DUMP), keep_half=False)
        assert (taken.good, taken.rows) == (True, 3)
    assert rows_file.rows == 6
    text = text_of(rows_file)
    assert text.startswith(b"USE `s`;\n-- MySQL dump")
    assert text.count(b"SET NAMES") == text.count(b"-- Dump completed") == 1
    assert b"@OLD_TIME_ZONE" not in text
    assert text.count(b"INSERT") == 4
    assert text.endswith(b"-- Dump completed\n")


def test_a_file_that_is_begun_again_holds_nothing_of_before(rows_file, prints):
    rows_file.take(prints(DUMP.replace(b"(3,'c')", b"(4,'of before')")), keep_half=False)
    rows_file.begin_again()
    assert rows_file.rows == 0
    rows_file.take(prints(DUMP), keep_half=False)
    text = text_of(rows_file)
    assert text.startswith(b"USE `s`;\n-- MySQL dump")
    assert b"of before" not in text
    assert (rows_file.rows, text.count(b"INSERT"), text.count(b"SET NAMES")) == (3, 2, 1)


def test_a_table_without_rows_has_a_whole_file(rows_file, prints):
    empty = DUMP.replace(b"INSERT", b"-- INSERT")
    assert rows_file.take(prints(empty), keep_half=False).rows == 0
    assert text_of(rows_file).count(b"-- Dump completed") == 1


@pytest.mark.parametrize("keep_half", [True, False])
def test_of_one_that_died_only_whole_statements_are_kept_and_only_on_request(rows_file, prints, keep_half):
    cut = DUMP[: DUMP.index(b"(3,") + 2]
    taken = rows_file.take(prints(cut, status=3), keep_half)
    assert (taken.good, taken.status, taken.words) == (False, 3, "its last words")
    assert rows_file.rows == taken.rows == (2 if keep_half else 0)
    rows_file.write(b"INSERT INTO `t` VALUES (9);\n", count=1)
    text = text_of(rows_file)
    assert text.count(b"INSERT") == (2 if keep_half else 1)
    assert b"(3," not in text


def test_nothing_has_the_name_of_a_file_that_is_not_whole(tmp_path, rows_file, prints):
    rows_file.take(prints(DUMP), keep_half=False)
    assert not os.path.exists(rows_file.path)
    assert not take_whole(str(tmp_path / "d.sql"), prints(DUMP, status=2)).good
    assert sorted(os.listdir(str(tmp_path))) == ["output", "rows.sql.part"]
    assert take_whole(str(tmp_path / "d.sql"), prints(DUMP)).good
    assert (tmp_path / "d.sql").read_bytes() == DUMP
    assert (tmp_path / "d.sql").stat().st_mode & 0o077 == 0


def test_limits_say_why_nothing_more_is_written(tmp_path):
    assert NO_LIMITS.over(str(tmp_path)) is None
    assert "time" in Limits(1.0, 0).over(str(tmp_path))
    assert "free" in Limits(None, 1 << 60).over(str(tmp_path))


def test_a_ledger_is_believed_only_with_its_files(tmp_path):
    kept = tmp_path / "t.sql"
    kept.write_bytes(DUMP)
    entry = ledger.entry("s", "t", ledger.left_out("s", "t", "no"), files=[described(str(kept))])
    for text in ("", "[]", '{"format": 99}'):
        (tmp_path / "ledger.json").write_text(text)
        with pytest.raises(BadInput):
            read_ledger(str(tmp_path))
    (tmp_path / "ledger.json").write_text(json.dumps(ledger.ledger({}, [], [entry])))
    assert read_ledger(str(tmp_path))["tables"] == [entry]
    kept.write_bytes(DUMP + b"more")
    with pytest.raises(BadInput) as caught:
        read_ledger(str(tmp_path))
    assert caught.value.where == str(kept)
