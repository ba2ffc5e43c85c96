# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of an INSERT, as a LOAD DATA takes them: the same bytes, without the server's parser of SQL. Pure.

That parser makes an object of each value of a statement, which costs more than the row itself. What stands behind
VALUES is also a file of fields, with commas between them, quotes around some, and `),(` between rows. But LOAD DATA
reads a few things in another way than SQL, and LOCAL makes errors into warnings. So a statement is made into data only
where each value says the same in both, and whoever runs it has to believe it only when there was no warning.
"""

import re
from typing import Any, NamedTuple, Optional

#: They write numbers without quotes into columns of numbers only. Of a text, SQL makes 7 where data says 007.
TOOLS = ("mysqldump", "mariadb-dump")
#: Shorter statements are parsed in less time than it takes to ask for a file.
WORTH_IT = 16 << 10
# Character sets in which no byte of a character is a quote, a backslash or a comma.
_CHARSETS = ("utf8mb4", "utf8mb3", "utf8", "latin1", "ascii")
_BETWEEN_ROWS = re.compile(rb"\),(\r?\n)?\(")
# Types whose values stand in a dump as numbers, or between quotes with nothing before them.
_TYPES = re.compile(
    rb"(?:tinyint|smallint|mediumint|int|bigint|decimal|float|double|char|varchar|tinytext|text|mediumtext|longtext"
    rb"|date|time|datetime|timestamp|year|enum|set)\b"
)
_SPECIAL = re.compile(rb"\b(?:GENERATED|AS \(|INVISIBLE)")
_OF_NUMBERS = b"0123456789,().+-eE"


class Data(NamedTuple):
    """statement: LOAD DATA, into the same columns. rows: what its file is to hold."""

    statement: bytes
    rows: bytes


def is_plain(column: bytes) -> bool:
    """Whether the values of a column may go as data. column: what follows its name in the definition."""
    return _TYPES.match(column) is not None and not _SPECIAL.search(column)


def as_data(text: bytes, head: Any, first_row_end: int, charset: str, backslash_escapes: bool) -> Optional[Data]:
    """None where a value could be read in two ways.

    text: an INSERT that is whole. head: the match of what stands before its first row, with the groups `into` and
    `columns`. first_row_end: the offset behind the closing bracket of the first row.
    """
    if len(text) < WORTH_IT or charset not in _CHARSETS or not backslash_escapes or not text.endswith(b")"):
        return None
    between = _BETWEEN_ROWS.match(text, first_row_end - 1)
    if between is None:  # a single row has nothing to win
        return None
    rows = text[head.end() : -1]
    # What is left of backslashes after this opens an escape that is none of a quote or a backslash.
    bare = rows.replace(b"\\\\", b"").replace(b"\\'", b"") if b"\\" in rows else rows
    if b"\\N" in bare or b"\\%" in bare or b"\\_" in bare:
        return None
    outside = b"".join(bare.split(b"'")[::2]).replace(between.group(), b",").replace(b"NULL", b"")
    if outside.translate(None, _OF_NUMBERS):
        return None
    statement = (
        b"LOAD DATA LOCAL INFILE 'rows' INTO TABLE %s CHARACTER SET %s FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY"
        b" '\\'' ESCAPED BY '\\\\' LINES TERMINATED BY '%s'%s"
        % (
            head.group("into"),
            charset.encode("ascii"),
            between.group().replace(b"\r", b"\\r").replace(b"\n", b"\\n"),
            b" (%s)" % head.group("columns") if head.group("columns") else b"",
        )
    )
    return Data(statement, rows)
