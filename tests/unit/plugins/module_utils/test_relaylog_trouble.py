# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay logs are looked at where they are at fault, and thrown away only where the source has everything."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import trouble
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import read_channels

A = "aaaaaaaa-2222-3333-4444-555555555555"
RUNS = {"Replica_IO_Running": "Yes", "Replica_SQL_Running": "Yes"}
STANDS = {"Replica_IO_Running": "No", "Replica_SQL_Running": "No"}


def stopped(errno, text):
    return dict(RUNS, Replica_SQL_Running="No", Last_SQL_Errno=errno, Last_SQL_Error=text)


def kind(row, unusable=None, stalled=False, unfinished=False, logs=3):
    channel = read_channels([row])[0] if row is not None else None
    return trouble.judge(channel, unusable, stalled, unfinished, logs).kind


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (RUNS, "none"),
        (dict(RUNS, Replica_IO_Running="Connecting", Last_IO_Errno=2003, Last_IO_Error="down"), "none"),
        (STANDS, "rest"),
        (dict(RUNS, Replica_SQL_Running="No"), "rest"),
        # 5.6: perhaps not true; judged when the applier has come to the end
        (dict(STANDS, Last_IO_Errno=1236, Last_IO_Error="has purged binary logs", Replica_SQL_Running="Yes"), "rest"),
        (stopped(1594, "Relay log read failure"), "logs"),
        (stopped(13121, "Relay log read failure"), "logs"),
        (stopped(1872, "Slave failed to initialize relay log info"), "logs"),
        (stopped(13124, "Replica failed to initialize applier metadata"), "logs"),
        (stopped(1593, "Error initializing relay log position: I/O error reading event at position 4"), "logs"),
        (stopped(1064, "Error 'You have an error in your SQL syntax' on query"), "logs"),
        (stopped(1778, "Cannot execute statements with implicit commit when @@SESSION.GTID_NEXT"), "logs"),
        (stopped(1593, "master and slave have equal MySQL server UUIDs"), "other"),
        (stopped(1062, "Duplicate entry"), "other"),
        (None, "lost"),
    ],
)
def test_what_a_status_says_of_the_relay_logs(row, expected):
    assert kind(row) == expected


def test_what_a_status_does_not_show():
    assert kind(RUNS, stalled=True) == "logs"
    assert kind(RUNS, unusable="slave_master_info") == "logs"
    assert kind(dict(RUNS, Replica_IO_Running="No"), unfinished=True) == "rest"
    assert kind(None, logs=0) == "other"


def test_an_applier_without_a_position_hides_what_the_logs_hold():
    """The server calls nothing retrieved then, so that nothing seems to be missing."""
    channel = read_channels([STANDS])[0]
    assert trouble.judge(channel, None, False, False, 3, stands=False).kind == "logs"
    assert trouble.judge(channel, None, False, False, 0, stands=False).kind == "rest"
    assert trouble.judge(channel, None, False, True, 3, stands=False).kind == "rest", "a rescue brings it back"


def source(executed, purged="", reachable=True):
    return dict(reachable=reachable, error="down", gtid_executed=executed, gtid_purged=purged)


@pytest.mark.parametrize(
    ("asked", "may", "purged"),
    [
        (None, False, None),
        (source("", reachable=False), False, None),
        (source(A + ":1-9"), True, ""),
        (source(A + ":1-9", A + ":1-4"), True, ""),
        (source(A + ":1-9", A + ":1-6"), False, A + ":5-6"),
        (source(A + ":1-6"), False, ""),  # a source that was set back: 7 and 8 are nowhere but here
    ],
)
def test_logs_are_thrown_away_only_where_the_source_has_everything(asked, may, purged):
    executed, retrieved = GtidSet.parse(A + ":1-4"), GtidSet.parse(A + ":3-8")
    decision = trouble.decide(executed, retrieved, asked)
    assert decision.may_discard is may
    assert (decision.purged if decision.purged is None else str(decision.purged)) == purged
    assert decision.reason


@pytest.mark.parametrize(
    ("asked", "errant"),
    [
        (None, None),
        (source("", reachable=False), None),
        (source(A + ":1-9"), ""),
        (source(A + ":1-3"), A + ":4"),
    ],
)
def test_what_only_this_server_has_done_is_known_where_the_source_was_asked(asked, errant):
    decision = trouble.decide(GtidSet.parse(A + ":1-4"), GtidSet.parse(A + ":3-8"), asked)
    assert (decision.errant if decision.errant is None else str(decision.errant)) == errant
