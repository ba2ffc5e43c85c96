# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists in docs/diagnosis.md, made from the rules, the ladder, and the sandbox's damages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.ladder import RUNGS, SUCCESS
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.signs import OWN
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import (
    BY_HAND,
    RULES,
    SEVERITIES,
)
from gates.guide import cell
from sandbox.damage import DAMAGES
from sandbox.remedies import REMEDIES

OF_SERVER = "seen on the server itself"


def listed() -> str:
    return "\n".join(
        [
            "## The ladder",
            "",
            f"Success is the same for all rungs: {SUCCESS}.",
            "",
            *_table(("rung", "needs", "risk"), ((_code(name), row.needs, row.risk) for name, row in RUNGS.items())),
            "",
            "## What breaks, and the first remedy",
            "",
            "The tests do each of these to real servers, and see that the first finding and the first rung are these.",
            "",
            *_table(("damage", "server", "finding", "first rung"), _damages()),
            "",
            "## Every finding",
            "",
            *_table(("id", "severity", "first rung", "what it means", "what proves it", "known from"), _findings()),
            "",
        ]
    )


def _damages() -> Iterable[Sequence[str]]:
    for name, of_servers in REMEDIES.items():
        damage = f"{_code(name)}: {DAMAGES[name].description}"
        for first in dict.fromkeys(of_servers.values()):
            servers = [server for server, one in of_servers.items() if one == first]
            yield damage, ", ".join(servers), _code(first.finding), _code(first.rung)


def _findings() -> Iterable[Sequence[str]]:
    rows = [(one.id, one.severity, one.rung, one.meaning, one.check, one.reference) for one in RULES]
    rows += [(name, own.severity, own.rung, own.meaning, own.check, OF_SERVER) for name, own in OWN.items()]
    for name, severity, rung, meaning, check, reference in sorted(rows, key=lambda row: SEVERITIES.index(row[1])):
        yield _code(name), severity, "by hand" if rung == BY_HAND else _code(rung), meaning, check, reference


def _code(word: str | None) -> str:
    return f"`{word}`" if word else "none"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(cell(one) for one in row)} |"
