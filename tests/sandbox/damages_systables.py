# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages to the five system tables: each is something that happened to a server, done to a replica.

They are done as the damage itself was: the server is stopped cleanly, its files are changed, it is started again. One
that does not start is left down. Where a server has no such file (8.0 and later), there is no such damage.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql

from .server import Server, ServerError
from .unlogged import run_unlogged

if TYPE_CHECKING:
    from .topology import Sandbox

TABLE = "innodb_table_stats"
PAGE = 16384
ROOT_PAGE = 3  # of the only index of a table that has its own file
STATISTICS = ("innodb_index_stats", "innodb_table_stats")
# What an upgrade that was not finished, or a person, leaves
ALTERED = {
    "innodb_index_stats": "MODIFY stat_value INT UNSIGNED NOT NULL",
    "innodb_table_stats": "ADD COLUMN note INT",
    "slave_master_info": "DROP COLUMN Ssl_crlpath",
    "slave_relay_log_info": "MODIFY Sql_delay VARCHAR(10) NOT NULL",
    "slave_worker_info": "DROP COLUMN Checkpoint_group_size",
}


def file_of(replica: Server, table: str, kind: str) -> Path:
    """kind: .frm or .ibd."""
    return replica.datadir / "mysql" / f"{table}{kind}"


@contextmanager
def stopped(replica: Server) -> Iterator[None]:
    """The server is down inside the block, and started after it, if it can be."""
    if replica.build.number >= (8, 0, 0):
        raise RuntimeError("this server's system tables have no files of their own")
    replica.stop()
    yield
    _try_to_start(replica)


def _try_to_start(replica: Server) -> None:
    try:
        replica.start()
    except ServerError:
        replica.kill()


