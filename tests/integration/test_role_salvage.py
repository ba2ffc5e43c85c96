# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a power cut to a running pair: an instance that does not start, or dies when a table is read, is salvaged.

Each time all undamaged rows are in the new instance, counted against what was committed, the ledger says what is lost,
and a replica is rebuilt from the new instance.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest

from integration.ansible_run import ROOT, AnsibleRun, Outcome, rebuild, secrets_in
from sandbox import dataset
from sandbox.compare import compare
from sandbox.server import Server
from sandbox.server_program import open_to_the_sandbox, start_command, variables
from sandbox.topology import Sandbox
from sandbox.writer import Writer, WriterError

from .conftest import SERVERS, MakeBox

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


def ledger(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((server.directory / "salvage/ledger.json").read_text())
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


@pytest.mark.long
def test_a_damaged_page_costs_its_own_rows_and_nothing_else(make_box: MakeBox, server_kind: str) -> None:
    """A page in the middle of 200,000 rows, zeroed on one server, overwritten on the other: a scan kills the server."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    fill(source)
    before, events, uuid = counts(source), enabled_events(source), source.uuid
    kind = "page_zeroed" if server_kind == SERVERS["oldest"] else "page_overwritten"
    damage = box.damage(kind, source, schema="large", table="t")

    outcome = salvage(box, source, "-v", rebuild="always")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    told = ledger(source)
    large, lost = table(told, "t"), damage["rows"]
    assert (large["state"], large["rows_lost"]) == ("partial", lost), "no more than the rows of the page"
    assert {one["state"] for one in told["tables"] if one is not large} == {"saved"}
    assert large["ranges_lost"][0] in (source.directory / "salvage/ledger.html").read_text()

    open_to_the_sandbox(source)
    assert counts(source) == {**before, "large.t": ROWS - lost}
    low = int(source.value("SELECT MIN(a.id) FROM large.t a LEFT JOIN large.t b ON b.id = a.id + 1 WHERE b.id IS NULL"))
    assert large["ranges_lost"] == [f"id above {low} and below {low + lost + 1}"]
    assert enabled_events(source) == events
    assert events
    assert_new_history(source, uuid)

    pid = source.pid
    again = salvage(box, source, rebuild="always")
    assert again.returncode == 0, again.output
    assert (again.changed, source.pid) == (0, pid)
    replica_follows(box, replica)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["redo_removed", "redo_overwritten"])
def test_a_power_cut_that_took_the_redo_log_costs_no_row_that_was_on_disk(make_box: MakeBox, kind: str) -> None:
    """Killed under load; what was being written may be lost, and the ledger says so."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    fill(source, rows=20_000)
    source.restart()
    source.execute("SET GLOBAL event_scheduler = OFF")
    before, uuid = counts(source), source.uuid
    with suppress(WriterError), Writer(source) as writer:
        writer.wait_for_commits(300)
        box.damage(kind, source)
    outcome = salvage(box, source, rebuild="always")
    assert outcome.returncode == 0, outcome.output
    told = ledger(source)
    # 9.7 makes a redo log anew in a directory that is there, and so does 5.6
    assert told["level"] == (0 if kind == "redo_removed" else 6)
    open_to_the_sandbox(source)
    now = counts(source)
    assert {name: rows for name, rows in now.items() if name in before} == before
    in_ledger = {f"{one['schema'].replace('`', '``')}.{one['table'].replace('`', '``')}": one for one in told["tables"]}
    assert {name: one["rows_saved"] for name, one in in_ledger.items() if name in now} == now
    assert_new_history(source, uuid)
    replica_follows(box, replica)


@pytest.mark.long
def test_a_salvage_that_is_killed_again_and_again_goes_on(make_box: MakeBox) -> None:
    box = make_box()
    source, replica = box.source, box.replicas[0]
    fill(source)
    before, uuid = counts(source), source.uuid
    lost = box.damage("page_zeroed", source, schema="large", table="t")["rows"]
    for seconds in (6, 11, 17, 23, 29, 37):
        with salvage_under_way(box, source, rebuild="always") as run:
            time.sleep(seconds)
            run.kill()
    outcome = salvage(box, source, rebuild="always")
    assert outcome.returncode == 0, outcome.output
    open_to_the_sandbox(source)
    assert counts(source) == {**before, "large.t": ROWS - lost}
    assert_new_history(source, uuid)
    replica_follows(box, replica)
