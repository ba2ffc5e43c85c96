# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where rows are missing that nobody said were: a second index counts more of them than could be read. Pure.

Under innodb_force_recovery a damaged page is passed over without an error. The table is halved by its primary key, and
each part counted by both indexes, until what is missing is found; what was read is a part without a hole then.
"""

from typing import Any, Generator, List, NamedTuple, Optional, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ranges import WHOLE, Key, Middle, Range


class Count(NamedTuple):
    """Asks how many rows a range has, by both indexes. Answered by Counted."""

    range: Range


class Counted(NamedTuple):
    """other: by the second index. read: by the primary key, as a dump reads them. None where it cannot be counted."""

    other: Optional[int]
    read: Optional[int]


class Part(NamedTuple):
    """rows: that can be read of a range. missing: that cannot."""

    range: Range
    rows: int
    missing: int


Question = Union[Count, Middle]


def parts(patience: int, whole: Range = WHOLE) -> Generator[Question, Any, List[Part]]:
    """Yields questions, is sent their answers; returns all of the range, in order, in parts that are sound or not.

    patience: questions. Where they are over, or nobody can tell, a part is as large as it is by then.
    """
    found: List[Part] = []
    left: List[Range] = [whole]
    while left:
        part = left.pop()
        counted = yield Count(part)
        patience -= 1
        if counted.other is None or counted.read is None:
            _add(found, Part(part, 0, 1))
            continue
        missing = max(0, counted.other - counted.read)
        middle: Optional[Key] = None
        if missing and counted.read and patience > 0:
            middle = (yield Middle(part)).key
        if middle is None:
            _add(found, Part(part, counted.read, missing))
        else:
            left += [part._replace(above=middle), Range(part.above, middle)]
    return found


def _add(found: List[Part], part: Part) -> None:
    """Two sound parts side by side are one, and so are two of which nothing can be read."""
    last = found[-1] if found else None
    if last is not None and _alike(last, part):
        joined = last.range._replace(up_to=part.range.up_to, closed=part.range.closed)
        found[-1] = Part(joined, last.rows + part.rows, last.missing + part.missing)
    else:
        found.append(part)


def _alike(one: Part, other: Part) -> bool:
    return (not one.missing and not other.missing) or bool(one.missing and other.missing and not one.rows + other.rows)
