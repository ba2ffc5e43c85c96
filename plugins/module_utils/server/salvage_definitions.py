# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts and definitions of a damaged server. What kills it as a whole is asked for piece by piece."""

import os
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_file import described, take_whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_contents import ACCOUNT_TABLES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ledger
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.frail_server import Died, FrailServer, is_lost

_END_MARK = b"\n-- Dump completed\n"


class Definitions:
    def __init__(self, server: FrailServer) -> None:
        self._server = server

    def accounts(self, path: str) -> Dict[str, Any]:
        """The tables of users and privileges, as mysql_dump_accounts takes them."""
        try:
            found = self._server.rows(
                "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql'"
            )
        except (Died, ServerError) as exc:
            return _file("accounts", None, path, str(exc) or "the server dies when it is asked for their tables")
        others = [row["name"] for row in found if row["name"] not in ACCOUNT_TABLES]
        why = self._take(path, *["--ignore-table=mysql.%s" % name for name in others], "--databases", "mysql")
        return _file("accounts", None, path, why)

    def tables(self, schema: str, names: List[str], path: str) -> Dict[str, Any]:
        """Tables and views; ``unreadable`` of what is returned are those without a definition."""
        why = self._take(path, "--no-data", "--skip-triggers", "--databases", schema)
        if why is None:
            return dict(_file("definitions", schema, path, None), unreadable=[])
        pieces, unreadable = [], []
        for number, name in enumerate(names + self._views(schema)):
            piece = "%s.%d" % (path, number)
            if self._take(piece, "--no-data", "--skip-triggers", schema, name) is None:
                pieces.append(piece)
            else:
                unreadable.append(name)
        self._join(schema, pieces, path)
        said = "%s; asked one by one, these have no definition that can be read: %s" % (why, ", ".join(unreadable))
        return dict(_file("definitions", schema, path, said if unreadable else None), unreadable=unreadable)

    def some(self, schema: str, names: List[str], path: str) -> Dict[str, Any]:
        """Tables of a schema, by name."""
        why = self._take(path, "--no-data", "--skip-triggers", schema, *names)
        return dict(_file("definitions", schema, path, why), unreadable=names if why else [])

    def _views(self, schema: str) -> List[str]:
        try:
            rows = self._server.rows(
                "SELECT TABLE_NAME AS name FROM information_schema.TABLES"
                " WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'VIEW'",
                (schema,),
            )
        except (Died, ServerError):
            return []
        return [row["name"] for row in rows]

    def programs(self, schema: str, path: str) -> Dict[str, Any]:
        """Routines, triggers and events, which come after the rows: a trigger would fire for each of them."""
        what = ["--no-data", "--no-create-info", "--no-create-db", "--routines", "--events", "--triggers"]
        return _file("programs", schema, path, self._take(path, *what, "--databases", schema))

    def enabled_events(self) -> List[str]:
        """schema.event; a load leaves all events disabled, and this is what a source runs. [] where nobody can tell."""
        try:
            rows = self._server.rows(
                "SELECT EVENT_SCHEMA AS s, EVENT_NAME AS e FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'"
            )
        except (Died, ServerError):
            return []
        return sorted("%s.%s" % (row["s"], row["e"]) for row in rows)

    def _take(self, path: str, *arguments: str) -> Optional[str]:
        """Why it failed; None when it did not."""
        with self._server.mysqldump(*arguments) as argv:
            taken = take_whole(path, argv)
        if not taken.good and is_lost(taken.words):
            self._server.died()
        return None if taken.good else "mysqldump failed (%s): %s" % (taken.status, taken.words)

    def _join(self, schema: str, pieces: List[str], path: str) -> None:
        """One file of several, each of which puts back what it has set."""
        name = identifier(schema)
        try:
            create = str(self._server.rows("SHOW CREATE DATABASE " + name)[0]["Create Database"])
        except (Died, ServerError):
            create = "CREATE DATABASE " + name
        with open(path + ".part", "wb") as sink:
            sink.write(("%s;\nUSE %s;\n" % (create, name)).encode("utf-8"))
            for piece in pieces:
                with open(piece, "rb") as source:
                    sink.writelines(line for line in source if not line.startswith(b"--"))
                os.unlink(piece)
            sink.write(_END_MARK)
        os.rename(path + ".part", path)


def _file(kind: str, schema: Optional[str], path: str, why: Optional[str]) -> Dict[str, Any]:
    """An entry of the ledger's files."""
    there = os.path.isfile(path)
    told = described(path) if there else dict(path=path, bytes=0, sha256=None)
    state = ledger.SAVED if why is None else ledger.PARTIAL if there else ledger.LOST
    return dict(told, kind=kind, schema=schema, state=state, why=why)
