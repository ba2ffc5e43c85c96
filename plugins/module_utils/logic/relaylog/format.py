# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Relay log events as they lie on disk: numbers, layouts, and the few bodies that a judgement needs. Pure.

All integers are little-endian. Sources: MySQL internals ("Binary Log Event Structure"), MariaDB knowledge base
("Replication Protocol"), and files written by 5.6.24, 9.7.4 and MariaDB 10.11 servers. All sizes are in bytes.
"""

import re
import struct
import zlib
from typing import Dict, List, NamedTuple, Tuple, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet, Interval, Key

MAGIC = b"\xfebin"
ENCRYPTED_MAGIC = b"\xfdbin"  # MySQL 8.0.14 and later: the whole file is ciphertext after a header of 512 bytes
FIRST_EVENT = 4
HEADER_SIZE = 19
CHECKSUM_SIZE = 4
LARGEST_EVENT = 1 << 30  # what replica_max_allowed_packet may be at the most; no server reads a larger event

QUERY, STOP, ROTATE, FORMAT, XID = 2, 3, 4, 15, 16
GTID, ANONYMOUS_GTID, PREVIOUS_GTIDS, VIEW_CHANGE = 33, 34, 35, 37
TRANSACTION_PAYLOAD, GTID_TAGGED = 40, 42
MARIADB_GTID = 162
ENCRYPTION_STARTS = (159, 164)  # Percona 5.7; MariaDB

IN_USE, ARTIFICIAL, RELAY_LOG, IGNORABLE = 0x01, 0x20, 0x40, 0x80
UNKNOWN_FLAGS = 0x3C00  # bits that no server sets
STMT_END = 0x01  # of rows
STANDALONE = 0x01  # of a MariaDB GTID: one statement without an end of its own

# CRC-32 of an intact event with its own CRC-32 at its end, whatever the event is
INTACT = 0x2144DF1C

# A description by a server older than 5.6.1 (27 event types), and 5 bytes more where a newer one has written it again
_LARGEST_UNAWARE = HEADER_SIZE + 57 + 27 + 5
_HEADER = struct.Struct("<IBIIIH")
_VERSION = re.compile(r"([0-9]+)\.([0-9]*)\.?([0-9]*)")
_NAMES = {
    2: "Query",
    3: "Stop",
    4: "Rotate",
    5: "Intvar",
    9: "Append_block",
    11: "Delete_file",
    13: "Rand",
    14: "User_var",
    15: "Format_description",
    16: "Xid",
    17: "Begin_load_query",
    18: "Execute_load_query",
    19: "Table_map",
    23: "Write_rows_v1",
    24: "Update_rows_v1",
    25: "Delete_rows_v1",
    26: "Incident",
    27: "Heartbeat",
    28: "Ignorable",
    29: "Rows_query",
    30: "Write_rows",
    31: "Update_rows",
    32: "Delete_rows",
    33: "Gtid",
    34: "Anonymous_gtid",
    35: "Previous_gtids",
    36: "Transaction_context",
    37: "View_change",
    38: "XA_prepare",
    39: "Partial_update_rows",
    40: "Transaction_payload",
    41: "Heartbeat_v2",
    42: "Gtid_tagged",
    159: "Start_encryption (Percona)",
    160: "Annotate_rows",
    161: "Binlog_checkpoint",
    162: "Gtid (MariaDB)",
    163: "Gtid_list",
    164: "Start_encryption (MariaDB)",
    165: "Query_compressed",
}


def event_name(number: int) -> str:
    """What a person calls an event type."""
    return "%s (%d)" % (_NAMES[number], number) if number in _NAMES else "type %d" % number


class Malformed(Exception):
    """A body that does not hold what its type promises; the text says what."""


class Header(NamedTuple):
    """log_pos is the end of the event in the log of the server that wrote it, modulo 2**32; 0 when artificial."""

    timestamp: int
    type: int
    server_id: int
    size: int
    log_pos: int
    flags: int

    @classmethod
    def read(cls, data: Union[bytes, bytearray], at: int = 0) -> "Header":
        return cls(*_HEADER.unpack_from(data, at))


class Description(NamedTuple):
    """What a Format_description event says of the events after it.

    version: of its server, (0, 0, 0) when the text is none. checksummed: every event after this one carries a CRC-32.
    self_checked: this event itself does; one that does not was written by a server older than 5.6.1.
    """

    server_version: str
    version: Tuple[int, int, int]
    checksummed: bool
    self_checked: bool

    @property
    def mariadb(self) -> bool:
        return "mariadb" in self.server_version.lower()

    @property
    def claims_unfinished(self) -> bool:
        """Whether a Previous_gtids of this server may name a transaction that the log does not hold whole (5.6)."""
        return not self.mariadb and self.version < (5, 7, 6)


def description(event: bytes) -> Description:
    """Read a whole Format_description event. Raises Malformed."""
    if len(event) < HEADER_SIZE + 57:
        raise Malformed("it is too short")
    if struct.unpack_from("<H", event, 19)[0] != 4:
        raise Malformed("its binlog version is not 4")
    if event[75] != HEADER_SIZE:
        raise Malformed("its events have a header of %d bytes" % event[75])
    text = event[21:71].split(b"\0")[0].decode("latin-1")
    version = _version(text)
    aware = version >= (5, 3, 0) if "mariadb" in text.lower() else version >= (5, 6, 1)
    if not aware:
        if len(event) > _LARGEST_UNAWARE:
            raise Malformed("its server version %r does not fit its size" % text)
        return Description(text, version, False, False)
    if len(event) < HEADER_SIZE + 57 + 5:
        raise Malformed("it is too short for its server version %s" % text)
    if event[-5] not in (0, 1, 255):
        raise Malformed("its checksum algorithm is %d" % event[-5])
    if not intact(event):
        raise Malformed("its checksum is wrong")
    return Description(text, version, event[-5] == 1, True)


def intact(event: bytes) -> bool:
    """Whether the CRC-32 at the end of an event is right; a Format_description was summed with IN_USE cleared."""
    if event[4] == FORMAT and event[17] & IN_USE:
        event = event[:17] + bytes([event[17] & ~IN_USE]) + event[18:]
    return zlib.crc32(event) == INTACT


def _version(text: str) -> Tuple[int, int, int]:
    """As servers read it: three numbers below 256, the first followed by a dot; (0, 0, 0) for anything else."""
    found = _VERSION.match(text)
    numbers = [int(number or 0) for number in found.groups()] if found else [0, 0, 0]
    return (numbers[0], numbers[1], numbers[2]) if max(numbers) < 256 else (0, 0, 0)


def query_text(event: bytes, trailer: int, largest: int = 64) -> bytes:
    """The beginning of a Query event's statement, and nothing of it where it is longer than ``largest``.

    trailer: 4 where the log has checksums, else 0. Enough for all that decides where a transaction ends: a text that is
    longer comes back cut, and so cannot be taken for a shorter one. Raises Malformed.
    """
    if len(event) < 32:
        raise Malformed("it is too short")
    database, status = event[27], event[30] | event[31] << 8
    begin = 32 + status + database + 1
    if begin > len(event) - trailer:
        raise Malformed("its parts are longer than itself")
    return bytes(event[begin : min(len(event) - trailer, begin + largest)])


def rotate(event: bytes, trailer: int) -> Tuple[str, int]:
    """The next log's name, and the position to go on from. Raises Malformed."""
    if len(event) < 27 + trailer:
        raise Malformed("it is too short")
    position: int = struct.unpack_from("<Q", event, 19)[0]
    return bytes(event[27 : len(event) - trailer]).rstrip(b"\0").decode("utf-8", "replace"), position


