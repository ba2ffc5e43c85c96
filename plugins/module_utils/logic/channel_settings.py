# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that CHANGE can say of a channel: where the server shows it, and how it is written. Pure.

There is no version in the table: a server that shows a setting takes it, and gets back what it showed, defaults too.
That also clears what 5.6 keeps in memory: RESET SLAVE ALL forgets the delay there, and neither the TLS files, the
number of retries nor the ignored servers (seen on 5.6.24; 9.7.4 forgets them all).
"""

import re
from decimal import Decimal
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput

Settings = Dict[str, Any]
"""Our name -> value as JSON holds it."""


class Setting(NamedTuple):
    """name: ours, the module's option where there is one. option: in CHANGE; ``{}`` stands for MASTER_ or SOURCE_.

    column: where the server shows it, as columns() names it. kind: a row of _KINDS. usual: what no person chose.
    """

    name: str
    option: str
    column: str
    kind: str
    usual: Tuple[Any, ...]


PASSWORD = "source_password"  # noqa: S105 - the name of a setting
DELAY = "delay"
HEARTBEAT = "heartbeat_period"
ASSIGN_GTIDS = "assign_gtids_to_anonymous_transactions"

# in the order of the statement
SETTINGS: List[Setting] = [
    Setting("source_host", "{}HOST", "host", "text", ()),
    Setting("source_port", "{}PORT", "port", "number", (3306,)),
    Setting("source_user", "{}USER", "user", "text", ()),
    Setting("source_ssl", "{}SSL", "ssl_allowed", "flag", (False, True)),  # on by default in 9.x
    Setting("source_ssl_ca", "{}SSL_CA", "ssl_ca_file", "text", ("",)),
    Setting("auto_position", "{}AUTO_POSITION", "auto_position", "flag", (True,)),
    Setting(PASSWORD, "{}PASSWORD", "", "secret", ()),
    Setting("get_source_public_key", "GET_{}PUBLIC_KEY", "get_public_key", "flag", (False,)),
    Setting("public_key_path", "{}PUBLIC_KEY_PATH", "public_key_path", "text", ("",)),
    Setting("ssl_capath", "{}SSL_CAPATH", "ssl_ca_path", "text", ("",)),
    Setting("ssl_cert", "{}SSL_CERT", "ssl_cert", "text", ("",)),
    Setting("ssl_key", "{}SSL_KEY", "ssl_key", "text", ("",)),
    Setting("ssl_cipher", "{}SSL_CIPHER", "ssl_cipher", "text", ("",)),
    Setting("ssl_crl", "{}SSL_CRL", "ssl_crl", "text", ("",)),
    Setting("ssl_crlpath", "{}SSL_CRLPATH", "ssl_crlpath", "text", ("",)),
    Setting("ssl_verify_server_cert", "{}SSL_VERIFY_SERVER_CERT", "ssl_verify_server_cert", "flag", (False,)),
    Setting("tls_version", "{}TLS_VERSION", "tls_version", "text", ("",)),
    Setting("tls_ciphersuites", "{}TLS_CIPHERSUITES", "tls_ciphersuites", "text or null", (None,)),
    Setting("bind", "{}BIND", "bind", "text", ("",)),
    Setting("network_namespace", "NETWORK_NAMESPACE", "network_namespace", "text", ("",)),
    Setting("connect_retry", "{}CONNECT_RETRY", "connect_retry", "number", (60,)),
    Setting("retry_count", "{}RETRY_COUNT", "retry_count", "number", (86400, 10)),  # older, newer servers
    Setting(HEARTBEAT, "{}HEARTBEAT_PERIOD", "heartbeat_interval", "seconds", ("1800.000", "30.000")),
    Setting(DELAY, "{}DELAY", "sql_delay", "number", (0,)),
    Setting("ignore_server_ids", "IGNORE_SERVER_IDS", "replicate_ignore_server_ids", "ids", ([],)),
    Setting("compression_algorithms", "{}COMPRESSION_ALGORITHMS", "compression_algorithm", "text", ("uncompressed",)),
    Setting("zstd_compression_level", "{}ZSTD_COMPRESSION_LEVEL", "zstd_compression_level", "number", (3,)),
    # This one is named after the source in all versions that have it.
    Setting(
        "connection_auto_failover", "SOURCE_CONNECTION_AUTO_FAILOVER", "connection_auto_failover", "flag", (False,)
    ),
    Setting("gtid_only", "GTID_ONLY", "gtid_only", "flag", (False,)),
    Setting("privilege_checks_user", "PRIVILEGE_CHECKS_USER", "privilege_checks_user", "account", (None,)),
    Setting("require_row_format", "REQUIRE_ROW_FORMAT", "require_row_format", "flag", (False,)),
    Setting(
        "require_table_primary_key_check",
        "REQUIRE_TABLE_PRIMARY_KEY_CHECK",
        "require_table_primary_key_check",
        "word",
        ("STREAM",),
    ),
    Setting(
        ASSIGN_GTIDS,
        "ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS",
        "assign_gtids_to_anonymous_transactions_type",
        "word",
        ("OFF",),
    ),
]


class Clause(NamedTuple):
    """Part of a statement. sql: with ``%s`` for each of values. shown: as a person reads it, without a secret."""

    sql: str
    values: Tuple[Any, ...]
    shown: str


def columns(*rows: Dict[str, Any]) -> Dict[str, Any]:
    """One row of a channel's status and its rows in performance_schema, as one, under names without a version.

    Get_Source_public_key, Get_master_public_key and GET_PUBLIC_KEY are all ``get_public_key``.
    """
    return {re.sub("(source|master)_", "", name.lower()): row[name] for row in rows for name in row}


def read(shown: Dict[str, Any]) -> Settings:
    """The settings that columns() hold; those that the server does not show are missing."""
    return {one.name: _KINDS[one.kind].read(shown[one.column]) for one in SETTINGS if one.column in shown}


def clauses(settings: Settings, prefix: str) -> List[Clause]:
    """``SOURCE_HOST = 'db1'`` and so on, in the order of the table; prefix is the server's word, SOURCE_ or MASTER_."""
    found = []
    for one in SETTINGS:
        if one.name in settings:
            option, (sql, values, shown) = one.option.format(prefix), _written(one, settings[one.name])
            found.append(Clause("%s = %s" % (option, sql), values, "%s = %s" % (option, shown)))
    return found


