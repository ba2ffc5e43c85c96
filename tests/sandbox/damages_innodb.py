# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages to InnoDB's own files: what a loss of power, a full disk or a helpful colleague leaves of an instance.

The server is down afterwards. Without a backup and a sound replica there is nothing left but to salvage.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .server import Server

if TYPE_CHECKING:
    from .topology import Sandbox

PAGE = 16384
HEAD = 74  # bytes
INDEX_PAGE = (17855).to_bytes(2, "big")  # FIL_PAGE_INDEX
NO_PAGE = 0xFFFFFFFF
OWN_PAGE = ("ibdata1", 6)  # head of the first rollback segment; 5.6.24 starts without it at level 5
OWN_PAGE_NEW = ("mysql.ibd", 2)  # which segments there are; 9.7.4 starts without it at level 4
NOT_OURS = ("mysql", "sys", "performance_schema", "#innodb_temp")


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


def system_page_overwritten(_box: Sandbox, server: Server) -> dict[str, Any]:
    """A disk that writes to the wrong place, and hits what InnoDB needs for itself: a level helps against that."""
    server.stop()
    name, page = OWN_PAGE_NEW if (server.datadir / "mysql.ibd").exists() else OWN_PAGE
    _overwrite(server, server.datadir / name, page, b"\xa5" * PAGE)
    return {"file": str(server.datadir / name), "page": page}


def leaves(path: Path) -> list[tuple[int, int]]:
    """(page, rows) of the leaves of a table's clustered index, in the order of the index.

    Pages that were given back look like leaves still: only what hangs together counts.
    """
    with path.open("rb") as file:
        heads = [file.read(PAGE)[:HEAD] for _number in range(path.stat().st_size // PAGE)]
    pages = {number: Leaf.read(head) for number, head in enumerate(heads) if head[24:26] == INDEX_PAGE}
    clustered = min(page.tree for page in pages.values())
    found = {number: page for number, page in pages.items() if page.level == 0 and page.tree == clustered}
    chains = []
    for number in (number for number, page in found.items() if page.previous == NO_PAGE):
        chain: list[int] = []
        while number in found and number not in chain:
            chain.append(number)
            number = found[number].next
        chains.append(chain)
    return [(number, found[number].rows) for number in max(chains, key=len)]


class Leaf(NamedTuple):
    """What the head of a page of an index says."""

    previous: int
    next: int
    rows: int
    level: int
    tree: int  # number of the index

    @classmethod
    def read(cls, head: bytes) -> Leaf:
        previous, following = struct.unpack_from(">II", head, 8)
        (rows,) = struct.unpack_from(">H", head, 54)
        level, tree = struct.unpack_from(">HQ", head, 64)
        return cls(previous, following, rows, level, tree)


def page_zeroed(
    _box: Sandbox, server: Server, schema: str | None = None, table: str | None = None, part: float = 0.5
) -> dict[str, Any]:
    """A disk that loses a block and gives zeros for it. part: how far into the clustered index, from 0 to 1."""
    return _damage_page(server, schema, table, part, bytes(PAGE))


def page_overwritten(
    _box: Sandbox, server: Server, schema: str | None = None, table: str | None = None, part: float = 0.5
) -> dict[str, Any]:
    """A disk that writes to the wrong place. part: as for page_zeroed."""
    return _damage_page(server, schema, table, part, b"\xa5" * PAGE)


def _damage_page(server: Server, schema: str | None, table: str | None, part: float, content: bytes) -> dict[str, Any]:
    """Where no table is named, it is the largest, and of several as large the first."""
    server.stop()
    path = _largest_table(server, schema or "*", table or "*")
    found = leaves(path)
    page, rows = found[min(len(found) - 1, int(part * len(found)))]
    _overwrite(server, path, page, content)
    return {"file": str(path), "page": page, "rows": rows, "leaves": len(found)}


def _overwrite(server: Server, path: Path, page: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        whose = _name(file.read(HEAD))
        file.seek(page * PAGE)
        file.write(content)
    for copies in (server.datadir / "ibdata1", *server.datadir.glob("*.dblwr")):
        _forget(copies, whose)


def _name(head: bytes) -> tuple[bytes, bytes]:
    """Number of a page and of its tablespace."""
    return head[4:8], head[34:38]


def _forget(copies: Path, whose: tuple[bytes, bytes]) -> None:
    """Of a page that was among the last ones written the doublewrite buffer has a copy, and would bring it back."""
    with copies.open("r+b") as file:
        for number in range(copies.stat().st_size // PAGE):
            file.seek(number * PAGE)
            if _name(file.read(HEAD)) == whose:
                file.seek(number * PAGE)
                file.write(bytes(PAGE))


def _largest_table(server: Server, schema: str, table: str) -> Path:
    found = sorted(path for path in server.datadir.glob(f"{schema}/{table}.ibd") if path.parent.name not in NOT_OURS)
    if not found:
        raise RuntimeError(f"{server.name} has no such table in a file of its own: load data first")
    return max(found, key=lambda path: path.stat().st_size)


DAMAGES: dict[str, tuple[Callable[..., dict[str, Any]], str]] = {
    "redo_removed": (redo_removed, "SIGKILL, and the redo log is deleted; the server is down"),
    "redo_overwritten": (redo_overwritten, "SIGKILL, and the redo log is overwritten; the server is down"),
    "system_page_overwritten": (system_page_overwritten, "a page of InnoDB's own is garbage; the server is down"),
    "page_zeroed": (page_zeroed, "a page of a table's rows is zeros (schema=, table=, part=); the server is down"),
    "page_overwritten": (
        page_overwritten,
        "a page of a table's rows is garbage (schema=, table=, part=); the server is down",
    ),
}
