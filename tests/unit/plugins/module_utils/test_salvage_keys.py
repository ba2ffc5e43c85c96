# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges of keys as SQL, rows as INSERTs, names as files: what a salvage writes with values of a damaged server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import keys, tables, values
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ranges import Range
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.rows import rows_in

ID = keys.columns([("id", "int")])
PAIR = keys.columns([("a", "varchar"), ("b`x", "datetime")])


@pytest.mark.parametrize(
    ("found", "kinds"),
    [
        ([("id", "bigint")], [keys.INTEGER]),
        ([("a", "varchar"), ("b", "binary")], [keys.TEXT, keys.BYTES]),
        ([("a", "float")], None),
        ([("a", "int"), ("b", "enum")], None),
        ([], None),
    ],
)
def test_only_keys_that_compare_exactly_make_ranges(found, kinds):
    made = keys.columns(found)
    assert (made and [column.kind for column in made]) == kinds


@pytest.mark.parametrize(
    ("key", "part", "condition"),
    [
        (ID, Range(None, None), "1"),
        (ID, Range(("5",), None), "((`id` > 5))"),
        (ID, Range(("-5",), ("9",)), "((`id` > -5)) AND ((`id` <= 9))"),
        (ID, Range(None, ("9",), False), "((`id` < 9))"),
        (
            PAIR,
            Range(("6162", "2026-01-02 03:04:05"), None),
            "((`a` > _utf8mb4 X'6162') OR (`a` = _utf8mb4 X'6162' AND `b``x` > '2026-01-02 03:04:05'))",
        ),
        (
            PAIR,
            Range(None, ("61", "2026-01-02")),
            "((`a` < _utf8mb4 X'61') OR (`a` = _utf8mb4 X'61' AND `b``x` <= '2026-01-02'))",
        ),
    ],
)
def test_a_range_is_a_condition_on_the_key(key, part, condition):
    assert keys.where(key, part) == condition


@pytest.mark.parametrize(
    ("key", "part", "backwards", "read"),
    [
        (ID, Range(None, None), False, "FIRST"),
        (ID, Range(None, None), True, "LAST"),
        (ID, Range(("5",), ("9",)), False, "> (5)"),
        (ID, Range(("5",), ("9",)), True, "<= (9)"),
        (ID, Range(("5",), ("9",), False), True, "< (9)"),
        (PAIR, Range(("61", "2026-01-02"), None), False, "> (_utf8mb4 X'61', '2026-01-02')"),
    ],
)
def test_handler_begins_at_the_end_that_is_read_from(key, part, backwards, read):
    assert keys.handler_read(key, part, backwards) == read


@pytest.mark.parametrize(
    ("key", "value"),
    [(ID, ("5 OR 1=1",)), (ID, ("",)), (PAIR, ("zz", "2026")), (PAIR, ("61", "2026' OR '")), (ID, ("5\n",))],
)
def test_a_value_that_is_no_key_does_not_get_into_a_statement(key, value):
    for write in (
        lambda: keys.where(key, Range(value, None)),
        lambda: keys.handler_read(key, Range(value, None), False),
    ):
        with pytest.raises(BadInput):
            write()


@pytest.mark.parametrize(
    ("part", "backwards", "value", "outside"),
    [
        (Range(None, None), False, "5", False),
        (Range(None, ("9",)), False, "9", False),
        (Range(None, ("9",), False), False, "9", True),
        (Range(None, ("9",)), False, "10", True),
        (Range(("9",), None), True, "10", False),
        (Range(("9",), None), True, "9", True),
        (Range(("9",), None), True, "-100", True),
    ],
)
def test_a_row_behind_the_other_end_of_its_range_is_told(part, backwards, value, outside):
    assert keys.is_outside(ID, part, backwards, (value,)) is outside


def test_other_keys_are_outside_when_the_end_comes_again():
    end = ("61", "2026-01-02")
    assert keys.is_outside(PAIR, Range(end, None), True, end)
    assert not keys.is_outside(PAIR, Range(end, None), True, ("61", "2026-01-03"))
    assert not keys.is_outside(PAIR, Range(None, end), False, end)


