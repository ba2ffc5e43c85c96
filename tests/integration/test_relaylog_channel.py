# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel with a name has relay logs and an index of its own: they are repaired, and those of no other."""

from __future__ import annotations

import pytest

from integration.ansible_run import BACKUP, LOGIN, STATE, run_task, run_tasks, task
from sandbox import builds, compare, relaylog_file
from sandbox.accounts import REPLICATION
from sandbox.damage import wait_for
from sandbox.damages_relaylog import wait_retrieved
from sandbox.topology import Sandbox

AT_REST = "[mysqld]\nrelay_log_recovery=0\nskip_replica_start\n"


@pytest.mark.long
@pytest.mark.parametrize(("channel", "base"), [("c1", "relay-bin-c1"), ("c-1", "relay-bin-c@002d1")])
def test_the_relay_logs_of_a_named_channel_are_repaired(channel: str, base: str) -> None:
    with Sandbox.up(server=builds.modern_spec()) as box:
        source, replica = box.source, box.replicas[0]
        replica.execute(replica.statements.stop)
        replica.execute("RESET REPLICA ALL")
        login = (source.host, source.port, REPLICATION.user, REPLICATION.password)
        replica.execute(f"{replica.statements.change} FOR CHANNEL '{channel}'", login)
        replica.execute(replica.statements.start)
        box.wait_replicating(replica)
        source.execute("CREATE DATABASE d")
        source.execute("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, txt TEXT)")
        box.wait_caught_up(replica)
        replica.execute(replica.statements.stop_applier)
        for number in range(4):
            replica.execute(f"FLUSH NO_WRITE_TO_BINLOG RELAY LOGS FOR CHANNEL '{channel}'")
            source.execute("INSERT INTO d.t (txt) VALUES (%s), ('b')", (str(number),))
            source.execute("INSERT INTO d.t (txt) VALUES ('c')")
            wait_retrieved(source, replica)
        index = replica.datadir / f"{base}.index"
        last = relaylog_file.listed(replica.datadir, index.name)[-1]
        wait_for("the newest log holds a transaction", lambda: relaylog_file.holds_transaction(last))
        told = run_task(box, "mysql_relaylog_info", channel=channel, **LOGIN, **STATE)
        options = told["relay_logs"]
        assert options["channel"] == channel
        assert options["applier_position"].startswith(f"{base}.")
        replica.kill()

        logs = relaylog_file.listed(replica.datadir, index.name)
        assert all(log.name.startswith(f"{base}.0") for log in logs)
        rows = next(event for event in relaylog_file.whole_events(logs[-3]) if event.type in relaylog_file.ROWS)
        with logs[-3].open("r+b") as log:  # two more follow it
            log.seek(rows.start + 30)
            log.write(b"\xa5\x5a")
        others = {
            path.name: path.read_bytes()
            for path in replica.datadir.glob("relay-bin*")
            if not path.name.startswith(f"{base}.")
        }
        assert others, "the channel without a name has files, too"

        done = run_task(box, "mysql_relaylog_repair", **options, **STATE, **BACKUP)
        assert not done.get("failed"), done
        assert (done["verdict"], done["cut"]["file"]) == ("damaged", str(logs[-3]))
        assert done["removed_files"] == [str(log) for log in logs[-2:]]
        assert relaylog_file.listed(replica.datadir, index.name) == logs[:-2]
        assert {name: (replica.datadir / name).read_bytes() for name in others} == others

        replica.dropin.write_text(AT_REST)
        replica.dropin.chmod(0o644)
        replica.start()
        replica.dropin.unlink()
        rescue = {"channel": channel, "gtid_set": done["retrieved_gtid_set"], "apply_from": done["apply_from"]}
        applied, again, started = run_tasks(
            box,
            task("mysql_relaylog_rescue", begin="first", **rescue, **LOGIN, **STATE),
            task("mysql_relaylog_repair", check=True, **options, **STATE, **BACKUP),
            task("mysql_replication_source", channel=channel, state="started", **LOGIN, **STATE),
        ).results
        assert applied["applied"] != "", applied
        assert replica.value("SELECT GTID_SUBSET(%s, %s)", (done["retrieved_gtid_set"], applied["gtid_executed"]))
        assert "has a file of the server open" in again["msg"], "a server runs on them"
        assert not started.get("failed"), started
        box.wait_caught_up(replica)
        box.wait_replicating(replica)
        assert replica.replica_status()["Channel_Name"] == channel
        found = compare.compare(source, replica)
        assert found.identical, str(found)
