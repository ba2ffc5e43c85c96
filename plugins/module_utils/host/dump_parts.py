# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump as people have it - a file, a directory of files, or a tar archive of them - and its parts in load order.

Which files of a directory or an archive are parts is told by their names (logic/file_kind.py); what is in one, by its
content.
"""

import contextlib
import hashlib
import os
from typing import Any, Dict, Iterable, Iterator, List, Optional, Set, Tuple, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Interrupted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.decompress import plain_blocks
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_file import CHUNK, DumpFile, changed
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_tar import BLOCK, Member, members
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import file_kind
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part

__all__ = ["DirectoryDump", "FileDump", "Part", "fingerprint", "open_dump"]

# Made by file systems, not by people.
_NO_DIRECTORY_OF_ITS_OWN = "lost+found"


class FileDump(DumpFile):
    """A dump that is one file: a stream of SQL, or a tar archive of several. ignored: names of members passed over."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.ignored: List[str] = []

    def parts(self) -> Iterator[Part]:
        """Raises IncompleteDump for an archive that is cut between its members, BadInput for what is no dump."""
        self.ignored = []
        if not file_kind.is_tar(self._head()):
            yield Part(self.path, _text(self.path, self.chunks(), self.compression))
            return
        names: Set[str] = set()
        found = False
        for member in members(self.chunks(BLOCK)):
            place = "%s: %s" % (self.path, member.name)
            if member.name in names:
                raise BadInput("this name is there twice", place, next_step="extract it and give the directory")
            names.add(member.name)
            if not file_kind.of_dump(os.path.basename(member.name)):
                _refuse_data(member.name, place)
                self.ignored += [] if member.directory else [member.name]
            elif not member.regular:
                raise BadInput("this is a link, a device or a directory, not a file", place)
            else:
                found = True
                yield Part(place, _member_text(place, member))
        if not found:
            raise _nothing_in(self.path)

    def _head(self) -> bytes:
        """The first bytes of the plain text, as far as they can be had."""
        head = b""
        with contextlib.suppress(IncompleteDump):  # which is told when all is read
            for chunk in self.chunks(file_kind.HEAD_SIZE):
                head += chunk
                if len(head) >= file_kind.HEAD_SIZE:
                    break
        return head


class DirectoryDump:
    """A dump that is a directory of files; a context manager. Fields and methods are those of `FileDump`.

    compression: the one that all files have; None when they differ.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._names, self.ignored = _listing(path)
        if not self._names:
            raise _nothing_in(path)
        self._identities: Dict[str, Any] = {}
        self._reading: Optional[DumpFile] = None
        self.size = self.modified = 0
        compressions = set()
        for name in self._names:
            with DumpFile(os.path.join(path, name)) as one:
                self._identities[name] = one.identity
                self.size += one.size
                self.modified = max(self.modified, one.modified)
                compressions.add(one.compression)
        self.compression = compressions.pop() if len(compressions) == 1 else None

    def __enter__(self) -> "DirectoryDump":
        return self

    def __exit__(self, *exc: Any) -> None:
        if self._reading is not None:
            self._reading.__exit__(*exc)

    def parts(self) -> Iterator[Part]:
        """Raises BadInput when a file came, went or changed since the dump was opened."""
        for one in self._files():
            self._reading = one  # to be closed by us, wherever its reader stopped
            yield Part(one.path, _text(one.path, one.chunks(), one.compression))

    def _files(self) -> Iterator[DumpFile]:
        """Each file, open, as it was when the dump was opened."""
        for name in self._names:
            with DumpFile(os.path.join(self.path, name)) as one:
                if one.identity != self._identities[name]:
                    raise changed(one.path)
                yield one
        if _listing(self.path)[0] != self._names:
            raise changed(self.path)

    def fingerprint(self) -> str:
        """SHA-256 over the names and fingerprints of the files."""
        return _sha256_of_lines("%s %s" % (one.fingerprint(), os.path.basename(one.path)) for one in self._files())

    def sha256(self) -> str:
        """What ``cd DIRECTORY; sha256sum FILE... | sha256sum`` prints, with the files in the order of `parts`."""
        return _sha256_of_lines("%s  %s" % (one.sha256(), os.path.basename(one.path)) for one in self._files())


Dump = Union[FileDump, DirectoryDump]


def open_dump(path: str, known: Optional[str] = None) -> Dump:
    """A context manager with size (bytes on disk), compression, ignored, fingerprint(), sha256() and parts().

    known: the fingerprint that the dump has to have.
    Raises BadInput for what cannot be read, Interrupted for a dump that is not the known one.
    """
    dump: Dump = DirectoryDump(path) if os.path.isdir(path) else FileDump(path)
    if known is None or dump.fingerprint() == known:
        return dump
    dump.__exit__()
    raise Interrupted(
        "the dump changed since it was looked at",
        path,
        next_step="wait until whatever writes it is done, and start over",
    )


def fingerprint(path: str) -> str:
    """The fingerprint of a dump that is not open."""
    with open_dump(path) as dump:
        return dump.fingerprint()


def _listing(path: str) -> Tuple[List[str], List[str]]:
    """Names of the files that are parts, in load order, and of those that are not."""
    try:
        with os.scandir(path) as found:
            entries = sorted((entry.name, entry.is_dir()) for entry in found)
    except OSError as exc:
        raise BadInput("the directory cannot be read: %s" % exc.strerror, path) from exc
    parts, ignored = [], []
    for name, is_directory in entries:
        if is_directory and not name.startswith(".") and name != _NO_DIRECTORY_OF_ITS_OWN:
            raise BadInput(
                "there is a directory in this directory",
                os.path.join(path, name),
                next_step="give one that holds files",
            )
        if file_kind.of_dump(name):
            parts.append(name)
        elif not is_directory:
            _refuse_data(name, os.path.join(path, name))
            ignored.append(name)
    return parts, ignored


def _refuse_data(name: str, place: str) -> None:
    found = file_kind.data_beside(os.path.basename(name))
    if found:
        raise BadInput("%s lies beside the dump" % found.name, place, next_step=found.hint, looks_like=found.name)


def _nothing_in(path: str) -> BadInput:
    return BadInput(
        "there is no dump in it", path, next_step="name the files of a dump *.sql, *.sql.gz, .bz2, .xz or .zst"
    )


def _member_text(place: str, member: Member) -> Iterator[bytes]:
    compression = file_kind.compression(member.head())
    if compression == "zstd":
        raise BadInput(
            "a zstd file cannot be read inside a tar archive",
            place,
            next_step="extract the archive into a directory and give that",
        )
    blocks = plain_blocks(member, compression, CHUNK) if compression else iter(lambda: member.read(CHUNK), b"")
    return _text(place, blocks, compression)


def _text(place: str, blocks: Iterable[bytes], compression: Optional[str]) -> Iterator[bytes]:
    """The blocks, when they can be a dump's. Raises BadInput for what is something else, or nothing."""
    empty = True
    for block in blocks:
        if empty:
            _refuse_foreign(place, block[: file_kind.HEAD_SIZE], compression)
        empty = False
        yield block
    if empty:
        raise BadInput("the %s file holds nothing" % compression if compression else "the dump is empty", place)


def _refuse_foreign(place: str, head: bytes, compression: Optional[str]) -> None:
    found = file_kind.foreign(head)
    if found:
        looks = "in this %s file is %s" % (compression, found.name) if compression else "this is %s" % found.name
        raise BadInput("%s, not a dump" % looks, place, next_step=found.hint, looks_like=found.name)


def _sha256_of_lines(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(("%s\n" % line).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
