# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mysqldump writes of a damaged server, kept as far as it is whole, counted and summed on the way.

One file holds the rows of one table: a head that sets the session up, INSERTs of whole lines, an end mark. Of what
several runs of mysqldump wrote only the first head is kept. A run that fails may be kept as far as it came, or not at
all.
"""

import hashlib
import os
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import sync_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.producer import producing
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import rows

_BLOCK = 1 << 20
_NOT_STARTED = 127
_END_MARK = b"\n-- Dump completed\n"
# Where mysqldump begins to put the session back
_TAIL = (b"/*!40103 SET TIME_ZONE=@OLD", b"-- Dump completed", b"/*!40101 SET SQL_MODE=@OLD")
_LOOK_EVERY = 64 << 20  # bytes between two looks at time and room


class Limits(NamedTuple):
    """until: a time of time.time(). keep_free: bytes that the file system keeps. None for no limit."""

    until: Optional[float]
    keep_free: int

    def over(self, directory: str) -> Optional[str]:
        """Why nothing more can be written, if so."""
        if self.until is not None and time.time() > self.until:
            return "the time was over"
        space = os.statvfs(directory)
        if space.f_bavail * space.f_frsize < self.keep_free:
            return "less than %d bytes are free" % self.keep_free
        return None


class Taken(NamedTuple):
    """Of one run of mysqldump. status: its own, None when we stopped it. words: its last ones. rows: that came.

    stopped: why we did, else None.
    """

    status: Optional[int]
    words: str
    rows: int
    stopped: Optional[str]

    @property
    def good(self) -> bool:
        return self.status == 0


class RowsFile:
    """A file that has its name only when finish() has been called; what an earlier run left half is overwritten."""

    def __init__(self, path: str, head: bytes, limits: Limits) -> None:
        self.path = path
        self.rows = 0
        self._limits = limits
        self._part = path + ".part"
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._file.write(head)
        self._has_head = False
        self._looked = 0
        self._begun = self._before = (self._file.tell(), False, 0)

    def take(self, argv: List[str], keep_half: bool) -> Taken:
        """Run mysqldump and keep the rows; of one that fails only with keep_half, and what was whole of it."""
        came, stopped = 0, None
        self._before = (self._file.tell(), self._has_head, self.rows)
        with producing(argv) as dump:
            for line in _whole_lines(dump.blocks(_BLOCK)):
                came += self._keep(line)
                stopped = self._stop()
                if stopped:
                    break
            status = None if stopped else dump.status
            words = dump.last_words
        _it_ran(argv, status, words)
        if status != 0 and not keep_half:
            self._back_to(*self._before)
            return Taken(status, words, 0, stopped)
        self.rows += came
        return Taken(status, words, came, stopped)

    def write(self, text: bytes, count: int = 0) -> None:
        """Text that is no program's, with so many rows in it."""
        self._file.write(text)
        self.rows += count

    def begin_again(self) -> None:
        """Without anything that was kept so far."""
        self._back_to(*self._begun)
        self._looked = 0

    def _back_to(self, size: int, has_head: bool, count: int) -> None:
        self._file.flush()
        self._file.seek(size)
        self._file.truncate()
        self._has_head = has_head
        self.rows = count

    @property
    def size(self) -> int:
        return self._file.tell()

    @property
    def directory(self) -> str:
        return os.path.dirname(self.path)

    def finish(self) -> Dict[str, Any]:
        """path, bytes and sha256 of the file, which is on disk now."""
        self._file.write(_END_MARK)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.rename(self._part, self.path)
        sync_directory(self.directory)
        return described(self.path)

    def drop(self) -> None:
        self._file.close()
        os.unlink(self._part)

    def _keep(self, line: bytes) -> int:
        """Returns how many rows were in the line."""
        if rows.is_insert(line):
            self._has_head = True
            self._file.write(line)
            return rows.rows_in(line)
        if not self._has_head:
            if line.startswith(_TAIL):
                self._has_head = True
            else:
                self._file.write(line)
        return 0

    def _stop(self) -> Optional[str]:
        at = self._file.tell()
        if at - self._looked < _LOOK_EVERY:
            return None
        self._looked = at
        return self._limits.over(self.directory)


def take_whole(path: str, argv: List[str]) -> Taken:
    """Everything that a run of mysqldump writes, as it is; there is no file of this name when it fails."""
    part = path + ".part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as sink, producing(argv) as dump:
        for block in dump.blocks(_BLOCK):
            sink.write(block)
        sink.flush()
        os.fsync(sink.fileno())
        taken = Taken(dump.status, dump.last_words, 0, None)
    _it_ran(argv, taken.status, taken.words)
    if taken.good:
        os.rename(part, path)
        sync_directory(os.path.dirname(path))
    else:
        os.unlink(part)
    return taken


def _it_ran(argv: List[str], status: Optional[int], words: str) -> None:
    """No table is lost because there is no mysqldump."""
    if status == _NOT_STARTED:
        raise BadInput(
            "mysqldump cannot be run: %s" % words,
            where=argv[0],
            untouched="what was exported so far",
            next_step="install MySQL's client programs, or say where mysqldump is",
        )


def described(path: str) -> Dict[str, Any]:
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        for block in iter(lambda: source.read(_BLOCK), b""):
            digest.update(block)
    return dict(path=path, bytes=os.path.getsize(path), sha256=digest.hexdigest())


def _whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """A line that the program did not end is not given: it was writing it when it died."""
    rest: List[bytes] = []
    for block in blocks:
        lines = block.split(b"\n")
        for line in lines[:-1]:
            yield b"".join([*rest, line, b"\n"])
            rest = []
        if lines[-1]:
            rest.append(lines[-1])
