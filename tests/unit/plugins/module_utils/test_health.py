# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A replica is healthy when replication and GTIDs say so; everything else has a name."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.health import judge
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import Failure

A = "aaaaaaaa-2222-3333-4444-555555555555"
EXECUTED = GtidSet.parse(A + ":1-10")
SOURCE = {
    "reachable": True,
    "error": None,
    "address": "db1:3306",
    "server_uuid": A,
    "gtid_executed": A + ":1-10",
    "gtid_purged": A + ":1-5",
}
UNREACHABLE = {"reachable": False, "error": "Can't connect", "address": "db1:3306"}


def ids(channels, **facts):
    asked = dict(name="", metadata="present", executed=EXECUTED, stalled=[], source=SOURCE, errant=None)
    return [finding.id for finding in judge(channels, **dict(asked, **facts))]


@pytest.mark.parametrize("source", [None, SOURCE, UNREACHABLE], ids=["not asked", "asked", "does not answer"])
def test_a_replica_that_runs_needs_nothing(a_channel, source):
    assert ids([a_channel()], source=source, errant=GtidSet()) == []


CHANNELS = [
    ("no auto-position", {"auto_position": False}, ["no_auto_position"]),
    ("receiver stopped", {"receiver": "stopped"}, ["receiver_stopped"]),
    ("applier stopped", {"applier": "stopped"}, ["applier_stopped"]),
    ("both stopped", {"receiver": "stopped", "applier": "stopped"}, ["receiver_stopped", "applier_stopped"]),
    (
        "receiver died",
        {"receiver": "stopped", "receiver_failure": Failure(13114, "...", "source_purged")},
        ["receiver_source_purged"],
    ),
    (
        "receiver is turned away and tries again",
        {"receiver": "connecting", "receiver_failure": Failure(1045, "...", "authentication")},
        ["receiver_authentication"],
    ),
    (
        "applier died",
        {"applier": "stopped", "applier_failure": Failure(1062, "...", "duplicate_row")},
        ["applier_duplicate_row"],
    ),
    ("follows another server", {"source_uuid": A[:-1] + "6"}, ["other_source"]),
    ("never connected", {"source_uuid": ""}, []),
]


@pytest.mark.parametrize(("changes", "found"), [row[1:] for row in CHANNELS], ids=[row[0] for row in CHANNELS])
def test_channel(a_channel, changes, found):
    assert ids([a_channel(**changes)]) == found


def test_a_receiver_that_is_not_connected_is_not_healthy(a_channel):
    # With a source that takes the connection and then says nothing, 5.6.24 and 9.7.4 stay so, without an error.
    assert ids([a_channel(receiver="connecting")]) != []


def test_an_error_is_told_with_number_text_and_place(a_channel):
    failed = a_channel(
        name="west", applier="stopped", applier_failure=Failure(1062, "Duplicate entry", "duplicate_row")
    )
    (finding,) = judge([failed], "west", "present", EXECUTED, [], None, None)
    assert finding.public() == {
        "id": "applier_duplicate_row",
        "fact": "applier: error 1062: Duplicate entry",
        "where": "channel 'west'",
    }


def test_no_channel_is_told_from_one_that_cannot_be_read():
    assert ids([], metadata="none") == ["no_channel"]
    assert ids([], metadata="unusable") == ["replication_metadata_unusable"]


def test_only_the_channel_that_was_asked_for_counts(a_channel):
    west, east = a_channel(name="west"), a_channel(name="east", receiver="stopped")
    assert ids([east, west], name="west") == []
    assert ids([east, west], name="east") == ["receiver_stopped"]
    assert ids([east, west], name="") == ["no_channel"]


def test_threads_that_say_yes_and_apply_nothing(a_channel):
    assert ids([a_channel()], stalled=[""]) == ["applier_stalled"]
    assert ids([a_channel()], stalled=["another"]) == []


def test_errant_transactions_are_named(a_channel):
    (finding,) = judge([a_channel()], "", "present", EXECUTED, [], SOURCE, GtidSet.parse("b" + A[1:] + ":3"))
    assert finding.id == "errant_transactions"
    assert "b" + A[1:] + ":3" in finding.fact


PURGED = [
    ("all of it is executed here", A + ":1-10", A + ":1-10", "", []),
    ("the rest is retrieved", A + ":1-10", A + ":1-6", A + ":7-10", []),
    ("one is nowhere", A + ":1-10", A + ":1-6", A + ":8-10", ["source_purged"]),
]


@pytest.mark.parametrize(
    ("purged", "executed", "retrieved", "found"), [row[1:] for row in PURGED], ids=[row[0] for row in PURGED]
)
def test_what_the_source_has_purged(a_channel, purged, executed, retrieved, found):
    channel = a_channel(retrieved_gtids=retrieved)
    assert ids([channel], executed=GtidSet.parse(executed), source=dict(SOURCE, gtid_purged=purged)) == found
