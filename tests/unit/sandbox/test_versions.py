# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What depends on a server's version."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.accounts import ACCOUNTS, REPLICATION
from sandbox.builds import Build, Clients, version_number
from sandbox.inventory import Unsafe, to_yaml
from sandbox.options import render, server_options
from sandbox.statements import statements, todays_words


def build(version: str) -> Build:
    return Build("path", version, ("/sbin/mysqld",), Clients((), "/bin"), options=(("basedir", "/"),))


def test_version() -> None:
    assert version_number("9.7.4-2") == (9, 7, 4)
    assert version_number("8.0.40-0ubuntu0.24.04.1") == (8, 0, 40)
    assert build("5.6.24").series == "5.6"
    with pytest.raises(ValueError, match="not a MySQL version"):
        version_number("MariaDB")


def test_a_build_survives_the_state_file() -> None:
    assert Build.from_json(build("9.7.4").to_json()) == build("9.7.4")


@pytest.mark.parametrize(
    ("version", "has", "has_not"),
    [
        ("5.6.24", {"log_slave_updates", "master_info_repository", "innodb_log_file_size", "read_only"}, {"mysqlx"}),
        ("5.7.44", {"log_slave_updates", "master_info_repository", "super_read_only"}, {"read_only", "mysqlx"}),
        ("8.0.11", {"log_slave_updates", "innodb_log_file_size", "mysqlx"}, {"master_info_repository"}),
        ("8.0.40", {"log_replica_updates", "innodb_redo_log_capacity"}, {"log_slave_updates", "binlog_format"}),
        ("9.7.4", {"log_replica_updates", "super_read_only"}, {"innodb_log_file_size", "binlog_format"}),
    ],
)
def test_options(version: str, has: set[str], has_not: set[str]) -> None:
    names = set(server_options(build(version), Path("/d"), 21000, replica=True))
    assert has <= names
    assert not has_not & names
    assert not {"read_only", "super_read_only"} & set(server_options(build(version), Path("/d"), 21000, replica=False))


@pytest.mark.parametrize(
    ("version", "status", "read_only"),
    [
        ((5, 6, 24), "SHOW SLAVE STATUS", "read_only"),
        ((5, 7, 44), "SHOW SLAVE STATUS", "super_read_only"),
        ((8, 0, 22), "SHOW SLAVE STATUS", "super_read_only"),
        ((8, 0, 23), "SHOW REPLICA STATUS", "super_read_only"),
        ((9, 7, 4), "SHOW REPLICA STATUS", "super_read_only"),
    ],
)
def test_statements(version: tuple[int, int, int], status: str, read_only: str) -> None:
    assert (statements(version).status, statements(version).read_only) == (status, read_only)


def test_words_of_today() -> None:
    assert todays_words({"Slave_IO_Running": "Yes", "Master_Host": "h", "Seconds_Behind_Master": None}) == {
        "Replica_IO_Running": "Yes",
        "Source_Host": "h",
        "Seconds_Behind_Source": None,
    }


def test_option_file() -> None:
    text = render({"port": 1, "skip_name_resolve": None}, include=Path("/d"))
    assert text == "[mysqld]\nport=1\nskip_name_resolve\n!includedir /d\n"


def test_yaml() -> None:
    tree = {"all": {"vars": {"port": 1, "ok": True, "name": "n", "password": Unsafe("a'b\"{{")}}}
    assert to_yaml(tree) == (
        '\nall:\n  vars:\n    port: 1\n    ok: true\n    name: "n"\n    password: !unsafe "a\'b\\"{{"'
    )


def test_passwords_are_awkward_and_fit() -> None:
    assert len(REPLICATION.password) <= 32
    for account in ACCOUNTS:
        assert set("'\"\\ %#$") <= set(account.password)
