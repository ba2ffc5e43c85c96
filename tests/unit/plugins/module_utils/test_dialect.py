# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each server is told: the whole table, spelled out once more.

5.6.24 and 9.7.4 were asked; what lies between follows the reference manuals. A statement in the words of the other end
is a syntax error at both: 9.7 has none of the old words, 5.6 none of the new ones.
"""

import os
import re

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils import errors
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dialect
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Dialect, Version, parse_version

PLUGINS = os.path.dirname(os.path.dirname(errors.__file__))

SERVERS = {
    "5.6.24": "5.6.24-log",
    "5.7.44": "5.7.44-log",
    "8.0.21": "8.0.21",
    "8.0.22": "8.0.22",
    "8.0.23": "8.0.23",
    "8.0.26": "8.0.26",
    "8.0.36": "8.0.36-0ubuntu0.22.04.1",
    "8.2.0": "8.2.0",
    "8.4.3": "8.4.3",
    "9.7.4": "9.7.4-2",
    "MariaDB": "10.11.19-MariaDB-0+deb12u1",
}
OLDEST, NEWEST = "5.6.24", "9.7.4"

# word -> (from which server on, text), in the order of SERVERS; None is a refusal
MYSQL_WORDS = {
    "show_replica_status": [(OLDEST, "SHOW SLAVE STATUS"), ("8.0.22", "SHOW REPLICA STATUS")],
    "show_replicas": [(OLDEST, "SHOW SLAVE HOSTS"), ("8.0.22", "SHOW REPLICAS")],
    "show_binary_log_status": [(OLDEST, "SHOW MASTER STATUS"), ("8.2.0", "SHOW BINARY LOG STATUS")],
    "show_binary_logs": [(OLDEST, "SHOW BINARY LOGS")],
    "start_replica": [(OLDEST, "START SLAVE"), ("8.0.22", "START REPLICA")],
    "stop_replica": [(OLDEST, "STOP SLAVE"), ("8.0.22", "STOP REPLICA")],
    "reset_replica": [("8.4.3", "RESET REPLICA")],
    "reset_replica_all": [(OLDEST, "RESET SLAVE ALL"), ("8.0.22", "RESET REPLICA ALL")],
    "start_applier": [(OLDEST, "START SLAVE SQL_THREAD"), ("8.0.22", "START REPLICA SQL_THREAD")],
    "start_applier_until": [
        (OLDEST, "START SLAVE SQL_THREAD UNTIL SQL_AFTER_GTIDS"),
        ("8.0.22", "START REPLICA SQL_THREAD UNTIL SQL_AFTER_GTIDS"),
    ],
    "stop_receiver": [(OLDEST, "STOP SLAVE IO_THREAD"), ("8.0.22", "STOP REPLICA IO_THREAD")],
    "stop_applier": [(OLDEST, "STOP SLAVE SQL_THREAD"), ("8.0.22", "STOP REPLICA SQL_THREAD")],
    "change_source": [(OLDEST, "CHANGE MASTER TO"), ("8.0.23", "CHANGE REPLICATION SOURCE TO")],
    "source_option": [(OLDEST, "MASTER_"), ("8.0.23", "SOURCE_")],
    "for_channel": [(OLDEST, None), ("5.7.44", " FOR CHANNEL ")],
    "get_source_public_key": [
        (OLDEST, None),
        ("8.0.21", "GET_MASTER_PUBLIC_KEY"),
        ("8.0.23", "GET_SOURCE_PUBLIC_KEY"),
    ],
    "show_connection_configuration": [
        (OLDEST, None),
        ("5.7.44", "SELECT * FROM performance_schema.replication_connection_configuration"),
    ],
    "show_applier_configuration": [
        (OLDEST, None),
        ("5.7.44", "SELECT * FROM performance_schema.replication_applier_configuration"),
    ],
    "show_channel_filters": [
        (OLDEST, None),
        ("8.0.21", "SELECT * FROM performance_schema.replication_applier_filters"),
    ],
    "show_global_filters": [
        (OLDEST, None),
        ("8.0.21", "SELECT * FROM performance_schema.replication_applier_global_filters"),
    ],
    "change_filter": [(OLDEST, None), ("8.0.21", "CHANGE REPLICATION FILTER")],
    "reset_binary_logs_and_gtids": [(OLDEST, "RESET MASTER"), ("8.4.3", "RESET BINARY LOGS AND GTIDS")],
    "functional_keys": [(OLDEST, None), ("8.0.21", "EXPRESSION")],
    "disable_event_on_replica": [(OLDEST, "DISABLE ON SLAVE"), ("8.4.3", "DISABLE ON REPLICA")],
    "log_replica_updates": [(OLDEST, "log_slave_updates"), ("8.0.26", "log_replica_updates")],
    "super_read_only": [(OLDEST, None), ("5.7.44", "super_read_only")],
}
MARIADB_WORDS = {
    "show_replica_status": "SHOW ALL REPLICAS STATUS",
    "show_replicas": "SHOW REPLICA HOSTS",
    "show_binary_logs": "SHOW BINARY LOGS",
    "log_replica_updates": "log_slave_updates",
}


def _expected():
    for word, changes in sorted(MYSQL_WORDS.items()):
        text = None
        for server in SERVERS:
            text = dict(changes).get(server, text)
            yield server, word, MARIADB_WORDS.get(word) if server == "MariaDB" else text


EXPECTED = list(_expected())


@pytest.mark.parametrize(
    ("server", "word", "text"), EXPECTED, ids=["%s on %s" % (word, server) for server, word, _text in EXPECTED]
)
def test_word(server, word, text):
    spoken = parse_version(SERVERS[server])
    assert spoken.knows(word) is (text is not None)
    if text is None:
        with pytest.raises(errors.Refused, match=re.escape(str(spoken.version))):
            spoken.say(word)
    else:
        assert spoken.say(word) == text


def test_the_table_here_is_whole():
    assert set(MYSQL_WORDS) == set(dialect._WORDS)


@pytest.mark.parametrize(
    ("word", "version", "known"),
    [
        ("for_channel", "5.7.5", False),
        ("for_channel", "5.7.6", True),
        ("super_read_only", "5.7.7", False),
        ("super_read_only", "5.7.8", True),
        ("get_source_public_key", "8.0.3", False),
        ("get_source_public_key", "8.0.4", True),
        ("show_connection_configuration", "5.7.5", False),
        ("show_connection_configuration", "5.7.6", True),
        ("show_applier_configuration", "5.7.5", False),
        ("show_applier_configuration", "5.7.6", True),
        ("show_channel_filters", "5.7.44", False),
        ("show_channel_filters", "8.0.1", True),
        ("show_global_filters", "5.7.44", False),
        ("show_global_filters", "8.0.1", True),
        ("change_filter", "5.7.44", False),
        ("change_filter", "8.0.1", True),
        ("functional_keys", "8.0.12", False),
        ("functional_keys", "8.0.13", True),
    ],
)
def test_a_word_is_known_from_its_very_version_on(word, version, known):
    assert parse_version(version).knows(word) is known


@pytest.mark.parametrize("old", ["SLAVE", "MASTER"])
def test_the_newest_server_hears_no_old_word(old):
    newest = parse_version(SERVERS[NEWEST])
    assert [word for word in MYSQL_WORDS if newest.knows(word) and old in newest.say(word).upper()] == []


@pytest.mark.parametrize("new", ["REPLICA", "SOURCE"])
def test_the_oldest_server_hears_no_new_word(new):
    oldest = parse_version(SERVERS[OLDEST])
    assert [word for word in MYSQL_WORDS if oldest.knows(word) and new in oldest.say(word).upper()] == []


def test_no_code_asks_for_a_word_that_is_not_in_the_table():
    asked = set()
    for directory, _directories, names in os.walk(PLUGINS):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(directory, name), encoding="utf-8") as source:
                    asked.update(re.findall(r"\b(?:say|knows)\(\"(\w+)\"\)", source.read()))
    assert len(asked) > 10
    assert asked <= set(MYSQL_WORDS)


VERSIONS = [
    ("5.6.24-log", "mysql", (5, 6, 24)),
    ("9.7.4-2", "mysql", (9, 7, 4)),
    ("8.0.36-0ubuntu0.22.04.1", "mysql", (8, 0, 36)),
    ("8.0.36-28-debug-log", "mysql", (8, 0, 36)),
    ("5.7.44-rds.20240408-log", "mysql", (5, 7, 44)),
    ("10.11.19-MariaDB-0+deb12u1", "mariadb", (10, 11, 19)),
    ("8.0.mysql_aurora.3.04.0", "mysql", (8, 0, 0)),
    ("5.7.mysql_aurora.2.11.1", "mysql", (5, 7, 0)),
    ("5.5.5-10.4.8-MariaDB-1:10.4.8+maria~bionic-log", "mariadb", (10, 4, 8)),
    ("10.6.12-MariaDB-1:10.6.12+maria~ubu2004", "mariadb", (10, 6, 12)),
    ("5.5.68-MariaDB", "mariadb", (5, 5, 68)),
]


@pytest.mark.parametrize(("text", "flavor", "version"), VERSIONS, ids=[row[0] for row in VERSIONS])
def test_version(text, flavor, version):
    assert parse_version(text) == Dialect(flavor, Version(*version))


@pytest.mark.parametrize("text", ["", "MariaDB", "nine", "8.0"])
def test_no_version(text):
    with pytest.raises(errors.BadInput):
        parse_version(text)


def test_versions_compare_as_numbers():
    assert Version(8, 0, 9) < Version(8, 0, 22) < Version(8, 4, 0) < Version(10, 0, 0)
    assert str(Version(8, 0, 22)) == "8.0.22"
    assert Version(8, 0, 22).series == (8, 0)


def test_a_server_older_than_all_is_refused_not_guessed():
    with pytest.raises(errors.Refused, match=r"5\.5\.62"):
        parse_version("5.5.62-log").say("start_replica")
