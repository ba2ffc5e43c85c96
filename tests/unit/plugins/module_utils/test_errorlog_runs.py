# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of a server, from starts and ends in its log; loops; where to begin to read."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.runs import (
    MARKS,
    NEEDLES,
    SHORT,
    Run,
    Runs,
    in_a_loop,
    mark_of,
    reading_begins,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.sieve import (
    COARSE,
    EXCERPT,
    lines_worth_a_look,
)

LINES = {
    "safe": b"190220 00:00:01 mysqld_safe Starting mysqld daemon with databases from /data",
    "again": b"190220 00:00:01 mysqld_safe mysqld restarted",
    "process": b"2019-02-20 00:00:02 0 [Note] /usr/sbin/mysqld (mysqld 5.6.39-log) starting as process 31815 ...",
    "pool": b"2019-02-20 00:00:02 31815 [Note] InnoDB: Initializing buffer pool, size = 128.0M",
    "ready": b"2019-02-20 00:00:02 31815 [Note] /usr/sbin/mysqld: ready for connections.",
    "normal": b"2019-02-20 00:00:02 31815 [Note] /usr/sbin/mysqld: Normal shutdown",
    "user": b"2026-11-21T12:14:39Z 0 [System] [MY-013172] [Server] Received SHUTDOWN from user x. Shutting down mysqld",
    "end": b"2019-02-20 00:00:02 31815 [Note] /usr/sbin/mysqld: Shutdown complete",
    "abort": b"2026-11-21T12:20:02.280911Z 0 [ERROR] [MY-010119] [Server] Aborting",
    "abort56": b"2026-11-21 12:06:17 7717 [ERROR] Aborting",
    "privileges": b"2026-11-21 12:06:01 6944 [ERROR] Fatal error: Can't open and lock privilege tables: x",
    "stuck": b"2026-11-21T12:19:11.751028Z 0 [ERROR] [MY-012981] [InnoDB] Cannot continue operation.",
    "report": b"The manual page at http://dev.mysql.com/doc/mysql/en/crashing.html contains",
}


def test_every_mark_passes_both_sieves():
    assert {mark_of(line) for line in LINES.values()} == set(MARKS)
    for line in LINES.values():
        assert lines_worth_a_look(line, COARSE + EXCERPT)
        assert lines_worth_a_look(line, NEEDLES)


def marks(story):
    return [mark_of(LINES[word]) for word in story.split()]


def told(story):
    """``end`` or ``end+`` (it was ready) of each run."""
    runs = Runs()
    for mark in marks(story):
        runs.add(mark, None)
    return " ".join(run.end + ("+" if run.ready else "") for run in runs.all())


STORIES = [
    ("", ""),
    ("pool ready", "running+"),
    ("safe process pool ready", "running+"),
    ("process pool ready normal end", "shutdown+"),
    ("process pool ready user end process pool ready", "shutdown+ running+"),
    ("pool ready pool ready", "killed+ running+"),
    ("pool pool pool", "killed killed running"),
    ("process process", "killed running"),
    ("safe process pool again process pool", "killed running"),
    ("process abort end process abort end", "aborted aborted"),
    ("pool abort56 end", "aborted"),
    ("pool privileges", "aborted"),
    ("process stuck", "aborted"),
    ("process pool ready normal process", "shutdown+ running"),
    ("end pool ready", "shutdown running+"),
    ("ready end", "shutdown+"),
    ("report again process pool ready report", "crashed crashed+"),
]


@pytest.mark.parametrize(("story", "runs"), STORIES)
def test_starts_and_ends_make_runs(story, runs):
    assert told(story) == runs


def test_the_last_runs_are_remembered_however_many_there_were():
    runs = Runs()
    for _number in range(1000):
        runs.add(mark_of(LINES["pool"]), None)
    assert runs.number == 1000
    assert len(runs.all()) < 100


def test_a_run_knows_when_it_was():
    runs = Runs()
    runs.add(mark_of(LINES["process"]), "2019-02-20 00:00:02")
    runs.add(mark_of(LINES["ready"]), "2019-02-20 00:00:04")
    runs.alive("2019-02-20 00:01:00")
    assert runs.all() == [Run("2019-02-20 00:00:02", True, "2019-02-20 00:01:00", "running")]
    runs.crash("2019-02-20 00:02:00")
    runs.alive("2019-02-20 00:03:00")
    assert runs.all() == [Run("2019-02-20 00:00:02", True, "2019-02-20 00:02:00", "crashed")]


def run(end, lasted=1, ready=True):
    return Run(
        "2019-02-20 00:00:00",
        ready,
        "2019-02-20 %02d:%02d:%02d" % (lasted // 3600, lasted // 60 % 60, lasted % 60),
        end,
    )


LOOPS = [
    ([], False),
    ([run("running")], False),
    ([run("crashed")], False),
    ([run("crashed"), run("running")], False),
    ([run("crashed"), run("crashed")], True),
    ([run("crashed"), run("crashed"), run("running")], True),
    ([run("crashed"), run("crashed"), run("running", SHORT + 1)], False),
    ([run("crashed"), run("crashed"), run("running", SHORT + 1, ready=False)], True),
    ([run("crashed"), run("crashed", SHORT + 1)], False),
    ([run("crashed", SHORT + 1), run("crashed"), run("crashed")], True),
    ([Run(None, False, None, "crashed"), run("crashed")], True),
    ([run("crashed"), run("shutdown"), run("crashed")], False),
    ([run("aborted"), run("aborted")], False),
    ([run("aborted"), run("aborted"), run("aborted")], True),
    ([run("killed"), run("killed"), run("running")], False),
    ([run("killed"), run("killed"), run("killed"), run("running")], True),
    ([run("aborted"), run("crashed"), run("crashed")], True),
]


@pytest.mark.parametrize(("runs", "loop"), LOOPS)
def test_a_loop_is_a_row_of_short_runs_that_end_uncleanly(runs, loop):
    assert in_a_loop(runs) is loop


def test_a_server_whose_log_has_been_quiet_for_a_while_is_in_no_loop():
    runs = [run("crashed"), run("crashed"), run("running")]
    assert in_a_loop(runs, quiet=SHORT - 1)
    assert not in_a_loop(runs, quiet=SHORT + 1)
    assert in_a_loop(runs[:2], quiet=SHORT + 1)


# the end of a log, whether it is all of it, the mark that opens what is read
BEGINNINGS = [
    ("end pool ready", False, 1),
    ("ready normal end process pool ready", False, 3),
    ("end process pool ready end safe process pool ready", False, 5),
    ("pool ready", False, None),
    ("pool ready", True, -1),
    ("ready pool ready", False, None),
    ("ready pool ready", True, -1),
    ("end pool ready pool ready pool ready", False, 1),
    ("end pool ready pool ready end pool ready", False, 6),
    ("end process abort end process abort end process", False, 1),
    ("", False, None),
    ("", True, -1),
    ("ready end", False, None),
]


@pytest.mark.parametrize(("story", "whole", "begins"), BEGINNINGS)
def test_reading_begins_at_the_last_start_and_at_those_that_belong_to_it(story, whole, begins):
    assert reading_begins(marks(story), whole) == begins
