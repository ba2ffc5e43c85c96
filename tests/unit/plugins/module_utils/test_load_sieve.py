# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of a dump's statements, a replica runs those that make its data, and none that touches what is its own."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import KINDS, classify
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import (
    EXCLUDED,
    SKIPPED_KINDS,
    SYSTEM_SCHEMA,
    Sieve,
    to_load,
)


def reasons(statements, exclude=()):
    sieve = Sieve(exclude)
    return [sieve.reason_to_skip(classify(statement), statement) for statement in statements]


def reason(statement, schema="shop", exclude=()):
    return reasons([b"USE `%s`" % schema.encode("utf-8"), statement], exclude)[1]


RUN = [
    b"SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT",
    b"/*!40101 SET NAMES utf8mb4 */",
    b"/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */",
    b"SET TIME_ZONE='+00:00'",
    b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */",
    b"/*!40000 DROP DATABASE IF EXISTS `shop`*/",
    b"DROP TABLE IF EXISTS `orders`",
    b"CREATE TABLE `orders` (`id` int)",
    b"LOCK TABLES `orders` WRITE",
    b"/*!40000 ALTER TABLE `orders` DISABLE KEYS */",
    b"INSERT INTO `orders` VALUES (1)",
    b"REPLACE INTO `orders` VALUES (1)",
    b"UNLOCK TABLES",
    b"COMMIT",
    b"/*!50001 CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `v` AS select 1 */",
    b"/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON o FOR EACH ROW SET @x = 1*/",
    b"CREATE DEFINER=`root`@`%` PROCEDURE `p`() SELECT 1",
    b"/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */",
    b"ALTER DATABASE `shop` CHARACTER SET utf8 COLLATE utf8_general_ci",
    b"/*!50003 DROP FUNCTION IF EXISTS `f` */",
    b"ALTER TABLE `orders` ADD KEY `k` (`a`)",
    # Three letters of a name are no SET.
    b"ALTER TABLE `settings` ADD KEY `k` (`a`)",
    b"ALTER TABLE `assets` ADD CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `orders` (`id`)",
    b"DROP VIEW `assets`",
    b"TRUNCATE TABLE `offset`",
    b"ALTER DATABASE `asset` CHARACTER SET utf8",
]


@pytest.mark.parametrize("statement", RUN, ids=[statement.decode("ascii")[:60] for statement in RUN])
def test_is_run(statement):
    assert reason(statement) is None


