# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs of real servers, and logs made up to mislead, are read as what they are.

fixtures/error_logs: named after the version of the server that wrote them, or of the program. 5.6.39, 5.7.24 and
xtrabackup are reports of other people's broken servers, the others come from servers that were broken on purpose.
"""

import os

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.matcher import Matcher
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.verdict import judge

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "error_logs")


def text_of(name):
    with open(os.path.join(FIXTURES, name), "rb") as source:
        return source.read()


def read(*blocks):
    matcher = Matcher()
    matcher.begin_file("error.log")
    for block in blocks:
        matcher.feed(block)
    return matcher.finish()


def verdict_of(*blocks):
    return judge(read(*blocks))


def ids(tallies):
    return [tally.rule.id for tally in tallies]


# file, state, findings, past
LOGS = [
    (
        "5.6.39-applier-crash.log",
        "broken",
        ["innodb_pars0pars_865", "crash_loop", "relay_log_names_unset"],
        [],
    ),
    ("xtrabackup-2.2-prepare-crash.log", "broken", ["xtrabackup_pars0pars_865"], []),
    ("5.7.24-missing-mlog-checkpoint.log", "broken", ["redo_missing_mlog_checkpoint", "innodb_init_failed"], []),
    ("5.7.24-lsn-in-future.log", "broken", ["innodb_lsn_in_future"], []),
    ("5.6.39-stats-tables.txt", "warning", ["stats_tables_missing"], []),
    (
        "5.6.24-checksum-settings-differ.log",
        "broken",
        ["relay_log_event_crc", "relay_log_unreadable", "applier_stopped"],
        [],
    ),
    ("5.6.24-relay-log-damaged.log", "broken", ["relay_log_event_crc", "relay_log_unreadable", "applier_stopped"], []),
    (
        "5.6.24-relay-log-names-changed.log",
        "broken",
        ["relay_log_index_unusable", "replication_metadata_unusable", "relay_log_names_unset"],
        [],
    ),
    (
        "9.7.4-relay-log-names-changed.log",
        "broken",
        ["relay_log_index_unusable", "replication_metadata_unusable", "relay_log_names_unset"],
        [],
    ),
    ("5.6.24-page-corrupt.log", "broken", ["innodb_page_corrupt", "innodb_assertion"], []),
    ("9.7.4-page-corrupt.log", "broken", ["innodb_page_corrupt", "innodb_assertion"], []),
    ("9.7.4-signal-11.log", "broken", ["server_crashed"], []),
    ("5.6.24-source-was-down.log", "clean", [], ["source_unreachable"]),
    ("5.6.24-healthy.log", "clean", [], []),
    ("9.7.4-healthy.log", "clean", [], []),
    ("5.6.24-killed-once.log", "clean", [], []),
]


@pytest.mark.parametrize(("name", "state", "findings", "past"), LOGS, ids=[row[0] for row in LOGS])
def test_a_log_is_judged(name, state, findings, past):
    verdict = verdict_of(text_of(name))
    assert (verdict.state, ids(verdict.findings), ids(verdict.past)) == (state, findings, past)


@pytest.mark.parametrize("name", [row[0] for row in LOGS])
def test_lines_are_numbered_as_editors_do(name):
    lines = text_of(name).split(b"\n")
    reading = read(text_of(name))
    for tally in reading.tallies.values():
        assert tally.places
        for place in tally.places:
            assert lines[place.number - 1] == place.text


@pytest.mark.parametrize("name", [row[0] for row in LOGS])
def test_where_a_block_ends_makes_no_difference(name):
    text = text_of(name)

    def told(reading):
        tallies = sorted(reading.tallies.items())
        places = [[(place.number, place.time) for place in tally.places] for _id, tally in tallies]
        return [(rule, tally.count, tally.detail, tally.over) for rule, tally in tallies], places, reading.runs

    whole = told(read(text))
    at = text.find(b"\n") + 1
    while 0 < at < len(text):
        assert told(read(text[:at], text[at:])) == whole
        at = text.find(b"\n", at) + 1


def test_the_applier_crash_is_told_with_its_moment():
    reading = read(text_of("5.6.39-applier-crash.log"))
    crash = reading.tallies["innodb_pars0pars_865"]
    assert crash.detail == "signal 6 in mysqld, in the applier, query: Connection ID (thread ID): 2"
    assert crash.places[0].time == "2019-02-20 00:00:02"
    assert [run.end for run in reading.runs] == ["crashed", "crashed"]
    assert reading.runs[1].ready


def test_the_same_assertion_in_xtrabackup_is_another_finding():
    reading = read(text_of("xtrabackup-2.2-prepare-crash.log"))
    assert list(reading.tallies) == ["xtrabackup_pars0pars_865"]
    assert "left-over temporary tables" in reading.tallies["xtrabackup_pars0pars_865"].detail
    assert reading.runs == []


ASSERTION = b"2015-05-12 19:03:08 7fd9d8258720 InnoDB: Assertion failure in thread 1 in file pars0pars.cc line 865\n"
OTHER = b"2015-05-12 19:03:08 7fd9d8258720 InnoDB: Assertion failure in thread 1 in file pars0pars.cc line 866\n"
CRASHES = [
    (ASSERTION, ["innodb_pars0pars_865"]),
    (b"xtrabackup: cd to /backup\n" + ASSERTION, ["xtrabackup_pars0pars_865"]),
    (ASSERTION + b"11:03:08 UTC - mysqld got signal 6 ;\n", ["innodb_pars0pars_865"]),
    (ASSERTION + b"11:03:08 UTC - xtrabackup got signal 6 ;\n", ["xtrabackup_pars0pars_865"]),
    (ASSERTION + b"11:03:08 UTC - mariabackup got signal 6 ;\n", ["xtrabackup_pars0pars_865"]),
    (OTHER + b"11:03:08 UTC - mysqld got signal 6 ;\n", ["innodb_assertion"]),
    (OTHER + b"11:03:08 UTC - xtrabackup got signal 6 ;\n", ["xtrabackup_crashed"]),
    (b"11:03:08 UTC - mysqld got signal 11 ;\n", ["server_crashed"]),
    (ASSERTION + b"\n" * 300 + b"11:03:08 UTC - mysqld got signal 11 ;\n", ["server_crashed"]),
    (ASSERTION + OTHER, ["innodb_pars0pars_865", "innodb_assertion"]),
]


@pytest.mark.parametrize(("text", "found"), CRASHES)
def test_a_crash_is_that_of_the_program_that_crashed(text, found):
    assert list(read(text).tallies) == found


def test_the_log_of_xtrabackup_is_known_by_its_beginning():
    note = line(1, b"[Note] Event Scheduler: Loaded 0 events")
    filling = [note * (1000000 // len(note))] * 3
    assert list(read(b"xtrabackup: cd to /backup\n", *filling, CRASHES[4][0]).tallies) == ["xtrabackup_pars0pars_865"]
    assert read(*filling, b"11:03:08 UTC - xtrabackup got signal 6 ;\n").tallies == {}


def test_xtrabackup_is_no_server_that_starts_twice():
    pool = b"InnoDB: Initializing buffer pool, size = 100.0M\n"
    verdict = verdict_of(b"xtrabackup version 2.2.9 based on MySQL server 5.6.22 Linux (x86_64)\n" + pool + pool)
    assert (verdict.state, verdict.server) == ("clean", None)


CLIENT = b"2026-11-21 12:01:43 1 [ERROR] Slave SQL: Error 'x' on query. Default database: 'x'. Query: 'INSERT INTO t\n"
FAKES = b"""\
InnoDB: Assertion failure in thread 1 in file pars0pars.cc line 865
InnoDB: is in the future! Current system log sequence number 1.
mysqld: ready for connections
"""


@pytest.mark.parametrize(
    "opening",
    [
        CLIENT,
        b"2026-11-21 12:01:43 1 [Warning] Unsafe statement written to the binary log. Statement: INSERT INTO t\n",
        b"12:05:17 UTC - mysqld got signal 6 ;\nQuery (7fa674005230): SELECT\n",
    ],
)
def test_lines_of_a_statement_are_no_findings(opening):
    reading = read(opening + FAKES)
    assert set(reading.tallies) <= {"server_crashed"}
    assert not any(run.ready for run in reading.runs)


def test_after_a_statement_that_has_ended_lines_count_again():
    assert list(read(CLIENT.replace(b"\n", b"', Error_code: 1\n") + FAKES).tallies) == [
        "innodb_lsn_in_future",
        "innodb_pars0pars_865",
    ]


def test_a_query_of_a_crash_is_shown_without_its_password():
    text = b"12:05:17 UTC - mysqld got signal 6 ;\nQuery (7fa674005230): SET PASSWORD = 'sesame'\n"
    detail = read(text).tallies["server_crashed"].detail
    assert detail == "signal 6 in mysqld, query: SET PASSWORD = '***'"


def line(second, text):
    return b"2026-11-21 12:01:%02d 1 %s\n" % (second, text)


REFUSED = b"[ERROR] Slave I/O: error connecting to master 'r@db1:3306' - retry-time: 1  retries: 1, Error_code: 1045"
CONNECTED = (
    b"[Note] Slave I/O thread: connected to master 'r@db1:3306',replication started in log 'FIRST' at position 4"
)
STOPPED = b"[ERROR] Slave SQL: Could not execute Write_rows event on table d.t; Duplicate entry '1' for key 'PRIMARY',"
STOPPED += b" Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's master log x, end_log_pos 1"
APPLYING = (
    b"[Note] Slave SQL thread initialized, starting replication in log 'x' at position 4, relay log 'y' position: 4"
)
START = b"[Note] InnoDB: Initializing buffer pool, size = 64.0M"
READY = b"[Note] /usr/sbin/mysqld: ready for connections."
END = b"[Note] /usr/sbin/mysqld: Shutdown complete"
CORRUPT = b"[ERROR] InnoDB: Database page corruption on disk or a failed file read of page 3."
STORIES = [
    ([REFUSED], "broken", ["authentication"], []),
    ([REFUSED, CONNECTED], "clean", [], ["authentication"]),
    ([REFUSED, CONNECTED, REFUSED], "broken", ["authentication"], []),
    ([REFUSED, APPLYING], "broken", ["authentication"], []),
    ([STOPPED, APPLYING], "clean", [], ["duplicate_row"]),
    ([STOPPED, CONNECTED], "broken", ["duplicate_row"], []),
    ([STOPPED, END, START, READY], "clean", [], ["duplicate_row"]),
    ([STOPPED, START, READY, REFUSED], "broken", ["authentication"], ["duplicate_row"]),
    ([START, READY, CORRUPT], "broken", ["innodb_page_corrupt"], []),
    ([START, READY, CORRUPT, START], "broken", ["innodb_page_corrupt"], []),
    ([START, READY, CORRUPT, START, READY], "recovered", [], ["innodb_page_corrupt"]),
    ([START, READY, START, READY], "recovered", [], []),
    ([START, READY, END, START, READY], "clean", [], []),
    ([CORRUPT, REFUSED], "broken", ["innodb_page_corrupt", "authentication"], []),
]


@pytest.mark.parametrize(("story", "state", "findings", "past"), STORIES)
def test_what_is_over_is_told_from_what_is_so(story, state, findings, past):
    verdict = verdict_of(b"".join(line(second, text) for second, text in enumerate(story)))
    assert (verdict.state, ids(verdict.findings), ids(verdict.past)) == (state, findings, past)


def test_a_log_goes_on_in_its_next_file():
    matcher = Matcher()
    matcher.begin_file("error.log.1")
    matcher.feed(line(1, START) + line(2, READY) + line(3, REFUSED))
    matcher.begin_file("error.log")
    matcher.feed(line(4, REFUSED))
    reading = matcher.finish()
    assert [(place.file, place.number) for place in reading.tallies["authentication"].places] == [
        ("error.log.1", 3),
        ("error.log", 1),
    ]
    assert reading.lines == {"error.log.1": 3, "error.log": 1}
    assert reading.number == 1


def test_first_second_and_last_place_are_kept_of_a_million():
    tally = read(b"".join(line(number % 60, REFUSED) for number in range(1000))).tallies["authentication"]
    assert tally.count == 1000
    assert [place.number for place in tally.places] == [1, 2, 1000]


def test_a_very_long_line_is_cut_around_what_matters():
    reading = read(b"x" * 50000 + b" [ERROR] Disk is full writing " + b"y" * 50000 + b"\n" + line(1, REFUSED))
    (place,) = reading.tallies["disk_full"].places
    assert len(place.text) < 10000
    assert place.text.startswith(b" [...]x")
    assert place.text.endswith(b"y [...]")
    assert reading.tallies["authentication"].places[0].number == 2


SEVERITIES = [
    # what ended the server comes before what stopped replication, a cause before its symptoms, a full disk before all
    ([STOPPED, CORRUPT], "innodb_page_corrupt"),
    ([b"[ERROR] Plugin 'InnoDB' init function returned error.", REFUSED], "innodb_init_failed"),
    (
        [b"[ERROR] Plugin 'InnoDB' init function returned error.", b"[ERROR] Disk is full writing 'x'"],
        "disk_full",
    ),
    (
        [b"[Warning] Neither --relay-log nor --relay-log-index were used; so replication may break", STOPPED],
        "duplicate_row",
    ),
]


@pytest.mark.parametrize(("story", "cause"), SEVERITIES)
def test_the_most_severe_cause_is_the_one_to_act_on(story, cause):
    verdict = verdict_of(b"".join(line(second, text) for second, text in enumerate(story)))
    assert verdict.cause.rule.id == cause


def test_a_loop_without_another_cause_is_the_cause():
    killed = line(1, START) + line(2, READY)
    verdict = verdict_of(killed * 4)
    assert verdict.crash_loop
    assert verdict.cause.rule.id == "crash_loop"
    assert verdict.cause.detail == "runs that ended uncleanly, the last ones: killed, killed, killed"
    assert verdict.server == "running"
    assert judge(read(killed * 4), quiet=3600).state == "recovered"


def test_an_empty_log_is_clean_and_tells_nothing():
    verdict = verdict_of(b"")
    assert (verdict.state, verdict.cause, verdict.server, verdict.findings) == ("clean", None, None, [])
