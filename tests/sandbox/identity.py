# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose processes and files the servers are.

mysqld refuses to run as root, so root's sandboxes run their servers as a numeric user of their own:
no account is created, nothing in the password file changes. Anybody else runs them as themselves.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

SERVER_ID = 64027  # user and group; outside the ranges that Debian gives to people and packages


def server_uid() -> int:
    """The user that mysqld runs as."""
    return SERVER_ID if os.geteuid() == 0 else os.geteuid()


def popen_identity() -> dict[str, Any]:
    """Arguments for `subprocess.Popen` that make the child the servers' user, without any further group."""
    return {"user": SERVER_ID, "group": SERVER_ID, "extra_groups": []} if os.geteuid() == 0 else {}


def give(path: Path) -> None:
    """Hand one file or directory to the servers' user."""
    if os.geteuid() == 0:
        os.chown(path, SERVER_ID, SERVER_ID)


def require_traversable(directory: Path) -> None:
    """Raise PermissionError when the servers' user cannot reach into `directory`, naming the parent that is shut."""
    if server_uid() == os.geteuid():
        return
    directory = directory.resolve()
    for parent in (directory, *directory.parents):
        if parent.exists() and not parent.stat().st_mode & 0o001:
            raise PermissionError(
                f"{directory} cannot hold a server: user {SERVER_ID} cannot enter {parent}"
                " (no execute permission for others); choose another directory"
            )
