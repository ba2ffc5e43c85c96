# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One dump, read from its first byte to its last: what it is, what is in it, and whether it is whole."""

from typing import Any, Dict, Iterable, Iterator

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_file import DumpFile
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_contents import Contents
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump, read


class _Counted:
    """Chunks, and how many bytes of them went by."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            yield chunk


def examine(path: str, require_complete: bool = True, checksum: bool = False) -> Dict[str, Any]:
    """The return values of mysql_dump_info.

    Raises BadInput for what is no dump, and IncompleteDump for a dump that is not whole when a whole one is required.
    """
    with DumpFile(path) as dump:
        contents, reason = Contents(), None
        plain = _Counted(dump.chunks())
        try:
            for item in read(plain):
                contents.add(item)
            reason = contents.incomplete_reason()
        except IncompleteDump as exc:
            reason = "%s (%s)" % (exc.found, exc.where) if exc.where else exc.found
        except BadInput as exc:
            exc.where = "%s, %s" % (path, exc.where) if exc.where and exc.where != path else path
            raise
        if reason and require_complete:
            raise IncompleteDump(
                "this is not a whole dump: %s" % reason,
                path,
                next_step="make or download the dump anew; require_complete=false only looks at it",
                incomplete_reason=reason,
            )
        return dict(
            contents.result(),
            path=path,
            compression=dump.compression,
            complete=reason is None,
            incomplete_reason=reason,
            fingerprint=dump.fingerprint(),
            checksum=dump.sha256() if checksum else None,
            size=dump.size,
            uncompressed_size=plain.size,
        )
