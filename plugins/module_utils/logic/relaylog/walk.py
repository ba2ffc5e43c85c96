# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One relay log from its first byte to its last, fed in pieces: is every event whole? Pure, and fast.

The loop of _events() is all that most events see: a checksum and a look into a table. What needs thought goes to
contents.py. Memory grows neither with the file nor with its events.
"""

import struct
import zlib
from typing import Any, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.boundary import (
    AFTER_GTID,
    IDLE_GTID,
    KINDS,
    OPEN,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.checksum import NOTHING, ONE, SMALL
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.contents import ROWS_OF, Carry, Contents
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import (
    ENCRYPTED_MAGIC,
    FIRST_EVENT,
    FORMAT,
    GTID,
    HEADER_SIZE,
    INTACT,
    LARGEST_EVENT,
    MAGIC,
    PREVIOUS_GTIDS,
    QUERY,
    UNKNOWN_FLAGS,
    VIEW_CHANGE,
    XID,
    Header,
    Malformed,
    event_name,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.gtids import Gtid

# The least room for a piece. An event that does not fit is summed bit by bit; what decides lies in its beginning.
PIECE = 1 << 20
_SAMPLE = 70000
_LARGEST_SET = 16 << 20  # of Previous_gtids all of it counts

_TYPE_AND_SIZE = struct.Struct("<4xB4xI").unpack_from
_GTID = struct.Struct("<16sq").unpack_from
_OPEN, _IDLE_GTID, _AFTER_GTID = ROWS_OF[OPEN], ROWS_OF[IDLE_GTID], ROWS_OF[AFTER_GTID]


class Damage(NamedTuple):
    """Where a file cannot be read on. event: what the broken event calls itself, None where there is no event."""

    offset: int
    kind: str
    event: Optional[str]
    detail: str


class Found(NamedTuple):
    """What a file holds up to its first damage, or to its end: see Contents."""

    boundary: Optional[int]
    header_end: int
    transactions: int
    gtids: GtidSet
    last: Optional[Gtid]
    time: Optional[int]
    source_file: Optional[str]
    source_pos: Optional[int]
    carry: Carry


class Walk:
    """feed() it the file in order, then end() it.

    damage: the first, None when the file is whole. found: what there is before it. behind: number of transactions that
    could be read behind it. done: nothing more need be fed.
    """

    def __init__(self, size: int, carry: Carry, mark: Optional[int] = None) -> None:
        self.size = size
        self.contents = Contents(carry, mark)
        self.damage: Optional[Damage] = None
        self.found: Optional[Found] = None
        self.behind = 0
        self.done = False
        self.offset = 0  # where the next piece begins
        self._large: Optional[_Large] = None
        self._zeros: Optional[Damage] = None

    @classmethod
    def resumed(cls, before: "Walk", offset: int) -> "Walk":
        """The same file again from a transaction's beginning on, behind the damage that ``before`` has met."""
        walk = cls(before.size, Carry(), offset)
        walk.offset = offset
        walk.contents.resume(before.contents)
        return walk

    def feed(self, data: bytearray, length: int) -> int:
        """Take what ``data[:length]`` holds of the file; returns how many bytes of it are dealt with.

        What is left is wanted again with more behind it. length is PIECE or more wherever the file has as much left;
        behind it data goes on for the size of a header at least, whatever is there.
        """
        with memoryview(data) as whole, whole[:length] as view:
            at = 0 if self.offset else self._magic(view)
            while at < length and not self.done:
                before = at
                if self._zeros is not None:
                    at = self._more_zeros(view, at)
                elif self._large is not None:
                    at = self._more_of_large(view, at)
                else:
                    at = self._events(data, view, at)
                    if at == before and self._zeros is None and self._large is None:
                        break
            if self.done:
                at = length
        self.offset += at
        return at

    def end(self, rest: bytes = b"") -> None:
        """The file ends here; rest is what the last feed() left."""
        if self._zeros is not None:
            self._break(self._zeros)
        elif not self.size:
            self._break(Damage(0, "empty", None, "the file is empty"))
        elif rest and not self.done:
            kind = "trunc_header" if rest.strip(b"\0") else "zero_tail"
            self._break(Damage(self.offset, kind, None, "%d bytes are left" % len(rest)))
        contents = self.contents
        if self.found is None:
            self.found = self._so_far()
        else:
            self.behind = contents.transactions - self.found.transactions
        if contents.closed and contents.closed_at != self.size:
            if self.damage is None:
                contents.note(contents.closed_at, "suspect", "events follow the mark of a file that was closed")
            contents.closed = None
        self.done = True

    # -- the loop --------------------------------------------------------------------------------------------------

    def _events(self, data: bytearray, view: memoryview, at: int) -> int:  # noqa: C901 - calls would cost too much
        """Every event that lies whole in the view; returns where the first that does not begins.

        Events are summed in runs (checksum.py). Until a run is found intact, nothing that it says has an effect but on
        ``row`` and ``gtid``, and it is known what these were at the last ``safe`` place.
        """
        contents = self.contents
        length = len(view)
        last_header = length - HEADER_SIZE
        crc32, one, type_and_size = zlib.crc32, ONE, _TYPE_AND_SIZE
        checked = contents.checked
        small = SMALL if checked else LARGEST_EVENT
        trailer = 4 if checked else 0
        smallest = HEADER_SIZE + trailer
        begin_size, begin_tail = 33 + 5 + trailer, 5 + trailer
        row, gtid, newest, idle = contents.row, contents.gtid, contents.gtids.run, ROWS_OF[contents.idle]
        ended = terminal = boundary = 0
        last: Optional[Gtid] = None
        begin, run, safe, row_before, gtid_before = at, NOTHING, at, row, gtid
        while True:
            # Whatever lies behind the view: a header that is not all in it belongs to an event that is not either
            kind, size = type_and_size(data, at)
            end = at + size
            if end > length:
                break
            if size > small:
                if crc32(view[begin:at]) != run.sum:
                    break
                begin = at
                run = one
            elif size < smallest:
                break
            elif checked:
                run = run[size]
            target = row[kind]
            if target is not None:
                row = target
            elif kind == XID and row is _OPEN:
                if checked and crc32(view[begin:end]) != run.sum:
                    break
                ended += 1
                terminal, boundary, last = at, end, gtid
                if gtid is not None:
                    if gtid[1] == newest[2] + 1 and gtid[0] == newest[0]:
                        newest[2] += 1
                    else:
                        contents.gtids.add(gtid)
                row, gtid = idle, None
                begin, run, safe, row_before, gtid_before = end, NOTHING, end, row, gtid
            elif kind == GTID and row is _IDLE_GTID and size >= 44:
                gtid = _GTID(data, at + 20)
                row = _AFTER_GTID
            elif (
                kind == QUERY
                and row is _AFTER_GTID
                and size == data[at + 27] + data[at + 30] + begin_size
                and (
                    # The text is all that follows the database's name and the status variables: BEGIN, and nothing else
                    data.startswith(b"BEGIN", end - begin_tail) and not data[at + 31]
                )
            ):
                row = _OPEN
            else:
                if checked and not self._is_sound(data, view, begin, end):
                    break
                if ended:
                    contents.complete(ended, last, Header.read(data, terminal), self.offset + boundary)
                    ended = 0
                contents.row, contents.gtid = row, gtid
                self._think(bytes(view[at:end]), self.offset + at, size)
                if self.done or contents.checked != checked:
                    return int(end)
                row, gtid, idle = contents.row, contents.gtid, ROWS_OF[contents.idle]
                begin, run, safe, row_before, gtid_before = end, NOTHING, end, row, gtid
            at = end
        if ended:
            contents.complete(ended, last, Header.read(data, terminal), self.offset + boundary)
        if checked and crc32(view[begin:at]) != run.sum:
            contents.row, contents.gtid = row_before, gtid_before
            return self._one_by_one(data, view, safe)
        contents.row, contents.gtid = row, gtid
        return int(at) if at > last_header else self._stuck(data, view, at)

    def _is_sound(self, data: bytearray, view: memoryview, at: int, end: int) -> bool:
        """Whether all events here have a right checksum; a Format_description's is looked at where it is read."""
        while at < end:
            kind, size = _TYPE_AND_SIZE(data, at)
            if zlib.crc32(view[at : at + size]) != INTACT and kind != FORMAT:
                return False
            at += size
        return True

    def _one_by_one(self, data: bytearray, view: memoryview, at: int) -> int:
        """One of the next events has a wrong checksum: go up to it."""
        checked = self.contents.checked
        while self.contents.checked == checked and not self.done and at + HEADER_SIZE <= len(view):
            _kind, size = _TYPE_AND_SIZE(data, at)
            end = at + size
            if size < HEADER_SIZE or end > len(view) or not self._is_sound(data, view, at, end):
                return self._stuck(data, view, at)
            self._think(bytes(view[at:end]), self.offset + at, size)
            at = end
        return at

    def _think(self, event: bytes, place: int, size: int) -> None:
        try:
            self.contents.event(event, place, size)
        except Malformed as exc:
            header = Header.read(event)
            kind = "bad_fde" if header.type == FORMAT else "garbage"
            self._break(Damage(place, kind, event_name(header.type), str(exc)))

    def _stuck(self, data: bytearray, view: memoryview, at: int) -> int:
        """The next event is not whole in the view, or not whole at all."""
        header = Header.read(data, at)
        place = self.offset + at
        left = self.size - place
        name = event_name(header.type)
        smallest = HEADER_SIZE + (4 if self.contents.checked else 0)
        if not any(header):
            self._zeros = Damage(place, "zero_tail", None, "the last %d bytes are zero" % left)
        elif not smallest <= header.size <= LARGEST_EVENT:
            self._break(Damage(place, "bad_size", name, "its size would be %d" % header.size))
        elif header.size > left:
            plausible = header.type in KINDS and not header.flags & UNKNOWN_FLAGS
            detail = "it has %d bytes, and %d are left" % (header.size, left)
            self._break(Damage(place, "trunc_body" if plausible else "garbage", name, detail))
        elif at + header.size <= len(view):
            self._bad_checksum(bytes(view[at : at + header.size]), place)
            return at + header.size
        elif at == 0 and len(view) >= PIECE:
            self._large = _Large(header, self.contents.checked)
        return at

    def _bad_checksum(self, event: bytes, place: int) -> None:
        header = Header.read(event)
        name = event_name(header.type)
        if header.type == VIEW_CHANGE:
            # Group replication writes it by itself, with the checksum it had, which need not be the source's.
            self.contents.note(place, "suspect", "the checksum of %s is wrong" % name)
            self._think(event, place, header.size)
            return
        self._break(Damage(place, "bad_crc", name, "its checksum is wrong"))
        # Its size may be right all the same. What lies behind is read for the report, never for the cut.
        self.done = self.behind > 0
        self.behind = 1
        self.contents.lose()

    def _more_of_large(self, view: memoryview, at: int) -> int:
        large = self._large
        if large is None:
            return at
        end = at + min(large.left, len(view) - at)
        large.add(view[at:end])
        if not large.left:
            self._large = None
            place = self.offset + end - large.size
            if self.contents.checked and large.crc != INTACT:
                self._bad_checksum(large.sample, place)
            else:
                self._think(large.sample, place, large.size)
        return end

    def _more_zeros(self, view: memoryview, at: int) -> int:
        if self._zeros is not None and bytes(view[at:]).strip(b"\0"):
            self._break(self._zeros._replace(kind="zero_page", detail="it is zero, and other bytes follow"))
        return len(view)

    def _magic(self, view: memoryview) -> int:
        start = bytes(view[:FIRST_EVENT])
        if start == MAGIC:
            self._look_at_first(view)
            return FIRST_EVENT
        # Behind the mark lies a small version number; where there is an event of a plain log, the mark is damaged.
        if start == ENCRYPTED_MAGIC and len(view) > 8 and 0 < view[4] < 16 and view[8] != FORMAT:
            self.contents.encrypted = 0
            self.done = True
        elif MAGIC.startswith(start):
            self._break(Damage(0, "trunc_header", None, "%d bytes are left" % len(start)))
        else:
            self._break(Damage(0, "bad_magic", None, "it begins with %s" % start.hex()))
        return len(view)

    def _look_at_first(self, view: memoryview) -> None:
        """Without the event that every log begins with, nobody knows whether the others have checksums."""
        if len(view) < FIRST_EVENT + HEADER_SIZE:
            return
        header = Header.read(bytes(view[: FIRST_EVENT + HEADER_SIZE]), FIRST_EVENT)
        if header.type != FORMAT and HEADER_SIZE <= header.size <= self.size - FIRST_EVENT:
            name = event_name(header.type)
            self._break(Damage(FIRST_EVENT, "garbage", name, "a log begins with Format_description"))

    def _break(self, damage: Damage) -> None:
        """The first damage counts; a second one ends the look behind the first."""
        if self.damage is None:
            self.damage = damage
            self.found = self._so_far()
        self._zeros = None
        self.done = True

    def _so_far(self) -> Found:
        seen = self.contents
        return Found(
            boundary=seen.boundary,
            header_end=seen.header_end,
            transactions=seen.transactions,
            gtids=seen.gtids.set(),
            last=seen.last,
            time=seen.time,
            source_file=seen.source_file,
            source_pos=seen.source_pos,
            carry=seen.carry(),
        )


class _Large:
    """An event that does not fit into a piece."""

    def __init__(self, header: Header, checked: bool) -> None:
        self.size = self.left = header.size
        self.crc = 0
        self.sample = b""
        self._checked = checked
        self._wanted = _LARGEST_SET if header.type == PREVIOUS_GTIDS else _SAMPLE

    def add(self, view: Any) -> None:
        if len(self.sample) < self._wanted:
            self.sample += bytes(view[: self._wanted - len(self.sample)])
        if self._checked:
            self.crc = zlib.crc32(view, self.crc)
        self.left -= len(view)
