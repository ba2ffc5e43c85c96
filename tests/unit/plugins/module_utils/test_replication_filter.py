# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a filter lets through is what the server lets through, and what it shows is written back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import replication_filter
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replication_filter import (
    FILTERS,
    Filters,
    read_rules,
    replicates,
    replicates_schema,
)

# filter, as 9.7.4 shows it -> its items, as they are written
SHOWN = [
    (
        "REPLICATE_DO_DB",
        "we`ird,it's,sp ace,\u00c4,x.y",
        ["we`ird", "it's", "sp ace", "\u00c4", "x.y"],
        "REPLICATE_DO_DB = (`we``ird`, `it's`, `sp ace`, `\u00c4`, `x.y`)",
    ),
    ("REPLICATE_IGNORE_DB", "", [], "REPLICATE_IGNORE_DB = ()"),
    (
        "REPLICATE_DO_TABLE",
        "d.t,d.q`q",
        [["d", "t"], ["d", "q`q"]],
        "REPLICATE_DO_TABLE = (`d`.`t`, `d`.`q``q`)",
    ),
    ("REPLICATE_IGNORE_TABLE", "d.100%", [["d", "100%"]], "REPLICATE_IGNORE_TABLE = (`d`.`100%`)"),
    (
        "REPLICATE_WILD_DO_TABLE",
        "d.%,my\\_db.o'c",
        ["d.%", "my\\_db.o'c"],
        "REPLICATE_WILD_DO_TABLE = ('d.%', 'my\\_db.o'c')",
    ),
    ("REPLICATE_WILD_IGNORE_TABLE", "a.b.c", ["a.b.c"], "REPLICATE_WILD_IGNORE_TABLE = ('a.b.c')"),
    (
        "REPLICATE_REWRITE_DB",
        "(a,b),(c c,e)",
        [["a", "b"], ["c c", "e"]],
        "REPLICATE_REWRITE_DB = ((`a`, `b`), (`c c`, `e`))",
    ),
]


@pytest.mark.parametrize(("name", "text", "items", "written"), SHOWN, ids=[row[0] for row in SHOWN])
def test_shown_and_written(name, text, items, written):
    rules = read_rules({name: text})
    assert rules == {name: items}
    (clause,) = replication_filter.clauses(rules)
    assert clause.shown == written
    # patterns are values of the driver, names are part of the statement
    assert clause.values == (tuple(items) if "WILD" in name else ())
    assert clause.sql % tuple("'%s'" % value for value in clause.values) == written


def test_every_filter_is_looked_at_here():
    assert [row[0] for row in SHOWN] == list(FILTERS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REPLICATE_DO_TABLE", "a.b.c,d"),
        ("REPLICATE_DO_TABLE", "a.b.c"),
        ("REPLICATE_IGNORE_TABLE", "d.t,u"),
        ("REPLICATE_WILD_DO_TABLE", "d.%,my\\_db.o,k%"),
        ("REPLICATE_REWRITE_DB", "(a,b),(c,d,e(f)"),
        ("REPLICATE_DO_DB", "a,,b"),
        ("REPLICATE_DO_DB", ",a"),
    ],
)
def test_what_cannot_be_told_is_refused(name, text):
    with pytest.raises(Refused) as caught:
        read_rules({name: text})
    assert text in str(caught.value)


_NAMES = st.text(st.characters(blacklist_characters=",.()\x00", blacklist_categories=["Cs"]), min_size=1, max_size=8)
_ITEMS = {
    "REPLICATE_DO_DB": _NAMES,
    "REPLICATE_IGNORE_DB": _NAMES,
    "REPLICATE_DO_TABLE": st.tuples(_NAMES, _NAMES).map(list),
    "REPLICATE_IGNORE_TABLE": st.tuples(_NAMES, _NAMES).map(list),
    "REPLICATE_WILD_DO_TABLE": st.tuples(_NAMES, _NAMES).map(".".join),
    "REPLICATE_WILD_IGNORE_TABLE": st.tuples(_NAMES, _NAMES).map(".".join),
    "REPLICATE_REWRITE_DB": st.tuples(_NAMES, _NAMES).map(list),
}
_RULES = st.fixed_dictionaries({name: st.lists(items, max_size=4) for name, items in _ITEMS.items()})


def as_shown(name, item):
    if name == "REPLICATE_REWRITE_DB":
        return "(%s,%s)" % tuple(item)
    return item if isinstance(item, str) else ".".join(item)


@given(_RULES)
def test_what_a_server_shows_is_read_as_it_was_written(rules):
    shown = {name: ",".join(as_shown(name, item) for item in rules[name]) for name in rules}
    assert read_rules(shown) == rules


