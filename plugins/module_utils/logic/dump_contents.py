# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a dump, and whether all of it is there. Pure."""

import re
from collections import OrderedDict
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_head import (
    Head,
    HeadReader,
    is_end_mark,
    is_tool_mark,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_hidden_key import HiddenKeys
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import Comment, Statement
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import (
    Classified,
    beginning,
    classify,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet

# Tables of the mysql schema that hold accounts and what they may do, of all versions and of MariaDB.
ACCOUNT_TABLES = frozenset(
    "columns_priv db default_roles global_grants global_priv password_history procs_priv proxies_priv role_edges"
    " roles_mapping tables_priv user".split()
)
# The last thing that mysqldump and mariadb-dump put back; with --skip-comments nothing follows it.
_RESTORED_LAST = re.compile(rb"(?:/\*!\d*\s*)?SET SQL_NOTES=@OLD_SQL_NOTES\b")
_COUNTED = {"create_trigger": "triggers", "create_routine": "routines", "create_event": "events"}
# What is made in a schema, or put into one.
_OF_SCHEMA = frozenset(["insert", "replace", "create_table", "create_view", *_COUNTED])

_Table = Tuple[Optional[str], str]


class Gtids(NamedTuple):
    """The one set that all heads of a dump declare, and how; see `Head`. differ: they do not agree on one."""

    purged: Optional[str]
    form: Optional[str]
    differ: bool


class Contents:
    """Everything that a whole dump tells, from its items offered in order.

    Dumps that were joined into one file have a head each.
    """

    def __init__(self) -> None:
        self._heads = [HeadReader()]
        self._database: Optional[str] = None
        self._databases: Dict[str, None] = OrderedDict()
        self._tables: Dict[_Table, List[int]] = OrderedDict()
        self._views: Set[_Table] = set()
        self._hidden = HiddenKeys()
        self._counts = dict.fromkeys(_COUNTED.values(), 0)
        self._accounts = False
        self._statements = self._largest = self._tool_marks = self._end_marks = 0
        self._unknown: Optional[str] = None
        self._unplaced: Optional[str] = None
        self._last: Optional[Union[Statement, Comment]] = None

    def add(self, item: Union[Statement, Comment], classified: Optional[Classified] = None) -> None:
        """The next item; a statement's class, where the caller knows it already."""
        self._last = item
        if isinstance(item, Comment):
            self._add_comment(item.text)
            return
        self._statements += 1
        self._largest = max(self._largest, len(item.text))
        classified = classified or classify(item.text, item.charset)
        if classified.kind == "set_gtid_purged" and self._heads[-1].head().gtid_purged is not None:
            self._heads.append(HeadReader())
        self._heads[-1].statement(item.text, classified)
        if classified.kind == "other" and self._unknown is None:
            self._unknown = _shown(item)
        self._take(classified, item.text)
        if classified.kind in _OF_SCHEMA and self._unplaced is None and not (classified.database or self._database):
            self._unplaced = _shown(item)

    def _add_comment(self, text: bytes) -> None:
        if is_tool_mark(text):
            if self._tool_marks:
                self._heads.append(HeadReader())
            self._tool_marks += 1
        self._end_marks += is_end_mark(text)
        self._heads[-1].comment(text)

    def _take(self, classified: Classified, text: bytes) -> None:
        kind = classified.kind
        if kind in ("use", "create_database"):
            self._database = classified.database if kind == "use" else self._database
            self._databases[str(classified.database)] = None
        elif kind in ("insert", "replace", "create_table"):
            table = self._table(classified)
            sums = self._tables.setdefault(table, [0, 0])
            if kind == "create_table":
                self._hidden.definition(table, text)
            else:
                sums[0] += 1
                sums[1] += len(text)
                self._hidden.rows(table, text)
            self._accounts = self._accounts or (table[0] == "mysql" and table[1] in ACCOUNT_TABLES)
        elif kind == "create_view":
            # A table of the same name held the view's place until all tables were there.
            self._tables.pop(self._table(classified), None)
            self._views.add(self._table(classified))
        elif kind in _COUNTED:
            self._counts[_COUNTED[kind]] += 1
        elif kind == "grant_or_account":
            self._accounts = True

    def _table(self, classified: Classified) -> _Table:
        return classified.database or self._database or self._heads[-1].database, str(classified.table)

    @property
    def tool(self) -> str:
        """What wrote the dump, as far as it was read."""
        return self._heads[-1].head().tool

    def incomplete_reason(self) -> Optional[str]:
        """Why a stream that ended well is still no proof of a whole dump; None when it is."""
        last = self._last
        if not self._statements:
            return "there is no statement in it"
        if self._tool_marks > max(self._end_marks, 1):
            return "%d dumps in one file, but %d end marks" % (self._tool_marks, self._end_marks)
        if isinstance(last, Comment) and is_end_mark(last.text):
            return None
        if self._end_marks:
            return "something follows the end mark `-- Dump completed`, and nothing proves that it is whole"
        if self._tool_marks:
            return "the end mark `-- Dump completed`, which is written last, is missing"
        if isinstance(last, Statement) and _RESTORED_LAST.match(last.text):
            return None
        return "it has no end mark: made by another tool, or with --compact, it cannot be told from a cut dump"

    def gtids(self) -> Gtids:
        """Rows of several moments have no set that stands for all of them: none is told then."""
        told = [head for head in map(HeadReader.head, self._heads) if head.gtid_purged is not None]
        sets = {_canonical(str(head.gtid_purged)) for head in told}
        if len(sets) == 1 and len(told) == len(self._heads):
            return Gtids(told[0].gtid_purged, told[0].gtid_purged_form, False)
        return Gtids(None, None, bool(told))

    @classmethod
    def united(cls, parts: Iterable[Tuple[str, "Contents"]]) -> "Contents":
        """What the parts of one dump hold together. Each comes with the words that its lines are to be told with."""
        whole = cls()
        whole._heads = []
        for label, part in parts:
            whole._absorb(part, label)
        return whole

    def _absorb(self, part: "Contents", label: str) -> None:
        self._heads += part._heads
        self._databases.update(part._databases)
        for table, sums in part._tables.items():
            mine = self._tables.setdefault(table, [0, 0])
            mine[:] = [mine[0] + sums[0], mine[1] + sums[1]]
        self._views |= part._views
        self._hidden.update(part._hidden)
        for name, count in part._counts.items():
            self._counts[name] += count
        self._accounts = self._accounts or part._accounts
        self._statements += part._statements
        self._largest = max(self._largest, part._largest)
        self._unknown = self._unknown or (label + part._unknown if part._unknown else None)
        self._unplaced = self._unplaced or (label + part._unplaced if part._unplaced else None)

    def result(self) -> Dict[str, Any]:
        """The facts as mysql_dump_info returns them."""
        head, gtids = _one(list(map(HeadReader.head, self._heads))), self.gtids()
        # Only what the dump itself selects or makes: a name in its header does not say where its statements would go.
        names = list(self._databases)
        tables = [
            {"database": database, "table": table, "rows_statements": sums[0], "bytes": sums[1]}
            for (database, table), sums in self._tables.items()
        ]
        return dict(
            self._counts,
            tool=head.tool,
            tool_version=head.tool_version,
            server_version=head.server_version,
            host=head.host,
            charset=head.charset,
            completed_at=head.completed_at,
            position=dict(head.position._asdict()) if head.position else None,
            gtid_purged=gtids.purged,
            gtid_purged_form=gtids.form,
            gtid_sets_differ=gtids.differ,
            databases=names,
            tables=tables,
            system_tables=[table["table"] for table in tables if table["database"] == "mysql"],
            hidden_row_ids=self._hidden.result(),
            views=len(self._views),
            has_accounts=self._accounts,
            statements=self._statements,
            largest_statement=self._largest,
            unknown_statement=self._unknown,
            unplaced_statement=self._unplaced,
        )


def _shown(item: Statement) -> str:
    return "line %d: %s" % (item.line, beginning(item.text))


def _canonical(gtids: str) -> str:
    try:
        return str(GtidSet.parse(gtids))
    except BadInput:
        return gtids  # not MySQL's; what cannot be read can still be the same


def _one(heads: List[Head]) -> Head:
    """What the heads of one dump say together: the first word on a thing stands, the last on its end."""
    said: Dict[str, Any] = {}
    for name, default in zip(Head._fields, Head()):
        values = [getattr(head, name) for head in heads if getattr(head, name) != default]
        if values:
            said[name] = values[-1] if name == "completed_at" else values[0]
    positions = {head.position for head in heads}
    return Head(**dict(said, position=positions.pop() if len(positions) == 1 else None))
