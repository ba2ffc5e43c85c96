# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five system tables as each version makes them: data, and nothing but data.

Sources: 5.6 and 9.7 are what SHOW CREATE TABLE says on pristine servers 5.6.24 and 9.7.4, and a test compares them.
5.7, 8.0 and what lies between: the server's own scripts mysql_system_tables.sql and mysql_system_tables_fix.sql of
5.7.18, 8.0.17, 8.0.26 and 8.0.32, and the manual's release notes for the version that brought a column; 5.7.23 for the
length of table_name (bugs.mysql.com 94187, which sees 64 in 5.7.21 and 199 in 5.7.24). 8.4 lies between 8.0.32 and
9.7.4, which say the same.
"""

from typing import Dict, List, NamedTuple, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version

STATISTICS = ("innodb_index_stats", "innodb_table_stats")
REPLICATION = ("slave_master_info", "slave_relay_log_info", "slave_worker_info")
NAMES = STATISTICS + REPLICATION

# Before, each table has an .ibd and a .frm of its own; since, all are in mysql.ibd, and the data dictionary knows them.
DATA_DICTIONARY = Version(8, 0, 0)
# Since, the server makes missing tables anew by itself when it is started with --upgrade=FORCE.
SERVER_UPGRADES = Version(8, 0, 16)
# From 8.0.0 up to here not each version's script was seen, so the server itself has to make the table.
SEEN_AGAIN = Version(8, 0, 32)

V56 = Version(5, 6, 0)
V57 = Version(5, 7, 6)  # channels have names
V80 = Version(8, 0, 0)
UTF8MB3 = Version(8, 0, 30)  # the collations are named so since; the character set is utf8 before


class Column(NamedTuple):
    """since: a later row of the same name takes the place of an earlier one. ``{utf8}`` is written by version."""

    since: Version
    name: str
    definition: str
    comment: str = ""


class Options(NamedTuple):
    """What stands behind the columns, from a version on."""

    since: Version
    primary_key: Tuple[str, ...]
    text: str


INT = "int unsigned NOT NULL"
BIGINT = "bigint unsigned NOT NULL"
FLAG = "tinyint(1) NOT NULL"
TEXT = "text CHARACTER SET {utf8} COLLATE {utf8}_bin"
FULL_TEXT = TEXT + " NOT NULL"
NAME = "varchar(64) COLLATE {utf8}_bin NOT NULL"
LAST_UPDATE = "timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"
CHANNEL = "CHARACTER SET {utf8} COLLATE {utf8}_general_ci NOT NULL"
OLD_CHANNEL_COMMENT = "The channel on which the slave is connected to a source. Used in Multisource Replication"
CHANNEL_COMMENT = "The channel on which the replica is connected to a source. Used in Multisource Replication"
ASCII = "(255) CHARACTER SET ascii COLLATE ascii_general_ci DEFAULT NULL"

COLUMNS: Dict[str, List[Column]] = {
    "innodb_index_stats": [
        Column(V56, "database_name", NAME),
        Column(V56, "table_name", NAME),
        Column(Version(5, 7, 23), "table_name", "varchar(199) COLLATE {utf8}_bin NOT NULL"),
        Column(V56, "index_name", NAME),
        Column(V56, "last_update", LAST_UPDATE),
        Column(V56, "stat_name", NAME),
        Column(V56, "stat_value", BIGINT),
        Column(V56, "sample_size", "bigint unsigned DEFAULT NULL"),
        Column(V56, "stat_description", "varchar(1024) COLLATE {utf8}_bin NOT NULL"),
    ],
    "innodb_table_stats": [
        Column(V56, "database_name", NAME),
        Column(V56, "table_name", NAME),
        Column(Version(5, 7, 23), "table_name", "varchar(199) COLLATE {utf8}_bin NOT NULL"),
        Column(V56, "last_update", LAST_UPDATE),
        Column(V56, "n_rows", BIGINT),
        Column(V56, "clustered_index_size", BIGINT),
        Column(V56, "sum_of_other_index_sizes", BIGINT),
    ],
    "slave_master_info": [
        Column(V56, "Number_of_lines", INT, "Number of lines in the file."),
        Column(
            V56,
            "Master_log_name",
            FULL_TEXT,
            "The name of the master binary log currently being read from the master.",
        ),
        Column(V56, "Master_log_pos", BIGINT, "The master log position of the last read event."),
        Column(
            V56,
            "Host",
            "char(64) CHARACTER SET {utf8} COLLATE {utf8}_bin NOT NULL DEFAULT ''",
            "The host name of the master.",
        ),
        Column(
            V57,
            "Host",
            "char(64) CHARACTER SET {utf8} COLLATE {utf8}_bin DEFAULT NULL",
            "The host name of the master.",
        ),
        Column(Version(8, 0, 18), "Host", "char" + ASCII, "The host name of the master."),
        Column(Version(8, 0, 27), "Host", "varchar" + ASCII, "The host name of the source."),
        Column(V56, "User_name", TEXT, "The user name used to connect to the master."),
        Column(V56, "User_password", TEXT, "The password used to connect to the master."),
        Column(V56, "Port", INT, "The network port used to connect to the master."),
        Column(
            V56,
            "Connect_retry",
            INT,
            "The period (in seconds) that the slave will wait before trying to reconnect to the master.",
        ),
        Column(V56, "Enabled_ssl", FLAG, "Indicates whether the server supports SSL connections."),
        Column(V56, "Ssl_ca", TEXT, "The file used for the Certificate Authority (CA) certificate."),
        Column(V56, "Ssl_capath", TEXT, "The path to the Certificate Authority (CA) certificates."),
        Column(V56, "Ssl_cert", TEXT, "The name of the SSL certificate file."),
        Column(V56, "Ssl_cipher", TEXT, "The name of the cipher in use for the SSL connection."),
        Column(V56, "Ssl_key", TEXT, "The name of the SSL key file."),
        Column(V56, "Ssl_verify_server_cert", FLAG, "Whether to verify the server certificate."),
        Column(V56, "Heartbeat", "float NOT NULL"),
        Column(V56, "Bind", TEXT, "Displays which interface is employed when connecting to the MySQL server"),
        Column(
            V56,
            "Ignored_server_ids",
            TEXT,
            "The number of server IDs to be ignored, followed by the actual server IDs",
        ),
        Column(V56, "Uuid", TEXT, "The master server uuid."),
        Column(V56, "Retry_count", BIGINT, "Number of reconnect attempts, to the master, before giving up."),
        Column(V56, "Ssl_crl", TEXT, "The file used for the Certificate Revocation List (CRL)"),
        Column(V56, "Ssl_crlpath", TEXT, "The path used for Certificate Revocation List (CRL) files"),
        Column(
            V56,
            "Enabled_auto_position",
            FLAG,
            "Indicates whether GTIDs will be used to retrieve events from the master.",
        ),
        Column(V57, "Channel_name", "char(64) " + CHANNEL, OLD_CHANNEL_COMMENT),
        Column(Version(8, 0, 27), "Channel_name", "varchar(64) " + CHANNEL, CHANNEL_COMMENT),
        Column(Version(5, 7, 10), "Tls_version", TEXT, "Tls version"),
        Column(Version(8, 0, 4), "Public_key_path", TEXT, "The file containing public key of master server."),
        Column(Version(8, 0, 4), "Get_public_key", FLAG, "Preference to get public key from master."),
        Column(
            Version(8, 0, 17),
            "Network_namespace",
            TEXT,
            "Network namespace used for communication with the master server.",
        ),
        Column(
            Version(8, 0, 18),
            "Master_compression_algorithm",
            "char(64) CHARACTER SET {utf8} COLLATE {utf8}_bin NOT NULL",
            "Compression algorithm supported for data transfer between master and slave.",
        ),
        Column(
            Version(8, 0, 27),
            "Master_compression_algorithm",
            "varchar(64) CHARACTER SET {utf8} COLLATE {utf8}_bin NOT NULL",
            "Compression algorithm supported for data transfer between source and replica.",
        ),
        Column(
            Version(8, 0, 18),
            "Master_zstd_compression_level",
            INT,
            "Compression level associated with zstd compression algorithm.",
        ),
        Column(
            Version(8, 0, 19),
            "Tls_ciphersuites",
            TEXT,
            "Ciphersuites used for TLS 1.3 communication with the master server.",
        ),
        Column(
            Version(8, 0, 22),
            "Source_connection_auto_failover",
            FLAG + " DEFAULT '0'",
            "Indicates whether the channel connection failover is enabled.",
        ),
        Column(
            Version(8, 0, 27),
            "Gtid_only",
            FLAG + " DEFAULT '0'",
            "Indicates if this channel only uses GTIDs and does not persist positions.",
        ),
    ],
    "slave_relay_log_info": [
        Column(
            V56,
            "Number_of_lines",
            INT,
            "Number of lines in the file or rows in the table. Used to version table definitions.",
        ),
        Column(V56, "Relay_log_name", FULL_TEXT, "The name of the current relay log file."),
        Column(Version(8, 0, 19), "Relay_log_name", TEXT, "The name of the current relay log file."),
        Column(V56, "Relay_log_pos", BIGINT, "The relay log position of the last executed event."),
        Column(
            Version(8, 0, 19),
            "Relay_log_pos",
            "bigint unsigned DEFAULT NULL",
            "The relay log position of the last executed event.",
        ),
        Column(
            V56,
            "Master_log_name",
            FULL_TEXT,
            "The name of the master binary log file from which the events in the relay log file were read.",
        ),
        Column(
            Version(8, 0, 19),
            "Master_log_name",
            TEXT,
            "The name of the master binary log file from which the events in the relay log file were read.",
        ),
        Column(V56, "Master_log_pos", BIGINT, "The master log position of the last executed event."),
        Column(
            Version(8, 0, 19),
            "Master_log_pos",
            "bigint unsigned DEFAULT NULL",
            "The master log position of the last executed event.",
        ),
        Column(V56, "Sql_delay", "int NOT NULL", "The number of seconds that the slave must lag behind the master."),
        Column(
            Version(8, 0, 19),
            "Sql_delay",
            "int DEFAULT NULL",
            "The number of seconds that the slave must lag behind the master.",
        ),
        Column(V56, "Number_of_workers", INT),
        Column(Version(8, 0, 19), "Number_of_workers", "int unsigned DEFAULT NULL"),
        Column(V56, "Id", INT, "Internal Id that uniquely identifies this record."),
        Column(
            Version(8, 0, 19),
            "Id",
            "int unsigned DEFAULT NULL",
            "Internal Id that uniquely identifies this record.",
        ),
        Column(V57, "Channel_name", "char(64) " + CHANNEL, OLD_CHANNEL_COMMENT),
        Column(Version(8, 0, 27), "Channel_name", "varchar(64) " + CHANNEL, CHANNEL_COMMENT),
        Column(
            Version(8, 0, 18),
            "Privilege_checks_username",
            "char(32) CHARACTER SET {utf8} COLLATE {utf8}_bin DEFAULT NULL",
            "Username part of PRIVILEGE_CHECKS_USER.",
        ),
        Column(
            Version(8, 0, 27),
            "Privilege_checks_username",
            "varchar(32) CHARACTER SET {utf8} COLLATE {utf8}_bin DEFAULT NULL",
            "Username part of PRIVILEGE_CHECKS_USER.",
        ),
        Column(
            Version(8, 0, 18),
            "Privilege_checks_hostname",
            "char" + ASCII,
            "Hostname part of PRIVILEGE_CHECKS_USER.",
        ),
        Column(
            Version(8, 0, 27),
            "Privilege_checks_hostname",
            "varchar" + ASCII,
            "Hostname part of PRIVILEGE_CHECKS_USER.",
        ),
        Column(
            Version(8, 0, 19),
            "Require_row_format",
            FLAG,
            "Indicates whether the channel shall only accept row based events.",
        ),
        Column(
            Version(8, 0, 20),
            "Require_table_primary_key_check",
            "enum('STREAM','ON','OFF') NOT NULL DEFAULT 'STREAM'",
            "Indicates what is the channel policy regarding tables having primary keys on create and alter table"
            " queries",
        ),
        Column(
            Version(8, 0, 32),
            "Require_table_primary_key_check",
            "enum('STREAM','ON','OFF','GENERATE') NOT NULL DEFAULT 'STREAM'",
            "Indicates what is the channel policy regarding tables without primary keys on create and alter table"
            " queries",
        ),
        Column(
            Version(8, 0, 23),
            "Assign_gtids_to_anonymous_transactions_type",
            "enum('OFF','LOCAL','UUID') NOT NULL DEFAULT 'OFF'",
            "Indicates whether the channel will generate a new GTID for anonymous transactions. OFF means that"
            " anonymous transactions will remain anonymous. LOCAL means that anonymous transactions will be assigned"
            " a newly generated GTID based on server_uuid. UUID indicates that anonymous transactions will be"
            " assigned a newly generated GTID based on Assign_gtids_to_anonymous_transactions_value",
        ),
        Column(
            Version(8, 0, 23),
            "Assign_gtids_to_anonymous_transactions_value",
            TEXT,
            "Indicates the UUID used while generating GTIDs for anonymous transactions",
        ),
    ],
    "slave_worker_info": [
        Column(V56, "Id", INT),
        Column(V56, "Relay_log_name", FULL_TEXT),
        Column(V56, "Relay_log_pos", BIGINT),
        Column(V56, "Master_log_name", FULL_TEXT),
        Column(V56, "Master_log_pos", BIGINT),
        Column(V56, "Checkpoint_relay_log_name", FULL_TEXT),
        Column(V56, "Checkpoint_relay_log_pos", BIGINT),
        Column(V56, "Checkpoint_master_log_name", FULL_TEXT),
        Column(V56, "Checkpoint_master_log_pos", BIGINT),
        Column(V56, "Checkpoint_seqno", INT),
        Column(V56, "Checkpoint_group_size", INT),
        Column(V56, "Checkpoint_group_bitmap", "blob NOT NULL"),
        Column(V57, "Channel_name", "char(64) " + CHANNEL, OLD_CHANNEL_COMMENT),
        Column(Version(8, 0, 27), "Channel_name", "varchar(64) " + CHANNEL, CHANNEL_COMMENT),
    ],
}

STATISTICS_TEXT = "ENGINE=InnoDB DEFAULT CHARSET={utf8} COLLATE={utf8}_bin STATS_PERSISTENT=0"
REPLICATION_TEXT = "ENGINE=InnoDB DEFAULT CHARSET={utf8} STATS_PERSISTENT=0"
INSIDE = "/*!50100 TABLESPACE `mysql` */ "
DYNAMIC = " ROW_FORMAT=DYNAMIC"
INDEX_KEY = ("database_name", "table_name", "index_name", "stat_name")
TABLE_KEY = ("database_name", "table_name")


def _replication(comment: str, old_key: Tuple[str, ...], key: Tuple[str, ...]) -> List[Options]:
    return [
        Options(V56, old_key, REPLICATION_TEXT + " COMMENT='%s'" % comment),
        Options(V57, key, REPLICATION_TEXT + " COMMENT='%s'" % comment),
        Options(V80, key, INSIDE + REPLICATION_TEXT + " COMMENT='%s'" % comment),
        Options(Version(8, 0, 18), key, INSIDE + REPLICATION_TEXT + DYNAMIC + " COMMENT='%s'" % comment),
    ]


OPTIONS: Dict[str, List[Options]] = {
    "innodb_index_stats": [
        Options(V56, INDEX_KEY, STATISTICS_TEXT),
        Options(V80, INDEX_KEY, INSIDE + STATISTICS_TEXT + DYNAMIC),
    ],
    "innodb_table_stats": [
        Options(V56, TABLE_KEY, STATISTICS_TEXT),
        Options(V80, TABLE_KEY, INSIDE + STATISTICS_TEXT + DYNAMIC),
    ],
    "slave_master_info": _replication("Master Information", ("Host", "Port"), ("Channel_name",)),
    "slave_relay_log_info": _replication("Relay Log Information", ("Id",), ("Channel_name",)),
    "slave_worker_info": _replication("Worker Information", ("Id",), ("Channel_name", "Id")),
}
