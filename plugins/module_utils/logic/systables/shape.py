# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a table is to look like on a version, as a statement, and where one that is there differs. Pure.

Servers that were upgraded keep words of earlier releases, and say one thing in several ways: comments, the width of
integers, utf8 for utf8mb3 and defaults that are none are not compared, and within a series each of its shapes is right.
"""

import re
from typing import Dict, List, NamedTuple, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import (
    COLUMNS,
    OPTIONS,
    UTF8MB3,
    Column,
    Options,
)


class Shape(NamedTuple):
    """columns: (name, what it is) in order, in the words of _plain(). engine: in small letters."""

    columns: List[Tuple[str, str]]
    primary_key: Tuple[str, ...]
    engine: str


def columns_of(table: str, version: Version) -> List[Column]:
    """The columns that a version has, in order."""
    found: Dict[str, Column] = {}
    for column in COLUMNS[table]:
        if column.since <= version:
            found[column.name] = column
    return list(found.values())


def names_of(table: str, version: Version) -> List[str]:
    """The names of the columns that a version has, in order."""
    return [column.name for column in columns_of(table, version)]


def create_statement(table: str, version: Version, schema: str = "mysql") -> str:
    """The statement that makes the table as the version itself makes it."""
    lines = [
        "  %s %s%s"
        % (identifier(column.name), column.definition, " COMMENT '%s'" % column.comment if column.comment else "")
        for column in columns_of(table, version)
    ]
    options = _options_of(table, version)
    lines.append("  PRIMARY KEY (%s)" % ",".join(identifier(name) for name in options.primary_key))
    text = "CREATE TABLE %s (\n%s\n) %s" % (identifier(schema, table), ",\n".join(lines), options.text)
    return text.replace("{utf8}", "utf8mb3" if version >= UTF8MB3 else "utf8")


def differences(table: str, version: Version, shown: str) -> List[str]:
    """Where the table that SHOW CREATE TABLE tells is none of its series: a sentence each, [] for one that is right."""
    seen = read_shape(shown)
    if any(seen == expected(table, other) for other in _versions_of_series(table, version)):
        return []
    return _compare(seen, expected(table, version))


def expected(table: str, version: Version) -> Shape:
    return read_shape(create_statement(table, version))


def read_shape(statement: str) -> Shape:
    """From the text of SHOW CREATE TABLE, in which each column has its line."""
    columns = [
        (_unquoted(name), _plain(text))
        for name, text in re.findall(r"^\s+(`(?:[^`]|``)+`) (.*?),?$", statement, re.MULTILINE)
    ]
    key = re.search(r"^\s+PRIMARY KEY \((.*?)\)", statement, re.MULTILINE)
    engine = re.search(r"\bENGINE=(\w+)", statement)
    return Shape(
        columns,
        tuple(_unquoted(name) for name in re.findall(r"`(?:[^`]|``)+`", key.group(1))) if key else (),
        engine.group(1).lower() if engine else "",
    )


def _options_of(table: str, version: Version) -> Options:
    return [options for options in OPTIONS[table] if options.since <= version][-1]


def _versions_of_series(table: str, version: Version) -> Set[Version]:
    changes = {column.since for column in COLUMNS[table]} | {options.since for options in OPTIONS[table]}
    return {version} | {Version(*version.series, patch=0)} | {one for one in changes if one.series == version.series}


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`")


# Each is the same thing said in another way.
_SAME = [
    (re.compile(r" COMMENT '(?:[^']|'')*'", re.IGNORECASE), ""),
    (re.compile(r"/\*!.*?\*/"), ""),
    (re.compile(r"\b((?:tiny|small|medium|big)?int)\(\d+\)"), r"\1"),
    (re.compile(r"\butf8mb3"), "utf8"),
    (re.compile(r" character set utf8\b"), ""),
    (re.compile(r" collate utf8_general_ci\b"), ""),
    (re.compile(r"(?<!not null) default null\b"), ""),
    (re.compile(r"\bcurrent_timestamp\(\)"), "current_timestamp"),
    (re.compile(r"(?<! not) null\b(?! )"), ""),
]


def _plain(definition: str) -> str:
    text = _SAME[0][0].sub("", definition).lower()
    for pattern, same in _SAME[1:]:
        text = pattern.sub(same, text)
    return " ".join(text.split())


def _compare(seen: Shape, wanted: Shape) -> List[str]:
    here, there = dict(seen.columns), dict(wanted.columns)
    found = ["column %s is missing" % name for name in there if name not in here]
    found += ["column %s is not one of this table's" % name for name in here if name not in there]
    found += [
        "column %s is '%s', not '%s'" % (name, here[name], there[name])
        for name in there
        if name in here and here[name] != there[name]
    ]
    if not found and [name for name, _text in seen.columns] != [name for name, _text in wanted.columns]:
        found.append("the columns are in another order")
    if seen.primary_key != wanted.primary_key:
        found.append("the primary key is (%s), not (%s)" % (", ".join(seen.primary_key), ", ".join(wanted.primary_key)))
    if seen.engine != wanted.engine:
        found.append("the engine is %s, not %s" % (seen.engine or "unknown", wanted.engine))
    return found
