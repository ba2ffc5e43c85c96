# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dump says of itself, in the words of each tool."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_head import (
    HeadReader,
    Position,
    is_end_mark,
    is_tool_mark,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import Comment, read
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import classify


def head_of(data):
    reader = HeadReader()
    for item in read([data]):
        if isinstance(item, Comment):
            reader.comment(item.text)
        else:
            reader.statement(item.text, classify(item.text))
    return reader.head()


# As a cloud service's nightly backup of a 5.6 server begins.
CLOUD_56 = b"""-- MySQL dump 10.13  Distrib 5.6.16, for Linux (x86_64)
--
-- Host: 127.0.0.1    Database:\x20
-- ------------------------------------------------------
-- Server version\t5.6.16-log

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8 */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;

--
-- GTID state at the beginning of the backup\x20
--

SET @@GLOBAL.GTID_PURGED='11111111-2222-3333-4444-555555555555:1-7,
66666666-2222-3333-4444-555555555555:1-5:8';

--
-- Position to start replication or point-in-time recovery from
--

-- CHANGE MASTER TO MASTER_LOG_FILE='mysql-bin.000012', MASTER_LOG_POS=345;
"""


def test_a_cloud_backup():
    head = head_of(CLOUD_56 + b"-- Dump completed on 2019-02-20  9:05:01\n")
    assert head.tool == "mysqldump"
    assert head.tool_version == "5.6.16"
    assert head.server_version == "5.6.16-log"
    assert head.host == "127.0.0.1"
    assert head.database is None
    assert head.gtid_purged == "11111111-2222-3333-4444-555555555555:1-7,66666666-2222-3333-4444-555555555555:1-5:8"
    assert head.gtid_purged_form == "replace"
    assert head.position == Position("mysql-bin.000012", 345, False)
    assert head.charset == "utf8"
    assert head.completed_at == "2019-02-20 09:05:01"
    assert head.single_transaction is None


TOOLS = [
    (b"-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n", "mysqldump", "9.7.4"),
    (b"-- MySQL dump 10.13  Distrib 8.0.36-28, for Linux (x86_64)\n", "mysqldump", "8.0.36-28"),
    (b"-- MySQL dump 10.17  Distrib 10.3.39-MariaDB, for Linux (x86_64)\n", "mariadb-dump", "10.3.39-MariaDB"),
    (b"-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for Linux (x86_64)\n", "mariadb-dump", "10.11.6-MariaDB"),
    (b"/*!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19-11.4.2-MariaDB, for Linux (x86_64)\n",
     "mariadb-dump", "11.4.2-MariaDB"),
    (b"/*!40101 SET NAMES binary*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n", "mydumper", None),
    (b"-- A dump of mine\nSELECT 1;\n", "unknown", None),
    (b"SELECT '\n-- MySQL dump 10.13  Distrib 9.7.4, for Linux\n';", "unknown", None),
]  # fmt: skip


@pytest.mark.parametrize(("data", "tool", "version"), TOOLS)
def test_tools(data, tool, version):
    head = head_of(data)
    assert (head.tool, head.tool_version) == (tool, version)


GTIDS = [
    (b"SELECT 1;", None, None),
    (b"SET @@GLOBAL.GTID_PURGED='';", "", "replace"),
    (b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';", "", "add"),
    (b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1-5,\nb:tag:1';", "a:1-5,b:tag:1", "add"),
    (b'SET GLOBAL gtid_purged = "+a:1 , b:2";', "a:1,b:2", "add"),
    (b"/* SET @@GLOBAL.GTID_PURGED='+a:1-5';*/\n", "a:1-5", "comment"),
    (b"-- SET GLOBAL gtid_slave_pos='0-1-2';\n", None, None),
    (b"SET @@GLOBAL.GTID_PURGED='a:1';\nSELECT 1;\nSET @@GLOBAL.GTID_PURGED='b:1';", "a:1,b:1", "replace"),
    (b"SET @@GLOBAL.GTID_PURGED='a:1';SET @@GLOBAL.GTID_PURGED='a:1';", "a:1", "replace"),
    (b"INSERT INTO t VALUES ('SET @@GLOBAL.GTID_PURGED=''a:1''');", None, None),
    (b"SET @old = @@GLOBAL.GTID_PURGED;", None, None),
]


@pytest.mark.parametrize(("data", "gtids", "form"), GTIDS)
def test_gtid_sets(data, gtids, form):
    head = head_of(data)
    assert (head.gtid_purged, head.gtid_purged_form) == (gtids, form)


POSITIONS = [
    (b"-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='b.01', SOURCE_LOG_POS=4123;\n", Position("b.01", 4123, False)),
    (b"CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='b.01', SOURCE_LOG_POS=4;", Position("b.01", 4, True)),
    (b"CHANGE MASTER TO MASTER_HOST='h', MASTER_LOG_FILE='b.01', MASTER_LOG_POS=4;", Position("b.01", 4, True)),
    (b"INSERT INTO t VALUES ('CHANGE MASTER TO MASTER_LOG_FILE=''b'', MASTER_LOG_POS=4');", None),
]


@pytest.mark.parametrize(("data", "position"), POSITIONS)
def test_positions(data, position):
    assert head_of(data).position == position


END_MARKS = [
    (b"-- Dump completed on 2026-11-21  7:01:32\n", True),
    (b"-- Dump completed on 2026-11-21 17:01:32\r\n", True),
    (b"-- Dump completed\n", True),
    (b"-- Dump completed", False),
    (b"-- Dump completed on\n", False),
    (b"-- Dump completed on 2026-11-21  7:01:3\n", False),
    (b"-- Dump completed on 2026-11-21  7:01:32", False),
    (b"-- dump completed\n", False),
    (b"# Dump completed\n", False),
]


@pytest.mark.parametrize(("line", "whole"), END_MARKS)
def test_the_end_mark_is_whole_or_none(line, whole):
    assert is_end_mark(line) is whole


def test_the_tool_mark():
    assert is_tool_mark(b"-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n")
    assert not is_tool_mark(b"-- MySQL dump of mine\n")
