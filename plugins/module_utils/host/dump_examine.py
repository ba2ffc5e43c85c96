# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump, read from its first byte to its last: what it is, what is in it, and whether it is whole."""

import collections
import contextlib
from typing import Any, Callable, Dict, Iterable, Iterator, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_parts import Dump, open_dump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.source_dump import SourceDump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part, Whole


def examine(path: str, require_complete: bool = True, checksum: bool = False) -> Dict[str, Any]:
    """examine_open() of the dump at a path."""
    with open_dump(path) as dump:
        return examine_open(dump, require_complete, checksum)


def examine_open(
    dump: Union[Dump, SourceDump],
    require_complete: bool = True,
    checksum: bool = False,
    contents: bool = True,
    tell: Callable[[int], None] = lambda _size: None,
) -> Dict[str, Any]:
    """The return values of mysql_dump_info; contents=False reads no more than the fingerprint needs.

    tell: is told now and then how many bytes of plain text were read.

    Raises BadInput for what is no dump, and IncompleteDump for a dump that is not whole when a whole one is required.
    """
    whole = look_through(dump.path, dump.parts(), tell) if contents else None
    reason = whole.incomplete_reason() if whole else None
    if reason and require_complete:
        raise IncompleteDump(
            "this is not a whole dump: %s" % reason,
            dump.path,
            next_step="make or download the dump anew; require_complete=false only looks at it",
            incomplete_reason=reason,
        )
    return dict(
        whole.result() if whole else {},
        path=dump.path,
        compression=dump.compression,
        ignored=dump.ignored,
        fingerprint=dump.fingerprint(),
        checksum=dump.sha256() if checksum else None,
        size=dump.size,
        modified=dump.modified,
    )


def look_through(name: str, parts: Iterable[Part], tell: Callable[[int], None] = lambda _size: None) -> Whole:
    """Read all parts to their end, or to where they can be read. Raises BadInput for what is no dump."""
    whole = Whole(name)
    try:
        for part in parts:
            with contextlib.suppress(IncompleteDump):  # the part has it noted
                collections.deque(whole.read(part._replace(chunks=_told(part, whole, tell))), maxlen=0)
    except IncompleteDump as exc:
        whole.cut = exc.found
    return whole


def _told(part: Part, whole: Whole, tell: Callable[[int], None]) -> Iterator[bytes]:
    for chunk in part.chunks:
        tell(whole.size)
        yield chunk
