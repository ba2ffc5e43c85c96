# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session that follows a dump's SET and USE statements when there is something to run in it, and not before.

A dump tool changes the session three times for each table. Where tables are made in other sessions, most of that is
undone before anything runs in this one.
"""

from typing import Callable, List, NamedTuple, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_rows
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server


class Setting(NamedTuple):
    """A statement that changes the session. refused: makes the error of a run from that of the server."""

    text: bytes
    refused: Callable[[ServerError], ReplicaError]


def follow(server: Server, settings: Sequence[Setting]) -> None:
    """Run those that are not undone by what comes after them. Raises the error of the first that is refused."""
    at = 0
    try:
        for at in load_rows.not_undone([one.text for one in settings]):
            server.send(settings[at].text)
    except ServerError as exc:
        raise settings[at].refused(exc) from None


class LateSession:
    """Statements that this session of a server owes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._owed: List[Setting] = []

    def later(self, setting: Setting) -> None:
        self._owed.append(setting)
        # Whether it commits by itself is asked of the session at any time.
        if b"AUTOCOMMIT" in setting.text.upper():
            self.catch_up()

    def catch_up(self) -> None:
        """Before anything else runs in this session, and at the end of a part."""
        owed, self._owed = self._owed, []
        follow(self._server, owed)
