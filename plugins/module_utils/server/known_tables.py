# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tables and views a schema may have, so that thousands that are not there need not be dropped one by one."""

from typing import Dict, Optional, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

_NAMES = "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"


class KnownTables:
    """What was there when a schema was first asked for, and all that was made since; a drop is not followed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._names: Dict[str, Set[str]] = {}

    def may_have(self, schema: Optional[str], name: str) -> bool:
        """Whether a table may be there. A name that the session may read in another way always may."""
        if schema is None or not _is_plain(schema + name):
            return True
        if schema not in self._names:
            self._names[schema] = {row["name"].lower() for row in self._server.rows(_NAMES, (schema,))}
        return name.lower() in self._names[schema]

    def made(self, schema: Optional[str], name: str) -> None:
        if schema in self._names:
            self._names[str(schema)].add(name.lower())

    def forget(self) -> None:
        """Something happened that may have made tables of any name."""
        self._names.clear()


def _is_plain(name: str) -> bool:
    return all(ord(character) < 128 for character in name)
