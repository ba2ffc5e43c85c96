# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source that looks like one of a managed service is seen as one, and does to a replica what the findings say.

A sandbox server has no variables of such a service: it gets the tables, the accounts and the habits.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from integration.ansible_run import SOURCE, STATE, Template, run_tasks, task
from integration.server_state import state
from sandbox.damage import wait_for, writable
from sandbox.server import Server
from sandbox.topology import Sandbox

CLOUD = [
    "managed_source",
    "dump_of_managed_service",
    "service_heartbeat",
    "service_keeps_no_binary_logs",
    "service_keeps_binary_logs_shortly",
    "accounts_of_managed_service",
    "hidden_row_ids_without_values",
    "hidden_row_ids",
    "time_zone_names_missing",
    "table_names_fold_differently",
]
HEARTBEAT = "CREATE TABLE mysql.ha_health_check (id BIGINT, type CHAR(1) PRIMARY KEY)"
AMAZON = [
    "CREATE TABLE mysql.rds_configuration (name VARCHAR(100) PRIMARY KEY, value VARCHAR(100))",
    "INSERT INTO mysql.rds_configuration VALUES ('source delay', '0'), ('binlog retention hours', NULL)",
    "CREATE USER 'rdsadmin'@'localhost' IDENTIFIED BY 'Not-a-secret-1'",
]
ZONE = [
    "INSERT INTO mysql.time_zone (Time_zone_id) VALUES (1)",
    "INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('Test/Zone', 1)",
    "INSERT INTO mysql.time_zone_transition_type VALUES (1, 0, 3600, 0, 'TST')",
]
KEYLESS = "CREATE TABLE `visit` (\n  `title` varchar(9),\n  `page` varchar(9)\n)"
HIDDEN = KEYLESS.replace(
    "\n)",
    ",\n  `__#alibaba_rds_row_id#__` bigint(20) NOT NULL AUTO_INCREMENT,\n  KEY `k` (`__#alibaba_rds_row_id#__`)\n)",
)


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE shop")
        own.source.execute("CREATE TABLE shop.t (id INT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)")
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture(scope="module")
def dump(box: Sandbox) -> Path:
    path = box.directory / "all.sql"
    arguments = "--all-databases --single-transaction --routines --events --triggers --set-gtid-purged=ON".split()
    with path.open("wb") as sink:
        subprocess.run(box.source.mysqldump_argv(*arguments), stdout=sink, check=True, timeout=120)
    return path


def unlogged(server: Server, *statements: str) -> None:
    """As the service does its work behind the customer's back, and an operator his on a replica."""
    with writable(server), server.connect(autocommit=True) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        for statement in statements:
            cursor.execute(statement)


def looks(box: Sandbox, dump: Path, *cases: dict[str, Any]) -> list[dict[str, str]]:
    """A case is options; of each, id -> fact of what the cloud's checks find. The replica may not be another one
    afterwards.
    """
    before = state(box.replicas[0])
    common = {**SOURCE, **STATE, "dump": Template("{{ result_0 }}"), "only": CLOUD}
    tasks = [task("mysql_replica_preflight", **{**common, **case}) for case in cases]
    answers = run_tasks(box, task("mysql_dump_info", path=str(dump)), *tasks).results[1:]
    assert state(box.replicas[0]) == before
    assert not any(answer["changed"] for answer in answers)
    told = [answer.get("error", answer) for answer in answers]
    assert all("findings" in one for one in told), answers
    return [{finding["id"]: finding["fact"] for finding in one["findings"]} for one in told]


def look(box: Sandbox, dump: Path, **options: Any) -> dict[str, str]:
    return looks(box, dump, options)[0]


def stops_with(replica: Server, errno: int) -> None:
    wait_for(f"the applier stops with {errno}", lambda: replica.replica_status()["Last_SQL_Errno"] == errno)


def go_on(box: Sandbox) -> None:
    replica = box.replicas[0]
    replica.execute(replica.statements.stop)
    replica.execute(replica.statements.start)
    box.wait_replicating(replica)
    box.wait_caught_up(replica)


@pytest.mark.long_on("newest")
def test_a_server_of_ones_own_is_none_of_a_service(box: Sandbox, dump: Path) -> None:
    assert look(box, dump) == {}


