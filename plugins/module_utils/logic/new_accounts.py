# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of a server that was just initialised, and the statements that make them. Pure.

Nobody gets in without a password: ``root``, whom every new server has, gets that of the account that is asked for, and
the anonymous accounts of 5.6 go. Where the tables of the old server's accounts were carried over, these stay as they
are, and only the account that is asked for is made sure of.
"""

from typing import List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused

# The tables that hold accounts and their privileges, as far as they are MyISAM: up to 5.7. From 8.0 on they lie in
# mysql.ibd, and cannot be read without a server that starts.
TABLES = ("user", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv")
SUFFIXES = (".frm", ".MYD", ".MYI")


class Account(NamedTuple):
    """The one account that a new server has in any case."""

    user: str
    password: str
    hosts: List[str]

    def names(self) -> List[str]:
        return ["%s@%s" % (literal(self.user), literal(host)) for host in self.hosts]


def account(user: Optional[str], password: Optional[str], hosts: List[str]) -> Account:
    """Raises Refused for one without a password, BadInput for one that clients would not agree about."""
    if not user or not password or not hosts:
        raise Refused(
            "the new server would have no account with a password",
            untouched="everything",
            next_step="give login_user and login_password: a login from an option file cannot be made from outside",
        )
    if not all(" " <= character <= "~" for character in user + password + "".join(hosts)):
        raise BadInput(
            "the user, its password or a host holds characters other than those of ASCII",
            untouched="everything",
            next_step="give another password: clients send such characters in different encodings",
        )
    return Account(user, password, list(hosts))


def literal(text: str) -> str:
    """A string of SQL, for printable ASCII and the usual sql_mode."""
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "''")


def by_init_file(wanted: Account, copied: bool, proof: str) -> List[str]:
    """For --init-file of 5.7 and later. The file ``proof`` is there when all of it was done.

    A statement that fails ends the file, and the server would go on and serve. So it is told first to shut down, which
    it does when it has started, that is, when the file was read (seen on 9.7.4).
    """
    password = literal(wanted.password)
    statements = ["SHUTDOWN", "SET SESSION sql_log_bin = 0, sql_mode = ''", "SET NAMES utf8mb4"]
    for name in wanted.names():
        statements += [
            "CREATE USER IF NOT EXISTS %s IDENTIFIED BY %s" % (name, password),
            "ALTER USER %s IDENTIFIED BY %s ACCOUNT UNLOCK" % (name, password),
            "GRANT ALL PRIVILEGES ON *.* TO %s WITH GRANT OPTION" % name,
        ]
    if not copied:
        statements.append("ALTER USER 'root'@'localhost' IDENTIFIED BY %s" % password)
    return [*statements, "SELECT 'done' INTO OUTFILE %s" % literal(proof)]


def by_bootstrap(wanted: Account, copied: bool, proof: str) -> List[str]:
    """For the standard input of --bootstrap of 5.6, which ends at the first statement that fails.

    The grant tables are not in use there until they are loaded. The schema ``test`` of mysql_install_db goes: a replica
    has no schema that its source has not.
    """
    password = literal(wanted.password)
    statements = ["FLUSH PRIVILEGES", "SET SESSION sql_log_bin = 0, sql_mode = '', old_passwords = 0"]
    if not copied:
        statements += [
            "DELETE FROM mysql.user WHERE User = ''",
            "DELETE FROM mysql.db WHERE User = ''",
            # The server reads a file, which takes no parameters; literal() quotes.
            "UPDATE mysql.user SET Password = PASSWORD(%s)"  # noqa: S608
            " WHERE Password = '' AND plugin IN ('', 'mysql_native_password')" % password,
            "FLUSH PRIVILEGES",
            "DROP DATABASE IF EXISTS test",
        ]
    for name in wanted.names():
        statements.append("GRANT ALL PRIVILEGES ON *.* TO %s IDENTIFIED BY %s WITH GRANT OPTION" % (name, password))
    return [*statements, "SELECT 'done' INTO OUTFILE %s" % literal(proof)]