def data_file_deleted(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """Somebody who wanted room."""
    with stopped(replica):
        file_of(replica, table, ".ibd").unlink()
    return {"table": table}


def format_file_deleted(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """A copy of a data directory that missed a file."""
    with stopped(replica):
        file_of(replica, table, ".frm").unlink()
    return {"table": table}


def both_files_deleted(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """A table deleted as one deletes a file."""
    with stopped(replica):
        for kind in (".frm", ".ibd"):
            file_of(replica, table, kind).unlink()
    return {"table": table}


def format_file_garbage(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """A bad disk."""
    with stopped(replica):
        _overwrite(file_of(replica, table, ".frm"), 0, 4096)
    return {"table": table}


def data_file_emptied(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """A file system that was full, or repaired. The server does not start."""
    with stopped(replica):
        os.truncate(file_of(replica, table, ".ibd"), 0)
    return {"table": table}


def data_file_garbage(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """The server does not start."""
    with stopped(replica):
        path = file_of(replica, table, ".ibd")
        _overwrite(path, 0, path.stat().st_size)
    return {"table": table}


def data_file_foreign(
    _box: Sandbox, replica: Server, table: str = TABLE, other: str = "slave_worker_info"
) -> dict[str, Any]:
    """A file restored to the wrong name. The server does not start."""
    if other == table:
        other = TABLE
    with stopped(replica):
        _replace(file_of(replica, table, ".ibd"), file_of(replica, other, ".ibd"))
    return {"table": table, "other": other}


def root_page_garbage(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """The server starts, and dies when it reads the table."""
    with stopped(replica):
        _overwrite(file_of(replica, table, ".ibd"), ROOT_PAGE * PAGE, PAGE)
    return {"table": table}


def dictionary_lost(_box: Sandbox, replica: Server) -> dict[str, Any]:
    """The system tablespace is made anew: no InnoDB table of this replica is known any more."""
    with stopped(replica):
        for path in [replica.datadir / "ibdata1", *replica.datadir.glob("ib_logfile*")]:
            path.unlink()
    return {}


def half_repaired(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """The trap: the .frm was gone, somebody deleted the .ibd and tried CREATE. The next start aborts; it still runs."""
    with stopped(replica):
        file_of(replica, table, ".frm").unlink()
    columns = "(a INT PRIMARY KEY) ENGINE=InnoDB"
    file_of(replica, table, ".ibd").unlink()
    try:
        run_unlogged(replica, f"CREATE TABLE mysql.{table} {columns}")
    except pymysql.err.MySQLError as error:
        return {"table": table, "error": str(error)}
    raise RuntimeError("CREATE succeeded: this is not the trap")


def dropped(_box: Sandbox, replica: Server, table: str = "slave_master_info") -> dict[str, Any]:
    """While the server runs, which 9.x allows as 5.6 does; not the statistics of 8.0 and later."""
    run_unlogged(replica, f"DROP TABLE mysql.{table}")
    return {"table": table}


def dropped_before_start(_box: Sandbox, replica: Server, table: str = "slave_master_info") -> dict[str, Any]:
    """The same, noticed at the next start."""
    run_unlogged(replica, f"DROP TABLE mysql.{table}")
    _try_to_restart(replica)
    return {"table": table}


def altered(_box: Sandbox, replica: Server, table: str = TABLE) -> dict[str, Any]:
    """Another definition, noticed at the next start."""
    run_unlogged(replica, f"ALTER TABLE mysql.{table} {ALTERED[table]}")
    _try_to_restart(replica)
    return {"table": table, "change": ALTERED[table]}


def statistics_deleted(_box: Sandbox, replica: Server) -> dict[str, Any]:
    """Both tables are there and empty."""
    for table in STATISTICS:
        run_unlogged(replica, f"DELETE FROM mysql.{table}")
    return {"tables": list(STATISTICS)}


def system_space_page(_box: Sandbox, replica: Server, page: int = 6) -> dict[str, Any]:
    """A page of mysql.ibd, which 8.0 and later keep all system tables in. The server does not start."""
    path = replica.datadir / "mysql.ibd"
    replica.stop()
    _overwrite(path, page * PAGE, PAGE)
    _try_to_start(replica)
    return {"page": page}


def _try_to_restart(replica: Server) -> None:
    """5.6 may hang in a shutdown, when the applier cannot write into its table; a person kills it then."""
    try:
        replica.stop(timeout=20)
    except ServerError:
        replica.kill()
    _try_to_start(replica)


def _overwrite(path: Path, offset: int, length: int) -> None:
    """With bytes that are the same each time."""
    with path.open("r+b") as sink:
        sink.seek(offset)
        sink.write((b"this is not what was here before " * (length // 32 + 1))[:length])


def _replace(path: Path, other: Path) -> None:
    """The contents of another file, under the owner and mode that were there."""
    with other.open("rb") as source, path.open("r+b") as sink:
        sink.truncate()
        shutil.copyfileobj(source, sink)


DAMAGES: dict[str, tuple[Callable[..., dict[str, Any]], str]] = {
    "systable_data_file_deleted": (data_file_deleted, "5.6, 5.7: the .ibd of a system table is gone"),
    "systable_format_file_deleted": (format_file_deleted, "5.6, 5.7: the .frm of a system table is gone"),
    "systable_both_files_deleted": (both_files_deleted, "5.6, 5.7: both files of a system table are gone"),
    "systable_format_file_garbage": (format_file_garbage, "5.6, 5.7: the .frm of a system table is garbage"),
    "systable_data_file_emptied": (data_file_emptied, "5.6, 5.7: the .ibd of a system table is empty; no start"),
    "systable_data_file_garbage": (data_file_garbage, "5.6, 5.7: the .ibd of a system table is garbage; no start"),
    "systable_data_file_foreign": (data_file_foreign, "5.6, 5.7: the .ibd of a system table is another's; no start"),
    "systable_root_page_garbage": (root_page_garbage, "5.6, 5.7: reading a system table kills the server"),
    "systable_dictionary_lost": (dictionary_lost, "5.6, 5.7: ibdata1 is made anew; ALL InnoDB tables are lost"),
    "systable_half_repaired": (half_repaired, "5.6, 5.7: the trap, a repair that makes the next start abort"),
    "systable_dropped": (dropped, "a system table is dropped while the server runs"),
    "systable_dropped_before_start": (dropped_before_start, "a system table is dropped, and the server restarted"),
    "systable_altered": (altered, "a system table has another definition"),
    "systable_statistics_deleted": (statistics_deleted, "the statistics of all tables are deleted"),
    "systable_system_space_page": (system_space_page, "8.0 and later: a page of mysql.ibd is garbage; no start"),
}
