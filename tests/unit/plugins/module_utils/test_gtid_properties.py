# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every GTID set: it is a set of (server, tag, number), whatever the text it was read from."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet

_UUIDS = [
    "11111111-2222-3333-4444-555555555555",
    "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "aaaaaaaa-bbbb-cccc-dddd-ffffffffffff",
]
_GTIDS = st.tuples(st.sampled_from(_UUIDS), st.sampled_from(["", "a", "tag_b"]), st.integers(1, 25))
_SETS = st.frozensets(_GTIDS, max_size=40)
_SPACE = st.sampled_from(["", "", "", " ", "\n", " \t"])
_EVERY = settings(deadline=None, max_examples=200)


def written(model):
    """The canonical text of a plain Python set of (uuid, tag, number), by counting."""
    members = []
    for uuid in sorted({gtid[0] for gtid in model}):
        parts = [uuid]
        for tag in sorted({gtid[1] for gtid in model if gtid[0] == uuid}):
            parts += [tag] if tag else []
            numbers = {gtid[2] for gtid in model if gtid[:2] == (uuid, tag)}
            for first in sorted(number for number in numbers if number - 1 not in numbers):
                last = first
                while last + 1 in numbers:
                    last += 1
                parts.append("%d" % first if first == last else "%d-%d" % (first, last))
        members.append(":".join(parts))
    return ",".join(members)


@st.composite
def texts(draw):
    """A text as a person might write it, in any order, case and spacing, and the Python set that it means."""
    model, members = set(), []
    for uuid in draw(st.lists(st.sampled_from(_UUIDS), max_size=4)):
        tag, parts = "", [uuid]
        for _part in range(draw(st.integers(1, 4))):
            if draw(st.booleans()):
                tag = draw(st.sampled_from(["a", "tag_b"]))
                parts.append(tag)
            first, more = draw(st.integers(1, 25)), draw(st.integers(0, 6))
            model.update((uuid, tag, number) for number in range(first, first + more + 1))
            dash = draw(_SPACE) + "-" + draw(_SPACE)
            parts.append("%d%s%d" % (first, dash, first + more) if more or draw(st.booleans()) else "%d" % first)
        separated = [draw(_SPACE) + part + draw(_SPACE) for part in parts]
        members.append(":".join(separated))
    text = ",".join(members)
    return draw(st.sampled_from([text, text.upper(), text.title()])), model


@_EVERY
@given(texts())
def test_text_means_its_members(written_as):
    text, model = written_as
    parsed = GtidSet.parse(text)
    assert str(parsed) == written(model)
    assert len(parsed) == len(model)
    assert bool(parsed) == bool(model)


@_EVERY
@given(_SETS)
def test_what_is_written_is_read_again(model):
    parsed = GtidSet.parse(written(model))
    assert GtidSet.parse(str(parsed)) == parsed
    assert str(parsed) == written(model)


@_EVERY
@given(_SETS, _SETS)
def test_two_sets_behave_as_sets(one, other):
    mine, theirs = GtidSet.parse(written(one)), GtidSet.parse(written(other))
    assert str(mine | theirs) == written(one | other)
    assert str(mine - theirs) == written(one - other)
    assert str(mine & theirs) == written(one & other)
    assert (mine <= theirs) == (one <= other)
    assert (mine == theirs) == (one == other)
    assert (hash(mine) == hash(theirs)) or one != other


@_EVERY
@given(_SETS, _SETS)
def test_operands_stay_as_they_were(one, other):
    mine, theirs = GtidSet.parse(written(one)), GtidSet.parse(written(other))
    assert isinstance(mine | theirs, GtidSet)
    assert isinstance(mine - theirs, GtidSet)
    assert (str(mine), str(theirs)) == (written(one), written(other))


@_EVERY
@given(st.text(max_size=80) | st.text(alphabet="0123456789abcdef-:, \n", max_size=80))
def test_any_text_is_a_set_or_bad_input(text):
    try:
        parsed = GtidSet.parse(text)
    except BadInput:
        return
    assert GtidSet.parse(str(parsed)) == parsed


@_EVERY
@given(_SETS.filter(bool), st.sampled_from(list(";'\"\\\x00|()+*/@\u0661\u00e9")), st.data())
def test_one_strange_character_spoils_all(model, strange, data):
    text = written(model)
    at = data.draw(st.integers(0, len(text)))
    try:
        parsed = GtidSet.parse(text[:at] + strange + text[at:])
    except BadInput:
        return
    raise AssertionError("read as %s" % parsed)
