# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of the clone that ansible-test and the build work on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gates import clone


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a tracked file, one that was removed, one that is new, and one that is ignored."""
    root = tmp_path / "clone"
    for name in ("galaxy.yml", "plugins/removed.py", "plugins/new file.py", ".venv/ignored"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"this is {name}\n")
    (root / ".gitignore").write_text("/.venv/\n")
    for command in (["init", "--quiet"], ["add", ".gitignore", "galaxy.yml", "plugins/removed.py"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    (root / "plugins/removed.py").unlink()
    monkeypatch.setattr(clone, "ROOT", root)
    return root


def test_files_are_those_that_git_knows_or_would_add(repository: Path) -> None:
    assert repository.is_dir()
    assert list(map(str, clone.files())) == [".gitignore", "galaxy.yml", "plugins/new file.py"]


def test_copy_holds_exactly_the_files_of_the_clone(repository: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    clone.copy_files(copy)
    assert sorted(path.relative_to(copy) for path in copy.rglob("*") if path.is_file()) == clone.files()
    assert (copy / "galaxy.yml").read_bytes() == (repository / "galaxy.yml").read_bytes()


@pytest.mark.usefixtures("repository")
def test_copy_forgets_what_is_gone_and_keeps_the_output(tmp_path: Path) -> None:
    gone, output = tmp_path / "copy/plugins/modules/gone.py", tmp_path / "copy/tests/output/.tmp/kept"
    for path in (gone, output):
        path.parent.mkdir(parents=True)
        path.touch()
    clone.copy_files(tmp_path / "copy")
    assert not gone.exists()
    assert output.exists()


def test_newest_python_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    for release in ("3.9.18", "3.13.0", "2.7.18", "3.14-dev", "3.10.2"):
        (tmp_path / "versions" / release / "bin").mkdir(parents=True)
    assert [path.parent.name for path in clone.pyenv_directories()] == ["3.13.0", "3.10.2", "3.9.18"]
