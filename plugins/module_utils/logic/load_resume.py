# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an interrupted load leaves to the next one: the tables that were whole, and on disk, by then. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

#: Statements about a table; what makes a trigger is not among them, for triggers are made anew.
OF_TABLE = (
    "insert",
    "replace",
    "create_table",
    "drop_table",
    "lock_tables",
    "alter_keys",
    "alter_table",
    "change_rows",
)
#: Statements about a schema that is kept.
OF_SCHEMA = ("create_database", "drop_database")


class Finished(NamedTuple):
    """A table with all of its rows and indexes. upto: the number of the first statement of the dump behind its last."""

    schema: str
    table: str
    rows: int
    upto: int

    @property
    def key(self) -> Tuple[str, str]:
        return self.schema, self.table


def finished(journal: Dict[str, Any], fingerprint: str, server_uuid: str, excluded: Sequence[str]) -> List[Finished]:
    """Of a load of this very dump into this very server, with the same tables left out; else nothing counts."""
    if journal.get("phase") != "loading" or why_not(journal, fingerprint, server_uuid, excluded):
        return []
    return [Finished(*one) for one in journal.get("finished") or ()]


def why_not(journal: Dict[str, Any], fingerprint: str, server_uuid: str, excluded: Sequence[str]) -> Optional[str]:
    """Why a load that was interrupted with finished tables cannot be taken up; None where it can, or there is none."""
    if journal.get("phase") != "loading" or not journal.get("finished"):
        return None
    if journal.get("fingerprint") != fingerprint:
        return "it was of another dump, or of another state of it (%s)" % journal.get("path")
    if journal.get("server_uuid") != server_uuid:
        return "it was into another server (server_uuid %s)" % journal.get("server_uuid")
    if journal.get("excluded") != sorted(excluded):
        return "it left out other tables (%s)" % (", ".join(journal.get("excluded") or ()) or "none")
    return None
