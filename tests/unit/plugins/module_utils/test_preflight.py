# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each check finds its own fact, and no other check minds it; a clear way has no findings."""

import pytest
from unit.plugins.module_utils import test_preflight_cloud, test_preflight_dump, test_preflight_pair

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import checks as preflight
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    NOTE,
    OVERRULE,
    REFUSE,
    WARN,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Asked, Facts

PARTS = (test_preflight_cloud, test_preflight_dump, test_preflight_pair)

SOURCE = "aaaaaaaa-2222-3333-4444-555555555555"
REPLICA = "bbbbbbbb-2222-3333-4444-555555555555"

SERVER = {
    "server_uuid": REPLICA,
    "version": "9.7.4-2",
    "flavor": "mysql",
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "log_bin": True,
    "gtid_executed": SOURCE + ":1-8",
    "gtid_purged": "",
}
VIEW = {
    "reachable": True,
    "error": None,
    "address": "db1:3306",
    "server_uuid": SOURCE,
    "version": "9.7.4-2",
    "gtid_executed": SOURCE + ":1-20",
    "gtid_purged": SOURCE + ":1-10",
}
UNREACHABLE = {"reachable": False, "error": "Can't connect (111)", "address": "db1:3306"}
DUMP = {
    "path": "/dumps/all.sql.gz",
    "complete": True,
    "incomplete_reason": None,
    "unknown_statement": None,
    "gtid_purged": SOURCE + ":1-15",
    "databases": ["mysql", "shop"],
    "server_version": "9.7.4-2",
}
REPLICA_VIEW = {
    "server": SERVER,
    "channels": [""],
    "metadata": "present",
    "metadata_evidence": None,
    "retrieved": SOURCE + ":9-12",
    "downstreams": [],
    "schemas": ["information_schema", "mysql", "performance_schema", "shop", "sys"],
}
CLEAN = Facts(address="/run/mysqld.sock", replica=REPLICA_VIEW, source=VIEW, dump=DUMP, asked=Asked())
DOWNSTREAM = {"connected": True, "session": 5, "user": "repl", "host": "db9:4711", "seconds": 60}


# Changes to the clean facts, by what they are about
def server(**changes):
    return seen(server=dict(SERVER, **changes))


def seen(**changes):
    return {"replica": dict(REPLICA_VIEW, **changes)}


def dump(**changes):
    return {"dump": dict(DUMP, **changes)}


def source(**changes):
    return {"source": dict(VIEW, **changes)}


def asked(**changes):
    return {"asked": Asked(**changes)}


OLDER = dict(server(version="8.0.36"), **source(version="8.0.36"))

