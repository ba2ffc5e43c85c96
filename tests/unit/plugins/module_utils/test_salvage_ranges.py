# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading around damage: on a simulated table, exactly the damaged rows are lost, and the server dies not too often."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ranges import (
    FIRST,
    Got,
    Middle,
    Parted,
    Range,
    Read,
    around_damage,
)


class Table:
    """Keys in order; a read that touches a damaged one kills the server. liars: damaged ones that look like nothing.

    sent: of ten rows that were read before it died, so many have come through. With ``blind`` nobody can tell a middle,
    as where the key is a text and there is no other index.
    """

    def __init__(self, keys, damaged, liars=(), blind=False, sent=0):
        self.keys = sorted(keys)
        self.damaged = set(damaged)
        self.liars = set(liars)
        self.blind = blind
        self.sent = sent
        self.saved = []

    def answer(self, question):
        part = question.range
        inside = [key for key in self.keys if self.holds(part, key)]
        if isinstance(question, Middle):
            if self.blind or len(inside) < 2:
                return Parted(None, len(inside))
            return Parted(inside[(len(inside) - 1) // 2], len(inside))
        assert isinstance(question, Read)
        assert question.limit >= 1
        if question.backwards:
            inside.reverse()
        if inside and inside[0] in self.liars:
            return Got(False, 0, None, True)
        taken = inside[: question.limit]
        # a scan that comes from a sound page to a damaged one dies, whatever the damage looks like
        damaged = [number for number, key in enumerate(taken) if key in self.damaged]
        if damaged:
            came = taken[: damaged[0] * self.sent // 10]
            self.saved += came
            return Got(True, len(came), came[-1] if came else None)
        self.saved += taken
        return Got(False, len(taken), taken[-1] if taken else None, len(inside) < question.limit)

    def read(self, patience=10**6, grain=1, first=8):
        walk = around_damage(patience, grain, first=first)
        answer = None
        try:
            while True:
                answer = self.answer(walk.send(answer))
        except StopIteration as end:
            return end.value

    @staticmethod
    def holds(part, key):
        return (part.above is None or key > part.above) and (
            part.up_to is None or key < part.up_to or (part.closed and key == part.up_to)
        )

    def lost(self, outcome):
        return {key for key in self.keys if any(self.holds(part, key) for part in outcome.lost)}


KEYS = st.sets(st.integers(-1000, 1000), min_size=1, max_size=120)


@st.composite
def a_table(draw):
    keys = sorted(draw(KEYS))
    return Table(keys, draw(st.sets(st.sampled_from(keys))), sent=draw(st.integers(0, 10)))


@settings(max_examples=300, deadline=None)
@given(a_table(), st.sampled_from([1, 8, 64]))
def test_with_patience_exactly_the_damaged_rows_are_lost(table, first):
    outcome = table.read(first=first)
    assert sorted(table.saved) == [key for key in table.keys if key not in table.damaged]
    assert outcome.rows == len(table.saved)
    assert table.lost(outcome) == table.damaged
    assert not outcome.gave_up


@settings(max_examples=300, deadline=None)
@given(a_table(), st.integers(0, 20), st.integers(0, 50), st.booleans())
def test_no_row_is_saved_twice_or_neither_saved_nor_told_of(table, patience, grain, blind):
    table.blind = blind
    outcome = table.read(patience, grain)
    assert len(table.saved) == len(set(table.saved)) == outcome.rows
    assert table.lost(outcome) == set(table.keys) - set(table.saved)
    assert table.damaged <= table.lost(outcome)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 1000), st.data())
def test_one_damage_costs_few_deaths_and_no_sound_row(size, data):
    begin = data.draw(st.integers(0, size - 1))
    end = min(size, begin + data.draw(st.integers(1, 200)))
    table = Table(range(size), range(begin, end), sent=data.draw(st.integers(0, 10)))
    outcome = table.read(patience=0, first=FIRST)
    assert table.lost(outcome) == table.damaged
    assert outcome.deaths <= 8, "four a side: at all, 64, 8 and 1 rows"


def test_a_sound_table_is_read_without_a_death_in_few_reads():
    table = Table(range(100000), ())
    outcome = table.read(first=FIRST)
    assert (outcome.rows, outcome.lost, outcome.deaths) == (100000, [], 0)


def test_what_comes_back_empty_inside_a_gap_is_not_believed():
    """A page of zeros between two damaged ones says that it has no rows: its keys are told as lost."""
    damaged = set(range(40, 60))
    table = Table(range(100), damaged, liars=range(45, 55))
    outcome = table.read()
    assert table.lost(outcome) == damaged
    assert len(table.saved) == 80


def test_an_empty_table_loses_nothing():
    outcome = Table([], ()).read()
    assert (outcome.rows, outcome.lost) == (0, [])


def test_a_gap_that_fits_on_a_page_is_not_entered():
    table = Table(range(1000), range(300, 440))
    outcome = table.read(grain=140)
    assert outcome.lost == [Range(299, 440, False)]
    assert not outcome.gave_up


def test_without_patience_the_sound_rows_between_two_damages_are_told_as_lost():
    table = Table(range(1000), [100, 800])
    outcome = table.read(patience=0)
    assert outcome.gave_up
    assert table.lost(outcome) == set(range(100, 801))
