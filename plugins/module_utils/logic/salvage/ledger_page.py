# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger as one HTML page that needs nothing beside it. Pure.

Every text in it may come from a damaged server: all is escaped.
"""

import html
from typing import Any, Dict, Iterable, List

_STYLE = (
    "body{font:14px sans-serif;margin:2em;color:#222}table{border-collapse:collapse;margin:1em 0}"
    "td,th{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}th{background:#eee}"
    ".partial,.lost{background:#fdd}.doubtful{background:#ffd}.left_out{background:#eee}code{word-break:break-all}"
)
_COLUMNS = ("table", "state", "rows saved", "rows lost", "ranges lost", "why, doubts", "file", "sha256")
_FACTS = (
    ("server_version", "MySQL"),
    ("datadir", "data directory"),
    ("level", "innodb_force_recovery"),
    ("redo", "redo log"),
    ("rows_saved", "rows saved"),
    ("rows_lost", "rows lost, as far as known"),
    ("unknown", "tables of which nobody knows how many rows are lost"),
)


def page(ledger: Dict[str, Any]) -> str:
    parts = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8"><title>Ledger of a salvage</title>']
    parts.append("<style>%s</style></head><body><h1>Ledger of a salvage</h1>" % _STYLE)
    parts.append("<table>")
    parts += ["<tr><th>%s</th><td>%s</td></tr>" % (title, _text(ledger.get(name))) for name, title in _FACTS]
    parts.append("</table>")
    parts += _list("What to know", ledger.get("warnings", []))
    parts += _list("What the level gives up", ledger.get("gives_up", []))
    parts.append("<h2>Tables</h2><table><tr>%s</tr>" % "".join("<th>%s</th>" % title for title in _COLUMNS))
    parts += [_row(table["state"], _cells(table)) for table in ledger["tables"]]
    parts.append("</table><h2>Accounts and definitions</h2>")
    parts.append("<table><tr><th>what</th><th>state</th><th>why</th><th>file</th><th>sha256</th></tr>")
    parts += [
        _row(file["state"], [_name(file), file["state"], file["why"], file["path"], file["sha256"]])
        for file in ledger["files"]
    ]
    parts.append("</table></body></html>")
    return "\n".join(parts) + "\n"


def _cells(table: Dict[str, Any]) -> List[Any]:
    return [
        "%s.%s" % (table["schema"], table["table"]),
        table["state"],
        table["rows_saved"],
        "unknown" if table["rows_lost"] is None else table["rows_lost"],
        "; ".join(table["ranges_lost"]),
        "; ".join([table["why"]] * bool(table["why"]) + table["doubts"]),
        " ".join(file["path"] for file in table["files"]),
        " ".join(file["sha256"] for file in table["files"]),
    ]


def _name(file: Dict[str, Any]) -> str:
    return "%s %s" % (file["kind"], file["schema"]) if file["schema"] else str(file["kind"])


def _row(state: str, cells: Iterable[Any]) -> str:
    return '<tr class="%s">%s</tr>' % (_text(state), "".join("<td>%s</td>" % _text(cell) for cell in cells))


def _list(title: str, texts: List[str]) -> List[str]:
    return ["<h2>%s</h2><ul>" % title] + ["<li>%s</li>" % _text(text) for text in texts] + ["</ul>"] if texts else []


def _text(value: Any) -> str:
    return html.escape("" if value is None else str(value))
