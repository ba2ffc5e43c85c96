# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of the account tables: whose they are, which of them a server shall have, and what that changes. Pure.

A value is the hexadecimal form of its UTF-8 text, or of its bytes in a binary column; None is NULL. So every value
compares byte for byte, survives JSON, and needs no quoting in a statement.
"""

from typing import Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

Row = Tuple[Optional[str], ...]
Account = Tuple[str, str]  # user, host (in lower case: hosts have no case)


class Table(NamedTuple):
    """columns: in the table's order. key: those of its primary key. binary: those that hold bytes, not text."""

    columns: List[str]
    key: List[str]
    binary: List[str]
    rows: List[Row]

    def at(self, column: str) -> int:
        """Where a column stands, whatever its case: role_edges says USER where user says User. -1: nowhere."""
        names = [name.upper() for name in self.columns]
        return names.index(column.upper()) if column.upper() in names else -1

    def key_of(self, row: Row) -> Row:
        return tuple(row[self.at(column)] for column in self.key)


Tables = Dict[str, Table]  # by name, without the schema mysql

DEFAULT = "DEFAULT"  # a value that only the server knows; never hexadecimal
# Accounts that belong to a server's own version (5.7 and later); they are nobody's to copy.
SYSTEM = frozenset((user, "localhost") for user in ("mysql.sys", "mysql.session", "mysql.infoschema"))
# A second key to the server while its accounts change: our own account under this name (5.6: 16 characters at most).
WAY_BACK = "dbre_way_back"

_OWNER = {"role_edges": ("TO_USER", "TO_HOST")}
_GRANTED = ("FROM_USER", "FROM_HOST")


def encode(text: str) -> str:
    return text.encode("utf-8").hex().upper()


def decode(value: Optional[str]) -> str:
    return bytes.fromhex(value or "").decode("utf-8", "replace")


def owner(name: str, table: Table, row: Row) -> Account:
    """The account that a row of the table of that name is about; of a granted role, the one that it is granted to."""
    return _account(table, row, _OWNER.get(name, ("USER", "HOST")))


def of_accounts(tables: Tables) -> Dict[Account, Set[Tuple[str, Row]]]:
    """Every account with its rows. One without a row in ``user`` is an orphan that privileges were left to."""
    found: Dict[Account, Set[Tuple[str, Row]]] = {}
    for name, table in tables.items():
        for row in table.rows:
            found.setdefault(owner(name, table, row), set()).add((name, row))
    return found


def users(tables: Tables) -> Set[Account]:
    """The accounts that exist: those that have a row in ``user``."""
    return {owner("user", tables["user"], row) for row in tables["user"].rows}


def without_way_back(tables: Tables) -> Tables:
    """As if a killed run had left no second key."""
    return {
        name: table._replace(rows=[row for row in table.rows if owner(name, table, row)[0] != WAY_BACK])
        for name, table in tables.items()
    }


def way_back(tables: Tables, own: Account, host: str) -> Tables:
    """The rows of our own account under another name, for logins from exactly that host: no anonymous account of a
    dump can come before it.
    """
    made = {}
    for name, table in tables.items():
        user_at, host_at = (table.at(column) for column in _OWNER.get(name, ("USER", "HOST")))
        rows = []
        for row in table.rows:
            if owner(name, table, row) == own:
                values = list(row)
                values[user_at], values[host_at] = encode(WAY_BACK), encode(host)
                rows.append(tuple(_by_name(name, table, values, own)))
        made[name] = table._replace(rows=rows)
    return made


def _by_name(name: str, table: Table, values: List[Optional[str]], own: Account) -> List[Optional[str]]:
    """auth_socket compares the system's user with the account's name or with its authentication_string."""
    plugin, string = table.at("plugin"), table.at("authentication_string")
    if name == "user" and plugin >= 0 and decode(values[plugin]) == "auth_socket" and not values[string]:
        values[string] = encode(own[0])
    return values


def kept_accounts(before: Tables, offered: Tables, own: Account) -> Set[Account]:
    """Our own account, when the offered ones lack it, with the roles that it has and they lack."""
    if own in users(offered):
        return set()
    kept, found = {own}, [own]
    edges = before.get("role_edges")
    while found and edges:
        holder = found.pop()
        for row in edges.rows:
            role = _account(edges, row, _GRANTED)
            if owner("role_edges", edges, row) == holder and role not in kept | users(offered):
                kept.add(role)
                found.append(role)
    return kept


def wanted(before: Tables, offered: Tables, own: Account) -> Tables:
    """What the tables of a server shall hold: the offered accounts, and those of its own that stay as they are."""
    stay = kept_accounts(before, offered, own) | SYSTEM
    result = {}
    for name, table in before.items():
        rows = [row for row in table.rows if owner(name, table, row) in stay]
        rows += [row for row in fit(offered[name], table).rows if owner(name, table, row) not in stay]
        result[name] = settle(table._replace(rows=rows), table)
    return result


def fit(offered: Table, table: Table) -> Table:
    """The offered rows in the columns of that table; DEFAULT where they have no such column."""
    places = [offered.at(column) for column in table.columns]
    rows = [tuple(row[place] if place >= 0 else DEFAULT for place in places) for row in offered.rows]
    return table._replace(rows=rows)


def fitted(saved: Tables, current: Tables) -> Tables:
    """Saved tables in the form of the current ones, which stand where nothing was saved."""
    return {name: settle(fit(saved[name], table), table) if name in saved else table for name, table in current.items()}


def settle(table: Table, current: Table) -> Table:
    """With the values of the rows of the same key where a value is DEFAULT."""
    known = {current.key_of(row): row for row in current.rows}

    def settled(row: Row) -> Row:
        there = known.get(table.key_of(row))
        return row if there is None else tuple(old if new == DEFAULT else new for new, old in zip(row, there))

    return table._replace(rows=[settled(row) for row in table.rows])


class Difference(NamedTuple):
    """Names of accounts, sorted."""

    added: List[str]
    removed: List[str]
    changed: List[str]

    def __bool__(self) -> bool:
        return any(self)


def difference(before: Tables, after: Tables) -> Difference:
    """Which accounts come, go, or have other rows than before."""
    old, new = of_accounts(before), of_accounts(after)
    return Difference(
        names(set(new) - set(old)),
        names(set(old) - set(new)),
        names(account for account in set(old) & set(new) if old[account] != new[account]),
    )


def names(accounts: Iterable[Account]) -> List[str]:
    return sorted("'%s'@'%s'" % account for account in accounts)


def to_write(current: Table, goal: Table) -> Tuple[List[Row], List[Row]]:
    """Rows to put in place, and keys of rows to take away after that."""
    there = set(current.rows)
    goal_keys = {goal.key_of(row) for row in goal.rows}
    put = [row for row in goal.rows if row not in there]
    return put, [key for key in map(current.key_of, current.rows) if key not in goal_keys]


def _account(table: Table, row: Row, columns: Tuple[str, str]) -> Account:
    user, host = (decode(row[table.at(column)]) for column in columns)
    return user, host.lower()
