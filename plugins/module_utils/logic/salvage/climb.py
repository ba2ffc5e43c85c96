# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The climb: which level is tried next, from the attempts that were made. Pure.

First the redo log as it is, from 0 to the highest level that is allowed; only then with the redo log set aside, from 0
again. The first attempt that answers ends it.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.quote import quote
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import levels

AS_FOUND = "as_found"
SET_ASIDE = "set_aside"

ANSWERS = "answers"
DIED = "died"
SILENT = "silent"  # it ran, and did not answer in time
UNFIT = "unfit"  # it died before InnoDB had begun: no level helps against that

# What a log may say of a server that answers all the same
_OF_FINDINGS = {
    "redo_log_new": ["the redo log had been removed before: changes that were only in it are lost"],
    "innodb_lsn_in_future": ["pages are newer than the redo log: tables that were being written may be damaged"],
}


class Attempt(NamedTuple):
    """redo: AS_FOUND or SET_ASIDE. outcome: ANSWERS, DIED, SILENT or UNFIT. seconds: how long that took.

    log: the server's error log of this attempt, kept. findings: of logic/errorlog, the ids with a line each.
    last_words: its last error, or its last line.
    """

    redo: str
    level: int
    outcome: str
    seconds: float
    log: str
    findings: List[Dict[str, str]]
    last_words: str = ""

    def public(self) -> Dict[str, Any]:
        return dict(self._asdict())


def outcome(answers: Optional[bool], log: str) -> str:
    """answers: True, False for one that died, None for one that was silent. log: what it said."""
    if answers is False and "innodb" not in log.lower():
        return UNFIT
    return {True: ANSWERS, False: DIED, None: SILENT}[answers]


def last_words(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "[ERROR]" in line and not line.endswith("Aborting")]
    return quote((errors or lines or ["it said nothing"])[-1].encode("utf-8"))


def read(records: List[Dict[str, Any]]) -> List[Attempt]:
    """Attempts out of a journal."""
    return [Attempt(**record) for record in records]


def found(attempts: List[Attempt]) -> Optional[Attempt]:
    """The attempt that answered, if one has."""
    return attempts[-1] if attempts and attempts[-1].outcome == ANSWERS else None


def unfit(attempts: List[Attempt]) -> Optional[Attempt]:
    """The attempt that has shown that the trouble is another one; it is made again when the cause is put right."""
    return attempts[-1] if attempts and attempts[-1].outcome == UNFIT else None


def next_try(attempts: List[Attempt], max_level: int, set_redo_aside: bool) -> Optional[Tuple[str, int]]:
    """(redo, level) of the next attempt; None when one has answered or was unfit, or when nothing is left to try."""
    if found(attempts) or unfit(attempts):
        return None
    tried = {(attempt.redo, attempt.level) for attempt in attempts}
    remedies = [AS_FOUND] + ([SET_ASIDE] if set_redo_aside else [])
    left = [(redo, level) for redo in remedies for level in range(max_level + 1) if (redo, level) not in tried]
    return left[0] if left else None


def newest_lost(attempt: Attempt, redo_missing: bool = False) -> bool:
    """Whether what was committed last may be lost, and no count shows it: both indexes of a table are older then.

    redo_missing: there was no redo log to begin with. Servers make a new one, not all of them say so.
    """
    return (
        redo_missing
        or attempt.redo == SET_ASIDE
        or attempt.level >= levels.WITHOUT_REDO
        or any(finding["id"] in _OF_FINDINGS for finding in attempt.findings)
    )


def warnings(attempt: Attempt, redo_missing: bool = False) -> List[str]:
    """What a person has to know of what the climb ended with."""
    said = []
    if redo_missing:
        said.append("there was no redo log: after a crash, changes that were only in it are lost")
    if attempt.redo == SET_ASIDE:
        said.append(
            "the redo log was set aside: changes that were only in it are lost, and pages are newer than the new log"
            " (their log sequence numbers are in the future); an index may not fit to its table"
        )
    for finding in attempt.findings:
        said += _OF_FINDINGS.get(finding["id"], [])
    if attempt.level:
        said.append(
            "at level %d what is read may lack rows without an error: see the doubts of each table" % attempt.level
        )
    if attempt.level >= levels.WITHOUT_REDO:
        said.append("the redo log was not read: changes that were only in it are lost")
    if attempt.level >= 3:
        said.append("what was not committed is read as if it were")
    return said
