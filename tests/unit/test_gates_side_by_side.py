# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets that are made at the same time: all run to their end, one that fails is not lost among the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gates.clone import ROOT

RECIPES = {
    "good": "@echo one; sleep 0.3; echo two",
    "bad": "@echo three; false",
    "asleep": "@echo $$$$ > pid; exec sleep 600",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text("".join(f"{name}:\n\t{text}\n" for name, text in RECIPES.items()))
    return tmp_path


def begin(here: Path, *targets: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests/gates/side_by_side.py"), *targets],
        cwd=here,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("targets", "code"), [(["good", "bad"], 1), (["good", "good"], 0), (["bad"], 1)])
def test_one_that_fails_fails_them_all_and_ends_none(here: Path, targets: list[str], code: int) -> None:
    process = begin(here, *targets)
    output, _errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert ("one\ntwo\n" in output) is ("good" in targets)
    assert output.count("====") == len(set(targets))


def test_interrupted_it_ends_what_it_has_begun(here: Path) -> None:
    process = begin(here, "asleep")
    while not (here / "pid").exists() or not (here / "pid").read_text():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not Path("/proc", (here / "pid").read_text().strip()).exists()
