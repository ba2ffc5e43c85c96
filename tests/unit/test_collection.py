# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that describe the collection agree with what is in it, and each room holds what belongs there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from gates.clone import ROOT, files
from gates.package import unexpected

COLLECTION = "ansible_collections.dbre.mysql_replica.plugins.module_utils"
MODULE_UTILS = ROOT / "plugins/module_utils"
HEADER = """\
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
# What logic may import besides itself: decisions need neither Ansible nor a server, a file or a clock
PURE = {"", "errors", "logic"}


def read_yaml(name: str) -> dict[str, object]:
    document = yaml.safe_load((ROOT / name).read_text())
    assert isinstance(document, dict)
    return document


def imports(path: Path) -> set[str]:
    """The dotted names that a Python file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return found


def test_action_group_holds_exactly_the_modules_that_log_in() -> None:
    groups = read_yaml("meta/runtime.yml")["action_groups"]
    assert isinstance(groups, dict)
    log_in = {path.stem for path in ROOT.glob("plugins/modules/*.py") if "connection_spec(" in path.read_text()}
    assert sorted(groups["all"]) == sorted(log_in)
    # A default that one member does not take would break its tasks
    assert "mysql_dump_info" not in groups["all"]


def test_collection_depends_on_no_other() -> None:
    galaxy = read_yaml("galaxy.yml")
    assert (galaxy["namespace"], galaxy["name"], galaxy["dependencies"]) == ("dbre", "mysql_replica", {})


@pytest.mark.parametrize("path", sorted(MODULE_UTILS.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_point_one_way(path: Path) -> None:
    room = path.relative_to(MODULE_UTILS).parts[0]
    names = imports(path)
    if room != "server":
        assert not [name for name in names if name.split(".")[0] == "pymysql"], "only server/ talks to MySQL"
    if room == "logic":
        own = {name.removeprefix(COLLECTION).split(".")[1] for name in names if name.startswith(f"{COLLECTION}.")}
        assert own <= PURE
        outside = {name.split(".")[0] for name in names if not name.startswith(f"{COLLECTION}.")}
        assert not outside & {"ansible", "os", "pathlib", "shutil", "socket", "subprocess", "time", "threading"}


def test_packages_of_module_utils_have_an_empty_init() -> None:
    directories = {path.parent for path in MODULE_UTILS.rglob("*.py")} - {MODULE_UTILS}
    assert [str(path) for path in directories if not (path / "__init__.py").is_file()] == []
    assert [str(path) for path in MODULE_UTILS.rglob("__init__.py") if path.stat().st_size] == []


@pytest.mark.parametrize("path", files(), ids=str)
def test_file_names_a_purpose_and_a_licence(path: Path) -> None:
    assert path.name not in {"utils.py", "helpers.py", "common.py"}
    content = (ROOT / path).read_bytes()
    if path.suffix in {".py", ".yml", ".yaml", ".sh", ".toml"} and content and "fixtures" not in path.parts:
        assert HEADER.encode() in content[:1000]


def test_tarball_check_finds_what_does_not_belong() -> None:
    good = ["MANIFEST.json", "plugins/modules/mysql_replica_info.py", "roles/x/tasks/main.yml", "meta/runtime.yml"]
    bad = [
        ".venv/bin/python",
        ".cache/x",
        "tests/unit/test_x.py",
        "molecule/x/molecule.yml",
        "plugins/__pycache__/x.pyc",
    ]
    assert unexpected(good + bad) == bad
