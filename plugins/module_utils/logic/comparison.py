# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Source and replica side by side: what differs. Pure."""

from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

ObjectName = Tuple[str, str, str]
"""(kind, schema, name): kind is schema, table, view, trigger, procedure, function, event or event state."""

# What replication itself makes of an event on a replica, whatever its state at the source; older and newer word
DISABLED_BY_REPLICATION = ("SLAVESIDE_DISABLED", "REPLICA_SIDE_DISABLED")


class Difference(NamedTuple):
    """kind: ``missing`` (not on the replica), ``extra`` (only there), ``definition``, ``rows``, ``gtids``."""

    kind: str
    object: str
    detail: str

    def public(self) -> Dict[str, str]:
        return dict(self._asdict())


class Side(NamedTuple):
    """What one server holds. definitions: comparable texts. checksums: of tables; None for one that cannot be read.

    not_replicated: tables and views that a filter of the channel keeps out, which are in neither of the two.
    """

    definitions: Dict[ObjectName, str]
    checksums: Dict[Tuple[str, str], Optional[int]]
    not_replicated: FrozenSet[Tuple[str, str]] = frozenset()


def differences(source: Side, replica: Side) -> List[Difference]:
    """Every difference, definitions before rows, in the order of names; empty when both hold the same."""
    found = []
    for name in sorted(set(source.definitions) | set(replica.definitions)):
        theirs, ours = source.definitions.get(name), replica.definitions.get(name)
        if theirs is None:
            found.append(Difference("extra", _shown(name), "only the replica has it"))
        elif ours is None:
            found.append(Difference("missing", _shown(name), "the replica does not have it"))
        elif theirs != ours and not (name[0] == "event state" and ours in DISABLED_BY_REPLICATION):
            found.append(Difference("definition", _shown(name), _first_difference(theirs, ours)))
    for table in sorted(set(source.checksums) | set(replica.checksums)):
        if not all(("table", *table) in side.definitions for side in (source, replica)):
            continue  # missing or extra, which is said already
        there, here = source.checksums.get(table), replica.checksums.get(table)
        if there is None or here is None or there != here:
            found.append(
                Difference("rows", "table %s.%s" % table, "checksum %s at the source, %s here" % (there, here))
            )
    return found


def table_results(source: Side, replica: Side) -> List[Dict[str, Any]]:
    """One entry a table of the source: its name, both checksums and whether they are equal."""
    return [
        dict(
            table="%s.%s" % table,
            source=there,
            replica=replica.checksums.get(table),
            equal=there is not None and there == replica.checksums.get(table),
        )
        for table, there in sorted(source.checksums.items())
    ]


def not_replicated(source: Side, replica: Side) -> List[str]:
    """What was not compared, as ``schema.table``."""
    return sorted("%s.%s" % table for table in source.not_replicated | replica.not_replicated)


def _shown(name: ObjectName) -> str:
    kind, schema, item = name
    return "%s %s" % (kind, schema) if kind == "schema" else "%s %s.%s" % (kind, schema, item)


def _first_difference(theirs: str, ours: str) -> str:
    """The first line in which two definitions differ, shortened."""
    for there, here in zip(theirs.splitlines(), ours.splitlines()):
        if there != here:
            return "source: %s | replica: %s" % (there.strip()[:120], here.strip()[:120])
    return "one of them goes on after %d lines" % min(len(theirs.splitlines()), len(ours.splitlines()))