def gtid_of(event: bytes) -> Tuple[Key, int]:
    """((uuid, tag), number) of a Gtid, Anonymous_gtid or tagged Gtid event. Raises Malformed."""
    try:
        if event[4] == GTID_TAGGED:
            return _tagged(event)
        if len(event) < 44:
            raise Malformed("it is too short")
        return (uuid_text(event[20:36]), ""), struct.unpack_from("<q", event, 36)[0]
    except (IndexError, struct.error, UnicodeDecodeError):
        raise Malformed("it cannot be decoded") from None


def mariadb_gtid(event: bytes) -> Tuple[str, bool]:
    """(domain-server-sequence, standalone) of a MariaDB Gtid event. Raises Malformed."""
    if len(event) < 32:
        raise Malformed("it is too short")
    sequence, domain, flags = struct.unpack_from("<QIB", event, 19)
    return "%d-%d-%d" % (domain, struct.unpack_from("<I", event, 5)[0], sequence), bool(flags & STANDALONE)


def previous_gtids(event: bytes, trailer: int) -> GtidSet:
    """The set that a Previous_gtids event holds. Raises Malformed."""
    body = bytes(event[19 : len(event) - trailer])
    found: Dict[Key, List[Interval]] = {}
    try:
        (first,) = struct.unpack_from("<Q", body)
        tags = first >> 56 == 1
        at = 8
        for _number in range((first >> 8) & (1 << 48) - 1 if tags else first):
            uuid, tag = uuid_text(body[at : at + 16]), ""
            at += 16
            if tags:
                length = body[at] >> 1
                tag = body[at + 1 : at + 1 + length].decode("ascii")
                at += 1 + length
            (count,) = struct.unpack_from("<Q", body, at)
            if count > len(body):
                raise Malformed("it is too short for its intervals")
            numbers = struct.unpack_from("<%dq" % (2 * count), body, at + 8)
            at += 8 + 16 * count
            found[uuid, tag] = [(low, high - 1) for low, high in zip(numbers[::2], numbers[1::2])]
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError):
        raise Malformed("it cannot be decoded") from None
    if at != len(body):
        raise Malformed("it has bytes left over")
    return GtidSet(found)


def uuid_text(raw: bytes) -> str:
    if len(raw) != 16:
        raise Malformed("a server uuid is cut")
    digits = bytes(raw).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _tagged(event: bytes) -> Tuple[Key, int]:
    """A message of numbered fields: 0 flags, 1 uuid, 2 number, 3 tag; each begins with its number (8.3 and later)."""
    at = HEADER_SIZE
    for _field in ("version", "size", "last field that must be understood"):
        _value, at = _varlen(event, at)
    uuid, number, tag = b"", 0, ""
    for wanted in range(4):
        field, at = _varlen(event, at)
        if field != wanted:
            raise Malformed("it cannot be decoded")
        if field == 0:
            _value, at = _varlen(event, at)
        elif field == 1:
            octets = []
            for _octet in range(16):
                value, at = _varlen(event, at)
                octets.append(value & 0xFF)
            uuid = bytes(octets)
        elif field == 2:
            value, at = _varlen(event, at)
            number = value >> 1  # the lowest bit is the sign
        else:
            length, at = _varlen(event, at)
            tag = bytes(event[at : at + length]).decode("ascii")
    return (uuid_text(uuid), tag), number


def _varlen(event: bytes, at: int) -> Tuple[int, int]:
    """An integer of 1 to 9 bytes, as many more as its first byte has low bits set; and where the next one begins."""
    more = 0
    while more < 8 and event[at] >> more & 1:
        more += 1
    end = at + 1 + more
    if end > len(event):
        raise Malformed("a number is cut")
    return int.from_bytes(bytes(event[at:end]), "little") >> min(more + 1, 8), end
