# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that does not start because of its system tables gets its way free, and the way back is kept."""

from __future__ import annotations

import json
from pathlib import Path

from integration.ansible_run import BACKUP, STATE, run_task, run_tasks
from integration.server_state import sha256
from integration.system_tables import DOWN, MODULE, Boxes, definitions, end, files, healthy, of_table, prove
from sandbox import builds
from sandbox.topology import Sandbox

OLD, NEW = "5.6", builds.modern_spec()
# In this order: the file of another table is that of slave_worker_info, while it is whole.
DAMAGES = {
    "slave_relay_log_info": "data_file_foreign",
    "slave_worker_info": "data_file_garbage",
    "innodb_index_stats": "data_file_emptied",
    "innodb_table_stats": "root_page_garbage",
}


def test_a_server_that_does_not_start_gets_its_way_free_and_the_way_back_is_kept() -> None:
    boxes = Boxes()
    try:
        box = boxes.lend(OLD)
        replica = box.replicas[0]
        before = definitions(replica)
        for table, damage in DAMAGES.items():
            box.damage(f"systable_{damage}", replica, table=table)
        assert not replica.is_running()
        as_found = files(replica)
        broken = {table: replica.datadir / f"mysql/{table}.ibd" for table in DAMAGES}
        nowhere, looked = run_tasks(box, healthy(), healthy(**DOWN)._replace(check=True)).results
        assert nowhere["failed"], "without datadir there is nothing to be done to a server that is down"
        assert (looked["changed"], looked["online"]) == (True, False)
        assert files(replica) == as_found

        (done,) = run_tasks(box, healthy(**DOWN)).results
        for table, path in broken.items():
            assert of_table(done, table)["verdict"] == "data_file_damaged"
            assert not path.exists()
        assert of_table(done, "slave_relay_log_info")["evidence"], "the error log names it"
        kept = Path(done["quarantine"])
        assert kept.stat().st_mode & 0o777 == 0o700
        entries = json.loads((kept / "manifest.json").read_text())["entries"]
        assert {entry["original"]: entry["sha256"] for entry in entries} == {
            str(path): as_found[str(path)] for path in broken.values()
        }

        back = healthy(state="restored", quarantine=str(kept), **DOWN)
        restored, again = run_tasks(box, back, back).results
        assert (restored["changed"], again["changed"]) == (True, False)
        assert files(replica) == as_found
        assert run_task(box, MODULE, **STATE, **BACKUP, **DOWN)["changed"]
        replica.start()
        healed, refused = run_tasks(box, healthy(), back).results
        assert healed["healthy"]
        assert refused["error"]["kind"] == "refused", "the server is at work"
        end(box, healed)
        replica.stop()
        late = run_task(box, MODULE, state="restored", quarantine=str(kept), **STATE, **DOWN)
        assert late["error"]["kind"] == "refused", "other files have their places"
        replica.start()
        prove(box, before)
    finally:
        boxes.down()


def test_a_damaged_mysql_ibd_is_refused_with_the_way_out() -> None:
    with Sandbox.up(server=NEW) as box:
        replica = box.replicas[0]
        box.damage("systable_system_space_page", replica)
        before = sha256(replica.datadir / "mysql.ibd")
        refused = run_task(box, MODULE, **STATE, **BACKUP, **DOWN)
        assert refused["error"]["kind"] == "refused"
        assert "page 6" in refused["msg"]
        assert "new data directory" in refused["msg"]
        assert sha256(replica.datadir / "mysql.ibd") == before


def test_replication_that_is_kept_in_files_is_left_alone() -> None:
    options = {"replica": {"master_info_repository": "FILE", "relay_log_info_repository": "FILE"}}
    with Sandbox.up(server=OLD, options=options) as box:
        replica = box.replicas[0]
        box.damage("systable_dropped_before_start", replica, table="slave_master_info")
        box.wait_replicating(replica)
        done, again = run_tasks(box, healthy(), healthy()).results
        assert (done["changed"], done["healthy"], done["restart_required"]) == (True, True, False)
        assert {step["action"] for step in done["plan"]} == {"create", "settle"}
        assert again["changed"] is False
        assert not list((replica.directory / "dbre/state").glob("*.json"))
        box.wait_replicating(replica)
