# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every log, whatever is in it: it is read to its end, and what is shown of it is short and plain."""

import os
import re
import unicodedata

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.line import (
    LONGEST,
    parse,
    parse_signal,
    seconds,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.matcher import Matcher
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.meaning import Memory, meaning_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.quote import LONGEST_QUOTE, quote
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.report import Reporter
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import RULES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.sieve import (
    COARSE,
    EXCERPT,
    lines_worth_a_look,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.verdict import judge

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "error_logs")
with open(os.path.join(FIXTURES, "lines.tsv"), "rb") as source:
    REAL = [row.split(b"\t", 2)[2] for row in source.read().split(b"\n") if row]
with open(os.path.join(FIXTURES, "5.6.39-applier-crash.log"), "rb") as source:
    REAL += source.read().split(b"\n")
REAL += [
    b"12:05:17 UTC - mysqld got signal 6 ;",
    b"Query (7fa674005230): SELECT 1",
    b"2026-11-21 12:01:17 1 [Note] /usr/sbin/mysqld: Shutdown complete",
]

_PIECES = st.one_of(
    st.sampled_from(REAL), st.binary(max_size=30), st.sampled_from([b"\n", b"\r\n", b"'", b"\x00", b" "])
)
LOGS = st.lists(st.tuples(_PIECES, st.sampled_from([b"\n", b"\n", b"\n", b"", b" "])), max_size=12).map(
    lambda pairs: b"".join(piece + end for piece, end in pairs)
)
_PROPERTY = settings(deadline=None, database=None, max_examples=200)


@_PROPERTY
@given(st.one_of(st.binary(max_size=200), LOGS))
def test_no_line_whatsoever_breaks_a_parser(line):
    record = parse(line)
    assert line.endswith(record.text) or len(line) > LONGEST
    seconds(record.time)
    parse_signal(line)
    meaning_of(line)


@_PROPERTY
@given(st.one_of(st.binary(max_size=3000), st.text(max_size=800).map(lambda text: text.encode("utf-8")), LOGS))
def test_a_quote_is_short_and_plain(line):
    shown = quote(line)
    assert len(shown) <= LONGEST_QUOTE
    assert not [character for character in shown if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs")]


@_PROPERTY
@given(st.lists(LOGS, max_size=4))
def test_any_log_is_read_to_its_end_and_reported(blocks):
    matcher = Matcher()
    matcher.begin_file("x")
    for block in blocks:
        matcher.feed(block)
    reading = matcher.finish()
    assert reading.lines["x"] == b"".join(blocks).count(b"\n")
    verdict = judge(reading)
    assert len(verdict.findings) + len(verdict.past) + len(verdict.advice) >= len(reading.tallies)
    reporter = Reporter({})
    for tally in verdict.findings + verdict.past + verdict.advice:
        told = reporter.finding(tally)
        assert told["count"] >= 1
        for evidence in told["evidence"]:
            assert re.match(r"x:\d+\Z", evidence["where"])
            assert len(evidence["line"]) <= LONGEST_QUOTE
    assert reporter.verdict(verdict)["summary"]


@_PROPERTY
@given(LOGS)
def test_the_sieve_lets_every_line_through_that_means_something(log):
    looked_at = {start for start, _end, _at in lines_worth_a_look(log, COARSE + EXCERPT)}
    start = 0
    for line in log.split(b"\n"):
        meaning = meaning_of(line)
        if meaning is not None and line in REAL:
            assert start in looked_at
        start += len(line) + 1


# Numbers that are part of a text, as 1236 in "Got fatal error 1236": servers write no other there.
CONSTANT = {
    number for rule in RULES for text in rule.texts for number in re.findall(r"\d+", text.needle + (text.pattern or ""))
}


@_PROPERTY
@given(st.sampled_from(REAL), st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=40))
def test_other_numbers_in_a_line_are_remembered_as_they_are_found(line, number, which):
    numbers = [found for found in re.finditer(rb"\d+", line) if found.group().decode("ascii") not in CONSTANT]
    assume(numbers)
    place = numbers[which % len(numbers)]
    other = line[: place.start()] + b"%d" % number + line[place.end() :]
    memory = Memory()
    memory.meaning_of(line)
    assert memory.meaning_of(other) == meaning_of(other)
