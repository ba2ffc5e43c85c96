# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay logs of a server, read in one pass and judged. Nothing is written here."""

import os
from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Interrupted, ReplicaError
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

_LARGEST_INDEX = 64 << 20
_MOST_NAMED = 20


class Logs(NamedTuple):
    """What was found. listed: the index as it is, None when there is none. crash_safe: the path of a new index that
    a server did not come to put in its place. strays: paths of logs that are not listed. position: where the applier
    goes on, None when nobody knows. unlisted: path of the log that it is to go on in, where that is not listed.
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
    listed = _text(place, place.index_path)
    findings: List[Finding] = []
    crash_safe = os.path.splitext(place.index_path)[0] + ".index_crash_safe"
    saved = _text(place, crash_safe) if listed is None else None
    if saved is not None:
        findings.append(Finding("crash_safe", 0, "a server did not come to put it in place"))
    names, found = index.parse((listed if saved is None else saved) or b"")
    findings += found
    wanted = applier_at(place, applier_position, channel)
    there = _numbered(place, names)
    if not names and there:
        names = _relisted(place, there, wanted)
        findings.append(Finding("rebuilt", 0, "nothing is listed, and %d files are there" % len(there)))
    names = _with_applier(names, there, wanted, findings)
    index.guard(names, place.index_path, place.base)
    strays = _strays(place, names, there, findings)
    paths = [place.path_of(name) for name in names]
    if not running:
        refuse_if_open(place, paths)
    position = _position(names, wanted, gtid_only)
    unlisted = _unlisted(place, names, wanted, findings)
    if unlisted is not None:
        position = Position(0, FIRST_EVENT)  # the applier has to read everything
    scan = Scan(names, position)
    buffer = bytearray(PIECE + HEADER_SIZE)
    for path in paths:
        _scan(place, path, scan, buffer, may_grow=running and path == paths[-1])
    text = None if listed is None else listed.decode("utf-8", "surrogateescape")
    crash_safe_path = crash_safe if saved is not None else None
    return Logs(text, crash_safe_path, findings, names, paths, strays, position, unlisted, scan)


def applier_at(place: Place, applier_position: Optional[str], channel: str) -> Optional[Tuple[str, int]]:
    """Log and offset that an applier goes on from: what is given, else what the server has in a file of its own."""
    return _wanted(applier_position) or _on_disk(place, channel)


def holds_transactions(place: Place, path: str) -> bool:
    """Whether anything of a transaction is in a log, or may be; not in one that is not there."""
    scan = Scan([path])
    _scan(place, path, scan, bytearray(PIECE + HEADER_SIZE))
    walk = scan.files[0].walk
    if walk is None:
        return False
    return walk.contents.begins_at is not None or walk.contents.encrypted is not None or walk.behind > 0


def _scan(place: Place, path: str, scan: Scan, buffer: bytearray, may_grow: bool = False) -> None:
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


def _text(place: Place, path: str) -> Optional[bytes]:
    """A small file of the server, None when there is none."""
    try:
        if not os.path.lexists(path):
            return None
        place._replace(log_directory=os.path.dirname(path)).status(path)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as source:
            data = source.read(_LARGEST_INDEX + 1)
    except OSError as exc:
        raise ReplicaError("cannot read it: %s" % exc.strerror, where=path, untouched=UNTOUCHED) from None
    if len(data) > _LARGEST_INDEX:
        raise BadInput("it is too large to be what its name says", where=path, untouched=UNTOUCHED)
    return data


# -- files that nobody lists ---------------------------------------------------------------------------------------


def _numbered(place: Place, names: List[str]) -> List[str]:
    """The relay logs in the directory, by number."""
    base = place.base or (names and index.base_name(names[0]).rpartition(".")[0])
    if not base:
        return []
    directory = place.log_directory or (os.path.dirname(place.path_of(names[0])) if names else place.datadir)
    found = [name for name in os.listdir(directory) if index.number_of(name) and name.rpartition(".")[0] == base]
    return sorted(found, key=lambda name: index.number_of(name) or 0)


def _relisted(place: Place, there: List[str], wanted: Optional[Tuple[str, int]]) -> List[str]:
    """Entries for an index that lists nothing: every log from the applier's on, spelt as a server would."""
    if wanted is not None and index.base_name(wanted[0]) in there:
        there = there[there.index(index.base_name(wanted[0])) :]
        return [os.path.join(os.path.dirname(wanted[0]) or ".", name) for name in there]
    return [os.path.join(place.log_directory or ".", name) for name in there]


