# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison finds what differs and names it, finds nothing else, and leaves both servers as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

import pytest

from sandbox import compare_definitions, dataset
from sandbox.compare import compare
from sandbox.dataset import programs
from sandbox.dataset.record import Statement
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.unlogged import writable
from sandbox.writer import Writer


class Case(NamedTuple):
    """What is done to the replica alone, what undoes it, and the one difference that must be found."""

    name: str
    breaks: Statement
    mends: tuple[Statement, ...]
    kind: str
    object: str
    detail: str  # a part of it


def case(name: str, breaks: str, mends: str | Statement, kind: str, target: str, detail: str) -> Case:
    mending = mends if isinstance(mends, Statement) else Statement(mends)
    return Case(name, Statement(breaks), (mending,), kind, target, detail)


ORDERS, CLICKS, NUMBERS = "`shop`.`orders`", "`shop`.`clicks`", "`data-museum`.`numbers`"
BLOBS, MOMENTS, TEXTS = "`data-museum`.`blobs`", "`data-museum`.`moments`", "`data-museum`.`texts`"
A_CLICK = f"FROM {CLICKS} WHERE at IS NOT NULL ORDER BY at, path, who LIMIT 1"
STOCK_KEPT = next(statement for statement in programs.TRIGGERS if "stock-kept" in statement.sql)
WINDOWS_PATH = next(statement for statement in programs.ROUTINES if "windows_path" in statement.sql)
OPEN_ORDERS = next(statement for statement in programs.VIEWS if "open_orders" in statement.sql)

