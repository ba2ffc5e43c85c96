# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GTID sets as MySQL writes and compares them, tags of 8.3 and later included. Pure.

A set is held as ``{(uuid, tag): ((first, last), ...)}`` with lower-case uuids, sorted, disjoint, non-adjacent,
inclusive intervals; tag is '' for an untagged GTID. The text form is that of the manual's section
"GTID Format and Storage": ``uuid:1-5:9,uuid:tag:1-3`` and, shorter, ``uuid:1-5:tag:1-3``.
"""

import re
from typing import Dict, Iterable, List, Mapping, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput

Interval = Tuple[int, int]
Key = Tuple[str, str]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}\Z")
_INTERVAL = re.compile(r"([0-9]{1,19})(?:\s*-\s*([0-9]{1,19}))?\Z")
_LAST = 2**63 - 2  # GTID_MAX of the server: numbers are below the largest signed 64-bit integer


class GtidSet:
    """An immutable set of GTIDs."""

    __slots__ = ("_intervals",)

    def __init__(self, intervals: Optional[Mapping[Key, Iterable[Interval]]] = None) -> None:
        merged: Dict[Key, Tuple[Interval, ...]] = {}
        for key, ranges in (intervals or {}).items():
            joined = _merge(ranges)
            if joined:
                merged[key] = joined
        self._intervals = merged

    @classmethod
    def parse(cls, text: Optional[str]) -> "GtidSet":
        """Read a set as servers, dumps and people write it; white space around its parts and empty members are ignored.

        Raises BadInput, with the offending member, for anything else.
        """
        intervals: Dict[Key, List[Interval]] = {}
        for member in (text or "").lower().split(","):
            if member.strip():
                _parse_member(member, intervals)
        return cls(intervals)

    def __or__(self, other: "GtidSet") -> "GtidSet":
        keys = set(self._intervals) | set(other._intervals)
        return GtidSet({key: self._of(key) + other._of(key) for key in keys})

    def __sub__(self, other: "GtidSet") -> "GtidSet":
        return GtidSet({key: _subtract(ranges, other._of(key)) for key, ranges in self._intervals.items()})

    def __and__(self, other: "GtidSet") -> "GtidSet":
        return self - (self - other)

    def __le__(self, other: "GtidSet") -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return bool(self._intervals)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GtidSet) and self._intervals == other._intervals

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._intervals.items())))

    def __len__(self) -> int:
        return sum(last - first + 1 for ranges in self._intervals.values() for first, last in ranges)

    def __str__(self) -> str:
        """The server's own order and form: uuids sorted, the untagged part first, tags sorted."""
        members: Dict[str, List[str]] = {}
        for (uuid, tag), ranges in sorted(self._intervals.items()):
            parts = members.setdefault(uuid, [uuid])
            if tag:
                parts.append(tag)
            parts.extend(str(first) if first == last else "%d-%d" % (first, last) for first, last in ranges)
        return ",".join(":".join(parts) for parts in members.values())

    def __repr__(self) -> str:
        return "GtidSet.parse(%r)" % str(self)

    @property
    def uuids(self) -> List[str]:
        """The servers on which these transactions were first committed, sorted."""
        return sorted({uuid for uuid, _tag in self._intervals})

    def _of(self, key: Key) -> Tuple[Interval, ...]:
        return self._intervals.get(key, ())


def _parse_member(member: str, intervals: Dict[Key, List[Interval]]) -> None:
    parts = [part.strip() for part in member.split(":")]
    uuid, tag = parts[0], ""
    if not _UUID.match(uuid) or len(parts) < 2:
        raise BadInput(
            "not a GTID set: %r" % member[:200],
            next_step="give it as server_uuid:first-last, e.g. from SELECT @@GLOBAL.gtid_executed",
        )
    for part in parts[1:]:
        match = _INTERVAL.match(part)
        if match:
            first = int(match.group(1))
            last = int(match.group(2) or first)
            if not 1 <= first <= _LAST or last > _LAST:
                raise BadInput("GTID number out of range in %r" % member[:200])
            if first <= last:  # the server, too, takes 5-3 for the empty interval
                intervals.setdefault((uuid, tag), []).append((first, last))
        elif _TAG.match(part):
            tag = part
        else:
            raise BadInput("not a GTID interval or tag: %r in %r" % (part[:60], member[:200]))


def _merge(ranges: Iterable[Interval]) -> Tuple[Interval, ...]:
    merged: List[Interval] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _subtract(ranges: Tuple[Interval, ...], minus: Tuple[Interval, ...]) -> List[Interval]:
    """What is left of sorted ranges after sorted ranges are taken away; linear in both."""
    left: List[Interval] = []
    index = 0
    for first, last in ranges:
        while index < len(minus) and minus[index][1] < first:
            index += 1
        at = index
        while at < len(minus) and minus[at][0] <= last:
            if first < minus[at][0]:
                left.append((first, minus[at][0] - 1))
            first = minus[at][1] + 1
            at += 1
        if first <= last:
            left.append((first, last))
    return left
