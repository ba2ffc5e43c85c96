# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes every topic of the data set is written in, and the choice by server version."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple, TypeVar

from pymysql.cursors import Cursor

Version = tuple[int, int, int]
Row = tuple[object, ...]

OLDEST: Version = (5, 6, 0)


class Table(NamedTuple):
    """One table and where its rows come from.

    `definition` is what follows CREATE TABLE <name>. `rows(random, scale)` yields tuples that fit `columns`
    (a column that the server fills itself is left out); str, bytes (stored as they are), numbers or None.
    `since` is the first server version that has what the definition uses.
    """

    schema: str
    name: str
    definition: str
    columns: tuple[str, ...]
    rows: Callable[[Random, float], Iterable[Row]]
    since: Version = OLDEST


class Statement(NamedTuple):
    """One statement, sent in a session of its own kind: stored programs remember sql_mode, charset and time zone."""

    sql: str
    sql_mode: str = "NO_ENGINE_SUBSTITUTION"
    charset: str = "utf8mb4"
    time_zone: str = "+00:00"
    since: Version = OLDEST


Versioned = TypeVar("Versioned", Table, Statement)


def parse_version(text: str) -> Version:
    """`5.6.24-log` -> (5, 6, 24). Raises ValueError when there is no version in it."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    if not match:
        raise ValueError(f"not a server version: {text!r}")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def server_version(cursor: Cursor) -> Version:
    """The version of the server at the other end of a connection with plain (tuple) cursors."""
    cursor.execute("SELECT VERSION()")
    (text,) = cursor.fetchone() or ("no answer",)
    return parse_version(text)


def known_to(version: Version, things: Iterable[Versioned]) -> list[Versioned]:
    """The things that a server of this version has, in their order."""
    return [thing for thing in things if thing.since <= version]


def quote(name: str) -> str:
    """An identifier in backticks."""
    return "`" + name.replace("`", "``") + "`"


def many(count: int, scale: float) -> int:
    """A row count at this scale, never zero: other tables refer to row 1."""
    return max(1, round(count * scale))
