# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas that nobody has thought of: tables of every type, key and partition, and what stands around them.

What a dump cannot carry is left out: a FLOAT of more digits than mysqldump writes, the sign of -0.0, and `;;` in an
event, over which mysqldump 9.7 never ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from sandbox.dataset.record import quote

Values = st.SearchStrategy[Any]

HOSTILE = [
    "a",
    ";",
    "$$",
    "--",
    "-- x",
    "#",
    "/*",
    "*/",
    "/*!",
    "\n",
    "\r\n",
    "\\",
    "\\\\",
    "'",
    "''",
    '"',
    "`",
    "\x00",
]
TEXT = st.lists(st.sampled_from([*HOSTILE, "\x1a", "\u00e9", "\u8a93", "%s", "DELIMITER ;;\n"]), max_size=6).map(
    "".join
)
SAID = st.lists(st.sampled_from([one for one in HOSTILE if one != "\x00"]), max_size=5).map("".join)  # in a definition
BYTES = st.binary(max_size=12)
NAMES = ["t", "select", "a b", "quo`te", "semi;colon", "--dash", "it's", "/*mark*/", "t.dot"]
WHEN = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2037, 1, 1))


class Type(NamedTuple):
    """prefix: how many characters of it an index takes, 0 for all, None where there is no plain index of it."""

    name: str
    values: Values
    prefix: int | None = 0
    since: tuple[int, int, int] = (5, 6, 0)


TYPES = [
    Type("TINYINT", st.integers(-128, 127)),
    Type("INT UNSIGNED", st.integers(0, 2**32 - 1)),
    Type("BIGINT NOT NULL DEFAULT 7", st.integers(-(2**63), 2**63 - 1)),
    Type("DECIMAL(30,10)", st.decimals(-(10**9), 10**9, places=10)),
    Type("FLOAT", st.integers(-9999, 9999)),
    Type("DOUBLE", st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda one: one + 0.0)),
    Type("BIT(9)", st.integers(0, 511)),
    Type("CHAR(20)", TEXT),
    Type("VARCHAR(60) CHARACTER SET latin1", TEXT),
    Type("VARCHAR(60) CHARACTER SET gbk", TEXT, 10),
    Type("VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", TEXT, 15),
    Type("BINARY(7)", BYTES),
    Type("VARBINARY(90)", BYTES, 9),
    Type("TEXT", TEXT, 20),
    Type("MEDIUMBLOB", BYTES, 11),
    Type("DATE", WHEN.map(dt.datetime.date)),
    Type("TIME(6)", WHEN.map(dt.datetime.time)),
    Type("DATETIME(3) NULL", WHEN),
    Type("TIMESTAMP NULL", WHEN),
    Type("YEAR", st.integers(1970, 2100)),
    Type("ENUM('a;b','it''s','')", st.sampled_from(["a;b", "it's", ""])),
    Type("SET('x','y''','z;')", st.sampled_from(["x", "x,z;", ""])),
    Type("JSON", st.sampled_from(['{"a;": "it\'s"}', "[1, 2.5, null]", '"\\\\ \\" /*"']), None, (5, 7, 8)),
    Type("POINT", st.none(), None),
]


class Schema(NamedTuple):
    """statements: those that make it, in order, with their values."""

    statements: list[tuple[str, tuple[Any, ...]]]


