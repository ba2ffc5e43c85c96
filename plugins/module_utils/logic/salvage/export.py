# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an export of a damaged instance does, in which order, and what a run that was ended has done of it. Pure.

Accounts first: without them the rest is of little use. Then definitions, which are small. Then rows, a table at a time.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import climb

DONE = "done"
LOAD = "load"  # directory of what is loaded into a new instance, in the order of the names
ACCOUNTS = "accounts.sql"
ERRANT = "errant.sql"  # as mysqlbinlog tells them; for a person, and never loaded
LEDGER, PAGE = "ledger.json", "ledger.html"
DEFINITIONS, ROWS, PROGRAMS = OURS = ("1-definitions", "2-rows", "3-programs")


class Observed(NamedTuple):
    """path: where the export goes. recovery: the journal of mysql_force_recovery. journal: of this export.

    wish: what was asked for; a journal with another one, or of another data directory, is of another export.
    users: who uses the data directory.
    """

    path: str
    recovery: Dict[str, Any]
    journal: Dict[str, Any]
    wish: Dict[str, Any]
    users: List[str]

    @property
    def going_on(self) -> bool:
        return is_of(self.journal, self.wish, self.recovery)

    def describe(self) -> Dict[str, Any]:
        tables = self.journal.get("tables", {}) if self.going_on else {}
        done = self.going_on and self.journal.get("phase") == DONE and not any(map(is_over, tables.values()))
        return dict(path=self.path, tables=sum(not is_over(table) for table in tables.values()), done=done)


def found_level(recovery: Dict[str, Any], where: str) -> climb.Attempt:
    """The attempt that has answered. Raises Refused when no level is known."""
    found = climb.found(climb.read(recovery.get("attempts", [])))
    if found is None:
        raise Refused(
            "nobody has found out at which level the instance starts",
            where=where,
            untouched="everything",
            next_step="run mysql_force_recovery with the same state_dir first",
        )
    return found


def plan(seen: Observed) -> Plan:
    """Empty for an export that is done."""
    before = seen.describe()
    if before["done"]:
        return Plan([], before, before)
    found = found_level(seen.recovery, seen.path)
    if not seen.going_on and (seen.journal.get("files") or seen.journal.get("tables")):
        raise Refused(
            "there is an export already, of another data directory or with other options",
            where=seen.path,
            untouched="it",
            next_step="give another path, or, for the same data directory, the options of that one",
        )
    if seen.users:
        raise Refused(
            "the data directory is in use: %s" % "; ".join(seen.users[:5]),
            where=seen.recovery["work"],
            untouched="everything",
            next_step="stop that server, then run the same command again",
        )
    begin = "begin" if not seen.going_on else "go on with"
    at_level = "the instance starts at level %d" % found.level
    steps = [
        Step("begin", seen.path, "%s the export in %s" % (begin, seen.path), at_level),
        Step("accounts", seen.path, "export the accounts", "nobody could log in without them"),
        Step("definitions", seen.path, "export the definitions of all schemas", "rows need tables"),
        Step(
            "rows", seen.path, "export rows, each table on its own", "one table may kill the server, and not the rest"
        ),
        Step("ledger", seen.path, "write %s and %s" % (LEDGER, PAGE), "what is lost has to be known"),
    ]
    if seen.wish.get("source_host"):
        why = "nobody else has them"
        steps.insert(2, Step("errant", seen.path, "keep the transactions that the source does not have", why))
    return Plan(steps, before, dict(before, done=True))


def files_of(record: Dict[str, Any]) -> Set[str]:
    """Paths of what a journal says is whole."""
    tables = [file["path"] for table in record["tables"].values() if not is_over(table) for file in table["files"]]
    return {*tables, *(file["path"] for file in record["files"].values())}


def is_over(table: Dict[str, Any]) -> bool:
    """Whether the time or the room was over before all of a table was read."""
    return bool(table.get("over"))


def is_of(journal: Dict[str, Any], wish: Dict[str, Any], recovery: Dict[str, Any]) -> bool:
    """Whether an export goes on: what is asked for is the same, and so is the directory, which its inode names."""
    return bool(journal) and (journal["wish"], journal["inode"]) == (wish, recovery.get("inode"))


def new_record(wish: Dict[str, Any], recovery: Dict[str, Any]) -> Dict[str, Any]:
    """What the journal holds: files by their names, tables by theirs (schema.table)."""
    inode = recovery.get("inode")
    return dict(phase="begun", wish=wish, inode=inode, files={}, tables={}, place=None, server=None, facts={})


def wish_of(params: Dict[str, Any]) -> Dict[str, Any]:
    """What decides what an export holds. Raises BadInput for what does not agree, or is no number."""
    both = sorted(set(params["where"]) & set(params["exclude_tables"]))
    if both:
        raise BadInput("where is given for tables that are to be left out: %s" % ", ".join(both))
    try:
        limits = {name: int(limit) for name, limit in params["row_limits"].items()}
    except (TypeError, ValueError):
        raise BadInput("row_limits has something that is no number: %r" % params["row_limits"]) from None
    names = ["where", "exclude_tables", "exclude_schemas", "schema_only"]
    if params.get("source_host"):
        names += ["source_host", "source_port"]
    return dict({name: params[name] for name in names}, row_limits=limits)


def why_left_out(schema: str, path: str, wish: Dict[str, Any]) -> Optional[str]:
    """Of the rows of a table, by choice."""
    if wish["schema_only"]:
        return "only definitions were asked for"
    if path in wish["exclude_tables"] or schema in wish["exclude_schemas"]:
        return "it was to be left out"
    return None
