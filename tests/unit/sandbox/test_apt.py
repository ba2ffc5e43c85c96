# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archive the machine's own apt sources name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.apt import Source, choose, debian_archive, machine_sources, parse_deb822, parse_list, source_line
from sandbox.fetch import FetchError

TWO_PARAGRAPHS = """\
# ours
Types: deb deb-src
URIs: http://a/
 http://b/
# why
Suites: sid x
Components: main
Signed-By: /k.gpg

\x20
types: deb
uris: http://c/
suites: y
components: z
"""
ARMOURED = """\
Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3
 -----END PGP PUBLIC KEY BLOCK-----
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# deb http://a/ sid main\n", []),
        ("deb-src http://a/ sid main", []),
        (
            "deb http://a/debian bookworm main contrib # ours",
            [("http://a/debian", ("bookworm",), ("main", "contrib"), "")],
        ),
        (
            "deb [ arch=amd64,i386 signed-by=/k.gpg ] http://a/ sid main\ndeb http://b/ ./",
            [("http://a/", ("sid",), ("main",), "/k.gpg"), ("http://b/", ("./",), (), "")],
        ),
    ],
)
def test_one_line_style(text: str, expected: list[tuple[object, ...]]) -> None:
    assert list(parse_list(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Types: deb-src\nURIs: http://a/\nSuites: sid\nComponents: main\n", []),
        ("Enabled: no\nTypes: deb\nURIs: http://a/\nSuites: sid\nComponents: main\n", []),
        (
            TWO_PARAGRAPHS,
            [
                ("http://a/", ("sid", "x"), ("main",), "/k.gpg"),
                ("http://b/", ("sid", "x"), ("main",), "/k.gpg"),
                ("http://c/", ("y",), ("z",), ""),
            ],
        ),
    ],
)
def test_deb822_style(text: str, expected: list[tuple[object, ...]]) -> None:
    assert list(parse_deb822(text)) == expected


def test_inline_key_becomes_a_file(tmp_path: Path) -> None:
    (source,) = parse_deb822(ARMOURED)
    assert (
        source_line(source, tmp_path)
        == f"deb [signed-by={tmp_path}/archive.asc] http://mirror.example/debian sid main\n"
    )
    lines = (tmp_path / "archive.asc").read_text().split("\n")
    assert lines == [
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "",
        "mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3",
        "-----END PGP PUBLIC KEY BLOCK-----",
        "",
    ]


def test_key_files_are_named_as_they_are(tmp_path: Path) -> None:
    several = Source("http://a/", ("sid",), ("main",), "/k1.gpg /k2.gpg")
    assert source_line(several, tmp_path) == "deb [signed-by=/k1.gpg,/k2.gpg] http://a/ sid main\n"
    assert source_line(several._replace(signed_by=""), tmp_path) == "deb http://a/ sid main\n"
    assert list(tmp_path.iterdir()) == []


def test_the_plain_archive_is_chosen() -> None:
    security = Source("http://s/", ("bookworm-security",), ("main",), "")
    third = Source("http://t/", ("nodistro",), ("main",), "")
    contrib = Source("http://c/", ("bookworm",), ("contrib",), "")
    disc = Source("cdrom:[Debian]/", ("bookworm",), ("main",), "")
    plain = Source("http://p/", ("bookworm", "bookworm-updates"), ("main",), "")
    assert choose([security, third, contrib, disc, plain], "bookworm") == plain
    assert choose([security, third, contrib, disc], "bookworm") is None
    assert choose([plain], "trixie") is None
    assert choose([plain._replace(suites=("testing",))], "trixie") is not None


def test_sources_of_a_machine_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://a/ sid main\n")
    (tmp_path / "sources.list.d" / "b.sources").write_text(ARMOURED)
    (tmp_path / "sources.list.d" / "c.list").write_text("deb http://c/ sid main\n")
    (tmp_path / "sources.list.d" / "d.list.save").write_text("deb http://d/ sid main\n")
    found = [source.uri for source in machine_sources(tmp_path)]
    assert found == ["http://a/", "http://mirror.example/debian", "http://c/"]
    assert machine_sources(tmp_path / "none") == []


def test_other_systems_are_told_what_to_do(tmp_path: Path) -> None:
    release = tmp_path / "os-release"
    release.write_text('NAME="Ubuntu"\nID=ubuntu\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n')
    with pytest.raises(FetchError, match=r"Ubuntu 24\.04\.1 LTS is not Debian: install MySQL 8\.0 or newer"):
        debian_archive(release)
    with pytest.raises(FetchError, match="this machine is not Debian"):
        debian_archive(Path(os.devnull))
