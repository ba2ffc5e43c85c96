# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A window on a stream of bytes, which patterns move through without looking at any byte twice. Pure."""

from typing import Any, Iterable, List, Tuple

# Longer than any match that is searched for.
_SHORT = 8


class Stream:
    """The unread bytes `buffer[at:]`, and the bytes of the item that is being read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._parts: List[bytes] = []
        self._from = 0
        self._offset = 0
        self.buffer = b""
        self.at = 0
        self.line = 1

    @property
    def offset(self) -> int:
        return self._offset + self.at

    def more(self) -> bool:
        """Bring in the next chunk; False at the end of the stream."""
        for chunk in self._chunks:
            if chunk:
                self._parts.append(self.buffer[self._from : self.at])
                self.buffer = self.buffer[self.at :] + chunk
                self._offset += self.at
                self._from = self.at = 0
                return True
        return False

    def upto(self, pattern: Any, most: int) -> Tuple[bytes, bytes]:
        """What stands before the next match of a pattern of few bytes, and the match; both are passed then.

        Empty, and nothing is passed, when there is none that ends within so many bytes. Lines are not counted.
        """
        found = pattern.search(self.buffer, self.at, self.at + most)
        if found:
            before = self.buffer[self.at : found.start()]
            self.at = found.end()
            return before, found.group()
        parts = [self.buffer[self.at :]]
        self._offset, self.at, self.buffer = self.offset, 0, b""
        size, edge = len(parts[0]), parts[0][-_SHORT:]
        while size < most:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            # It may begin in what came before.
            found = pattern.search(edge + chunk[:_SHORT])
            to = found.end() - len(edge) if found else 0
            if not found:
                found = pattern.search(chunk)
                to = found.end() if found else 0
            if found and size + to <= most:
                self.buffer, self.at, self._offset = chunk, to, self._offset + size
                stop = to - len(found.group())
                text = b"".join([*parts, chunk[: max(stop, 0)]])
                return text[:stop] if stop < 0 else text, found.group()
            parts.append(chunk)
            size += len(chunk)
            edge = (edge + chunk[-_SHORT:])[-_SHORT:]
        self.buffer = b"".join(parts)
        self.begin()
        return b"", b""

    def back(self, passed: bytes) -> None:
        """Unread once more: the last bytes that were passed."""
        self._offset, self.at, self.buffer = self.offset - len(passed), 0, passed + self.buffer[self.at :]
        self.begin()

    def ahead(self, count: int) -> bytes:
        """The next bytes, fewer only at the end of the stream."""
        while len(self.buffer) - self.at < count and self.more():
            continue
        return self.buffer[self.at : self.at + count]

    def rest_of_line(self) -> bytes:
        """The next bytes up to a newline or the end of the stream; meant for short lines."""
        while self.buffer.find(b"\n", self.at) < 0 and self.more():
            continue
        end = self.buffer.find(b"\n", self.at)
        return self.buffer[self.at : end if end >= 0 else len(self.buffer)]

    def go(self, to: int) -> None:
        self.line += self.buffer.count(b"\n", self.at, to)
        self.at = to

    def skip(self, pattern: Any) -> None:
        """Past all that the pattern takes, whatever the chunks are."""
        while True:
            to = pattern.match(self.buffer, self.at).end()
            if to > self.at:
                self.go(to)
            elif self.at < len(self.buffer) or not self.more():
                return

    def pass_over(self, body: Any, closing: bytes) -> bool:
        """Past a body and what closes it. False, at the end of the stream, when nothing closes it."""
        while True:
            to = body.match(self.buffer, self.at).end()
            if self.buffer.startswith(closing, to):
                self.go(to + len(closing))
                return True
            if to > self.at:
                self.go(to)
            elif not self.more():
                self.go(len(self.buffer))
                return False

    def begin(self) -> None:
        """The item to be taken starts here."""
        self._parts = []
        self._from = self.at

    def taken(self) -> bytes:
        """The bytes from `begin` to here."""
        last = self.buffer[self._from : self.at]
        return b"".join([*self._parts, last]) if self._parts else last
