# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A statement that sums up the rows of a table, for tables that CHECKSUM TABLE cannot sum up. Pure.

CHECKSUM TABLE reads the hidden columns of functional key parts, too; for those of a multi-valued index it answers
another number each time it is asked, on one unchanged table (seen on 9.7.4).
"""

from typing import Dict, List, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier

# type in information_schema.COLUMNS -> how its value becomes text without loss; %s is the column
_TEXT: Dict[str, str] = {
    "float": "CAST(%s AS DOUBLE)",
    "bit": "%s + 0",
    "json": "CAST(%s AS CHAR CHARACTER SET utf8mb4)",
}
_DIGEST = "SELECT CAST(COALESCE(SUM(%s), 0) AS CHAR) AS digest FROM %s"
_BINARY_ALREADY = frozenset(
    ["geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection"]
)


def row_digest(schema: str, table: str, columns: List[Tuple[str, str]]) -> str:
    """SELECT of one integer ``digest``, equal for equal rows in any order; columns: (name, type).

    Each row becomes the SHA-256 of its values, each in hexadecimal, NULL apart from everything else; 64 bits of it are
    summed up, so that a row that is there twice counts twice.
    """
    values = ", ".join("IFNULL(HEX(%s), 'NULL')" % _as_bytes(identifier(name), kind) for name, kind in columns)
    row = "CAST(CONV(LEFT(SHA2(CONCAT_WS(',', %s), 256), 16), 16, 10) AS DECIMAL(20))" % values
    return _DIGEST % (row, identifier(schema, table))


def _as_bytes(column: str, kind: str) -> str:
    if kind in _BINARY_ALREADY:
        return column
    return "CAST(%s AS BINARY)" % (_TEXT.get(kind, "%s") % column)
