# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option file of a sandbox server: data by version, in the order in which mysqld reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .builds import Build

Options = Mapping[str, str | int | None]  # None: an option without a value

# each row holds from the first version on, until the second (None: still); later rows win
BY_VERSION: tuple[tuple[tuple[int, ...], tuple[int, ...] | None, Options], ...] = (
    (
        (5, 6),
        None,
        {
            "bind_address": "127.0.0.1",
            "skip_name_resolve": None,
            "innodb_buffer_pool_size": "64M",
            "innodb_log_buffer_size": "4M",
        },
    ),
    # the size of a row is bounded by a tenth of the redo log: room enough for BLOBs of some MiB
    ((5, 6), (8, 0, 30), {"innodb_log_file_size": "32M"}),
    ((8, 0, 30), None, {"innodb_redo_log_capacity": "64M"}),
    ((8, 0, 11), None, {"mysqlx": "OFF"}),
)
REPLICATION: tuple[tuple[tuple[int, ...], tuple[int, ...] | None, Options], ...] = (
    (
        (5, 6),
        None,
        {
            "log_bin": "mysql-bin",
            "binlog_format": "ROW",
            "gtid_mode": "ON",
            "enforce_gtid_consistency": "ON",
            "sync_binlog": 1,
            "relay_log": "relay-bin",
            "relay_log_recovery": "OFF",
            "event_scheduler": "ON",
            "report_host": "127.0.0.1",
        },
    ),
    ((5, 6), (8, 0, 26), {"log_slave_updates": "ON"}),
    ((8, 0, 26), None, {"log_replica_updates": "ON"}),
    # both are the default from 8.0 on; positions in files are not crash-safe
    ((5, 6), (8, 0), {"master_info_repository": "TABLE", "relay_log_info_repository": "TABLE"}),
    # deprecated: only ROW is left one day, and it is the default
    ((8, 0, 34), None, {"binlog_format": ""}),
)
READ_ONLY: tuple[tuple[tuple[int, ...], tuple[int, ...] | None, Options], ...] = (
    ((5, 6), (5, 7, 8), {"read_only": "ON"}),
    ((5, 7, 8), None, {"super_read_only": "ON"}),
)


def for_version(
    table: tuple[tuple[tuple[int, ...], tuple[int, ...] | None, Options], ...], version: tuple[int, int, int]
) -> dict[str, str | int | None]:
    """The options of a table that hold for a version; an empty text takes an option out again."""
    merged: dict[str, str | int | None] = {}
    for since, until, options in table:
        if since <= version and (until is None or version < until):
            merged.update(options)
    return {name: value for name, value in merged.items() if value != ""}


def places(directory: Path) -> dict[str, str | int | None]:
    """Where a server in `directory` keeps its files.

    It has a temporary directory to itself: a starting server deletes what looks like its own left-overs there.
    """
    return {
        "datadir": str(directory / "data"),
        "socket": str(directory / "mysqld.sock"),
        "pid_file": str(directory / "mysqld.pid"),
        "log_error": str(directory / "error.log"),
        "tmpdir": str(directory / "tmp"),
        "secure_file_priv": str(directory / "tmp"),
    }


def template_options(build: Build, directory: Path) -> dict[str, str | int | None]:
    """For the server that prepares a data directory: no network, and no binary log, so no GTIDs of its own.

    GTIDs and the binary log have to be said off: 9.x has both on by itself.
    """
    return {
        **dict(build.options),
        **places(directory),
        **for_version(BY_VERSION, build.number),
        "skip_networking": None,
        "skip_log_bin": None,
        "gtid_mode": "OFF",
        "server_id": 1,
    }


def server_options(build: Build, directory: Path, port: int, replica: bool) -> dict[str, str | int | None]:
    """For a server of a topology. The port, being unique on the machine, is its id as well."""
    return {
        **dict(build.options),
        **places(directory),
        **for_version(BY_VERSION, build.number),
        **for_version(REPLICATION, build.number),
        **(for_version(READ_ONLY, build.number) if replica else {}),
        "port": port,
        "report_port": port,
        "server_id": port,
    }


def render(options: Options, include: Path | None = None) -> str:
    """The text of an option file; `include` is a directory whose *.cnf files are read after it, if any."""
    lines = [name if value is None else f"{name}={value}" for name, value in options.items()]
    return "\n".join(["[mysqld]", *lines, *([f"!includedir {include}"] if include else []), ""])
