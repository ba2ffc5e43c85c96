# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of InnoDB's files: is one what InnoDB wrote, and what does its dictionary say of a table. Pure.

A server that reads a damaged page of a system table dies of it, so the file is looked at before the server is asked.
Offsets are those of MySQL's manual, "InnoDB Page Structure" of the internals, and were seen on 5.6.24 and 9.7.4.
Before 8.0 the dictionary is in the first pages of the system tablespace: page 7 tells where SYS_TABLES begins, which is
a B-tree of records in the redundant format.
"""

import struct
from typing import Dict, Iterator, List, Optional, Tuple

PAGE_SIZE = 16384  # bytes, unless innodb_page_size says otherwise
MOST_HEADERS = 1024  # bytes that every page has, and all that is read here of a page's head
DICTIONARY_HEADER = 7  # page
_SYS_TABLES_ROOT = 38 + 32
_NEXT_PAGE = 12
_LEVEL = 64
_INFIMUM, _SUPREMUM = 101, 116
_MOST_RECORDS, _MOST_FIELDS = 2000, 10  # of a page of SYS_TABLES, of one of its records
_NO_PAGE = 0xFFFFFFFF
_NO_CHECKSUM = 0xDEADBEEF
# Type of a page that is compressed, encrypted or both: its checksum and trailer are of another kind.
_TRANSFORMED = (14, 15, 16, 17)


def damage(page: bytes, number: int, space: Optional[int], checksums: bool = True) -> Optional[str]:
    """What is wrong with a page of a file, None when nothing is. space: the tablespace it belongs to, None unknown.

    Without checksums it is only looked at whether the page is in its place and was written whole.
    """
    if not any(page):
        return None  # never used
    (here,) = struct.unpack_from(">I", page, 4)
    if here != number:
        return "it says that it is page %d" % here
    if space is not None and space_of(page) != space:
        return "it says that it belongs to tablespace %d, not %d" % (space_of(page), space)
    (type_of_page,) = struct.unpack_from(">H", page, 24)
    if type_of_page in _TRANSFORMED:
        return None
    if page[20:24] != page[-4:]:
        return "its head and its end are of different writes"
    if checksums and not _checksum_is_right(page):
        return "its checksum is wrong"
    return None


def space_of(page: bytes) -> int:
    """The tablespace that a page says it belongs to."""
    return int(struct.unpack_from(">I", page, 34)[0])


def page_size_of(first_page: bytes) -> int:
    """From the flags on the first page of a tablespace; bytes."""
    (flags,) = struct.unpack_from(">I", first_page, 54)
    shift = (flags >> 6) & 0xF
    return 512 << shift if 3 <= shift <= 7 else PAGE_SIZE


def pages_of(first_page: bytes) -> int:
    """How many pages a tablespace says it has."""
    return int(struct.unpack_from(">I", first_page, 46)[0])


def sys_tables_root(header: bytes) -> int:
    """Number of the root page of SYS_TABLES, from the page DICTIONARY_HEADER."""
    return int(struct.unpack_from(">I", header, _SYS_TABLES_ROOT)[0])


def next_page(page: bytes) -> Optional[int]:
    (number,) = struct.unpack_from(">I", page, _NEXT_PAGE)
    return None if number == _NO_PAGE else int(number)


def leftmost_child(page: bytes) -> Optional[int]:
    """The page one level below, at the left end of the tree; None for a leaf."""
    if struct.unpack_from(">H", page, _LEVEL)[0] == 0:
        return None
    for fields in _records(page):
        return int(struct.unpack(">I", fields[-1])[0]) if fields and len(fields[-1]) == 4 else None
    return None


def spaces_of_tables(leaf: bytes) -> Dict[str, int]:
    """``mysql/innodb_table_stats`` -> its tablespace, for all rows of a leaf of SYS_TABLES."""
    return {
        fields[0].decode("utf-8", "replace"): int(struct.unpack(">I", fields[9])[0])
        for fields in _records(leaf)
        if len(fields) > 9 and len(fields[9]) == 4
    }


def _records(page: bytes) -> Iterator[List[bytes]]:
    """The fields of each record that is not deleted, in order; ends at whatever is no record."""
    at, seen = _next_record(page, _INFIMUM), 0
    while _SUPREMUM < at < len(page) - 8 and seen < _MOST_RECORDS:
        seen += 1
        info, count, short = page[at - 6], ((page[at - 4] << 8 | page[at - 3]) >> 1) & 0x3FF, page[at - 3] & 1
        if count > _MOST_FIELDS:
            return
        if not info & 0x20:  # not marked as deleted
            yield list(_fields(page, at, count, bool(short)))
        at = _next_record(page, at)


def _next_record(page: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", page, at - 2)[0])


def _fields(page: bytes, at: int, count: int, short: bool) -> Iterator[bytes]:
    begin = 0
    for number in range(count):
        if short:
            end = page[at - 7 - number] & 0x7F
        else:
            end = (page[at - 8 - 2 * number] << 8 | page[at - 7 - 2 * number]) & 0x3FFF
        yield page[at + begin : at + end]
        begin = end


def _checksum_is_right(page: bytes) -> bool:
    (stored,) = struct.unpack_from(">I", page, 0)
    if stored == _NO_CHECKSUM:
        return True
    head, body = page[4:26], page[38:-8]
    # crc32 since 5.7 (of 5.6 by option); big-endian for files that 5.6 wrote on another machine is not looked for.
    if stored == _crc32c(head) ^ _crc32c(body):
        return True
    return bool(stored == (_fold(head) + _fold(body)) & 0xFFFFFFFF)


def _make_table() -> Tuple[int, ...]:
    table = []
    for value in range(256):
        for _bit in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC = _make_table()


def _crc32c(data: bytes) -> int:
    value, table = 0xFFFFFFFF, _CRC
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def _fold(data: bytes) -> int:
    """InnoDB's own sum, which 5.6 uses by default."""
    value = 0
    for byte in data:
        value = (((((value ^ byte ^ 1653893711) << 8) + value) ^ 1463735687) + byte) & 0xFFFFFFFF
    return value
