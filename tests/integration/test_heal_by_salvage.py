# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last rung: the source is gone, and the only copy of its data is in a server that does not start."""

from __future__ import annotations

import json

import pytest

from integration.ansible_run import secrets_in
from integration.diagnosis import heal
from sandbox import dataset
from sandbox.server_program import start_command, variables

from .conftest import MakeBox

KNOWN = {"heal_max_rung": "salvage", "dump_method": "source", "start_timeout": 10}
OWN = ("--extra-vars", json.dumps({"salvage_settle": 1, "salvage_keep_free": 0}))


@pytest.mark.long
def test_data_that_is_nowhere_else_is_saved_where_that_is_allowed(make_box: MakeBox) -> None:
    box = make_box()
    source, replica = box.source, box.replicas[0]
    source.execute("SET GLOBAL event_scheduler = OFF")
    dataset.load(source, scale=0.2)
    box.wait_caught_up(replica)
    rows = replica.value("SELECT COUNT(*) FROM shop.orders")
    replica.stop()
    box.damage("redo_overwritten", replica)
    saved = replica.directory / "saved"
    known = {**variables(replica), "start_command": start_command(replica), "salvage_dir": str(saved), **KNOWN}

    spared = heal(box, *OWN, **known)
    assert spared.returncode, spared.output
    assert f"The source {source.host}:{source.port} lives" in spared.output, spared.output
    assert not saved.exists()

    source.kill()
    refused = heal(box, *OWN, **known | {"heal_max_rung": "rebuild"})
    assert "allow it with -e mysql_replica_heal_max_rung=salvage" in refused.output, refused.output
    assert not saved.exists()

    done = heal(box, *OWN, **known)
    assert done.returncode, done.output
    assert "replica1: not healed" in done.output, done.output
    assert f"the ledger is {saved}/ledger.html" in done.output, done.output
    assert secrets_in(done.output) == []
    told = {(one["schema"], one["table"]): one for one in json.loads((saved / "ledger.json").read_text())["tables"]}
    assert told["shop", "orders"]["rows_saved"] == rows
    assert not replica.is_running()
