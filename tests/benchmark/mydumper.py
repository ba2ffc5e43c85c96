# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mydumper and myloader, from Debian's packages, unpacked and run in place."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PACKAGES = ("mydumper", "libmariadb3", "libpcre3")
LIBRARIES = "usr/lib/x86_64-linux-gnu"


class Mydumper:
    """Raises subprocess.CalledProcessError, or OSError, where the packages cannot be had."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        subprocess.run(["apt-get", "--quiet", "download", *PACKAGES], cwd=directory, check=True, capture_output=True)
        for package in directory.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", str(package), str(directory)], check=True)
        self._directory = directory
        self.version = self._run("myloader", "--version").split(",")[0]

    def dump(self, socket: str, schema: str, into: Path) -> None:
        self._run("mydumper", "-u", "root", "-S", socket, "-B", schema, "-o", str(into), "-t", "2")

    def load(self, socket: str, where: Path) -> None:
        self._run("myloader", "-u", "root", "-S", socket, "-d", str(where), "-t", "2", "-o")

    def _run(self, program: str, *arguments: str) -> str:
        libraries = self._directory / LIBRARIES
        env = os.environ | {
            "LD_LIBRARY_PATH": f"{libraries}:{self._directory / 'lib/x86_64-linux-gnu'}",
            "MARIADB_PLUGIN_DIR": str(libraries / "libmariadb3/plugin"),
        }
        argv = [str(self._directory / "usr/bin" / program), *arguments]
        return subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout.strip()
