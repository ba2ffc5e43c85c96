# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what managed services do to a replica that follows one of their servers. Pure.

They look at what server/cloud.py has seen of both servers, and say nothing where it could not be seen.
"""

from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import clouds
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    NOTE,
    OVERRULE,
    REFUSE,
    WARN,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen

_KEEP_LOGS = "CALL mysql.rds_set_configuration('binlog retention hours', 168)"
_ENOUGH_HOURS = 24
# Of a list, in a message.
_SHOWN = 5


def managed_source(facts: Facts) -> Optional[Seen]:
    service = _service_of(_source(facts))
    if not service:
        return None
    return Seen("the source is %s" % service.told, facts.source["address"], service.service.advice)


def dump_of_service(facts: Facts) -> Optional[Seen]:
    dumped, source = clouds.of_dump(facts.dump), _service_of(_source(facts))
    if not dumped or (source and source.service == dumped.service):
        return None
    return Seen(
        "the dump was taken from %s, which the source is not seen to be" % dumped.told,
        facts.dump_path,
        "make sure that the source goes on from that server: its data, and its GTIDs",
    )


def heartbeat(facts: Facts) -> Optional[Seen]:
    """An update of a row that is not there stops the applier (1032) as a table that is not there does (1146)."""
    source, here = _source(facts), facts.seen.get("cloud")
    if not source or here is None:
        return None
    applied = facts.seen["unfiltered"]
    applied = applied.get(facts.asked.channel, applied[""])
    missing = [
        "mysql.%s" % table
        for table in clouds.heartbeats(source)
        if table in applied and here["heartbeats"].get(table, 0) == 0
    ]
    if not missing:
        return None
    return Seen(
        "the service of the source writes to %s all the while, and the replica does not have its rows: the applier"
        " would stop (error 1146 or 1032), as tables of schema mysql are not loaded from a dump" % ", ".join(missing),
        facts.address,
        "keep it out with replicate_ignore_table=%s in the option file of the replica and restart it; from 5.7 on,"
        " STOP REPLICA SQL_THREAD; CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = (%s), with the tables that are"
        " ignored by now, does until then" % (missing[0], ", ".join(missing)),
    )


def keeps_no_logs(facts: Facts) -> Optional[Seen]:
    service, hours = _service_of(_source(facts)), _hours(facts)
    if not service or service.service.id != clouds.AWS or hours != 0:
        return None
    return Seen(
        "'binlog retention hours' is not set: %s removes a binary log as soon as it does not need it itself, which"
        " is long before a dump is loaded" % service.service.name,
        facts.source["address"],
        "on the source: %s; then take a new dump" % _KEEP_LOGS,
    )


def keeps_logs_shortly(facts: Facts) -> Optional[Seen]:
    service, hours = _service_of(_source(facts)), _hours(facts)
    if not service or service.service.id not in (clouds.AWS, clouds.AURORA):
        return None
    if hours is None:
        said = "how long it keeps binary logs may not be read (table mysql.rds_configuration)"
    elif hours == 0 and service.service.id == clouds.AURORA:
        said = (
            "'binlog retention hours' is not set: binary logs stay as long as it likes, usually not longer than a day"
        )
    elif 0 < hours < _ENOUGH_HOURS:
        said = "binary logs are kept for %d hours" % hours
    else:
        return None
    return Seen(
        "%s: %s" % (service.service.name, said),
        facts.source["address"],
        "see CALL mysql.rds_show_configuration, and have them kept for longer than two loads take: %s" % _KEEP_LOGS,
    )


def accounts_of_service(facts: Facts) -> Optional[Seen]:
    service = clouds.of_dump(facts.dump) or _service_of(_source(facts))
    if facts.asked.accounts != "load" or not service:
        return None
    return Seen(
        "accounts are to be loaded from a dump of %s: those that the service administers its servers with would come"
        " along, and its privileges are not those of this server" % service.told,
        facts.dump_path,
        "leave the replica its own with mysql_replica_accounts=keep, and make the accounts that applications need",
    )


def hidden_without_values(facts: Facts) -> Optional[Seen]:
    wrong = [one for one in _hidden(facts) if one["row_values"] is not None and one["row_values"] != one["columns"]]
    if not wrong:
        return None
    return Seen(
        "%d tables have Alibaba's hidden row id in their definition and no value for it in their rows, so that the load"
        " would end with error 1136: %s (%d columns, %d values)"
        % (len(wrong), _named(wrong), wrong[0]["columns"], wrong[0]["row_values"]),
        facts.dump_path,
        "give these tables a primary key on the source, or take the dump with --complete-insert or by an account whose"
        " sessions have show_ipk_info=OFF",
    )


def hidden_row_ids(facts: Facts) -> Optional[Seen]:
    tables = _hidden(facts)
    if not tables or hidden_without_values(facts):
        return None
    return Seen(
        "%d tables have Alibaba's hidden row id in their definition; here it becomes a column that everybody sees, and"
        " a comparison with the source, which hides it, may report them: %s" % (len(tables), _named(tables)),
        facts.dump_path,
        "give these tables a primary key on the source, after which it has no hidden one, and take the dump again",
    )


def time_zones_missing(facts: Facts) -> Optional[Seen]:
    source, here = _source(facts), facts.seen.get("cloud")
    if not source or not here or not source["named_time_zones"] or here["named_time_zones"] is not False:
        return None
    return Seen(
        "the source knows named time zones and the replica none: a transaction of a session that uses one stops the"
        " applier (error 1298)",
        facts.address,
        "run on the replica's host, with GTIDs in mind: (echo 'SET sql_log_bin=0;'; mysql_tzinfo_to_sql"
        " /usr/share/zoneinfo) | mysql mysql",
    )


def names_fold(facts: Facts) -> Optional[Seen]:
    source, here = _source(facts), facts.seen.get("cloud")
    if not source or not here or source["lower_case_table_names"] == here["lower_case_table_names"]:
        return None
    return Seen(
        "lower_case_table_names is %s on the source and %s on the replica: a statement that writes a name in another"
        " case finds its table on one and not on the other"
        % (source["lower_case_table_names"], here["lower_case_table_names"]),
        facts.address,
        "give the replica the source's value, which from 8.0 on a server takes only when its data directory is made",
    )


def _source(facts: Facts) -> Optional[Dict[str, Any]]:
    """What was seen of the source's service, None when it was not looked at."""
    return facts.source.get("cloud")