SKIPPED = [
    ("set_gtid_purged", b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'aaaaaaaa-2222-3333-4444-555555555555:1-15'"),
    ("set_gtid_purged", b"SET GLOBAL gtid_purged='aaaaaaaa-2222-3333-4444-555555555555:1-15'"),
    ("set_sql_log_bin", b"SET @@SESSION.SQL_LOG_BIN= 0"),
    ("set_sql_log_bin", b"SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN"),
    ("change_source", b"CHANGE MASTER TO MASTER_LOG_FILE='mysql-bin.000001', MASTER_LOG_POS=154"),
    ("change_source", b"CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000001', SOURCE_LOG_POS=154"),
    ("start_replica", b"START SLAVE"),
    ("start_replica", b"START REPLICA"),
    ("stop_replica", b"STOP SLAVE"),
    ("stop_replica", b"STOP REPLICA"),
    ("reset", b"RESET MASTER"),
    ("flush", b"FLUSH PRIVILEGES"),
    ("flush", b"/*! FLUSH PRIVILEGES */"),
    ("grant_or_account", b"GRANT ALL ON *.* TO `root`@`%`"),
    ("grant_or_account", b"CREATE USER `a`@`%`"),
    ("grant_or_account", b"SET PASSWORD FOR 'root' = 'x'"),
    ("change_server", b"INSTALL PLUGIN p SONAME 'p.so'"),
    ("change_server", b"PURGE BINARY LOGS TO 'mysql-bin.000002'"),
    ("nothing", b"/* only a remark */"),
    ("set_global", b"SET GLOBAL innodb_stats_auto_recalc=OFF"),
    ("set_global", b"/*!50606 SET GLOBAL INNODB_STATS_AUTO_RECALC=@OLD_INNODB_STATS_AUTO_RECALC */"),
    ("set_global", b"SET @@GLOBAL.read_only=0"),
    ("set_global", b"set @@global.read_only := 0"),
    ("set_global", b"SET SESSION sort_buffer_size=1, GLOBAL read_only=0"),
    ("set_global", b"set persist max_connections=5"),
    ("set_global", b"SET PERSIST_ONLY max_connections=5"),
    ("set_global", b"/*!80000 SET @@PERSIST.max_connections=5 */"),
    ("set_global", b"SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED"),
]


@pytest.mark.parametrize(
    ("kind", "statement"), SKIPPED, ids=[statement.decode("ascii")[:60] for _kind, statement in SKIPPED]
)
@pytest.mark.parametrize("schema", ["shop", "mysql"])
def test_is_left_out_for_its_kind(schema, kind, statement):
    assert reason(statement, schema) == SKIPPED_KINDS[kind]


def test_every_kind_that_is_left_out_is_one_that_is_recognised_and_has_a_case_here():
    assert set(SKIPPED_KINDS) == {kind for kind, _statement in SKIPPED}
    assert set(SKIPPED_KINDS) <= {kind for kind, _names, _pattern in KINDS}


@pytest.mark.parametrize(
    "statement", [b"CALL p()", b"LOAD DATA INFILE 'a' INTO TABLE t", b"HANDLER t OPEN", b"nonsense"]
)
@pytest.mark.parametrize("schema", ["shop", "mysql"])
def test_what_nobody_can_judge_is_neither_run_nor_left_out(schema, statement):
    with pytest.raises(BadInput, match=statement.decode("ascii").split()[0]):
        reason(statement, schema)


SYSTEM = [
    b"DROP TABLE IF EXISTS `slave_master_info`",
    b"CREATE TABLE IF NOT EXISTS `slave_relay_log_info` (`a` int)",
    b"LOCK TABLES `user` WRITE",
    b"INSERT INTO `user` VALUES ('root')",
    b"INSERT IGNORE INTO `innodb_table_stats` VALUES ('a')",
    b"/*!50001 CREATE VIEW `v` AS select 1 */",
    b"CREATE DEFINER=`root`@`%` PROCEDURE `p`() SELECT 1",
    b"TRUNCATE TABLE `general_log`",
]


@pytest.mark.parametrize("schema", ["mysql", "MySQL", "sys", "performance_schema", "information_schema"])
@pytest.mark.parametrize("statement", SYSTEM, ids=[statement.decode("ascii")[:60] for statement in SYSTEM])
def test_system_tables_stay_the_replica_s_own(statement, schema):
    assert reason(statement, schema) == SYSTEM_SCHEMA


@pytest.mark.parametrize(
    "statement",
    [
        b"INSERT INTO `mysql`.`user` VALUES ('root')",
        b"DROP TABLE IF EXISTS mysql.user",
        b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `mysql`",
        b"DROP DATABASE IF EXISTS `mysql`",
    ],
)
def test_a_system_schema_that_is_named_counts_wherever_the_dump_is(statement):
    assert reason(statement, "shop") == SYSTEM_SCHEMA


def test_a_schema_that_is_named_counts_more_than_the_current_one():
    assert reason(b"INSERT INTO `shop`.`orders` VALUES (1)", "mysql") is None


def test_the_current_schema_is_followed():
    statements = [
        b"INSERT INTO `a` VALUES (1)",
        b"USE `mysql`",
        b"INSERT INTO `user` VALUES (1)",
        b"SET NAMES utf8mb4",
        b"UNLOCK TABLES",
        b"USE `shop`",
        b"INSERT INTO `orders` VALUES (1)",
    ]
    told = reasons(statements)
    assert told[0] is None
    assert told[2] == SYSTEM_SCHEMA
    assert told[3:5] == [None, None]
    assert told[5:] == [None, None]


EXCLUDE = ["shop.audit", "shop.we`ird", "other.orders"]


@pytest.mark.parametrize(
    "statement",
    [
        b"DROP TABLE IF EXISTS `audit`",
        b"CREATE TABLE `audit` (`id` int)",
        b"LOCK TABLES `audit` WRITE",
        b"/*!40000 ALTER TABLE `audit` DISABLE KEYS */",
        b"INSERT INTO `audit` VALUES (1)",
        b"INSERT INTO `shop`.`audit` VALUES (1)",
        b"REPLACE INTO `audit` VALUES (1)",
        b"/*!50001 CREATE VIEW `audit` AS select 1 */",
        b"CREATE TABLE `we``ird` (`id` int)",
    ],
)
def test_an_excluded_table_is_left_out(statement):
    assert reason(statement, exclude=EXCLUDE) == EXCLUDED


@pytest.mark.parametrize(
    "statement",
    [
        b"INSERT INTO `orders` VALUES (1)",
        b"INSERT INTO `audits` VALUES (1)",
        b"INSERT INTO `other`.`audit` VALUES (1)",
        b"CREATE DEFINER=`root`@`%` PROCEDURE `audit`() SELECT 1",
        b"/*!50003 DROP PROCEDURE IF EXISTS `audit` */",
        b"/*!50106 CREATE*/ /*!50106 EVENT `audit` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */",
        b"/*!50003 CREATE*/ /*!50003 TRIGGER `audit` BEFORE INSERT ON `orders` FOR EACH ROW SET @x = 1*/",
    ],
)
def test_only_that_table_is_left_out(statement):
    assert reason(statement, exclude=EXCLUDE) is None


def test_a_trigger_of_an_excluded_table_is_left_out():
    # Without its table it could not be made, and the load would end there.
    trigger = b"/*!50003 CREATE*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `audit` FOR EACH ROW SET @x = 1*/"
    assert reason(trigger, exclude=EXCLUDE) == EXCLUDED


def test_only_tables_that_are_loaded_count():
    # Of mysql_dump_info: all that are in the dump
    names = ["mysql.user", "shop.orders", "shop.audit", "shop.stock"]
    tables = [dict(zip(("database", "table"), name.split(".")), bytes=1) for name in names]
    assert to_load(tables, ["shop.audit"]) == 2
