# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same guarantee as host/lock.py, asked from the server: it holds across hosts and state directories, and it
marks our session, so that what a killed run still has at work there can be found and ended.
"""

import contextlib
import time
from typing import Any, Dict, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Busy, Interrupted, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

NAME = "dbre.mysql_replica"
KILL_DEADLINE = 300.0  # seconds: a killed statement has to roll back first


def claim(server: Server, lock: RunLock) -> None:
    """Mark the session as the one that works on this replica.

    A session of a run that is dead (its file lock fell to us and its record names the session) is killed, and waited
    for, first. Raises Busy when the session that holds the mark belongs to somebody else.
    """
    if server.value("SELECT GET_LOCK(%s, 0)", (NAME,)) != 1:
        _take_over(server, lock.left_behind)
    _end_helpers(server, lock.left_behind)
    lock.note(session=server.value("SELECT CONNECTION_ID()"), started=started(server))


def enlist(server: Server, lock: RunLock, number: int) -> None:
    """Mark a further session of the run that holds the claim, so that a next run would find and end it, too.

    Raises Busy when such a session of another run is still at work.
    """
    name = "%s.%d" % (NAME, number)
    if server.value("SELECT GET_LOCK(%s, 0)", (name,)) != 1:
        holder = server.value("SELECT IS_USED_LOCK(%s)", (name,))
        raise _busy(server, holder)
    helpers = lock.noted.get("helpers", [])
    lock.note(**dict(lock.noted, helpers=[*helpers, server.value("SELECT CONNECTION_ID()")]))


def _end_helpers(server: Server, left_behind: Dict[str, Any]) -> None:
    helpers = left_behind.get("helpers") or []
    if helpers and abs(int(left_behind.get("started") or 0) - started(server)) <= 2:
        running = {int(row["id"]) for row in server.rows("SELECT ID AS id FROM information_schema.PROCESSLIST")}
        for session in running.intersection(helpers):
            with contextlib.suppress(ServerError):  # it ended meanwhile
                server.execute("KILL CONNECTION %s", (session,))
        for session in helpers:
            _wait_until_gone(server, session)


def _take_over(server: Server, left_behind: Dict[str, Any]) -> None:
    holder = server.value("SELECT IS_USED_LOCK(%s)", (NAME,))
    if holder is not None and _is_left_behind(server, left_behind, int(holder)):
        server.execute("KILL CONNECTION %s", (int(holder),))
        _wait_until_gone(server, int(holder))
    if server.value("SELECT GET_LOCK(%s, 0)", (NAME,)) != 1:
        raise _busy(server, holder)


def _busy(server: Server, holder: Any) -> Busy:
    return Busy(
        "session %s on this server is at work for another run" % holder,
        where=server.login.address,
        untouched="everything",
        next_step="look at SHOW PROCESSLIST for its host; wait for it, or KILL %s, then run the same command again"
        % holder,
    )


def holder(server: Server, left_behind: Dict[str, Any]) -> Optional[Tuple[int, str]]:
    """(id, host) of the session that works for another run, None when there is none. Nothing is taken.

    A session that a dead run left behind does not count: claim() ends it.
    """
    session = server.value("SELECT IS_USED_LOCK(%s)", (NAME,))
    if session is None or _is_left_behind(server, left_behind, int(session)):
        return None
    host = server.value("SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = %s", (int(session),))
    return int(session), str(host or "a host that is not shown")


def still_claimed(server: Server) -> bool:
    """False after a reconnect or a restart of mysqld: another run may have been here."""
    return bool(server.value("SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", (NAME,)))


def _is_left_behind(server: Server, record: Dict[str, Any], holder: int) -> bool:
    # A restarted server numbers its sessions anew: the same id is then somebody else's.
    return record.get("session") == holder and abs(int(record.get("started") or 0) - started(server)) <= 2


def started(server: Server) -> int:
    """When mysqld started, in seconds since 1970 by its own clock, right to a second or two."""
    row = server.rows("SHOW GLOBAL STATUS LIKE 'Uptime'")[0]
    return int(server.value("SELECT UNIX_TIMESTAMP()")) - int(row["Value"])


def _wait_until_gone(server: Server, session: int) -> None:
    deadline = time.time() + KILL_DEADLINE
    while server.value("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = %s", (session,)):
        if time.time() > deadline:
            raise Interrupted(
                "session %d of a run that was killed is still rolling back" % session,
                where=server.login.address,
                untouched="everything",
                next_step="wait until SHOW PROCESSLIST no longer shows it, then run the same command again",
            )
        time.sleep(0.2)
