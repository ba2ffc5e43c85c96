# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schemas in which tables are tried: out of the binary log, and dropped again - a killed run's by the next one."""

import re
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

_OURS = re.compile(r"dbre_trial_[0-9]+\Z")
_NAME = "dbre_trial_%d"
# Told from a schema of somebody else's that has such a name by this table, made right after the schema.
_MARK = "dbre_mysql_replica_trial"
_LOST = (0, 2006, 2013, 2055)


class Scratch:
    """Scratch schemas on a server; a context manager that drops them. refused: why none can be made, once known."""

    def __init__(self, server: Server, refused: Optional[str] = None) -> None:
        self.server = server
        self.refused = refused
        self._schemas: Dict[str, str] = {}

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_exc: Any) -> None:
        if self._schemas:
            self.server.reconnect()
            self.server.execute("SET SESSION foreign_key_checks = 0")
            for name in self._schemas.values():
                self.server.execute("DROP DATABASE IF EXISTS " + identifier(name))

    @property
    def used(self) -> bool:
        return bool(self._schemas)

    def drop_left_behind(self) -> List[str]:
        """Drop what a killed run left; what cannot be dropped now (super_read_only) stays for the next run."""
        if self.refused:
            return []
        dropped = []
        for name in self._existing():
            if self._is_ours(name):
                try:
                    self.server.execute("SET SESSION foreign_key_checks = 0")
                    self.server.execute("DROP DATABASE " + identifier(name))
                except ServerError as exc:
                    self.refused = _reason(exc)
                    break
                dropped.append(name)
        return dropped

    def schema_for(self, name: str) -> Optional[str]:
        """The scratch schema in which the tables of a schema are tried; None when none can be made."""
        if name not in self._schemas and not self.refused:
            taken = self._existing()
            free = next(_NAME % number for number in range(1, len(taken) + 2) if _NAME % number not in taken)
            try:
                self.server.execute("CREATE DATABASE " + identifier(free))
                self._schemas[name] = free
                self.server.execute("CREATE TABLE %s (id INT PRIMARY KEY) ENGINE=InnoDB" % identifier(free, _MARK))
            except ServerError as exc:
                self.refused = _reason(exc)
        return None if self.refused else self._schemas[name]

    def _existing(self) -> List[str]:
        rows = self.server.rows("SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA")
        return sorted(row["name"] for row in rows if _OURS.match(row["name"]))

    def _is_ours(self, schema: str) -> bool:
        """A run that was killed between the schema and its mark has left it empty."""
        rows = self.server.rows(
            "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", (schema,)
        )
        return not rows or any(row["name"] == _MARK for row in rows)


def is_lost(exc: ServerError) -> bool:
    """Whether the session, or the server, went away."""
    return exc.errno in _LOST


def _reason(exc: ServerError) -> str:
    if is_lost(exc):
        raise exc
    return exc.found
