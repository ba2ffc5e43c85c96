# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several parts are one dump: whole when each is, of one moment when all say so, and the same as their text at once."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part, Whole

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "dumps")
A = "aaaaaaaa-2222-3333-4444-555555555555:1-9"

with open(os.path.join(FIXTURES, "mysqldump-tiny.sql"), "rb") as _source:
    TINY = _source.read()


def dump_of(schema, gtids=A, body=b""):
    """As `mysqldump --databases SCHEMA` writes it."""
    declared = "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '%s';\n" % gtids if gtids is not None else ""
    head = "-- MySQL dump 10.13  Distrib 9.7.4, for Linux\n-- Host: db    Database: %s\n%s" % (schema, declared)
    text = "CREATE DATABASE `%s`;\nUSE `%s`;\nCREATE TABLE `t` (a int);\n" % (schema, schema)
    return head.encode() + text.encode() + body + b"-- Dump completed on 2026-11-21 10:00:00\n"


def whole_of(*texts, **named):
    whole = Whole(named.get("name", "all"))
    for number, text in enumerate(texts):
        try:
            for _item in whole.read(Part("part%d" % number, [text])):
                continue
        except IncompleteDump:
            continue
    return whole


def test_a_whole_sums_up_its_parts():
    result = whole_of(
        dump_of("shop", body=b"INSERT INTO `t` VALUES (1);\nCREATE VIEW v AS SELECT 1;\n"),
        dump_of("crm", body=b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN END;\n"),
    ).result()
    assert result["databases"] == ["shop", "crm"]
    assert [(row["database"], row["rows_statements"]) for row in result["tables"]] == [("shop", 1), ("crm", 0)]
    assert (result["views"], result["events"], result["triggers"]) == (1, 1, 0)
    assert result["statements"] == 11
    assert result["gtid_purged"] == A
    assert result["gtid_sets_differ"] is False
    assert (result["complete"], result["incomplete_reason"]) == (True, None)
    assert result["tool_version"] == "9.7.4"
    assert [part["name"] for part in result["parts"]] == ["part0", "part1"]
    assert {part["gtid_purged"] for part in result["parts"]} == {A}
    assert sum(part["uncompressed_size"] for part in result["parts"]) == result["uncompressed_size"]


def test_definitions_in_one_part_and_rows_in_another_are_one_table():
    rows = (
        b"-- MySQL dump 10.13  Distrib 9.7.4, for Linux\nUSE `shop`;\nINSERT INTO `t` VALUES (1);\n-- Dump completed\n"
    )
    (table,) = whole_of(dump_of("shop", None), rows).result()["tables"]
    assert (table["table"], table["rows_statements"]) == ("t", 1)
    assert table["bytes"] == len(b"INSERT INTO `t` VALUES (1)")


SETS = [
    ("one each", [A, A], A, False),
    ("one moment later", [A, A + "0"], None, True),
    ("one says nothing", [A, None], None, True),
    ("the first says nothing", [None, A], None, True),
    ("nobody says anything", [None, None], None, False),
    ("three", [A, A, A + "0"], None, True),
]


@pytest.mark.parametrize(("sets", "purged", "differ"), [row[1:] for row in SETS], ids=[row[0] for row in SETS])
def test_parts_of_one_moment_have_one_set(sets, purged, differ):
    result = whole_of(*[dump_of("d%d" % number, gtids) for number, gtids in enumerate(sets)]).result()
    assert (result["gtid_purged"], result["gtid_sets_differ"]) == (purged, differ)
    assert [part["gtid_purged"] for part in result["parts"]] == sets


def test_one_part_that_is_cut_makes_the_whole_incomplete():
    result = whole_of(dump_of("a"), dump_of("b")[:-9], dump_of("c")).result()
    assert [part["complete"] for part in result["parts"]] == [True, False, True]
    assert result["complete"] is False
    assert result["incomplete_reason"].startswith("part1: ")
    assert result["databases"] == ["a", "b", "c"]


def test_parts_that_nobody_could_see_make_it_incomplete_too():
    whole = whole_of(dump_of("a"))
    whole.cut = "the tar archive is cut"
    assert whole.result()["incomplete_reason"] == "the tar archive is cut"


def test_a_part_that_was_not_read_to_its_end_is_not_whole():
    whole = Whole("all")
    next(whole.read(Part("all", [TINY])))
    assert whole.incomplete_reason() == "it was not read to its end"


def test_lines_are_told_with_their_part():
    result = whole_of(dump_of("a"), dump_of("b", body=b"CALL p();\n"), b"CREATE TABLE t (a int);").result()
    assert result["unknown_statement"] == "part1: line 7: CALL p()"
    assert result["unplaced_statement"] == "part2: line 1: CREATE TABLE t (a"


def test_a_dump_of_one_part_is_not_named_twice():
    whole = Whole("/d/all.sql")
    with pytest.raises(IncompleteDump) as caught:
        list(whole.read(Part("/d/all.sql", [b"SELECT 'x"])))
    assert caught.value.where == "/d/all.sql: line 1, byte 7 of the plain text"
    assert whole.incomplete_reason().endswith("no end (line 1, byte 7 of the plain text)")


def test_a_stream_without_its_end_mark_is_told_after_its_last_statement():
    seen = []
    with pytest.raises(IncompleteDump, match="end mark") as caught:
        seen.extend(item.text for item, kind in Whole("m").read(Part("m", [TINY[:-20]])) if kind is not None)
    assert len(seen) == len([kind for _item, kind in Whole("m").read(Part("m", [TINY])) if kind is not None])
    assert caught.value.where == "m"


def test_a_program_that_fails_at_the_end_of_its_output_says_why():
    def chunks():
        yield TINY
        raise IncompleteDump("mysqldump failed (2): lost connection", "mysqldump of db1:3306")

    whole = Whole("source")
    with pytest.raises(IncompleteDump) as caught:
        list(whole.read(Part("mysqldump of db1:3306", chunks())))
    assert caught.value.where == "mysqldump of db1:3306"
    assert whole.incomplete_reason() == "mysqldump of db1:3306: mysqldump failed (2): lost connection"


PLACES = [
    (None, "/d.tar: a.sql"),
    ("line 3, byte 9", "/d.tar: a.sql: line 3, byte 9"),
    ("/d.tar: a.sql", "/d.tar: a.sql"),
    ("/d.tar", "/d.tar"),  # the archive, which changed
]


@pytest.mark.parametrize(("where", "expected"), PLACES)
def test_a_place_names_the_part_once(where, expected):
    assert Part("/d.tar: a.sql", []).place(where) == expected


def test_an_error_of_the_reader_names_the_part():
    with pytest.raises(BadInput, match="command of the mysql client") as caught:
        list(Whole("all").read(Part("b.sql", [b"SELECT 1;\nsource x\n"])))
    assert caught.value.where == "b.sql: line 2, byte 10 of the plain text"


SUMMED = ("databases", "tables", "statements", "views", "triggers", "routines", "events", "gtid_purged", "complete",
          "largest_statement", "has_accounts", "uncompressed_size", "gtid_sets_differ")  # fmt: skip
_BODIES = st.lists(
    st.sampled_from(
        [
            b"INSERT INTO `t` VALUES (1);\n",
            b"CREATE TABLE `u` (a int);\n",
            b"CREATE VIEW `v` AS SELECT 1;\n",
            b"CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW DO 1;\n",
            b"GRANT USAGE ON *.* TO a;\n",
        ]
    ),
    max_size=5,
).map(b"".join)
_TEXTS = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([A, A + "0", None]), _BODIES), min_size=1)


@settings(deadline=None, database=None, max_examples=100)
@given(_TEXTS)
def test_parts_hold_what_they_hold_when_they_are_joined(drawn):
    texts = [dump_of(*one) for one in drawn]
    apart, at_once = whole_of(*texts).result(), whole_of(b"".join(texts)).result()
    assert {name: apart[name] for name in SUMMED} == {name: at_once[name] for name in SUMMED}
