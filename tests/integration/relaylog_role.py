# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/repair_relaylog.yml, run as a user does, and what has to hold when it has ended."""

from __future__ import annotations

import json
from typing import Any

from integration.ansible_run import ROOT, AnsibleRun, Outcome
from sandbox import compare
from sandbox.server import Server
from sandbox.topology import Sandbox

PLAYBOOK = ROOT / "playbooks/repair_relaylog.yml"


def repair_under_way(box: Sandbox, *arguments: str, **variables: Any) -> AnsibleRun:
    """variables without their prefix mysql_replica_; those of the role with ``role_`` before their own name."""
    named = {
        f"relaylog_repair_{name[5:]}" if name.startswith("role_") else f"mysql_replica_{name}": value
        for name, value in variables.items()
    }
    named = {"mysql_replica_datadir": str(box.replicas[0].datadir), "mysql_replica_hosts": "replica1"} | named
    return AnsibleRun(box, PLAYBOOK, "--extra-vars", json.dumps(named), *arguments)


def repair(box: Sandbox, *arguments: str, **variables: Any) -> Outcome:
    with repair_under_way(box, *arguments, **variables) as run:
        return run.wait()


def prove(box: Sandbox) -> None:
    """The replica replicates, equals its source, and nothing of a repair is left in its way."""
    source, replica = box.source, box.replicas[0]
    box.wait_replicating(replica)
    source.execute("CREATE DATABASE IF NOT EXISTS after_the_repair")
    box.wait_caught_up(replica)
    found = compare.compare(source, replica)
    assert found.identical, str(found)
    assert not replica.dropin.exists()
    assert not (replica.directory / "dbre/state/start-options.json").exists()
    assert not list((replica.directory / "dbre/state").glob("*relaylog*"))
    assert not list(replica.datadir.glob("dbre-probe*"))
    assert int(replica.replica_status()["Auto_Position"]) == 1
    assert replica.uuid not in replica.gtid_executed


def report(replica: Server) -> dict[str, Any]:
    """The newest that the role has written."""
    newest = max((replica.directory / "dbre/reports").glob("relaylog-*.json"))
    told: dict[str, Any] = json.loads(newest.read_text())
    return told
