# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account may do, by SHOW GRANTS, what it lacks, and the statement that gives it that. Pure.

Privileges and what they are for: seen on 5.6.24 and, each alone, on 9.7.4; where one begins and ends: reference
manual, "Static Privilege Descriptions" and "Dynamic Privilege Descriptions".
"""

import re
from typing import FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier

EVERYTHING = "ALL PRIVILEGES"


class Grants(NamedTuple):
    """account: CURRENT_USER(). everywhere: privileges on ``*.*``. revoked: (privilege, schema) of partial revokes."""

    account: str
    everywhere: FrozenSet[str]
    revoked: FrozenSet[Tuple[str, str]] = frozenset()


class Need(NamedTuple):
    """since, until: the versions that want it. instead: what does as well."""

    privilege: str
    purpose: str
    since: Tuple[int, int, int] = (0, 0, 0)
    until: Tuple[int, int, int] = (999, 0, 0)
    instead: Tuple[str, ...] = ()


class Lack(NamedTuple):
    """schema: where a partial revoke takes it, None where it was never given."""

    privilege: str
    purpose: str
    schema: Optional[str] = None


_SUPER = ("SUPER",)

# To see what a rebuild would destroy; who may not see it, may not start one
TO_LOOK: List[Need] = [
    Need("REPLICATION CLIENT", "show the channels", instead=_SUPER),
    Need("REPLICATION SLAVE", "show the servers that replicate from this one"),
    Need("PROCESS", "see who is connected"),
    Need("SELECT", "read the replication metadata and compare rows"),
]

TO_REBUILD: List[Need] = [
    Need("RELOAD", "reset the channel and the binary logs"),
    *(
        Need(privilege, "load the dump")
        for privilege in (
            "INSERT",
            "UPDATE",
            "DELETE",
            "CREATE",
            "DROP",
            "ALTER",
            "INDEX",
            "REFERENCES",
            "LOCK TABLES",
            "CREATE VIEW",
            "SHOW VIEW",
            "CREATE ROUTINE",
            "ALTER ROUTINE",
            "EVENT",
            "TRIGGER",
        )
    ),
    Need("SUPER", "change the channel, the GTID set and read_only", until=(8, 0, 0)),
    Need("SYSTEM_VARIABLES_ADMIN", "set gtid_purged, read_only and sql_log_bin", since=(8, 0, 0), instead=_SUPER),
    Need("REPLICATION_SLAVE_ADMIN", "stop, change and start the channel", since=(8, 0, 0), instead=_SUPER),
    Need("CONNECTION_ADMIN", "load while read_only is on", since=(8, 0, 0), instead=_SUPER),
    Need("SET_USER_ID", "create objects of other definers", since=(8, 0, 0), until=(8, 2, 0), instead=_SUPER),
    Need("SET_ANY_DEFINER", "create objects of other definers", since=(8, 2, 0)),
    Need("ALLOW_NONEXISTENT_DEFINER", "create objects of definers that are not here", since=(8, 2, 0)),
    Need("SYSTEM_USER", "create objects whose definer is an administrator", since=(8, 0, 16)),
]

TO_READ_SOURCE: List[Need] = [
    Need("SELECT", "compare rows"),
    Need("RELOAD", "take a consistent look at several sessions"),
    Need("REPLICATION CLIENT", "read positions and binary logs", instead=_SUPER),
    Need("SHOW VIEW", "compare views"),
    Need("TRIGGER", "compare triggers"),
    Need("EVENT", "compare events"),
]

TO_DUMP_SOURCE: List[Need] = [
    *TO_READ_SOURCE,
    Need("PROCESS", "dump tablespaces"),
    Need("LOCK TABLES", "dump tables that have no transactions"),
]

TO_REPLICATE: List[Need] = [Need("REPLICATION SLAVE", "read the binary logs")]

# The names of accounts are quoted, so that no text of theirs can stand here.
_GIVEN = re.compile(r"GRANT ([A-Z0-9_, ]+) ON \*\.\* TO ")
_TAKEN = re.compile(r"REVOKE ([A-Z0-9_, ]+) ON `((?:[^`]|``)+)`\.\* FROM ")


def read_grants(account: str, lines: Iterable[str]) -> Grants:
    """The lines of SHOW GRANTS for one's own account. From 8.0 on they show what its active roles give, too.

    What is given on a schema or a table alone is passed over.
    """
    given: Set[str] = set()
    taken: Set[Tuple[str, str]] = set()
    for line in lines:
        found = _GIVEN.match(line)
        if found:
            given |= _names(found.group(1))
        found = _TAKEN.match(line)
        if found:
            taken |= {(name, found.group(2).replace("``", "`")) for name in _names(found.group(1))}
    return Grants(account, frozenset(given - {"USAGE"}), frozenset(taken))


def lacks(grants: Grants, needs: Sequence[Need], version: Version) -> List[Lack]:
    """Those of needs that a server of this version would refuse, in their order."""
    found = []
    for need in needs:
        if not need.since <= version < need.until:
            continue
        if not grants.everywhere & {need.privilege, EVERYTHING, *need.instead}:
            found.append(Lack(need.privilege, need.purpose))
        found += [
            Lack(need.privilege, need.purpose, schema)
            for privilege, schema in sorted(grants.revoked)
            if privilege == need.privilege
        ]
    return found


def grant_statement(grants: Grants, lacking: Sequence[Lack]) -> str:
    """Statements that give what is lacking, for an account that may grant it."""
    places = sorted({lack.schema or "" for lack in lacking})
    return "; ".join(
        "GRANT %s ON %s.* TO %s"
        % (
            ", ".join(lack.privilege for lack in lacking if (lack.schema or "") == place),
            identifier(place) if place else "*",
            quoted_account(grants.account),
        )
        for place in places
    )


def quoted_account(account: str) -> str:
    """CURRENT_USER()'s text as a statement takes it. A host holds no @, a user may."""
    user, _at, host = account.rpartition("@")
    return "@".join("'%s'" % part.replace("\\", "\\\\").replace("'", "''") for part in (user, host))


def _names(text: str) -> FrozenSet[str]:
    return frozenset(name.strip() for name in text.split(","))
