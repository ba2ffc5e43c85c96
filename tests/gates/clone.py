# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gates know of the clone they run in, and of the Pythons around it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files() -> list[Path]:
    """Every file that git tracks or would add, relative to ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return sorted(path for path in map(Path, filter(None, listed.split("\0"))) if (ROOT / path).is_file())


def copy_files(target: Path) -> None:
    """Make `target` hold exactly files(), and tests/output, where ansible-test keeps its results and environments."""
    wanted = {target / path: ROOT / path for path in files()}
    for path in target.rglob("*") if target.exists() else ():
        is_output = path.is_relative_to(target / "tests/output")
        if not is_output and path not in wanted and (path.is_symlink() or not path.is_dir()):
            path.unlink()
    for copy, original in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(original, copy, follow_symlinks=False)


def pyenv_directories() -> list[Path]:
    """The bin directories of pyenv's Python 3 interpreters, newest first; none without pyenv."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    releases = []
    for directory in root.glob("versions/3.*/bin"):
        release = directory.parent.name.split(".")
        if all(part.isdigit() for part in release):
            releases.append((tuple(map(int, release)), directory))
    return [directory for release, directory in sorted(releases, reverse=True)]
