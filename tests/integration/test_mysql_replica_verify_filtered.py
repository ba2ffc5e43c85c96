# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replica_verify on a replica with filters compares what they let pass, and names the rest.

The filters do what the server does: what it applied is there, what it did not apply is named.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.ansible_run import SOURCE, STATE, Task, run_tasks, task
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged

# Of an option file: one a line, as they are the same on 5.6 and today
OPTIONS = """[mysqld]
replicate_ignore_db=kept_out
replicate_ignore_db=Case
replicate_ignore_table=shop.cart
replicate_wild_ignore_table=shop.tmp\\_%
replicate_wild_ignore_table=scratch%.%
"""
SCHEMAS = ("kept_out", "case", "shop", "scratch2")
TABLES = ("kept_out.a", "case.a", "shop.cart", "shop.orders", "shop.tmp_1", "shop.tmpx", "scratch2.a")
OTHERS = {
    "kept_out": ("CREATE VIEW v AS SELECT 1 AS one", "CREATE PROCEDURE p() SELECT 1"),
    "shop": (
        "CREATE TRIGGER of_cart BEFORE INSERT ON cart FOR EACH ROW SET @seen = 1",
        "CREATE TRIGGER of_orders BEFORE INSERT ON orders FOR EACH ROW SET @seen = 1",
        "CREATE PROCEDURE p() SELECT 1",
    ),
}
NOT_REPLICATED = ["kept_out.a", "kept_out.v", "scratch2.a", "shop.cart", "shop.tmp_1"]
RUNTIME = (
    "REPLICATE_DO_DB = (shop, `case`), REPLICATE_IGNORE_DB = (), REPLICATE_REWRITE_DB = ((`case`, other)),"
    " REPLICATE_DO_TABLE = (shop.orders, shop.tmp_1), REPLICATE_WILD_DO_TABLE = ('shop.tmp\\\\_%%'),"
    " REPLICATE_IGNORE_TABLE = (), REPLICATE_WILD_IGNORE_TABLE = ()"
)


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    """Filtered from the first transaction on."""
    with Sandbox.up(server=server_kind) as own:
        replica = own.replicas[0]
        replica.dropin.write_text(OPTIONS)
        replica.restart()
        replica.execute(replica.statements.start)  # no harm where it runs
        own.wait_replicating(replica)
        for schema in SCHEMAS:
            own.source.execute(f"CREATE DATABASE `{schema}`")
            # DDL is judged by the default schema of its session
            with own.source.connect(database=schema) as session, session.cursor() as cursor:
                for table in TABLES:
                    if table.startswith(f"{schema}."):
                        cursor.execute(f"CREATE TABLE {table.split('.')[1]} (id INT PRIMARY KEY)")
                        cursor.execute(f"INSERT INTO {table.split('.')[1]} VALUES (1)")
                for statement in OTHERS.get(schema, ()):
                    cursor.execute(statement)
        own.wait_caught_up(replica)
        yield own


def verify(*, check: bool = False, **options: object) -> Task:
    return task("mysql_replica_verify", check=check, **{**SOURCE, **STATE, "fail_on_difference": False, **options})


def tables(replica: Server) -> set[str]:
    sql = "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS name FROM information_schema.TABLES"
    return {row["name"] for row in replica.rows(sql)} & set(TABLES)


@pytest.mark.long_on("oldest")
def test_what_filters_keep_out_is_named_and_not_compared(box: Sandbox) -> None:
    replica = box.replicas[0]
    done, looked = run_tasks(box, verify(), verify(check=True, databases=["shop"])).results
    assert not done["failed"], done
    assert (done["identical"], done["differences"]) == (True, [])
    assert done["not_replicated"] == NOT_REPLICATED
    compared = {table["table"] for table in done["tables"]}
    assert compared == set(TABLES) - set(NOT_REPLICATED) == tables(replica), "as the server has judged"
    assert looked["not_replicated"] == ["shop.cart", "shop.tmp_1"]
    assert looked["differences"] == []

    run_unlogged(replica, "DELETE FROM shop.orders")
    run_unlogged(replica, "CREATE TABLE shop.tmp_2 (id INT)")
    run_unlogged(replica, "CREATE TABLE shop.extra (id INT)")
    (found,) = run_tasks(box, verify(databases=["shop"])).results
    assert {(one["kind"], one["object"]) for one in found["differences"]} == {
        ("rows", "table shop.orders"),
        ("extra", "table shop.extra"),
    }, "what is not kept out is looked at as ever"
    assert found["not_replicated"] == ["shop.cart", "shop.tmp_1", "shop.tmp_2"]
    run_unlogged(replica, "INSERT INTO shop.orders VALUES (1)")
    run_unlogged(replica, "DROP TABLE shop.tmp_2, shop.extra")


def test_filters_set_at_runtime_and_schemas_under_another_name(box: Sandbox) -> None:
    replica = box.replicas[0]
    if replica.build.number < (8, 0, 1):
        pytest.skip("5.6 has no filters at runtime, and does not show which schemas it renames")
    replica.execute(replica.statements.stop)
    replica.execute(f"CHANGE REPLICATION FILTER {RUNTIME} FOR CHANNEL ''", ())
    replica.execute(replica.statements.start)
    box.wait_replicating(replica)
    run_unlogged(replica, "CREATE DATABASE other")  # only here, as it is where a schema is renamed
    (done,) = run_tasks(box, verify()).results
    assert {table["table"] for table in done["tables"]} == {"shop.orders", "shop.tmp_1"}
    assert done["not_replicated"] == ["case.a", "kept_out.a", "kept_out.v", "scratch2.a", "shop.cart", "shop.tmpx"]
    # tmp_1 passes now: what was kept out before is missing, and that is said
    assert [(one["kind"], one["object"]) for one in done["differences"]] == [("missing", "table shop.tmp_1")]
