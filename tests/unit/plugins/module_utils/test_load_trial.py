# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CREATE TABLE of a dump becomes one of a temporary table or of a scratch schema, and of nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_trial
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_trial import Answer

# As SHOW CREATE TABLE lays a table out that has all that a temporary one cannot have
FULL = b"""CREATE TABLE `child` (
  `id` int NOT NULL COMMENT 'FOREIGN KEY, or\\n  FULLTEXT KEY',
  `p` int DEFAULT NULL,
  `t` text,
  PRIMARY KEY (`id`),
  KEY `p` (`p`),
  FULLTEXT KEY `t` (`t`) /*!50100 WITH PARSER `ngram` */ ,
  CONSTRAINT `c,1` FOREIGN KEY (`p`) REFERENCES `parent` (`id`) ON DELETE CASCADE,
  CONSTRAINT `c2` FOREIGN KEY (`p`) REFERENCES `o``ther`.`parent` (`id`),
  CONSTRAINT `positive` CHECK ((`p` > 1))
) ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 COMPRESSION='zlib' /*!80016 ENCRYPTION='Y' */
/*!50100 PARTITION BY RANGE (`id`)
(PARTITION p0 VALUES LESS THAN (5) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */"""
PLAIN = b"""CREATE TABLE `child` (
  `id` int NOT NULL COMMENT 'FOREIGN KEY, or\\n  FULLTEXT KEY',
  `p` int DEFAULT NULL,
  `t` text,
  PRIMARY KEY (`id`),
  KEY `p` (`p`),
  CONSTRAINT `positive` CHECK ((`p` > 1))
) ENGINE=InnoDB    /*!80016  */"""

HEADS = [
    ("as mysqldump writes it", b"CREATE TABLE `t` (", b"`t`"),
    ("with a condition", b"CREATE TABLE IF NOT EXISTS `t` (", b"`t`"),
    ("with a condition in a comment", b"CREATE TABLE /*!32312 IF NOT EXISTS*/ `t` (", b"`t`"),
    ("in a version comment, as a view's placeholder", b"/*!50001 CREATE TABLE `v` (", b"`v`"),
    ("with a schema", b"CREATE TABLE `s`.`t` (", b"`t`"),
    ("with odd names", b"create table `a``.b` . `c``(` (", b"`c``(`"),
    ("without quotes", b"CREATE TABLE caf\xc3\xa9 (", b"caf\xc3\xa9"),
    ("of MariaDB", b"CREATE OR REPLACE TABLE `t` (", b"`t`"),
    ("without blanks", b"CREATE TABLE`t`(", b"`t`"),
]


@pytest.mark.parametrize(("head", "name"), [row[1:] for row in HEADS], ids=[row[0] for row in HEADS])
def test_every_head_is_understood(head, name):
    made = load_trial.made(head + b"`id` int)")
    assert made is not None
    assert made.name == name
    temporary, scratch = made.temporary(), made.in_schema("dbre_trial_3")
    assert b"TEMPORARY TABLE" in temporary
    assert b"`mysql`.`dbre_trial`" in temporary
    assert name not in temporary
    assert b"`dbre_trial_3`." + name in scratch
    assert b"`s`" not in temporary + scratch
    assert temporary.endswith(b"`id` int)")
    assert scratch.endswith(b"`id` int)")


@pytest.mark.parametrize(
    "text",
    [
        b"CREATE TABLE `t` LIKE `s`.`u`",
        b"CREATE TABLE `t` (LIKE `s`.`u`)",
        b"CREATE TABLE `t` AS SELECT SLEEP(1000)",
        b"CREATE TABLE `t` (`id` int) SELECT SLEEP(1000)",
        b"CREATE TABLE `t` (`id` int COMMENT 'it''s') IGNORE SELECT * FROM `s`.`u`",
        b"CREATE TEMPORARY TABLE `t` (`id` int)",
        b"CREATE VIEW `t` AS SELECT 1",
    ],
)
def test_what_reads_other_tables_is_never_run(text):
    assert load_trial.made(text) is None


def test_a_query_in_a_string_is_none():
    text = b"CREATE TABLE `select` (`id` int COMMENT 'SELECT 1', `Select` char(9) DEFAULT 'x\\'SELECT')"
    assert load_trial.made(text)


def test_what_a_temporary_table_cannot_have_is_left_out_and_told():
    made = load_trial.made(FULL)
    assert made is not None
    reduced, left_out = made.reduced()
    assert reduced.in_schema("x") == PLAIN.replace(b"`child`", b"`x`.`child`")
    assert left_out == [
        "foreign keys",
        "full-text indexes",
        "partitions",
        "compressed rows",
        "page compression",
        "encryption",
    ]


def test_nothing_is_left_out_of_a_plain_table():
    made = load_trial.made(PLAIN)
    assert made is not None
    assert made.reduced() == (made, [])


def test_foreign_keys_into_another_schema_are_led_to_a_scratch_schema():
    made = load_trial.made(FULL)
    assert made is not None
    assert made.referenced_schemas() == [b"o``ther"]
    led = made.referring(b"o``ther", "dbre_trial_2")
    assert b"REFERENCES `dbre_trial_2`.`parent`" in led.rest
    assert b"REFERENCES `parent`" in led.rest
    assert made.referring(b"third", "dbre_trial_2") == made


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (
            b"CREATE DATABASE `s` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 X */",
            b" CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci",
        ),
        (b"CREATE DATABASE s CHARSET=latin1", b" CHARSET=latin1"),
    ],
)
def test_the_character_set_of_a_schema_is_tried_with_a_table(text, options):
    made = load_trial.charset_of_schema(text)
    assert made is not None
    assert made.startswith(b"CREATE TEMPORARY TABLE `mysql`.`dbre_trial` (a INT)")
    assert made.endswith(options)


def test_a_schema_that_names_no_character_set_needs_no_trial():
    assert load_trial.charset_of_schema(b"CREATE DATABASE `s`") is None


def test_autocommit_stays_as_it_is():
    assert not load_trial.about_session(b"SET autocommit=0")
    assert load_trial.about_session(b"SET time_zone = 'Europe/Berlin'")


def test_only_warnings_that_mean_another_table_count():
    noise = [(1681, "deprecated"), (1287, "deprecated"), (1831, "Duplicate index")]
    changed = [(1286, "Unknown storage engine 'TokuDB'"), (1266, "Using storage engine InnoDB")]
    directory = [(1478, "InnoDB: DATA DIRECTORY cannot be used for TEMPORARY tables."), (1618, "option ignored")]
    answer = Answer(0, "", noise + changed + directory)
    assert answer.changes == changed
    assert answer.left_out == ["data directory"]
    assert Answer(0, "", noise).left_out == []


@given(st.binary(max_size=60), st.sampled_from([row[1] for row in HEADS]))
def test_no_text_is_ever_made_under_its_own_name(rest, head):
    made = load_trial.made(head + b"`id` int)" + rest)
    if made is not None:
        assert made.temporary().startswith(made.before + b"TEMPORARY TABLE" + made.between + b"`mysql`.`dbre_trial`")
        assert made.in_schema("dbre_trial_1").startswith(made.before + b"TABLE" + made.between + b"`dbre_trial_1`.")
