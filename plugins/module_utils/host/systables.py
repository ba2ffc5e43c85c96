# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of the five system tables, looked at without asking the server. Read only."""

import errno
import fcntl
import os
import time
from typing import BinaryIO, Callable, Dict, List, Optional, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import evidence, pages
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import (
    ABSENT,
    GARBAGE,
    READABLE,
    DataFile,
    Files,
)

SYSTEM_SPACE = "mysql.ibd"
SYSTEM_TABLESPACE = "ibdata1"  # unless innodb_data_file_path says otherwise; then the dictionary is not read
_FORMAT_MAGIC = b"\xfe\x01"
_LOG_TAIL = 1 << 20  # bytes
_TORN = 0.1  # seconds: a page that the server is just writing is whole after that
_LOOKS = 3


def path_of(datadir: str, table: str, kind: str) -> str:
    """kind: ``.frm`` or ``.ibd``."""
    return os.path.join(datadir, "mysql", table + kind)


def files_of(datadir: str, table: str) -> Files:
    """What is there of a table that has files of its own."""
    return Files(_format_file(path_of(datadir, table, ".frm")), data_file(path_of(datadir, table, ".ibd")))


def data_file(path: str, checksums: bool = True) -> Optional[DataFile]:
    """An .ibd file and what is wrong with it; None when there is none. A live server's file is looked at repeatedly."""
    for attempt in range(_LOOKS):
        if attempt:
            time.sleep(_TORN)
        found = _look(path, checksums)
        if found is None or found.damage is None:
            break
    return found


def dictionary(datadir: str) -> Optional[Dict[str, int]]:
    """``mysql/innodb_table_stats`` -> its tablespace, from the files of a server before 8.0 that is down.

    None where the system tablespace is not where it usually is, or cannot be read as one.
    """
    try:
        with open(os.path.join(datadir, SYSTEM_TABLESPACE), "rb") as source:
            size = pages.page_size_of(source.read(pages.PAGE_SIZE))
            return _sys_tables(lambda number: _page(source, number, size))
    except OSError:
        return None


def is_used(datadir: str) -> bool:
    """Whether a server works on this data directory: InnoDB holds a lock on its first file."""
    candidates = [os.path.join(datadir, name) for name in (SYSTEM_TABLESPACE, SYSTEM_SPACE)]
    path = ([name for name in candidates if os.path.exists(name)] or candidates)[0]
    try:
        with open(path, "r+b") as source:
            fcntl.lockf(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        if exc.errno in (errno.EACCES, errno.EAGAIN):
            return True
        raise ReplicaError(
            "cannot tell whether a server works on this data directory: %s" % exc.strerror,
            where=exc.filename,
            untouched="everything",
            next_step="give the server's data directory as datadir, and run this as a user who may write there",
        ) from None
    return False


def log_lines(path: Optional[str]) -> List[str]:
    """The end of the error log, from the last start on; [] when there is none to read."""
    if not path:
        return []
    try:
        with open(path, "rb") as source:
            source.seek(max(0, os.path.getsize(path) - _LOG_TAIL))
            return evidence.since_last_start(source.read().decode("utf-8", "replace"))
    except OSError:
        return []


def _sys_tables(page: Callable[[int], bytes]) -> Optional[Dict[str, int]]:
    """The rows of SYS_TABLES; None when a page on the way is damaged, or the tree is none."""
    number: Optional[int] = pages.DICTIONARY_HEADER
    content = page(pages.DICTIONARY_HEADER)
    if pages.damage(content, pages.DICTIONARY_HEADER, 0):
        return None
    number = pages.sys_tables_root(content)
    found: Dict[str, int] = {}
    visited: Set[int] = set()
    while number is not None and number not in visited:
        visited.add(number)
        content = page(number)
        if len(content) < pages.MOST_HEADERS or pages.damage(content, number, 0):
            return None
        child = pages.leftmost_child(content)
        if child is None:
            found.update(pages.spaces_of_tables(content))
        number = pages.next_page(content) if child is None else child
    return found


def _page(source: BinaryIO, number: int, size: int) -> bytes:
    source.seek(number * size)
    return source.read(size)


def _format_file(path: str) -> str:
    try:
        with open(path, "rb") as source:
            return READABLE if source.read(len(_FORMAT_MAGIC)) == _FORMAT_MAGIC else GARBAGE
    except OSError as exc:
        if exc.errno == errno.ENOENT:
            return ABSENT
        raise _unreadable(path, exc) from None


def _look(path: str, checksums: bool) -> Optional[DataFile]:
    name = os.path.basename(path)
    try:
        with open(path, "rb") as source:
            first = source.read(pages.PAGE_SIZE)
            if len(first) < pages.MOST_HEADERS or not any(first):
                return DataFile(None, "%s has no first page, and %d bytes" % (name, os.path.getsize(path)))
            size, space, count = pages.page_size_of(first), pages.space_of(first), pages.pages_of(first)
            source.seek(0)
            number = -1
            for number, page in enumerate(iter(lambda: source.read(size), b"")):
                wrong = pages.damage(page, number, space, checksums) if len(page) == size else "it is cut off"
                if wrong:
                    return DataFile(space, "page %d of %s: %s" % (number, name, wrong))
            if number + 1 < count:
                return DataFile(space, "%s has %d of its %d pages" % (name, number + 1, count))
            return DataFile(space)
    except OSError as exc:
        if exc.errno == errno.ENOENT:
            return None
        raise _unreadable(path, exc) from None


def _unreadable(path: str, exc: OSError) -> ReplicaError:
    return ReplicaError(
        "cannot look at the files of the system tables: %s" % exc.strerror,
        where=path,
        untouched="everything",
        next_step="run this on the server's own host, as root or as the server's user, or give datadir",
    )
