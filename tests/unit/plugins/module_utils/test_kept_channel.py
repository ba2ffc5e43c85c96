# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is right about a channel after a run was killed: the journal or the server."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import kept_channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept, journal_name, settle

BEFORE = Kept(
    {"delay": 3600, "source_password": "s3cr3t", "ignore_server_ids": [7]},
    {"REPLICATE_DO_DB": ["a"], "REPLICATE_IGNORE_DB": []},
    {"REPLICATE_DO_TABLE": [["d", "t"]]},
)
NOW = Kept({"delay": 0, "source_password": "new"}, {"REPLICATE_DO_DB": ["b"]}, {})
GIVING = BEFORE._replace(giving_back=True)


@pytest.mark.parametrize(
    ("now", "journaled", "right"),
    [
        (None, None, None),
        (None, BEFORE, BEFORE),
        (None, GIVING, GIVING),
        (NOW, None, NOW),
        (NOW, BEFORE, NOW),
        (
            NOW,
            GIVING,
            Kept(
                dict(NOW.settings, delay=3600),  # held back
                {"REPLICATE_DO_DB": ["b"], "REPLICATE_IGNORE_DB": []},
                BEFORE.global_filters,
                giving_back=True,
            ),
        ),
    ],
    ids=["neither", "gone", "gone while it was made", "no journal", "an older journal", "half made"],
)
def test_who_is_right(now, journaled, right):
    assert settle(now, journaled) == right


def test_a_password_that_cannot_be_read_any_more_is_the_journal_s():
    unreadable = NOW._replace(settings={"delay": 0})
    settled = settle(unreadable, GIVING)
    assert settled.settings == {"delay": 3600, "source_password": "s3cr3t"}
    assert unreadable.settings == {"delay": 0}, "what was given is left as it is"


@pytest.mark.parametrize("kept", [BEFORE, GIVING, NOW], ids=["before", "giving back", "now"])
def test_what_is_written_is_read(kept):
    assert kept_channel.read_record(json.loads(json.dumps(kept.record()))) == kept


def test_no_journal():
    assert kept_channel.read_record({}) is None


@pytest.mark.parametrize("record", [{"n": 1}, {"settings": {}}, dict(BEFORE.record(), more=1)])
def test_the_journal_of_something_else(record):
    with pytest.raises(BadInput):
        kept_channel.read_record(record)


def test_the_password_is_not_public():
    assert BEFORE.public() == {
        "delay": 3600,
        "ignore_server_ids": [7],
        "filters": BEFORE.filters,
        "global_filters": BEFORE.global_filters,
    }


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ("", "channel-.json"),
        ("Two", "channel-two.json"),
        ("../../etc/x", "channel-..%2F..%2Fetc%2Fx.json"),
        ("a b%", "channel-a%20b%25.json"),
    ],
)
def test_journal_name(channel, name):
    assert journal_name(channel) == name


@given(st.text(max_size=64), st.text(max_size=64))
def test_every_channel_has_a_file_of_its_own(one, other):
    name = journal_name(one)
    assert os.path.basename(name) == name
    assert "\0" not in name
    assert len(name.encode("utf-8")) + len(".new") <= 255
    assert (name == journal_name(other)) is (one.lower() == other.lower())


def test_names_that_are_too_long_for_a_file_stay_apart():
    one, other = ("\u4e2d" * 63 + last for last in "ab")
    assert journal_name(one) != journal_name(other)
    assert len(journal_name(one)) < 200
