# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of every sandbox server, and their passwords.

The passwords are awkward on purpose: quotes, a backslash, a space, a percent, a hash, a dollar and Jinja's
braces each break some way of passing a password on. They protect nothing: servers listen on 127.0.0.1 only.
"""

from __future__ import annotations

from typing import NamedTuple


class Account(NamedTuple):
    """A user, its password, the hosts it may come from, and what it may do, on every object."""

    user: str
    password: str
    hosts: tuple[str, ...]
    privileges: str
    grant_option: str = ""


ADMIN = Account(
    "dbre_admin", """ad'm"in\\ 1%s#$x{{ y }}""", ("127.0.0.1", "localhost"), "ALL PRIVILEGES", " WITH GRANT OPTION"
)
# CHANGE MASTER cuts off or refuses a password of more than 32 characters
REPLICATION = Account("repl", """re'p"l\\ 2%s#$x{{""", ("127.0.0.1",), "REPLICATION SLAVE")
READER = Account(
    "dbre_reader",
    """re'a"der\\ 3%s#$x{% z""",
    ("127.0.0.1",),
    "SELECT, RELOAD, PROCESS, REPLICATION CLIENT, REPLICATION SLAVE, LOCK TABLES, SHOW VIEW,"
    " TRIGGER, EVENT, EXECUTE, SHOW DATABASES",
)
ACCOUNTS = (ADMIN, REPLICATION, READER)
