# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role does what its argument_specs say, and the check that says so finds a role that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.clone import ROOT
from gates.role_contract import REQUIRED_FILES, disagreements

ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_role_keeps_its_contract(role: Path) -> None:
    assert disagreements(role) == []


def make_role(directory: Path, defaults: str, options: str) -> Path:
    role = directory / "example"
    for name in (*REQUIRED_FILES, "defaults/main.yml"):
        (role / name).parent.mkdir(parents=True, exist_ok=True)
        (role / name).write_text("---\n")
    (role / "defaults/main.yml").write_text(defaults)
    (role / "meta/argument_specs.yml").write_text(f"argument_specs: {{main: {{options: {options}}}}}\n")
    return role


@pytest.mark.parametrize(
    ("defaults", "options"),
    [
        ("{}", "{}"),
        ("{a: 1}", "{a: {default: 1}, needed: {required: true}}"),
        ("{a: '{{ b }}'}", "{a: {default: '{{ b }}'}}"),
        ("{a: '{{ mysql_replica_a | default(1) }}'}", "{a: {default: 1}}"),
        ("{a: '{{ mysql_replica_a | default(false) }}'}", "{a: {default: false}}"),
        ("{a: '{{ mysql_replica_a | default(none) }}'}", "{a: {type: str}}"),
        ("{a: '{{ mysql_replica_a | default(b) }}'}", "{a: {default: '{{ b }}'}}"),
        ("{a: {c: 1, b: [2]}}", "{a: {default: {b: [2], c: 1}}}"),
        ("{a: !unsafe '{{'}", "{a: {default: !unsafe '{{'}}"),
        ("{a: null}", "{a: {default: null}}"),
    ],
)
def test_agreement_is_seen(tmp_path: Path, defaults: str, options: str) -> None:
    assert disagreements(make_role(tmp_path, defaults, options)) == []


@pytest.mark.parametrize(
    ("defaults", "options", "sentence"),
    [
        ("{a: 1}", "{}", "a is in defaults and not in argument_specs"),
        ("{a: 1}", "{a: {type: int}}", "a is in defaults and has no default in argument_specs"),
        ("{}", "{a: {default: 1}}", "a has a default in argument_specs and none in defaults"),
        ("{a: 1}", "{a: {default: 2}}", "a is 1 in defaults, 2 in argument_specs"),
        ("{a: '{{ mysql_replica_a | default(1) }}'}", "{a: {default: 2}}", "a is 1 in defaults, 2 in argument_specs"),
        (
            "{a: '{{ mysql_replica_a | default(1) }}'}",
            "{a: {default: true}}",
            "a is 1 in defaults, True in argument_specs",
        ),
        (
            "{a: '{{ other_a | default(1) }}'}",
            "{a: {type: int}}",
            "a is in defaults and has no default in argument_specs",
        ),
        ("{a: true}", "{a: {default: 1}}", "a is True in defaults, 1 in argument_specs"),
        ("{a: '1'}", "{a: {default: 1}}", "a is '1' in defaults, 1 in argument_specs"),
        ("{a: '{{ b }}'}", "{a: {default: '{{ c }}'}}", "a is '{{ b }}' in defaults, '{{ c }}' in argument_specs"),
        ("{a: null}", "{a: {default: ''}}", "a is None in defaults, '' in argument_specs"),
    ],
)
def test_disagreement_is_found(tmp_path: Path, defaults: str, options: str, sentence: str) -> None:
    assert disagreements(make_role(tmp_path, defaults, options)) == [f"example: {sentence}"]


@pytest.mark.parametrize("name", REQUIRED_FILES)
def test_missing_file_is_found(tmp_path: Path, name: str) -> None:
    role = make_role(tmp_path, "{}", "{}")
    (role / name).unlink()
    assert f"example: {name} is missing" in disagreements(role)


def test_missing_entry_point_is_found(tmp_path: Path) -> None:
    role = make_role(tmp_path, "{}", "{}")
    (role / "meta/argument_specs.yml").write_text("argument_specs: {install: {options: {}}}\n")
    assert disagreements(role) == ["example: argument_specs has no entry point main"]
