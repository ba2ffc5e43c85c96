# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A prepared data directory for each server program: initialised, with its accounts, cleanly stopped.

Servers start from a copy. It was never a server with GTIDs, so no copy claims a transaction.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pymysql.converters

from . import cache, options
from .accounts import ACCOUNTS
from .builds import Build
from .identity import give, popen_identity, server_uid
from .server import Server
from .watchdog import Watchdog


def setup_statements() -> list[str]:
    """Leaves root@localhost, without a password, and our accounts."""
    made = []
    for account in ACCOUNTS:
        password = pymysql.converters.escape_string(account.password)
        for host in account.hosts:
            made.append(f"CREATE USER '{account.user}'@'{host}' IDENTIFIED BY '{password}'")
            made.append(f"GRANT {account.privileges} ON *.* TO '{account.user}'@'{host}'{account.grant_option}")
    return made


def template(build: Build) -> Path:
    """The data directory to copy for `build`, made on first use."""
    mysqld = Path(build.mysqld[-1])
    stat = mysqld.stat()
    ingredients = [
        build.mysqld,
        build.version,
        stat.st_size,
        stat.st_mtime_ns,
        setup_statements(),
        server_uid(),
        options.template_options(build, Path("/")),
    ]
    # short: a server's socket is in there while it is made, and the system bounds the length of that path
    name = hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:8]
    return cache.entry(f"template-{build.series}-{name}", lambda into: _make(build, into)) / "data"


def _make(build: Build, into: Path) -> None:
    watchdog = Watchdog(into)
    try:
        _prepare(Server(build, into, "template", port=0))
    except BaseException:
        watchdog.dismiss()
        raise
    watchdog.release()


def _prepare(server: Server) -> None:
    server.directory.chmod(0o700)
    give(server.directory)
    server.write_option_file(options.template_options(server.build, server.directory))
    if server.build.template:
        copy_data(Path(server.build.template), server.datadir)
    else:
        _initialise(server)
    server.start()
    try:
        for user, host in ((row["User"], row["Host"]) for row in server.rows("SELECT User, Host FROM mysql.user")):
            if user == "" or (user == "root" and host != "localhost"):
                server.execute("DROP USER %s@%s", (user, host))
        if server.value("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'test'"):
            server.execute("DROP DATABASE test")
        for statement in setup_statements():
            server.execute(statement)
    finally:
        server.stop()
    (server.datadir / "auto.cnf").unlink(missing_ok=True)  # so that every copy gets a uuid of its own


def _initialise(server: Server) -> None:
    if server.build.number < (5, 7, 6):
        raise RuntimeError(
            f"MySQL {server.build.version} at {server.build.spec} cannot prepare a data directory by itself"
            " (--initialize came with 5.7.6); ask for the server 5.6 instead"
        )
    done = subprocess.run(
        [*server.argv(), "--initialize-insecure"],
        env=server.env(),
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **popen_identity(),
    )
    if done.returncode:
        raise RuntimeError(f"mysqld --initialize-insecure failed ({done.returncode}):\n{server.error_log_tail()}")


def copy_data(source: Path, target: Path) -> None:
    """Copy a data directory, sharing blocks where the file system can, and hand it to the servers' user."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-r", "--reflink=auto", "--sparse=always", str(source), str(target)], check=True)
    (target / "auto.cnf").unlink(missing_ok=True)
    for directory, _names, files in os.walk(target):
        give(Path(directory))
        Path(directory).chmod(0o700)
        for name in files:
            give(Path(directory, name))
            Path(directory, name).chmod(0o600)
