# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocks of an error log -> what the rules find in them. Pure, in one pass; the log's size does not grow the memory."""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.crash import CrashReport
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.line import (
    CUT,
    LONGEST,
    parse,
    parse_signal,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.meaning import STATEMENT, Memory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import BY_ID, Rule
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.runs import Run, Runs
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.sieve import (
    BACKUP,
    BEGINNING,
    COARSE,
    EXCERPT,
    lines_worth_a_look,
)

# How many lines a look goes back: for the time of a line without one, for the statement that a line may belong to.
_LINES_BACK = 100
# Lines between an assertion and the signal that follows it.
_ASSERTION_TO_SIGNAL = 200
# What XtraBackup says of itself, in all of its versions.
_BACKUP_TOOL = re.compile(rb"^(?:.{0,30} )?(?:xtrabackup|innobackupex)(?:: | version )|\[Xtrabackup\]")
_STATEMENT_ENDS = re.compile(rb"', Error_code: |'\s*$")


class Place(NamedTuple):
    """A line of a log. number: counted from 1 where reading began. before: the time of a line before it, if needed."""

    file: str
    number: int
    text: bytes
    before: Optional[str] = None

    @property
    def time(self) -> Optional[str]:
        """As it is written, in this line or the nearest before it that has one."""
        return parse(self.text).time or self.before


class Tally:
    """What one rule found. first: the first places. last: the last place. run: the number of the run that this is in.

    over: the log shows that the thread which it stopped has begun anew since, and it did not come again.
    """

    def __init__(self, rule: Rule, detail: Optional[str] = None) -> None:
        self.rule = rule
        self.count = 0
        self.first: List[Place] = []
        self.last: Optional[Place] = None
        self.run = 0
        self.over = False
        self.detail = detail

    def add(self, place: Place, run: int) -> None:
        self.count += 1
        if self.count <= 2:
            self.first.append(place)
        self.last = place
        self.run = run
        self.over = False

    @property
    def places(self) -> List[Place]:
        return self.first + ([self.last] if self.last and self.count > len(self.first) else [])


class Reading(NamedTuple):
    """tallies: by id. runs: the last ones, in order. number: of the last run (runs.py). lines: of each file."""

    tallies: Dict[str, Tally]
    runs: List[Run]
    number: int
    lines: Dict[str, int]


class Matcher:
    """feed() takes the blocks of a log in order, each ending with a whole line where there is one."""

    def __init__(self) -> None:
        self._tallies: Dict[str, Tally] = {}
        self._runs = Runs()
        self._memory = Memory()
        self._file = ""
        self._lines: Dict[str, int] = {}
        self._last: Optional[Place] = None
        self._crash: Optional[CrashReport] = None
        self._crashed_at: Optional[Place] = None
        self._assertion: Optional[Tuple[Tuple[Rule, ...], Place]] = None
        self._backup_tool = False
        self._read = 0  # bytes
        self._previous = b""  # the block before, for looks back

    def begin_file(self, name: str) -> None:
        """What follows is of this file, and goes on where the file before it ended."""
        self._file = name
        self._lines[name] = 0

    def feed(self, block: bytes) -> None:
        number, counted_to, skip_to = self._lines[self._file], 0, 0
        if self._crash is not None:
            skip_to = self._read_crash(self._crash, block, 0)
        for start, end, at in lines_worth_a_look(block, self._needles()):
            if start < skip_to:
                continue
            number += block.count(b"\n", counted_to, start)
            counted_to = start
            self._look(block, start, _cut(block, start, end, at), number + 1)
            if self._crash is not None:
                skip_to = self._read_crash(self._crash, block, end + 1)
        self._lines[self._file] = number + block.count(b"\n", counted_to)
        self._previous = block
        self._read += len(block)

    def _needles(self) -> Tuple[bytes, ...]:
        if self._read < BEGINNING:
            return COARSE + EXCERPT
        return COARSE + BACKUP if self._backup_tool else COARSE

    def finish(self) -> Reading:
        if self._crash is not None:
            self._end_crash()
        self._drop_assertion()
        self._runs.alive(_time_of(self._before(b"", 0)))
        return Reading(self._tallies, self._runs.all(), self._runs.number, dict(self._lines))

    # -- one line --------------------------------------------------------------------------------------------

    def _look(self, block: bytes, start: int, line: bytes, number: int) -> None:
        meaning = self._memory.meaning_of(line)
        if meaning is None:
            if b" got signal " in line:
                self._begin_crash(block, start, line, number)
            elif _BACKUP_TOOL.search(line):
                self._backup_tool = True
            return
        headed = line[:1].isdigit()
        if not headed and _inside_statement(self._before(block, start)):
            return
        place = Place(self._file, number, line, None if headed else _time_of(self._before(block, start)))
        if meaning.mark is not None and not self._backup_tool:  # its InnoDB starts as a server's does
            self._drop_assertion()
            self._runs.add(meaning.mark, place.time)
        if meaning.rules:
            self._found(meaning.rules, place)
        if meaning.begins is not None:
            self._begun(meaning.begins)
        self._last = place

    def _found(self, rules: Tuple[Rule, ...], place: Place) -> None:
        if rules[0].program is None:
            self._count(rules[0], place)
            return
        self._drop_assertion()
        self._assertion = (rules, place)

    def _begun(self, thread: str) -> None:
        for tally in self._tallies.values():
            if tally.rule.ends == thread:
                tally.over = True

    def _count(self, rule: Rule, place: Place, detail: Optional[str] = None) -> None:
        tally = self._tallies.get(rule.id)
        if tally is None:
            tally = self._tallies[rule.id] = Tally(rule)
        tally.add(place, self._runs.number)
        tally.detail = detail or tally.detail

    def _before(self, block: bytes, start: int) -> Iterator[bytes]:
        """The lines before an offset of the block, the nearest first, as far as a look goes back."""
        left = _LINES_BACK
        last_end = len(self._previous) - self._previous.endswith(b"\n")
        for text, end in ((block, start - 1), (self._previous, last_end)):
            while left and end >= 0 and text:
                begins = text.rfind(b"\n", 0, end) + 1
                yield text[begins : min(end, begins + LONGEST)]
                left, end = left - 1, begins - 1

    # -- crashes ---------------------------------------------------------------------------------------------

    def _begin_crash(self, block: bytes, start: int, line: bytes, number: int) -> None:
        signal = parse_signal(line)
        if signal is not None:
            before = signal.time or _time_of(self._before(block, start)) or (self._last.time if self._last else None)
            self._crash = CrashReport(signal)
            self._crashed_at = Place(self._file, number, line, before)

    def _read_crash(self, crash: CrashReport, block: bytes, at: int) -> int:
        """Hand the report its lines; returns where in the block it ends."""
        while at < len(block) and not crash.done:
            end = block.find(b"\n", at)
            end = len(block) if end < 0 else end
            if not crash.take(block[at : min(end, at + LONGEST)]):
                break
            at = end + 1
        if crash.done:
            self._end_crash()
        return at

    def _end_crash(self) -> None:
        crash, place, assertion = self._crash, self._crashed_at, self._assertion
        self._crash = self._crashed_at = self._assertion = None
        if crash is None or place is None:
            return
        if crash.program == "mysqld":
            self._runs.crash(place.before)
        if assertion and place.number - assertion[1].number <= _ASSERTION_TO_SIGNAL:
            for rule in assertion[0]:
                if rule.program == crash.program:
                    self._count(rule, assertion[1], crash.describe())
                    return
        generic = {"mysqld": "server_crashed", "xtrabackup": "xtrabackup_crashed"}[crash.program]
        self._count(BY_ID[generic], place, crash.describe())

    def _drop_assertion(self) -> None:
        """An assertion whose crash report is not in the log: what else the log holds tells the program."""
        if self._assertion is None:
            return
        rules, place = self._assertion
        self._assertion = None
        program = "xtrabackup" if self._backup_tool else "mysqld"
        self._count(next((rule for rule in rules if rule.program == program), rules[0]), place)


def _cut(block: bytes, start: int, end: int, at: int) -> bytes:
    """The line, or what stands around the literal when it is very long, with the mark of a cut."""
    if end - start <= LONGEST:
        return block[start:end]
    mark = CUT.encode("ascii")
    begins = max(start, at - LONGEST // 2)
    text = block[begins : min(end, begins + LONGEST - 2 * len(mark))]
    return (mark if begins > start else b"") + text + mark


def _time_of(lines: Iterator[bytes]) -> Optional[str]:
    """The first time in lines that are given backwards."""
    return next((time for time in (parse(line).time for line in lines) if time is not None), None)


def _inside_statement(lines: Iterator[bytes]) -> bool:
    """Whether what follows these lines, given backwards, continues a statement that one of them quotes."""
    for line in lines:
        statement = STATEMENT.search(line)
        if statement:
            return b"Query: '" not in statement.group() or not _STATEMENT_ENDS.search(line, statement.end())
        if parse(line).time is not None:
            return False
    return False
