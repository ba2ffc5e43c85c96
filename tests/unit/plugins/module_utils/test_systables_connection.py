# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection is read from where it is stored: the row of the table, or the lines of master.info."""

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import PASSWORD, clauses
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.connection import read_lines, read_row

# A row of 5.6.24
OLD = {
    "Number_of_lines": 23,
    "Master_log_name": "mysql-bin.000001",
    "Master_log_pos": 151,
    "Host": "db1",
    "User_name": "repl",
    "User_password": "re'p",
    "Port": 3307,
    "Connect_retry": 1,
    "Enabled_ssl": 0,
    "Ssl_ca": "",
    "Ssl_capath": "",
    "Ssl_cert": "",
    "Ssl_cipher": "",
    "Ssl_key": "",
    "Ssl_verify_server_cert": 0,
    "Heartbeat": 1800.0,
    "Bind": "",
    "Ignored_server_ids": "2 7 9",
    "Uuid": "cd6b22d7-e5a3-11f1-a6f6-02fc00000001",
    "Retry_count": 86400,
    "Ssl_crl": "",
    "Enabled_auto_position": 1,
}
# What 9.7.4 has more
NEW = dict(
    OLD,
    Channel_name="east",
    Tls_version="TLSv1.3",
    Get_public_key=1,
    Network_namespace="",
    Master_compression_algorithm="zstd",
    Master_zstd_compression_level=7,
    Tls_ciphersuites=None,
    Source_connection_auto_failover=0,
    Gtid_only=1,
)


def test_a_row_of_an_old_server():
    name, kept = read_row(OLD)
    assert name == ""
    assert kept.settings["source_host"] == "db1"
    assert kept.settings["source_port"] == 3307
    assert kept.settings["source_user"] == "repl"
    assert kept.settings[PASSWORD] == "re'p"
    assert kept.settings["auto_position"] is True
    assert kept.settings["source_ssl"] is False
    assert kept.settings["ignore_server_ids"] == [7, 9]
    assert kept.settings["heartbeat_period"] == "1800.000"
    assert "re'p" not in str(kept.public())


def test_a_row_of_a_new_server():
    name, kept = read_row(NEW)
    assert name == "east"
    assert kept.settings["get_source_public_key"] is True
    assert kept.settings["compression_algorithms"] == "zstd"
    assert kept.settings["gtid_only"] is True
    assert {clause.shown.partition(" = ")[0] for clause in clauses(kept.settings, "SOURCE_")} >= {
        "SOURCE_HOST",
        "SOURCE_PASSWORD",
        "GET_SOURCE_PUBLIC_KEY",
        "SOURCE_ZSTD_COMPRESSION_LEVEL",
        "GTID_ONLY",
    }


def test_no_source_no_connection():
    assert read_row(dict(OLD, Host="")) is None
    assert read_row({"Id": 1}) is None


def test_the_lines_of_master_info():
    lines = "23 mysql-bin.000001 151 db1 repl pw 3307 60 0 - - - - - 0 1800.000 - 0 - 86400 - - 1".split()
    text = "\n".join("" if line == "-" else line for line in lines).splitlines(keepends=True)
    name, kept = read_lines(text, Version(5, 6, 24))
    assert (name, kept.settings["source_host"], kept.settings["source_port"]) == ("", "db1", 3307)
    assert kept.settings[PASSWORD] == "pw"
    assert kept.settings["auto_position"] is True
    assert kept.settings["ignore_server_ids"] == []
    for broken in ([], ["x\n"], text[:4], [*text[:6], "port\n", *text[7:]]):
        found = read_lines(broken, Version(5, 6, 24))
        assert found is None or "source_port" not in found[1].settings
