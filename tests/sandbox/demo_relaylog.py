# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second story: two replicas lose their power while relay logs pile up that their source has purged meanwhile.

One is treated as the manual says; the other by the playbook, which asks the source for nothing that is here.
"""

from __future__ import annotations

import json
from typing import Any

from . import dataset
from .compare import compare
from .narrator import DemoFailed, Narrator, changes, run_playbook
from .server import Server
from .topology import Sandbox
from .waiting import wait_for
from .writer import Writer


def play(box: Sandbox, story: Narrator) -> None:
    source, ours, theirs = box.source, box.replicas[0], box.replicas[1]
    with story.chapter("A source and two replicas, and applications that write to the source all the while"):
        story.tell(f"MySQL {source.value('SELECT @@version')}: {source.name}, {ours.name}, {theirs.name}")
        dataset.load(source)
        writer = Writer(source).start()
    with writer:
        with story.chapter(
            "Their appliers stand still, relay logs pile up, the source purges its old logs; power is lost"
        ):
            lose_power(box, theirs, story)
            damage = lose_power(box, ours, story, spare=True)
            gone = str(source.value("SELECT GTID_SUBTRACT(@@GLOBAL.gtid_purged, %s)", (damage["executed_gtid_set"],)))
            story.tell(f"of what {ours.name} has not executed, the source has purged {one_line(gone)}")
        with story.chapter(f"What the manual says: {theirs.name} is started with relay_log_recovery=ON"):
            by_the_book(theirs, story)
        with story.chapter("ansible-playbook playbooks/repair_relaylog.yml"):
            if not changes(repair(box, ours, story)):
                raise DemoFailed("the playbook found nothing to do")
            prove(source, ours, gone, story)
        with story.chapter("An independent comparison, row by row, with the writer still at work"):
            judgement = compare(source, ours)
            story.tell(f"{ours.name}: {judgement}")
            if not judgement.identical:
                raise DemoFailed(f"{ours.name} differs from its source")
        with story.chapter("The same command once more"):
            if changes(repair(box, ours, story)):
                raise DemoFailed("the second run changed something")
            story.tell("changed=0: where replication runs it does nothing")
    story.tell(f"the writer committed {writer.commits} transactions meanwhile; the servers are ended now")


def lose_power(box: Sandbox, replica: Server, story: Narrator, **piled: Any) -> dict[str, Any]:
    damage = box.damage("relay_logs_cut", replica, transactions=40, **piled)
    lost = damage["size_before"] - damage["size"]
    story.tell(f"{replica.name}: {len(damage['relay_logs'])} relay logs, {damage['cut']} without its last {lost} bytes")
    story.tell(f"  retrieved {damage['retrieved_gtid_set']}")
    story.tell(f"  executed  {damage['executed_gtid_set']}")
    return damage


def by_the_book(replica: Server, story: Narrator) -> None:
    """It throws away what was retrieved, and asks a source that no longer has it."""
    replica.start(["--relay-log-recovery=ON"])
    wait_for("the source refuses", lambda: replica.replica_status().get("Last_IO_Error"))
    status = replica.replica_status()
    story.tell(f"error {status['Last_IO_Errno']}: {one_line(status['Last_IO_Error'])[:300]}")
    story.tell(f"executed is {replica.gtid_executed} and stays so: this one has to be rebuilt")


def repair(box: Sandbox, replica: Server, story: Narrator) -> str:
    variables = {"mysql_replica_hosts": replica.name, "mysql_replica_datadir": str(replica.datadir)}
    return run_playbook(box, "repair_relaylog.yml", variables, story)


def prove(source: Server, replica: Server, gone: str, story: Narrator) -> None:
    """What the source could not have given is here, so it came from the relay logs."""
    told = json.loads(max((replica.directory / "dbre/reports").glob("relaylog-*.json")).read_text())
    cut = told["cut"]
    story.tell(f"cut {cut['file'].rpartition('/')[2]} at {cut['offset']}, behind {cut['gtid']}")
    story.tell(f"applied before the source was asked for anything: {told['applied']}")
    story.tell(f"set aside: {told['quarantine']}")
    for what, gtids in (("retrieved", gone), ("applied", told["applied"])):
        if not replica.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (gtids,)):
            raise DemoFailed(f"not all that was {what} is executed: {gtids}")
    if not source.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_purged)", (gone,)):
        raise DemoFailed("the source has not purged them")
    story.tell(f"the source has purged {one_line(gone)}, {replica.name} has executed it: it was never asked for it")


def one_line(text: Any) -> str:
    return " ".join(str(text).split())
