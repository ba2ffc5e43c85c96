# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a dump, and whether all of it is there. Pure."""

import re
from collections import OrderedDict
from typing import Any, Dict, List, Optional, Set, Tuple, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_head import (
    HeadReader,
    is_end_mark,
    is_tool_mark,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import Comment, Statement
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import (
    Classified,
    beginning,
    classify,
)

# Tables of the mysql schema that hold accounts and what they may do, of all versions and of MariaDB.
ACCOUNT_TABLES = frozenset(
    "columns_priv db default_roles global_grants global_priv password_history procs_priv proxies_priv role_edges"
    " roles_mapping tables_priv user".split()
)
# The last thing that mysqldump and mariadb-dump put back; with --skip-comments nothing follows it.
_RESTORED_LAST = re.compile(rb"(?:/\*!\d*\s*)?SET SQL_NOTES=@OLD_SQL_NOTES\b")
_COUNTED = {"create_trigger": "triggers", "create_routine": "routines", "create_event": "events"}

_Table = Tuple[Optional[str], str]


class Contents:
    """Everything that a whole dump tells, from its items offered in order."""

    def __init__(self) -> None:
        self._head = HeadReader()
        self._database: Optional[str] = None
        self._databases: Dict[str, None] = OrderedDict()
        self._tables: Dict[_Table, List[int]] = OrderedDict()
        self._views: Set[_Table] = set()
        self._counts = dict.fromkeys(_COUNTED.values(), 0)
        self._accounts = False
        self._statements = self._largest = self._tool_marks = self._end_marks = 0
        self._unknown: Optional[str] = None
        self._last: Optional[Union[Statement, Comment]] = None

    def add(self, item: Union[Statement, Comment]) -> None:
        self._last = item
        if isinstance(item, Comment):
            self._tool_marks += is_tool_mark(item.text)
            self._end_marks += is_end_mark(item.text)
            self._head.comment(item.text)
            return
        self._statements += 1
        self._largest = max(self._largest, len(item.text))
        classified = classify(item.text, item.charset)
        self._head.statement(item.text, classified)
        if classified.kind == "other" and self._unknown is None:
            self._unknown = "line %d: %s" % (item.line, beginning(item.text))
        self._take(classified, len(item.text))

    def _take(self, classified: Classified, size: int) -> None:
        kind = classified.kind
        if kind in ("use", "create_database"):
            self._database = classified.database if kind == "use" else self._database
            self._databases[str(classified.database)] = None
        elif kind in ("insert", "replace", "create_table"):
            table = self._table(classified)
            sums = self._tables.setdefault(table, [0, 0])
            if kind != "create_table":
                sums[0] += 1
                sums[1] += size
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
        return classified.database or self._database or self._head.database, str(classified.table)

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

    def result(self) -> Dict[str, Any]:
        """The facts as mysql_dump_info returns them."""
        head = self._head.head()
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
            gtid_purged=head.gtid_purged,
            gtid_purged_form=head.gtid_purged_form,
            databases=names,
            tables=tables,
            system_tables=[table["table"] for table in tables if table["database"] == "mysql"],
            views=len(self._views),
            has_accounts=self._accounts,
            statements=self._statements,
            largest_statement=self._largest,
            unknown_statement=self._unknown,
        )
