# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump is loaded when it is not in already, into a server on which the load can come to its end."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_estimate, load_plan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet

SOURCE = "aaaaaaaa-2222-3333-4444-555555555555"
REPLICA = "bbbbbbbb-2222-3333-4444-555555555555"

SEEN = load_plan.Observed(
    address="/run/mysqld.sock",
    server_uuid=REPLICA,
    executed=GtidSet(),
    schemas=["information_schema", "mysql", "performance_schema", "scratch", "shop", "sys"],
    settings={"super_read_only": "OFF", "event_scheduler": "OFF", "max_allowed_packet": "67108864"},
    appliers=[],
    journal={},
)
DUMP = load_plan.Dump(
    path="/dumps/all.sql",
    fingerprint="f1",
    size=1000,
    databases=["mysql", "shop", "new"],
    tables=[{"name": "t"}],
    events=2,
    gtid_purged=SOURCE + ":1-15",
    gtid_sets_differ=False,
    unplaced_statement=None,
    largest_statement=1000,
    complete=True,
    incomplete_reason=None,
)
LOADED = {
    "gtid_purged": DUMP.gtid_purged,
    "phase": "loaded",
    "fingerprint": "f1",
    "server_uuid": REPLICA,
    "path": "/dumps/all.sql",
}
DECLARED = GtidSet.parse(SOURCE + ":1-20")


def steps(seen=SEEN, dump=DUMP, drop=()):
    return [(step.action, step.target) for step in load_plan.plan(seen, dump, list(drop)).steps]


LOAD = [("load", SEEN.address), ("disable_events", SEEN.address), ("make_durable", SEEN.address)]


def test_what_the_dump_replaces_goes_first():
    plan = load_plan.plan(SEEN, DUMP, [])
    assert [(step.action, step.target) for step in plan.steps] == [("drop_schema", "shop"), *LOAD]
    assert plan.before == {"schemas": ["scratch", "shop"]}
    assert plan.after == {"schemas": ["new", "scratch", "shop"]}


def test_schemas_to_be_dropped_go_too():
    plan = load_plan.plan(SEEN, DUMP, ["scratch", "not_there"])
    assert [(step.action, step.target) for step in plan.steps] == [
        ("drop_schema", "shop"),
        ("drop_schema", "scratch"),
        *LOAD,
    ]
    assert plan.after == {"schemas": ["new", "shop"]}


def test_a_schema_is_dropped_once():
    assert steps(drop=["shop"]) == [("drop_schema", "shop"), *LOAD]


@pytest.mark.parametrize("name", ["mysql", "sys", "information_schema", "performance_schema", "MySQL"])
def test_a_system_schema_is_never_dropped(name):
    seen = SEEN._replace(schemas=[name])
    assert steps(seen, DUMP._replace(databases=[name]), drop=[name]) == LOAD


def test_a_new_server():
    assert steps(SEEN._replace(schemas=["mysql"])) == LOAD


def test_events_are_disabled_and_all_is_on_disk_before_the_load_counts():
    assert [action for action, _target in steps()][-3:] == ["load", "disable_events", "make_durable"]


def test_a_dump_that_is_in_is_not_loaded_again():
    plan = load_plan.plan(SEEN._replace(journal=LOADED, executed=DECLARED), DUMP, ["scratch"])
    assert not plan.needed
    assert plan.before == plan.after


def test_a_dump_that_is_in_needs_no_quiet_server():
    running = SEEN._replace(
        journal=LOADED, executed=DECLARED, appliers=[""], settings=dict(SEEN.settings, super_read_only="ON")
    )
    assert steps(running) == []


def test_of_a_dump_that_is_taken_on_the_way_the_set_that_was_loaded_counts():
    later = DUMP._replace(gtid_purged=SOURCE + ":1-999")
    assert steps(SEEN._replace(journal=LOADED, executed=DECLARED), later) == []


NOT_BELIEVED = [
    ("no journal", {}, {}),
    ("the load was not finished", dict(journal=dict(LOADED, phase="loading")), {}),
    ("another dump was loaded", dict(journal=dict(LOADED, fingerprint="f0")), {}),
    ("the file was changed", {}, dict(fingerprint="f2")),
    ("another server was loaded", dict(journal=dict(LOADED, server_uuid=SOURCE)), {}),
    ("its GTIDs were never declared", dict(executed=GtidSet()), {}),
    ("only some of its GTIDs are there", dict(executed=GtidSet.parse(SOURCE + ":1-14")), {}),
    ("the dump had no GTIDs to tell by", dict(journal=dict(LOADED, gtid_purged=None)), {}),
    ("the journal is another thing", dict(journal={"n": 1}), {}),
]


@pytest.mark.parametrize(("seen", "dump"), [row[1:] for row in NOT_BELIEVED], ids=[row[0] for row in NOT_BELIEVED])
def test_a_load_that_is_not_proven_is_done_again(seen, dump):
    believed = SEEN._replace(journal=LOADED, executed=DECLARED)
    if not seen and not dump:
        seen = dict(journal={})
    assert ("load", SEEN.address) in steps(believed._replace(**seen), DUMP._replace(**dump))


REFUSED = [
    ("a cut dump", {}, dict(complete=False, incomplete_reason="no end mark"), "not whole: no end mark"),
    ("tables of no schema", {}, dict(unplaced_statement="b.sql: line 3: CREATE TABLE `t`"), "b.sql: line 3: CREATE"),
    ("parts of two moments", {}, dict(gtid_purged=None, gtid_sets_differ=True), "not declare the same GTID set"),
    ("replication runs", dict(appliers=["", "west"]), {}, "replication is running.*'west'"),
    ("super_read_only", dict(settings=dict(SEEN.settings, super_read_only="ON")), {}, "super_read_only is on"),
    ("the scheduler runs", dict(settings=dict(SEEN.settings, event_scheduler="ON")), {}, "2 events"),
    ("too large a statement", {}, dict(largest_statement=67108865), "67108865 bytes, max_allowed_packet is 67108864"),
]


@pytest.mark.parametrize(("seen", "dump", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(seen, dump, message):
    with pytest.raises(Refused, match=message) as caught:
        load_plan.plan(SEEN._replace(**seen), DUMP._replace(**dump), [])
    assert caught.value.untouched == load_plan.NOTHING
    assert caught.value.next_step


ALLOWED = [
    ("the scheduler runs, the dump has no events", dict(settings={"event_scheduler": "ON"}), dict(events=0)),
    ("the scheduler is disabled", dict(settings={"event_scheduler": "DISABLED"}), {}),
    ("a server without super_read_only", dict(settings={"event_scheduler": "OFF"}), {}),
    ("a statement that just fits", {}, dict(largest_statement=67108864)),
]


@pytest.mark.parametrize(("seen", "dump"), [row[1:] for row in ALLOWED], ids=[row[0] for row in ALLOWED])
def test_allowed(seen, dump):
    assert steps(SEEN._replace(**seen), DUMP._replace(**dump)) == [("drop_schema", "shop"), *LOAD]


def test_what_a_load_takes_is_told_before_it():
    told = dict(size=10, uncompressed_size=6 << 30, databases=["d"], tables=[])
    assert load_estimate.shown(told) == ", about 10.2 min and 9.0 GiB on disk"
    assert load_estimate.shown(dict(told, size=0)) == ""
    display = load_plan.plan(SEEN, DUMP, [], cost=load_estimate.shown(told)).steps[-3].display
    assert display.endswith("bytes, about 10.2 min and 9.0 GiB on disk")
