# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of checks in docs/preflight.md, made from the table of checks: ``preflight_guide.py [--check]``.

Without --check the file is written; with it, a file that is not current is an error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import OVERRULE, Check
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.checks import CHECKS
from gates.clone import ROOT

GUIDE = ROOT / "docs/preflight.md"
BEGIN = "<!-- begin of the list of checks: made by `make docs`, from plugins/module_utils/logic/preflight -->"
END = "<!-- end of the list of checks -->"
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


def listed(checks: Sequence[Check]) -> str:
    """Markdown: a table for each title. KeyError for a check that is about something else."""
    parts = []
    for about, title in TITLES.items():
        rows = [row for row in checks if row.about == about]
        if rows:
            parts += [f"### {title}", "", HEAD, "|---|---|---|---|"]
            parts += [f"| `{row.id}` | {row.severity} | {_cell(row.meaning)} | {_overruled(row)} |" for row in rows]
            parts.append("")
    unknown = {row.about for row in checks} - set(TITLES)
    if unknown:
        raise KeyError(f"checks about {', '.join(sorted(unknown))} have no title in the guide")
    return "\n".join(parts)


def current(text: str) -> str:
    """The guide with its list made anew; ValueError when the marks are not there."""
    before, mark, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{GUIDE} has not both marks:\n{BEGIN}\n{END}")
    return f"{before}{BEGIN}\n\n{listed(CHECKS)}\n{END}{after}"


def _overruled(row: Check) -> str:
    if row.overrule is None:
        return "nobody" if row.severity == "refuse" else ""
    return f"`{row.overrule}`{', by its id' if row.overrule == OVERRULE else ''}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> int:
    text = GUIDE.read_text()
    wanted = current(text)
    if text == wanted:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"{GUIDE}: the list of checks is not current; `make docs` makes it", file=sys.stderr)
        return 1
    GUIDE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
