# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A log on disk, plain or compressed: read in blocks of whole lines, forwards and backwards, in bounded memory."""

import io
import os
import re
import stat
from typing import Any, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.decompress import plain_blocks
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import file_kind
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump

#: Bytes of plain text in a block, about. A line longer than that comes in pieces.
BLOCK = 1 << 20
_Block = Tuple[int, bytes]  # the offset in the plain text, and the text


class LogFile:
    """An open log; a context manager. It is read as far as it went when it was opened, also while it grows.

    size: in bytes, on disk. modified: seconds since 1970. compression: "gzip", "bzip2", "xz", "zstd" or None.
    cut: why a compressed file could not be read to its end.
    Raises BadInput for what cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.cut: Optional[str] = None
        self._file = _open(path)
        seen = os.fstat(self._file.fileno())
        self.size, self.modified = seen.st_size, seen.st_mtime
        self.compression = file_kind.compression(os.pread(self._file.fileno(), file_kind.HEAD_SIZE, 0))

    def __enter__(self) -> "LogFile":
        return self

    def __exit__(self, *_exc: Any) -> None:
        self._file.close()

    def forwards(self, begin: int = 0) -> Iterator[_Block]:
        """Blocks from an offset of the plain text on, each ending with a line where there is one."""
        if self.compression:
            return _skip(_whole_lines(self._decompressed(), 0), begin)
        return _whole_lines(self._plain(begin), begin)

    def backwards(self) -> Iterator[_Block]:
        """Blocks of a plain log from its end to its beginning. A compressed log can only be read forwards."""
        end, rest = self.size, b""
        while end > 0:
            begin = max(0, end - BLOCK)
            block = os.pread(self._file.fileno(), end - begin, begin) + rest
            # The first line of a block belongs to the block before it, unless it is too long for any.
            first = block.find(b"\n") + 1 if begin > 0 else 0
            if first > BLOCK:
                first = 0
            yield begin + first, block[first:]
            end, rest = begin, block[:first]

    def lines_before(self, offset: int) -> int:
        return sum(block[: max(0, offset - begin)].count(b"\n") for begin, block in self._until(offset))

    def _until(self, offset: int) -> Iterator[_Block]:
        for begin, block in self.forwards():
            if begin >= offset:
                return
            yield begin, block

    def _plain(self, at: int) -> Iterator[bytes]:
        while at < self.size:
            block = os.pread(self._file.fileno(), min(BLOCK, self.size - at), at)
            if not block:
                return  # it was cut meanwhile
            at += len(block)
            yield block

    def _decompressed(self) -> Iterator[bytes]:
        self._file.seek(0)
        try:
            yield from plain_blocks(self._file, str(self.compression), BLOCK)
        except IncompleteDump as exc:
            self.cut = exc.found


def _whole_lines(pieces: Iterable[bytes], at: int) -> Iterator[_Block]:
    rest = b""
    for piece in pieces:
        block = rest + piece
        end = block.rfind(b"\n") + 1
        if end == 0 and len(block) >= BLOCK:
            end = len(block)
        if end:
            yield at, block[:end]
        at, rest = at + end, block[end:]
    if rest:
        yield at, rest


def _skip(blocks: Iterable[_Block], begin: int) -> Iterator[_Block]:
    for at, block in blocks:
        if at + len(block) > begin:
            yield max(at, begin), block[max(0, begin - at) :]


def _open(path: str) -> io.FileIO:
    try:
        # Not to wait for a writer, should the path be a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        raise BadInput(
            "the error log cannot be opened: %s" % exc.strerror,
            path,
            next_step="see @@log_error of the server; a relative name is below its data directory",
        ) from exc
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadInput("this is not a regular file", path, next_step="write the log to a file first (journalctl)")
    return io.FileIO(descriptor)


_ROTATED = r"(?:\.(?P<number>\d{1,5})|[.-](?P<date>\d{8}(?:[-._T]?\d{2,6})?|\d{9,10}))(?:\.(?:gz|bz2|xz|zst))?\Z"


def older_files(path: str) -> List[str]:
    """Older files of a log, the oldest first, as logrotate names them: PATH.1, PATH.2.gz, PATH-20261121.gz."""
    directory, name = os.path.split(path)
    pattern = re.compile(re.escape(name) + _ROTATED)
    try:
        matches = [match for match in map(pattern.match, os.listdir(directory or ".")) if match]
    except OSError:
        return []
    found = {os.path.join(directory, match.string): match for match in matches}
    paths = [path for path in found if os.path.isfile(path)]
    if all(found[path].group("number") for path in paths):
        return sorted(paths, key=lambda path: -int(found[path].group("number")))
    if all(found[path].group("date") for path in paths):
        return sorted(paths, key=lambda path: re.sub(r"\D", "", found[path].group("date")).ljust(14, "0"))
    return sorted(paths, key=lambda path: os.stat(path).st_mtime)
