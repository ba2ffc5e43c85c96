# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the text of a dump as the mysql client does, and as mysql_dump_load does, without Ansible around it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part, Whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import claim
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server as Session
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import (
    Tally,
    begin_session,
    further_sessions,
    load,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_checkpoints import Checkpoints
from sandbox.server import Server


class Loader:
    """The text makes the schema `small`."""

    def __init__(self, server: Server, directory: Path) -> None:
        self.server = server
        self._directory = directory

    def by_client(self, text: bytes, charset: str) -> None:
        self._drop()
        argv = self.server.mysql_argv("--binary-mode", f"--default-character-set={charset}")
        subprocess.run(argv, input=text, check=True, timeout=120)

    def by_us(self, text: bytes, workers: int = 3, checkpoints: Checkpoints | None = None) -> Tally:
        if checkpoints is None or not checkpoints.earlier:
            self._drop()
        login = Login(host="localhost", port=0, user="root", unix_socket=self.server.socket)
        with Session(login, log_bin=False) as session, RunLock(str(self._directory), "test") as lock:
            claim.claim(session, lock)
            chunks = (text[at : at + 4096] for at in range(0, len(text), 4096))
            return load(
                session,
                [Part("dump", chunks)],
                Whole("dump"),
                Sieve,
                lambda: begin_session(session, lock),
                pool=further_sessions(login, lock, workers),
                may_wait=lambda _table: True,
                checkpoints=checkpoints,
            )

    def _drop(self) -> None:
        self.server.execute("SET SESSION foreign_key_checks = 0")
        self.server.execute("DROP DATABASE IF EXISTS small")

    def state(self) -> dict[str, Any]:
        """Every definition and every row."""
        tables = [
            row["name"]
            for row in self.server.rows(
                "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'small'"
            )
        ]
        found: dict[str, Any] = {}
        for table in sorted(tables):
            found[table] = [
                self.server.rows(f"SHOW CREATE TABLE small.`{table}`"),
                sorted(map(repr, self.server.rows(f"SELECT * FROM small.`{table}`"))),
            ]
        found["triggers"] = self.server.rows(
            "SELECT TRIGGER_NAME, ACTION_STATEMENT, SQL_MODE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION"
            " FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'small' ORDER BY 1"
        )
        return found
