# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are a channel's relay logs, whatever its index has lost, and where its applier goes on in them."""

import os
from typing import List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import UNTOUCHED, Place
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import index
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import FIRST_EVENT
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import Finding
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import Position

_LARGEST_INDEX = 64 << 20
_MOST_NAMED = 20


def text_of(place: Place, path: str) -> Optional[bytes]:
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


def numbered(place: Place, names: List[str]) -> List[str]:
    """The relay logs in the directory, by number."""
    base = place.base or (names and index.base_name(names[0]).rpartition(".")[0])
    if not base:
        return []
    directory = place.log_directory or (os.path.dirname(place.path_of(names[0])) if names else place.datadir)
    found = [name for name in os.listdir(directory) if index.number_of(name) and name.rpartition(".")[0] == base]
    return sorted(found, key=lambda name: index.number_of(name) or 0)


def relisted(place: Place, there: List[str], wanted: Optional[Tuple[str, int]]) -> List[str]:
    """Entries for an index that lists nothing: every log from the applier's on, spelt as a server would."""
    if wanted is not None and index.base_name(wanted[0]) in there:
        there = there[there.index(index.base_name(wanted[0])) :]
        return [os.path.join(os.path.dirname(wanted[0]) or ".", name) for name in there]
    return [os.path.join(place.log_directory or ".", name) for name in there]


def with_applier(
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


def strays_of(place: Place, names: List[str], there: List[str], findings: List[Finding]) -> List[str]:
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


def applier_at(place: Place, applier_position: Optional[str], channel: str) -> Optional[Tuple[str, int]]:
    """Log and offset that an applier goes on from: what is given, else what the server has in a file of its own."""
    return _wanted(applier_position) or _on_disk(place, channel)


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
    data = text_of(place, os.path.join(place.datadir, "%s.info" % name))
    lines = (data or b"").decode("utf-8", "surrogateescape").split("\n")
    if lines[0].isdigit():
        lines = lines[1:]
    if len(lines) < 2 or not lines[0] or not lines[1].isdigit():
        return None
    return lines[0], int(lines[1])


def position_in(names: List[str], wanted: Optional[Tuple[str, int]], gtid_only: bool) -> Optional[Position]:
    if gtid_only and names:
        return Position(0, FIRST_EVENT)
    if wanted is None:
        return None
    base = index.base_name(wanted[0])
    for number, name in enumerate(names):
        if index.base_name(name) == base:
            return Position(number, wanted[1])
    return None


def unlisted_log(
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
