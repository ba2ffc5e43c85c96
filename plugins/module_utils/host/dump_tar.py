# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a tar archive, read as they come: nothing is written anywhere, and no more than a block is kept.

tarfile takes a damaged header, or none at all, for the end of an archive, as tape drives had it. A dump that lacks
members must not look whole: here an archive ends with its end mark, and nothing comes after it.
"""

import tarfile
from typing import Any, Iterable, Iterator

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import file_kind
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump

#: Bytes of an archive that are best handed to `members` at once.
BLOCK = 1 << 17
_RECORD = 10240


class Member:
    """What is under one name in the archive. To be read before the next one is asked for.

    name: as the archive has it. regular: a file; nothing else has bytes. Its read() and tell() are those of a file.
    """

    def __init__(self, info: tarfile.TarInfo, source: Any) -> None:
        self.name = info.name[2:] if info.name.startswith("./") else info.name
        self.regular = info.isreg()
        self.directory = info.isdir()
        self._source = source
        self._size = self._left = info.size
        self._head = b""

    def head(self) -> bytes:
        """Its first bytes, which read() returns all the same."""
        self._head = self._read(file_kind.HEAD_SIZE)
        return self._head

    def tell(self) -> int:
        return self._size - self._left - len(self._head)

    def read(self, count: int) -> bytes:
        """Raises IncompleteDump when the archive ends before the member does."""
        head, self._head = self._head, b""
        return head or self._read(count)

    def _read(self, count: int) -> bytes:
        try:
            data: bytes = self._source.read(count)
        except tarfile.TarError as exc:
            raise _broken(exc) from exc
        self._left -= len(data)
        if not data and self._left:
            raise _broken("it ends inside a member")
        return data


_HEADER_ERROR = tarfile.HeaderError
_END_MARK = tarfile.EOFHeaderError  # type: ignore[attr-defined,unused-ignore]


class _Header(tarfile.TarInfo):
    """A header that is not whole is damage, and no end."""

    @classmethod
    def fromtarfile(cls, tarfile: Any) -> Any:
        try:
            return super().fromtarfile(tarfile)
        except _END_MARK:
            raise
        except _HEADER_ERROR as exc:
            raise _broken(exc) from exc


class _Blocks:
    """A file of which tarfile can do no more than read on."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)

    def read(self, _count: int) -> bytes:
        return next(self._blocks, b"")


def members(blocks: Iterable[bytes]) -> Iterator[Member]:
    """Everything in a plain archive, in its order.

    Raises IncompleteDump when the archive is cut or damaged, BadInput when others are joined to it.
    """
    try:
        with tarfile.open(
            fileobj=_Blocks(blocks),  # type: ignore[call-overload,unused-ignore]
            mode="r|",
            bufsize=_RECORD,
            tarinfo=_Header,
            encoding="utf-8",
            errors="backslashreplace",
        ) as archive:
            for info in iter(archive.next, None):
                yield Member(info, archive.extractfile(info) if info.isreg() else None)
                archive.members = []  # which would hold every header to the end
            _refuse_more(archive.fileobj)
    except tarfile.TarError as exc:
        raise _broken(exc) from exc


def _refuse_more(stream: Any) -> None:
    for block in iter(lambda: stream.read(BLOCK), b""):
        if block.strip(b"\x00"):
            raise BadInput(
                "something follows the end of the tar archive: of archives that were joined only the first can be read",
                next_step="extract it into a directory and give that",
            )


def _broken(why: Any) -> IncompleteDump:
    return IncompleteDump("the tar archive is cut or damaged: %s" % why)
