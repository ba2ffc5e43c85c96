# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dump defines is noted as it stands when all has run; and a statement is shown without its values."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import classify, redacted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_definitions import Definitions, Object

TABLE = b"""CREATE TABLE `T` (
  `id` int NOT NULL COMMENT 'KEY `x` (`y`)',
  `it``s` varchar(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`id`),
  KEY `k` (`it``s`(5)),
  FULLTEXT KEY `f` (`it``s`),
  CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `o` (`id`)
) ENGINE=InnoDB COMMENT='  KEY `z` (`y`)'"""


def told(*statements):
    definitions = Definitions()
    for text in statements:
        definitions.ran(classify(text), text, "d", "utf8mb4")
    return sorted(map(str, definitions.missing(set())))


def test_columns_and_keys_of_a_table():
    assert told(TABLE) == [
        "column id of d.T",
        "column it`s of d.T",
        "foreign key c of d.T",
        "key PRIMARY of d.T",
        "key f of d.T",
        "key k of d.T",
        "key u of d.T",
        "table d.T",
    ]


def test_names_are_compared_whatever_their_letters_case():
    definitions = Definitions()
    definitions.ran(classify(b"CREATE TABLE `T` (a INT)"), b"CREATE TABLE `T` (a INT)", "D", "utf8mb4")
    assert definitions.schemas == ["D"]
    assert not definitions.missing({Object("table", "d", "", "t")})


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([b"CREATE TEMPORARY TABLE t (a INT)"], []),
        ([TABLE, b"DROP TABLE IF EXISTS `T`"], []),
        ([TABLE, b"DROP DATABASE `d`"], []),
        ([TABLE, b"ALTER TABLE `T` DROP KEY k"], []),
        ([b"CREATE TABLE `v` (\n  `a` tinyint\n) ENGINE=MyISAM", b"CREATE VIEW `v` AS SELECT 1"], ["view d.v"]),
        ([b"/*!50001 CREATE VIEW `v` AS SELECT 1*/", b"/*!50001 DROP VIEW IF EXISTS `v`*/"], []),
        ([b"CREATE DEFINER=`a`@`b` PROCEDURE p() SELECT 1", b"CREATE FUNCTION x.f() RETURNS INT RETURN 1"],
         ["function x.f", "procedure d.p"]),
        ([b"/*!50003 CREATE*/ /*!50017 DEFINER=`a`*/ /*!50003 TRIGGER g BEFORE INSERT ON `T` FOR EACH ROW SET @a=1*/"],
         ["trigger d.g"]),
        ([b"/*!50106 CREATE*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */"], ["event d.e"]),
    ],
)  # fmt: skip
def test_what_stands_in_the_end(statements, expected):
    assert told(*statements) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"INSERT INTO `t2` VALUES (1,'se\\'cret',-2.5e3,0xFF,NULL),(2", "INSERT INTO `t2` VALUES (?,?,?,?,NULL),(?"),
        (b"INSERT INTO t2 (a1) VALUES ('cut", "INSERT INTO t2 (a1) VALUES (?"),
        (b"SET @a1 = \"secret\",\n b = 'it''s'", "SET @a1 = ?, b = ?"),
    ],
)
def test_a_statement_is_shown_without_its_values(text, shown):
    assert redacted(text) == shown
    assert redacted(text, 10) == shown[:10]
