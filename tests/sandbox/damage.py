# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages by name: what may happen to a replica, done to one.

Each function takes the sandbox and the replica, and returns what it did. Where a replica is read only, that is
lifted for the moment. Add a damage as a function and a line in `DAMAGES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from . import damages_innodb, damages_relaylog, damages_systables, pick
from .pick import quote
from .server import Server
from .unlogged import run_unlogged, writable
from .waiting import wait_for

if TYPE_CHECKING:
    from .topology import Sandbox


__all__ = ["DAMAGES", "Damage", "wait_for", "writable"]


class Damage(NamedTuple):
    """A way to break a replica: `function(box, replica, **arguments)` returns what it did."""

    function: Callable[..., dict[str, Any]]
    description: str


def kill_under_load(_box: Sandbox, replica: Server, timeout: float = 60) -> dict[str, Any]:
    """SIGKILL while transactions are being applied; the caller keeps the source busy."""
    seen: list[str] = []

    def moving() -> bool:
        now = replica.gtid_executed
        if not seen or seen[-1] != now:
            seen.append(now)
        return len(seen) > 3

    wait_for(f"{replica.name} applies transactions (is anything written on the source?)", moving, timeout)
    pid = replica.pid
    replica.kill()
    return {"pid": pid, "gtid_executed": seen[-1]}


def errant_transaction(_box: Sandbox, replica: Server, statement: str | None = None) -> dict[str, Any]:
    """Run one statement on the replica alone, as somebody in the wrong window does."""
    if statement is None:
        places = pick.schemas(replica)
        statement = (
            f"CREATE TABLE {quote(places[0], 'errant_here')} (id INT PRIMARY KEY)" % ()
            if places
            else "CREATE DATABASE errant_here"
        )
    before = replica.gtid_executed
    with writable(replica):
        replica.execute(statement)
    new = str(replica.value("SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, %s)", (before,))).replace("\n", "")
    own = [part for part in new.split(",") if part.startswith(replica.uuid)]  # the applier may be at work too
    return {"statement": statement, "gtids": ",".join(own)}


def diverged_row(_box: Sandbox, replica: Server, schema: str | None = None, table: str | None = None) -> dict[str, Any]:
    """Change one value of one row on the replica, unlogged: no status ever shows it."""
    cells = (
        pick.cell(replica, *place)
        for place in pick.tables(replica)
        if schema in (None, place[0]) and table in (None, place[1])
    )
    cell = next((cell for cell in cells if cell), None)
    if cell is None:
        raise RuntimeError(f"{replica.name} has no table with a row and a plain column: load data first")
    value: int | str = ("y" if cell.value == "x" else "x") if isinstance(cell.value, str) else int(not cell.value)
    where = " AND ".join(f"{quote(name)} = %s" for name in cell.key)
    changed = run_unlogged(
        replica,
        f"UPDATE {quote(cell.schema, cell.table)} SET {quote(cell.column)} = %s WHERE {where}",
        (value, *cell.key.values()),
    )
    if changed != 1:
        raise RuntimeError(f"{changed} rows changed instead of one: {cell}")
    return {
        "schema": cell.schema,
        "table": cell.table,
        "column": cell.column,
        "key": cell.key,
        "before": cell.value,
        "after": value,
    }


def dropped_table(
    _box: Sandbox, replica: Server, schema: str | None = None, table: str | None = None
) -> dict[str, Any]:
    """Drop a table on the replica, unlogged: replication stops when it next touches it."""
    place = next(
        (place for place in pick.tables(replica) if schema in (None, place[0]) and table in (None, place[1])), None
    )
    if place is None:
        raise RuntimeError(f"{replica.name} has no such table with a primary key: load data first")
    run_unlogged(replica, f"DROP TABLE {quote(*place)}")
    return {"schema": place[0], "table": place[1]}


DAMAGES = {
    "kill_under_load": Damage(kill_under_load, "SIGKILL while it applies transactions (keep the source busy)"),
    "errant_transaction": Damage(errant_transaction, "a transaction that only the replica has"),
    "diverged_row": Damage(diverged_row, "one value of one row differs, unnoticed by replication"),
    "dropped_table": Damage(dropped_table, "a table is gone, unnoticed until replication touches it"),
    **{name: Damage(*row) for name, row in damages_relaylog.DAMAGES.items()},
    **{name: Damage(*row) for name, row in damages_systables.DAMAGES.items()},
    **{name: Damage(*row) for name, row in damages_innodb.DAMAGES.items()},
}