def _with_applier(
    names: List[str], there: List[str], wanted: Optional[Tuple[str, int]], findings: List[Finding]
) -> List[str]:
    """An index that lost lines: a log that the applier stands in was listed, and so were those that are newer."""
    known = {index.base_name(name) for name in names}
    base = index.base_name(wanted[0]) if wanted else None
    if base is None or base in known or base not in there or not names:
        return names
    lost = [name for name in there[there.index(base) :] if name not in known]
    findings.append(Finding("relisted", 0, "the applier is to go on in %s, which is not listed" % base))
    directory = os.path.dirname(names[0])
    merged = names + [os.path.join(directory, name) if directory else name for name in lost]
    return sorted(merged, key=lambda name: index.number_of(name) or 0)


def _strays(place: Place, names: List[str], there: List[str], findings: List[Finding]) -> List[str]:
    """Logs that the server does not read; but for a discard they are left alone."""
    known = {index.base_name(name) for name in names}
    extra = [name for name in there if name not in known]
    if extra:
        shown = ", ".join(extra[:_MOST_NAMED]) + (" and more" if len(extra) > _MOST_NAMED else "")
        findings.append(Finding("unlisted", 0, "%d files are there that are not listed: %s" % (len(extra), shown)))
    directory = place.log_directory or (os.path.dirname(place.path_of(names[0])) if names else place.datadir)
    paths = [os.path.join(directory, name) for name in extra]
    return [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]


# -- the applier's position ----------------------------------------------------------------------------------------


def _wanted(text: Optional[str]) -> Optional[Tuple[str, int]]:
    if not text:
        return None
    name, _colon, offset = text.rpartition(":")
    if not name or not offset.isdigit():
        raise BadInput(
            "not a position in a relay log: %r" % text[:200],
            next_step="give applier_position as FILE:OFFSET, for example relay-bin.000002:7553",
        )
    return name, int(offset)


def _on_disk(place: Place, channel: str) -> Optional[Tuple[str, int]]:
    """From relay-log.info, where the server keeps its position in a file: name and offset are its lines 2 and 3.

    The first line is their number; the files of old servers begin with the name.
    """
    name = index.for_channel("relay-log", channel)
    data = _text(place, os.path.join(place.datadir, "%s.info" % name))
    lines = (data or b"").decode("utf-8", "surrogateescape").split("\n")
    if lines[0].isdigit():
        lines = lines[1:]
    if len(lines) < 2 or not lines[0] or not lines[1].isdigit():
        return None
    return lines[0], int(lines[1])


def _position(names: List[str], wanted: Optional[Tuple[str, int]], gtid_only: bool) -> Optional[Position]:
    if gtid_only and names:
        return Position(0, FIRST_EVENT)
    if wanted is None:
        return None
    base = index.base_name(wanted[0])
    for number, name in enumerate(names):
        if index.base_name(name) == base:
            return Position(number, wanted[1])
    return None


def _unlisted(
    place: Place, names: List[str], wanted: Optional[Tuple[str, int]], findings: List[Finding]
) -> Optional[str]:
    """Where the log would be that the applier is to go on in, when it is neither listed nor there."""
    if not names or wanted is None:
        return None
    base = index.base_name(wanted[0])
    if base in {index.base_name(name) for name in names}:
        return None
    path = os.path.join(os.path.dirname(place.path_of(names[-1])), base)
    findings.append(Finding("position_unlisted", 0, "the applier is to go on in %s, which is not there" % base))
    index.guard([*names, base], place.index_path, place.base)
    return path


def _changed(path: str) -> Interrupted:
    return Interrupted(
        "it changed while it was read: a server is at work on it",
        where=path,
        untouched=UNTOUCHED,
        next_step="stop the server and run the same command again",
    )