CASES: tuple[Case, ...] = (
    case(
        "one byte of a blob",
        f"UPDATE {BLOBS} SET large = INSERT(large, 50000, 1, 'x') WHERE id = 3",
        f"UPDATE {BLOBS} SET large = INSERT(large, 50000, 1, 0x4F) WHERE id = 3",
        "rows",
        BLOBS,
        "1 rows only on the source, 1 only on the replica; (3): large",
    ),
    case(
        "a letter's case",
        f"UPDATE {TEXTS} SET folded = 'IT''S' WHERE folded = 'it''s' AND id < 100",
        f"UPDATE {TEXTS} SET folded = 'it''s' WHERE folded = 'it''s' AND id < 100",
        "rows",
        TEXTS,
        ": folded",
    ),
    case(
        "a row is missing",
        f"DELETE FROM {NUMBERS} WHERE id = 4",
        f"INSERT INTO {NUMBERS} (id) VALUES (4)",
        "rows",
        NUMBERS,
        "1 rows only on the source, 0 only on the replica; only on the source: (4)",
    ),
    case(
        "a row too many",
        f"INSERT INTO {NUMBERS} (id) VALUES (-1)",
        f"DELETE FROM {NUMBERS} WHERE id = -1",
        "rows",
        NUMBERS,
        "only on the replica: (-1)",
    ),
    case(
        "a duplicate in a table without a key",
        f"INSERT INTO {CLICKS} SELECT * {A_CLICK}",
        f"DELETE {A_CLICK}",
        "rows",
        CLICKS,
        "0 rows only on the source, 1 only on the replica",
    ),
    case(
        "NULL instead of an empty string",
        f"UPDATE {TEXTS} SET tiny = NULL WHERE id = 100",
        f"UPDATE {TEXTS} SET tiny = '' WHERE id = 100",
        "rows",
        TEXTS,
        "(100): tiny",
    ),
    case(
        "a refused member instead of an empty one",
        f"UPDATE {TEXTS} SET choice = 'no member' WHERE id = 100",
        f"UPDATE {TEXTS} SET choice = 1 WHERE id = 100",
        "rows",
        TEXTS,
        "(100): choice",
    ),
    case(
        "a date instead of a zero date",
        f"UPDATE {MOMENTS} SET day = '0000-00-01' WHERE id = 1",
        f"UPDATE {MOMENTS} SET day = '0000-00-00' WHERE id = 1",
        "rows",
        MOMENTS,
        "(1): day",
    ),
    case(
        "a microsecond",
        f"UPDATE {MOMENTS} SET span = '00:00:00.000001' WHERE id = 5",
        f"UPDATE {MOMENTS} SET span = '00:00:00' WHERE id = 5",
        "rows",
        MOMENTS,
        "(5): span",
    ),
    case(
        "a FLOAT beyond the six digits that it shows",
        f"UPDATE {NUMBERS} SET single_precision = -3.402821e38 WHERE id = 1",
        f"UPDATE {NUMBERS} SET single_precision = -3.40282e38 WHERE id = 1",
        "rows",
        NUMBERS,
        "(1): single_precision",
    ),
    case(
        "a DOUBLE by its last bit",
        f"UPDATE {NUMBERS} SET double_precision = 1e-323 WHERE id = 3",
        f"UPDATE {NUMBERS} SET double_precision = 5e-324 WHERE id = 3",
        "rows",
        NUMBERS,
        "(3): double_precision",
    ),
    case(
        "one bit",
        f"UPDATE {NUMBERS} SET all_bits = all_bits ^ 1 WHERE id = 2",
        f"UPDATE {NUMBERS} SET all_bits = all_bits ^ 1 WHERE id = 2",
        "rows",
        NUMBERS,
        "(2): all_bits",
    ),
    case(
        "a byte in an engine without transactions",
        "UPDATE archive.old_engine SET word = CONCAT(word, '!') WHERE id = 7",
        "UPDATE archive.old_engine SET word = LEFT(word, CHAR_LENGTH(word) - 1) WHERE id = 7",
        "rows",
        "`archive`.`old_engine`",
        "(7): word",
    ),
    case(
        "a blank at the end",
        "UPDATE archive.chinese SET short = CONCAT(short, ' ') WHERE id = 1",
        "UPDATE archive.chinese SET short = TRIM(short) WHERE id = 1",
        "rows",
        "`archive`.`chinese`",
        "(1): short",
    ),
    case(
        "an index is missing",
        f"ALTER TABLE {ORDERS} DROP KEY by_state_placed",
        f"ALTER TABLE {ORDERS} ADD KEY by_state_placed (state, placed)",
        "table",
        ORDERS,
        "-  KEY `by_state_placed`",
    ),
    case(
        "a column's default",
        f"ALTER TABLE {ORDERS} ALTER state SET DEFAULT 'paid'",
        f"ALTER TABLE {ORDERS} ALTER state SET DEFAULT 'new'",
        "table",
        ORDERS,
        "DEFAULT 'paid'",
    ),
    case(
        "a table is missing",
        "RENAME TABLE shop.`never used` TO mysql.`never used`",
        "RENAME TABLE mysql.`never used` TO shop.`never used`",
        "table",
        "`shop`.`never used`",
        "missing on the replica",
    ),
    case(
        "a table too many",
        "CREATE TABLE archive.more (id INT)",
        "DROP TABLE archive.more",
        "table",
        "`archive`.`more`",
        "only on the replica",
    ),
    case(
        "a schema too many",
        "CREATE DATABASE `more``still`",
        "DROP DATABASE `more``still`",
        "schema",
        "`more``still`",
        "only on the replica",
    ),
    case(
        "a schema's charset",
        "ALTER DATABASE shop DEFAULT CHARACTER SET latin1",
        "ALTER DATABASE shop DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        "schema",
        "`shop`",
        "latin1",
    ),
    case(
        "a trigger is missing",
        "DROP TRIGGER shop.`stock-kept`",
        STOCK_KEPT,
        "trigger",
        "`shop`.`stock-kept`",
        "missing on the replica",
    ),
    case(
        "a view",
        "ALTER VIEW shop.open_orders AS SELECT id, customer, 'x' AS name, placed, 'y' AS remark FROM shop.orders",
        OPEN_ORDERS._replace(sql=OPEN_ORDERS.sql.replace("CREATE", "CREATE OR REPLACE", 1)),
        "view",
        "`shop`.`open_orders`",
        "create view",
    ),
    case(
        "whose rights a procedure has",
        "ALTER PROCEDURE shop.note_down SQL SECURITY DEFINER",
        "ALTER PROCEDURE shop.note_down SQL SECURITY INVOKER",
        "procedure",
        "`shop`.`note_down`",
        "SQL SECURITY INVOKER",
    ),
    case(
        "a function is missing",
        "DROP FUNCTION shop.windows_path",
        WINDOWS_PATH,
        "function",
        "`shop`.`windows_path`",
        "missing on the replica",
    ),
    case(
        "an event that would run",
        "ALTER DEFINER='keeper'@'localhost' EVENT archive.`sweep-up` ENABLE",
        "ALTER DEFINER='keeper'@'localhost' EVENT archive.`sweep-up` DISABLE",
        "event",
        "`archive`.`sweep-up`",
        "state",
    ),
)


@pytest.fixture(scope="module")
def pair(server_kind: str) -> Iterator[Sandbox]:
    """A source with the data set and a replica of it; each test leaves them equal."""
    with Sandbox.up(server=server_kind) as box:
        dataset.load(box.source, scale=0.1)
        yield box


