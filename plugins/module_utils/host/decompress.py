# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain bytes out of compressed files, with proof that the file is whole.

Each decompressor takes an open file and yields blocks of bounded size, whatever a block compresses to. All but zstd's
read a member of an archive, too (host/dump_tar.py).
"""

import shutil
import zlib
from typing import Any, Callable, Dict, Generator, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.producer import producing
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump

try:
    import bz2
except ImportError:  # a Python that was built without it
    bz2 = None  # type: ignore[assignment,unused-ignore]
try:
    import lzma
except ImportError:
    lzma = None  # type: ignore[assignment,unused-ignore]

# Compressed bytes read at once: small, so that an error says nearly where it is.
_READ = 128 * 1024
# gzip and xz files may be padded with zero bytes (gzip: on tapes; xz: in multiples of four).
_PADDING = {"gzip": b"\x00", "xz": b"\x00", "bzip2": b""}


class _Gzip:
    """zlib with the interface of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)  # 31: a gzip header and trailer, whose CRC and size are checked
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._rest

    def decompress(self, data: bytes, size: int) -> bytes:
        plain = self._inner.decompress(self._rest + data, size)
        self._rest = self._inner.unconsumed_tail
        return plain


def _bzip2() -> Any:
    if bz2 is None:
        raise BadInput("this Python cannot read bzip2", next_step="decompress the file first: bzip2 -d")
    return bz2.BZ2Decompressor()


def _xz() -> Any:
    if lzma is None:
        raise BadInput("this Python cannot read xz", next_step="decompress the file first: xz -d")
    return lzma.LZMADecompressor(lzma.FORMAT_XZ)


_MAKE: Dict[str, Callable[[], Any]] = {"gzip": _Gzip, "bzip2": _bzip2, "xz": _xz}
_DAMAGE: Tuple[Any, ...] = (zlib.error, OSError, ValueError) + ((lzma.LZMAError,) if lzma else ())


def plain_blocks(source: Any, kind: str, size: int) -> Generator[bytes, None, None]:
    """Blocks of at most about `size` bytes. kind: a name in `COMPRESSIONS`. source: has read() and tell().

    Raises IncompleteDump with ``compressed_offset`` for a file that is cut or damaged, BadInput when there is nothing
    to read it with.
    """
    return _zstd(source, size) if kind == "zstd" else _members(source, kind, size)


def _members(source: Any, kind: str, size: int) -> Generator[bytes, None, None]:
    """gzip, bzip2 and xz files are chains of members (what `cat a.gz b.gz` makes, and parallel compressors write)."""
    member = _MAKE[kind]()
    begun = False
    data = source.read(_READ)
    while data or (begun and not member.needs_input):
        begun = True
        offset = source.tell() - len(data)
        try:
            plain = member.decompress(data, size)
        except _DAMAGE as exc:
            raise _broken("the %s file is damaged: %s" % (kind, exc), offset) from exc
        data = b""
        if plain:
            yield plain
        if member.eof:
            data = _after(source, kind, member.unused_data)
            member, begun = _MAKE[kind](), False
        elif member.needs_input:
            data = source.read(_READ)
    if begun:
        raise _broken("the %s file is cut" % kind, source.tell())


def _after(source: Any, kind: str, data: bytes) -> bytes:
    """What follows a member: the next one, or nothing."""
    while True:
        data = data.lstrip(_PADDING[kind]) if _PADDING[kind] else data
        if data:
            return data
        data = source.read(_READ)
        if not data:
            return b""


def _zstd(source: Any, size: int) -> Generator[bytes, None, None]:
    """Through the system's zstd: Python can do it only from 3.14 on."""
    program = shutil.which("zstd")
    if program is None:
        raise BadInput(
            "there is no zstd on this host to read the file with", next_step="install zstd, or give a plain file"
        )
    with producing([program, "-dcq", "--no-progress"], source) as zstd:
        yield from zstd.blocks(size)
        if zstd.status != 0:
            text = zstd.last_words or "zstd ended with %s" % zstd.status
            raise _broken("the zstd file is cut or damaged: %s" % text, None)


def _broken(found: str, offset: Any) -> IncompleteDump:
    where = None if offset is None else "near byte %d of the compressed file" % offset
    return IncompleteDump(found, where, compressed_offset=offset)
