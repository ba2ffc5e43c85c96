# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and compare every object's definition: what SHOW CREATE says, and the session it was created in."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

import pymysql
import pymysql.cursors

from .dataset.record import quote

SYSTEM_SCHEMAS = "'mysql', 'sys', 'performance_schema', 'information_schema'"


class Name(NamedTuple):
    kind: str
    schema: str
    object: str = ""


Definition = dict[str, str]
Definitions = dict[Name, Definition]


class Listing(NamedTuple):
    """How to list the objects of a kind (schema, name, further facts), how to show one, what not to compare of it."""

    kind: str
    sql: str
    show: str
    volatile: frozenset[str] = frozenset()


LISTINGS: tuple[Listing, ...] = (
    Listing(
        "schema",
        f"SELECT SCHEMA_NAME AS `schema`, '' AS object FROM information_schema.SCHEMATA"
        f" WHERE SCHEMA_NAME NOT IN ({SYSTEM_SCHEMAS})",
        "SHOW CREATE DATABASE",
    ),
    Listing(
        "table",
        f"SELECT TABLE_SCHEMA AS `schema`, TABLE_NAME AS object, ENGINE AS engine FROM information_schema.TABLES"
        f" WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS})",
        "SHOW CREATE TABLE",
    ),
    Listing(
        "view",
        f"SELECT TABLE_SCHEMA AS `schema`, TABLE_NAME AS object FROM information_schema.TABLES"
        f" WHERE TABLE_TYPE = 'VIEW' AND TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS})",
        "SHOW CREATE VIEW",
    ),
    Listing(
        "trigger",
        f"SELECT TRIGGER_SCHEMA AS `schema`, TRIGGER_NAME AS object, EVENT_OBJECT_TABLE AS table_name,"
        f" ACTION_ORDER AS position FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN ({SYSTEM_SCHEMAS})",
        "SHOW CREATE TRIGGER",
        volatile=frozenset({"created"}),  # the moment of creation here
    ),
    *(
        Listing(
            kind,
            f"SELECT ROUTINE_SCHEMA AS `schema`, ROUTINE_NAME AS object FROM information_schema.ROUTINES"
            f" WHERE ROUTINE_TYPE = '{kind.upper()}' AND ROUTINE_SCHEMA NOT IN ({SYSTEM_SCHEMAS})",
            f"SHOW CREATE {kind}",
        )
        for kind in ("procedure", "function")
    ),
    Listing(
        "event",
        f"SELECT EVENT_SCHEMA AS `schema`, EVENT_NAME AS object, STATUS AS state FROM information_schema.EVENTS"
        f" WHERE EVENT_SCHEMA NOT IN ({SYSTEM_SCHEMAS})",
        "SHOW CREATE EVENT",
    ),
)

# Not part of a definition: the counter moves with the rows, and replication does not keep it equal.
AUTO_INCREMENT = re.compile(r"(\n\)[^\n]* ENGINE=\w+) AUTO_INCREMENT=\d+")
# Newer servers write the charset or leave it out by how the column was once written; the collation implies it.
IMPLIED_CHARSET = re.compile(r"CHARACTER SET (\w+) (?=COLLATE \1_)")
# An event's state is compared on its own: it stands right after the completion clause.
EVENT_STATE = re.compile(r"( ON COMPLETION (?:NOT )?PRESERVE) (?:ENABLE|DISABLE ON \w+|DISABLE)")
# The tables of 5.6 to 9.x that hold accounts, roles and grants; role_edges names the account as TO_USER, TO_HOST.
GRANT_TABLES = (
    "user", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv", "global_grants", "role_edges",
    "default_roles",
)  # fmt: skip
GRANT_VOLATILE = frozenset({"timestamp", "password_last_changed"})  # moments of change here
# What replication makes of every event, enabled or not; the second name is that of newer servers.
DISABLED_BY_REPLICATION = frozenset({"SLAVESIDE_DISABLED", "REPLICA_SIDE_DISABLED"})


def display(name: Name) -> str:
    """`shop`.`orders`, `shop` for a schema, the name itself for an account."""
    if name.kind == "account":
        return name.object
    return quote(name.schema) + (f".{quote(name.object)}" if name.object else "")


def read(session: pymysql.Connection, *, accounts: bool = False) -> Definitions:
    """Every object outside of the system schemas, in the order of kinds and names."""
    found = {}
    for listing in LISTINGS:
        for row in sorted(_rows(session, listing.sql), key=lambda row: (row["schema"], row["object"])):
            name = Name(listing.kind, row.pop("schema"), row.pop("object"))
            shown = _rows(session, f"{listing.show} {display(name)}")[0]
            definition = {column.lower(): text for column, text in (row | shown).items()}
            found[name] = {key: _stable(text) for key, text in definition.items() if key not in listing.volatile}
    return found | (_accounts(session) if accounts else {})


def differences(source: Definitions, replica: Definitions) -> Iterator[tuple[Name, str]]:
    """What differs, object by object."""
    for name in source | replica:
        if name not in replica:
            yield name, "missing on the replica"
        elif name not in source:
            yield name, "only on the replica"
        else:
            here, there = source[name], _as_on_source(replica[name], source[name])
            for key in here | there:
                if here.get(key) != there.get(key):
                    yield name, f"{key}: {_changes(here.get(key, ''), there.get(key, ''))}"


def _as_on_source(there: Definition, here: Definition) -> Definition:
    """The replica's definition, with an event that replication disabled in the state that it has on the source."""
    return there | {"state": here["state"]} if there.get("state") in DISABLED_BY_REPLICATION else there


def _changes(source: str, replica: str) -> str:
    lines = difflib.unified_diff(source.splitlines(), replica.splitlines(), lineterm="", n=0)
    changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return "source (-), replica (+): " + " | ".join(changed)


def _stable(text: object) -> str:
    text = AUTO_INCREMENT.sub(r"\1", str(text), count=1)
    return EVENT_STATE.sub(r"\1", IMPLIED_CHARSET.sub("", text), count=1)


def _rows(session: pymysql.Connection, sql: str) -> list[dict[str, str]]:
    with session.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _accounts(session: pymysql.Connection) -> Definitions:
    """What the grant tables hold of each account. Not SHOW GRANTS: it refuses accounts that skip_name_resolve hides."""
    present = {next(iter(row.values())) for row in _rows(session, "SHOW TABLES FROM mysql")}
    found: dict[Name, Definition] = {}
    for table in (table for table in GRANT_TABLES if table in present):
        rows: dict[Name, list[str]] = {}
        for row in _rows(session, f"SELECT * FROM mysql.{table}"):
            facts = {column.lower(): value for column, value in row.items() if column.lower() not in GRANT_VOLATILE}
            user, host = (facts.get(part, facts.get(f"to_{part}")) for part in ("user", "host"))
            rows.setdefault(Name("account", "", f"'{user}'@'{host}'"), []).append(repr(facts))
        for name, lines in rows.items():
            found.setdefault(name, {})[table] = "\n".join(sorted(lines))
    return found
