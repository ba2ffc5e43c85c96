# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as INSERTs, of the values that a server sends to a session of utf8mb4 and UTC. Pure.

As mysqldump --hex-blob writes them, which cannot be told to read a table by HANDLER.
"""

from typing import List, Optional, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier

# Numbers of MySQL's protocol (enum_field_types)
_NUMBERS = frozenset([0, 1, 2, 3, 4, 5, 8, 9, 13, 246])
_BIT, _GEOMETRY = 16, 255
_STRINGS = frozenset([15, 249, 250, 251, 252, 253, 254])
_BINARY = 63  # character set
_ESCAPED = {
    ord("\\"): "\\\\",
    ord("'"): "\\'",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    0: "\\0",
    26: "\\Z",
}

# What a session needs that is to read these INSERTs; it is one of its own, and nothing is put back.
HEAD = (
    "/*!40101 SET NAMES utf8mb4 */;\n"
    "/*!40103 SET TIME_ZONE='+00:00' */;\n"
    "/*!40014 SET UNIQUE_CHECKS=0 */;\n"
    "/*!40014 SET FOREIGN_KEY_CHECKS=0 */;\n"
    "/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
)


def insert_head(table: str, names: Sequence[str]) -> bytes:
    """names: of the columns whose values follow."""
    told = "INSERT INTO %s (%s) VALUES "
    return (told % (identifier(table), ", ".join(identifier(name) for name in names))).encode("utf-8")


def row(values: Sequence[Optional[bytes]], kinds: Sequence[int], charsets: Sequence[int]) -> bytes:
    """One row in parentheses. kinds, charsets: of the fields, as the server has told them."""
    parts: List[bytes] = [literal(*each) for each in zip(values, kinds, charsets)]
    return b"(%s)" % b",".join(parts)


def literal(value: Optional[bytes], kind: int, charset: int) -> bytes:
    if value is None:
        return b"NULL"
    if kind in _NUMBERS:
        return value
    if kind in (_BIT, _GEOMETRY) or (kind in _STRINGS and charset == _BINARY):
        return b"0x" + value.hex().upper().encode("ascii") if value else b"''"
    return b"'%s'" % value.decode("utf-8", "surrogateescape").translate(_ESCAPED).encode("utf-8", "surrogateescape")
