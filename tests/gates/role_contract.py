# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role promises in meta/argument_specs.yml is what its defaults/main.yml does."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import yaml

REQUIRED_FILES = ("README.md", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml")


# A default that the collection-wide variable of the same meaning goes before: {{ mysql_replica_x | default(VALUE) }}
SHARED = re.compile(r"\{\{ mysql_replica_\w+ \| default\((.*)\) \}\}")
WORDS = {"true": True, "false": False}


class AnsibleLoader(yaml.SafeLoader):
    """YAML with Ansible's own tags, such as !unsafe and !vault, which only scalars carry in variables."""


def tagged(loader: yaml.SafeLoader, tag: str, node: yaml.ScalarNode) -> str:
    return f"!{tag} {loader.construct_scalar(node)}"


AnsibleLoader.add_multi_constructor("!", tagged)


def load(path: Path) -> Any:
    """The document of a YAML file; an empty mapping where there is no file or nothing in it."""
    return (AnsibleLoader(path.read_text()).get_single_data() if path.is_file() else None) or {}


def disagreements(role: Path) -> list[str]:
    """What is wrong with a role's contract, a sentence each; empty when defaults and argument_specs say the same.

    Templates are compared as they are written, but for those of SHARED: what counts there is the value that holds
    without the collection-wide variable, and `none` is no default. Values are compared with their type: 1 is not true,
    nor "1".
    """
    wrong = [f"{role.name}: {name} is missing" for name in REQUIRED_FILES if not (role / name).is_file()]
    written = load(role / "defaults/main.yml")
    defaults = {name: own_default(value) for name, value in written.items()}
    unset = {name for name, value in defaults.items() if value is None and written[name] is not None}
    entry_points = load(role / "meta/argument_specs.yml").get("argument_specs", {})
    options = entry_points.get("main", {}).get("options", {})
    if "main" not in entry_points:
        wrong.append(f"{role.name}: argument_specs has no entry point main")
    specified = {name: option["default"] for name, option in options.items() if "default" in option}
    for name in sorted({*defaults, *specified}):
        if name in unset and name in options and name not in specified:
            continue
        if name not in options:
            wrong.append(f"{role.name}: {name} is in defaults and not in argument_specs")
        elif name not in specified:
            wrong.append(f"{role.name}: {name} is in defaults and has no default in argument_specs")
        elif name not in defaults:
            wrong.append(f"{role.name}: {name} has a default in argument_specs and none in defaults")
        elif json.dumps(defaults[name], sort_keys=True) != json.dumps(specified[name], sort_keys=True):
            wrong.append(
                f"{role.name}: {name} is {defaults[name]!r} in defaults, {specified[name]!r} in argument_specs"
            )
    return wrong


def own_default(value: Any) -> Any:
    """What a default is when no collection-wide variable is set."""
    found = SHARED.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return value
    if found[1] == "none":
        return None
    if found[1] in WORDS:
        return WORDS[found[1]]
    try:
        return ast.literal_eval(found[1])
    except (ValueError, SyntaxError):
        return f"{{{{ {found[1]} }}}}"  # another variable
