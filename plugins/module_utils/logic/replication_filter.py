# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a channel's filters let through, and how they are written. Pure.

Source of the rules: reference manual, "How Servers Evaluate Replication Filtering Rules", for row-based events: the
schema of the table first, then the table. Seen on 5.6.24 and 9.7.4: names and patterns compare as names of tables do
on that server, and a table pattern also decides on CREATE DATABASE.

Servers show rules without quotes: ``a,b`` may be two schemas or one with a comma in its name. What can only be the
latter is refused, the rest is read as two.
"""

import re
from typing import Any, Callable, Dict, List, NamedTuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import Clause
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier

Rules = Dict[str, List[Any]]
"""Name of a filter (REPLICATE_DO_DB) -> its items: a schema, a pattern, [schema, table] or [from, to]."""


class Filters(NamedTuple):
    """rules: of one channel. fold_case: lower_case_table_names is not 0, so that names differ by more than case."""

    rules: Rules
    fold_case: bool = False


def read_rules(texts: Dict[str, str]) -> Rules:
    """Name of a filter -> its text as the server shows it, parsed. An empty text is a filter with no items.

    Raises Refused for a text that could not be written back as it is.
    """
    return {name: _read(name, texts[name]) for name in FILTERS if name in texts}


def clauses(rules: Rules) -> List[Clause]:
    """``REPLICATE_DO_DB = (`a`, `b`)`` and so on for CHANGE REPLICATION FILTER."""
    found = []
    for name, kind in FILTERS.items():
        if name in rules:
            items = [kind.write(item) for item in rules[name]]
            found.append(
                Clause(
                    "%s = (%s)" % (name, ", ".join(item.sql for item in items)),
                    tuple(value for item in items for value in item.values),
                    "%s = (%s)" % (name, ", ".join(item.shown for item in items)),
                )
            )
    return found


def replicates(filters: Filters, schema: str, table: str) -> bool:
    """Whether changes of this table's rows at the source are applied to the same table here."""
    if not filters.rules:
        return True
    same, rules = _comparison(filters), filters.rules
    path = "%s.%s" % (schema, table)

    def named(kind: str) -> bool:
        return any(same(one[0], schema) and same(one[1], table) for one in rules.get(kind, ()))

    def fits(kind: str) -> bool:
        return _fits(filters, kind, path)

    if not _schema_passes(filters, schema):
        return False
    for kind, found, verdict in _TABLE_LEVEL:
        if (named if found == "name" else fits)(kind):
            return verdict
    return not (rules.get("REPLICATE_DO_TABLE") or rules.get("REPLICATE_WILD_DO_TABLE"))


def replicates_schema(filters: Filters, schema: str) -> bool:
    """Whether CREATE DATABASE, and so what is in the schema beside tables and views, is replicated."""
    path = schema + "."
    if not _schema_passes(filters, schema):
        return False
    if _fits(filters, "REPLICATE_WILD_DO_TABLE", path):
        return True
    return not _fits(filters, "REPLICATE_WILD_IGNORE_TABLE", path) and not filters.rules.get("REPLICATE_WILD_DO_TABLE")


# (filter, how its items are told, whether a table that fits is replicated): the first row that fits decides
_TABLE_LEVEL = (
    ("REPLICATE_DO_TABLE", "name", True),
    ("REPLICATE_IGNORE_TABLE", "name", False),
    ("REPLICATE_WILD_DO_TABLE", "pattern", True),
    ("REPLICATE_WILD_IGNORE_TABLE", "pattern", False),
)


def _schema_passes(filters: Filters, schema: str) -> bool:
    same, rules = _comparison(filters), filters.rules
    # A schema that is renamed on the way is not comparable under its name, nor is the one that it is mixed into.
    if any(same(name, schema) for pair in rules.get("REPLICATE_REWRITE_DB", ()) for name in pair):
        return False
    if rules.get("REPLICATE_DO_DB"):
        return any(same(one, schema) for one in rules["REPLICATE_DO_DB"])
    return not any(same(one, schema) for one in rules.get("REPLICATE_IGNORE_DB", ()))


def _comparison(filters: Filters) -> Callable[[str, str], bool]:
    if filters.fold_case:
        return lambda one, other: one.lower() == other.lower()
    return lambda one, other: one == other


def _fits(filters: Filters, kind: str, path: str) -> bool:
    """Patterns are held against the whole path: their ``%`` does not stop at the dot."""
    flags = re.S | (re.I if filters.fold_case else 0)
    return any(re.match(_expression(one) + r"\Z", path, flags) for one in filters.rules.get(kind, ()))


def _expression(pattern: str) -> str:
    """The regular expression for a pattern of LIKE."""
    parts = re.findall(r"\\.|.", pattern, re.S)
    return "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)


class _Filter(NamedTuple):
    """item: the shape of one item in what servers show. write: an item -> its part of the statement."""

    item: str
    write: Callable[[Any], Clause]


def _name(*names: str) -> Clause:
    quoted = identifier(*names)
    return Clause(quoted.replace("%", "%%"), (), quoted)


def _pair(pair: List[str]) -> Clause:
    sides = [_name(name) for name in pair]
    return Clause("(%s)" % ", ".join(side.sql for side in sides), (), "(%s)" % ", ".join(side.shown for side in sides))


_SCHEMAS = _Filter(r"[^,]+", _name)
_TABLES = _Filter(r"([^,.]+)\.([^,.]+)", lambda item: _name(*item))
_PATTERNS = _Filter(r"[^,]*\.[^,]*", lambda item: Clause("%s", (item,), "'%s'" % item))

FILTERS: Dict[str, _Filter] = {
    "REPLICATE_DO_DB": _SCHEMAS,
    "REPLICATE_IGNORE_DB": _SCHEMAS,
    "REPLICATE_DO_TABLE": _TABLES,
    "REPLICATE_IGNORE_TABLE": _TABLES,
    "REPLICATE_WILD_DO_TABLE": _PATTERNS,
    "REPLICATE_WILD_IGNORE_TABLE": _PATTERNS,
    "REPLICATE_REWRITE_DB": _Filter(r"\(([^,()]+),([^,()]+)\)", _pair),
}


def _read(name: str, text: str) -> List[Any]:
    item = FILTERS[name].item
    if text and not re.match(r"(?:%s)(?:,(?:%s))*\Z" % (item, item), text):
        raise Refused(
            "a name in the filter %s holds a comma, a dot or a bracket, and the server shows it so that it cannot be"
            " told from two names: %s" % (name, text),
            untouched="everything",
            next_step="replace that filter by one that can be told, a pattern in REPLICATE_WILD_DO_TABLE"
            " or REPLICATE_WILD_IGNORE_TABLE with _ for the sign, say",
        )
    found = re.finditer(item, text)
    return [list(one.groups()) if one.groups() else one.group() for one in found]
