# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file on disk: opened whatever its compression, and watched while it is read."""

import errno
import hashlib
import io
import os
import stat
from typing import Any, Generator, Iterator, Optional, Tuple, TypeVar

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.decompress import plain_blocks
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import file_kind
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump

#: Bytes of plain text that are handed on at once.
CHUNK = 1 << 20
# What of a file's start and end goes into its fingerprint.
_EDGE = 1 << 20


_Self = TypeVar("_Self", bound="DumpFile")


class DumpFile:
    """An open file of a dump; a context manager. Reading it twice is fine.

    size: in bytes, on disk. modified: seconds since 1970. compression: "gzip", "bzip2", "xz", "zstd" or None.
    identity: a later state has another.
    Raises BadInput for what cannot be read. What its plain text is, is not looked at here (host/dump_parts.py).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._reading: Optional[Generator[bytes, None, None]] = None
        self._file = _open(path)
        try:
            seen = os.fstat(self._file.fileno())
            self.identity = _identity(seen)
            self.size = seen.st_size
            self.modified = int(seen.st_mtime)
            self.compression = file_kind.compression(self._file.read(file_kind.HEAD_SIZE))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *exc: Any) -> None:
        self._end_reading()
        self._file.close()

    @property
    def position(self) -> int:
        """How far into the file on disk reading is, in bytes: what progress is measured by."""
        return os.lseek(self._file.fileno(), 0, os.SEEK_CUR)

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The plain text. Raises IncompleteDump for a compressed file that is cut or damaged.

        Raises BadInput when the file changed while it was read.
        """
        self._end_reading()
        self._file.seek(0)
        try:
            yield from self._blocks(size)
        except IncompleteDump:
            self._check_unchanged()  # a dump that is still being written looks cut; say which it is
            raise
        self._check_unchanged()

    def _blocks(self, size: int) -> Iterator[bytes]:
        if not self.compression:
            return iter(lambda: self._file.read(size), b"")
        self._reading = plain_blocks(self._file, self.compression, size)
        return self._reading

    def _end_reading(self) -> None:
        """A reader that stopped half-way leaves no decompressor behind."""
        if self._reading is not None:
            self._reading.close()
        self._reading = None

    def _check_unchanged(self) -> None:
        """By the open file and by its name: it may have been written to, or replaced by another."""
        try:
            by_name = os.stat(self.path)
        except OSError as exc:
            raise BadInput("the dump went away while it was read", self.path) from exc
        for now in (os.fstat(self._file.fileno()), by_name):
            if _identity(now) != self.identity:
                raise changed(self.path)

    def fingerprint(self) -> str:
        """Tells this file from another or from a later state of itself, without reading it whole.

        SHA-256 over size, modification time (ns), inode, and the first and last MiB.
        """
        digest = hashlib.sha256(repr(self.identity).encode("ascii"))
        for start in (0, max(0, self.size - _EDGE)):
            self._file.seek(start)
            digest.update(self._file.read(_EDGE))
        return digest.hexdigest()

    def sha256(self) -> str:
        """SHA-256 of the file on disk, as sha256sum prints it."""
        self._file.seek(0)
        digest = hashlib.sha256()
        for block in iter(lambda: self._file.read(CHUNK), b""):
            digest.update(block)
        self._check_unchanged()
        return digest.hexdigest()


def changed(path: str) -> BadInput:
    return BadInput(
        "the dump changed while it was read",
        path,
        next_step="wait until whatever writes it is done, then run this again",
    )


def _open(path: str) -> io.FileIO:
    try:
        # Not to wait for a writer, should the path be a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        found = "there is no such dump" if exc.errno == errno.ENOENT else "the dump cannot be opened: %s" % exc.strerror
        raise BadInput(found, path) from exc
    try:
        _check_type(path, os.fstat(descriptor))
        # Unbuffered: a decompressing child shares the position of the descriptor.
        return io.FileIO(descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def _check_type(path: str, seen: os.stat_result) -> None:
    if not stat.S_ISREG(seen.st_mode):
        raise BadInput("this is not a regular file; a dump is read more than once", path)
    if seen.st_size == 0:
        raise BadInput("the dump is empty", path)


def _identity(seen: os.stat_result) -> Tuple[int, int, int]:
    return seen.st_size, seen.st_mtime_ns, seen.st_ino
