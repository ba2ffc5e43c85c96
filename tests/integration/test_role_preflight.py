# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/preflight.yml as a user plays it: everything is told at once, and nothing is touched."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.ansible_run import ROOT, AnsibleRun, Outcome, secrets_in
from integration.server_state import sha256, state
from sandbox.server import Server
from sandbox.topology import Sandbox

PREFLIGHT = ROOT / "playbooks/preflight.yml"
HEARTBEAT = "CREATE TABLE mysql.ha_health_check (id BIGINT, type CHAR(1) PRIMARY KEY)"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE shop")
        own.source.execute("CREATE TABLE shop.t (id INT PRIMARY KEY)")
        own.source.execute("INSERT INTO shop.t VALUES (1), (2)")
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture(scope="module")
def dump(box: Sandbox) -> Path:
    path = box.directory / "all.sql"
    arguments = "--all-databases --single-transaction --routines --events --triggers --set-gtid-purged=ON".split()
    with path.open("wb") as sink:
        subprocess.run(box.source.mysqldump_argv(*arguments), stdout=sink, check=True, timeout=120)
    return path


def left_behind(replica: Server) -> dict[str, str]:
    """What there is on the host beside the server, but for reports, and the lock of the trial."""
    home = replica.directory / "dbre"
    files = [path for path in home.rglob("*") if path.is_file() and path.parent.name != "reports"]
    return {str(path.relative_to(home)): sha256(path) for path in files if path.name != "lock"}


def preflight(box: Sandbox, *arguments: str, **variables: Any) -> Outcome:
    """The playbook, which may not have changed the replica; variables without their prefix mysql_replica_."""
    replica = box.replicas[0]
    before, files = state(replica), left_behind(replica)
    named = {f"mysql_replica_{name}": value for name, value in variables.items()}
    with AnsibleRun(box, PREFLIGHT, "--extra-vars", json.dumps(named), *arguments) as run:
        outcome = run.wait()
    assert not secrets_in(outcome.output)
    assert state(replica) == before
    assert left_behind(replica) == files
    return outcome


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["", "check"])
def test_nothing_stands_in_the_way_of_a_sound_replica(box: Sandbox, dump: Path, arguments: tuple[str, ...]) -> None:
    outcome = preflight(box, *arguments, dump=str(dump))
    assert outcome.returncode == 0, outcome.output
    assert outcome.changed == 0
    assert "checks, 0 say no" in outcome.output
    assert "replica1: nothing stands in the way" in outcome.output


def test_every_reason_is_told_at_once_with_where_and_what_next(box: Sandbox, dump: Path) -> None:
    cut = box.directory / "cut.sql"
    cut.write_bytes(dump.read_bytes()[: dump.stat().st_size * 2 // 3])
    outcome = preflight(box, dump=str(cut), source_port=1, preflight_report=True)
    assert outcome.returncode != 0
    table = outcome.output[outcome.output.index("checks, 2 say no") : outcome.output.index("PLAY [(3/3)")]
    for finding in ("source_unreachable", "dump_incomplete"):
        assert f"REFUSE  {finding}" in table
        assert f"[{finding}]" in outcome.output
    assert table.count("fact:") == table.count("where:") == table.count("next:") >= 2
    assert "Next: put these right, then run the same command again" in outcome.output

    (written,) = (box.replicas[0].directory / "dbre/reports").glob("preflight-*.json")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    report = json.loads(written.read_text())
    assert report["passed"] is False
    assert {"source_unreachable", "dump_incomplete"} <= {one["id"] for one in report["findings"]}
    assert not secrets_in(written.read_text())


@pytest.mark.long_on("oldest")
def test_what_an_operator_knows_better_is_overruled_by_name_and_still_shown(box: Sandbox, dump: Path) -> None:
    with box.source.connect(autocommit=True) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(HEARTBEAT)
        refused = preflight(box, dump=str(dump))
        overruled = preflight(box, dump=str(dump), preflight_overrule=["service_heartbeat"])
        slip = preflight(box, dump=str(dump), preflight_overrule=["dump_incomplete"])
        cursor.execute("DROP TABLE mysql.ha_health_check")
    assert refused.returncode != 0
    assert "REFUSE  service_heartbeat" in refused.output
    assert overruled.returncode == 0, overruled.output
    assert "REFUSE  service_heartbeat (overruled)" in overruled.output
    assert slip.returncode != 0
    assert "'dump_incomplete' is no check that can be overruled by name" in slip.output


@pytest.mark.long_on("newest")
def test_a_server_that_the_inventory_has_below_this_one_is_known(box: Sandbox, dump: Path) -> None:
    """It need not be up. One that follows another port of this host does not count."""
    port = box.replicas[0].port
    below = {
        name: {"mysql_replica_source_host": "replica1", "mysql_replica_source_port": number}
        for name, number in (("below", port), ("beside", port + 1))
    }
    more = box.directory / "more.yml"
    more.write_text(json.dumps({"mysql_replicas": {"hosts": below}}))
    arguments = (f"--inventory={more}", "--limit=replica1")
    refused = preflight(box, *arguments, dump=str(dump))
    assert refused.returncode != 0
    table = refused.output[: refused.output.index("PLAY [(3/3)")]
    assert "REFUSE  live_downstreams" in table
    assert "below" in table
    assert "beside" not in table
    taken_on = preflight(box, *arguments, dump=str(dump), allow_downstream=True)
    assert taken_on.returncode == 0, taken_on.output


def test_what_could_not_be_looked_at_is_an_error_of_its_own(box: Sandbox, dump: Path) -> None:
    outcome = preflight(box, dump=str(dump), login_password="another one")
    assert outcome.returncode != 0
    assert "Access denied" in outcome.output
    assert "nothing stands in the way" not in outcome.output
    missing = preflight(box, dump="")
    assert missing.returncode != 0
    assert "mysql_replica_dump is not set" in missing.output
