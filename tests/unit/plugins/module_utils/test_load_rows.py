# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows leave their place only where that cannot make a difference."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_rows import (
    IN_PLACE,
    LANE,
    SPREAD,
    Shape,
    is_undone,
    shape,
    way,
)

PLAIN = Shape(None, False, [])
NUMBERED = Shape(b"`id`", True, [])
NUMBERED_LATE = Shape(b"`id`", False, [])

ITEM = b"""CREATE TABLE `item` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(20) DEFAULT 'it''s; )' COMMENT 'no AUTO_INCREMENT',
  `of` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `of` (`of`),
  CONSTRAINT `a` FOREIGN KEY (`of`) REFERENCES `other`.`thing` (`id`) ON DELETE CASCADE,
  CONSTRAINT `b` FOREIGN KEY (`of`) REFERENCES `item` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COMMENT='x'"""


def test_what_decides_is_read_out_of_a_definition():
    assert shape(ITEM) == Shape(b"`id`", True, [(b"`other`", b"`thing`"), (None, b"`item`")], plain=True)
    late = ITEM.replace(b"  `id` int NOT NULL AUTO_INCREMENT,\n", b"  `a` int,\n  `id` int NOT NULL AUTO_INCREMENT,\n")
    assert shape(late).first is False
    without = ITEM.replace(b"NULL AUTO_INCREMENT,", b"NULL,").replace(b" COMMENT 'no AUTO_INCREMENT'", b"")
    assert shape(without) == Shape(None, False, [(b"`other`", b"`thing`"), (None, b"`item`")], plain=True)
    assert not shape(ITEM.replace(b"varchar(20)", b"varbinary(20)")).plain


@pytest.mark.parametrize(
    "text",
    [
        ITEM.replace(b"InnoDB", b"MyISAM"),
        ITEM.replace(b" ENGINE=InnoDB", b""),
        ITEM.replace(b"CREATE TABLE", b"CREATE TEMPORARY TABLE"),
        b"CREATE TABLE `item` LIKE `other`",
        b"create table item (id int) ENGINE=InnoDB",
    ],
)
def test_what_is_not_known_to_be_innodb_keeps_its_place(text):
    assert shape(text) is None


@pytest.mark.parametrize(
    ("text", "table", "expected"),
    [
        (b"INSERT INTO `t` VALUES (1,'a')", PLAIN, SPREAD),
        (b"INSERT INTO `t` VALUES\n(NULL,-1.5e3,0x0A,_binary 'a\\'b',b'1'),\n(1,2,3,4,5)", PLAIN, SPREAD),
        (b"INSERT INTO `db`.`t` (`id`, `x`) VALUES (1,'a')", PLAIN, SPREAD),
        (b"INSERT INTO `t` VALUES (1,'a'),(2,'(3,')", NUMBERED, SPREAD),
        (b"INSERT INTO `t` (`id`,`x`) VALUES (1,'a')", NUMBERED, SPREAD),
        # the server would make the values, in the order in which rows come
        (b"INSERT INTO `t` VALUES (NULL,'a')", NUMBERED, IN_PLACE),
        (b"INSERT INTO `t` VALUES (0,'a')", NUMBERED, IN_PLACE),
        (b"INSERT INTO `t` VALUES ('','a')", NUMBERED, IN_PLACE),
        (b"INSERT INTO `t` (`x`) VALUES ('a')", NUMBERED, IN_PLACE),
        (b"INSERT INTO `t` VALUES (1,'a'),(NULL,'b')", NUMBERED, LANE),
        (b"INSERT INTO `t` VALUES (1,'a'),(0,'b')", NUMBERED, LANE),
        (b"INSERT INTO `t` VALUES ('a',NULL)", NUMBERED_LATE, LANE),
        # of two rows with the same key, the order tells which one stays
        (b"INSERT  IGNORE INTO `t` VALUES (1,'a')", PLAIN, LANE),
        (b"REPLACE INTO `t` VALUES (1,'a')", PLAIN, LANE),
        (b"INSERT INTO `t` VALUES (1,'a') ON DUPLICATE KEY UPDATE x=1", PLAIN, LANE),
        # no mere values
        (b"INSERT INTO `t` VALUES (@a,1)", PLAIN, IN_PLACE),
        (b"INSERT INTO `t` VALUES (NOW(),1)", PLAIN, IN_PLACE),
        (b"INSERT INTO `t` VALUES (DEFAULT,1)", PLAIN, IN_PLACE),
        (b"INSERT INTO `t` VALUES ((SELECT 1),1)", PLAIN, IN_PLACE),
        (b"INSERT INTO `t` VALUES (1,1),(LAST_INSERT_ID(),1)", PLAIN, IN_PLACE),
        (b"INSERT INTO `t` SELECT 1", PLAIN, IN_PLACE),
        (b"INSERT INTO `t` SET a=1", PLAIN, IN_PLACE),
        (b"INSERT INTO t VALUES (1)", PLAIN, IN_PLACE),
        (b"/*!40000 INSERT INTO `t` VALUES (1) */", PLAIN, IN_PLACE),
    ],
)
def test_the_way_of_rows(text, table, expected):
    assert way(text, table) == expected


SAVED = [
    b"/*!40101 SET @saved_cs_client     = @@character_set_client */",
    b"/*!50503 SET character_set_client = utf8mb4 */",
    b"/*!40101 SET character_set_client = @saved_cs_client */",
]


def test_a_setting_that_is_as_it_was():
    assert is_undone(SAVED)
    assert is_undone([b"SET @a=@@sql_mode", b"SET sql_mode=1", b"SET sql_mode = @a"])
    for number, other in (
        (0, b"SET @other = @@character_set_client"),
        (0, b"SET @saved_cs_client = @@sql_mode"),
        (1, b"SET character_set_client = utf8mb4, sql_mode = 1"),
        (1, b"SET character_set_results = utf8mb4"),
        (2, b"SET character_set_client = utf8"),
    ):
        assert not is_undone([*SAVED[:number], other, *SAVED[number + 1 :]])
    assert not is_undone(SAVED[1:])
