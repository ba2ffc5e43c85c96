# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages to InnoDB's own files: what a loss of power, a full disk or a helpful colleague leaves of an instance.

The server is down afterwards. Without a backup and a sound replica there is nothing left but to salvage.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .server import Server

if TYPE_CHECKING:
    from .topology import Sandbox

PAGE = 16384
INDEX_PAGE = 17855  # FIL_PAGE_INDEX


def redo_files(server: Server) -> list[Path]:
    """Two files before 8.0.30, the files of a directory from then on."""
    return sorted([*server.datadir.glob("ib_logfile*"), *server.datadir.glob("#innodb_redo/*")])


def redo_removed(_box: Sandbox, server: Server, *, directory: bool = False) -> dict[str, Any]:
    """Power is lost, and somebody deletes the redo log because the server complained about it.

    directory: from 8.0.30 on, their directory as well.
    """
    server.kill()
    removed = redo_files(server)
    for path in removed:
        path.unlink()
    home = server.datadir / "#innodb_redo"
    if directory and home.is_dir():
        home.rmdir()
    return {"removed": [str(path.relative_to(server.datadir)) for path in removed]}


def redo_overwritten(_box: Sandbox, server: Server) -> dict[str, Any]:
    """Power is lost, and with it what the disk had of the redo log."""
    server.kill()
    overwritten = redo_files(server)
    for path in overwritten:
        path.write_bytes(b"\xa5" * path.stat().st_size)
    return {"overwritten": [str(path.relative_to(server.datadir)) for path in overwritten]}


def leaves(path: Path) -> Iterator[tuple[int, int]]:
    """(page, rows) of the leaves of a table's clustered index, in the order of the file."""
    with path.open("rb") as file:
        heads = [file.read(PAGE)[:74] for _number in range(path.stat().st_size // PAGE)]
    kinds = [struct.unpack_from(">H", head, 24)[0] for head in heads]
    of_indexes = [
        (number, struct.unpack_from(">H", head, 54)[0], *struct.unpack_from(">HQ", head, 64))
        for number, (head, kind) in enumerate(zip(heads, kinds, strict=True))
        if kind == INDEX_PAGE
    ]
    clustered = min(index for _number, _rows, _level, index in of_indexes)
    return ((number, rows) for number, rows, level, index in of_indexes if level == 0 and index == clustered)


def page_zeroed(_box: Sandbox, server: Server, schema: str, table: str, part: float = 0.5) -> dict[str, Any]:
    """A disk that loses a block and gives zeros for it. part: how far into the clustered index, from 0 to 1."""
    return _damage_page(server, schema, table, part, bytes(PAGE))


def page_overwritten(_box: Sandbox, server: Server, schema: str, table: str, part: float = 0.5) -> dict[str, Any]:
    """A disk that writes to the wrong place. part: as for page_zeroed."""
    return _damage_page(server, schema, table, part, b"\xa5" * PAGE)


def _damage_page(server: Server, schema: str, table: str, part: float, content: bytes) -> dict[str, Any]:
    server.stop()
    path = server.datadir / schema / f"{table}.ibd"
    found = list(leaves(path))
    page, rows = found[min(len(found) - 1, int(part * len(found)))]
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(content)
    return {"file": str(path), "page": page, "rows": rows, "leaves": len(found)}


DAMAGES: dict[str, tuple[Callable[..., dict[str, Any]], str]] = {
    "redo_removed": (redo_removed, "SIGKILL, and the redo log is deleted; the server is down"),
    "redo_overwritten": (redo_overwritten, "SIGKILL, and the redo log is overwritten; the server is down"),
    "page_zeroed": (page_zeroed, "a page of a table's rows is zeros (schema=, table=); the server is down"),
    "page_overwritten": (page_overwritten, "a page of a table's rows is garbage (schema=, table=); the server is down"),
}
