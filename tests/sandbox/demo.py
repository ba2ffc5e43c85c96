# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job as a story: a replica is ruined, the playbook brings it back, an independent judge compares.

    python -m sandbox.demo --server 9.7
    python -m sandbox.demo --story relaylog

Everything is real: mysqld processes, mysqldump, ansible-playbook; applications write to the source all the while.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from . import dataset, demo_relaylog, demo_salvage, writer_load
from .builds import default_spec
from .compare import compare
from .dataset import bulk
from .narrator import DemoFailed, Narrator, changes, run_playbook
from .server import Server
from .topology import Sandbox
from .writer import Writer

MEBIBYTES = 128  # of the large table: enough for a load to say how far it is


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sandbox.demo", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--server", default="", help="5.6, 9.7, path or a base directory")
    parser.add_argument("--story", default="", choices=["", *STORIES], help="another one than the main job")
    given = parser.parse_args(arguments)
    story = Narrator()
    try:
        replicas = 1 if given.story == "salvage" else 2
        with Sandbox.up(server=given.server or default_spec(), replicas=replicas) as box:
            STORIES.get(given.story, play)(box, story)
    except KeyboardInterrupt:
        print("\ninterrupted: the servers are gone", file=sys.stderr)
        return 130
    except DemoFailed as exc:
        print(f"\nthe demo failed: {exc}", file=sys.stderr)
        return 1
    return 0


def play(box: Sandbox, story: Narrator) -> None:
    source, ruined = box.source, box.replicas[0]
    with story.chapter("A source and two replicas, and applications that write to the source all the while"):
        ports = ", ".join(f"{server.name} on port {server.port}" for server in (source, *box.replicas))
        story.tell(f"MySQL {source.value('SELECT @@version')}: {ports}")
        dataset.load(source)
        rows = bulk.load(source, MEBIBYTES)
        story.tell(f"a shop, a museum of data types, odd names, and a table of {rows} rows that takes a while to load")
        for replica in box.replicas:
            box.wait_caught_up(replica, timeout=300)
        writer = Writer(source).start()
    with writer:
        dump = box.directory / "source.sql"
        with story.chapter("A dump of the source, taken with mysqldump under that load"):
            take_dump(source, dump)
            story.tell(f"{dump.name}: {dump.stat().st_size} bytes, {writer.commits} transactions committed so far")
        with story.chapter(f"{ruined.name} is ruined"):
            ruin(box, ruined, writer, story)
        with story.chapter("What people try first: the dump straight into the replica"):
            story.tell(import_naively(ruined, dump))
        with story.chapter(f"And then {ruined.name} loses its power: kill -9, in the middle of writing its relay logs"):
            lose_power(box, ruined, story)
        with story.chapter("ansible-playbook playbooks/rebuild_replica.yml"):
            changed = rebuild(box, dump, story)
            show_reports(box, story)
            if not changed:
                raise DemoFailed("the playbook found nothing to do on a ruined replica")
        with story.chapter("An independent comparison, row by row, with the writer still at work"):
            for replica in box.replicas:
                judgement = compare(source, replica)
                story.tell(f"{replica.name}: {judgement}")
                if not judgement.identical:
                    raise DemoFailed(f"{replica.name} differs from its source")
        with story.chapter("The same command once more"):
            if rebuild(box, dump, story):
                raise DemoFailed("the second run changed something")
            story.tell("changed=0: on healthy replicas it does nothing")
    story.tell(f"the writer committed {writer.commits} transactions meanwhile; the servers are ended now")


def take_dump(source: Server, dump: Path) -> None:
    with dump.open("wb") as sink:
        subprocess.run(
            source.mysqldump_argv(
                "--all-databases",
                "--single-transaction",
                "--routines",
                "--events",
                "--triggers",
                "--set-gtid-purged=ON",
            ),
            stdout=sink,
            check=True,
            timeout=300,
        )


def ruin(box: Sandbox, replica: Server, writer: Writer, story: Narrator) -> None:
    """Rows differ, a table is gone and the applier stops at it: an old GTID set stands in the way of any import."""
    row = box.damage("diverged_row", replica)
    story.tell(f"one value in `{row['schema']}`.`{row['table']}` differs; nothing in the server's status shows it")
    table = box.damage("dropped_table", replica, schema=writer_load.SCHEMA, table="accounts")
    writer.wait_for_commits(100)
    deadline = time.monotonic() + 60
    status = replica.replica_status()
    while not int(status["Last_SQL_Errno"]):
        if time.monotonic() > deadline:
            raise DemoFailed("the replica goes on although a table is gone")
        time.sleep(0.1)
        status = replica.replica_status()
    story.tell(
        f"table {table['schema']}.{table['table']} is gone; the applier stopped: error {status['Last_SQL_Errno']}"
    )
    story.tell(f"and it claims {replica.gtid_executed}")


def lose_power(box: Sandbox, replica: Server, story: Narrator) -> None:
    damage = box.damage("relay_logs_cut", replica)
    lost = damage["size_before"] - damage["size"]
    story.tell(
        f"mysqld is gone, {len(damage['relay_logs'])} relay logs are left, the last one without its last {lost} bytes"
    )


def import_naively(replica: Server, dump: Path) -> str:
    """What the mysql client says; the first statement that matters is refused, so nothing is loaded."""
    with dump.open("rb") as text:
        done = subprocess.run(replica.mysql_argv(), stdin=text, capture_output=True, check=False, timeout=60)
    if not done.returncode:
        raise DemoFailed("the replica took a dump although it has GTIDs")
    return done.stderr.decode(errors="replace").strip()


def rebuild(box: Sandbox, dump: Path, story: Narrator) -> int:
    """The playbook; returns how many of its tasks changed something."""
    log = run_playbook(box, "rebuild_replica.yml", {"mysql_replica_dump": str(dump)}, story)
    for outcome in re.findall(r'"(replica\d+: [^"]+)"', log.rpartition("Say what became of each host")[2]):
        story.tell(outcome)
    return changes(log)


def show_reports(box: Sandbox, story: Narrator) -> None:
    """The phases, as the role's own reports tell them."""
    reports = [report for replica in box.replicas for report in replica.directory.glob("dbre/reports/rebuild-*.json")]
    if not reports:
        raise DemoFailed("the playbook left no report")
    for report in reports:
        told = json.loads(report.read_text())
        story.tell(f"what {told['host']} reports:")
        for phase in told["phases"]:
            story.tell(f"  {phase['phase']:<10} {phase['seconds']:>6.1f} s   {phase['said']}")


STORIES = {"relaylog": demo_relaylog.play, "salvage": demo_salvage.play}


if __name__ == "__main__":
    sys.exit(main())
