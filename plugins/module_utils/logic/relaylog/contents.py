# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the events of one relay log say: whose they are, which transactions they hold, where these end. Pure.

walk.py hands over the events that need thought; what it does by itself, because it is in a hurry, is written down in
``row``, ``gtid``, ``gtids`` and ``complete()``.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.boundary import (
    BEGIN,
    BEGINS_GROUP,
    BEGINS_GTID,
    BEGINS_STANDALONE,
    IDLE,
    IDLE_GTID,
    IGNORED,
    KINDS,
    LOST,
    OPEN,
    ROWS,
    ROWS_END,
    STATES,
    UNSYNCED,
    after,
    kind_of_query,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import (
    ANONYMOUS_GTID,
    ARTIFICIAL,
    ENCRYPTION_STARTS,
    FIRST_EVENT,
    FORMAT,
    IGNORABLE,
    MARIADB_GTID,
    PREVIOUS_GTIDS,
    QUERY,
    RELAY_LOG,
    ROTATE,
    STMT_END,
    STOP,
    Description,
    Header,
    Malformed,
    description,
    event_name,
    gtid_of,
    mariadb_gtid,
    previous_gtids,
    query_text,
    rotate,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.gtids import Collected, Gtid, gtid_text

NAME = 256  # where a row has the name of its state
_MOST_NOTES = 20
_BEGINNINGS = (BEGINS_GTID, BEGINS_GROUP, BEGINS_STANDALONE)
_BETWEEN = (IDLE, IDLE_GTID)


class Note(NamedTuple):
    """What is worth a word, and no damage."""

    offset: int
    kind: str
    detail: str


class Carry(NamedTuple):
    """What one file leaves for the next: the state, and the transaction that is under way in it."""

    state: str = UNSYNCED
    gtid: Optional[Gtid] = None
    idle: str = IDLE
    source_file: Optional[str] = None  # the log of the source that events come from


def _rows() -> Any:
    """state -> for each event type the next such list, None where the type alone does not decide; last, its name."""
    rows: Dict[str, List[Any]] = {state: [None] * NAME + [state] for state in STATES}
    for state, row in rows.items():
        for number, kind in KINDS.items():
            target, possible = after(state, kind)
            by_flag = kind == ROWS and after(state, ROWS_END) != (target, possible)
            looked_at = kind in (IGNORED, *_BEGINNINGS) or target in _BETWEEN or number == QUERY
            if possible and not by_flag and not looked_at:
                row[number] = rows[target]
    return rows


ROWS_OF = _rows()
# After an event that says so, all is ciphertext but the sizes
_SEALED: List[Any] = []
_SEALED += [_SEALED] * NAME + [LOST]


class Contents:
    """own: first Format_description. previous: of Previous_gtids. boundary, header_end: behind the last whole
    transaction, and behind the events that open the file. transactions, gtids, last: whole ones. time: of the last, in
    seconds since 1970. source_file, source_pos: where it ends in the source's log. begins_at: in the oldest file, from
    where on an applier meets whole transactions. closed: "rotated", "stopped". encrypted: offset. checksums: "crc32",
    "none". notes: at most 20.
    """

    def __init__(self, carry: Carry, mark: Optional[int] = None) -> None:
        self.mark = mark  # where an applier goes on: what begins there has nothing half before it
        self.row: Any = ROWS_OF[carry.state]
        self.idle = carry.idle
        self.gtid = carry.gtid
        self.gtids = Collected()
        self.abandoned: Dict[Gtid, int] = {}  # begun and never ended -> offset of what came instead
        self.transactions = 0
        self.last: Optional[Gtid] = None
        self.time: Optional[int] = None
        self.boundary: Optional[int] = None
        self.header_end = 0
        self.begins_at: Optional[int] = None
        self.source_file: Optional[str] = None
        self.source_pos: Optional[int] = None
        self.own: Optional[Description] = None
        self.previous: Optional[GtidSet] = None
        self.closed: Optional[str] = None
        self.closed_at = 0
        self.next_file: Optional[str] = None
        self.encrypted: Optional[int] = None
        self.checked = False
        self.checksums: List[str] = []
        self.notes: List[Note] = []
        self._own_id = 0
        self._events = 0
        self._in_header = True
        self._named_file = carry.source_file

    @property
    def state(self) -> str:
        name: str = self.row[NAME]
        return name

    def carry(self) -> Carry:
        return Carry(self.state, self.gtid, self.idle, self._named_file)

    def resume(self, before: "Contents") -> None:
        """Go on in a file whose headers have been read."""
        self.own, self._own_id, self.previous = before.own, before._own_id, before.previous
        self.checked, self.idle, self._named_file = before.checked, before.idle, before._named_file
        self.row, self._in_header, self.header_end = ROWS_OF[UNSYNCED], False, before.header_end

    def lose(self) -> None:
        """Something could not be read: no boundary before the next transaction has begun and ended."""
        self.row, self.gtid, self._in_header = ROWS_OF[LOST], None, False

    def complete(self, transactions: int, last: Optional[Gtid], header: Header, boundary: int) -> None:
        """Transactions have ended, the last of them at this boundary, with an event that has this header."""
        self.transactions += transactions
        self.last, self.time = last, header.timestamp
        self.source_file, self.source_pos = self._named_file, header.log_pos
        self.boundary = boundary

    def note(self, offset: int, kind: str, detail: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(Note(offset, kind, detail))

    def event(self, event: bytes, place: int, size: int) -> None:
        """An event whose checksum is right, or its beginning. Raises Malformed when it cannot be what it says."""
        header = Header.read(event)
        self._events += 1
        trailer = 4 if self.checked and size == len(event) else 0
        try:
            kind = self._kind(event, header, place, trailer)
        except Malformed as exc:
            if header.type == FORMAT or not self.checked:
                raise
            # Its checksum vouches for it: newer than this code.
            self.note(place, "malformed", "%s: %s" % (event_name(header.type), exc))
            kind = KINDS.get(header.type, IGNORED)
        if (header.flags & RELAY_LOG or header.type == STOP) and header.log_pos != (place + size) & 0xFFFFFFFF:
            self.note(place, "log_pos", "%s says that it ends at %d" % (event_name(header.type), header.log_pos))
        if self.encrypted is None:
            self._move(kind, header, place, place + size)

    def _move(self, kind: str, header: Header, place: int, end: int) -> None:
        state = self.state
        target, possible = after(state, kind)
        if state == LOST and kind == BEGIN and self.idle == IDLE:
            target = OPEN  # without GTIDs there is no cleaner beginning
        if kind in _BEGINNINGS or kind == BEGIN:
            self._begin(kind, place)
        elif not possible:
            self.note(place, "order", "%s cannot come here (%s)" % (event_name(header.type), state))
        # Most events of a transaction do not come here: without a gap means without any of them.
        self._in_header = self._in_header and kind == IGNORED and place == (self.header_end or FIRST_EVENT)
        self.header_end = end if self._in_header else self.header_end
        if target not in _BETWEEN:
            self.row = ROWS_OF[target]
            return
        self.row = ROWS_OF[self.idle]
        if kind != IGNORED:
            if self.gtid is not None:
                self.gtids.add(self.gtid)
            self.complete(1, self.gtid, header, end)
            self.gtid = None
        elif not self._in_header or self._events > 1:
            # Behind the first event alone, GTIDs would follow that no Previous_gtids stands before.
            self.boundary = end

    def _begin(self, kind: str, place: int) -> None:
        """A transaction begins at this place, or is begun by it."""
        fresh = self._in_header and self.state == UNSYNCED
        if kind == BEGIN and self.idle == IDLE_GTID:
            return  # its GTID was the beginning
        if self.begins_at is None:
            whole = self._in_header and self.state in (UNSYNCED, *_BETWEEN)
            self.begins_at = FIRST_EVENT if whole else place
        if place == self.mark:
            self.boundary = place
        elif fresh and self.header_end:
            self.boundary = self.header_end

    # -- one method for each type whose body counts ----------------------------------------------------------------

    def _kind(self, event: bytes, header: Header, place: int, trailer: int) -> str:
        number = header.type
        if number == PREVIOUS_GTIDS and header.size > len(event):
            self.note(place, "malformed", "its set of GTIDs is too large to be read")
            return IGNORED
        if number == QUERY:
            return kind_of_query(query_text(event, trailer))
        if number in _READERS:
            return _READERS[number](self, event, header, place, trailer)
        kind = KINDS.get(number)
        if kind is None:
            return self._unknown(header, place)
        if kind == ROWS and len(event) >= 27 and event[25] & STMT_END:
            return ROWS_END
        return kind

    def _unknown(self, header: Header, place: int) -> str:
        if header.flags & IGNORABLE:
            return IGNORED
        if not self.checked:
            raise Malformed("nothing has this type, and no checksum vouches for it")
        self.note(place, "unsupported", "%s is not known" % event_name(header.type))
        self.lose()
        return IGNORED

    def _format(self, event: bytes, header: Header, _place: int, _trailer: int) -> str:
        found = description(event)
        self.checked = found.checksummed
        name = "crc32" if found.checksummed else "none"
        if name not in self.checksums:
            self.checksums.append(name)
        if self.own is None:
            self.own, self._own_id = found, header.server_id
        elif self.state == UNSYNCED and header.log_pos and not header.flags & RELAY_LOG:
            self.row = ROWS_OF[self.idle]  # the beginning of a log of the source, which no transaction spans
        return IGNORED

    def _rotate(self, event: bytes, header: Header, place: int, trailer: int) -> str:
        name, _position = rotate(event, trailer)
        foreign = header.flags & ARTIFICIAL or not header.server_id or header.server_id != self._own_id
        if header.flags & RELAY_LOG or not foreign:
            self.closed, self.closed_at, self.next_file = "rotated", place + len(event), name
        else:
            self._named_file = name
        return IGNORED

    def _stop(self, event: bytes, _header: Header, place: int, _trailer: int) -> str:
        self.closed, self.closed_at = "stopped", place + len(event)
        return IGNORED

    def _previous(self, event: bytes, _header: Header, _place: int, trailer: int) -> str:
        found = previous_gtids(event, trailer)
        if self._in_header and self.previous is None:
            self.previous = found
        return IGNORED

    def _gtid(self, event: bytes, header: Header, place: int, _trailer: int) -> str:
        if self.gtid is not None:
            self.abandoned[self.gtid] = place
            self.note(place, "abandoned", "%s was begun and not ended before this" % gtid_text(self.gtid))
        self.idle = IDLE_GTID
        self.gtid = None
        if header.type != ANONYMOUS_GTID:
            self.gtid = gtid_of(event)
        return BEGINS_GTID

    def _mariadb_gtid(self, event: bytes, _header: Header, _place: int, _trailer: int) -> str:
        text, standalone = mariadb_gtid(event)
        self.gtid = (text, -1)
        return BEGINS_STANDALONE if standalone else BEGINS_GROUP

    def _encryption(self, _event: bytes, _header: Header, place: int, _trailer: int) -> str:
        self.encrypted = place
        self.row, self.checked = _SEALED, False
        return IGNORED


_READERS = {
    FORMAT: Contents._format,
    ROTATE: Contents._rotate,
    STOP: Contents._stop,
    PREVIOUS_GTIDS: Contents._previous,
    MARIADB_GTID: Contents._mariadb_gtid,
    **{number: Contents._gtid for number, kind in KINDS.items() if kind == BEGINS_GTID},
    **dict.fromkeys(ENCRYPTION_STARTS, Contents._encryption),
}
