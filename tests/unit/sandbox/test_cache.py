# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cache entries are whole or absent, and made once; ports are reserved once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import cache, ports

MAKER = """
import sys, time
from pathlib import Path
from sandbox import cache
def make(directory):
    (directory / "half").touch()
    with open(sys.argv[1], "a") as made:
        made.write("made\\n")
    print("making", flush=True)
    sys.stdin.read()
    (directory / "whole").touch()
print(cache.entry("thing", make))
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of the test's own, where the servers' user could reach it."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        monkeypatch.setenv("DBRE_SANDBOX_CACHE", f"{name}/cache")
        yield Path(name)


def maker(place: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAKER, str(place / "count")],
        env=os.environ | {"PYTHONPATH": str(Path(cache.__file__).parent.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_maker_leaves_nothing_that_counts(place: Path) -> None:
    with maker(place) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "making\n"
        killed.send_signal(signal.SIGKILL)
    assert not (place / "cache" / "thing").exists()
    made = cache.entry("thing", lambda directory: (directory / "new").touch())
    assert [path.name for path in made.iterdir()] == ["new"]


def test_a_failed_maker_leaves_nothing_that_counts(place: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "half").touch()
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        cache.entry("thing", fail)
    assert not any(path.is_dir() for path in (place / "cache").iterdir())


def test_parallel_runs_share_one(place: Path) -> None:
    with maker(place) as one, maker(place) as other:
        for process in (one, other):  # either may hold the lock that the other waits for
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        answers = [process.communicate()[0].split() for process in (one, other)]
    assert sorted(len(answer) for answer in answers) == [1, 2]
    assert {answer[-1] for answer in answers} == {str(place / "cache" / "thing")}
    assert (place / "count").read_text() == "made\n"
    assert (place / "cache" / "thing" / "whole").exists()


def test_ports_are_reserved_while_the_directory_exists(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    one, other = place / "one", place / "other"
    for directory in (one, other):
        directory.mkdir()
    choices = range(20900, 20904)
    taken = ports.reserve(one, 3, choices)
    assert len({*taken, *ports.reserve(other, 1, choices)}) == 4
    with pytest.raises(RuntimeError, match="free ports"):
        ports.reserve(other, 1, choices)
    one.rmdir()
    assert sorted(ports.reserve(other, 3, choices)) == sorted(taken)
