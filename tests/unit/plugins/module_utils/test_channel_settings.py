# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every setting is read from what a server shows, whatever its words, and written so that the server takes it."""

from decimal import Decimal

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import SETTINGS

# As 5.6.24 showed it
OLD_STATUS = {
    "Master_Host": "127.0.0.1",
    "Master_User": "repl",
    "Master_Port": 27507,
    "Connect_Retry": 3,
    "Master_SSL_Allowed": "Yes",
    "Master_SSL_CA_File": "/x",
    "Master_SSL_CA_Path": "",
    "Master_SSL_Cert": "",
    "Master_SSL_Cipher": "AES",
    "Master_SSL_Key": "",
    "Master_SSL_Verify_Server_Cert": "No",
    "Replicate_Ignore_Server_Ids": "7, 9",
    "SQL_Delay": 77,
    "Master_Retry_Count": 5,
    "Master_Bind": "",
    "Master_SSL_Crl": "",
    "Master_SSL_Crlpath": "/crl",
    "Auto_Position": 1,
}
OLD_HEARTBEAT = {"HEARTBEAT_INTERVAL": "123456.789"}
OLD = {
    "source_host": "127.0.0.1",
    "source_port": 27507,
    "source_user": "repl",
    "source_ssl": True,
    "source_ssl_ca": "/x",
    "auto_position": True,
    "ssl_capath": "",
    "ssl_cert": "",
    "ssl_key": "",
    "ssl_cipher": "AES",
    "ssl_crl": "",
    "ssl_crlpath": "/crl",
    "ssl_verify_server_cert": False,
    "bind": "",
    "connect_retry": 3,
    "retry_count": 5,
    "heartbeat_period": "123456.789",
    "delay": 77,
    "ignore_server_ids": [7, 9],
}
# As 9.7.4 showed it, status and the rows of performance_schema
NEW_STATUS = dict(
    {name.replace("Master", "Source"): value for name, value in OLD_STATUS.items()},
    Replicate_Ignore_Server_Ids="",
    Source_TLS_Version="TLSv1.3",
    Source_public_key_path="/key.pem",
    Get_Source_public_key=1,
    Network_Namespace="ns",
)
CONNECTION = {
    "HOST": "127.0.0.1",
    "SSL_ALLOWED": "YES",
    "HEARTBEAT_INTERVAL": 1.005,
    "GET_PUBLIC_KEY": "YES",
    "COMPRESSION_ALGORITHM": "zstd,zlib",
    "ZSTD_COMPRESSION_LEVEL": 7,
    "TLS_CIPHERSUITES": None,
    "SOURCE_CONNECTION_AUTO_FAILOVER": "1",
    "GTID_ONLY": "0",
}
APPLIER = {
    "PRIVILEGE_CHECKS_USER": "'root'@'localhost'",
    "REQUIRE_ROW_FORMAT": "YES",
    "REQUIRE_TABLE_PRIMARY_KEY_CHECK": "STREAM",
    "ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS_TYPE": "OFF",
}
NEW = dict(
    OLD,
    ignore_server_ids=[],
    heartbeat_period="1.005",
    tls_version="TLSv1.3",
    public_key_path="/key.pem",
    get_source_public_key=True,
    network_namespace="ns",
    compression_algorithms="zstd,zlib",
    zstd_compression_level=7,
    tls_ciphersuites=None,
    connection_auto_failover=True,
    gtid_only=False,
    privilege_checks_user=["root", "localhost"],
    require_row_format=True,
    require_table_primary_key_check="STREAM",
    assign_gtids_to_anonymous_transactions="OFF",
)
WITH_PASSWORD = dict(NEW, source_password="s3cr3t'")


def test_an_old_server():
    assert channel_settings.read(channel_settings.columns(OLD_STATUS, OLD_HEARTBEAT)) == OLD


def test_a_new_server():
    assert channel_settings.read(channel_settings.columns(NEW_STATUS, CONNECTION, APPLIER)) == NEW


def test_a_server_in_between_has_its_own_words():
    shown = channel_settings.columns({"Get_master_public_key": 1, "Master_TLS_Version": "TLSv1.2"})
    assert channel_settings.read(shown) == {"get_source_public_key": True, "tls_version": "TLSv1.2"}


def test_every_setting_of_the_table_is_looked_at_here():
    assert {one.name for one in SETTINGS} == set(WITH_PASSWORD)
    assert len({one.option for one in SETTINGS}) == len({one.column for one in SETTINGS}) == len(SETTINGS)


def statement(settings, prefix):
    parts = channel_settings.clauses(settings, prefix)
    return ", ".join(part.sql for part in parts), [value for part in parts for value in part.values]


