# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One table of a damaged server, read into a file: whole where that works, around its damage where it does not."""

import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_file import Limits, RowsFile, Taken
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import keys, ledger, missing, values
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ranges import (
    Got,
    Middle,
    Outcome,
    Parted,
    Range,
    Read,
    around_damage,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.tables import Table
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Field
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.frail_server import Died, FrailServer, is_lost

_PAGE = 16384  # bytes
_STATEMENT = 1 << 18  # bytes, about
_ROWS_OF_A_PAGE = 100  # where nothing tells how long a row is
_QUESTIONS = 200  # each of which counts an index


class Wish(NamedTuple):
    """where: a condition, limit: rows at most; None for all. max_restarts: deaths that a table may cost."""

    where: Optional[str]
    limit: Optional[int]
    max_restarts: int


class _Structure(NamedTuple):
    """key: of ranges, None where there can be none. other: a second index over all rows, None without one.

    generated: columns that no INSERT may name.
    """

    key: Optional[List[keys.Column]]
    other: Optional[str]
    generated: List[str]


_NOTHING = _Structure(None, None, [])


class TableReader:
    def __init__(self, server: FrailServer, table: Table, path: str, wish: Wish, limits: Limits) -> None:
        self._server = server
        self._table = table
        self._wish = wish
        self._limits = limits
        self._quoted = identifier(table.schema, table.name)
        self._file = RowsFile(path, b"USE %s;\n" % identifier(table.schema).encode("utf-8"), limits)
        self._structure = _NOTHING
        self._stopped: Optional[str] = None
        self._over = False
        self._head = b""
        self._waiting: List[bytes] = []
        self._waiting_bytes = 0

    def read(self) -> Dict[str, Any]:
        """The table's entry in the ledger; its file is whole and on disk."""
        try:
            return self._read_table()
        except ReplicaError:
            self._file.drop()
            raise

    def _read_table(self) -> Dict[str, Any]:
        began, deaths = time.time(), self._server.deaths
        self._server.up()
        self._server.log_since_last_look()
        lost: List[Range] = []
        method, failure, quiet = "mysqldump", None, False
        try:
            self._structure = self._look()
            taken = self._dump(keep_half=not self._can_part)
            log = self._server.log_since_last_look()
            failure = _failure(taken)
            if taken.good and self._can_part and (self._count() or 0) > self._file.rows:
                method, quiet = "ranges", True
                lost = self._without_holes()
                failure = self._stopped
            elif not taken.good and not taken.stopped:
                died = is_lost(taken.words) and self._server.died()
                if died and self._can_part and self._server.handles(self._table):
                    method = "ranges"
                    lost = self._around().lost
                    failure = self._stopped
                elif self._can_part:
                    self._dump(keep_half=True)
        except Died:
            log, failure = [], "the server dies when it is asked for the table's definition"
        except ServerError as exc:
            log, failure = [], exc.found
        counted = self._count()
        log = sorted(set(log + self._server.log_since_last_look()))
        judged = ledger.judge(
            ledger.Seen(
                rows=self._file.rows,
                counted=counted,
                counted_by=self._structure.other if self._comparable else None,
                limit=self._wish.limit,
                ranges=[self._shown(part) for part in lost],
                log=log,
                failure=failure,
                quiet=quiet,
                level=self._server.level if self._is_innodb else 0,
            )
        )
        return ledger.entry(
            self._table.schema,
            self._table.name,
            judged,
            ranges_lost=[self._shown(part) for part in lost],
            files=[self._file.finish()],
            deaths=self._server.deaths - deaths,
            method=method,
            where=self._wish.where,
            limit=self._wish.limit,
            over=self._over,
            seconds=round(time.time() - began, 1),
        )

    # -- what it is ------------------------------------------------------------------------------------------

    def _look(self) -> _Structure:
        if not self._is_innodb:
            return _NOTHING
        found = self._server.rows(
            "SELECT s.INDEX_NAME AS i, s.COLUMN_NAME AS c, s.SUB_PART AS part, s.INDEX_TYPE AS kind,"
            " c.DATA_TYPE AS type FROM information_schema.STATISTICS s LEFT JOIN information_schema.COLUMNS c"
            " ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME"
            " WHERE s.TABLE_SCHEMA = %s AND s.TABLE_NAME = %s ORDER BY s.INDEX_NAME, s.SEQ_IN_INDEX",
            (self._table.schema, self._table.name),
        )
        indexes: Dict[str, List[Dict[str, Any]]] = {}
        for row in found:
            indexes.setdefault(row["i"], []).append(row)
        primary = indexes.pop("PRIMARY", [])
        whole = {
            name: parts
            for name, parts in indexes.items()
            if all(part["kind"] == "BTREE" and part["part"] is None and part["c"] is not None for part in parts)
        }
        other = min(whole, key=lambda name: (len(whole[name]), name), default=None)
        if not primary or any(part["part"] is not None for part in primary):
            return _Structure(None, other, [])
        key = keys.columns([(part["c"], part["type"] or "") for part in primary])
        return _Structure(key, other, self._generated() if key else [])

    def _generated(self) -> List[str]:
        rows = self._server.rows(
            "SELECT COLUMN_NAME AS c FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND EXTRA LIKE %s",
            (self._table.schema, self._table.name, "% GENERATED%"),
        )
        return [row["c"] for row in rows]

    @property
    def _is_innodb(self) -> bool:
        """Other engines know nothing of levels."""
        return self._table.engine.lower() == "innodb"

    @property
    def _can_part(self) -> bool:
        """A limit would be another one in each range."""
        return self._structure.key is not None and self._wish.limit is None

    @property
    def _comparable(self) -> bool:
        """A condition would be looked up in the rows themselves."""
        return self._wish.where is None

    # -- reading ---------------------------------------------------------------------------------------------

    def _dump(self, keep_half: bool, where: Optional[str] = None) -> Taken:
        limit = self._wish.limit
        condition = (where or self._wish.where or "1") + ("" if limit is None else " LIMIT %d" % limit)
        arguments = ["--no-create-info", "--skip-triggers"]
        arguments += ["--where=" + condition] if condition != "1" else []
        with self._server.mysqldump(*arguments, self._table.schema, self._table.name) as argv:
            taken = self._file.take(argv, keep_half)
        self._over = self._over or bool(taken.stopped)
        return taken

    def _without_holes(self) -> List[Range]:
        """What a dump has passed over in silence; read again in parts between that when it ended too early."""
        walk = missing.parts(_QUESTIONS)
        answer: Any = None
        while True:
            try:
                question = walk.send(answer)
            except StopIteration as end:
                found: List[missing.Part] = end.value
                break
            answer = self._part(question) if isinstance(question, Middle) else self._counted(question.range)
        if sum(part.rows for part in found) > self._file.rows:
            self._file.begin_again()
            for part in found:
                taken = self._dump(keep_half=True, where=keys.where(self._key, part.range)) if part.rows else None
                if taken is not None and not taken.good:
                    self._stopped = _failure(taken)
                    break
        return [part.range for part in found if part.missing]

    def _counted(self, part: Range) -> missing.Counted:
        condition, sql = keys.where(self._key, part), "SELECT COUNT(*) AS k0 FROM %s WHERE %s"
        try:
            other = int(self._value(sql, condition, self._structure.other or "PRIMARY"))
            return missing.Counted(other, int(self._value(sql, condition, "PRIMARY")))
        except (Died, ServerError):
            return missing.Counted(None, None)

    def _around(self) -> Outcome:
        """By HANDLER: the rows that mysqldump does not come to."""
        self._file.write(values.HEAD.encode("utf-8"))
        walk = around_damage(self._wish.max_restarts, self._grain())
        answer: Any = None
        while True:
            try:
                question = walk.send(answer)
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome
            answer = self._part(question) if isinstance(question, Middle) else self._read(question)

    def _grain(self) -> int:
        """Keys that two pages may hold, by the length of the rows that were read so far."""
        if not self._file.rows:
            return 2 * _ROWS_OF_A_PAGE
        return max(2, 2 * _PAGE * self._file.rows // max(1, self._file.size))

    def _read(self, question: Read) -> Got:
        self._stopped = self._stopped or self._limits.over(self._file.directory)
        if self._stopped:
            self._over = True
            return Got(True)
        part, backwards = question.range, question.backwards
        came, last, ended = 0, None, False
        words = [keys.handler_read(self._key, part, backwards)]
        words += ["WHERE " + self._wish.where] if self._wish.where else []
        try:
            for fields, row in self._server.handler(self._table, "%s LIMIT %d" % (" ".join(words), question.limit)):
                by_name = dict(zip((field.name for field in fields), row))
                key = keys.of_row(self._key, [by_name[column.name] for column in self._key])
                if keys.is_outside(self._key, part, backwards, key):
                    ended = True
                    break
                self._write(fields, row)
                came, last = came + 1, key
                if self._waiting_bytes > _STATEMENT:
                    self._flush()
        except Died:
            return Got(True, came, last)
        except ServerError:
            return Got(True, came, last)  # it refuses what it can see to be damaged, and lives on
        finally:
            self._flush()
        return Got(False, came, last, ended or came < question.limit)

    def _write(self, fields: List[Field], row: Tuple[Optional[bytes], ...]) -> None:
        chosen = [number for number, field in enumerate(fields) if field.name not in self._structure.generated]
        if not self._waiting:
            self._head = values.insert_head(self._table.name, [fields[number].name for number in chosen])
        text = values.row(
            [row[number] for number in chosen],
            [fields[number].kind for number in chosen],
            [fields[number].charset for number in chosen],
        )
        self._waiting.append(text)
        self._waiting_bytes += len(text)

    def _flush(self) -> None:
        """Many rows a statement: one each would take a load ten times as long."""
        if self._waiting:
            self._file.write(self._head + b",".join(self._waiting) + b";\n", count=len(self._waiting))
        self._waiting, self._waiting_bytes = [], 0

    def _part(self, question: Middle) -> Parted:
        condition = keys.where(self._key, question.range)
        other = self._structure.other
        if other:
            try:
                count = int(self._value("SELECT COUNT(*) AS k0 FROM %s WHERE %s", condition, other))
                middle = self._key_at(condition, "ORDER BY " + keys.order(self._key), (count - 1) // 2, other)
            except (Died, ServerError):
                pass
            else:
                return Parted(middle if count > 1 else None, count)
        return Parted(*keys.between(self._key, question.range))

    @property
    def _key(self) -> List[keys.Column]:
        return self._structure.key or []

    def _key_at(self, condition: str, order: str, number: int, index: str) -> Optional[keys.Key]:
        rows = self._server.rows(
            "SELECT %s FROM %s FORCE INDEX (%s) WHERE %s %s LIMIT %d, 1"  # noqa: S608 - all quoted
            % (keys.select(self._key), self._quoted, identifier(index), condition, order, number)
        )
        return tuple(str(rows[0]["k%d" % part]) for part in range(len(self._key))) if rows else None

    def _value(self, sql: str, condition: str, index: str) -> Any:
        source = "%s FORCE INDEX (%s)" % (self._quoted, identifier(index))
        return self._server.rows(sql % (source, condition))[0]["k0"]

    # -- comparing -------------------------------------------------------------------------------------------

    def _count(self) -> Optional[int]:
        other = self._structure.other
        if not other or not self._comparable:
            return None
        try:
            return int(self._value("SELECT COUNT(*) AS k0 FROM %s WHERE %s", "1", other))
        except (Died, ServerError):
            return None

    def _shown(self, part: Range) -> str:
        return keys.shown(self._key, part)


def _failure(taken: Taken) -> Optional[str]:
    """Why a run of mysqldump is not the whole table, None when it is, as far as mysqldump says."""
    return taken.stopped or (None if taken.good else "mysqldump failed (%s): %s" % (taken.status, taken.words))
