# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test does to a server by hand, as root, so that the module under test is the only one at work."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sandbox.server import Server

DUMP = "--single-transaction --routines --events --triggers --set-gtid-purged=ON".split()


def detach(replica: Server) -> None:
    """No replica any more: channel and relay logs are gone."""
    replica.execute(replica.statements.stop)
    replica.execute("RESET REPLICA ALL" if "REPLICA" in replica.statements.stop else "RESET SLAVE ALL")


def forget_gtids(server: Server) -> None:
    """An empty gtid_executed. RESET MASTER has had its new name since 8.2."""
    server.execute("RESET BINARY LOGS AND GTIDS" if server.build.number >= (8, 2, 0) else "RESET MASTER")


def set_quiet(replica: Server) -> None:
    """The settings under which rows may be loaded."""
    replica.execute("SET GLOBAL event_scheduler = OFF")
    replica.execute("SET GLOBAL read_only = OFF")  # takes super_read_only with it
    replica.execute("SET GLOBAL read_only = ON")


def set_as_started(replica: Server) -> None:
    """The settings that every replica of a sandbox starts with."""
    replica.execute("SET GLOBAL event_scheduler = ON")
    replica.execute(f"SET GLOBAL {replica.statements.read_only} = ON")


def take_dump(source: Server, path: Path, *what: str) -> Path:
    """With the real mysqldump; `what` defaults to all databases."""
    with path.open("wb") as sink:
        argv = source.mysqldump_argv(*DUMP, *(what or ("--all-databases",)))
        subprocess.run(argv, stdout=sink, check=True, timeout=120)
    return path