# A filter on its own -> (schema, table) and whether it passes. Marked: seen on 5.6.24 and 9.7.4.
PASSES = [
    ({}, "d.t", True),
    ({"REPLICATE_DO_DB": "d"}, "d.t", True),
    ({"REPLICATE_DO_DB": "d"}, "e.t", False),
    ({"REPLICATE_DO_DB": "d", "REPLICATE_IGNORE_DB": "d"}, "d.t", True),
    ({"REPLICATE_IGNORE_DB": "d"}, "d.t", False),
    ({"REPLICATE_IGNORE_DB": "d"}, "e.t", True),
    ({"REPLICATE_IGNORE_DB": "D"}, "d.t", True),  # seen
    ({"REPLICATE_DO_TABLE": "d.t"}, "d.t", True),
    ({"REPLICATE_DO_TABLE": "d.t"}, "d.u", False),
    ({"REPLICATE_DO_TABLE": "d.t", "REPLICATE_IGNORE_TABLE": "d.t"}, "d.t", True),
    ({"REPLICATE_IGNORE_TABLE": "d.t"}, "d.t", False),  # seen
    ({"REPLICATE_IGNORE_TABLE": "d.T"}, "d.t", True),  # seen
    ({"REPLICATE_IGNORE_TABLE": "d.t"}, "d.u", True),
    ({"REPLICATE_WILD_DO_TABLE": "d%.t_"}, "d2.t1", True),
    ({"REPLICATE_WILD_DO_TABLE": "d%.t_"}, "d2.t", False),
    ({"REPLICATE_WILD_DO_TABLE": "d.%"}, "e.t", False),  # seen
    ({"REPLICATE_WILD_DO_TABLE": "d.%", "REPLICATE_DO_TABLE": "e.t"}, "e.t", True),
    ({"REPLICATE_WILD_DO_TABLE": "d.%", "REPLICATE_IGNORE_TABLE": "d.t"}, "d.t", False),
    ({"REPLICATE_WILD_DO_TABLE": "d.%", "REPLICATE_WILD_IGNORE_TABLE": "d.%"}, "d.t", True),
    ({"REPLICATE_WILD_IGNORE_TABLE": "d.t\\_x"}, "d.t_x", False),  # seen
    ({"REPLICATE_WILD_IGNORE_TABLE": "d.t\\_x"}, "d.tyx", True),  # seen
    ({"REPLICATE_WILD_IGNORE_TABLE": "D.%"}, "d.t", True),  # seen
    ({"REPLICATE_WILD_IGNORE_TABLE": "a%.t"}, "a.b.t", False),
    ({"REPLICATE_WILD_IGNORE_TABLE": "d.(t)|u"}, "d.t", True),
    ({"REPLICATE_DO_DB": "d", "REPLICATE_IGNORE_TABLE": "d.t"}, "d.t", False),
    ({"REPLICATE_IGNORE_DB": "d", "REPLICATE_DO_TABLE": "d.t"}, "d.t", False),
    ({"REPLICATE_REWRITE_DB": "(a,b)"}, "a.t", False),
    ({"REPLICATE_REWRITE_DB": "(a,b)"}, "b.t", False),
    ({"REPLICATE_REWRITE_DB": "(a,b)"}, "c.t", True),
    ({"REPLICATE_DO_DB": "", "REPLICATE_DO_TABLE": "", "REPLICATE_WILD_DO_TABLE": ""}, "d.t", True),
]


@pytest.mark.parametrize(("texts", "table", "passes"), PASSES, ids=["%s, %s" % row[:2] for row in PASSES])
def test_a_table_passes_or_not(texts, table, passes):
    assert replicates(Filters(read_rules(texts)), *table.split(".", 1)) is passes


# seen on 9.7.4: a pattern decides on CREATE DATABASE, a list of tables does not
SCHEMAS = [
    ({}, "d", True),
    ({"REPLICATE_DO_DB": "d"}, "e", False),
    ({"REPLICATE_IGNORE_DB": "d"}, "d", False),
    ({"REPLICATE_DO_TABLE": "d.t"}, "e", True),
    ({"REPLICATE_IGNORE_TABLE": "d.t"}, "d", True),
    ({"REPLICATE_WILD_DO_TABLE": "d.%"}, "d", True),
    ({"REPLICATE_WILD_DO_TABLE": "d.%"}, "e", False),
    ({"REPLICATE_WILD_DO_TABLE": "d.t%"}, "d", False),
    ({"REPLICATE_WILD_IGNORE_TABLE": "d.%"}, "d", False),
    ({"REPLICATE_WILD_IGNORE_TABLE": "d.t%"}, "d", True),
    ({"REPLICATE_REWRITE_DB": "(a,b)"}, "b", False),
]


@pytest.mark.parametrize(("texts", "schema", "passes"), SCHEMAS, ids=["%s, %s" % row[:2] for row in SCHEMAS])
def test_a_schema_passes_or_not(texts, schema, passes):
    assert replicates_schema(Filters(read_rules(texts)), schema) is passes


@pytest.mark.parametrize(
    "texts",
    [
        {"REPLICATE_IGNORE_DB": "D"},
        {"REPLICATE_IGNORE_TABLE": "D.T"},
        {"REPLICATE_WILD_IGNORE_TABLE": "D.%"},
        {"REPLICATE_REWRITE_DB": "(D,x)"},
    ],
)
def test_where_the_server_folds_names_filters_do_too(texts):
    rules = read_rules(texts)
    assert replicates(Filters(rules), "d", "t") is True
    assert replicates(Filters(rules, fold_case=True), "d", "t") is False
