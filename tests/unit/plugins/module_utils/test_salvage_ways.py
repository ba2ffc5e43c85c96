# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way out of a ruin is proposed, and what has to be true before logs are taken and replayed."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import keep_logs, ledger, replay, ways
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.binary_logs import Dump, Reach

UUID = "11111111-2222-3333-4444-555555555555"
FIRST = UUID + ":1-"
DUMP = Dump("/dump.sql", "sum", FIRST + "4", False, None, True, None)
REACH = Reach("gtids", ["b.000002", "b.000003"], 4, 999, FIRST + "4", FIRST + "9", 5, UUID + ":9", 1400000001, None)
BY_POSITION = REACH._replace(how="position", dump_gtids=None, gtids=None, last=None)
BREAKS = REACH._replace(lost="b.000002 at 77: its checksum is wrong; at least 3 transactions lie behind that")


def a_ledger(level=0, redo="as_found", definitions=(), **states):
    tables = [
        ledger.entry("s", "t%d" % number, dict(state=state, rows_saved=1, rows_lost=rows, why=None, doubts=[]))
        for number, (state, rows) in enumerate(states.items())
    ]
    files = [dict(kind="tables", schema="s", state=state, why=None, path="/f", sha256="") for state in definitions]
    return ledger.ledger(dict(level=level, redo=redo), files, tables)


WHOLE = a_ledger(saved=0)
DOUBTFUL = a_ledger(level=1, saved=0, doubtful=0)
LOSES = a_ledger(level=1, saved=0, partial=17)

PROPOSED = [
    ("no way by the logs", LOSES, None, "force_recovery", "of no use"),
    ("everything was read, at level 0", WHOLE, REACH, "force_recovery", "without a doubt"),
    ("the redo log was set aside", a_ledger(redo="set_aside", saved=0), REACH, "backup", "no transaction is lost"),
    ("at a level nobody is sure", DOUBTFUL, REACH, "backup", "no transaction is lost"),
    ("rows are lost", LOSES, REACH, "backup", "no transaction is lost"),
    ("definitions are lost", a_ledger(saved=0, definitions=["lost"]), REACH, "backup", "no transaction is lost"),
    ("nothing was exported", None, REACH, "backup", "no transaction is lost"),
    ("the logs break, and nothing is known to be lost", DOUBTFUL, BREAKS, "force_recovery", "do not reach the end"),
    ("both lose", LOSES, BREAKS, None, "only you know"),
    ("the logs break, and nothing was exported", None, BREAKS, None, "nothing was exported"),
]


@pytest.mark.parametrize(
    ("told", "reach", "way", "why"), [row[1:] for row in PROPOSED], ids=[row[0] for row in PROPOSED]
)
def test_the_way_that_gives_more_is_proposed(told, reach, way, why):
    found = ways.propose(ways.force(told) if told else None, reach, "there is a hole")
    assert found.way == way
    assert why in found.why


def test_both_ways_are_told_in_words():
    said = ways.force(LOSES).says.split("; ")
    assert said[:3] == ["level 1, redo log as found", "1 tables partial", "1 tables saved"]
    assert said[3].startswith("17 rows lost")
    assert ways.backup_says(REACH) == "the dump and 5 transactions, up to the last whole transaction on disk"
    assert "not reached: b.000002 at 77" in ways.backup_says(BREAKS)


SEEN = keep_logs.Observed("/salvage", "/d", DUMP, {}, [], REACH, None, None, 1000, 2000)


def test_logs_are_taken_once():
    plan = keep_logs.plan(SEEN, keep=True)
    assert [step.action for step in plan.steps] == ["keep"]
    taken = SEEN._replace(record=keep_logs.new_record(DUMP, "/d", 77, REACH), reach=None, users=["a new instance"])
    assert not keep_logs.plan(taken, keep=True).needed
    assert keep_logs.report(taken)["reach"]["gtids"] == FIRST + "9"
    assert not keep_logs.plan(SEEN, keep=False).needed


def test_logs_that_lead_nowhere_are_not_taken_and_the_reason_is_told():
    hole = SEEN._replace(reach=None, why_not="there is a hole", ledger=LOSES)
    assert not keep_logs.plan(hole, keep=True).needed
    told = keep_logs.report(hole)
    assert (told["possible"], told["proposed"], told["why_not"]) == (False, "force_recovery", "there is a hole")
    assert "17 rows lost" in told["force_recovery"]


@pytest.mark.parametrize(("change", "why"), [(dict(users=["process 7"]), "in use"), (dict(free=10), "1000 bytes")])
def test_logs_are_not_taken_from_a_live_server_nor_without_room(change, why):
    with pytest.raises(Refused, match=why):
        keep_logs.plan(SEEN._replace(**change), keep=True)


LOADED = dict(phase="loaded", fingerprint="sum", server_uuid="new")
NEW = replay.Observed("db1", "new", REACH, GtidSet.parse(FIRST + "4"), {}, LOADED, {"event_scheduler": "OFF"}, [])


def actions(seen):
    return [step.action for step in replay.plan(seen, "sum").steps]


def test_a_replay_goes_on_to_the_end_and_then_events_run():
    assert actions(NEW) == ["replay", "make_durable"]
    assert actions(NEW._replace(executed=GtidSet.parse(FIRST + "7"), asleep=[["s", "e"]])) == [
        "replay",
        "make_durable",
        "enable_events",
    ]
    assert actions(NEW._replace(executed=GtidSet.parse(FIRST + "9"))) == []
    assert actions(NEW._replace(executed=GtidSet.parse(FIRST + "9"), asleep=[["s", "e"]])) == ["enable_events"]


REFUSED = [
    (dict(load=dict(LOADED, fingerprint="another")), "is not what this server holds"),
    (dict(load=dict(LOADED, phase="loading")), "is not what this server holds"),
    (dict(load=dict(LOADED, server_uuid="old")), "is not what this server holds"),
    (dict(settings={"event_scheduler": "ON"}), "event scheduler"),
    (dict(settings={"super_read_only": "ON"}), "super_read_only"),
    (dict(executed=GtidSet()), "not declared"),
    (dict(executed=GtidSet.parse(FIRST + "4," + UUID.replace("1", "2") + ":1")), "somebody has written"),
    (dict(reach=BY_POSITION, journal=dict(phase="begun", server_uuid="new")), "nobody knows where"),
]


@pytest.mark.parametrize(("change", "why"), REFUSED)
def test_a_replay_that_could_not_end_well_is_refused(change, why):
    with pytest.raises(Refused, match=why):
        replay.plan(NEW._replace(**change), "sum")


def test_without_gtids_the_journal_tells_what_was_done():
    fresh = NEW._replace(reach=BY_POSITION, executed=GtidSet())
    assert actions(fresh) == ["replay", "make_durable"]
    assert actions(fresh._replace(journal=dict(phase="done", server_uuid="new"))) == []
    assert actions(fresh._replace(journal=dict(phase="begun", server_uuid="another"))) == ["replay", "make_durable"]