@st.composite
def _table(draw: st.DrawFn, name: str, version: tuple[int, int, int], parent: str | None) -> Schema:
    types = draw(st.lists(st.sampled_from([one for one in TYPES if one.since <= version]), min_size=1, max_size=5))
    columns = [(f"c{number}" if number else "c`0", one) for number, one in enumerate(types)]
    partitioned = parent is None and draw(st.booleans()) and draw(st.booleans())
    own = draw(st.sampled_from(["PRIMARY KEY (id)", "UNIQUE KEY (id)", "KEY (id)"]))
    lines = ["id INT NOT NULL" + (" AUTO_INCREMENT" if draw(st.booleans()) else "")]
    lines += [f"{quote(at)} {one.name}" + _comment(draw) for at, one in columns]
    if version >= (5, 7, 6) and draw(st.booleans()):
        lines.append("g INT GENERATED ALWAYS AS (id * 2) " + draw(st.sampled_from(["VIRTUAL", "STORED"])))
        lines.append("KEY made (g)")
    lines.append(own)
    for number, (at, one) in enumerate(columns):
        if one.prefix is not None and draw(st.booleans()):
            part = quote(at) + (f"({one.prefix})" if one.prefix else "")
            order = draw(st.sampled_from(["", " DESC"])) if version >= (8, 0, 1) else ""
            lines.append(f"KEY {quote(f'k {number};')} (id, {part}{order})")
    texts = [at for at, one in columns if one.name in ("TEXT", "CHAR(20)")]
    if texts and not partitioned and draw(st.booleans()):
        lines.append(f"FULLTEXT KEY words ({quote(texts[0])})")
    if version >= (8, 0, 13) and draw(st.booleans()):
        lines.append("KEY functional ((id + 1))")
    if parent is not None:
        lines.append(f"CONSTRAINT {quote('fk ' + name)} FOREIGN KEY (id) REFERENCES {quote(parent)} (id)")
    options = draw(st.sampled_from(["", " AUTO_INCREMENT=40", " ROW_FORMAT=DYNAMIC", " DEFAULT CHARSET=latin1"]))
    options += _comment(draw) + (" PARTITION BY HASH (id) PARTITIONS 3" if partitioned else "")
    made = [(f"CREATE TABLE {quote(name)} (\n{', '.join(lines)}\n) ENGINE=InnoDB{options}", ())]
    marks = ", ".join(["%s"] * (1 + len(columns)))
    named = ", ".join(["id", *(quote(at) for at, _one in columns)])
    for number in range(draw(st.integers(0, 6))):
        row = tuple(draw(st.one_of(st.none(), one.values)) for _at, one in columns)
        made.append((f"INSERT IGNORE INTO {quote(name)} ({named}) VALUES ({marks})", (number + 1, *row)))
    return Schema(made)


def _comment(draw: st.DrawFn) -> str:
    said = draw(st.one_of(st.just(""), SAID))
    return " COMMENT '%s'" % said.replace("\\", "\\\\").replace("'", "''").replace("%", "%%") if said else ""


@st.composite
def schemas(draw: st.DrawFn, version: tuple[int, int, int]) -> Schema:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    statements = []
    for number, name in enumerate(names):
        parent = names[0] if number and draw(st.booleans()) else None
        statements += draw(_table(name, version, parent)).statements
    said = draw(SAID).replace("*/", "").replace("/*", "").replace("\n", " ").replace("\r", "")
    literal = "'%s'" % said.replace("\\", "\\\\").replace("'", "''")
    around: list[Callable[[str], str]] = [
        lambda name: f"CREATE VIEW {quote('v ' + name)} AS SELECT id, {literal} AS said FROM {quote(name)}",
        lambda name: (
            f"CREATE TRIGGER {quote('tr ' + name)} AFTER INSERT ON {quote(name)} FOR EACH ROW BEGIN"
            f" INSERT INTO fired VALUES ({literal}); END"
        ),
        lambda name: f"CREATE PROCEDURE {quote('p ' + name)} () BEGIN SELECT {literal}; /* ; */ SELECT 1; END",
        lambda name: f"CREATE FUNCTION {quote('f ' + name)} () RETURNS TEXT DETERMINISTIC RETURN {literal}",
        lambda name: f"CREATE EVENT {quote('e ' + name)} ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1",
    ]
    statements.append(("CREATE TABLE fired (said TEXT)", ()))
    statements += [(make(draw(st.sampled_from(names))), ()) for make in around if draw(st.booleans())]
    return Schema(statements)
