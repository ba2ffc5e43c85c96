# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that InnoDB wrote are right, any that it did not are told, and the dictionary is read from its own pages."""

import gzip
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import systables as host
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import pages

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "systables")
SIZE = pages.PAGE_SIZE
OUTSIDE = set(range(26, 34)) | {SIZE - number for number in (8, 7, 6, 5)}  # not part of any sum that is looked at


def content(name):
    with gzip.open(os.path.join(FIXTURES, name)) as source:
        return source.read()


TABLE = content("innodb_table_stats-5.6.24.ibd.gz")
SYSTEM = content("ibdata1-5.6.24-head.gz")
MODERN = content("mysql-9.7.4-head.ibd.gz")


def page(data, number):
    return data[number * SIZE : (number + 1) * SIZE]


@pytest.mark.parametrize("data", [TABLE, SYSTEM, MODERN], ids=["5.6 .ibd", "5.6 ibdata1", "9.7 mysql.ibd"])
def test_pages_of_real_servers_are_right(data):
    space = pages.space_of(data[:SIZE])
    assert pages.page_size_of(data[:SIZE]) == SIZE
    assert [pages.damage(page(data, number), number, space) for number in range(len(data) // SIZE)] == [None] * (
        len(data) // SIZE
    )


@settings(deadline=None)
@given(st.sampled_from([(TABLE, 3), (MODERN, 6)]), st.integers(0, SIZE - 1), st.integers(1, 255))
def test_whichever_byte_is_flipped_it_is_found(where, offset, flip):
    data, number = where
    changed = bytearray(page(data, number))
    changed[offset] ^= flip
    if offset not in OUTSIDE:
        assert pages.damage(bytes(changed), number, pages.space_of(data[:SIZE]))


@pytest.mark.parametrize(
    ("number", "space", "told"),
    [(4, 1, "it says that it is page 3"), (3, 5, "it says that it belongs to tablespace 1, not 5"), (3, 1, None)],
)
def test_a_page_in_the_wrong_place_is_found(number, space, told):
    assert pages.damage(page(TABLE, 3), number, space) == told


def test_a_page_of_which_half_was_written_is_found_without_its_checksum():
    half = page(TABLE, 3)[: SIZE - 8] + bytes(8)
    assert pages.damage(half, 3, 1, checksums=False) == "its head and its end are of different writes"


def test_a_page_that_was_never_used_is_right():
    assert pages.damage(bytes(SIZE), 7, 1) is None


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=300).filter(any))
def test_garbage_is_damage_and_never_an_error(pattern):
    garbage = (pattern * SIZE)[:SIZE]
    assert pages.damage(garbage, 3, 1) is not None
    pages.page_size_of(garbage)
    pages.spaces_of_tables(garbage)
    pages.leftmost_child(garbage)


def test_the_dictionary_tells_the_tablespace_of_each_table(tmp_path):
    (tmp_path / "ibdata1").write_bytes(SYSTEM)
    found = host.dictionary(str(tmp_path))
    assert {name: space for name, space in found.items() if name.startswith("mysql/")} == {
        "mysql/innodb_index_stats": 2,
        "mysql/innodb_table_stats": 1,
        "mysql/slave_master_info": 4,
        "mysql/slave_relay_log_info": 3,
        "mysql/slave_worker_info": 5,
    }


@pytest.mark.parametrize("broken", [7, 8])
def test_a_dictionary_with_a_damaged_page_tells_nothing(tmp_path, broken):
    changed = bytearray(SYSTEM)
    changed[broken * SIZE + 5000] ^= 1
    (tmp_path / "ibdata1").write_bytes(changed)
    assert host.dictionary(str(tmp_path)) is None


def test_a_system_tablespace_in_another_place_tells_nothing(tmp_path):
    assert host.dictionary(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (TABLE, None),
        (b"", "t.ibd has no first page, and 0 bytes"),
        (bytes(SIZE * 6), "t.ibd has no first page, and %d bytes" % (SIZE * 6)),
        (TABLE[: SIZE * 3], "t.ibd has 3 of its 6 pages"),
        (TABLE[: SIZE * 3 + 100], "page 3 of t.ibd: it is cut off"),
        (b"x" * SIZE * 6, "page 0 of t.ibd: it is cut off"),
        (TABLE[:SIZE] + TABLE[SIZE * 2 :], "page 1 of t.ibd: it says that it is page 2"),
    ],
    ids=["whole", "empty", "zeros", "cut at a page", "cut in a page", "garbage", "a page is missing"],
)
def test_a_data_file_is_judged_as_a_whole(tmp_path, data, damage):
    path = tmp_path / "t.ibd"
    path.write_bytes(data)
    found = host.data_file(str(path))
    assert found.damage == damage or (data.startswith(b"x") and found.damage)
    assert host.data_file(str(tmp_path / "none.ibd")) is None
