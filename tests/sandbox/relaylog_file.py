# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Just enough of the relay log format to cut a file where it hurts: inside an event.

A file is the four bytes fe 62 69 6e, then events; an event begins with a header of 19 bytes: timestamp (4),
type (1), server id (4), length of the whole event (4), position in the source's log (4), flags (2); numbers
are little-endian (MySQL internals, "Binary Log Event Header").
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

MAGIC = b"\xfebin"
HEADER = struct.Struct("<IBIIIH")
ROWS = (23, 24, 25, 30, 31, 32)  # write, update and delete rows, versions 1 and 2
XID = 16  # the commit of a transaction


class Event(NamedTuple):
    """Where an event lies in its file, in bytes, and its type."""

    start: int
    end: int
    type: int


def whole_events(path: Path) -> list[Event]:
    """The events of a relay log up to the first that is not whole."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ValueError(f"{path} is not a plain relay log")
    events: list[Event] = []
    start = len(MAGIC)
    while start + HEADER.size <= len(data):
        _when, kind, _server, length, _position, _flags = HEADER.unpack_from(data, start)
        if length < HEADER.size or start + length > len(data):
            break
        events.append(Event(start, start + length, kind))
        start += length
    return events


def holds_transaction(path: Path) -> bool:
    """Whether the file holds rows and, after them, a commit."""
    types = [event.type for event in whole_events(path)]
    first = next((number for number, kind in enumerate(types) if kind in ROWS), len(types))
    return XID in types[first:]


def listed(datadir: Path, index: str = "relay-bin.index") -> list[Path]:
    """The relay logs that the index names, in order."""
    return [datadir / line for line in (datadir / index).read_text().split()]


def cut_inside(path: Path) -> tuple[Event, int]:
    """Cut the file in the middle of its last rows event; returns that event and the file's new size."""
    event = next(event for event in reversed(whole_events(path)) if event.type in ROWS)
    middle = (event.start + event.end) // 2
    with path.open("r+b") as handle:
        handle.truncate(middle)
    return event, middle
