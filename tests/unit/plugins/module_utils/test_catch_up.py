# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a replica arrived, may it, or will it never come?"""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.catch_up import Goal, Look, arrived, obstacle
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import Failure

A = "aaaaaaaa-2222-3333-4444-555555555555"
B = "bbbbbbbb-2222-3333-4444-555555555555"

ARRIVED = [
    ("all is executed", A + ":1-10", None, A + ":1-10", 0, True),
    ("more is executed", A + ":1-10", None, A + ":1-12," + B + ":1", 0, True),
    ("the last is missing", A + ":1-10", None, A + ":1-9", 0, False),
    ("one in the middle is missing", A + ":1-10", None, A + ":1-4:6-10", 0, False),
    ("a tagged one is missing", A + ":1-10:tag:1", None, A + ":1-10", 0, False),
    ("executed, and close enough", A + ":1-10", 5, A + ":1-10", 5, True),
    ("executed, and too far behind", A + ":1-10", 5, A + ":1-10", 6, False),
    ("executed, and nobody knows the lag", A + ":1-10", 5, A + ":1-10", None, False),
    ("close enough, and not executed", A + ":1-10", 5, A + ":1-9", 0, False),
    ("only the lag counts", "", 0, A + ":1-9", 0, True),
    ("only the lag counts, and is too large", "", 0, A + ":1-9", 1, False),
]


@pytest.mark.parametrize(
    ("wanted", "max_lag", "executed", "lag", "there"), [row[1:] for row in ARRIVED], ids=[row[0] for row in ARRIVED]
)
def test_arrived(a_channel, wanted, max_lag, executed, lag, there):
    look = Look(a_channel(seconds_behind_source=lag), GtidSet.parse(executed))
    assert arrived(look, Goal(GtidSet.parse(wanted), max_lag)) is there


def test_without_a_channel_there_is_no_lag():
    look = Look(None, GtidSet.parse(A + ":1-10"))
    assert arrived(look, Goal(GtidSet.parse(A + ":1-10"), None))
    assert not arrived(look, Goal(GtidSet.parse(A + ":1-10"), 60))


REFUSED = Failure(1045, "Access denied", "authentication")
AWAY = Failure(2003, "Can't connect", "source_unreachable")
PURGED = Failure(13114, "purged required binary logs", "source_purged")
DUPLICATE = Failure(1062, "Duplicate entry", "duplicate_row")

OBSTACLES = [
    ("both threads run", {}, None),
    ("still connecting", {"receiver": "connecting"}, None),
    ("the source is away, and is tried again", {"receiver": "connecting", "receiver_failure": AWAY}, None),
    (
        "turned away, and tried in vain",
        {"receiver": "connecting", "receiver_failure": REFUSED},
        "error 1045: Access denied",
    ),
    (
        "one server_uuid twice, and tried in vain",
        {"receiver": "connecting", "receiver_failure": Failure(1593, "equal UUIDs", "duplicate_server_uuid")},
        "duplicate_server_uuid",
    ),
    (
        "GTIDs off at the source, and tried in vain",
        {"receiver": "connecting", "receiver_failure": Failure(1593, "GTID_MODE", "gtid_mode_mismatch")},
        "gtid_mode_mismatch",
    ),
    ("the source is away, and is not tried any more", {"receiver": "stopped", "receiver_failure": AWAY}, "error 2003"),
    ("the source has purged", {"receiver": "stopped", "receiver_failure": PURGED}, "receiver stopped (source_purged)"),
    ("the receiver is stopped", {"receiver": "stopped"}, "the receiver is stopped"),
    ("the applier is stopped", {"applier": "stopped"}, "the applier is stopped"),
    ("the applier died", {"applier": "stopped", "applier_failure": DUPLICATE}, "applier stopped (duplicate_row)"),
    (
        "both died: the applier's is told",
        {"applier": "stopped", "applier_failure": DUPLICATE, "receiver": "stopped", "receiver_failure": PURGED},
        "duplicate_row",
    ),
]


@pytest.mark.parametrize(("changes", "why"), [row[1:] for row in OBSTACLES], ids=[row[0] for row in OBSTACLES])
def test_obstacle(a_channel, changes, why):
    found = obstacle(Look(a_channel(**changes), GtidSet()))
    assert found is None if why is None else why in found


def test_a_server_without_the_channel_never_arrives():
    assert obstacle(Look(None, GtidSet())) == "the server is not a replica on this channel"


MOVES = [
    ("a transaction was applied", {}, A + ":1-11"),
    ("the applier read on", {"relay_log_pos": 500}, A + ":1-10"),
    ("the applier took the next relay log", {"relay_log_file": "relay-bin.000003"}, A + ":1-10"),
    ("the receiver read on", {"source_log_pos": 600}, A + ":1-10"),
    ("the receiver took the next binary log", {"source_log_file": "mysql-bin.000004"}, A + ":1-10"),
    ("the relay logs grew", {"relay_log_space": 900}, A + ":1-10"),
]


@pytest.mark.parametrize(("changes", "executed"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_it_moved(a_channel, changes, executed):
    before = Look(a_channel(), GtidSet.parse(A + ":1-10"))
    assert Look(a_channel(**changes), GtidSet.parse(executed)).position != before.position


def test_it_stands_still(a_channel):
    one, other = (Look(a_channel(seconds_behind_source=lag), GtidSet.parse(A + ":1-10")) for lag in (0, 60))
    assert one.position == other.position, "a lag that grows is no move"
    assert Look(None, GtidSet()).position == Look(None, GtidSet()).position
