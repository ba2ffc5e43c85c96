# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line of a log is read whatever wrote it."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.line import (
    LONGEST,
    parse,
    parse_signal,
    seconds,
)

# line, time, level, code, subsystem, program, text
HEADS = [
    (b"190220  0:00:02 [Note] Plugin", "190220  0:00:02", "note", None, None, None, b"Plugin"),
    (
        b"190220 00:00:01 mysqld_safe mysqld restarted",
        "190220 00:00:01",
        "",
        None,
        None,
        "mysqld_safe",
        b"mysqld restarted",
    ),
    (b"110730  2:22:17  InnoDB: Assertion", "110730  2:22:17", "", None, None, None, b"InnoDB: Assertion"),
    (b"2019-02-20 00:00:02 31815 [Warning] Neither", "2019-02-20 00:00:02", "warning", None, None, None, b"Neither"),
    (b"2019-02-20 00:00:02 7f3b7850e700  InnoDB: A", "2019-02-20 00:00:02", "", None, None, None, b"InnoDB: A"),
    (b"2015-05-12 19:03:08 7fd9d8258720 InnoDB: A", "2015-05-12 19:03:08", "", None, None, None, b"InnoDB: A"),
    (b"2019-02-20 00:00:02 0x7f12 InnoDB: A", "2019-02-20 00:00:02", "", None, None, None, b"InnoDB: A"),
    (
        b"2020-10-27T00:58:41.608573Z 0 [ERROR] InnoDB: x",
        "2020-10-27T00:58:41.608573Z",
        "error",
        None,
        None,
        None,
        b"InnoDB: x",
    ),
    (
        b"2020-10-27T00:58:41.6+08:00 0 [Note] x",
        "2020-10-27T00:58:41.6+08:00",
        "note",
        None,
        None,
        None,
        b"x",
    ),
    (
        b"2026-11-21T12:14:33.005822Z 7 [ERROR] [MY-010584] [Repl] Replica SQL",
        "2026-11-21T12:14:33.005822Z",
        "error",
        "MY-010584",
        "Repl",
        None,
        b"Replica SQL",
    ),
    (
        b"2026-11-21T12:14:33.005822Z 0 [System] [MY-010931] [Server] ready",
        "2026-11-21T12:14:33.005822Z",
        "system",
        "MY-010931",
        "Server",
        None,
        b"ready",
    ),
    (
        b"2025-04-07T03:00:28.021929Z mysqld_safe mysqld restarted",
        "2025-04-07T03:00:28.021929Z",
        "",
        None,
        None,
        "mysqld_safe",
        b"mysqld restarted",
    ),
    (
        b"Feb 20 00:00:02 db2 mysqld[31815]: 2019-02-20 00:00:02 31815 [Note] x",
        "2019-02-20 00:00:02",
        "note",
        None,
        None,
        None,
        b"x",
    ),
    (b"150512 19:03:08 innobackupex: Error", "150512 19:03:08", "", None, None, "innobackupex", b"Error"),
    (b"2020-10-27T00:58:41Z 0 [FATAL] InnoDB: x", "2020-10-27T00:58:41Z", "error", None, None, None, b"InnoDB: x"),
]


@pytest.mark.parametrize("row", HEADS, ids=[row[0].decode("ascii")[:50] for row in HEADS])
def test_every_head_is_known(row):
    assert tuple(parse(row[0])) == row[1:]


CONTINUATIONS = [
    b"",
    b"InnoDB: is in the future! Current system log sequence number 1.",
    b"/usr/sbin/mysqld(handle_slave_sql+0x17ce)[0x8b3dde]",
    b" #3 0x7f3c8900da93 <unknown>",
    b"\xff\xfe\x00 2019-02-20 00:00:02",
    b"2019-02-20",
    b"20190220 00:00:02 x",
    b"16:00:02 UTC - mysqld got signal 6 ;",
]


@pytest.mark.parametrize("line", CONTINUATIONS)
def test_everything_else_continues_the_line_before(line):
    assert parse(line) == (None, "", None, None, None, line)


def test_a_long_line_is_read_as_far_as_its_limit():
    assert len(parse(b"x" * (LONGEST + 1)).text) == LONGEST


SIGNALS = [
    (b"16:00:02 UTC - mysqld got signal 6 ;", (None, "mysqld", 6)),
    (b"11:03:08 UTC - xtrabackup got signal 6 ;", (None, "xtrabackup", 6)),
    (b"2026-11-21T12:22:17Z UTC - mysqld got signal 11 ;", ("2026-11-21T12:22:17Z", "mysqld", 11)),
    (b"11:03:08 UTC - /opt/x/xtrabackup got signal 11", (None, "xtrabackup", 11)),
    (b"a client said: UTC - mysqld got signal 6 ;", None),
    (b"mysqld got signal 6", None),
]


@pytest.mark.parametrize(("line", "signal"), SIGNALS)
def test_the_first_line_of_a_crash_report(line, signal):
    assert parse_signal(line) == signal


TIMES = [
    ("2019-02-20 00:00:02", "2019-02-20  0:01:02", 60),
    ("190220  0:00:02", "190221  0:00:02", 86400),
    ("2026-11-21T12:22:17.999999Z", "2026-11-21T12:22:27Z", 10),
]


@pytest.mark.parametrize(("early", "late", "apart"), TIMES)
def test_times_of_one_log_are_as_far_apart_as_they_say(early, late, apart):
    assert seconds(late) - seconds(early) == apart


@pytest.mark.parametrize("time", [None, "991399 00:00:00", "0000-00-00 00:00:00"])
def test_no_time_is_no_error(time):
    assert seconds(time) is None
