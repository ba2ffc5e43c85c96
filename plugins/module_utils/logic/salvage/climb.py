# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The climb: which level is tried next, from the attempts that were made. Pure.

First the redo log as it is, from 0 to the highest level that is allowed; only then with the redo log set aside, from 0
again. The first attempt that answers ends it.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

AS_FOUND = "as_found"
SET_ASIDE = "set_aside"

ANSWERS = "answers"
DIED = "died"
SILENT = "silent"  # it ran, and did not answer in time


class Attempt(NamedTuple):
    """redo: AS_FOUND or SET_ASIDE. outcome: ANSWERS, DIED or SILENT. seconds: how long that took.

    log: the server's error log of this attempt, kept. findings: of logic/errorlog, the ids with a line each.
    """

    redo: str
    level: int
    outcome: str
    seconds: float
    log: str
    findings: List[Dict[str, str]]

    def public(self) -> Dict[str, Any]:
        return dict(self._asdict())


def read(records: List[Dict[str, Any]]) -> List[Attempt]:
    """Attempts out of a journal."""
    return [Attempt(**record) for record in records]


def found(attempts: List[Attempt]) -> Optional[Attempt]:
    """The attempt that answered, if one has."""
    return attempts[-1] if attempts and attempts[-1].outcome == ANSWERS else None


def next_try(attempts: List[Attempt], max_level: int, set_redo_aside: bool) -> Optional[Tuple[str, int]]:
    """(redo, level) of the next attempt; None when one has answered, or when there is nothing left to try."""
    if found(attempts):
        return None
    tried = {(attempt.redo, attempt.level) for attempt in attempts}
    remedies = [AS_FOUND] + ([SET_ASIDE] if set_redo_aside else [])
    left = [(redo, level) for redo in remedies for level in range(max_level + 1) if (redo, level) not in tried]
    return left[0] if left else None


def warnings(attempt: Attempt) -> List[str]:
    """What a person has to know of what the climb ended with."""
    said = []
    if attempt.redo == SET_ASIDE:
        said.append(
            "the redo log was set aside: changes that were only in it are lost, and pages are newer than the new log"
            " (their log sequence numbers are in the future); an index may not fit to its table"
        )
    if attempt.level:
        said.append(
            "at level %d what is read may lack rows without an error: see the doubts of each table" % attempt.level
        )
    if attempt.level >= 3:
        said.append("what was not committed is read as if it were")
    return said