def public(settings: Settings) -> Settings:
    """Without the password."""
    return {name: settings[name] for name in settings if name != PASSWORD}


def chosen(settings: Settings) -> List[str]:
    """``delay = 3600``: the settings that differ from what servers come with, but for those that name the source."""
    return [
        "%s = %s" % (one.name, _written(one, settings[one.name])[2])
        for one in SETTINGS
        if one.usual and one.name in settings and settings[one.name] not in one.usual
    ]


class _Kind(NamedTuple):
    """read: what the server shows -> the value. write: a value -> sql, values and shown of its Clause."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Tuple[str, Tuple[Any, ...], str]]


def _written(one: Setting, value: Any) -> Tuple[str, Tuple[Any, ...], str]:
    return ("NULL", (), "NULL") if value is None else _KINDS[one.kind].write(value)


def _read_account(value: Optional[str]) -> Optional[List[str]]:
    """``'user'@'host'``, where only the quotes inside a name are escaped (seen on 9.7.4)."""
    if not value:
        return None
    user, host = value[1:-1].rsplit("'@'", 1)
    return [user.replace("\\'", "'"), host.replace("\\'", "'")]


def _write_word(value: str) -> Tuple[str, Tuple[Any, ...], str]:
    if not re.match(r"[A-Z]+\Z", value):
        raise BadInput("not a word of a statement: %r" % value)
    return value, (), value


_KINDS: Dict[str, _Kind] = {
    "text": _Kind(lambda value: "" if value is None else str(value), lambda value: ("%s", (value,), "'%s'" % value)),
    "text or null": _Kind(
        lambda value: None if value is None else str(value), lambda value: ("%s", (value,), "'%s'" % value)
    ),
    "secret": _Kind(str, lambda value: ("%s", (value,), "'********'")),
    "number": _Kind(int, lambda value: ("%s", (int(value),), str(value))),
    # The server takes a decimal number with three digits, neither a text nor what a float may look like.
    "seconds": _Kind(lambda value: "%.3f" % float(value), lambda value: ("%s", (Decimal(value),), value)),
    "flag": _Kind(
        lambda value: str(value).lower() in ("1", "yes", "on"), lambda value: ("%s", (int(value),), str(int(value)))
    ),
    "ids": _Kind(
        lambda value: [int(number) for number in re.findall(r"\d+", value or "")],
        lambda value: ("(%s)" % ", ".join(["%s"] * len(value)), tuple(value), "(%s)" % ", ".join(map(str, value))),
    ),
    "account": _Kind(_read_account, lambda value: ("%s@%s", tuple(value), "'%s'@'%s'" % tuple(value))),
    "word": _Kind(str, _write_word),
}
