# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a table around its damage, so that only what is damaged is lost. Pure: a generator that is told what came.

A range is (above, up_to]: keys greater than the first bound, up to the second; None is an open end. It is read
forwards from its beginning until a read kills the server, then in ever smaller steps, down to a single row; then
backwards from its end. What is left between the two is the gap. A gap that may hold sound rows between two damages
is entered at its middle, the largest first, while there is patience: each death costs a restart of the server.

Inside a gap nothing that comes back empty is believed: a page of zeros says that there are no rows.
"""

from typing import Any, Generator, List, NamedTuple, Optional, Tuple, Union

#: A key as its reader knows it; it is never looked into here.
Key = Any

FIRST = 1 << 20  # rows in the first read of a table
# What came in the last packet before the server died is lost with it: it is read again in steps like this.
_BUFFERED = 64
_SHRINK = 8


class Range(NamedTuple):
    """closed: whether up_to itself is in it."""

    above: Optional[Key]
    up_to: Optional[Key]
    closed: bool = True


WHOLE = Range(None, None)


class Read(NamedTuple):
    """Read and keep at most ``limit`` rows of a range, from its beginning or from its end. Answered by Got."""

    range: Range
    backwards: bool
    limit: int


class Got(NamedTuple):
    """died: the server did, and what came before is kept. rows: that were kept. last: the key of the last one.

    ended: there are no more rows in the range, as far as the server says.
    """

    died: bool
    rows: int = 0
    last: Optional[Key] = None
    ended: bool = False


class Middle(NamedTuple):
    """Asks for a key inside a range, with rows on both sides of it. Answered by Parted."""

    range: Range


class Parted(NamedTuple):
    """key: None where nobody can tell one. rows: how many keys the range may have, at most; 0 where nobody can tell."""

    key: Optional[Key]
    rows: int = 0


class Outcome(NamedTuple):
    """What became of a table. deaths: of the server, on the way. gave_up: patience came to its end."""

    rows: int
    lost: List[Range]
    deaths: int
    gave_up: bool


Question = Union[Read, Middle]
Reading = Generator[Question, Any, Outcome]


def around_damage(patience: int, grain: int, whole: Range = WHOLE, first: int = FIRST) -> Reading:
    """Yields questions, is sent their answers, returns the outcome.

    patience: deaths after which no gap is entered any more; the two ends of the damage are found in any case.
    grain: gaps with no more keys than that are not entered: as many as fit on a few pages.
    """
    return (yield from _Walk(patience, grain, first).table(whole))


class _Walk:
    def __init__(self, patience: int, grain: int, first: int) -> None:
        self.patience = patience
        self.grain = grain
        self.first = first
        self.rows = 0
        self.deaths = 0
        self.lost: List[Range] = []
        self.gaps: List[Tuple[int, Optional[Key], Range]] = []
        self.gave_up = False

    def table(self, whole: Range) -> Reading:
        rest = yield from self._read(whole, backwards=False, limit=self.first)
        if rest is not None:
            rest = yield from self._read(rest, backwards=True, limit=self.first)
        if rest is not None:
            yield from self._note(rest)
        while self.gaps:
            self.gaps.sort(key=lambda gap: gap[0])
            rows, middle, gap = self.gaps.pop()
            if middle is None or rows <= self.grain:
                self.lost.append(gap)
            elif self.deaths >= self.patience:
                self.gave_up = True
                self.lost.append(gap)
            else:
                yield from self._enter(gap, middle)
        return Outcome(self.rows, self.lost, self.deaths, self.gave_up)

    def _note(self, gap: Range) -> Generator[Question, Any, None]:
        parted = yield Middle(gap)
        self.gaps.append((parted.rows, parted.key, gap))

    def _enter(self, gap: Range, middle: Key) -> Generator[Question, Any, None]:
        """Two gaps out of one, with what is sound around the middle read; both of its ends are known to be damaged."""
        lower, upper = Range(gap.above, middle), gap._replace(above=middle)
        before = self.rows
        below = yield from self._read(lower, backwards=True, limit=1, inside=True)
        if self.rows > before:  # else the middle itself is damaged, and what is right above it most likely, too
            above = yield from self._read(upper, backwards=False, limit=1, inside=True)
        else:
            above = upper
        for part in (below, above):
            if part is not None:
                yield from self._note(part)

    def _read(self, part: Range, backwards: bool, limit: int, inside: bool = False) -> Generator[Any, Any, Any]:
        """Read from one end as far as that goes; returns what is left of the range, None for nothing."""
        died = False
        while True:
            got = yield Read(part, backwards, limit)
            self.deaths += got.died
            self.rows += got.rows
            if got.rows:
                part = _behind(part, got.last, backwards)
            if got.died:
                died = True
                if limit == 1:
                    return part
                limit = min(_BUFFERED, max(1, limit // _SHRINK))
                continue
            if got.ended:
                if inside:
                    self.lost.append(part)
                return None
            if not died:
                limit = self.first


def _behind(part: Range, last: Key, backwards: bool) -> Range:
    """What is left of a range that was read as far as a key."""
    return part._replace(up_to=last, closed=False) if backwards else part._replace(above=last)
