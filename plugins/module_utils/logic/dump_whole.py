# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump of one or several parts, while it is read: what each part holds, and what all of them together are. Pure.

Cloud services write a file a schema. Only when every one of them is whole, and all of them declare the same GTID set,
do they stand for one moment of the source.
"""

from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_contents import Contents
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import (
    Comment,
    IncompleteDump,
    Statement,
    read,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import Classified, classify

#: A statement with its class, or a comment without.
Item = Tuple[Union[Statement, Comment], Optional[Classified]]


class Part(NamedTuple):
    """One stream of SQL that has a session to itself: a file, a file in an archive, what a program writes.

    name: how a person finds it (``/backup/shop.sql.gz``, ``/backup.tar: shop.sql.gz``, ``mysqldump of db1:3306``).
    chunks: its plain text. It is read once, before the next part is asked for.
    """

    name: str
    chunks: Iterable[bytes]

    def place(self, where: Optional[str] = None) -> str:
        """The name, and a place inside. A place that names the part, or the dump that it is in, stands alone."""
        if not where:
            return self.name
        return where if where.startswith(self.name) or self.name.startswith(where) else self.name + ": " + where


class _Seen:
    """A part as far as it was read. reason: why it is not whole."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.contents = Contents()
        self.size = 0
        self.reason: Optional[str] = "it was not read to its end"

    def counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            yield chunk

    def public(self) -> Dict[str, Any]:
        return {
            "name": self.name,
            "gtid_purged": self.contents.gtids().purged,
            "complete": self.reason is None,
            "uncompressed_size": self.size,
        }


class Whole:
    """Reads the parts of a dump one after the other and remembers what they held.

    name: of the dump, for people. cut: why there may be parts that nobody saw, if so.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.cut: Optional[str] = None
        self._parts: List[_Seen] = []

    @property
    def size(self) -> int:
        """Bytes of plain text that were read."""
        return sum(seen.size for seen in self._parts)

    @property
    def tool(self) -> str:
        """What wrote the part that is being read."""
        return self._parts[-1].contents.tool

    def read(self, part: Part) -> Iterator[Item]:
        """Each item of a part. Errors are those of dump_reader.read, with the name of the part.

        Raises IncompleteDump after the last item, too, when nothing proves that it was the last one.
        """
        seen = _Seen(part.name)
        self._parts.append(seen)
        try:
            for item in read(seen.counted(part.chunks)):
                classified = classify(item.text, item.charset) if isinstance(item, Statement) else None
                seen.contents.add(item, classified)
                yield item, classified
            seen.reason = seen.contents.incomplete_reason()
            if seen.reason:
                raise IncompleteDump(seen.reason)
        except BadInput as exc:
            inside, exc.where = exc.where, part.place(exc.where)
            if isinstance(exc, IncompleteDump):
                seen.reason = exc.found if exc.where in (inside, part.name) else "%s (%s)" % (exc.found, inside)
            raise

    def incomplete_reason(self) -> Optional[str]:
        """Why the dump is not whole, with the name of the part; None when each part is whole."""
        reasons = (self._labelled(seen, seen.reason) for seen in self._parts if seen.reason)
        return next(reasons, self.cut)

    def result(self) -> Dict[str, Any]:
        """What mysql_dump_info returns of the dump, but for what only its files tell."""
        contents = Contents.united((self._labelled(seen, ""), seen.contents) for seen in self._parts)
        reason = self.incomplete_reason()
        return dict(
            contents.result(),
            parts=[seen.public() for seen in self._parts],
            complete=reason is None,
            incomplete_reason=reason,
            uncompressed_size=self.size,
        )

    def _labelled(self, seen: _Seen, text: str) -> str:
        """A dump that is one part needs no second name for it."""
        return text if seen.name == self.name else "%s: %s" % (seen.name, text)
