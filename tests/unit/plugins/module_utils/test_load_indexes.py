# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left out of a table's definition, and what never is."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_indexes import defer

COLUMNS = b"""  `id` int NOT NULL AUTO_INCREMENT,
  `a` varchar(20) DEFAULT 'x, KEY (y)',
  `b` int DEFAULT NULL COMMENT 'it''s \\n a `b`',
  `g` int GENERATED ALWAYS AS ((`b` + 1)) VIRTUAL,
  `p` point NOT NULL,
  PRIMARY KEY (`id`),
"""
TAIL = b") ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COMMENT='c'\n/*!50100 PARTITION BY HASH (`id`) */"


def table(*keys, **other):
    columns = other.get("columns", COLUMNS)
    return b"CREATE TABLE `my``t` (\n" + columns + b",\n".join(b"  " + key for key in keys) + b"\n" + TAIL


A, B, AB = b"KEY `a` (`a`(10))", b"KEY `b` (`b` DESC) USING BTREE COMMENT 'x, y'", b"KEY `a b` (`a`,`b`)"
UNIQUE = b"UNIQUE KEY `u` (`a`)"
OF_B = b"CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `other` (`z`) ON DELETE CASCADE"
OF_SELF = b"CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `my``t` (`b`)"
TEXTS = b"FULLTEXT KEY `t` (`a`) /*!50100 WITH PARSER `ngram` */ "
PLACES = b"SPATIAL KEY `p` (`p`)"


@pytest.mark.parametrize(
    ("keys", "kept", "left_out"),
    [
        ([A, B, AB], [], [A, B, AB]),
        ([UNIQUE, A], [UNIQUE], [A]),
        ([UNIQUE, A, TEXTS], [UNIQUE, TEXTS], [A]),
        ([A, PLACES], [PLACES], [A]),
        # what a foreign key needs stays, and what stands before it: the order of indexes is part of the definition
        ([A, B, OF_B], [A, B, OF_B], []),
        ([B, A, OF_B], [B, OF_B], [A]),
        ([B, OF_SELF], [B, OF_SELF], []),
        # on what the server computes
        ([A, b"KEY `g` (`g`)"], [A, b"KEY `g` (`g`)"], []),
        ([b"KEY `f` ((lower(`a`)))", A], [b"KEY `f` ((lower(`a`)))"], [A]),
        ([b"KEY `caf\xc3\xa9` (`a`)"], [b"KEY `caf\xc3\xa9` (`a`)"], []),
        ([UNIQUE], [UNIQUE], []),
    ],
)
def test_what_is_left_out(keys, kept, left_out):
    deferred = defer(table(*keys))
    assert (deferred.keys if deferred else []) == left_out
    if deferred:
        expected = table(*kept) if kept else table(columns=COLUMNS[:-2])
        assert deferred.create == expected
        assert deferred.alter(b"`d`.`t`") == b"ALTER TABLE `d`.`t` " + b", ".join(b"ADD " + key for key in left_out)


def test_a_counting_column_keeps_the_index_that_it_needs():
    columns = COLUMNS.replace(b"  PRIMARY KEY (`id`),\n", b"")
    assert defer(table(b"KEY `id` (`id`)", columns=columns)) is None
    assert defer(table(b"KEY `id` (`id`)", A, columns=columns)).keys == [A]
    assert defer(table(b"KEY `id` (`id`)", A)).keys == [b"KEY `id` (`id`)", A]


@pytest.mark.parametrize(
    "text",
    [
        table(A).replace(b"InnoDB", b"MyISAM"),
        table(A).replace(b"\n  ", b"\n"),
        table(A).replace(b"CREATE TABLE `my``t` (\n", b"CREATE TABLE `my``t` ("),
        b"CREATE TABLE `t` LIKE `u`",
        b"CREATE TABLE `t` (\n  `a` int,\n  KEY `a` (`a`)\n) ENGINE=InnoDB".replace(b"  `a` int,", b"  `a` int, -- x"),
        table(A).replace(b"  PRIMARY KEY (`id`),", b"  PERIOD FOR SYSTEM_TIME (`x`,`y`),"),
    ],
)
def test_what_is_not_understood_stays_whole(text):
    assert defer(text) is None
