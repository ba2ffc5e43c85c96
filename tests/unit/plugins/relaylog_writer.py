# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes relay logs as servers do, event by event, for tests: MySQL 5.6 and 9.7, MariaDB 10.11.

    log = RelayLog(MYSQL_97).header(previous="uuid:1-3")
    log.transaction(4)
    log.data                      the bytes
    log.starts                    where each event begins
    log.boundaries                where the log may end: behind each transaction

Bodies hold what a reader of relay logs looks at; MySQL's own programs read them too (see the benchmark).
"""

import struct
import zlib

UUID = "11111111-2222-3333-4444-555555555555"
SOURCE_ID, OWN_ID = 1, 2
WHEN = 1400000001

_LENGTHS_56 = "380d0008001200040404041200005c00041a08000000080808020000000a0a0a191900"
_LENGTHS_97 = "000d0008000000000400040000006300041a08000000000000020000000a0a0a2a2a001234000a280000"
# version text, post-header lengths of its event types, whether relay logs begin with Previous_gtids
MYSQL_55 = ("5.5.62-log", _LENGTHS_56[:54], False)
MYSQL_56 = ("5.6.24-log", _LENGTHS_56, True)
MYSQL_97 = ("9.7.4-2", _LENGTHS_97, True)
MARIADB = ("10.11.18-MariaDB-log", _LENGTHS_56[:54] + "00" * 144, False)


class RelayLog:
    """One file. checksum: of the replica's own events, until a description of the source changes it."""

    def __init__(self, server=MYSQL_97, checksum=True, magic=b"\xfebin"):
        self.server = server
        self.data = bytearray(magic)
        self.starts = []
        self.boundaries = []
        self.checksum = checksum
        self.source_pos = 4

    # -- events --------------------------------------------------------------------------------------------------------

    def event(self, number, body=b"", server_id=SOURCE_ID, flags=0, log_pos=None, when=WHEN, checksum=None):
        """Append an event; log_pos is the source's unless given. Returns where it begins."""
        summed = self.checksum if checksum is None else checksum
        size = 19 + len(body) + (4 if summed else 0)
        if log_pos is None:
            self.source_pos += size
            log_pos = self.source_pos
        start = len(self.data)
        event = struct.pack("<IBIIIH", when, number, server_id, size, log_pos & 0xFFFFFFFF, flags) + body
        if summed:
            plain = event[:17] + bytes([event[17] & ~1]) + event[18:] if number == 15 else event
            event += struct.pack("<I", zlib.crc32(plain))
        self.starts.append(start)
        self.data += event
        return start

    def own(self, number, body=b"", flags=0x40):
        """An event of the replica itself: it knows where in the relay log it ends."""
        size = 19 + len(body) + (4 if self.checksum else 0)
        return self.event(number, body, OWN_ID, flags, len(self.data) + size)

    def description(self, server=None, checksum=None, server_id=SOURCE_ID, flags=0, log_pos=None):
        """A Format_description; a server older than 5.6.1 has no byte for a checksum in it."""
        version, lengths, _gtids = server or self.server
        aware = version != MYSQL_55[0]
        wanted = self.checksum if checksum is None else checksum
        body = struct.pack("<H50sIB", 4, version.encode(), WHEN, 19) + bytes.fromhex(lengths)
        body += bytes([int(wanted)]) if aware else b""
        if server_id == OWN_ID:
            log_pos = len(self.data) + 19 + len(body) + 4
        self.event(15, body, server_id, flags, log_pos, checksum=aware)
        self.checksum = wanted and aware
        return self.starts[-1]

    def header(self, previous="", source=None, rotate="mysql-bin.000001", continues=False, source_checksum=None):
        """What a receiver writes first; continues: a file that goes on where the last one was full."""
        self.description(server_id=OWN_ID, flags=0x40)
        if self.server[2]:
            self.previous_gtids(previous)
        if not continues:
            self.rotate(rotate)
        wanted = self.checksum if source_checksum is None else source_checksum
        flags, log_pos = (0x20, 0) if continues else (0, None)
        self.description(source or self.server, wanted, flags=flags, log_pos=log_pos)
        return self

    def header_size(self):
        """Where the events that open the file end; transactions must have been written."""
        after_header = {2, 5, 13, 14, 19, 30, 33, 34, 42, 162}
        return next(start for start in self.starts if self.data[start + 4] in after_header)

    def previous_gtids(self, text):
        sets = [member.split(":") for member in text.split(",") if member]
        body = struct.pack("<Q", len(sets))
        for uuid, *ranges in sets:
            body += bytes.fromhex(uuid.replace("-", "")) + struct.pack("<Q", len(ranges))
            for part in ranges:
                first, _dash, last = part.partition("-")
                body += struct.pack("<QQ", int(first), int(last or first) + 1)
        return self.own(35, body, 0xC0)

    def rotate(self, name, flags=0x20, server_id=SOURCE_ID, log_pos=0):
        return self.event(4, struct.pack("<Q", 4) + name.encode(), server_id, flags, log_pos)

    def close(self, following):
        """The own Rotate to the next relay log."""
        self.own(4, struct.pack("<Q", 4) + following.encode())
        return self

    def stop(self):
        self.own(3, flags=0)
        return self

    def gtid(self, number, uuid=UUID, anonymous=False):
        body = b"\1" + bytes.fromhex(uuid.replace("-", "")) + struct.pack("<q", number)
        if self.server[0].startswith("9"):
            body += struct.pack("<BqqQ", 2, number - 1, number, 1 << 56 - 2)[:24] + b"\xfc\x00\x01"
        return self.event(34 if anonymous else 33, body)

    def tagged_gtid(self, number, tag, uuid=UUID):
        octets = b"".join(_varlen(octet) for octet in bytes.fromhex(uuid.replace("-", "")))
        fields = b"\0\0" + b"\2" + octets + b"\4" + _varlen(number << 1) + b"\6" + _varlen(len(tag)) + tag.encode()
        return self.event(42, _varlen(1) + _varlen(len(fields) + 2) + b"\0" + fields)

    def mariadb_gtid(self, number, standalone=False):
        flags = 0x29 if standalone else 0x0C
        return self.event(162, struct.pack("<QIB6x", number, 0, flags))

    def query(self, text, database="d", status=b"\x00\x00\x00\x00\x00"):
        text = text if isinstance(text, bytes) else text.encode()
        name = database.encode()
        post_header = struct.pack("<IIBHH", 7, 0, len(name), 0, len(status))
        return self.event(2, post_header + status + name + b"\0" + text, flags=8)

    def table_map(self):
        body = struct.pack("<IHH", 108, 0, 1) + b"\1d\0\1t\0" + b"\1\3" + b"\0" + b"\1"
        return self.event(19, body)

    def rows(self, size=12, number=30, end=True, fill=b"\x05"):
        """size: of the row image, in bytes."""
        header = struct.pack("<IHH", 108, 0, int(end)) + (b"\2\0" if number >= 30 else b"")
        return self.event(number, header + b"\1\xff\xfe" + fill * size)

    def xid(self, number=9):
        return self.event(16, struct.pack("<Q", number))

    def payload(self, size=60):
        return self.event(40, b"\2\1\0" + b"\1\1" + bytes([size]) + b"\0" + b"z" * size)

    # -- transactions --------------------------------------------------------------------------------------------------

    def ends(self):
        """Here is a boundary."""
        self.boundaries.append(len(self.data))
        return self

    def transaction(self, number, rows=1, size=12):
        """GTID BEGIN rows XID; number None: without a GTID."""
        if number is not None:
            self.gtid(number)
        self.query("BEGIN")
        for _row in range(rows):
            self.table_map()
            self.rows(size)
        self.xid()
        return self.ends()

    def transactions(self, first, last, **kwargs):
        for number in range(first, last + 1):
            self.transaction(number, **kwargs)
        return self

    def ddl(self, number, text="CREATE TABLE t (a INT)"):
        if number is not None:
            self.gtid(number)
        self.query(text)
        return self.ends()


def _varlen(value):
    """An integer of the serialization that tagged GTIDs use: as many low bits set as bytes follow the first."""
    for more in range(8):
        if value < 1 << 7 * (more + 1):
            return ((value << more + 1) | (1 << more) - 1).to_bytes(more + 1, "little")
    return b"\xff" + value.to_bytes(8, "little")