def unlogged(replica: Server, statement: Statement) -> None:
    with writable(replica), closing(replica.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0, sql_mode = %s, time_zone = '+00:00'", (statement.sql_mode,))
        cursor.execute(statement.sql)


@pytest.mark.long_on("newest")
def test_a_replica_is_identical_under_a_writer_and_its_ddl(pair: Sandbox) -> None:
    source, replica = pair.source, pair.replicas[0]
    with Writer(source, ddl=True) as writer:
        for _round in range(12):  # every kind of DDL comes by
            writer.wait_for_commits(50)
            comparison = compare(source, replica)
            assert comparison.identical, str(comparison)
            assert comparison.tables["`ledger`.`accounts`"] == 100
            assert replica.replica_status()["Replica_SQL_Running"] == "Yes"
    assert set(comparison.tables) >= {
        f"`{table.schema.replace('`', '``')}`.`{table.name.replace('`', '``')}`"
        for table in dataset.tables_of(pair.build.number)
    }
    assert source.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (comparison.gtid_set,))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_difference_is_found_and_named(pair: Sandbox, case: Case) -> None:
    replica = pair.replicas[0]
    pair.wait_caught_up(replica)
    unlogged(replica, case.breaks)
    try:
        found = compare(pair.source, replica).differences
    finally:
        for statement in case.mends:
            unlogged(replica, statement)
    assert [(difference.kind, difference.object) for difference in found] == [(case.kind, case.object)]
    assert case.detail in found[0].detail


def test_everything_is_as_it_was_after_the_cases(pair: Sandbox) -> None:
    comparison = compare(pair.source, pair.replicas[0], accounts=True)
    assert comparison.identical, str(comparison)


def test_a_grant_is_found_where_accounts_are_compared(pair: Sandbox) -> None:
    source, replica = pair.source, pair.replicas[0]
    pair.wait_caught_up(replica)
    unlogged(replica, Statement("REVOKE INSERT ON `shop`.* FROM 'app-user'@'%'"))
    try:
        assert compare(source, replica).identical
        found = compare(source, replica, accounts=True).differences
    finally:
        unlogged(replica, Statement("GRANT INSERT ON `shop`.* TO 'app-user'@'%'"))
    assert [(difference.kind, difference.object) for difference in found] == [("account", "'app-user'@'%'")]


def test_replication_disables_events_and_that_is_equal(pair: Sandbox) -> None:
    pair.wait_caught_up(pair.replicas[0])
    states = [
        {row["name"]: row["state"] for row in server.rows("SELECT EVENT_NAME AS name, STATUS AS state"
                                                          " FROM information_schema.EVENTS")}
        for server in (pair.source, pair.replicas[0])
    ]  # fmt: skip
    assert states[0]["beat"] == "ENABLED"
    assert states[1]["beat"] in compare_definitions.DISABLED_BY_REPLICATION


def test_an_applier_that_was_stopped_is_stopped_afterwards(pair: Sandbox) -> None:
    source, replica = pair.source, pair.replicas[0]
    replica.execute(replica.statements.stop_applier)
    try:
        comparison = compare(source, replica)
        assert replica.replica_status()["Replica_SQL_Running"] == "No"
    finally:
        replica.execute(replica.statements.start)
    assert comparison.identical, str(comparison)


def errant_transaction(box: Sandbox) -> tuple[str, str]:
    box.damage("errant_transaction", box.replicas[0])
    return "gtid", f"only on the replica (errant): {box.replicas[0].uuid}"


def receiver_stopped(box: Sandbox) -> tuple[str, str]:
    replica = box.replicas[0]
    replica.execute(f"{replica.statements.stop} IO_THREAD")
    box.source.execute("CREATE DATABASE unseen")
    return "replication", "did not reach the source's GTID set within 2 s; receiver No"


def applier_failing(box: Sandbox) -> tuple[str, str]:
    box.wait_caught_up(box.replicas[0])
    unlogged(box.replicas[0], Statement("DROP TABLE archive.western"))
    box.source.execute("DELETE FROM archive.western")
    return "replication", "1146"  # ER_NO_SUCH_TABLE


def no_channel(box: Sandbox) -> tuple[str, str]:
    replica = box.replicas[0]
    replica.execute(replica.statements.stop)
    replica.execute(replica.statements.stop.replace("STOP", "RESET") + " ALL")
    box.source.execute("CREATE DATABASE unseen")
    return "replication", "no replication channel is configured"


@pytest.mark.parametrize("breaks", [errant_transaction, receiver_stopped, applier_failing, no_channel])
def test_a_replica_that_is_not_at_the_source_s_gtid_set(
    make_box: Callable[..., Sandbox], breaks: Callable[[Sandbox], tuple[str, str]]
) -> None:
    box = make_box()
    dataset.load(box.source, scale=0.01)
    box.wait_caught_up(box.replicas[0])
    box.source.execute("SET GLOBAL event_scheduler = OFF")
    kind, detail = breaks(box)
    comparison = compare(box.source, box.replicas[0], timeout=2)
    assert not comparison.identical
    found = [difference.detail for difference in comparison.differences if difference.kind == kind]
    assert len(found) == 1, str(comparison)
    assert detail in found[0]
