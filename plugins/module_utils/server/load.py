# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries the statements of a dump to a server, one stream, and says exactly where it stopped."""

import time
from collections import Counter
from typing import Any, Callable, Dict, Iterable, Optional
from typing import Counter as Count

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import Statement, statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import classify
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

REPORT_EVERY = 2.0  # seconds


class Tally:
    """What was done: statements run, bytes of them, tables created, and statements left out by reason."""

    def __init__(self) -> None:
        self.statements = 0
        self.bytes = 0
        self.tables = 0
        self.left_out: Count[str] = Counter()

    def public(self) -> Dict[str, Any]:
        return dict(statements=self.statements, bytes=self.bytes, tables=self.tables, left_out=dict(self.left_out))


def load(
    server: Server,
    chunks: Iterable[bytes],
    sieve: Sieve,
    path: str,
    progress: Optional[Callable[[int], None]] = None,
) -> Tally:
    """Run every statement that the sieve lets through; progress is told the offset in the plain stream now and then.

    Raises ServerError with the place in the dump when the server refuses one: what was loaded until then is in, no
    GTID is claimed for it, and the next run starts over.
    """
    tally = Tally()
    told = time.time()
    for statement in statements(chunks):
        classified = classify(statement.text, statement.charset)
        reason = sieve.reason_to_skip(classified, statement.text)
        if reason is not None:
            tally.left_out[reason] += 1
            continue
        try:
            server.send(statement.text)
        except ServerError as exc:
            raise _refused(exc, statement, classified.kind, path) from None
        tally.statements += 1
        tally.bytes += len(statement.text)
        tally.tables += classified.kind == "create_table"
        if progress is not None and time.time() - told > REPORT_EVERY:
            told = time.time()
            progress(statement.end)
    return tally


def _refused(exc: ServerError, statement: Statement, kind: str, path: str) -> ReplicaError:
    return ServerError(
        "%s, in a statement of the dump (%s)" % (exc.found, kind.replace("_", " ")),
        errno=exc.errno,
        where="%s: line %d, byte %d of the plain text" % (path, statement.line, statement.offset),
        untouched="GTIDs and replication: nothing is claimed for what was loaded so far",
        next_step="put the cause right and run the same command again: it starts the load over",
    )


def disable_events(server: Server, schemas: Iterable[str]) -> int:
    """Leave enabled events as replication itself leaves them on a replica; returns how many there were.

    ALTER EVENT takes definer, sql_mode, time zone and character set from whoever runs it, so each is set to what the
    event has.
    """
    keyword = server.say("disable_event_on_replica")
    done = 0
    for schema in schemas:
        for event in server.rows(
            "SELECT EVENT_NAME AS name, DEFINER AS definer, SQL_MODE AS sql_mode, TIME_ZONE AS time_zone,"
            " CHARACTER_SET_CLIENT AS client, COLLATION_CONNECTION AS collation"
            " FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s AND STATUS = 'ENABLED'",
            (schema,),
        ):
            user, _at, host = event["definer"].rpartition("@")
            server.execute("SET SESSION sql_mode = %s, time_zone = %s", (event["sql_mode"], event["time_zone"]))
            server.execute(
                "SET SESSION character_set_client = %s, collation_connection = %s",
                (event["client"], event["collation"]),
            )
            server.execute(
                "ALTER DEFINER = %s@%s EVENT %s %s"
                % (server.literal(user), server.literal(host), identifier(schema, event["name"]), keyword)
            )
            done += 1
    server.execute("SET NAMES utf8mb4")
    return done
