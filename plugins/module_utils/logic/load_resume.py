# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an interrupted load leaves to the next one: the tables that were whole, and on disk, by then. Pure."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

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
    same = (
        journal.get("phase") == "loading"
        and journal.get("fingerprint") == fingerprint
        and journal.get("server_uuid") == server_uuid
        and journal.get("excluded") == sorted(excluded)
    )
    return [Finished(*one) for one in journal.get("finished") or ()] if same else []
