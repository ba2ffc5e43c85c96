# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found -> one verdict with its remedy. Pure.

A finding is current when it is of the last run of the server, and the thread that it stopped has not begun anew since.
Of earlier runs only what ends a server counts, and only while the last run has not yet taken connections or the server
is in a loop: a server that came back has left its crash behind.
"""

from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.matcher import Reading, Tally
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import BY_ID, RULES, SEVERITIES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.runs import UNCLEAN, Run, in_a_loop

_ROW = {rule.id: number for number, rule in enumerate(RULES)}
_LOOP = "crash_loop"


class Verdict(NamedTuple):
    """state: "broken", "recovered" (it ended uncleanly and came back), "warning" or "clean".

    cause: the finding to act on, None when there is none. findings: what is so now, causes first. past: what the log
    shows as over. advice: what to set so that it does not come back. server: the end of the last run (runs.py), None
    when the log does not tell.
    """

    state: str
    cause: Optional[Tally]
    crash_loop: bool
    server: Optional[str]
    findings: List[Tally]
    past: List[Tally]
    advice: List[Tally]


def judge(reading: Reading, quiet: float = 0) -> Verdict:
    """quiet: seconds since something was written to the log."""
    last = reading.runs[-1] if reading.runs else None
    loop = in_a_loop(reading.runs, quiet)
    back = last is not None and last.ready and last.end not in UNCLEAN and not loop
    now: List[Tally] = []
    past: List[Tally] = []
    advice: List[Tally] = []
    for tally in reading.tallies.values():
        of_last_run = tally.run >= reading.number
        if tally.rule.severity == "advice":
            advice.append(tally)
        elif (of_last_run and not tally.over) or (not of_last_run and tally.rule.severity == "fatal" and not back):
            now.append(tally)
        else:
            past.append(tally)
    if loop:
        now.append(_loop_tally(now + past, reading))
    now.sort(key=_precedence)
    past.sort(key=_precedence)
    return Verdict(
        state=_state(now, reading.runs, last),
        cause=now[0] if now else None,
        crash_loop=loop,
        server=last.end if last else None,
        findings=now,
        past=past,
        advice=sorted(advice, key=_precedence),
    )


def _precedence(tally: Tally) -> Tuple[int, int]:
    """The most severe first. "It did not start" is a symptom of an error that names its cause: both rank alike."""
    rule = tally.rule
    severity = SEVERITIES.index(rule.severity)
    if rule.severity == "fatal" and rule.confidence == "possible":
        severity = SEVERITIES.index("error")
    return severity, _ROW[rule.id]


def _loop_tally(tallies: List[Tally], reading: Reading) -> Tally:
    """A loop is told by the runs; its places are those of what ended them."""
    ends = [run.end for run in reading.runs if run.end in UNCLEAN]
    loop = Tally(BY_ID[_LOOP], "runs that ended uncleanly, the last ones: %s" % ", ".join(ends[-5:]))
    for tally in tallies:
        if tally.rule.severity == "fatal":
            loop.first += tally.places[-1:]
    loop.count, loop.run = len(ends), reading.number
    return loop


def _state(now: List[Tally], runs: List[Run], last: Optional[Run]) -> str:
    severities = {tally.rule.severity for tally in now}
    if severities & {"fatal", "error"} or (last is not None and last.end in UNCLEAN):
        return "broken"
    if any(run.end in UNCLEAN for run in runs[:-1]):
        return "recovered"
    return "warning" if severities else "clean"
