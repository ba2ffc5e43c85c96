# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows that are missing without a word are found, however many there are, and nothing else is called missing."""

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.missing import Count, Counted, parts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ranges import WHOLE, Parted, Range

PLENTY = 10000


def inside(part, keys):
    return [
        key
        for key in sorted(keys)
        if (part.above is None or key > part.above)
        and (part.up_to is None or key < part.up_to or (part.closed and key == part.up_to))
    ]


def ask(keys, lost, patience=PLENTY, deaf=()):
    """The parts of a table with these keys, of which some are passed over when they are read."""
    walk, asked, answer = parts(patience), 0, None
    while True:
        try:
            question = walk.send(answer)
        except StopIteration as end:
            return end.value, asked
        there = inside(question.range, keys)
        if isinstance(question, Count):
            asked += 1
            read = None if set(there) & set(deaf) else len([key for key in there if key not in lost])
            answer = Counted(len(there), read)
        else:
            answer = Parted(there[(len(there) - 1) // 2] if len(there) > 1 else None, len(there))


KEYS = st.sets(st.integers(0, 400), max_size=120)


@given(KEYS, st.sets(st.integers(0, 400), max_size=60))
def test_what_is_missing_is_found_to_the_row(keys, lost):
    found, _asked = ask(keys, lost)
    holes = [part for part in found if part.missing]
    assert {key for part in holes for key in inside(part.range, keys)} == keys & lost
    assert sum(part.missing for part in found) == len(keys & lost)
    assert sum(part.rows for part in found) == len(keys - lost)
    assert not any(part.rows for part in holes)


@given(KEYS, st.sets(st.integers(0, 400), max_size=60), st.integers(1, 40))
def test_the_parts_are_the_whole_table_however_soon_patience_ends(keys, lost, patience):
    found, _asked = ask(keys, lost, patience)
    assert [key for part in found for key in inside(part.range, keys)] == sorted(keys)
    assert (found[0].range.above, found[-1].range.up_to) == (None, None)
    assert keys & lost <= {key for part in found if part.missing for key in inside(part.range, keys)}


def test_one_damaged_page_is_one_hole_and_found_by_few_questions():
    found, asked = ask(set(range(100_000)), set(range(40_000, 40_150)))
    assert [(part.range, part.missing) for part in found if part.missing] == [(Range(39_999, 40_149), 150)]
    assert len(found) == 3
    assert asked < 80


def test_where_nobody_can_count_nothing_is_called_read():
    (part,), _asked = ask({1, 2, 3}, set(), deaf={2})
    assert (part.range, part.rows, bool(part.missing)) == (WHOLE, 0, True)
