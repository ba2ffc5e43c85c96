# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps that bring the five tables back, each with what it says to a person. Pure."""

from typing import Any, Dict, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.shape import create_statement
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import Finding

SCRATCH = "dbre_mysql_replica_scratch"  # schema; there only while a format file is made
WRITE_NOTHING = (
    "keep_connection",
    "keep_relay_logs",
    "stop",
    "start",
    "store",
)  # no statement that super_read_only forbids


def journal(record: Dict[str, Any]) -> Step:
    told = ", ".join("%s=%s" % item for item in sorted(record.items())) or "nothing"
    return Step(
        "journal", "journal", "write down %s" % told, "a run that is killed goes on from it", {"record": record}
    )


def settle(record: Dict[str, Any]) -> Step:
    """What outlives the run: a restart that is still to come, connections that are not given back, or lost."""
    keep = [name for name in ("restart", "connections", "lost") if name in record]
    return Step("settle", "journal", "forget what is done", "all of it is done", {"keep": keep})


def set_super_read_only(value: str, reason: str) -> Step:
    return Step("set_super_read_only", "super_read_only", "SET GLOBAL super_read_only = %s" % value, reason)


def keep_connection(name: str, kept: Kept) -> Step:
    host = "%s:%s" % (kept.settings.get("source_host"), kept.settings.get("source_port"))
    return Step(
        "keep_connection",
        "channel '%s'" % name,
        "write down how it reaches its source %s" % host,
        "slave_master_info, where it is stored, loses its rows",
        {"channel": name, "record": kept.record()},
    )


def forget_connection(name: str) -> Step:
    return Step(
        "forget_connection",
        "channel '%s'" % name,
        "remove what was written down of it, once its row is in slave_master_info",
        "the server knows it again",
        {"channel": name},
    )


def keep_relay_logs(paths: List[str], backup_dir: str) -> Step:
    return Step(
        "keep_relay_logs",
        "relay logs",
        "hard-link %d files into %s" % (len(paths), backup_dir),
        "a channel that is made or told anew may throw them away, and the source may not have them any more",
    )


def stop(name: str) -> Step:
    reason = "it holds on to the tables that are replaced"
    return Step("stop", "channel '%s'" % name, "stop replication", reason, {"channel": name})


def start(name: str) -> Step:
    reason = "it ran, and writes its state into the new tables"
    return Step("start", "channel '%s'" % name, "start replication", reason, {"channel": name})


def store(name: str) -> Step:
    return Step(
        "store",
        "channel '%s'" % name,
        "stop and start its receiver, unless its row is in slave_master_info by then",
        "the server writes that row when a receiver stops, and else once in sync_source_info events",
        {"channel": name},
    )


def drop_scratch() -> Step:
    return Step("drop_scratch", SCRATCH, "DROP DATABASE %s" % SCRATCH, "a run that was killed has left it")


def analyze() -> Step:
    return Step(
        "analyze",
        "all InnoDB tables",
        "ANALYZE NO_WRITE_TO_BINLOG TABLE ... for each table without a row in the statistics",
        "InnoDB would take them anew only when many rows have changed; the rows are looked for afterwards",
    )


def create(finding: Finding, version: Version) -> Step:
    return Step(
        "create",
        "mysql.%s" % finding.name,
        create_statement(finding.name, version),
        "the table is to be as this version makes it",
    )


def drop(finding: Finding, _version: Version) -> Step:
    return Step("drop", "mysql.%s" % finding.name, "DROP TABLE mysql.%s" % finding.name, finding.detail[0])


def empty(finding: Finding, _version: Version) -> Step:
    statement = "DELETE FROM mysql.%s" % finding.name  # noqa: S608 - a name from our own table
    return Step("empty", "mysql.%s" % finding.name, statement, finding.detail[0])


def copy_format_file(finding: Finding, version: Version) -> Step:
    return Step(
        "copy_format_file",
        "mysql.%s" % finding.name,
        "make %s.%s, copy its .frm to mysql, DROP DATABASE %s" % (SCRATCH, finding.name, SCRATCH),
        finding.detail[0],
        {"table": finding.name, "statement": create_statement(finding.name, version, SCRATCH)},
    )


def set_aside(finding: Finding, _version: Version) -> Step:
    return Step(
        "set_aside",
        "mysql.%s" % finding.name,
        "move %s of mysql.%s into the quarantine" % (" and ".join(finding.in_the_way), finding.name),
        finding.detail[0],
        {"table": finding.name, "kinds": list(finding.in_the_way)},
    )


BY_ACTION = {
    "create": create,
    "drop": drop,
    "empty": empty,
    "copy_format_file": copy_format_file,
    "set_aside": set_aside,
}
