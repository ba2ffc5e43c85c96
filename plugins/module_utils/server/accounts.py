# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and writes the account tables of a server. Their rows are secrets: no error here repeats what a server says
of a statement, for it may quote the row.
"""

import contextlib
from typing import Iterator, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import account_statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import (
    WAY_BACK,
    Table,
    Tables,
    settle,
    to_write,
    without_way_back,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_contents import ACCOUNT_TABLES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server

# Plain reading and writing, whatever the server's defaults are; and nothing of it in the server's own logs.
_SESSION = (
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = '', time_zone = '+00:00', sql_safe_updates = 0, sql_select_limit = 18446744073709551615",
    "SET SESSION sql_log_off = 1, long_query_time = 31536000",
)
_BINARY_TYPES = ("blob", "tinyblob", "mediumblob", "longblob", "binary", "varbinary")


def prepare(server: Server) -> None:
    """Make the session one that account tables are read and written in."""
    for statement in _SESSION:
        server.execute(statement)


def read(server: Server) -> Tables:
    """The account tables of a server, without our way back."""
    return without_way_back(_read_all(server))


def _read_all(server: Server) -> Tables:
    found = server.rows(
        "SELECT TABLE_NAME AS name FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = 'mysql' AND TABLE_TYPE = 'BASE TABLE'"
    )
    names = sorted(row["name"] for row in found if row["name"] in ACCOUNT_TABLES)
    return {name: read_table(server, account_statements.mysql_table(name)) for name in names}


def read_table(server: Server, path: str) -> Table:
    """path: quoted, as it stands in a statement."""
    columns = server.rows("SHOW COLUMNS FROM " + path)
    table = Table(
        columns=[column["Field"] for column in columns],
        key=[column["Field"] for column in columns if column["Key"] == "PRI"],
        binary=[column["Field"] for column in columns if column["Type"].split("(")[0].lower() in _BINARY_TYPES],
        rows=[],
    )
    rows = server.rows(account_statements.select(path, table))
    return table._replace(rows=[tuple(row[column] for column in table.columns) for row in rows])


def write(server: Server, goal: Tables) -> None:
    """Make the tables equal to the goal, rows of the way back left alone. Nothing is valid before reload().

    One transaction where the tables have transactions; elsewhere (5.6, 5.7) a row that stays is at no instant away.
    """
    current = read(server)
    changes = {name: to_write(current[name], table) for name, table in goal.items()}
    with discreet("while the accounts were written"):
        server.execute("START TRANSACTION")
        for name, (rows, _keys) in changes.items():
            _run(server, account_statements.put(account_statements.mysql_table(name), goal[name], rows))
        for name, (_rows, keys) in changes.items():
            _run(server, account_statements.take_away(account_statements.mysql_table(name), goal[name], keys))
        server.execute("COMMIT")


def add(server: Server, more: Tables) -> None:
    """Put rows in place beside those that are there."""
    with discreet("while an account was added"):
        for name, table in more.items():
            _run(server, account_statements.put(account_statements.mysql_table(name), table, table.rows))


def remove_way_back(server: Server) -> None:
    """Take away what add() has put in place for it, or a killed run has left."""
    everything = _read_all(server)
    with discreet("while %s was removed" % WAY_BACK):
        for name, table in without_way_back(everything).items():
            _put, keys = to_write(everything[name], table)
            _run(server, account_statements.take_away(account_statements.mysql_table(name), table, keys))


def unequal(server: Server, goal: Tables) -> List[str]:
    """Names of the tables whose rows are not those of the goal."""
    current = read(server)
    return sorted(name for name in goal if set(settle(goal[name], current[name]).rows) != set(current[name].rows))


def reload(server: Server) -> None:
    """Let the server go by what its tables say now."""
    server.execute("FLUSH LOCAL PRIVILEGES")


@contextlib.contextmanager
def discreet(when: str) -> Iterator[None]:
    """Of an error, only its number: a server quotes what it refuses."""
    try:
        yield
    except ServerError as exc:
        raise ServerError("the server refused a statement: error %d, %s" % (exc.errno, when), exc.errno) from None


def _run(server: Server, statements: Iterator[str]) -> None:
    for statement in statements:
        server.execute(statement)
