# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces the accounts of a server, with a second key in hand until a fresh login with the first one has been seen.

The second key is our own account under another name (logic/account_rows.WAY_BACK), with the same password: a run that
is killed when the new accounts are valid, and ours does not open the door any more, comes back in by it.
"""

import os
from typing import Any, Dict, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import (
    Interrupted,
    Refused,
    ReplicaError,
    ServerError,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import account_rows
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import Account, Tables
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import accounts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server, login_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation

# Without an effect, and each needs a privilege that a rebuild needs. Servers without channels have SUPER for it all.
_PROBES = (
    "SELECT 1 FROM mysql.user LIMIT 1",
    "DELETE FROM mysql.user WHERE FALSE",
    "SET GLOBAL slow_launch_time = @@GLOBAL.slow_launch_time",
    "FLUSH LOCAL ENGINE LOGS",
)
_DENIED = (1044, 1045, 1142, 1143, 1227)
_NO_SUCH_CHANNEL = 3074


class AccountOperation(ReplicaOperation):
    """An operation on the accounts themselves; ``login`` is what the options say, ``server`` the session that we have.

    journal: of the replacement under way: quarantine (its copy), server_uuid, own (user and host of our own account).
    """

    def __init__(self, params: Dict[str, Any]) -> None:
        self.journal = Journal(os.path.join(params["state_dir"], "accounts.json"))
        self.login = login_of(params)
        try:
            super().__init__(params)
        except ServerError:
            if not self._by_way_back(params):
                raise
        accounts.prepare(self.server)
        self.server_uuid = self.server.variables("server_uuid").get("server_uuid", "")
        user, _at, host = self.server.value("SELECT CURRENT_USER()").rpartition("@")
        self.own = (user, host.lower())
        known = self.unfinished().get("own")
        if known and user in (account_rows.WAY_BACK, known[0]):
            self.own = (known[0], known[1])  # by another name, or seen from another host, we are who that run was

    def _by_way_back(self, params: Dict[str, Any]) -> bool:
        """Whether a run was killed while its new accounts locked us out, and the second key opens."""
        if not self.journal.read():
            return False
        try:
            super().__init__(dict(params, login_user=account_rows.WAY_BACK))
        except ServerError:
            return False
        self.params = params
        return True

    def unfinished(self) -> Dict[str, Any]:
        """The journal of a run that was killed over this very server, {} when there is none."""
        record = self.journal.read()
        return record if record.get("server_uuid") == self.server_uuid else {}


class Replacement:
    """One replacement. before: the tables to go back to when the new ones do not let us in; copy: where they are kept.

    login: what a fresh login is proven with.
    """

    def __init__(self, server: Server, login: Login, own: Account, before: Tables, copy: str) -> None:
        self.server = server
        self.login = login
        self.own = own
        self.before = before
        self.copy = copy

    def run(self, goal: Tables) -> None:
        """Raises Refused when the old accounts are valid again, or still; Interrupted when neither is certain."""
        able = abilities(self.server)
        try:
            self._open_way_back()
            accounts.write(self.server, goal)
            accounts.reload(self.server)
            self._prove(goal, able)
        except ReplicaError as exc:
            self._go_back(exc)
            raise self._refused(exc) from None
        self._close_way_back()

    def _open_way_back(self) -> None:
        host = self.server.value("SELECT USER()").rpartition("@")[2]
        accounts.add(self.server, account_rows.way_back(self.before, self.own, host))
        accounts.reload(self.server)
        Server(self.login._replace(user=account_rows.WAY_BACK), log_bin=False).close()

    def _close_way_back(self) -> None:
        accounts.remove_way_back(self.server)
        accounts.reload(self.server)

    def _prove(self, goal: Tables, able: Set[str]) -> None:
        """A fresh login, with the very options of the old one."""
        with Server(self.login, log_bin=False) as fresh:
            lost = sorted(able - abilities(fresh))
            if lost:
                raise ServerError("a fresh login may not: %s" % "; ".join(lost), where=self.login.address)
            accounts.prepare(fresh)
            unequal = accounts.unequal(fresh, goal)
            if unequal:
                found = "the rows of %s are not what was written" % ", ".join("mysql." + name for name in unequal)
                raise ServerError(found, where=self.login.address)

    def _go_back(self, cause: ReplicaError) -> None:
        try:
            accounts.write(self.server, self.before)
            accounts.reload(self.server)
            self._prove(self.before, set())
            self._close_way_back()
        except ReplicaError as exc:
            raise Interrupted(
                "the accounts could not be replaced (%s), nor put back (%s)" % (cause.found, exc.found),
                where=self.login.address,
                next_step="run the same command again: it starts over from the copy in %s" % self.copy,
                quarantine=self.copy,
            ) from None

    def _refused(self, cause: ReplicaError) -> Refused:
        return Refused(
            "the accounts could not be replaced, and the old ones are back: %s" % cause.found,
            where=self.login.address,
            untouched="the accounts of the server: every row is as it was, which a fresh login has proven",
            next_step="give the account that you log in with the same password and privileges at the source and take"
            " a new dump, or keep the accounts",
            quarantine=self.copy,
        )


def abilities(server: Server) -> Set[str]:
    """What of that which a rebuild does this session may do, as the statements that tell it."""
    probes = [*_PROBES, server.say("show_replica_status")]
    if server.dialect.knows("for_channel"):
        probes.append("%s%s'dbre_no_such_channel'" % (server.say("stop_replica"), server.say("for_channel")))
    able = set()
    for probe in probes:
        try:
            server.execute(probe)
        except ServerError as exc:
            if exc.errno in _DENIED:
                continue
            if exc.errno != _NO_SUCH_CHANNEL:
                raise
        able.add(probe)
    return able