def test_the_key_of_a_row_goes_back_into_a_statement():
    made = keys.of_row(PAIR, ["é'".encode(), b"2026-01-02 03:04:05"])
    assert made == ("C3A927", "2026-01-02 03:04:05")
    assert "X'C3A927'" in keys.where(PAIR, Range(made, None))
    assert keys.shown(PAIR, Range(made, None)) == "a, b`x above é', 2026-01-02 03:04:05"
    assert keys.shown(ID, Range(("1",), ("9",), False)) == "id above 1 and below 9"
    assert keys.shown(ID, Range(None, ("9",))) == "id up to 9"


@given(st.integers(-100, 100), st.integers(0, 50), st.booleans())
def test_a_middle_has_keys_on_both_sides(low, size, closed):
    part = Range((str(low),), (str(low + size),), closed)
    middle, count = keys.between(ID, part)
    inside = range(low + 1, low + size + closed)
    assert count == (len(inside) if size else -(not closed))
    assert (middle is None) == (len(inside) < 2)
    if middle:
        assert low < int(middle[0]) < inside[-1] + closed
        assert any(key > int(middle[0]) for key in inside)


def test_no_middle_where_nobody_can_tell():
    assert keys.between(ID, Range(None, ("9",))) == (None, 0)
    assert keys.between(PAIR, Range(("61", "2026"), ("62", "2026"))) == (None, 0)


# -- values --------------------------------------------------------------------------------------------------

INT, FLOAT, STRING, BLOB, DATE, BIT, JSON, GEOMETRY = 3, 4, 253, 252, 10, 16, 245, 255
UTF8, BINARY = 45, 63


@pytest.mark.parametrize(
    ("value", "kind", "charset", "text"),
    [
        (None, STRING, UTF8, b"NULL"),
        (b"-5", INT, BINARY, b"-5"),
        (b"1.5e10", FLOAT, BINARY, b"1.5e10"),
        (b"it's", STRING, UTF8, rb"'it\'s'"),
        (b"a\\b\n\r\x00\x1a", STRING, UTF8, rb"'a\\b\n\r\0\Z'"),
        ("é漢".encode(), STRING, UTF8, "'é漢'".encode()),
        (b"\xff'", STRING, UTF8, b"'\xff\\''"),
        (b"", STRING, UTF8, b"''"),
        (b"\x00\xff", BLOB, BINARY, b"0x00FF"),
        (b"", BLOB, BINARY, b"''"),
        (b"text", BLOB, UTF8, b"'text'"),
        (b"\x01", BIT, BINARY, b"0x01"),
        (b"\x00\x01", GEOMETRY, BINARY, b"0x0001"),
        (b"2026-01-02", DATE, BINARY, b"'2026-01-02'"),
        (b'{"a": "\'"}', JSON, BINARY, rb"""'{"a": "\'"}'"""),
    ],
)
def test_a_value_is_written_as_mysqldump_writes_it(value, kind, charset, text):
    assert values.literal(value, kind, charset) == text


@given(st.lists(st.none() | st.binary(max_size=12), min_size=1, max_size=4), st.sampled_from([UTF8, BINARY]))
def test_a_row_is_one_row_whatever_it_holds(row, charset):
    names = ["c`%d" % number for number in range(len(row))]
    line = values.insert_head("t`(", names) + values.row(row, [STRING] * len(row), [charset] * len(row)) + b";\n"
    assert rows_in(line) == 1
    assert line.count(b"\n") == 1


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "table", "own"),
    [
        ("t.ibd", "t", True),
        ("t.MYD", "t", True),
        ("t.frm", "t", False),
        ("t2.ibd", "t", False),
        ("t#P#p0.ibd", "t", True),
        ("t#p#p0#sp#s1.ibd", "t", True),
        ("a@002db.ibd", "a-b", True),
    ],
)
def test_the_files_of_a_table_are_known(file, table, own):
    assert tables.is_of(file, tables.file_name(table)) is own


def test_the_order_is_the_given_one_and_then_the_smallest_first():
    found = [tables.Table("s", name, "InnoDB", size) for name, size in [("a", 9), ("b", None), ("c", 1), ("d", 5)]]
    assert [table.name for table in tables.in_order(found, ["s.d", "s.none"])] == ["d", "c", "a", "b"]


def test_a_name_does_not_break_out_of_its_directory():
    assert tables.label(7, "../../etc", "a/b\n") == "00007-______etc.a_b_"
