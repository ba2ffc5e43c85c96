# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of tables as those of their files, and which table is read first. Pure."""

import re
from typing import Dict, Iterable, List, NamedTuple, Optional

_PLAIN = re.compile(r"[0-9A-Za-z_]")
_PART = re.compile(r"(?:#[pP]#.*)?\.(?:ibd|MYD)\Z")


class Table(NamedTuple):
    """engine: as information_schema has it. size: of its files, bytes; None when they were not found."""

    schema: str
    name: str
    engine: str
    size: Optional[int] = None

    @property
    def path(self) -> str:
        return "%s.%s" % (self.schema, self.name)


def file_name(name: str) -> str:
    """As 5.1 and later write it: what is no letter of ASCII, digit or underscore as @ and four digits in hex.

    Letters of other alphabets have shorter codes of their own there; such a name is not found, and its size unknown.
    """
    return "".join(one if _PLAIN.match(one) else "@%04x" % ord(one) for one in name)


def is_of(file: str, table: str) -> bool:
    """Whether a file of a schema's directory holds rows of a table; each partition has one."""
    return file.startswith(table) and bool(_PART.match(file[len(table) :]))


def in_order(tables: Iterable[Table], first: List[str]) -> List[Table]:
    """Those that were named first, in that order, then the smallest first; those of unknown size last."""
    rank: Dict[str, int] = {path: number for number, path in enumerate(first)}
    return sorted(
        tables,
        key=lambda table: (rank.get(table.path, len(rank)), table.size is None, table.size or 0, table.path),
    )


def label(number: int, *names: str) -> str:
    """Part of a file's name that a person recognises, and that no name of a table can break out of."""
    plain = ".".join(re.sub(r"[^0-9A-Za-z_-]", "_", name)[:60] for name in names)
    return "%05d-%s" % (number, plain)
