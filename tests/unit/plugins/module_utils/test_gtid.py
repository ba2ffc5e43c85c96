# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GTID sets are read, written and compared as servers do. Forms and refusals were asked of 5.6.24 and 9.7.4."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet

A = "11111111-2222-3333-4444-555555555555"
B = "aaaaaaaa-2222-3333-4444-555555555555"
LAST = 2**63 - 2

# id, text, the form in which a server shows it (on one line)
FORMS = [
    ("nothing", "", ""),
    ("no value", None, ""),
    ("white space only", " \n\t", ""),
    ("one", A + ":7", A + ":7"),
    ("an interval", A + ":1-5", A + ":1-5"),
    ("an interval of one", A + ":5-5", A + ":5"),
    ("intervals that touch", A + ":1-5:6-9", A + ":1-9"),
    ("intervals that overlap, in any order", A + ":8-9:2-8:1", A + ":1-9"),
    ("intervals apart", A + ":1-5:7", A + ":1-5:7"),
    ("an interval inside another", A + ":1-9:3-4", A + ":1-9"),
    ("an interval the wrong way round is empty", A + ":1:5-3", A + ":1"),
    ("nothing but an empty interval", A + ":5-3", ""),
    ("leading zeros", A + ":007", A + ":7"),
    ("upper case", (A + ":TAG_A:1," + B + ":2").upper(), A + ":tag_a:1," + B + ":2"),
    ("servers in any order", B + ":1," + A + ":1", A + ":1," + B + ":1"),
    ("one server twice", A + ":1," + B + ":1," + A + ":2", A + ":1-2," + B + ":1"),
    ("as 5.6 breaks lines", A + ":1-5,\n" + B + ":1", A + ":1-5," + B + ":1"),
    ("white space at every separator", " " + A + " : 1 - 5\t:\n7 , " + B + " : 1 ", A + ":1-5:7," + B + ":1"),
    ("empty members", "," + A + ":1,," + B + ":2,", A + ":1," + B + ":2"),
    ("the largest number", "%s:%d" % (A, LAST), "%s:%d" % (A, LAST)),
    ("a tag", A + ":tag_a:1-3", A + ":tag_a:1-3"),
    ("a tag holds until the next", A + ":1-5:tag_a:1-3:7", A + ":1-5:tag_a:1-3:7"),
    ("tags sorted, the untagged part first", A + ":tag_b:2:tag_a:1," + A + ":3", A + ":3:tag_a:1:tag_b:2"),
    ("a tag in two members", A + ":tag:1," + A + ":tag:2", A + ":tag:1-2"),
    ("a tag of 32 characters", A + ":" + "t" * 32 + ":1", A + ":" + "t" * 32 + ":1"),
    ("a tag that begins with an underscore", A + ":_t:1", A + ":_t:1"),
    ("a tag that looks like a number in hexadecimal", A + ":deadbeef:1", A + ":deadbeef:1"),
    ("a tag without a number names nothing", A + ":1:tag", A + ":1"),
]

HOSTILE = [
    ("prose", "everything please"),
    ("a number only", "5"),
    ("a server only", A),
    ("a colon and nothing", A + ":"),
    ("an empty interval text", A + ":1:"),
    ("two colons", A + "::1"),
    ("number zero", A + ":0"),
    ("from zero", A + ":0-5"),
    ("beyond the largest number", "%s:%d" % (A, LAST + 1)),
    ("up to beyond the largest number", "%s:1-%d" % (A, LAST + 1)),
    ("a number of a thousand digits", A + ":" + "9" * 1000),
    ("negative", A + ":-1"),
    ("three ends", A + ":1-5-7"),
    ("open end", A + ":5-"),
    ("a fraction", A + ":1.5"),
    ("white space inside a number", A + ":1 2"),
    ("white space inside a tag", A + ":t ag:1"),
    ("white space inside a server's uuid", A[:8] + " " + A[8:] + ":1"),
    ("a short uuid", A[:-1] + ":1"),
    ("a long uuid", A + "5:1"),
    ("no hexadecimal digit", "g" + A[1:] + ":1"),
    ("a tag of 33 characters", A + ":" + "t" * 33 + ":1"),
    ("a tag that begins with a digit", A + ":1tag:1"),
    ("a dash in a tag", A + ":t-1:1"),
    ("a semicolon", A + ":1;"),
    ("a quote", A + ":1'"),
    ("SQL", A + ":1'; DROP TABLE t; --"),
    ("NUL", A + ":1\x00"),
    ("digits of another script", A + ":\u0661"),
    ("the dump's plus sign", "+" + A + ":1"),
    ("a good member before a bad one", A + ":1,nonsense"),
    ("MariaDB's form", "0-1-100"),
]


@pytest.mark.parametrize(("text", "shown"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_is_shown_as_a_server_shows_it(text, shown):
    assert str(GtidSet.parse(text)) == shown
    assert GtidSet.parse(shown) == GtidSet.parse(text)


@pytest.mark.parametrize("text", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_what_is_no_set_is_refused(text):
    with pytest.raises(BadInput) as caught:
        GtidSet.parse(text)
    assert len(str(caught.value)) < 600, "a megabyte of nonsense is not repeated to the terminal"


def test_differences_keep_what_is_on_both_sides_of_a_hole():
    assert str(GtidSet.parse(A + ":1-10") - GtidSet.parse(A + ":4-6:10:15")) == A + ":1-3:7-9"


def test_a_tagged_gtid_is_another_one():
    plain, tagged = GtidSet.parse(A + ":1-5"), GtidSet.parse(A + ":tag:1-5")
    assert plain - tagged == plain
    assert not plain & tagged
    assert len(plain | tagged) == 10


def test_the_servers_are_named_once_each():
    assert GtidSet.parse(B + ":1:tag:1," + A + ":1").uuids == [A, B]


def test_equal_sets_are_one_key():
    assert len({GtidSet.parse(A + ":1-2"), GtidSet.parse(A + ":2," + A + ":1")}) == 1


def test_a_text_is_no_set():
    assert GtidSet.parse(A + ":1") != A + ":1"


def test_a_repr_can_be_read():
    assert repr(GtidSet.parse(A + ":1-2")) == "GtidSet.parse('%s:1-2')" % A
