# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of Debian (the newest MySQL, of its sid suite), fetched by the machine's own apt into a private prefix.

apt works on state and cache directories of its own and only downloads; the packages are unpacked, never
installed, and run through the C library that comes with them. Nothing on the system changes and no
privilege is needed. Which mirror, and which key signs it, is what the machine's own sources say.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from . import cache
from .fetch import FetchError, run

SUITE = "sid"
PACKAGES = ("mysql-server-core", "mysql-client-core")
UNWANTED = re.compile(r"(perl|libperl|systemd|libsystemd-shared|adduser|passwd|debconf)[^/]*_[^/]*\.deb$")
INSTEAD = (
    "install MySQL 8.0 or newer so that mysqld is on PATH (for example the package mysql-server),"
    " or give the base directory of a server"
)
CONFIGURATION = """\
Dir::State "{work}/state";
Dir::State::status "{work}/status";
Dir::Cache "{work}/cache";
Dir::Etc::SourceList "{work}/sources.list";
Dir::Etc::SourceParts "{work}/sources.d";
Dir::Log "{work}/log";
APT::Sandbox::User "{user}";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
"""


class Source(NamedTuple):
    """One archive in the machine's apt sources; `signed_by` is a file, an inline key, or empty."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str


def parse_list(text: str) -> Iterator[Source]:
    """Sources in the one-line style: `deb [option=value ...] URI SUITE COMPONENT...` (sources.list(5))."""
    for line in text.splitlines():
        found = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line.split("#")[0].strip())
        if found:
            options = dict(option.split("=", 1) for option in (found[1] or "").split() if "=" in option)
            yield Source(found[2], (found[3],), tuple(found[4].split()), options.get("signed-by", ""))


def parse_deb822(text: str) -> Iterator[Source]:
    """Sources in the deb822 style: paragraphs of `Field: value`, continued on indented lines."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for paragraph in re.split(r"\n(?:[ \t]*\n)+", "\n".join(lines)):
        fields = {
            found[1].lower(): found[2].strip("\n")
            for found in re.finditer(r"^(\S+?):[ \t]*(.*(?:\n[ \t]+.*)*)", paragraph, re.MULTILINE)
        }
        if fields.get("enabled", "yes").strip().lower() in ("no", "false", "0", "off", "without", "disable"):
            continue
        if "deb" in fields.get("types", "").split():
            for uri in fields.get("uris", "").split():
                yield Source(
                    uri,
                    tuple(fields.get("suites", "").split()),
                    tuple(fields.get("components", "").split()),
                    fields.get("signed-by", "").strip(),
                )


def choose(sources: list[Source], codename: str) -> Source | None:
    """The Debian archive itself: main, in a plain suite (not -security, -updates, a third party's)."""
    plain = {codename, "stable", "testing", "unstable", "sid"}
    return next(
        (
            source
            for source in sources
            if "main" in source.components and plain & set(source.suites) and not source.uri.startswith("cdrom:")
        ),
        None,
    )


def machine_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    """Everything that the machine's apt is set up with."""
    found: list[Source] = []
    for path in (etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))):
        if path.is_file() and path.suffix in (".list", ".sources"):
            parse = parse_deb822 if path.suffix == ".sources" else parse_list
            found += parse(path.read_text(errors="replace"))
    return found


def debian_archive(release: Path = Path("/etc/os-release")) -> Source:
    """The machine's Debian mirror; FetchError where there is none (an Ubuntu machine, say)."""
    text = release.read_text() if release.is_file() else ""
    system = dict(word.split("=", 1) for word in shlex.split(text) if "=" in word)
    if system.get("ID") != "debian" or shutil.which("apt-get") is None:
        raise FetchError(
            f"MySQL is fetched from Debian's archive, and {system.get('PRETTY_NAME', 'this machine')}"
            f" is not Debian: {INSTEAD}"
        )
    source = choose(machine_sources(), system.get("VERSION_CODENAME", ""))
    if source is None:
        raise FetchError(f"no Debian archive is set up in /etc/apt on this machine: {INSTEAD}")
    return source


def debian_prefix() -> Path:
    """The directory that the packages are unpacked in: usr/sbin/mysqld, usr/bin/mysqldump, the C library."""
    return cache.entry(f"mysql-debian-{SUITE}", lambda into: fetch_into(into, SUITE, PACKAGES))


def source_line(source: Source, work: Path, suite: str = SUITE) -> str:
    """The one line of our sources.list; an inline key is written to a file, which the line names."""
    signed_by = source.signed_by
    if "\n" in signed_by:
        key = work / "archive.asc"
        # deb822 stores a key indented, an empty line as a dot
        lines = [line.strip() for line in signed_by.splitlines()]
        key.write_text("".join("\n" if line == "." else line + "\n" for line in lines))
        signed_by = str(key)
    option = f"[signed-by={','.join(signed_by.split())}] " if signed_by else ""
    return f"deb {option}{source.uri} {suite} main\n"


def fetch_into(into: Path, suite: str, packages: tuple[str, ...], alone: tuple[str, ...] = ()) -> None:
    """Unpack packages of a suite with all that they need; those called ``alone`` without."""
    work = into / "apt"
    for name in ("state/lists/partial", "cache/archives/partial", "sources.d", "log"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(source_line(debian_archive(), work, suite))
    user = "root" if os.geteuid() == 0 else ""
    (work / "apt.conf").write_text(CONFIGURATION.format(work=work, user=user))
    env = os.environ | {"APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "--quiet", "update"], cwd=into, env=env)
    run(["apt-get", "--quiet", "--yes", "--download-only", "install", *packages], cwd=into, env=env)
    if alone:
        run(["apt-get", "--quiet", "download", *alone], cwd=work / "cache" / "archives", env=env)
    for package in sorted((work / "cache" / "archives").glob("*.deb")):
        if not UNWANTED.search(package.name):
            run(["dpkg-deb", "--extract", str(package), str(into)], cwd=into)
    shutil.rmtree(work)
    run(["chmod", "-R", "a+rX", "."], cwd=into)
