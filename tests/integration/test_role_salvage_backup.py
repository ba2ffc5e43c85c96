# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance that does not start, an old dump of it, and its binary logs: no whole transaction on disk is lost.

The judge is a replica that has applied exactly as much: the test counts by itself what is whole in the logs.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from integration.ansible_run import secrets_in
from integration.by_hand import detach, take_dump
from integration.module_call import call
from integration.server_program import open_to_the_sandbox, variables
from integration.test_role_salvage import enabled_events, salvage
from sandbox import dataset
from sandbox.compare import compare
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.writer import Writer, WriterError

from .conftest import MakeBox

CUT = 5  # transactions that the end of the last log loses, and the replica has
AFTER_THE_DUMP = (
    "CREATE DATABASE later CHARACTER SET gbk",
    "CREATE TABLE later.t (id INT PRIMARY KEY, v VARCHAR(50)) ENGINE=InnoDB",
    "INSERT INTO later.t VALUES (1, 'it''s; /*!*/; -- \\\\ \"'), (2, NULL)",
    "CREATE TRIGGER later.b BEFORE INSERT ON later.t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, ';', '/*!*/;')",
    "INSERT INTO later.t VALUES (3, 'x')",
    "CREATE EVENT later.e ON SCHEDULE EVERY 1 DAY DO DELETE FROM later.t WHERE id = 0",
    "ALTER TABLE later.t ADD COLUMN w INT DEFAULT 7, ADD KEY (v)",
    "CREATE USER 'late'@'%' IDENTIFIED BY 'Late-4711'",
    "GRANT SELECT ON later.* TO 'late'@'%'",
)


def logs(server: Server) -> list[Path]:
    return sorted(server.datadir.glob("mysql-bin.0*"))


def decoded(server: Server, path: Path) -> str:
    argv = [*server.build.clients.argv("mysqlbinlog"), "--no-defaults", "--base64-output=decode-rows", str(path)]
    done = subprocess.run(argv, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def cut_in_an_event(server: Server, back: int) -> str:
    """Cut the last log in the middle of an event of its last transaction but `back`; the GTID that is last then."""
    text = decoded(server, logs(server)[-1])
    begins = [
        (int(at), gtid) for at, gtid in re.findall(r"# at (\d+)\n#[^\n]*\tGTID.*?GTID_NEXT= '([^']+)'", text, re.DOTALL)
    ]
    offset, _gtid = begins[-back]
    with logs(server)[-1].open("r+b") as file:
        file.truncate(offset + 70)
    return begins[-back - 1][1]


def leave(box: Sandbox, path: Path) -> tuple[str, set[str]]:
    """A source with a dump and more in its binary logs is killed, and loses its redo log.

    Returns the GTIDs that are whole on disk then, and the events that were enabled.
    """
    source, replica = box.source, box.replicas[0]
    dataset.load(source, scale=0.05)
    box.wait_caught_up(replica)
    take_dump(source, path)
    replica.execute(replica.statements.stop_applier)
    for statement in AFTER_THE_DUMP:
        source.execute(statement)
    events = enabled_events(source)
    source.execute("FLUSH BINARY LOGS")
    with suppress(WriterError), Writer(source, ddl=True) as writer:
        writer.wait_for_commits(200)
        box.damage("redo_removed", source)
    replica.execute(replica.statements.stop)
    uuid, _colon, number = cut_in_an_event(source, CUT).rpartition(":")
    return f"{uuid}:1-{number}", events


def stand_at(replica: Server, gtids: str) -> None:
    """Let it apply exactly these."""
    words = "SLAVE" if "SLAVE" in replica.statements.stop else "REPLICA"
    replica.execute(f"START {words} SQL_THREAD UNTIL SQL_AFTER_GTIDS = '{gtids}'")
    deadline = time.monotonic() + 60
    while replica.replica_status()["Replica_SQL_Running"] == "Yes" and time.monotonic() < deadline:
        time.sleep(0.05)
    detach(replica)
    assert replica.gtid_executed == gtids


def given(server: Server, path: Path) -> dict[str, Any]:
    """The options of mysql_salvage_logs."""
    return dict(
        variables_of(server),
        path=str(server.directory / "salvage"),
        dump=call("mysql_dump_info", path=str(path)),
        state_dir=str(server.directory / "dbre" / "state"),
    )


def variables_of(server: Server) -> dict[str, Any]:
    return {name: value for name, value in variables(server).items() if name != "datadir_template"}


def test_a_dump_and_the_binary_logs_lose_no_whole_transaction(make_box: MakeBox, tmp_path: Path) -> None:
    """The last log is cut in an event. A replica that stands there follows the new instance and is equal to it."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    dump = tmp_path / "old.sql"
    whole, events = leave(box, dump)

    outcome = salvage(box, source, dump=str(dump), way="backup", rebuild="always")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    open_to_the_sandbox(source)
    rebuilt = json.loads((source.directory / "salvage/rebuilt.json").read_text())
    assert rebuilt["gtid_executed"] == whole
    assert source.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (whole,))
    assert enabled_events(source) == events
    stand_at(replica, whole)
    source.execute("SET GLOBAL read_only = OFF")
    box.attach(replica)
    box.wait_replicating(replica)
    source.execute("CREATE DATABASE after_the_salvage")
    box.wait_caught_up(replica)
    judgement = compare(source, replica, accounts=True)
    assert judgement.identical, judgement

    again = salvage(box, source, dump=str(dump), way="backup", rebuild="always")
    assert (again.returncode, again.changed) == (0, 0), again.output
