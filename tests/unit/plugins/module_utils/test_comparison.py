# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every difference between two servers is found, named, and told once."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.comparison import (
    Difference,
    Side,
    differences,
    not_replicated,
    table_results,
)

DEFINITIONS = {
    ("schema", "shop", ""): "utf8mb4 utf8mb4_general_ci",
    ("table", "shop", "orders"): "CREATE TABLE `orders` (\n  `id` int\n)",
    ("table", "shop", "empty"): "CREATE TABLE `empty` (\n  `id` int\n)",
    ("view", "shop", "v"): "CREATE VIEW `v` AS select 1",
    ("trigger", "shop", "t"): "ACTION_STATEMENT: SET @x = 1",
    ("procedure", "shop", "p"): "CREATE PROCEDURE `p`()",
    ("function", "shop", "p"): "CREATE FUNCTION `p`()",
    ("event", "shop", "e"): "EVENT_DEFINITION: SELECT 1",
}
CHECKSUMS = {("shop", "orders"): 4711, ("shop", "empty"): 0}
SIDE = Side(DEFINITIONS, CHECKSUMS)


def without(name):
    definitions = {key: text for key, text in DEFINITIONS.items() if key != name}
    return Side(definitions, {key: value for key, value in CHECKSUMS.items() if ("table", *key) != name})


def test_equal_sides():
    assert differences(SIDE, Side(dict(DEFINITIONS), dict(CHECKSUMS))) == []


def test_two_empty_sides():
    assert differences(Side({}, {}), Side({}, {})) == []


@pytest.mark.parametrize("name", sorted(DEFINITIONS), ids=[" ".join(name).strip() for name in sorted(DEFINITIONS)])
def test_what_one_side_lacks(name):
    shown = "schema shop" if name[0] == "schema" else "%s shop.%s" % (name[0], name[2])
    assert differences(SIDE, without(name)) == [Difference("missing", shown, "the replica does not have it")]
    assert differences(without(name), SIDE) == [Difference("extra", shown, "only the replica has it")]


@pytest.mark.parametrize("name", sorted(DEFINITIONS), ids=[" ".join(name).strip() for name in sorted(DEFINITIONS)])
def test_another_definition(name):
    changed = {**DEFINITIONS, name: DEFINITIONS[name] + " -- changed"}
    (found,) = differences(SIDE, Side(changed, CHECKSUMS))
    assert found.kind == "definition"
    assert "-- changed" in found.detail


STATE = ("event state", "shop", "e")


@pytest.mark.parametrize(
    ("there", "here", "equal"),
    [
        ("ENABLED", "ENABLED", True),
        ("ENABLED", "SLAVESIDE_DISABLED", True),
        ("ENABLED", "REPLICA_SIDE_DISABLED", True),
        ("DISABLED", "SLAVESIDE_DISABLED", True),
        ("SLAVESIDE_DISABLED", "REPLICA_SIDE_DISABLED", True),
        ("ENABLED", "DISABLED", False),
        ("DISABLED", "ENABLED", False),
        ("SLAVESIDE_DISABLED", "ENABLED", False),
    ],
)
def test_an_event_may_sleep_as_replication_leaves_it(there, here, equal):
    found = differences(Side({STATE: there}, {}), Side({STATE: here}, {}))
    assert [(one.kind, one.object) for one in found] == ([] if equal else [("definition", "event state shop.e")])


def test_no_other_definition_is_excused_by_that_word():
    there, here = Side({("event", "s", "e"): "ENABLED"}, {}), Side({("event", "s", "e"): "SLAVESIDE_DISABLED"}, {})
    assert [one.kind for one in differences(there, here)] == ["definition"]


def test_the_first_line_that_differs_is_shown():
    there = Side({("table", "s", "t"): "CREATE TABLE `t` (\n  `a` int,\n  `b` int\n)"}, {})
    here = Side({("table", "s", "t"): "CREATE TABLE `t` (\n  `a` int,\n  `b` bigint\n)"}, {})
    (found,) = differences(there, here)
    assert found.public() == {
        "kind": "definition",
        "object": "table s.t",
        "detail": "source: `b` int | replica: `b` bigint",
    }


def test_a_definition_that_only_goes_on_differs():
    there = Side({("event", "s", "e"): "A: 1"}, {})
    here = Side({("event", "s", "e"): "A: 1\nB: 2"}, {})
    assert [found.kind for found in differences(there, here)] == ["definition"]


@pytest.mark.parametrize(
    ("there", "here"),
    [(4711, 4712), (0, 1), (4711, None), (None, 4711), (None, None)],
    ids=["rows", "an empty table", "unreadable here", "unreadable there", "unreadable on both"],
)
def test_rows_differ_or_cannot_be_compared(there, here):
    name = ("shop", "orders")
    theirs, ours = ({**CHECKSUMS, name: checksum} for checksum in (there, here))
    (found,) = differences(Side(DEFINITIONS, theirs), Side(DEFINITIONS, ours))
    assert (found.kind, found.object) == ("rows", "table shop.orders")


@pytest.mark.parametrize("which", ["source", "replica"])
def test_a_table_of_both_whose_rows_were_read_on_one_only_is_not_proven_equal(which):
    some = Side(DEFINITIONS, {("shop", "empty"): 0})
    pair = (some, SIDE) if which == "source" else (SIDE, some)
    assert [(found.kind, found.object) for found in differences(*pair)] == [("rows", "table shop.orders")]


def test_differences_come_in_order_definitions_first():
    there = Side({("view", "s", "v"): "1", ("table", "s", "a"): "1", ("table", "s", "b"): "1"}, {("s", "b"): 1})
    here = Side({("table", "s", "a"): "2", ("table", "s", "b"): "1", ("table", "s", "c"): "1"}, {("s", "b"): 2})
    assert [(found.kind, found.object) for found in differences(there, here)] == [
        ("definition", "table s.a"),
        ("extra", "table s.c"),
        ("missing", "view s.v"),
        ("rows", "table s.b"),
    ]


def test_table_results():
    here = Side(DEFINITIONS, {("shop", "orders"): None})
    there = Side(DEFINITIONS, {("shop", "orders"): 4711, ("shop", "empty"): 0, ("shop", "view_like"): None})
    assert table_results(there, SIDE) == [
        {"table": "shop.empty", "source": 0, "replica": 0, "equal": True},
        {"table": "shop.orders", "source": 4711, "replica": 4711, "equal": True},
        {"table": "shop.view_like", "source": None, "replica": None, "equal": False},
    ]
    assert [row["equal"] for row in table_results(there, here)] == [False, False, False]


def test_what_is_not_replicated_is_told_of_both_sides_once():
    there = Side({}, {}, frozenset([("shop", "b"), ("shop", "a")]))
    here = Side({}, {}, frozenset([("shop", "b"), ("aside", "c")]))
    assert not_replicated(there, here) == ["aside.c", "shop.a", "shop.b"]
    assert not_replicated(Side({}, {}), Side({}, {})) == []
