# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server that is down says of itself, with shortened output of real ones."""

import os

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import mysqld_options

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "mysqld")
HOMES = ["/srv/mysql/data", "/var/lib/mysql"]


def text(name):
    with open(os.path.join(HERE, name + ".txt"), encoding="utf-8") as source:
        return source.read()


def options(**values):
    found = mysqld_options.parse(text("help-9.7.4"), "")
    return found._replace(values={name.replace("_", "-"): value for name, value in values.items()})


@pytest.mark.parametrize("version", ["5.6.24", "9.7.4"])
def test_version_and_values_are_read(version):
    found = mysqld_options.parse(text("help-" + version), text("defaults-9.7.4"))
    assert (found.dialect.flavor, str(found.dialect.version)) == ("mysql", version)
    assert found.values["datadir"] == "/srv/mysql/data/"
    assert found.values["socket"] == "/srv/mysql/s.sock"
    assert found.values["innodb-force-recovery"] == "0"
    assert "init-file" not in found.values, "an option without a value has none"
    assert "To" not in found.values, "the prose at the end is no option"


def test_option_files_are_read_too_because_9_7_does_not_tell_its_log():
    found = mysqld_options.parse(text("help-9.7.4"), text("defaults-9.7.4"))
    assert found.values["log-error"] == "stderr"
    assert found.given["log-error"] == "/srv/mysql/data/log/error.log"
    assert found.given["skip-networking"] == ""
    assert len(found.given) == 8


def test_a_value_may_hold_blanks():
    given = mysqld_options.parse_given("mysqld would have ...:\n--datadir=/srv/my data --port=1\n")
    assert given == {"datadir": "/srv/my data", "port": "1"}


def test_mariadb_is_told_from_mysql():
    help_text = text("help-5.6.24").replace("5.6.24-log", "10.11.19-MariaDB-log")
    assert mysqld_options.parse(help_text, "").dialect.flavor == "mariadb"


@pytest.mark.parametrize("other", ["", "Usage: ls [OPTION]... [FILE]...\n", "psql (PostgreSQL) Ver 15\n"])
def test_another_program_is_named_as_such(other):
    with pytest.raises(BadInput, match="does not look like the options of a MySQL server"):
        mysqld_options.parse(other, "")


@pytest.mark.parametrize("version", ["5.6.24", "9.7.4"])
def test_a_server_with_all_in_its_data_directory_has_nothing_elsewhere(version):
    assert mysqld_options.innodb_elsewhere(mysqld_options.parse(text("help-" + version), ""), HOMES) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (dict(innodb_log_group_home_dir="/redo"), ["innodb-log-group-home-dir=/redo"]),
        (dict(innodb_undo_directory="../undo"), ["innodb-undo-directory=/srv/mysql/undo"]),
        (dict(innodb_doublewrite_dir="/fast/"), ["innodb-doublewrite-dir=/fast"]),
        (dict(innodb_directories="/a;/srv/mysql/data/b;c;/d/"), ["innodb-directories=/a", "innodb-directories=/d"]),
        (dict(innodb_data_file_path="ibdata1:12M;/b/ibdata2:1M:autoextend"), ["innodb-data-file-path=/b/ibdata2"]),
        (dict(innodb_data_home_dir="/home"), ["innodb-data-home-dir=/home", "innodb-data-file-path=/home"]),
        (dict(innodb_undo_directory="/srv/mysql/data-old"), ["innodb-undo-directory=/srv/mysql/data-old"]),
        (dict(innodb_undo_directory="."), []),
        (dict(innodb_undo_directory="/srv/mysql/data/undo"), []),
        (dict(innodb_log_group_home_dir="/var/lib/mysql/"), []),  # the data directory by the name of a link to it
        (dict(log_bin="/var/log/mysql/bin", relay_log="/elsewhere/relay"), []),  # these stay where they are
    ],
)
def test_innodb_files_outside_of_the_data_directory_are_found(values, found):
    assert mysqld_options.innodb_elsewhere(options(**values), HOMES) == found


def test_paths_below_the_data_directory_are_found_with_their_parents_first():
    found = options(
        log_bin="/var/lib/mysql/binlog/mysql-bin",
        relay_log="relay/deep/relay-bin",
        slow_query_log_file="/srv/mysql/data/slow.log",
        user="mysql",
        tmpdir="/tmp",
        datadir="/srv/mysql/data/",
        socket="/srv/mysql/database/s",
    )._replace(given={"log-error": "/srv/mysql/data/log/error.log"})
    assert mysqld_options.directories_inside(found, HOMES) == [
        "binlog",
        "binlog/mysql-bin",
        "log",
        "log/error.log",
        "relay",
        "relay/deep",
        "relay/deep/relay-bin",
        "slow.log",
    ]
