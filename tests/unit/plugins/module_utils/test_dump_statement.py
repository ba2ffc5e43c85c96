# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each statement of a dump is taken for, in the wording that the tools use."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import KINDS, classify, opened

STATEMENTS = [
    # GTIDs and the binary log: 9.7, 5.6 and by hand
    (b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1-5,\nb:2'", "set_gtid_purged", None, None),
    (b"SET @@GLOBAL.GTID_PURGED='a:1'", "set_gtid_purged", None, None),
    (b"set global gtid_purged = ''", "set_gtid_purged", None, None),
    (b"/*!50600 SET @@global.`gtid_purged` := 'a:1' */", "set_gtid_purged", None, None),
    (b"SET @a = 1, @@GLOBAL.GTID_PURGED = 'a:1'", "set_gtid_purged", None, None),
    (b"SET @old = @@GLOBAL.GTID_PURGED", "set_session", None, None),
    (b"SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN", "set_session", None, None),
    (b"SET @@SESSION.SQL_LOG_BIN= 0", "set_sql_log_bin", None, None),
    (b"SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN", "set_sql_log_bin", None, None),
    (b"SET sql_log_bin=1", "set_sql_log_bin", None, None),
    (b"SET @@sql_log_bin=1", "set_sql_log_bin", None, None),
    (b"SET @old_sql_log_bin = @@sql_log_bin, SQL_LOG_BIN=0", "set_sql_log_bin", None, None),
    (b"SET @sql_log_bin = 1", "set_session", None, None),
    # settings
    (b"/*!40101 SET NAMES utf8 */", "set_session", None, None),
    (b"/*!50003 SET sql_mode              = @saved_sql_mode */ ", "set_session", None, None),
    (b"set autocommit=0", "set_session", None, None),
    (b"SET GLOBAL general_log = 1", "set_global", None, None),
    (b"SET @@GLOBAL.general_log = 1", "set_global", None, None),
    (b"SET @@session.sql_mode = '', GLOBAL general_log = 1", "set_global", None, None),
    (b"SET @old = @@GLOBAL.general_log, @a = 1", "set_session", None, None),
    (b"/*!50606 SET GLOBAL INNODB_STATS_AUTO_RECALC=OFF */", "set_global", None, None),
    (b"SET PERSIST max_connections = 1", "set_global", None, None),
    (b"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "transaction", None, None),
    # schemas
    (b"USE `shop`", "use", "shop", None),
    (b"use shop", "use", "shop", None),
    (b"USE `od``d-one`", "use", "od`d-one", None),
    (b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 CHARSET utf8 */", "create_database", "shop", None),
    (b"CREATE SCHEMA shop", "create_database", "shop", None),
    (b"/*!40000 DROP DATABASE IF EXISTS `shop`*/", "drop_database", "shop", None),
    # tables
    (b"CREATE TABLE `t` (\n  `a` int)", "create_table", None, "t"),
    (b"CREATE TABLE IF NOT EXISTS `shop`.`t` (`a` int)", "create_table", "shop", "t"),
    (b"/*!50001 CREATE TABLE `v` (\n  `a` tinyint NOT NULL\n) ENGINE=MyISAM */", "create_table", None, "v"),
    (b"create temporary table x (a int)", "create_table", None, "x"),
    (b"CREATE TABLE \"t\" (a int)", "create_table", None, "t"),
    (b"DROP TABLE IF EXISTS `t`", "drop_table", None, "t"),
    (b"/*!50001 DROP TABLE IF EXISTS `v`*/", "drop_table", None, "v"),
    (b"INSERT INTO `t` VALUES (1)", "insert", None, "t"),
    (b"INSERT INTO `shop`.`t` VALUES (1)", "insert", "shop", "t"),
    (b"INSERT INTO `ta``ble; -- x` (`a`) VALUES (1)", "insert", None, "ta`ble; -- x"),
    (b"INSERT  IGNORE INTO `t` VALUES (1)", "insert", None, "t"),
    (b"insert t values (1)", "insert", None, "t"),
    (b"/*!50000 INSERT INTO t VALUES (1) */", "insert", None, "t"),
    (b"INSERT INTO `caf\xc3\xa9` VALUES (1)", "insert", None, "caf\xe9"),
    (b"INSERT INTO `\xc4\xe3` VALUES (1)", "insert", None, "\\xc4\\xe3"),
    (b"REPLACE INTO `t` VALUES (1)", "replace", None, "t"),
    (b"REPLACE t VALUES (1)", "replace", None, "t"),
    (b"LOCK TABLES `t` WRITE", "lock_tables", None, "t"),
    (b"UNLOCK TABLES", "unlock_tables", None, None),
    (b"/*!40000 ALTER TABLE `t` DISABLE KEYS */", "alter_keys", None, "t"),
    (b"/*!40000 ALTER TABLE `shop`.`t` ENABLE KEYS */", "alter_keys", "shop", "t"),
    (b"ALTER TABLE t ADD KEY (a)", "alter_table", None, "t"),
    (b"TRUNCATE TABLE t", "change_rows", None, "t"),
    (b"TRUNCATE mysql.t", "change_rows", "mysql", "t"),
    (b"UPDATE IGNORE mysql.user SET a = 1", "change_rows", "mysql", "user"),
    (b"DELETE QUICK FROM `mysql`.`user` WHERE 1", "change_rows", "mysql", "user"),
    (b"ALTER DATABASE `a-b` CHARACTER SET latin1 COLLATE latin1_german1_ci", "alter_database", "a-b", None),
    (b"CREATE UNIQUE INDEX i ON d.t (a)", "alter_table", "d", "t"),
    (b"/*!80002 ANALYZE TABLE `t` UPDATE HISTOGRAM ON `a` WITH 100 BUCKETS */", "look_after_table", None, "t"),
    (b"INSTALL PLUGIN x SONAME 'x.so'", "change_server", None, None),
    (b"CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h')", "change_server", None, None),
    (b"PURGE BINARY LOGS TO 'x'", "change_server", None, None),
    (b"SHUTDOWN", "change_server", None, None),
    (b"LOAD DATA INFILE 'x' INTO TABLE t", "other", None, None),
    (b"CALL p()", "other", None, None),
    # programs
    ((b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n"
     b"/*!50013 DEFINER=`r`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select 1 */"),
     "create_view", None, "v"),
    (b"/*!50001 CREATE VIEW `v` AS SELECT \n 1 AS `a`*/", "create_view", None, "v"),
    (b"CREATE OR REPLACE DEFINER=CURRENT_USER() VIEW shop.v AS SELECT 1", "create_view", "shop", "v"),
    ((b"/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`localhost`*/ /*!50003 TRIGGER `t_bi`"
     b" BEFORE INSERT ON `t` FOR EACH ROW BEGIN END */"),
     "create_trigger", None, "t_bi"),
    (b"CREATE DEFINER=`r`@`localhost` PROCEDURE `p`()\nBEGIN END ", "create_routine", None, "p"),
    (b"CREATE DEFINER='r'@'%' FUNCTION `f`(a INT) RETURNS int\nRETURN 1", "create_routine", None, "f"),
    (b"CREATE DEFINER=\"r\"@\"%\" PROCEDURE \"q\"() SELECT 1", "create_routine", None, "q"),
    (b"CREATE AGGREGATE FUNCTION f RETURNS INTEGER SONAME 'x.so'", "create_routine", None, "f"),
    (b"/*!50106 CREATE*/ /*!50117 DEFINER=`r`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ",
     "create_event", None, "e"),
    (b"/*!50106 DROP EVENT IF EXISTS `e` */", "drop_program", None, "e"),
    # replication, accounts and the rest
    (b"CHANGE MASTER TO MASTER_LOG_FILE='b.1', MASTER_LOG_POS=4", "change_source", None, None),
    (b"CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='b.1'", "change_source", None, None),
    (b"STOP ALL SLAVES", "stop_replica", None, None),
    (b"STOP REPLICA", "stop_replica", None, None),
    (b"START SLAVE", "start_replica", None, None),
    (b"START REPLICA FOR CHANNEL 'a'", "start_replica", None, None),
    (b"RESET BINARY LOGS AND GTIDS", "reset", None, None),
    (b"RESET MASTER", "reset", None, None),
    (b"CREATE USER `a`@`%`", "grant_or_account", None, None),
    (b"CREATE ROLE a", "grant_or_account", None, None),
    (b"ALTER USER a IDENTIFIED BY 'x'", "grant_or_account", None, None),
    (b"RENAME USER a TO b", "grant_or_account", None, None),
    (b"GRANT USAGE ON *.* TO `a`@`%`", "grant_or_account", None, None),
    (b"REVOKE ALL ON *.* FROM a", "grant_or_account", None, None),
    (b"SET PASSWORD FOR a = 'x'", "grant_or_account", None, None),
    (b"SET DEFAULT ROLE ALL TO a", "grant_or_account", None, None),
    (b"FLUSH PRIVILEGES", "flush", None, None),
    (b"/*! FLUSH PRIVILEGES */", "flush", None, None),
    (b"START TRANSACTION", "transaction", None, None),
    (b"COMMIT", "transaction", None, None),
    (b"BEGIN", "transaction", None, None),
    (b"SELECT 1", "query", None, None),
    (b"", "nothing", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "database", "table"), STATEMENTS, ids=[row[0][:40].decode("latin-1") for row in STATEMENTS]
)
def test_kind_and_names(text, kind, database, table):
    assert tuple(classify(text)) == (kind, database, table)


NAMES = [
    (b"INSERT INTO `\xb1\xed` VALUES (1)", "gbk", "\u8868"),
    (b"INSERT INTO `\x95\x5c` VALUES (1)", "sjis", "\u8868"),
    (b"INSERT INTO `\xfc` VALUES (1)", "latin1", "\xfc"),
    (b"INSERT INTO `\xc3\xbc` VALUES (1)", "utf8", "\xfc"),
    (b"INSERT INTO `\xc3\xbc` VALUES (1)", "binary", "\xfc"),
    (b"INSERT INTO `\xc3\xbc` VALUES (1)", "of MySQL alone", "\xfc"),
]


@pytest.mark.parametrize(("text", "charset", "table"), NAMES, ids=[row[1] for row in NAMES])
def test_names_are_read_in_their_character_set(text, charset, table):
    assert classify(text, charset).table == table


def test_each_kind_is_tried():
    assert {kind for kind, _names, _pattern in KINDS} | {"other"} == {row[1] for row in STATEMENTS}


@pytest.mark.parametrize("text", [row[0] for row in STATEMENTS if row[1] in ("insert", "create_table", "create_view")])
def test_what_follows_the_head_changes_nothing(text):
    assert classify(text + b" /* ' " * 2000) == classify(text)


def test_opened_text_keeps_strings_and_drops_comments():
    text = b"/*!50001 SELECT '/*!1 */ -- x' /* gone */, `#` # gone\n, \"*/\" -- gone\n, 1--1 */"
    assert opened(text).split() == b"SELECT '/*!1 */ -- x' , `#` , \"*/\" , 1--1".split()
