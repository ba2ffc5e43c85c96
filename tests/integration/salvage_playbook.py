# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/salvage.yml, run as a user does, and what has to hold of the instance that comes out of it."""

from __future__ import annotations

import json
from typing import Any

from integration.ansible_run import ROOT, AnsibleRun, Outcome, rebuild
from sandbox import dataset
from sandbox.compare import compare
from sandbox.server import Server
from sandbox.server_program import start_command, variables
from sandbox.topology import Sandbox

ROWS = 200_000
PLAYBOOK = ROOT / "playbooks/salvage.yml"


def salvage_under_way(box: Sandbox, server: Server, *arguments: str, **own: Any) -> AnsibleRun:
    """The playbook on one server; `own` are variables of the role, without their prefix."""
    given = {
        **{f"mysql_replica_{name}": value for name, value in variables(server).items()},
        "mysql_replica_start_command": start_command(server),
        "mysql_replica_hosts": server.name,
        "mysql_replica_salvage_dir": str(server.directory / "salvage"),
        "salvage_settle": 1,
        "salvage_keep_free": 0,
        **{f"salvage_{name}": value for name, value in own.items()},
    }
    return AnsibleRun(box, PLAYBOOK, "--extra-vars", json.dumps(given), *arguments)


def salvage(box: Sandbox, server: Server, *arguments: str, **own: Any) -> Outcome:
    with salvage_under_way(box, server, *arguments, **own) as run:
        return run.wait()


def ledger(server: Server, directory: str = "salvage") -> dict[str, Any]:
    told: dict[str, Any] = json.loads((server.directory / directory / "ledger.json").read_text())
    return told


def table(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in told["tables"] if one["table"] == name)
    return found


def fill(server: Server, rows: int = ROWS) -> None:
    """A table of that many rows beside the dataset: `id` from 1 on, with a second index."""
    server.execute("SET GLOBAL event_scheduler = OFF")
    dataset.load(server, scale=0.2)
    server.execute("CREATE DATABASE large")
    server.execute("CREATE TABLE large.t (id INT PRIMARY KEY, v VARCHAR(100), k INT, KEY k (k)) ENGINE=InnoDB")
    with server.connect() as session, session.cursor() as cursor:
        for start in range(1, rows + 1, 5000):
            values = ",".join(f"({i},REPEAT('x',80),{i % 997})" for i in range(start, min(start + 5000, rows + 1)))
            cursor.execute(f"INSERT INTO large.t VALUES {values}")


def counts(server: Server) -> dict[str, int]:
    """Rows of each table but the one that an event writes to."""
    tables = server.rows(
        "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
        " AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
        " AND TABLE_NAME <> 'heartbeat'"
    )
    names = [tuple(row[name].replace("`", "``") for name in "st") for row in tables]
    return {".".join(name): int(server.value("SELECT COUNT(*) FROM `%s`.`%s`" % name)) for name in names}


def replica_follows(box: Sandbox, replica: Server) -> None:
    """A replica is rebuilt from the new instance by the main playbook, and what is committed then arrives."""
    done = rebuild(box, hosts=replica.name, dump_method="source", rebuild_when="always", allow_errant=True)
    assert done.returncode == 0, done.output
    box.source.execute("CREATE DATABASE after_the_salvage")
    box.wait_caught_up(replica)
    judgement = compare(box.source, replica)
    assert judgement.identical, judgement


def enabled_events(server: Server) -> set[str]:
    rows = server.rows(
        "SELECT EVENT_SCHEMA AS s, EVENT_NAME AS e FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'"
    )
    return {f"{row['s']}.{row['e']}" for row in rows}


def assert_new_history(server: Server, old_uuid: str) -> None:
    """Not one transaction is of the server that it was: whoever knows those would miss the new ones."""
    assert server.uuid != old_uuid
    assert old_uuid not in server.gtid_executed


def assert_as_in_the_ledger(told: dict[str, Any], now: dict[str, int]) -> None:
    """Each table has the rows that the ledger says, and none is there, or not, without the ledger's knowing."""
    named = {
        ".".join(one[part].replace("`", "``") for part in ("schema", "table")): one["rows_saved"]
        for one in told["tables"]
        if one["table"] != "heartbeat"
    }
    assert named == now