@pytest.mark.long_on("newest")
def test_amazons_signs_and_its_purging(box: Sandbox, dump: Path) -> None:
    unlogged(box.source, *AMAZON)
    seen = look(box, dump, accounts="load")
    assert list(seen) == ["managed_source", "service_keeps_no_binary_logs", "accounts_of_managed_service"]
    assert seen["managed_source"] == (
        "the source is Amazon RDS for MySQL (table mysql.rds_configuration, account rdsadmin)"
    )
    unlogged(box.source, "UPDATE mysql.rds_configuration SET value = '6' WHERE name LIKE 'binlog%'")
    seen = look(box, dump)
    assert seen.pop("service_keeps_binary_logs_shortly") == "Amazon RDS for MySQL: binary logs are kept for 6 hours"
    assert list(seen) == ["managed_source"]
    unlogged(box.source, "DROP USER 'rdsadmin'@'localhost'", "DROP TABLE mysql.rds_configuration")


def test_an_account_that_may_not_look_sees_no_service_and_no_error(box: Sandbox, dump: Path) -> None:
    unlogged(box.source, HEARTBEAT, "CREATE USER 'aliyun_root'@'127.0.0.1' IDENTIFIED BY 'Not-a-secret-2'")
    seen, blind = looks(box, dump, {}, {"source_user": "aliyun_root", "source_password": "Not-a-secret-2"})
    assert "the source is Alibaba" in seen["managed_source"]
    assert "mysql.ha_health_check" in seen["service_heartbeat"]
    assert blind == {}
    unlogged(box.source, "DROP TABLE mysql.ha_health_check", "DROP USER 'aliyun_root'@'127.0.0.1'")


@pytest.mark.long_on("newest")
def test_a_heartbeat_stops_the_applier_until_it_is_filtered(box: Sandbox, dump: Path) -> None:
    source, replica = box.source, box.replicas[0]
    unlogged(source, HEARTBEAT, "INSERT INTO mysql.ha_health_check VALUES (1, '0')")
    assert "mysql.ha_health_check" in look(box, dump)["service_heartbeat"]
    source.execute("UPDATE mysql.ha_health_check SET id = 2")
    stops_with(replica, 1146)
    unlogged(replica, HEARTBEAT)
    replica.execute(replica.statements.stop)
    replica.execute(replica.statements.start)
    stops_with(replica, 1032)
    assert "service_heartbeat" in look(box, dump), "an empty table does not do"

    text = replica.option_file.read_text()
    replica.option_file.write_text(text.replace("[mysqld]", "[mysqld]\nreplicate_ignore_table=mysql.ha_health_check"))
    replica.stop()
    replica.start()
    go_on(box)
    assert replica.value("SELECT COUNT(*) FROM mysql.ha_health_check") == 0, "it was filtered"
    assert look(box, dump) == {}
    unlogged(source, "DROP TABLE mysql.ha_health_check")
    unlogged(replica, "DROP TABLE mysql.ha_health_check")


def test_a_named_time_zone_stops_a_replica_that_has_none(box: Sandbox, dump: Path) -> None:
    source, replica = box.source, box.replicas[0]
    unlogged(source, *ZONE)
    assert "1298" in look(box, dump)["time_zone_names_missing"]
    with source.connect(autocommit=True) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION time_zone = 'Test/Zone'")
        cursor.execute("INSERT INTO shop.t (id, at) VALUES (1, '2026-01-01 00:00:00')")
    stops_with(replica, 1298)
    unlogged(replica, *ZONE)
    go_on(box)


def test_a_definition_with_a_hidden_row_id_does_not_take_rows_without_it(box: Sandbox, dump: Path) -> None:
    marked = box.directory / "alibaba.sql"
    end = "-- Dump completed"
    rows = "INSERT INTO `visit` VALUES ('a, b','c');"
    marked.write_text(dump.read_text(errors="replace").replace(end, f"USE `shop`;\n{HIDDEN};\n{rows}\n{end}"))
    seen = look(box, marked)
    assert "shop.visit (3 columns, 2 values)" in seen["hidden_row_ids_without_values"]
    with box.source.connect() as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute("CREATE DATABASE scratch")
        cursor.execute("USE scratch")
        cursor.execute(HIDDEN)
        with pytest.raises(pymysql.MySQLError, match="1136"):
            cursor.execute(rows.rstrip(";"))
        cursor.execute("DROP DATABASE scratch")
