# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rounds of relaylog_fuzz.py do to relay logs and their index, at random places."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Broken(NamedTuple):
    """What was done, and the first byte that is not as it was: file and offset; None where no log was touched."""

    what: str
    first: tuple[int, int] | None


class Damages:
    """chance: what decides, a seeded one. index: that of the logs."""

    def __init__(self, chance: random.Random, index: Path) -> None:
        self.chance, self.index = chance, index

    def some(self, logs: list[Path]) -> Broken:
        """One to three of them, one upon the other."""
        done = [self.chance.choice(DAMAGES)(self, logs) for _turn in range(self.chance.choice((1, 1, 1, 2, 3)))]
        places = [one.first for one in done if one.first is not None]
        return Broken(" and ".join(one.what for one in done), min(places, default=None))

    def _place(self, logs: list[Path]) -> tuple[int, int]:
        """Any byte of any log; half of the time of the last one, where crashes leave their damage."""
        there = [number for number, path in enumerate(logs) if path.is_file() and path.stat().st_size]
        if not there:
            return 0, 0
        number = there[-1] if self.chance.random() < 0.5 else self.chance.choice(there)
        return number, self.chance.randrange(logs[number].stat().st_size)

    def _rewrite(self, logs: list[Path], what: str, change: Callable[[bytes, int], bytes]) -> Broken:
        number, offset = self._place(logs)
        if not logs[number].is_file():
            return Broken("nothing", None)
        data = logs[number].read_bytes()
        new = change(data, offset)
        if new == data:
            return Broken("nothing", None)
        with logs[number].open("r+b") as log:  # in place: owner and mode stay
            log.write(new)
            log.truncate()
        first = next((at for at, (was, now) in enumerate(zip(data, new, strict=False)) if was != now), len(new))
        first = min(first, len(data))
        return Broken(f"{what} at {logs[number].name}:{first}", (number, first))

    def cut(self, logs: list[Path]) -> Broken:
        return self._rewrite(logs, "cut", lambda data, at: data[:at])

    def cut_between_events(self, logs: list[Path]) -> Broken:
        def change(data: bytes, at: int) -> bytes:
            return data[: max((start for start in self._starts(data) if start <= at), default=at)]

        return self._rewrite(logs, "cut between events", change)

    def flip(self, logs: list[Path]) -> Broken:
        bit = 1 << self.chance.randrange(8)
        return self._rewrite(logs, "bit", lambda data, at: data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])

    def zeros(self, logs: list[Path]) -> Broken:
        size = self.chance.choice((1, 18, 512, 4096))
        return self._rewrite(
            logs, "zeros", lambda data, at: data[:at] + bytes(len(data[at : at + size])) + data[at + size :]
        )

    def zero_tail(self, logs: list[Path]) -> Broken:
        return self._rewrite(logs, "zero tail", lambda data, at: data[:at] + bytes(len(data) - at))

    def overwrite(self, logs: list[Path]) -> Broken:
        noise = self.chance.randbytes(self.chance.choice((4, 64, 4096)))
        return self._rewrite(
            logs, "noise", lambda data, at: data[:at] + noise[: len(data) - at] + data[at + len(noise) :]
        )

    def insert(self, logs: list[Path]) -> Broken:
        noise = self.chance.randbytes(self.chance.choice((1, 19, 500)))
        return self._rewrite(logs, "inserted", lambda data, at: data[:at] + noise + data[at:])

    def append(self, logs: list[Path]) -> Broken:
        more = self.chance.choice((bytes(1), bytes(4096), self.chance.randbytes(300)))
        return self._rewrite(logs, "appended", lambda data, _at: data + more)

    def old_tail(self, logs: list[Path]) -> Broken:
        """Blocks that another log had before: events with good checksums, and the wrong ones."""
        old = self.chance.choice([path.read_bytes() for path in logs if path.is_file()] or [b""])
        return self._rewrite(logs, "old blocks", lambda data, at: data[:at] + old[at : len(data)])

    def length(self, logs: list[Path]) -> Broken:
        value = struct.pack("<I", self.chance.choice((0, 18, 19, 20, 1 << 20, 0xFFFFFFFF)))

        def change(data: bytes, at: int) -> bytes:
            place = max((start for start in self._starts(data) if start <= at), default=0) + 9
            return data[:place] + value + data[place + 4 :] if place + 4 <= len(data) else data

        return self._rewrite(logs, "length", change)

    def emptied(self, logs: list[Path]) -> Broken:
        return self._rewrite(logs, "emptied", lambda _data, _at: b"")

    def removed(self, logs: list[Path]) -> Broken:
        number = self._place(logs)[0]
        logs[number].unlink(missing_ok=True)
        return Broken(f"{logs[number].name} removed", (number, 0))

    def index_damage(self, _logs: list[Path]) -> Broken:
        lines = self.index.read_text().splitlines() if self.index.is_file() else []
        place = self.chance.randint(0, len(lines))
        kinds = {
            "index emptied": "",
            "index with CRLF": "\r\n".join([*lines, ""]),
            "index with a blank line": "\n".join([*lines[:place], "", *lines[place:], ""]),
            "index without final newline": "\n".join(lines),
            "index without its last lines": "".join(f"{line}\n" for line in lines[:place]),
            "index deleted": None,
        }
        what = self.chance.choice(sorted(kinds))
        text = kinds[what]
        if text is None:
            self.index.unlink(missing_ok=True)
        elif self.index.is_file():
            with self.index.open("r+b") as index:
                index.write(text.encode())
                index.truncate()
        # What is not listed is not known to be the server's, so it is left where it is.
        return Broken(what, (place, 0) if what == "index without its last lines" else None)

    @staticmethod
    def _starts(data: bytes) -> list[int]:
        starts, at = [], 4
        while at + 19 <= len(data):
            size = struct.unpack_from("<I", data, at + 9)[0]
            if size < 19:
                break
            starts.append(at)
            at += size
        return starts


DAMAGES: tuple[Callable[[Damages, list[Path]], Broken], ...] = (
    Damages.cut,
    Damages.cut,
    Damages.cut_between_events,
    Damages.flip,
    Damages.flip,
    Damages.zeros,
    Damages.zero_tail,
    Damages.overwrite,
    Damages.insert,
    Damages.append,
    Damages.old_tail,
    Damages.length,
    Damages.emptied,
    Damages.removed,
    Damages.index_damage,
)
