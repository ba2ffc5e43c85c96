# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each check of a replica, its neighbours, its source and its accounts finds its own fact, and no other minds it.

What no server of the tests can be made to show is a recorded observation: Galera's settings are those that the manual
of Percona XtraDB Cluster lists for a node ("Index of wsrep system variables"); a managed server's variable is in
logic/clouds.py.
"""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.service_watch import Watch
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import checks as preflight
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import (
    of_account,
    of_neighbours,
    of_pair,
    of_privileges,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import NOTE, REFUSE, WARN
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Asked, Facts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.privileges import (
    TO_LOOK,
    TO_READ_SOURCE,
    TO_REBUILD,
    Grants,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import read_channels

SOURCE = "aaaaaaaa-2222-3333-4444-555555555555"
REPLICA = "bbbbbbbb-2222-3333-4444-555555555555"
OTHER = "cccccccc-2222-3333-4444-555555555555"
SIGNS = dict(signs={}, heartbeats={}, retention_hours=None, named_time_zones=False, lower_case_table_names="0")


def follows(uuid, host="db1", port=3306, name=""):
    row = dict(Channel_Name=name, Source_UUID=uuid, Source_Host=host, Source_Port=port)
    return read_channels([row])


ALL = Grants("admin@localhost", frozenset(need.privilege for need in TO_LOOK + TO_REBUILD) - {"SUPER"})
SETTINGS = {"binlog_checksum": "CRC32", "binlog_format": "ROW", "binlog_row_image": "FULL", "wsrep_on": "OFF"}
SERVER = {
    "server_uuid": REPLICA,
    "server_id": 2,
    "hostname": "db2",
    "port": 3306,
    "version": "8.0.36",
    "flavor": "mysql",
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "log_bin": True,
    "log_replica_updates": True,
    "relay_log_recovery": True,
    "gtid_executed": "",
    "gtid_purged": "",
}
HERE = {
    "server": SERVER,
    "channels": [""],
    "followed": follows(SOURCE),
    "metadata": "present",
    "metadata_evidence": None,
    "retrieved": "",
    "downstreams": [],
    "schemas": ["mysql", "shop"],
    "cloud": SIGNS,
    "unfiltered": {"": []},
    "settings": SETTINGS,
    "semi_sync": {},
    "clock_offset": 0.2,
    "filters": {},
    "group_state": "",
    "persisted": [],
    "transport": {"source_user": "repl", "source_ssl": False, "get_source_public_key": False},
    "another_run": "",
    "watch": Watch([], False),
    "grants": ALL,
    "denied": {},
}
MYSELF = dict(server_id=2, uuid=REPLICA, host="db2", port=3306)
THERE = {
    "reachable": True,
    "error": None,
    "address": "db1:3306",
    "server_uuid": SOURCE,
    "server_id": 1,
    "version": "8.0.36",
    "gtid_executed": SOURCE + ":1-20",
    "gtid_purged": "",
    "cloud": SIGNS,
    "settings": dict(SETTINGS, hostname="db1", port="3306", gtid_mode="ON", log_bin="ON"),
    "semi_sync": {},
    "clock_offset": 0.1,
    "registered": [MYSELF],
    "binlog_filters": {},
    "followed": [],
    "grants": Grants("reader@%", frozenset(need.privilege for need in TO_READ_SOURCE)),
    "denied": {},
}
DUMP = {
    "path": "/dumps/all.sql.gz",
    "complete": True,
    "incomplete_reason": None,
    "gtid_purged": SOURCE + ":1-15",
    "databases": ["mysql", "shop"],
    "server_version": "8.0.36",
}
REPL = Grants("repl@10.0.0.%", frozenset(["REPLICATION SLAVE"]))
ACCOUNT = {"errno": 0, "error": None, "grants": REPL, "plugin": "mysql_native_password"}
CLEAN = Facts(address="/run/mysqld.sock", replica=HERE, source=THERE, dump=DUMP, asked=Asked(), account=ACCOUNT)
SEMI_SYNC = dict(source_status="ON", source_clients="1", source_wait_for_replica_count="1", source_timeout="10000")
SHA2 = "caching_sha2_password"


def here(**changes):
    return {"replica": dict(HERE, **changes)}


def server(**changes):
    return here(server=dict(SERVER, **changes))


def there(**changes):
    return {"source": dict(THERE, **changes)}


ALONE = there(registered=[])


def set_there(**changes):
    return there(settings=dict(THERE["settings"], **changes))


def account(**changes):
    return {"account": dict(ACCOUNT, **changes)}


def without(*privileges):
    return ALL._replace(everywhere=ALL.everywhere - set(privileges))


def semi_sync(**changes):
    return dict(there(semi_sync=dict(SEMI_SYNC, **changes)), **here(semi_sync={"replica_status": "ON"}))


# check, what is seen, changes to the clean facts, what the finding has to name
FOUND = [
    ("same_server_uuid", "a copied datadir", dict(server(server_uuid=SOURCE, server_id=3), **ALONE), SOURCE),
    ("same_server_id", "a copied option file", dict(server(server_id=1), **ALONE), "server_id (1)"),
    ("server_id_unset", "of the replica", dict(server(server_id=0), **ALONE), "server_id is 0"),
    ("server_id_unset", "of the source", there(server_id=0), "server_id is 0"),
    ("source_gtids_off", "off", set_there(gtid_mode="OFF"), "gtid_mode=OFF"),
    ("source_gtids_off", "on its way", set_there(gtid_mode="ON_PERMISSIVE"), "gtid_mode=ON_PERMISSIVE"),
    ("source_gtids_off", "no binary log", set_there(log_bin="OFF"), "log_bin=OFF"),
    ("version_pair", "a newer source", there(version="8.4.3"), "8.4.3 and the replica 8.0.36"),
    ("version_pair", "two series away", there(version="5.6.24-log"), "mysql 5.6.24"),
    ("version_pair", "MariaDB", there(version="10.11.19-MariaDB"), "mariadb 10.11.19"),
    (
        "binlog_checksums_differ",
        "5.6",
        dict(
            here(server=dict(SERVER, version="5.6.24"), grants=ALL._replace(everywhere=frozenset(["ALL PRIVILEGES"]))),
            source=dict(THERE, version="5.6.24", settings=dict(THERE["settings"], binlog_checksum="NONE")),
            dump=dict(DUMP, server_version="5.6.24"),
        ),
        "NONE on the source and CRC32 on the replica",
    ),
    ("clocks_apart", "ahead", here(clock_offset=6.2), "6 s ahead of"),
    ("clocks_apart", "behind", here(clock_offset=-3600.0), "3600 s behind"),
    ("source_logs_statements", "STATEMENT", set_there(binlog_format="STATEMENT"), "binlog_format=STATEMENT"),
    ("source_logs_statements", "MIXED", set_there(binlog_format="MIXED"), "binlog_format=MIXED"),
    ("source_logs_partial_rows", "minimal", set_there(binlog_row_image="MINIMAL"), "binlog_row_image=MINIMAL"),
    ("source_filters_its_log", "ignored", there(binlog_filters={"binlog_ignore_db": "tmp"}), "binlog_ignore_db=tmp"),
    (
        "replica_filters",
        "a table",
        here(filters={"": {"REPLICATE_IGNORE_TABLE": "shop.log"}}),
        "REPLICATE_IGNORE_TABLE=shop.log",
    ),
    ("replication_account_refused", "password", account(errno=1045, error="error 1045: denied", grants=None), "1045"),
    ("replication_account_refused", "host", account(errno=1130, error="error 1130: host", grants=None), "1130"),
    ("replication_account_refused", "locked", account(errno=3118, error="error 3118: locked", grants=None), "3118"),
    ("replication_account_refused", "no TLS", account(errno=2061, error="error 2061: TLS", grants=None), "2061"),
    ("replication_account_not_tried", "full", account(errno=1226, error="error 1226: limit", grants=None), "1226"),
    ("replication_account_not_tried", "network", account(errno=2013, error="error 2013: lost", grants=None), "2013"),
    ("replication_account_not_tried", "library", account(errno=None, error="cryptography is", grants=None), "crypto"),
    ("replication_password_too_long", "33", account(password_too_long=True), "more than 32 characters"),
    (
        "replication_account_privilege",
        "none",
        account(grants=REPL._replace(everywhere=frozenset())),
        "repl@10.0.0.% may not read binary logs",
    ),
    ("replication_account_needs_safe_connection", "sha2", account(plugin=SHA2), SHA2),
    ("replication_account_needs_safe_connection", "sha256", account(plugin="sha256_password"), "'repl'@'10.0.0.%'"),
    (
        "replication_account_needs_safe_connection",
        "TLS taken away",
        dict(
            account(plugin=SHA2),
            asked=Asked(source_ssl=False),
            **here(transport=dict(HERE["transport"], source_ssl=True)),
        ),
        "2061",
    ),
    (
        "replication_account_needs_safe_connection",
        "a new channel, plain by default",
        dict(account(plugin=SHA2), **here(transport=None)),
        "2061",
    ),
    ("managed_replica", "Aurora", here(cloud=dict(SIGNS, signs={"variable": ["aurora_version=3.04"]})), "Aurora"),
    ("group_member", "online", here(group_state="ONLINE"), "ONLINE"),
    ("group_member", "recovering", here(group_state="RECOVERING"), "RECOVERING"),
    (
        "group_configured",
        "stopped",
        here(group_state="OFFLINE", settings=dict(SETTINGS, group_replication_group_name=OTHER)),
        OTHER,
    ),
    (
        "galera_node",
        "Percona XtraDB Cluster",
        here(settings=dict(SETTINGS, wsrep_on="ON", wsrep_provider="/usr/lib/galera4/libgalera_smm.so")),
        "wsrep_on=ON",
    ),
    (
        "live_downstreams",
        "registered",
        here(downstreams=[dict(connected=False, server_id=9, host="db9", port=3306, uuid=OTHER)]),
        "db9:3306 (server_id 9)",
    ),
    ("live_downstreams", "known", {"asked": Asked(known_downstreams=["db9:3306"])}, "db9:3306 (known from the inv"),
    ("only_acknowledger", "of one", semi_sync(), "up to 10000 ms"),
    ("only_acknowledger", "5.6 has no count", dict(semi_sync(source_wait_for_replica_count="1")), "waits for 1"),
    (
        "only_acknowledger",
        "of two that are wanted",
        semi_sync(source_clients="2", source_wait_for_replica_count="2"),
        "2",
    ),
    (
        "id_of_sibling",
        "server_id",
        there(registered=[MYSELF, dict(server_id=2, uuid=OTHER, host="db3", port=3306)]),
        "db3:3306 has server_id 2",
    ),
    (
        "id_of_sibling",
        "server_uuid",
        there(registered=[dict(server_id=3, uuid=REPLICA, host="", port=3306)]),
        "?:3306 has server_uuid " + REPLICA,
    ),
    ("circular_replication", "by uuid", there(followed=follows(REPLICA, "10.0.0.2", 3306, "back")), "channel 'back'"),
    ("circular_replication", "by name", there(followed=follows("", "DB2", 3306)), "replicates from this server"),
    ("replica_not_readable", "no privilege", here(grants=without("PROCESS")), "lacks: PROCESS"),
    ("replica_not_readable", "denied", here(denied={"channels": "error 1142: SELECT"}), "channels (error 1142"),
    ("replica_privileges", "two", here(grants=without("RELOAD", "TRIGGER")), "lacks for a rebuild: RELOAD, TRIGGER"),
    (
        "replica_privileges",
        "a partial revoke",
        here(grants=ALL._replace(revoked=frozenset([("INSERT", "mysql")]))),
        "INSERT on mysql",
    ),
    (
        "routines_need_super",
        "seen on 9.7.4",
        dict(here(settings=dict(SETTINGS, log_bin_trust_function_creators="OFF")), dump=dict(DUMP, triggers=2)),
        "the dump brings triggers, which account admin@localhost may not create",
    ),
    ("source_privileges", "none", there(grants=Grants("reader@%", frozenset())), "SELECT, RELOAD, REPLICATION CLIENT"),
    ("source_privileges", "a dump to be taken", {"dump": dict(DUMP, size=0)}, "PROCESS, LOCK TABLES"),
    ("source_not_looked_at", "replicas", there(denied={"replicas": "error 1227: denied"}), "replicas (error 1227"),
    (
        "replica_updates_not_logged",
        "5.6",
        dict(
            here(
                server=dict(SERVER, version="5.6.24", log_replica_updates=False),
                grants=ALL._replace(everywhere=frozenset(["ALL PRIVILEGES"])),
            ),
            dump=dict(DUMP, server_version="5.6.24"),
            **there(version="5.6.24"),
        ),
        "log_slave_updates is off",
    ),
    ("another_run", "a process", here(another_run="mysql_dump_load, process 7 on this host"), "process 7"),
    ("relay_log_recovery_off", "off", server(relay_log_recovery=False), "relay_log_recovery is off"),
    ("restart_pending", "a setting", here(persisted=[("sync_binlog", "1", "0")]), "sync_binlog is 0, and 1 after it"),
    ("restart_pending", "a package", here(watch=Watch([], True)), "program of the server was replaced"),
    ("supervised", "mysqld_safe", here(watch=Watch(["mysqld_safe (process 7)"], False)), "mysqld_safe (process 7)"),
    (
        "supervised_while_reinitialized",
        "systemd",
        dict(here(watch=Watch(["systemd's x"], False)), asked=Asked(reinitialize=True)),
        "systemd's x",
    ),
]
CASES = [row[0] for row in FOUND]
MINE = [*of_pair.CHECKS, *of_account.CHECKS, *of_neighbours.CHECKS, *of_privileges.CHECKS]


def found_by(facts):
    """Without what those of the load tell of every rebuild."""
    return [one for one in preflight.findings(facts) if one.id in CASES or one.severity == REFUSE]


def test_the_clear_way():
    assert found_by(CLEAN) == []


@pytest.mark.parametrize(
    ("check", "changes", "named"),
    [(check, changes, named) for check, _seen, changes, named in FOUND],
    ids=["%s: %s" % row[:2] for row in FOUND],
)
def test_one_thing_in_the_way(check, changes, named):
    (finding,) = found_by(CLEAN._replace(**changes))
    assert finding.id == check
    assert named in finding.fact
    assert finding.where
    assert finding.next_step
    assert finding.severity in (REFUSE, WARN, NOTE)


def test_every_check_has_a_case():
    assert {row.id for row in MINE} <= set(CASES) | {"source_unreachable", "replica_is_source"}


SUPER = ALL._replace(everywhere=without("CONNECTION_ADMIN", "SET_USER_ID").everywhere | {"SUPER"})
DISTRUST = dict(SETTINGS, log_bin_trust_function_creators="OFF")
CLEAR = [
    ("triggers, and SUPER", dict(here(settings=DISTRUST, grants=SUPER), dump=dict(DUMP, triggers=2))),
    (
        "triggers, trusted",
        dict(here(settings=dict(DISTRUST, log_bin_trust_function_creators="ON")), dump=dict(DUMP, triggers=2)),
    ),
    ("no triggers", here(settings=DISTRUST)),
    ("the next series", dict(there(version="5.7.44"))),
    ("an innovation between", dict(there(version="8.1.0"), **server(version="8.4.3"))),
    ("a source that is not looked at", {"account": None}),
    ("TLS is asked for", dict(account(plugin=SHA2), asked=Asked(source_ssl=True))),
    ("the public key is asked for", dict(account(plugin=SHA2), asked=Asked(get_source_public_key=True))),
    ("the channel has TLS", dict(account(plugin=SHA2), **here(transport={"source_ssl": True}))),
    ("the channel has the key's file", dict(account(plugin=SHA2), **here(transport={"public_key_path": "/key"}))),
    (
        "a new channel of a series that encrypts by default",
        dict(
            account(plugin=SHA2),
            **dict(here(transport=None, server=dict(SERVER, version="9.7.4")), **there(version="9.7.4")),
        ),
    ),
    ("a plugin that nobody knows", account(plugin=None)),
    ("another one acknowledges", semi_sync(source_clients="2")),
    ("semi-synchronous, but not here", there(semi_sync=SEMI_SYNC)),
    ("Galera's library, unused", here(settings=dict(SETTINGS, wsrep_on="ON", wsrep_provider="none"))),
    ("a sibling", there(registered=[MYSELF, dict(server_id=3, uuid=OTHER, host="db3", port=3306)])),
    ("a source that follows another", there(followed=follows(OTHER, "db2", 3307))),
    ("checksums of a series that copes", set_there(binlog_checksum="NONE")),
    ("SUPER instead of what it was split into", here(grants=SUPER)),
    ("downstreams taken on", {"asked": Asked(known_downstreams=["db9"], allow_downstream=True)}),
]


@pytest.mark.parametrize("changes", [row[1] for row in CLEAR], ids=[row[0] for row in CLEAR])
def test_nothing_in_the_way(changes):
    assert found_by(CLEAN._replace(**changes)) == []


PAIRS = [
    ("5.6.24", "5.6.51", True),
    ("5.6.51", "5.6.24", True),
    ("5.6.24", "5.7.44", True),
    ("5.6.24", "8.0.36", False),
    ("5.7.44", "5.6.24", False),
    ("5.7.44", "8.0.36", True),
    ("5.7.44", "8.1.0", False),
    ("8.0.36", "8.3.0", True),
    ("8.0.36", "8.4.3", True),
    ("8.0.36", "9.0.0", False),
    ("8.3.0", "8.4.3", True),
    ("8.3.0", "9.0.0", False),
    ("8.4.3", "9.7.4", True),
    ("9.2.0", "9.1.0", False),
    ("9.2.0", "9.7.4", True),
    ("9.7.4", "8.4.3", False),
    ("9.7.4", "10.1.0", True),
]


@pytest.mark.parametrize(("source", "replica", "fine"), PAIRS)
def test_pairs_of_versions(source, replica, fine):
    facts = CLEAN._replace(source=dict(THERE, version=source), **server(version=replica))
    assert (of_pair.version_pair(facts) is None) is fine


def test_the_statement_that_gives_what_is_lacking():
    facts = CLEAN._replace(**here(grants=without("RELOAD", "EVENT")))
    (finding,) = found_by(facts)
    assert finding.next_step == "GRANT RELOAD, EVENT ON *.* TO 'admin'@'localhost'"
