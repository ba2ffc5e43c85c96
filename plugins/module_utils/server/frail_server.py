# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A damaged server that is asked one thing at a time, and started again whenever it dies of a question.

Nothing is ever written to it, and nothing dropped: under innodb_force_recovery a DROP destroys files, and leaves the
rest.
"""

import contextlib
import os
import re
import shlex
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import NotReached, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_start import SalvageStart
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.source_dump import option_file
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.matcher import Matcher
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.tables import Table
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import (
    Field,
    Login,
    RawServer,
    Row,
    Server,
    Value,
)

OPTION_FILE = "salvage.cnf"
# Binary data in hex, so that only texts have quotes; no lock, no key switched off, nothing about GTIDs.
_MYSQLDUMP = [
    "--quick",
    "--single-transaction",
    "--hex-blob",
    "--skip-add-locks",
    "--skip-disable-keys",
    "--skip-lock-tables",
    "--no-tablespaces",
]
_DYING = 10.0  # seconds for its last words
_LOST = (0, 2002, 2003, 2006, 2013, 2055)


_LOST_WORDS = re.compile(r"\b(?:2002|2003|2006|2013|2055)\b|Lost connection|gone away")


def is_lost(words: str) -> bool:
    """Whether mysqldump says that the server left it."""
    return bool(_LOST_WORDS.search(words))


class Died(Exception):
    """The server did, of what it was asked. It is not up again yet."""


class Access(NamedTuple):
    """Who logs in, and with which mysqldump (words of a shell), which gets further options after ours."""

    user: Optional[str]
    password: Optional[str]
    command: str
    options: List[str]


class FrailServer:
    """level: that it is started at. timeout: seconds that a start may take. keep_log: where its logs are kept.

    deaths: how often it died so far.
    """

    def __init__(self, start: SalvageStart, level: int, timeout: float, access: Access, evidence: str) -> None:
        self._start = start
        self.level = level
        self._timeout = timeout
        self._access = access
        self._evidence = evidence
        self._session: Optional[Server] = None
        self._log_read = 0
        self.deaths = 0

    # -- life ------------------------------------------------------------------------------------------------

    def up(self) -> None:
        """Make sure that it answers. Raises NotReached when it does not any more at its level."""
        if self._start.server.alive():
            return
        self._disconnect()
        if not self._start.at(self.level, self._timeout):
            log = os.path.join(self._evidence, "export-does-not-start.err")
            self._start.server.kill()
            self._start.keep_log(log)
            raise NotReached(
                "the server does not start any more at level %d" % self.level,
                where=log,
                untouched="what was exported so far",
                next_step="read its log; mysql_force_recovery finds another level when its journal is removed",
            )
        self._log_read = 0

    def down(self) -> None:
        self._disconnect()
        self._start.server.stop()

    def died(self) -> bool:
        """Whether it did, when a connection to it was lost; counted, and its log kept."""
        if self._start.server.settled(_DYING):
            return False
        self.deaths += 1
        self._disconnect()
        self._start.keep_log(os.path.join(self._evidence, "export-death-%04d.err" % self.deaths))
        return True

    def _disconnect(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    # -- questions -------------------------------------------------------------------------------------------

    def rows(self, sql: str, args: Optional[Tuple[Value, ...]] = None) -> List[Row]:
        """Raises Died, and ServerError for what it refuses."""
        self.up()
        try:
            if self._session is None:
                self._session = Server(self._login())
            return self._session.rows(sql, args)
        except ServerError as exc:
            self._disconnect()
            if exc.errno in _LOST and self.died():
                raise Died from None
            raise

    def handler(self, table: Table, what: str) -> Iterator[Tuple[List[Field], Tuple[Optional[bytes], ...]]]:
        """Rows by HANDLER ... READ `PRIMARY` <what>, as RawServer.stream() gives them. Raises as rows() does."""
        self.up()
        try:
            with contextlib.closing(RawServer(self._login())) as session:
                session.execute("SET SESSION time_zone = '+00:00'")
                session.execute("HANDLER %s OPEN AS salvaged" % identifier(table.schema, table.name))
                yield from session.stream("HANDLER salvaged READ `PRIMARY` %s" % what)
        except ServerError as exc:
            if exc.errno in _LOST and self.died():
                raise Died from None
            raise

    def handles(self, table: Table) -> bool:
        """Whether HANDLER can read it at all; not so where it has partitions (5.6)."""
        self.up()
        try:
            with contextlib.closing(RawServer(self._login())) as session:
                session.execute("HANDLER %s OPEN" % identifier(table.schema, table.name))
        except ServerError as exc:
            if exc.errno in _LOST:
                self.died()
            return False
        return True

    @contextlib.contextmanager
    def mysqldump(self, *arguments: str) -> Iterator[List[str]]:
        """The command line, as long as the ``with`` lasts."""
        self.up()
        place = self._start.server.place
        told = [("socket", place.socket), ("user", self._access.user), ("password", self._access.password)]
        path = os.path.join(self._evidence, OPTION_FILE)
        with option_file(path, told, ["set-gtid-purged=OFF"]) as defaults:
            yield [*shlex.split(self._access.command), defaults, *_MYSQLDUMP, *self._access.options, *arguments]

    def _login(self) -> Login:
        place = self._start.server.place
        return Login("localhost", 0, self._access.user, self._access.password, unix_socket=place.socket)

    # -- its log ---------------------------------------------------------------------------------------------

    def log_since_last_look(self) -> List[str]:
        """Ids of what the rules find in what it has written to its log since the last call, or since its start."""
        path = self._start.server.place.error_log
        try:
            with open(path, "rb") as source:
                source.seek(self._log_read)
                new = source.read()
        except OSError:
            return []
        self._log_read += len(new)
        matcher = Matcher()
        matcher.begin_file(path)
        matcher.feed(new)
        return sorted(matcher.finish().tallies)