# our name, value -> as 9.7 and as 5.6 or an older 8.0 hears it, values
WRITTEN = [
    ("source_host", "it's", "SOURCE_HOST = %s", "MASTER_HOST = %s", ["it's"]),
    ("source_ssl", False, "SOURCE_SSL = %s", "MASTER_SSL = %s", [0]),
    ("get_source_public_key", True, "GET_SOURCE_PUBLIC_KEY = %s", "GET_MASTER_PUBLIC_KEY = %s", [1]),
    ("heartbeat_period", "1.005", "SOURCE_HEARTBEAT_PERIOD = %s", "MASTER_HEARTBEAT_PERIOD = %s", [Decimal("1.005")]),
    ("delay", 0, "SOURCE_DELAY = %s", "MASTER_DELAY = %s", [0]),
    ("bind", "", "SOURCE_BIND = %s", "MASTER_BIND = %s", [""]),
    ("ignore_server_ids", [7, 9], "IGNORE_SERVER_IDS = (%s, %s)", "IGNORE_SERVER_IDS = (%s, %s)", [7, 9]),
    ("ignore_server_ids", [], "IGNORE_SERVER_IDS = ()", "IGNORE_SERVER_IDS = ()", []),
    ("tls_ciphersuites", None, "SOURCE_TLS_CIPHERSUITES = NULL", "MASTER_TLS_CIPHERSUITES = NULL", []),
    ("tls_ciphersuites", "", "SOURCE_TLS_CIPHERSUITES = %s", "MASTER_TLS_CIPHERSUITES = %s", [""]),
    (
        "connection_auto_failover",
        True,
        "SOURCE_CONNECTION_AUTO_FAILOVER = %s",
        "SOURCE_CONNECTION_AUTO_FAILOVER = %s",
        [1],
    ),
    (
        "privilege_checks_user",
        ["u'", "%"],
        "PRIVILEGE_CHECKS_USER = %s@%s",
        "PRIVILEGE_CHECKS_USER = %s@%s",
        ["u'", "%"],
    ),
    ("privilege_checks_user", None, "PRIVILEGE_CHECKS_USER = NULL", "PRIVILEGE_CHECKS_USER = NULL", []),
    (
        "require_table_primary_key_check",
        "GENERATE",
        "REQUIRE_TABLE_PRIMARY_KEY_CHECK = GENERATE",
        "REQUIRE_TABLE_PRIMARY_KEY_CHECK = GENERATE",
        [],
    ),
]


@pytest.mark.parametrize(("name", "value", "new", "old", "values"), WRITTEN, ids=["%s=%s" % row[:2] for row in WRITTEN])
def test_written(name, value, new, old, values):
    assert statement({name: value}, "SOURCE_") == (new, values)
    assert statement({name: value}, "MASTER_") == (old, values)
    assert [type(one) for one in statement({name: value}, "SOURCE_")[1]] == [type(one) for one in values]


@pytest.mark.parametrize("prefix", ["SOURCE_", "MASTER_"])
def test_a_statement_has_a_place_for_each_value(prefix):
    for settings in (OLD, NEW, WITH_PASSWORD):
        sql, values = statement(settings, prefix)
        assert sql.count("%s") == len(values)
        assert sql.count(" = ") == len(settings)


@pytest.mark.parametrize("word", ["ON, SOURCE_HOST = 'x'", "on", "", "ON\n", "'ON'"])
def test_what_is_no_word_is_not_written_as_one(word):
    with pytest.raises(BadInput):
        channel_settings.clauses({"require_table_primary_key_check": word}, "SOURCE_")


@pytest.mark.parametrize(
    ("shown", "account"),
    [
        (None, None),
        ("'root'@'localhost'", ["root", "localhost"]),
        ("'a\\'@\\'b'@'%'", ["a'@'b", "%"]),
        ("'u\\'x\"\\y@z'@'%'", ["u'x\"\\y@z", "%"]),
        ("''@''", ["", ""]),
    ],
)
def test_an_account_as_the_server_shows_it(shown, account):
    assert channel_settings.read({"privilege_checks_user": shown}) == {"privilege_checks_user": account}


def test_a_password_is_in_nothing_that_is_shown():
    parts = channel_settings.clauses(WITH_PASSWORD, "SOURCE_")
    assert "SOURCE_PASSWORD = '********'" in [part.shown for part in parts]
    for shown in (
        str([part.shown for part in parts]),
        str(channel_settings.public(WITH_PASSWORD)),
        str(channel_settings.chosen(WITH_PASSWORD)),
    ):
        assert "s3cr3t" not in shown
    assert channel_settings.public(WITH_PASSWORD) == NEW


def test_what_somebody_chose():
    assert channel_settings.chosen(OLD) == [
        "source_port = 27507",
        "source_ssl_ca = '/x'",
        "ssl_cipher = 'AES'",
        "ssl_crlpath = '/crl'",
        "connect_retry = 3",
        "retry_count = 5",
        "heartbeat_period = 123456.789",
        "delay = 77",
        "ignore_server_ids = (7, 9)",
    ]


# What servers come with: 5.6.24, 9.7.4
@pytest.mark.parametrize(("heartbeat", "retries", "tls"), [("1800.000", 86400, "No"), (30.0, 10, "Yes")])
def test_what_a_server_comes_with_is_chosen_by_nobody(heartbeat, retries, tls):
    shown = dict(
        dict.fromkeys(NEW_STATUS, ""),
        Source_Host="db1",
        Source_User="repl",
        Source_Port=3306,
        Source_SSL_Allowed=tls,
        Source_SSL_Verify_Server_Cert="No",
        Connect_Retry=60,
        Source_Retry_Count=retries,
        SQL_Delay=0,
        Auto_Position=1,
        Get_Source_public_key=0,
    )
    connection = dict(
        HEARTBEAT_INTERVAL=heartbeat,
        COMPRESSION_ALGORITHM="uncompressed",
        ZSTD_COMPRESSION_LEVEL=3,
        TLS_CIPHERSUITES=None,
        SOURCE_CONNECTION_AUTO_FAILOVER="0",
        GTID_ONLY="0",
    )
    applier = dict(APPLIER, PRIVILEGE_CHECKS_USER=None, REQUIRE_ROW_FORMAT="NO")
    settings = channel_settings.read(channel_settings.columns(shown, connection, applier))
    assert channel_settings.chosen(settings) == []
