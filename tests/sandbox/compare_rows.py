# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the rows of one table byte by byte: every value as text that stands for exactly one value.

First a checksum in SQL that does not depend on the order of rows and counts duplicates; only where it differs, the
rows themselves are fetched to say which.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pymysql
import pymysql.cursors

from .compare_definitions import Name, display
from .dataset.record import quote

SHOWN = 3  # rows named in a difference
Images = tuple[str, ...]


class Checksum(NamedTuple):
    """The number of rows, and the sums of the four 64 bit words of their SHA-256 digests."""

    rows: int
    words: tuple[int, ...]


class Column(NamedTuple):
    name: str
    data_type: str


# A string's image is hexadecimal up to 31 bytes (62 digits), above its digest (64 digits); NULL's is the letter N.
# Nothing is converted to another charset, so that every byte counts.
STRING = "IFNULL(IF(LENGTH({0}) < 32, HEX({0}), SHA2({0}, 256)), 'N')"
# the index too: the empty string of a value that was refused is not a member ''
MEMBERS = "IFNULL(CONCAT({0} + 0, '=', HEX({0})), 'N')"
# a FLOAT's own text has six digits only; as a DOUBLE it has all
REAL = "IFNULL({0} * 1e0, 'N')"
BITS = "IFNULL(HEX({0} + 0), 'N')"
PLAIN = "IFNULL({0}, 'N')"

IMAGES: dict[str, str] = {
    "enum": MEMBERS,
    "set": MEMBERS,
    "float": REAL,
    "double": REAL,
    "bit": BITS,
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "decimal"), PLAIN),
    **dict.fromkeys(("date", "datetime", "timestamp", "time", "year"), PLAIN),
}


def checksum(session: pymysql.Connection, table: Name) -> Checksum:
    """Of all rows as this session sees them."""
    images = ", ".join(_images(_columns(session, table)))
    words = ", ".join(f"SUM(CAST(CONV(SUBSTR(d, {start}, 16), 16, 10) AS UNSIGNED))" for start in (1, 17, 33, 49))
    with session.cursor() as cursor:
        # the LIMIT keeps newer servers from computing the digest once a word
        cursor.execute(
            f"SELECT COUNT(*), {words} FROM (SELECT SHA2(CONCAT_WS(',', {images}), 256) AS d FROM {display(table)}"
            f" LIMIT 18446744073709551615) AS digests"
        )
        rows, *sums = cursor.fetchone() or (0,)
    return Checksum(rows, tuple(int(word or 0) for word in sums))


def explain(source: pymysql.Connection, replica: pymysql.Connection, table: Name) -> str:
    """Which rows differ, by primary key where there is one, and in which columns."""
    there = {column.name for column in _columns(replica, table)}
    columns = [column for column in _columns(source, table) if column.name in there]
    here_rows, there_rows = (_fetch(session, table, columns) for session in (source, replica))
    missing, extra = here_rows - there_rows, there_rows - here_rows
    key = [columns.index(column) for column in columns if column.name in _primary_key(source, table)]
    changed = _changed(missing, extra, key)
    parts = [f"{missing.total()} rows only on the source, {extra.total()} only on the replica"]
    for values, before, after in changed[:SHOWN]:
        names = [column.name for column, one, other in zip(columns, before, after, strict=True) if one != other]
        parts.append(f"({', '.join(values)}): {', '.join(names)}")
    if not changed:
        for place, rows in (("source", missing), ("replica", extra)):
            for row in list(rows)[:SHOWN]:
                shown = tuple(row[index] for index in key) or row
                parts.append(f"only on the {place}: ({', '.join(map(_readable, shown))})")
    return "; ".join(parts)


def _changed(missing: Counter[Images], extra: Counter[Images], key: list[int]) -> list[tuple[Images, Images, Images]]:
    """The rows that are on both sides by key but differ: key, source's row, replica's row."""
    if not key:
        return []
    by_key = {tuple(row[index] for index in key): row for row in extra}
    found = []
    for row in missing:
        values = tuple(row[index] for index in key)
        if values in by_key:
            found.append((tuple(map(_readable, values)), row, by_key[values]))
    return found


def _readable(image: str) -> str:
    """A short string's hexadecimal image with the text it stands for; other images are readable."""
    if len(image) % 2 == 0 and len(image) < 64 and not image.isdigit():
        try:
            return repr(bytes.fromhex(image).decode("utf-8", "backslashreplace"))
        except ValueError:
            return image
    return image


def _fetch(session: pymysql.Connection, table: Name, columns: list[Column]) -> Counter[Images]:
    with session.cursor(pymysql.cursors.SSCursor) as cursor:
        cursor.execute(f"SELECT {', '.join(_images(columns))} FROM {display(table)}")
        return Counter(tuple(map(str, row)) for row in cursor)


def _images(columns: list[Column]) -> list[str]:
    return [IMAGES.get(column.data_type, STRING).format(quote(column.name)) for column in columns]


def _columns(session: pymysql.Connection, table: Name) -> list[Column]:
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
            (table.schema, table.object),
        )
        return [Column(*row) for row in cursor.fetchall()]


def _primary_key(session: pymysql.Connection, table: Name) -> set[str]:
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT COLUMN_NAME FROM information_schema.STATISTICS"
            " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND INDEX_NAME = 'PRIMARY'",
            (table.schema, table.object),
        )
        return {row[0] for row in cursor.fetchall()}
