# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed services are recognised by what was seen of them in public, and each check of them finds its own fact.

No server of such a service can be had here: SEEN are recorded observations, each with where it was seen.
"""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import clouds
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_hidden_key import (
    HiddenKeys,
    values_in_first_row,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import checks as preflight
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import of_cloud
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import NOTE, OVERRULE
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Asked, Facts

SOURCE = "aaaaaaaa-2222-3333-4444-555555555555"
OWN = dict(signs={}, heartbeats={}, retention_hours=None, named_time_zones=False, lower_case_table_names="0")
SERVER = {
    "server_uuid": "bbbbbbbb-2222-3333-4444-555555555555",
    "version": "8.0.36",
    "flavor": "mysql",
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "log_bin": True,
    "gtid_executed": "",
    "gtid_purged": "",
}
HERE = {
    "server": SERVER,
    "channels": [],
    "metadata": "none",
    "metadata_evidence": None,
    "retrieved": "",
    "downstreams": [],
    "schemas": ["mysql"],
    "cloud": OWN,
    "unfiltered": {"": list(clouds.HEARTBEATS)},
}
THERE = {
    "reachable": True,
    "error": None,
    "address": "db1:3306",
    "server_uuid": SOURCE,
    "version": "8.0.36",
    "gtid_executed": SOURCE + ":1-20",
    "gtid_purged": "",
    "cloud": OWN,
}
DUMP = {
    "path": "/dumps/all.sql.gz",
    "complete": True,
    "incomplete_reason": None,
    "gtid_purged": SOURCE + ":1-15",
    "databases": ["shop"],
    "server_version": "8.0.36",
    "has_accounts": True,
}

# service, where it was seen, signs
SEEN = [
    (
        clouds.AURORA,
        "SHOW VARIABLES LIKE 'aurora_version', by which drivers tell Aurora from other servers",
        {"variable": ["aurora_version=3.04.0", "basedir=/rdsdbbin/oscar-8.0.mysql_aurora.3.04.0.1.0/"]},
    ),
    (clouds.AURORA, "head of a published mysqldump", {"version": ["8.0.mysql_aurora.3.04.0"]}),
    (clouds.AWS, "SHOW VARIABLES of an instance, published", {"variable": ["basedir=/rdsdbbin/mysql-8.0.41.R2/"]}),
    (clouds.AWS, "phpMyAdmin tells RDS by @@basedir", {"variable": ["basedir=/rdsdbbin/mysql/"]}),
    (clouds.AWS, "endpoint, RDS User Guide", {"host": ["rds001.cs8xkvdfl8ru.ap-northeast-1.rds.amazonaws.com"]}),
    (
        clouds.AWS,
        "tables of schema mysql on an instance, published",
        {"table": ["rds_configuration", "rds_heartbeat2", "rds_sysinfo"], "account": ["rdsadmin"]},
    ),
    (
        clouds.AWS,
        "RDS User Guide: stored procedures",
        {"routine": ["rds_set_configuration", "rds_kill"], "account": ["rdsadmin"]},
    ),
    (
        clouds.ALIBABA,
        "the endpoint in a report of a replica",
        {"host": ["rm-bp16vmecn3tzzl51u.mysql.rds.aliyuncs.com"]},
    ),
    (
        clouds.ALIBABA,
        "PolarDB-X asks SHOW GLOBAL VARIABLES LIKE 'implicit_primary_key'",
        {"variable": ["implicit_primary_key=ON"]},
    ),
    (
        clouds.ALIBABA,
        "option file of a backup: opt_rds_*, maintain_user_list 'aliyun_root,aurora,replicator'; its heartbeat",
        {"table": ["ha_health_check"], "account": ["aliyun_root"]},
    ),
    (clouds.GOOGLE, "version of an instance", {"version": ["8.0.31-google"]}),
    (
        clouds.GOOGLE,
        "SHOW TABLES FROM mysql on an instance, published; accounts left out by a migration of one",
        {"table": ["audit_log_rules", "cloudsql_replica_index", "heartbeat"], "account": ["cloudsqlsuperuser"]},
    ),
    (clouds.AZURE, "heads of published dumps", {"version": ["8.0.42-azure"]}),
    (clouds.AZURE, "heads of published dumps", {"host": ["example.mysql.database.azure.com"], "version": ["5.6.47.0"]}),
    (
        clouds.AZURE,
        "output of Azure's own JavaScript quickstart",
        {"table": ["__az_action_history__", "__firewall_rules__"], "account": ["azure_superuser"]},
    ),
]
# What a server of one's own may have without being one of a service
NOT_SEEN = [
    ("nothing", {}),
    ("an everyday server", {"version": ["8.0.36-0ubuntu0.22.04.1"], "variable": ["basedir=/usr/"], "host": ["db1"]}),
    ("the table that an article tells one to make for a replica of RDS", {"table": ["rds_heartbeat2"]}),
    ("the account out of a loaded dump", {"account": ["rdsadmin", "azure_superuser"]}),
    ("an application's tables", {"table": ["heartbeat"], "account": ["aurora"]}),
    ("another cloud's host", {"host": ["rds.amazonaws.com.example.org"]}),
    ("a host that only looks like one", {"host": ["rdsXamazonaws.com"]}),
]


@pytest.mark.parametrize(("service", "signs"), [row[::2] for row in SEEN], ids=["%s: %s" % row[:2] for row in SEEN])
def test_a_service_is_recognised_by_what_was_seen_of_it(service, signs):
    recognised = clouds.recognise(signs)
    assert recognised.service.id == service
    assert recognised.evidence
    assert recognised.service.name in recognised.told
    assert all(clouds.is_sign(kind, one) for kind, seen in signs.items() for one in seen if one in recognised.told)


@pytest.mark.parametrize("signs", [row[1] for row in NOT_SEEN], ids=[row[0] for row in NOT_SEEN])
def test_a_server_of_ones_own_is_not_taken_for_one_of_a_service(signs):
    assert clouds.recognise(signs) is None


def cloud(**changes):
    return dict(OWN, **changes)


def signs_of(service):
    return next(signs for found, _where, signs in SEEN if found == service)


def of(service, **changes):
    """Changes to the clean facts: the source is one of this service."""
    return {"source": dict(THERE, cloud=cloud(signs=signs_of(service), **changes))}


def here(unfiltered=("",), **changes):
    tables = {name: list(clouds.HEARTBEATS) for name in unfiltered}
    return {"replica": dict(HERE, cloud=cloud(**changes), unfiltered=dict({"": []}, **tables))}


def dump(**changes):
    return {"dump": dict(DUMP, **changes)}


CLEAN = Facts(address="/run/mysqld.sock", replica=HERE, source=THERE, dump=DUMP, asked=Asked())
HIDDEN = {"database": "shop", "table": "visit", "columns": 4, "row_values": 3}

# check, what is seen, changes to the clean facts, what the finding has to name
FOUND = [
    (
        "managed_source",
        "version",
        {"source": dict(THERE, cloud=cloud(signs={"version": ["8.0.42-azure"]}))},
        "the source is Azure Database for MySQL (version 8.0.42-azure)",
    ),
    ("dump_of_managed_service", "head", dump(server_version="8.0.31-google"), "Google Cloud SQL"),
    ("dump_of_managed_service", "host", dump(host="rm-bp16.mysql.rds.aliyuncs.com"), "host rm-bp16.mysql.rds.aliyuncs"),
    ("service_heartbeat", "Alibaba's, hidden from customers", of(clouds.ALIBABA), "mysql.ha_health_check"),
    (
        "service_heartbeat",
        "Amazon's",
        of(clouds.AWS, heartbeats={"rds_heartbeat2": 1}, retention_hours=72),
        "mysql.rds_heartbeat2",
    ),
    (
        "service_heartbeat",
        "Google's",
        of(clouds.GOOGLE, heartbeats={"heartbeat": None}),
        "mysql.heartbeat",
    ),
    (
        "service_heartbeat",
        "an empty table does not do",
        dict(of(clouds.ALIBABA), **here(heartbeats={"ha_health_check": 0})),
        "1032",
    ),
    (
        "service_heartbeat",
        "handed down by a server of one's own",
        {"source": dict(THERE, cloud=cloud(heartbeats={"ha_health_check": 1}))},
        "mysql.ha_health_check",
    ),
    ("service_keeps_no_binary_logs", "not set", of(clouds.AWS, retention_hours=0), "binlog retention hours"),
    ("service_keeps_binary_logs_shortly", "6 hours", of(clouds.AWS, retention_hours=6), "for 6 hours"),
    ("service_keeps_binary_logs_shortly", "not to be read", of(clouds.AWS), "may not be read"),
    ("service_keeps_binary_logs_shortly", "Aurora", of(clouds.AURORA, retention_hours=0), "not longer than a day"),
    (
        "accounts_of_managed_service",
        "of the dump",
        dict(dump(server_version="8.0.36-azure"), asked=Asked(accounts="load")),
        "Azure",
    ),
    ("hidden_row_ids_without_values", "one short", dump(hidden_row_ids=[HIDDEN]), "shop.visit (4 columns, 3 values)"),
    ("hidden_row_ids", "with values", dump(hidden_row_ids=[dict(HIDDEN, row_values=4)]), "shop.visit"),
    ("hidden_row_ids", "unknown", dump(hidden_row_ids=[dict(HIDDEN, row_values=None)]), "shop.visit"),
    ("time_zone_names_missing", "", {"source": dict(THERE, cloud=cloud(named_time_zones=True))}, "1298"),
    (
        "table_names_fold_differently",
        "Alibaba's and Azure's default",
        {"source": dict(THERE, cloud=cloud(lower_case_table_names="1"))},
        "is 1 on the source and 0 on the replica",
    ),
]
CASES = [row[0] for row in FOUND]
# What comes with a service, beside the fact of a case
NOTES = ("managed_source", "dump_of_managed_service")


def test_every_check_has_a_case_here():
    assert set(CASES) == {row.id for row in of_cloud.CHECKS}


@pytest.mark.parametrize(
    ("check", "changes", "named"),
    [(check, changes, named) for check, _seen, changes, named in FOUND],
    ids=["%s: %s" % row[:2] for row in FOUND],
)
def test_one_thing_in_the_way(check, changes, named):
    told = preflight.findings(CLEAN._replace(**changes))
    (finding,) = [one for one in told if one.id == check or one.id not in NOTES]
    assert finding.id == check
    assert named in finding.fact
    assert finding.where
    assert finding.next_step


CLEAR = [
    ("servers of one's own", {}),
    ("a source that was not looked at", {"source": {k: v for k, v in THERE.items() if k != "cloud"}}),
    ("a heartbeat that is kept out", dict(of(clouds.ALIBABA), **here(unfiltered=()))),
    ("a heartbeat whose rows are here", dict(of(clouds.ALIBABA), **here(heartbeats={"ha_health_check": 1}))),
    (
        "a heartbeat whose rows may not be counted",
        dict(of(clouds.ALIBABA), **here(heartbeats={"ha_health_check": None})),
    ),
    (
        "kept out of the channel in question",
        dict(of(clouds.ALIBABA), asked=Asked(channel="west"), replica=dict(HERE, unfiltered={"": ["x"], "west": []})),
    ),
    ("an application's heartbeat", {"source": dict(THERE, cloud=cloud(heartbeats={"heartbeat": 1}))}),
    ("logs that are kept", of(clouds.AWS, retention_hours=24)),
    ("accounts that stay", dump(server_version="8.0.36-azure")),
    ("named time zones on both", dict(of(clouds.GOOGLE, named_time_zones=True), **here(named_time_zones=True))),
    (
        "time zones that may not be looked at",
        dict(of(clouds.GOOGLE, named_time_zones=True), **here(named_time_zones=None)),
    ),
]


@pytest.mark.parametrize("changes", [row[1] for row in CLEAR], ids=[row[0] for row in CLEAR])
def test_nothing_in_the_way(changes):
    found = preflight.findings(CLEAN._replace(**changes))
    assert [one.id for one in found if one.id not in NOTES and one.id != "other_channels"] == []


def test_a_dump_of_the_sources_own_service_is_not_worth_a_word():
    changes = dict(of(clouds.GOOGLE), **dump(server_version="8.0.31-google"))
    assert [one.id for one in preflight.findings(CLEAN._replace(**changes))] == ["managed_source"]


def test_a_note_on_a_service_says_what_to_do_about_it_and_stops_nobody():
    for service in clouds.SERVICES:
        told = {one.id: one for one in preflight.findings(CLEAN._replace(**of(service.id, retention_hours=72)))}
        assert told["managed_source"].severity == NOTE
        assert told["managed_source"].next_step == service.advice


def test_what_may_be_overruled_is_overruled_by_name():
    facts = CLEAN._replace(**of(clouds.ALIBABA))
    found = preflight.findings(facts, ["service_heartbeat"])
    assert {one.id: one.overruled for one in found} == {"managed_source": False, "service_heartbeat": True}
    assert {row.id for row in of_cloud.CHECKS if row.overrule == OVERRULE} >= {"service_heartbeat"}


# The definition is of a published dump, shortened.
DEFINITION = b"""CREATE TABLE `visit` (
  `title` varchar(64) DEFAULT NULL COMMENT 'a ` and
 a line',
  `content` varchar(10) DEFAULT NULL,
  `__#alibaba_rds_row_id#__` bigint(20) NOT NULL AUTO_INCREMENT COMMENT 'Implicit Primary Key by RDS',
  KEY `__#alibaba_rds_row_id#__` (`__#alibaba_rds_row_id#__`)
) ENGINE=InnoDB AUTO_INCREMENT=3163 DEFAULT CHARSET=utf8"""


def test_a_hidden_row_id_is_found_with_the_first_of_its_rows():
    keys = HiddenKeys()
    keys.definition(("shop", "item"), b"CREATE TABLE `item` (\n  `id` int)")
    keys.definition(("shop", "visit"), DEFINITION)
    keys.rows(("shop", "item"), b"INSERT INTO `item` VALUES (1)")
    keys.rows(("shop", "visit"), b"INSERT INTO `visit` VALUES ('a','b'),('c','d')")
    keys.rows(("shop", "visit"), b"INSERT INTO `visit` VALUES ('a','b',3)")
    assert keys.result() == [{"database": "shop", "table": "visit", "columns": 3, "row_values": 2}]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (b"INSERT INTO `t` VALUES (1)", 1),
        (b"INSERT INTO `t` VALUES (1,NULL,'a,b)','it''s \\'',0x2C29,_binary 'x\\\\'),(2)", 6),
        (b"INSERT  IGNORE INTO `a``(b` VALUES (1,2)", 2),
        (b"REPLACE INTO `s`.`t` VALUES\n(1,POINT(1,2),3)", 3),
        (b"INSERT INTO `t` (`a`, `b`) VALUES (1,2)", None),
        (b"INSERT INTO `t` VALUES (1,2", None),
        (b"INSERT INTO `t` SELECT 1", None),
    ],
)
def test_values_of_the_first_row_are_counted(statement, values):
    assert values_in_first_row(statement) == values
