# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line of an error log -> one record, whatever wrote it. Pure.

Heads that are known, each with the server or program that writes it:

    190220  0:00:02 [Note] text                                              5.1, 5.5, MariaDB 5.5
    190220 00:00:01 mysqld_safe text                                         mysqld_safe up to 5.6
    2019-02-20 00:00:02 31815 [Note] text                                    5.6 (process), MariaDB 10 (thread)
    2019-02-20 00:00:02 7f3b7850e700  InnoDB: text                           InnoDB of 5.6, past the server's own log
    2020-10-27T00:58:41.032944Z 0 [Note] InnoDB: text                        5.7
    2026-11-21T12:14:33.005822Z 0 [ERROR] [MY-010584] [Repl] text            8.0 and later, xtrabackup 8.0
    16:00:02 UTC - mysqld got signal 6 ;                                     a crash report, up to 8.0.2x
    2026-11-21T12:14:33Z UTC - mysqld got signal 11 ;                        a crash report, later

Everything else continues the line before it (stack traces, InnoDB's own prints, queries with line breaks). A prefix of
syslog or of the journal before a head is passed over.
"""

import calendar
import re
from typing import NamedTuple, Optional

#: Bytes of a line that are looked at. Servers write shorter ones, but for queries and dumps of pages.
LONGEST = 8192
#: What stands where a line or a quote was cut.
CUT = " [...]"

_CLOCK = rb"\d{1,2}:\d\d:\d\d"
_TIME = rb"\d{4}-\d\d-\d\d[T ] ?" + _CLOCK + rb"(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\d{6}  ?" + _CLOCK
_HEAD = re.compile(
    rb"(?:[A-Z][a-z]{2} [ \d]\d " + _CLOCK + rb" \S{1,255} [\w./@-]{1,64}(?:\[\d+\])?: )?"
    rb"(?P<time>" + _TIME + rb")(?= |$)"
    rb"(?: (?P<thread>0x[0-9a-f]{1,16}|\d[0-9a-f]{0,15}|[0-9a-f]{8,16})(?= |$))?"
    rb"(?: (?P<program>mysqld_safe|innobackupex|xtrabackup):?(?= |$))?"
    rb"(?: {1,2}\[(?P<level>Note|Warning|ERROR|System|FATAL)\])?"
    rb"(?: \[(?P<code>MY-\d{6})\] \[(?P<subsystem>\w{1,32})\])?"
    rb" *(?P<text>.*)",
    re.DOTALL,
)
_SIGNAL = re.compile(
    rb"(?:(?P<time>" + _TIME + rb") |" + _CLOCK + rb" )?UTC - (?P<program>\S{1,255}) got signal (?P<number>\d{1,3})"
)


class Record(NamedTuple):
    """A line with its head taken off.

    time: as it was written, None when the line continues another. level: "note", "warning", "error", "system" or ''.
    code: "MY-010584", since 8.0. subsystem: "Repl", "InnoDB", ..., since 8.0. program: what wrote it, when it says so.
    """

    time: Optional[str]
    level: str
    code: Optional[str]
    subsystem: Optional[str]
    program: Optional[str]
    text: bytes


class Signal(NamedTuple):
    """The line that opens a crash report. program: the base name of what crashed. time: None before 8.0.2x."""

    time: Optional[str]
    program: str
    number: int


def parse(line: bytes) -> Record:
    """Never fails: bytes without a known head are the text of a continuation line."""
    head = _HEAD.match(line[:LONGEST])
    if not head:
        return Record(None, "", None, None, None, line[:LONGEST])
    level = _text(head.group("level")) or ""
    return Record(
        time=_text(head.group("time")),
        level="error" if level == "FATAL" else level.lower(),
        code=_text(head.group("code")),
        subsystem=_text(head.group("subsystem")),
        program=_text(head.group("program")),
        text=head.group("text"),
    )


def parse_signal(line: bytes) -> Optional[Signal]:
    found = _SIGNAL.match(line[:LONGEST])
    if not found:
        return None
    program = (_text(found.group("program")) or "").rsplit("/", 1)[-1]
    return Signal(_text(found.group("time")), program, int(found.group("number")))


def seconds(time: Optional[str]) -> Optional[float]:
    """A time as it stands in a log, as seconds on a clock of its own: only differences within one log mean anything."""
    if time is None:
        return None
    if re.match(r"\d{6} ", time):
        time = "20%s-%s-%s %s" % (time[:2], time[2:4], time[4:6], time[6:].strip())
    numbers = [int(number) for number in re.findall(r"\d+", time)[:6]]
    try:
        return float(calendar.timegm(tuple(numbers)))
    except ValueError:  # a month 13
        return None


def _text(value: Optional[bytes]) -> Optional[str]:
    return None if value is None else value.decode("utf-8", "replace")
