# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verdict as plain values, fit for return values, reports and JSON. Pure."""

from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.matcher import Place, Tally
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.quote import quote
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.verdict import Verdict

_SUMMARIES = {
    "clean": "The log shows nothing that needs a remedy.",
    "recovered": "The server ended uncleanly and came back; the log shows nothing since that needs a remedy.",
    "broken": "The server ended uncleanly and its log does not say why.",
}


class Reporter:
    """lines_before: for each file, how many lines it has before the place where reading began."""

    def __init__(self, lines_before: Dict[str, int]) -> None:
        self._lines_before = lines_before

    def where(self, place: Place) -> str:
        return "%s:%d" % (place.file, place.number + self._lines_before.get(place.file, 0))

    def finding(self, tally: Tally) -> Dict[str, Any]:
        rule = tally.rule
        places = tally.places
        return dict(
            id=rule.id,
            severity=rule.severity,
            confidence=rule.confidence,
            count=tally.count,
            first=self._moment(places[0]) if places else None,
            last=self._moment(places[-1]) if places else None,
            evidence=[dict(where=self.where(place), line=quote(place.text)) for place in places],
            detail=tally.detail,
            meaning=rule.meaning,
            check=rule.check,
            rung=rule.rung,
            remedy=rule.remedy,
            risk=rule.risk,
            options=list(rule.options),
            reference=rule.reference,
        )

    def findings(self, tallies: List[Tally], at_most: int) -> List[Dict[str, Any]]:
        return [self.finding(tally) for tally in tallies[:at_most]]

    def verdict(self, verdict: Verdict) -> Dict[str, Any]:
        cause = verdict.cause
        told = self.finding(cause) if cause else {}
        return dict(
            state=verdict.state,
            cause=told.get("id"),
            severity=told.get("severity"),
            confidence=told.get("confidence"),
            summary=told.get("meaning") or _SUMMARIES[verdict.state],
            where=told["evidence"][0]["where"] if told.get("evidence") else None,
            check=told.get("check"),
            rung=told.get("rung"),
            remedy=told.get("remedy"),
            risk=told.get("risk"),
            others=[tally.rule.id for tally in verdict.findings[1:]],
            crash_loop=verdict.crash_loop,
            server=verdict.server,
        )

    def _moment(self, place: Place) -> Dict[str, Optional[str]]:
        return dict(time=place.time, where=self.where(place))
