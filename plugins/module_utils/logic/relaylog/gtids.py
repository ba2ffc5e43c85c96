# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GTIDs by the million, in the order in which they come. Pure."""

from typing import Any, Dict, List, Tuple, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet, Interval, Key
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import uuid_text

# (uuid as 16 bytes, or uuid and tag, or the text of a MariaDB GTID; number)
Gtid = Tuple[Union[bytes, Key, str], int]

_LARGEST = 2**63 - 2
_MOST_RUNS = 4096  # runs that are not merged yet


def gtid_text(gtid: Gtid) -> str:
    key, number = gtid
    if isinstance(key, str):
        return key
    return str(GtidSet({_key(key): [(number, number)]}))


def beyond(claimed: GtidSet, known: GtidSet) -> GtidSet:
    """What is claimed of a server (and tag) that is known, with a higher number than any that is known."""
    newest = _newest(known)
    return claimed - GtidSet(
        {key: [(1, newest.get(key, _LARGEST))] for key in set(newest) | set(_newest(claimed))},
    )


def _newest(gtids: GtidSet) -> Dict[Key, int]:
    """The highest number of each server and tag."""
    highest: Dict[Key, int] = {}
    for member in str(gtids).split(",") if gtids else []:
        uuid, *parts = member.split(":")
        tag = ""
        for part in parts:
            if part[0].isdigit():
                highest[uuid, tag] = int(part.rpartition("-")[2])
            else:
                tag = part
    return highest


class Collected:
    """A set that grows. run: [key, first, last] of the newest run, which whoever is in a hurry may extend itself."""

    def __init__(self) -> None:
        self.run: List[Any] = [None, 0, 0]
        self._runs: Dict[Key, List[Interval]] = {}
        self._count = 0
        self._merged = GtidSet()

    def add(self, gtid: Gtid) -> None:
        key, number = gtid
        if isinstance(key, str):
            return  # MariaDB has no sets of GTIDs
        if key == self.run[0] and number == self.run[2] + 1:
            self.run[2] = number
            return
        self._put_away()
        self.run[:] = [key, number, number]

    def set(self) -> GtidSet:
        self._put_away()
        self.run[:] = [None, 0, 0]
        self._merge()
        return self._merged

    def _put_away(self) -> None:
        key, first, last = self.run
        if key is None or first < 1:
            return
        self._runs.setdefault(_key(key), []).append((first, last))
        self._count += 1
        if self._count > _MOST_RUNS:
            self._merge()

    def _merge(self) -> None:
        self._merged = GtidSet(self._runs) | self._merged
        self._runs, self._count = {}, 0


def _key(key: Union[bytes, Key]) -> Key:
    return (uuid_text(key), "") if isinstance(key, bytes) else key
