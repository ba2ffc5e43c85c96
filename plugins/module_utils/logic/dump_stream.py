# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A window on a stream of bytes, which patterns move through without looking at any byte twice. Pure."""

from typing import Any, Iterable, List


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
