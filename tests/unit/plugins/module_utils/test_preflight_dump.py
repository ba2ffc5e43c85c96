# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what the dump lacks, of its trial, its space and its time each find their own fact."""

import calendar

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_estimate
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import checks as preflight
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import of_load
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Asked, Facts

SOURCE = "aaaaaaaa-2222-3333-4444-555555555555"
GIB = 1 << 30
ENDED = calendar.timegm((2026, 11, 20, 12, 0, 0))
LONG_BEFORE = ENDED - 90 * 86400
HOUR_BEFORE = ENDED - 3600
NOW = ENDED + 2 * 3600


def table(db, name, made=LONG_BEFORE, size=GIB):
    return {"db": db, "name": name, "made": made, "bytes": size}


def program(made=LONG_BEFORE):
    return {"db": "shop", "made": made}


HOLDINGS = {
    "schemas": ["information_schema", "mysql", "shop"],
    "tables": [table("shop", "item"), table("shop", "sale")],
    "routines": [program(), program()],
    "events": [program()],
    "triggers": [program(None)],
}
THERE = {
    "holdings": HOLDINGS,
    "binary_logs": [{"name": "b.%d" % number, "bytes": GIB // 4} for number in (1, 2, 3)],
    "kept_for": 7 * 86400,
    "packet": 64 << 20,
    "now": NOW,
}
HERE = {"tables": [table("shop", "item")], "binary_logs": [{"name": "r.1", "bytes": GIB}], "packet": 64 << 20}
DUMP = {
    "path": "/dumps/all.sql.gz",
    "complete": True,
    "incomplete_reason": None,
    "unknown_statement": None,
    "gtid_purged": SOURCE + ":1-15",
    "databases": ["mysql", "shop"],
    "tables": [{"database": "shop", "table": "item"}, {"database": "shop", "table": "sale"}],
    "routines": 2,
    "events": 1,
    "triggers": 1,
    "server_version": None,
    "has_accounts": True,
    "position": {"file": "b.3", "position": 4},
    "size": GIB,
    "uncompressed_size": 2 * GIB,
    "modified": ENDED,
    "completed_at": "2026-11-20 12:00:00",
    "largest_statement": 1 << 20,
    "fingerprint": "one",
    "fingerprint_now": "one",
    "writers": None,
}
VIEW = {
    "reachable": True,
    "error": None,
    "address": "db1:3306",
    "server_uuid": SOURCE,
    "gtid_executed": SOURCE + ":1-20",
    "gtid_purged": SOURCE + ":1-5",
    "load": THERE,
}
TRIAL = {
    "tried": True,
    "why_not": None,
    "tables": 9,
    "problems": [],
    "reduced": [],
    "scratch_refused": None,
}
ROOM = {
    "datadir": {"path": "/data", "free": 100 * GIB, "device": 1},
    "backup_dir": {"path": "/backup", "free": 100 * GIB, "device": 1},
}
# The server of the replica is not asked: what is checked of it is not looked at here.
CLEAN = Facts("/run/mysqld.sock", None, VIEW, DUMP, Asked(), TRIAL, ROOM)
TOLD_ALWAYS = "load_disk"
PROBLEM = {
    "level": "error",
    "about": None,
    "schema": "shop",
    "table": "item",
    "errno": 1273,
    "error": "Unknown collation: 'x'",
    "where": "/dumps/all.sql.gz: line 41",
}


def dump(**changes):
    return {"dump": dict(DUMP, **changes)}


def there(**changes):
    return {"source": dict(VIEW, load=dict(THERE, **changes))}


def held(**changes):
    return there(holdings=dict(HOLDINGS, **changes))


def trial(**changes):
    return {"trial": dict(TRIAL, **changes)}


def room(**changes):
    return {"room": dict(ROOM, **changes)}


def same(changes):
    """The source has executed nothing since the dump."""
    return {"source": dict(changes["source"], gtid_executed=SOURCE + ":1-15")}


def problems(*changed):
    return trial(problems=[dict(PROBLEM, **one) for one in changed])


SMALL = [table("shop", "item", size=1 << 20), table("shop", "sale", size=1 << 20)]
OTHER = ["mysql", "shop", "other"]
SALE = [table("shop", "item"), table("shop", "sale"), table("shop", "new", HOUR_BEFORE)]

# check, what is seen, changes to the clean facts, what the finding has to name
FOUND = [
    ("dump_changed", "written to", dump(fingerprint_now="two"), "another than when it was looked at"),
    ("dump_writable_by_others", "mode", dump(writers="its mode is 0666"), "its mode is 0666"),
    ("dump_snapshot_unknown", "no position", dump(position=None), "no binary log position"),
    ("dump_lacks_objects", "a schema, nothing since", same(held(schemas=OTHER)), "schema other"),
    (
        "dump_lacks_objects",
        "a schema with old tables",
        held(schemas=OTHER, tables=[*HOLDINGS["tables"], table("other", "t")]),
        "schema other",
    ),
    ("dump_lacks_objects", "a table, nothing since", same(held(tables=SALE)), "table shop.new"),
    (
        "dump_lacks_objects",
        "an old table",
        held(tables=[*HOLDINGS["tables"], table("shop", "old")]),
        "table shop.old",
    ),
    ("dump_lacks_objects", "--routines forgotten", dump(routines=0), "2 of 2 routines"),
    ("dump_lacks_objects", "--events forgotten", dump(events=0), "1 of 1 events"),
    ("dump_lacks_objects", "triggers, nothing since", same(held(triggers=[program(None)] * 3)), "2 of 3 triggers"),
    ("dump_may_lack_objects", "an empty schema", held(schemas=OTHER), "schema other"),
    ("dump_may_lack_objects", "a table of the same day", held(tables=SALE), "table shop.new"),
    ("dump_may_lack_objects", "triggers of an unknown age", dump(triggers=0), "1 of 1 triggers"),
    ("load_trial_fails", "a table", problems({}), "shop.item: Unknown collation"),
    ("load_trial_fails", "a setting", problems({"schema": None, "table": "SET time_zone"}), "SET time_zone: "),
    ("load_trial_fails", "many", problems(*[{"table": "t%d" % number} for number in range(9)]), "and 6 more"),
    ("load_trial_changes_engine", "TokuDB", problems({"level": "changed", "about": "engine"}), "another engine"),
    ("load_trial_changes_tables", "an index", problems({"level": "changed", "about": "index length"}), "otherwise"),
    ("load_trial_partly", "not at all", trial(tried=False, why_not="error 1044"), "error 1044"),
    (
        "load_trial_partly",
        "not whole",
        trial(reduced=[{"schema": "s", "table": "t", "left_out": ["partitions"]}], scratch_refused="error 1290"),
        "1 of 9 tables were tried without their partitions (no scratch schema: error 1290)",
    ),
    ("load_disk_short", "tables", room(datadir={"path": "/data", "free": GIB, "device": 1}), "only 1.0 GiB"),
    ("source_purges_soon", "by retention", there(kept_for=2 * 3600 + 60), "in 60 s, and the load takes about 3"),
    (
        "source_purges_soon",
        "by its pace",  # one transaction is left, and 500 were written in 2 h
        {"source": dict(VIEW, gtid_purged=SOURCE + ":1-14", gtid_executed=SOURCE + ":1-515")},
        "in 14 s",
    ),
    (
        "source_purges_soon",
        "of a dump yet to be taken",
        dict(dump(size=0, position=None), **there(kept_for=100)),
        "in 100 s",
    ),
]
# of the replica's server: beside what other checks find of one that hardly answers
OF_SERVER = [
    ("load_packet_too_small", "a statement", dict(HERE, packet=1 << 20), {}, "max_allowed_packet is 1048576"),
    ("load_packet_smaller_than_source", "a stream", dict(HERE, packet=4 << 20), dump(size=0), "replica of 4194304"),
]
CASES = [row[0] for row in FOUND] + [row[0] for row in OF_SERVER] + [TOLD_ALWAYS]


def found_by(facts):
    return {finding.id: finding for finding in preflight.findings(facts, only=CASES)}


def look(check, facts):
    (row,) = [row for row in preflight.CHECKS if row.id == check]
    return row.look(facts)


def test_every_check_of_the_load_has_a_case():
    assert {row.id for row in of_load.CHECKS} <= set(CASES)


def test_a_clear_way_is_told_its_space_and_nothing_else():
    found = found_by(CLEAN)
    assert list(found) == [TOLD_ALWAYS]
    fact = found[TOLD_ALWAYS].fact
    assert "2.2 GiB for tables and indexes (by the source's tables), 64.0 MiB for undo" in fact
    assert "512.0 MiB for relay and binary logs" in fact
    assert "free: 100.0 GiB" in fact


@pytest.mark.parametrize(
    ("check", "changes", "named"),
    [(check, changes, named) for check, _seen, changes, named in FOUND],
    ids=["%s: %s" % row[:2] for row in FOUND],
)
def test_one_thing_in_the_way(check, changes, named):
    found = found_by(CLEAN._replace(**changes))
    assert set(found) - {TOLD_ALWAYS} == {check}
    assert named in found[check].fact
    assert found[check].where
    assert found[check].next_step


@pytest.mark.parametrize(
    ("check", "here", "changes", "named"),
    [(check, here, changes, named) for check, _seen, here, changes, named in OF_SERVER],
    ids=["%s: %s" % row[:2] for row in OF_SERVER],
)
def test_what_the_replica_takes(check, here, changes, named):
    seen = look(check, CLEAN._replace(replica={"load": here}, **changes))
    assert named in seen.fact
    assert "SET GLOBAL max_allowed_packet = " in seen.next_step
    assert look(check, CLEAN._replace(replica={"load": HERE})) is None


def test_a_statement_that_no_server_takes_is_no_matter_of_a_setting():
    large = CLEAN._replace(replica={"load": dict(HERE, packet=GIB)}, **dump(largest_statement=GIB))
    assert "no server takes that" in look("load_packet_too_small", large).next_step


QUIET = [
    ("a dump that is cut", dict(dump(complete=False, events=0))),
    ("a dump without GTIDs", dict(dump(gtid_purged=None, events=0))),
    ("a service's own schema", held(schemas=["shop", "__recycle_bin__"])),
    ("fewer of them at the source now", held(routines=[], tables=[])),
    ("logs that are kept for ever", there(kept_for=None)),
    ("a source that never purged", {"source": dict(VIEW, gtid_purged="")}),
    ("no trial", {"trial": None}),
]


@pytest.mark.parametrize("changes", [row[1] for row in QUIET], ids=[row[0] for row in QUIET])
def test_nothing_in_the_way(changes):
    assert set(found_by(CLEAN._replace(**changes))) <= {TOLD_ALWAYS}


def test_nothing_is_told_where_nobody_could_look():
    blind = CLEAN._replace(
        source=dict(VIEW, load={}), trial=None, room=None, **dump(size=None, uncompressed_size=None, position=None)
    )
    assert found_by(blind) == {}


def test_what_is_dropped_first_makes_room():
    full = CLEAN._replace(**room(datadir={"path": "/data", "free": 2 * GIB, "device": 1}))
    assert "load_disk_short" in found_by(full)
    mine = dict(HERE, tables=[table("shop", "item", size=4 * GIB), table("other", "t", size=9 * GIB)])
    freed = full._replace(replica={"load": mine})
    assert look("load_disk_short", freed) is None
    assert "4.0 GiB once" in look("load_disk", freed).fact
    kept = freed._replace(asked=Asked(reinitialize=True))
    assert look("load_disk_short", kept) is not None


def test_a_quarantine_on_another_file_system_takes_space():
    apart = CLEAN._replace(
        replica={"load": HERE}, **room(backup_dir={"path": "/backup", "free": GIB // 2, "device": 2})
    )
    assert "quarantine takes 1.0 GiB" in look("load_disk", apart).fact
    assert look("load_disk_short", apart).where == "/backup"


def test_without_the_source_the_dumps_text_tells_the_space():
    assert load_estimate.needed(DUMP, {}, {}, False, True).tables == 3 * GIB
    assert load_estimate.needed(dict(DUMP, size=0), {}, {}, False, True) is None


def test_logs_are_counted_from_the_dumps_place_or_all():
    assert len(load_estimate.logs_since(DUMP, THERE)) == 1
    assert len(load_estimate.logs_since(dict(DUMP, position=None), THERE)) == 3
    assert len(load_estimate.logs_since(dict(DUMP, position={"file": "gone.9"}), THERE)) == 3
    assert load_estimate.logs_since(dict(DUMP, size=0), THERE) == []


@pytest.mark.parametrize(
    ("changes", "age"),
    [
        ({}, 2 * 3600),
        ({"modified": NOW + 60}, 0),  # a clock that is ahead
        ({"modified": NOW, "completed_at": "2026-11-18 12:00:00"}, 2 * 86400 + 2 * 3600 - 12 * 3600),  # a copy
        ({"modified": None, "completed_at": None}, None),
        ({"size": 0}, 0),
    ],
)
def test_a_dump_is_at_least_as_old_as_it_says(changes, age):
    assert load_estimate.age(dict(DUMP, **changes), NOW) == age


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB"), (5 << 50, "5120.0 TiB")]
)
def test_sizes_for_people(count, shown):
    assert load_estimate.bytes_shown(count) == shown


@pytest.mark.parametrize(("count", "shown"), [(59, "59 s"), (150, "2.5 min"), (7200, "2.0 h"), (7 * 86400, "7.0 days")])
def test_times_for_people(count, shown):
    assert load_estimate.time_shown(count) == shown


def test_a_check_can_be_asked_again_alone():
    (again,) = preflight.checks(CLEAN, ["dump_too_old"])
    assert again.id == "dump_too_old"
    assert preflight.findings(CLEAN, only=["dump_too_old"]) == []
    gone = CLEAN._replace(source=dict(VIEW, gtid_purged=SOURCE + ":1-16"))
    assert [one.id for one in preflight.findings(gone, only=["dump_too_old"])] == ["dump_too_old"]
    with pytest.raises(preflight.BadInput, match="no_such_check"):
        preflight.checks(CLEAN, ["no_such_check"])
