# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay logs of a server, read in one pass and judged. Nothing is written here."""

import os
from typing import List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Interrupted, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_listed import (
    applier_at,
    numbered,
    position_in,
    relisted,
    strays_of,
    text_of,
    unlisted_log,
    with_applier,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import (
    UNTOUCHED,
    Place,
    refuse_if_open,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import index
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import FIRST_EVENT, HEADER_SIZE
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import Finding
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import Position, Scan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.walk import PIECE, Walk


class Logs(NamedTuple):
    """What was found. listed: the index as it is, None when there is none. crash_safe: the path of a new index that
    a server did not come to put in its place, or left over. strays: paths of logs that are not listed. position: where
    the applier goes on, None when nobody knows. unlisted: path of the log that it is to go on in, where that is not
    listed.
    """

    listed: Optional[str]
    crash_safe: Optional[str]
    findings: List[Finding]
    names: List[str]
    paths: List[str]
    strays: List[str]
    position: Optional[Position]
    unlisted: Optional[str]
    scan: Scan


def read(place: Place, applier_position: Optional[str], gtid_only: bool, channel: str, running: bool = False) -> Logs:
    """Read the index and every file that it lists.

    applier_position: ``FILE:OFFSET``, None to look into relay-log.info. gtid_only: the applier reads from the first
    file on, whatever its position. running: the server may be at work on the newest file, so that only a diagnosis can
    be made of what is read. Raises Refused for a running server otherwise, and for files that cannot be its own.
    """
    listed = text_of(place, place.index_path)
    findings: List[Finding] = []
    crash_safe = os.path.splitext(place.index_path)[0] + ".index_crash_safe"
    saved = text_of(place, crash_safe)
    if saved is not None and listed is None:
        findings.append(Finding("crash_safe", 0, "a server did not come to put it in place"))
    elif saved is not None:
        findings.append(Finding("crash_safe_left", 0, "a server died while it wrote a new index, and did not use it"))
    names, found = index.parse((saved if listed is None else listed) or b"")
    findings += found
    wanted = applier_at(place, applier_position, channel)
    there = numbered(place, names)
    if not names and there:
        names = relisted(place, there, wanted)
        findings.append(Finding("rebuilt", 0, "nothing is listed, and %d files are there" % len(there)))
    names = with_applier(names, there, wanted, findings)
    index.guard(names, place.index_path, place.base)
    strays = strays_of(place, names, there, findings)
    paths = [place.path_of(name) for name in names]
    if not running:
        refuse_if_open(place, paths)
    position = position_in(names, wanted, gtid_only)
    unlisted = unlisted_log(place, names, wanted, findings)
    if unlisted is not None:
        position = Position(0, FIRST_EVENT)  # the applier has to read everything
    scan = Scan(names, position)
    buffer = bytearray(PIECE + HEADER_SIZE)
    for path in paths:
        scan_file(place, path, scan, buffer, may_grow=running and path == paths[-1])
    text = None if listed is None else listed.decode("utf-8", "surrogateescape")
    crash_safe_path = crash_safe if saved is not None else None
    return Logs(text, crash_safe_path, findings, names, paths, strays, position, unlisted, scan)


def holds_transactions(place: Place, path: str) -> bool:
    """Whether anything of a transaction is in a log, or may be; not in one that is not there."""
    scan = Scan([path])
    scan_file(place, path, scan, bytearray(PIECE + HEADER_SIZE))
    walk = scan.files[0].walk
    if walk is None:
        return False
    return walk.contents.begins_at is not None or walk.contents.encrypted is not None or walk.behind > 0


def scan_file(place: Place, path: str, scan: Scan, buffer: bytearray, may_grow: bool = False) -> None:
    """Read the next file of a scan, which may be missing. buffer: PIECE and HEADER_SIZE bytes."""
    status = place.status(path)
    if status is None:
        scan.missing()
        return
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            if os.fstat(handle).st_ino != status.st_ino:
                raise _changed(path)
            walk = scan.open(status.st_size)
            _walk(handle, 0, walk, buffer)
            after = scan.close(walk)
            if after is not None:
                _walk(handle, after.offset, after, buffer)
                scan.closed_again(after)
            now = os.fstat(handle)
        finally:
            os.close(handle)
    except OSError as exc:
        raise ReplicaError(
            "cannot read it: %s" % exc.strerror,
            where=path,
            untouched=UNTOUCHED,
            next_step="look at the file's rights and at its disk (the kernel's log), then run the same command again",
        ) from None
    if not may_grow and (now.st_size, now.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        raise _changed(path)


def _walk(handle: int, offset: int, walk: Walk, buffer: bytearray) -> None:
    """Feed a walk; what it leaves of a piece goes to the front of the next one."""
    os.lseek(handle, offset, os.SEEK_SET)
    left = 0
    with memoryview(buffer) as view:
        while not walk.done:
            got = os.readv(handle, [view[left:PIECE]])
            if not got:
                break
            taken = walk.feed(buffer, left + got)
            left += got - taken
            view[:left] = view[taken : taken + left]
        walk.end(bytes(view[:left]))


def _changed(path: str) -> Interrupted:
    return Interrupted(
        "it changed while it was read: a server is at work on it",
        where=path,
        untouched=UNTOUCHED,
        next_step="stop the server and run the same command again",
    )
