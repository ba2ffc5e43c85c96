# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a MySQL server: how its programs are run, and where its files are."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import apt, fetch

# where an installation keeps what mysqld looks for in places fixed when it was built: the option, a file that
# is there, and how far up from that file the directory is
LAYOUT = (
    ("lc_messages_dir", "share/english/errmsg.sys", 1),
    ("lc_messages_dir", "share/mysql*/english/errmsg.sys", 1),
    ("character_sets_dir", "share/charsets/Index.xml", 0),
    ("character_sets_dir", "share/mysql*/charsets/Index.xml", 0),
    ("plugin_dir", "lib*/plugin/*.so", 0),
    ("plugin_dir", "lib*/mysql*/plugin/*.so", 0),
)
MODERN = (8, 0)  # the oldest series whose client programs and defaults the sandbox calls modern


@dataclass(frozen=True)
class Clients:
    """Client programs: `run` (a loader, or nothing) in front of a program in the directory `bin`."""

    run: tuple[str, ...]
    bin: str
    plugin_dir: str = ""  # where libmysqlclient finds plug-ins, when not where it was built to look

    def argv(self, program: str) -> tuple[str, ...]:
        """The command line's beginning; FileNotFoundError when this build has no such program."""
        path = Path(self.bin, program)
        if not path.is_file():
            raise FileNotFoundError(f"this server comes without {program} ({path} does not exist)")
        return (*self.run, str(path))


@dataclass(frozen=True)
class Build:
    """One MySQL server program."""

    spec: str  # what it was asked for: "5.6", "9.7", "path" or a directory
    version: str  # as the server says it: "9.7.4-2"
    mysqld: tuple[str, ...]
    clients: Clients
    env: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()  # where its share and plug-in directories are
    template: str = ""  # a data directory that came with it; empty: made by --initialize-insecure

    @property
    def number(self) -> tuple[int, int, int]:
        """The version as three numbers: (9, 7, 4)."""
        return version_number(self.version)

    @property
    def series(self) -> str:
        """The release series: "9.7"."""
        return "{}.{}".format(*self.number)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Build:
        clients = Clients(tuple(data["clients"]["run"]), data["clients"]["bin"], data["clients"]["plugin_dir"])
        pairs = {name: tuple((key, value) for key, value in data[name]) for name in ("env", "options")}
        return cls(**{**data, **pairs, "mysqld": tuple(data["mysqld"]), "clients": clients})


def version_number(version: str) -> tuple[int, int, int]:
    """(9, 7, 4) from "9.7.4-2"; ValueError when there is no version in it."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if not found:
        raise ValueError(f"not a MySQL version: {version!r}")
    return int(found[1]), int(found[2]), int(found[3])


def ask_version(mysqld: tuple[str, ...], env: tuple[tuple[str, str], ...] = ()) -> str:
    """What `mysqld --version` says: "9.7.4-2"; FetchError when that is no MySQL server."""
    done = subprocess.run(
        [*mysqld, "--no-defaults", "--version"], capture_output=True, text=True, check=False, env=os.environ | dict(env)
    )
    found = re.search(r"Ver (\S+)", done.stdout)
    if done.returncode or not found:
        raise fetch.FetchError(f"{mysqld[-1]} --version failed: {(done.stderr or done.stdout).strip()[-500:]}")
    if "mariadb" in done.stdout.lower():
        raise fetch.FetchError(f"{mysqld[-1]} is MariaDB, whose replication is another; the sandbox runs MySQL")
    return found[1]


@cache
def find_build(spec: str) -> Build:
    """The server for "5.6", "9.7" (both fetched once), "path" (mysqld on PATH) or a directory.

    A directory is a base directory with bin/mysqld, or a prefix with sbin/mysqld or usr/sbin/mysqld.
    Raises `fetch.FetchError` with what to do when there is no such server.
    """
    known = {"5.6": _npm, "9.7": _debian, "path": _path}
    return known[spec]() if spec in known else _directory(Path(spec))


def default_spec() -> str:
    """What the command line starts unless told: $SERVER, else MySQL >= 8.0 on PATH, else "9.7"."""
    return os.environ.get("SERVER") or modern_spec()


def modern_spec() -> str:
    """A present-day server: "path" when mysqld on PATH is MySQL >= 8.0, else "9.7"."""
    try:
        return "path" if find_build("path").number[:2] >= MODERN else "9.7"
    except fetch.FetchError:
        return "9.7"


def _npm() -> Build:
    base = fetch.npm_server()
    env = (("LD_LIBRARY_PATH", str(base)),)  # libaio.so.1 lies next to the server
    mysqld = (str(base / "mysqld"),)
    # the package has no client programs; a newer mysqldump reads a 5.6 server well
    return Build(
        "5.6",
        ask_version(mysqld, env),
        mysqld,
        find_build(modern_spec()).clients,
        env,
        (("lc_messages_dir", str(base / "share")), ("character_sets_dir", str(base / "share" / "charsets"))),
        template=str(base / "data" / "mysql"),
    )


def _debian() -> Build:
    prefix = apt.debian_prefix() / "usr"
    loaders = sorted(prefix.glob(f"lib/*/ld-linux-{platform.machine().replace('_', '-')}.so.*"))
    if not loaders:
        raise fetch.FetchError(f"{prefix} holds no loader for {platform.machine()}")
    run = (str(loaders[0]), "--library-path", str(loaders[0].parent))
    return _installed("9.7", prefix, prefix / "sbin" / "mysqld", run)


def _path() -> Build:
    found = shutil.which("mysqld") or shutil.which("mysqld", path="/usr/local/sbin:/usr/sbin:/sbin")
    if not found:
        raise fetch.FetchError("no mysqld on PATH")
    mysqld = Path(found).resolve()
    version = ask_version((str(mysqld),))
    return Build("path", version, (str(mysqld),), Clients((), str(Path(shutil.which("mysqldump") or found).parent)))


def _directory(base: Path) -> Build:
    base = base.resolve()
    for prefix in (base, base / "usr"):
        for mysqld in (prefix / "bin" / "mysqld", prefix / "sbin" / "mysqld"):
            if mysqld.is_file():
                return _installed(str(base), prefix, mysqld, ())
    raise fetch.FetchError(f"no MySQL server in {base}: neither bin/mysqld nor sbin/mysqld nor usr/sbin/mysqld")


def _installed(spec: str, prefix: Path, mysqld: Path, run: tuple[str, ...]) -> Build:
    """A server with the layout of an installation under `prefix`, wherever that has been moved to."""
    found = {name: str(path.parents[up]) for name, pattern, up in LAYOUT for path in prefix.glob(pattern)}
    options = (("basedir", str(prefix)), *found.items())
    return Build(
        spec,
        ask_version((*run, str(mysqld))),
        (*run, str(mysqld)),
        Clients(run, str(prefix / "bin"), found.get("plugin_dir", "")),
        (),
        options,
    )
