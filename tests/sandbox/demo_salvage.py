# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third story: a room loses its power, source and replica do not start any more, and there is no backup.

The redo logs never reached the disks. The source's data directory is salvaged, a new source is built from what can be
read, and the replica is rebuilt from that.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from . import dataset
from .compare import compare
from .narrator import DemoFailed, Narrator, changes, run_playbook
from .server import Server, ServerError
from .server_program import open_to_the_sandbox, start_command, variables
from .topology import Sandbox
from .writer import Writer, WriterError


def play(box: Sandbox, story: Narrator) -> None:
    source, replica = box.source, box.replicas[0]
    with story.chapter("A source and its replica, and applications that write to the source all the while"):
        story.tell(f"MySQL {source.value('SELECT @@version')}: {source.name}, {replica.name}")
        source.execute("SET GLOBAL event_scheduler = OFF")
        loaded = dataset.load(source)
        source.restart()
        source.execute("SET GLOBAL event_scheduler = OFF")
        box.wait_replicating(replica)
    with (
        story.chapter(
            "The power goes, and with it what the disks had not written of the redo logs; there is no backup"
        ),
        suppress(WriterError),
        Writer(source) as writer,
    ):
        writer.wait_for_commits(300)
        for server in (source, replica):
            box.damage("redo_overwritten", server)
            story.tell(f"{server.name}: {why_it_does_not_start(server)}")
    with story.chapter("ansible-playbook playbooks/salvage.yml"):
        if not changes(salvage(box, source, story)):
            raise DemoFailed("the playbook found nothing to do")
        open_to_the_sandbox(source)
        show_ledger(source, story)
    with story.chapter("Every row that was on disk, counted on the new source"):
        for (schema, table), rows in loaded.items():
            name = "`%s`.`%s`" % tuple(part.replace("`", "``") for part in (schema, table))
            found = int(source.value(f"SELECT COUNT(*) FROM {name}"))
            if found != rows and table != "heartbeat":
                raise DemoFailed(f"{name} has {found} rows of {rows}")
        story.tell(f"{sum(loaded.values())} rows in {len(loaded)} tables: all of them are there")
    with story.chapter(f"ansible-playbook playbooks/rebuild_replica.yml, for {replica.name}"):
        run_playbook(box, "rebuild_replica.yml", {**known(replica), "mysql_replica_dump_method": "source"}, story)
        open_to_the_sandbox(replica)
    with story.chapter("A running pair: applications write again, an independent judge compares row by row"):
        before = replica.gtid_executed
        with Writer(source) as writer:
            writer.wait_for_commits(100)
        box.wait_caught_up(replica)
        story.tell(f"{source.name} wrote; what {replica.name} has executed moved from {before!r}")
        story.tell(f"to {replica.gtid_executed!r}")
        judgement = compare(source, replica)
        story.tell(f"{replica.name}: {judgement}")
        if not judgement.identical:
            raise DemoFailed(f"{replica.name} differs from its source")
    with story.chapter("The same command once more"):
        if changes(salvage(box, source, story)):
            raise DemoFailed("the second run changed something")
        story.tell("changed=0: a server that answers is left alone")


def why_it_does_not_start(server: Server) -> str:
    try:
        server.start()
    except ServerError as error:
        errors = [line for line in str(error).splitlines() if "[ERROR]" in line]
        return errors[0].partition("[ERROR] ")[2][:200] if errors else "it does not start"
    raise DemoFailed(f"{server.name} starts without its redo log")


def known(server: Server) -> dict[str, Any]:
    """What an inventory would say of it: its program, and that it may get a new data directory."""
    return {
        **{f"mysql_replica_{name}": value for name, value in variables(server).items()},
        "mysql_replica_start_command": start_command(server),
        "mysql_replica_hosts": server.name,
        "mysql_replica_reinitialize": True,
        "mysql_replica_start_timeout": 15,  # a replica that dies does not answer later either
    }


def salvage(box: Sandbox, source: Server, story: Narrator) -> str:
    more = {
        "mysql_replica_salvage_dir": str(source.directory / "salvage"),
        "mysql_replica_salvage_rebuild": "always",
        "salvage_keep_free": 0,
    }
    return run_playbook(box, "salvage.yml", {**known(source), **more}, story)


def show_ledger(source: Server, story: Narrator) -> None:
    told = json.loads((source.directory / "salvage/ledger.json").read_text())
    story.tell(f"innodb_force_recovery = {told['level']}, {told['rows_saved']} rows saved; tables by state:")
    story.tell("  " + ", ".join(f"{count} {state}" for state, count in told["states"].items() if count))
    for warning in told["warnings"]:
        story.tell(f"  {warning}")
    for table in told["tables"]:
        if table["state"] != "saved":
            said = "; ".join([table["why"] or "", *table["doubts"]]).strip("; ")
            story.tell(f"  {table['schema']}.{table['table']}: {table['rows_saved']} rows saved; {said[:200]}")
