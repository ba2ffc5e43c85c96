# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of checks in docs/preflight.md, made from the table of checks."""

from __future__ import annotations

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import OVERRULE, Check
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.checks import CHECKS
from gates.guide import cell

HEAD = "| id | severity | what it means | overruled with |"
# What a check is about -> the title above those checks, in the order of the guide
TITLES = {
    "dump": "The dump",
    "load": "The load, tried",
    "replica": "The replica",
    "source": "The source",
    "pair": "Source and replica together",
    "cloud": "Managed services",
}


def listed() -> str:
    """Markdown: a table for each title. KeyError for a check that is about something else."""
    parts = []
    for about, title in TITLES.items():
        rows = [row for row in CHECKS if row.about == about]
        if rows:
            parts += [f"### {title}", "", HEAD, "|---|---|---|---|"]
            parts += [f"| `{row.id}` | {row.severity} | {cell(row.meaning)} | {_overruled(row)} |" for row in rows]
            parts.append("")
    unknown = {row.about for row in CHECKS} - set(TITLES)
    if unknown:
        raise KeyError(f"checks about {', '.join(sorted(unknown))} have no title in the guide")
    return "\n".join(parts)


def _overruled(row: Check) -> str:
    if row.overrule is None:
        return "nobody" if row.severity == "refuse" else ""
    return f"`{row.overrule}`{', by its id' if row.overrule == OVERRULE else ''}"