# check, what is seen, changes to the clean facts, what the finding has to name
FOUND = [
    (
        "not_mysql",
        "MariaDB",
        dict(server(flavor="mariadb", version="10.11.19-MariaDB"), **dump(server_version=None)),
        "10.11",
    ),
    ("source_unreachable", "no answer", {"source": UNREACHABLE}, "Can't connect (111)"),
    ("replica_is_source", "one server_uuid", server(server_uuid=SOURCE), SOURCE),
    ("dump_incomplete", "no end", dump(complete=False, incomplete_reason="no end mark"), "no end mark"),
    ("dump_unknown_statement", "CALL", dump(unknown_statement="line 7: CALL p()"), "line 7: CALL p()"),
    ("dump_without_gtids", "none", dump(gtid_purged=None), "GTID_PURGED"),
    ("dump_without_gtids", "empty", dump(gtid_purged=""), "GTID_PURGED"),
    ("dump_without_gtids", "unreadable", dump(gtid_purged="0-1-100"), "GTID_PURGED"),
    (
        "dump_parts_differ",
        "two moments",
        dump(
            gtid_purged=None,
            gtid_sets_differ=True,
            parts=[
                {"name": "a.sql", "gtid_purged": SOURCE + ":1-15"},
                {"name": "b.sql", "gtid_purged": SOURCE + ":1-15"},
                {"name": "c.sql", "gtid_purged": SOURCE + ":1-16"},
            ],
        ),
        "a.sql declares " + SOURCE + ":1-15; c.sql declares " + SOURCE + ":1-16",
    ),
    (
        "dump_parts_differ",
        "one says nothing, one says a lot",
        dump(
            gtid_purged=None,
            gtid_sets_differ=True,
            parts=[
                {"name": "a.sql", "gtid_purged": None},
                {"name": "b.sql", "gtid_purged": ",".join([SOURCE + ":1-15"] * 99)},
            ],
        ),
        "a.sql declares none; b.sql declares " + SOURCE + ":1-15," + SOURCE,
    ),
    (
        "dump_parts_differ",
        "joined",
        dump(gtid_purged=None, gtid_sets_differ=True, parts=[{"name": "all.sql", "gtid_purged": None}]),
        "one file that was joined from several dumps",
    ),
    (
        "dump_names_no_schema",
        "of one part",
        dump(unplaced_statement="b.sql: line 9: CREATE TABLE `t`"),
        "b.sql: line 9: CREATE TABLE `t`",
    ),
    ("dump_names_no_schema", "one database", dict(dump(databases=[]), **seen(schemas=["mysql"])), "schemas"),
    (
        "dump_not_of_source",
        "another server's",
        dump(gtid_purged=SOURCE + ":1-15," + REPLICA + ":1-3"),
        REPLICA + ":1-3",
    ),
    ("dump_not_of_source", "newer than the source", dump(gtid_purged=SOURCE + ":1-21"), SOURCE + ":21"),
    ("dump_too_old", "the source has purged on", source(gtid_purged=SOURCE + ":1-16"), SOURCE + ":16"),
    ("dump_too_old", "with a hole", dump(gtid_purged=SOURCE + ":1-4:6-15"), SOURCE + ":5"),
    ("dump_of_newer_series", "newer", dump(server_version="10.0.0"), "mysql 10.0.0"),
    ("dump_of_newer_series", "8.4 into 8.0", dict(OLDER, **dump(server_version="8.4.3")), "8.4.3"),
    ("dump_of_newer_series", "of MariaDB", dump(server_version="10.11.19-MariaDB"), "mariadb 10.11.19"),
    ("gtids_off", "gtid_mode", server(gtid_mode="ON_PERMISSIVE"), "gtid_mode=ON_PERMISSIVE"),
    ("gtids_off", "no such setting", server(gtid_mode=None), "gtid_mode=None"),
    ("gtids_off", "consistency", server(enforce_gtid_consistency="WARN"), "enforce_gtid_consistency=WARN"),
    ("gtids_off", "binary log", server(log_bin=False), "log_bin=False"),
    (
        "replication_metadata_unusable",
        "crashed table",
        seen(metadata="unusable", metadata_evidence="slave_master_info is crashed", channels=[]),
        "slave_master_info is crashed",
    ),
    ("other_channels", "two sources", seen(channels=["", "west"]), "'west'"),
    ("other_channels", "only another", seen(channels=["west"]), "'west'"),
    ("live_downstreams", "connected", seen(downstreams=[DOWNSTREAM]), "db9:4711"),
    ("errant_transactions", "executed", server(gtid_executed=SOURCE + ":1-8," + REPLICA + ":1"), REPLICA + ":1"),
    ("errant_transactions", "retrieved", seen(retrieved=SOURCE + ":9-21"), SOURCE + ":21"),
    ("errant_transactions", "tagged", server(gtid_executed=SOURCE + ":1-8:fix:1"), SOURCE + ":fix:1"),
    ("extra_schemas", "one", seen(schemas=["mysql", "shop", "scratch", "abc"]), "abc, scratch"),
    ("dump_without_accounts", "asked for", dict(dump(has_accounts=False), **asked(accounts="load")), "holds none"),
]


def test_the_clear_way():
    assert preflight.findings(CLEAN) == []


@pytest.mark.parametrize(
    ("check", "changes", "named"),
    [(check, changes, named) for check, _seen, changes, named in FOUND],
    ids=["%s: %s" % row[:2] for row in FOUND],
)
def test_one_thing_in_the_way(check, changes, named):
    (finding,) = preflight.findings(CLEAN._replace(**changes))
    assert finding.id == check
    assert named in finding.fact
    assert finding.where
    assert finding.next_step
    assert finding.severity in (REFUSE, WARN, NOTE)
    assert not finding.overruled


def test_every_check_has_a_case_here_and_an_id_of_its_own():
    ids = [row.id for row in preflight.CHECKS]
    cases = {row[0] for row in FOUND}.union(*(part.CASES for part in PARTS))
    assert cases == set(ids)
    assert len(set(ids)) == len(ids)


def test_only_what_may_be_overruled_by_name_is():
    for row in preflight.CHECKS:
        if row.overrule == OVERRULE:
            preflight.findings(CLEAN, [row.id])
        else:
            with pytest.raises(BadInput, match=row.id):
                preflight.findings(CLEAN, [row.id])
    with pytest.raises(BadInput, match="no_such_check"):
        preflight.findings(CLEAN, ["no_such_check"])


