# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module of the collection, run in this process: for tests that make hundreds of calls, where Ansible takes too long.

result = call("mysql_relaylog_repair", datadir=..., relay_log="relay-bin")
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any
from unittest import mock

PACKAGE = "ansible_collections.dbre.mysql_replica.plugins.modules."


class _Over(Exception):
    """How a module ends."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(result)
        self.result = result


class _Module:
    """What the modules use of AnsibleModule."""

    options: dict[str, Any]
    check_mode = False

    def __init__(self, argument_spec: dict[str, dict[str, Any]], **_rest: Any) -> None:
        unknown = set(self.options) - set(argument_spec)
        if unknown:
            raise TypeError(f"no such options: {', '.join(sorted(unknown))}")
        self.params = {name: spec.get("default") for name, spec in argument_spec.items()} | self.options

    def exit_json(self, **result: Any) -> None:
        raise _Over(result)

    def fail_json(self, **result: Any) -> None:
        raise _Over(result | {"failed": True})


def call(name: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
    """What the module returns; of one that failed, with ``failed``. Options are not checked or converted."""
    module = importlib.import_module(PACKAGE + name)
    stand_in = type("_Call", (_Module,), {"options": options, "check_mode": check})
    with mock.patch.object(module, "AnsibleModule", stand_in), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PyMySQL's: seen by nobody where a module runs as one
        try:
            module.main()
        except _Over as over:
            return over.result
    raise AssertionError(f"{name} did not end as modules do")
