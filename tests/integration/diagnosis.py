# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/diagnose.yml and heal_replica.yml, run as a user does, and what has to hold of a healed replica."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from typing import Any

from integration.ansible_run import ROOT, AnsibleRun, Outcome
from sandbox import compare
from sandbox.topology import Sandbox
from sandbox.writer import Writer

DIAGNOSE = ROOT / "playbooks/diagnose.yml"
HEAL = ROOT / "playbooks/heal_replica.yml"


def break_it(box: Sandbox, damage: str) -> None:
    """Do a damage to the replica of a sandbox of the test's own; the source goes on."""
    replica = box.replicas[0]
    box.source.execute("CREATE DATABASE d")
    box.source.execute("CREATE TABLE d.t (id INT PRIMARY KEY, n INT, t VARCHAR(20), KEY (n))")
    box.source.execute("INSERT INTO d.t VALUES (1, 1, 'one'), (2, 1, 'two')")
    box.wait_caught_up(replica)
    with Writer(box.source) if damage == "kill_under_load" else nullcontext():
        box.damage(damage, replica)
    box.source.execute("INSERT INTO d.t VALUES (3, 1, 'three')")


def diagnose(box: Sandbox, *arguments: str, **variables: Any) -> Any:
    """What is wrong with the replica: `diagnose_result`, as AWX gets it."""
    with _under_way(box, DIAGNOSE, *arguments, **variables) as run:
        outcome = run.wait()
    assert not outcome.returncode, outcome.output
    assert outcome.changed == 0, outcome.output
    told = re.search(r"^\tRUN: (.*)$", outcome.output, re.MULTILINE)
    assert told, outcome.output
    return json.loads(told.group(1))["mysql_replica_diagnosis"]["replica1"]


def heal_under_way(box: Sandbox, *arguments: str, **variables: Any) -> AnsibleRun:
    return _under_way(box, HEAL, *arguments, **variables)


def heal(box: Sandbox, *arguments: str, **variables: Any) -> Outcome:
    with heal_under_way(box, *arguments, **variables) as run:
        return run.wait()


def prove(box: Sandbox) -> None:
    """The replica replicates by auto-position, equals its source, and nothing of a repair is left in its way."""
    source, replica = box.source, box.replicas[0]
    box.wait_replicating(replica)
    source.execute("CREATE DATABASE IF NOT EXISTS after_the_repair")
    box.wait_caught_up(replica)
    found = compare.compare(source, replica)
    assert found.identical, str(found)
    assert int(replica.replica_status()["Auto_Position"]) == 1
    assert replica.uuid not in replica.gtid_executed
    assert not replica.dropin.exists()


def _under_way(box: Sandbox, playbook: Any, *arguments: str, **variables: Any) -> AnsibleRun:
    """variables without their prefix mysql_replica_."""
    named = {f"mysql_replica_{name}": value for name, value in variables.items()}
    named = {"mysql_replica_datadir": str(box.replicas[0].datadir), "mysql_replica_hosts": "replica1"} | named
    return AnsibleRun(box, playbook, "--extra-vars", json.dumps(named), *arguments)
