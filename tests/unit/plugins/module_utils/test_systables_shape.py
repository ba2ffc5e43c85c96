# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five tables are made as each version makes them, and a table that differs is told from one said otherwise.

That the statements are those of real servers is tested on 5.6.24 and 9.7.4 (tests/integration).
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import definitions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.shape import (
    create_statement,
    differences,
    names_of,
    read_shape,
)

VERSIONS = [
    Version(*numbers)
    for numbers in ((5, 6, 24), (5, 7, 18), (5, 7, 44), (8, 0, 11), (8, 0, 20), (8, 0, 36), (8, 4, 3), (9, 7, 4))
]
OLD, NEW = VERSIONS[0], VERSIONS[-1]

# As 5.6.24 shows it
SHOWN = """CREATE TABLE `slave_worker_info` (
  `Id` int(10) unsigned NOT NULL,
  `Relay_log_name` text CHARACTER SET utf8 COLLATE utf8_bin NOT NULL,
  `Relay_log_pos` bigint(20) unsigned NOT NULL,
  `Master_log_name` text CHARACTER SET utf8 COLLATE utf8_bin NOT NULL,
  `Master_log_pos` bigint(20) unsigned NOT NULL,
  `Checkpoint_relay_log_name` text CHARACTER SET utf8 COLLATE utf8_bin NOT NULL,
  `Checkpoint_relay_log_pos` bigint(20) unsigned NOT NULL,
  `Checkpoint_master_log_name` text CHARACTER SET utf8 COLLATE utf8_bin NOT NULL,
  `Checkpoint_master_log_pos` bigint(20) unsigned NOT NULL,
  `Checkpoint_seqno` int(10) unsigned NOT NULL,
  `Checkpoint_group_size` int(10) unsigned NOT NULL,
  `Checkpoint_group_bitmap` blob NOT NULL,
  PRIMARY KEY (`Id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 STATS_PERSISTENT=0 COMMENT='Worker Information'"""


@pytest.mark.parametrize(
    ("version", "columns"),
    [
        # innodb_index_stats, innodb_table_stats, slave_master_info, slave_relay_log_info, slave_worker_info
        ((5, 6, 24), [8, 6, 23, 8, 12]),
        ((5, 7, 18), [8, 6, 25, 9, 13]),
        ((8, 0, 17), [8, 6, 28, 9, 13]),
        ((8, 0, 26), [8, 6, 32, 15, 13]),
        ((8, 0, 36), [8, 6, 33, 15, 13]),
        ((9, 7, 4), [8, 6, 33, 15, 13]),
    ],
)
def test_each_version_has_its_columns(version, columns):
    assert [len(names_of(table, Version(*version))) for table in definitions.NAMES] == columns


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("table", definitions.NAMES)
def test_a_table_as_the_version_makes_it_differs_in_nothing(table, version):
    assert differences(table, version, create_statement(table, version)) == []


def test_a_table_of_replication_is_known_by_its_channel_since_channels_have_names():
    assert "PRIMARY KEY (`Host`,`Port`)" in create_statement("slave_master_info", OLD)
    assert all("PRIMARY KEY (`Channel_name`)" in create_statement("slave_master_info", one) for one in VERSIONS[1:])


def test_character_sets_and_tablespace_have_the_words_that_the_version_knows():
    old, new = create_statement("slave_master_info", OLD), create_statement("slave_master_info", NEW)
    assert "utf8mb3" not in old
    assert "TABLESPACE" not in old
    assert not re.search(r"utf8\b|utf8_", new)
    assert "TABLESPACE `mysql`" in new


def test_the_same_said_in_another_way_is_the_same():
    assert differences("slave_worker_info", OLD, SHOWN) == []
    told = SHOWN.replace("utf8", "utf8mb3").replace("int(10) unsigned", "int unsigned")
    assert differences("slave_worker_info", OLD, told) == []
    assert differences("slave_worker_info", OLD, SHOWN.replace("NOT NULL,", "NOT NULL COMMENT 'it''s `x`, y',")) == []


def test_a_server_that_was_upgraded_within_its_series_keeps_what_it_has():
    old = create_statement("innodb_table_stats", Version(5, 7, 18))
    assert "varchar(64)" in old
    assert differences("innodb_table_stats", Version(5, 7, 44), old) == []
    assert differences("innodb_table_stats", OLD, create_statement("innodb_table_stats", Version(5, 7, 44))) == [
        "column table_name is 'varchar(199) collate utf8_bin not null', not 'varchar(64) collate utf8_bin not null'"
    ]


@pytest.mark.parametrize(
    ("pattern", "instead", "told"),
    [
        (r"  `Id` .*\n", "", "column Id is missing"),
        (r"blob NOT NULL,", "blob NOT NULL,\n  `note` int(11) DEFAULT NULL,", "column note is not one of this table's"),
        (
            r"`Checkpoint_seqno` int\(10\) unsigned NOT NULL",
            "`Checkpoint_seqno` varchar(10) DEFAULT NULL",
            "column Checkpoint_seqno is 'varchar(10)', not 'int unsigned not null'",
        ),
        (r"PRIMARY KEY \(`Id`\)", "KEY `Id` (`Id`)", "the primary key is (), not (Id)"),
        (r"ENGINE=InnoDB", "ENGINE=MyISAM", "the engine is myisam, not innodb"),
        (r"(?s)(  `Id`.*?\n)(.*?)(  PRIMARY)", r"\2\1\3", "the columns are in another order"),
    ],
)
def test_a_difference_is_named(pattern, instead, told):
    changed = re.sub(pattern, instead, SHOWN, count=1)
    assert changed != SHOWN
    assert differences("slave_worker_info", OLD, changed) == [told]


@given(st.sampled_from(definitions.NAMES), st.sampled_from(VERSIONS), st.data())
def test_whichever_column_is_lost_it_is_named(table, version, data):
    lost = data.draw(st.sampled_from(names_of(table, version)))
    statement = re.sub(r"  `%s` .*\n" % lost, "", create_statement(table, version))
    assert "column %s is missing" % lost in differences(table, version, statement) or (
        # what an earlier version of the series does not have may be missing
        read_shape(statement) in [read_shape(create_statement(table, older)) for older in _older(version)]
    )


def _older(version):
    since = {column.since for columns in definitions.COLUMNS.values() for column in columns}
    return [one for one in since if one.series == version.series and one < version] + [
        Version(*version.series, patch=0)
    ]
