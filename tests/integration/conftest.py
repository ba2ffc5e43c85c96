# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers for the tests: every test that asks for one runs on both ends of the line, MySQL 5.6 and today's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.builds import modern_spec
from sandbox.topology import Sandbox

MakeBox = Callable[..., Sandbox]
SERVERS = {"oldest": "5.6", "newest": modern_spec()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of roles take longest: with them last, one worker would be busy while the other is idle."""
    items.sort(key=lambda item: not item.path.name.startswith("test_role_"))
    for item in items:
        servers = {SERVERS[name] for mark in item.iter_markers("long_on") for name in mark.args}
        if servers and isinstance(item, pytest.Function) and item.callspec.params["server_kind"] in servers:
            item.add_marker("long")


@pytest.fixture(scope="session", params=SERVERS.values())
def server_kind(request: pytest.FixtureRequest) -> str:
    """What `Sandbox.up` takes as `server`."""
    return str(request.param)


@pytest.fixture(scope="session")
def box(server_kind: str) -> Iterator[Sandbox]:
    """A source and a replica, shared by all tests of a session: leave them replicating, and no server damaged."""
    with Sandbox.up(server=server_kind) as shared:
        yield shared


@pytest.fixture
def make_box(server_kind: str) -> Iterator[MakeBox]:
    """Makes sandboxes of the test's own; takes the arguments of `Sandbox.up`. They end with the test."""
    with ExitStack() as stack:

        def make(**arguments: Any) -> Sandbox:
            return stack.enter_context(Sandbox.up(**{"server": server_kind, **arguments}))

        yield make