def _service_of(cloud: Optional[Dict[str, Any]]) -> Optional[clouds.Recognised]:
    return clouds.of_server(cloud) if cloud else None


def _hours(facts: Facts) -> Optional[int]:
    hours: Optional[int] = (_source(facts) or {}).get("retention_hours")
    return hours


def _hidden(facts: Facts) -> List[Dict[str, Any]]:
    return list(facts.dump.get("hidden_row_ids") or ())


def _named(tables: List[Dict[str, Any]]) -> str:
    names = ["%(database)s.%(table)s" % one for one in tables]
    return ", ".join(names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "")


_BOTH = ("replica", "source")

CHECKS: List[Check] = [
    Check(
        "managed_source",
        NOTE,
        "cloud",
        ("source",),
        "The source is a server of a managed service; the note says what is done about it.",
        None,
        managed_source,
    ),
    Check(
        "dump_of_managed_service",
        NOTE,
        "cloud",
        (),
        "The dump was taken from a managed service that the source is not seen to be.",
        None,
        dump_of_service,
    ),
    Check(
        "service_heartbeat",
        REFUSE,
        "cloud",
        _BOTH,
        "The source's service writes to a table that the replica does not have and does not filter.",
        OVERRULE,
        heartbeat,
    ),
    Check(
        "service_keeps_no_binary_logs",
        REFUSE,
        "cloud",
        ("source",),
        "Amazon RDS removes binary logs at once, as its retention hours are not set.",
        OVERRULE,
        keeps_no_logs,
    ),
    Check(
        "service_keeps_binary_logs_shortly",
        WARN,
        "cloud",
        ("source",),
        "Amazon's service keeps binary logs for less than a day, or does not tell.",
        None,
        keeps_logs_shortly,
    ),
    Check(
        "accounts_of_managed_service",
        REFUSE,
        "cloud",
        (),
        "Accounts are to be loaded from a dump of a managed service, with the service's own among them.",
        OVERRULE,
        accounts_of_service,
    ),
    Check(
        "hidden_row_ids_without_values",
        REFUSE,
        "cloud",
        (),
        "Tables have Alibaba's hidden row id in their definition and no value for it in their rows.",
        OVERRULE,
        hidden_without_values,
    ),
    Check(
        "hidden_row_ids",
        WARN,
        "cloud",
        (),
        "Tables have Alibaba's hidden row id in their definition, which becomes an ordinary column.",
        None,
        hidden_row_ids,
    ),
    Check(
        "time_zone_names_missing",
        WARN,
        "pair",
        _BOTH,
        "The source knows named time zones and the replica none.",
        None,
        time_zones_missing,
    ),
    Check(
        "table_names_fold_differently",
        WARN,
        "pair",
        _BOTH,
        "The servers have different lower_case_table_names.",
        None,
        names_fold,
    ),
]