CLEAR = [
    (
        "a new server: no channel, no GTIDs",
        seen(server=dict(SERVER, gtid_executed=""), channels=[], metadata="none", retrieved=""),
    ),
    ("a named channel", dict(seen(channels=["west"]), **asked(channel="west"))),
    ("downstreams taken on", dict(seen(downstreams=[DOWNSTREAM]), **asked(allow_downstream=True))),
    ("errant transactions taken on", dict(server(gtid_executed=REPLICA + ":1-3"), **asked(allow_errant=True))),
    ("extra schemas are to go", dict(seen(schemas=["scratch"]), **asked(extra_schemas="drop"))),
    ("extra schemas are to stay", dict(seen(schemas=["scratch"]), **asked(extra_schemas="keep"))),
    ("a dump of the same series and a later patch", dump(server_version="9.7.9")),
    ("a dump of an older series", dump(server_version="5.6.24-log")),
    ("a dump that does not tell its server", dump(server_version=None)),
    ("a dump as new as the source", dump(gtid_purged=SOURCE + ":1-20")),
    ("a source that has purged just what is in the dump", source(gtid_purged=SOURCE + ":1-15")),
    ("a dump with less than the replica has", server(gtid_executed=SOURCE + ":1-20")),
    ("a dump with more schemas than the replica", dump(databases=["mysql", "shop", "new"])),
]


@pytest.mark.parametrize("changes", [row[1] for row in CLEAR], ids=[row[0] for row in CLEAR])
def test_nothing_in_the_way(changes):
    assert preflight.findings(CLEAN._replace(**changes)) == []


def test_everything_is_told_at_once():
    worst = CLEAN._replace(
        dump=dict(DUMP, complete=False, gtid_purged=None),
        **seen(
            server=dict(SERVER, gtid_mode="OFF", gtid_executed=REPLICA + ":1"),
            downstreams=[DOWNSTREAM],
            channels=["", "west"],
            schemas=["scratch"],
        ),
    )
    assert [finding.id for finding in preflight.findings(worst)] == [
        "dump_incomplete",
        "dump_without_gtids",
        "gtids_off",
        "other_channels",
        "errant_transactions",
        "live_downstreams",
    ]


@pytest.mark.parametrize("changes", [dict(complete=False), dict(databases=[])], ids=["cut", "names none"])
def test_a_dump_that_does_not_tell_its_schemas_tells_of_no_extra_ones(changes):
    facts = CLEAN._replace(**dict(dump(**changes), **seen(schemas=["scratch"])))
    assert "extra_schemas" not in [finding.id for finding in preflight.findings(facts)]


def test_a_source_that_is_away_hides_nothing_that_can_be_seen_without_it():
    away = CLEAN._replace(source=UNREACHABLE, dump=dict(DUMP, complete=False), **seen(schemas=["scratch"]))
    assert [finding.id for finding in preflight.findings(away)] == [
        "source_unreachable",
        "dump_incomplete",
    ]


def test_a_part_that_is_cut_does_not_differ_as_well():
    facts = CLEAN._replace(dump=dict(DUMP, complete=False, gtid_purged=None, gtid_sets_differ=True, parts=[]))
    assert [finding.id for finding in preflight.findings(facts)] == ["dump_incomplete"]


def test_extra_schemas_are_sorted_and_never_system_schemas():
    facts = CLEAN._replace(**seen(schemas=["sys", "z", "mysql", "a", "shop", "ndbinfo"]))
    assert facts.extra == ["a", "z"]


def test_without_a_server_the_dump_and_the_source_are_still_looked_at():
    cut = dict(DUMP, complete=False, incomplete_reason="no end mark")
    down = CLEAN._replace(replica=None, source=UNREACHABLE, dump=cut)
    assert {finding.id for finding in preflight.findings(down)} == {"source_unreachable", "dump_incomplete"}
    assert 0 < len(preflight.checks(down)) < len(preflight.checks(CLEAN))


def test_a_data_directory_that_is_replaced_may_be_broken():
    broken = CLEAN._replace(**seen(metadata="unusable", metadata_evidence="mysql.slave_master_info: error 1146"))
    assert [finding.id for finding in preflight.findings(broken)] == ["replication_metadata_unusable"]
    assert preflight.findings(broken._replace(**asked(reinitialize=True))) == []


def test_accounts_are_missed_only_where_they_are_asked_for():
    assert preflight.findings(CLEAN._replace(dump=dict(DUMP, has_accounts=False))) == []
    assert preflight.findings(CLEAN._replace(**dict(dump(has_accounts=True), **asked(accounts="load")))) == []
