# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On a server that is down, as little is moved as lets it start, and the way back is open as long as it can be."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import restored
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import verdict as v
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.evidence import (
    of_tables,
    since_last_start,
    space_by_dictionary,
    system_space_damage,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.offline import Observed, plan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.restored import SetAside
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import Finding

NAME = "innodb_table_stats"
DAMAGED = Observed("/data", [Finding(NAME, v.DATA_FILE_DAMAGED, ["it is cut off"]), Finding("x", v.HEALTHY, [])])

# Lines of 5.6.24, which did not start
OLD_LOG = """\
2026-11-21 12:00:00 100 [Note] mysqld (mysqld 5.6.24-log) starting as process 100 ...
2026-11-21 12:00:00 100 [ERROR] mysqld: Incorrect information in file: './mysql/slave_worker_info.frm'
2026-11-21 12:00:01 101 [Note] mysqld (mysqld 5.6.24-log) starting as process 101 ...
2026-11-21 12:00:01 101 [Note] InnoDB: Highest supported file format is Barracuda.
InnoDB: Error: tablespace id is 1 in the data dictionary
InnoDB: but in file ./mysql/innodb_table_stats.ibd it is 5!
2026-11-21 12:00:01 7f0 InnoDB: Assertion failure in thread 139 in file fil0fil.cc line 796
"""
# Lines of 9.7.4, which did not start
NEW_LOG = """\
2026-11-21T12:00:00.1Z 0 [System] [MY-010116] [Server] mysqld (mysqld 9.7.4) starting as process 5
2026-11-21T12:00:01.1Z 1 [ERROR] [MY-011906] [InnoDB] Database page corruption on disk or a failed file read of page\
 [page id: space=4294967294, page number=6]. You may have to recover from a backup.
"""


def test_damaged_data_files_are_set_aside_and_no_others():
    planned = plan(DAMAGED, "/backup")
    assert [(step.action, step.target) for step in planned.steps] == [("set_aside", "mysql." + NAME)]
    assert planned.after == {NAME: v.DATA_FILE_MISSING, "x": v.HEALTHY}
    assert not plan(DAMAGED._replace(findings=DAMAGED.findings[1:]), None).needed


def test_without_a_place_for_them_they_are_left():
    with pytest.raises(Refused, match="give backup_dir"):
        plan(DAMAGED, None)


def test_a_damaged_mysql_ibd_is_refused_with_the_way_out():
    with pytest.raises(Refused, match="new data directory"):
        plan(Observed("/data", [], "page 6 of mysql.ibd: its checksum is wrong"), "/backup")


def test_files_are_put_back_only_where_nothing_was_made_meanwhile():
    away = SetAside("/backup/q", ["/data/mysql/t.ibd"], [], [])
    assert [step.action for step in restored.plan(away).steps] == ["put_back"]
    assert not restored.plan(SetAside("/backup/q", [], [], [])).needed
    with pytest.raises(Refused, match="belongs to it"):
        restored.plan(away._replace(taken=away.away))


def test_files_of_another_server_or_of_another_kind_are_not_put_back():
    with pytest.raises(Refused, match="none of the system tables"):
        restored.plan(SetAside("/backup/q", ["/data/relay-bin.000001"], [], ["/data/relay-bin.000001"]))


def test_the_log_is_read_from_the_last_start_on():
    lines = since_last_start(OLD_LOG)
    assert len(lines) == 5
    assert of_tables(lines)["slave_worker_info"] == []
    assert of_tables(OLD_LOG.splitlines())["slave_worker_info"]
    assert since_last_start("a\nb") == ["a", "b"]


def test_the_log_tells_which_table_and_which_tablespace():
    lines = since_last_start(OLD_LOG)
    assert of_tables(lines)[NAME] == ["InnoDB: but in file ./mysql/innodb_table_stats.ibd it is 5!"]
    assert space_by_dictionary(lines, NAME) == 1
    assert space_by_dictionary(lines, "slave_master_info") is None
    assert system_space_damage(lines) is None


def test_the_log_tells_a_damaged_page_of_mysql_ibd():
    assert system_space_damage(since_last_start(NEW_LOG)) == "page 6: the server could not read it"
    assert system_space_damage([NEW_LOG.replace("4294967294", "12")]) is None


def test_a_log_that_repeats_itself_is_told_once():
    assert len(of_tables(["[ERROR] innodb_table_stats is missing"] * 50)[NAME]) == 1
