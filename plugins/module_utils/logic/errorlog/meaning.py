# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one line means to the rules and to the runs of the server. Pure.

What makes a log hostile is that clients write into it: statements, names, passwords. Text after the mark of a statement
is never matched, nor are lines that quote a client and mean nothing here.
"""

import re
from typing import Dict, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import RULES, Rule
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.runs import Mark, mark_of

#: Where in a line the words of a client begin.
STATEMENT = re.compile(rb" Query: '| Statement: |^Query \(")
_CLIENT = re.compile(rb"\] (?:\[MY-\d+\] \[\w+\] )?(?:Access denied for user|Aborted connection|Got an error reading)")
_THREADS = {
    "receiver": re.compile(
        rb"connected to (?:master|source) '.*(?:,replication (?:started|resumed) in| with server_uuid=)"
    ),
    "applier": re.compile(rb"(?:Slave|Replica) SQL thread.* initialized, starting replication"),
}
_TEXTS = [
    (text.needle.encode("utf-8"), re.compile(text.pattern.encode("utf-8")) if text.pattern else None, rule)
    for rule in RULES
    for text in rule.texts
]


class Meaning(NamedTuple):
    """rules: those that the line fits; more than one where it takes the program that crashed to tell them apart.

    mark: of a run. begins: the thread of replication that has begun.
    """

    rules: Tuple[Rule, ...]
    mark: Optional[Mark]
    begins: Optional[str]


_NOTHING = Meaning((), None, None)


def meaning_of(line: bytes) -> Optional[Meaning]:
    """None for a line that means nothing."""
    statement = STATEMENT.search(line)
    head = line[: statement.start()] if statement else line
    if _CLIENT.search(head):
        return None
    begins = next((thread for thread, text in _THREADS.items() if text.search(head)), None)
    meaning = Meaning(_rules_of(head), mark_of(head), begins)
    return None if meaning == _NOTHING else meaning


def _rules_of(head: bytes) -> Tuple[Rule, ...]:
    found: Tuple[Rule, ...] = ()
    for needle, pattern, rule in _TEXTS:
        if needle in head and (pattern is None or pattern.search(head)):
            if rule.program is None:
                return found or (rule,)
            if all(rule.program != known.program for known in found):
                found += (rule,)
    return found


_DIGITS = b"0123456789"
# The end of a line holds the only numbers that rules go by: Error_code: 1062, line 865, error: 11.
_TAIL = 16
_REMEMBERED = 4096


class Memory:
    """meaning_of() for logs that say the same thing a million times, with other times and counters."""

    def __init__(self) -> None:
        self._known: Dict[bytes, Optional[Meaning]] = {}

    def meaning_of(self, line: bytes) -> Optional[Meaning]:
        key = line.translate(None, _DIGITS) + line[-_TAIL:]
        try:
            return self._known[key]
        except KeyError:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            meaning = self._known[key] = meaning_of(line)
            return meaning
