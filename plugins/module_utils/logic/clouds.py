# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed MySQL services: by what a server or a dump of one is recognised, and what each does to a replica. Pure.

No sandbox has these servers. Sources of the signs, all public: the services' own manuals (RDS and Aurora: "Setting and
showing binary log configuration"; Cloud SQL: "About MySQL users"; Azure: the tables and accounts that its quickstarts
print), heads of published dumps (``-azure``, ``mysql_aurora``), the published source of AliSQL (hidden row id), an
option file out of a backup of Alibaba's (maintain_user_list), and readers of binary logs that pass these tables over.
docs/clouds.md says more.
"""

import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

# What belongs to the program or its place: nobody copies it by accident.
_OWN = ("host", "version", "variable")
# What a dump or a busy person may have carried to another server: two kinds of it have to agree.
_COPIED = ("table", "routine", "account")
KINDS = (*_OWN, *_COPIED)

ALIBABA = "alibaba_rds"
AURORA = "aws_aurora"
AWS = "aws_rds"
AZURE = "azure"
GOOGLE = "google_cloud_sql"


class Service(NamedTuple):
    """signs: kind -> patterns of whole names; of a variable, of ``name=value``. Tables and routines: of schema mysql.

    heartbeats: tables of schema mysql that the service writes to by itself, through the binary log.
    advice: what an operator does about it, one sentence.
    """

    id: str
    name: str
    signs: Mapping[str, Tuple[str, ...]]
    heartbeats: Tuple[str, ...]
    advice: str


# The first that fits: Aurora has the signs of RDS, too.
SERVICES: List[Service] = [
    Service(
        AURORA,
        "Amazon Aurora MySQL",
        {
            "version": (r".*mysql_aurora.*",),
            "variable": (r"aurora_version=.*",),
        },
        ("rds_heartbeat2",),
        "have binary logs kept with CALL mysql.rds_set_configuration('binlog retention hours', 168), and take the dump"
        " from the cluster's writer",
    ),
    Service(
        AWS,
        "Amazon RDS for MySQL",
        {
            "host": (r".*\.rds\.amazonaws\.com(?:\.cn)?",),
            "variable": (r"basedir=/rdsdbbin/.*",),
            "table": (r"rds_(?:configuration|heartbeat2|history|replication_status|sysinfo|global_status_history)",),
            "routine": (r"rds_(?:set_configuration|show_configuration|kill|set_external_(?:master|source))",),
            "account": (r"rdsadmin",),
        },
        ("rds_heartbeat2",),
        "have binary logs kept with CALL mysql.rds_set_configuration('binlog retention hours', 168)",
    ),
    Service(
        ALIBABA,
        "Alibaba Cloud RDS for MySQL",
        {
            "host": (r".*\.rds\.aliyuncs\.com",),
            "variable": (r"(?:enable_)?implicit_primary_key=.*", r"(?:enable_)?show_ipk_info=.*", r"opt_rds_\w+=.*"),
            "table": (r"ha_health_check",),
            "account": (r"aliyun_root",),
        },
        ("ha_health_check",),
        "keep its heartbeat table out with replicate_ignore_table=mysql.ha_health_check, and have binary logs kept long"
        " enough in its console (local log settings)",
    ),
    Service(
        GOOGLE,
        "Google Cloud SQL for MySQL",
        {
            "version": (r".*-google(?:-.*)?",),
            "variable": (r"cloudsql_\w+=.*",),
            "table": (r"cloudsql_\w+", r"audit_log_rules(?:_expanded)?"),
            "routine": (r"cloudsql_\w+",),
            "account": (r"cloudsql(?:applier|export|import|observabilityadmin|oneshot|replica|superuser)",),
        },
        ("heartbeat",),
        "follow the primary instance, never one of its read replicas, which the service may make anew",
    ),
    Service(
        AZURE,
        "Azure Database for MySQL",
        {
            "host": (r".*\.mysql\.database\.(?:azure\.com|chinacloudapi\.cn)",),
            "version": (r".*-azure(?:-.*)?",),
            "table": (r"__az_\w+__", r"__firewall_rules__", r"__querystore_\w+__"),
            "account": (r"azure_superuser",),
        },
        (),
        "give the replica the lower_case_table_names of the source, which is 1 there, and have binary logs kept long"
        " enough with the server parameter binlog_expire_logs_seconds",
    ),
]
HEARTBEATS = tuple(sorted({name for service in SERVICES for name in service.heartbeats}))
# Names that nobody gives a table of his own: what is there was made by a service, or for the sake of one.
_TELLING = ("ha_health_check", "rds_heartbeat2")


class Recognised(NamedTuple):
    """evidence: what was seen, a few words each, the surest first."""

    service: Service
    evidence: List[str]

    @property
    def told(self) -> str:
        """With what it is recognised by."""
        return "%s (%s)" % (self.service.name, ", ".join(self.evidence[:3]))


def is_sign(kind: str, text: str) -> bool:
    """Whether any service is known by it, so that it is worth being remembered."""
    return any(_fits(service, kind, text) for service in SERVICES)


def recognise(signs: Mapping[str, Sequence[str]]) -> Optional[Recognised]:
    """signs: kind -> what was seen of it, variables as ``name=value``; other kinds are passed over."""
    for service in SERVICES:
        found = {kind: [one for one in signs.get(kind, ()) if _fits(service, kind, one)] for kind in KINDS}
        sure = any(found[kind] for kind in _OWN)
        if sure or sum(bool(found[kind]) for kind in _COPIED) > 1:
            return Recognised(service, [_shown(kind, one) for kind in KINDS for one in found[kind]])
    return None


def of_server(cloud: Mapping[str, Any]) -> Optional[Recognised]:
    """The service of which server/cloud.py has seen a server."""
    return recognise(cloud["signs"])


def of_dump(dump: Mapping[str, Any]) -> Optional[Recognised]:
    """The service that a dump comes from, by the return values of mysql_dump_info."""
    said: Dict[str, Optional[str]] = {"host": dump.get("host"), "version": dump.get("server_version")}
    signs: Dict[str, Sequence[str]] = {kind: [text] for kind, text in said.items() if text}
    return recognise(dict(signs, table=dump.get("system_tables") or ()))


def heartbeats(cloud: Mapping[str, Any]) -> List[str]:
    """Tables of schema mysql that are written to, on the server seen, by a service and not by an application.

    Alibaba hides its table from accounts of customers, so it counts as there.
    """
    service = of_server(cloud)
    mine = service.service.heartbeats if service else ()
    return [
        table
        for table in HEARTBEATS
        if (table in cloud["heartbeats"] and (table in mine or table in _TELLING))
        or (service is not None and service.service.id == ALIBABA and table in mine)
    ]


def _fits(service: Service, kind: str, text: str) -> bool:
    return any(re.match(r"(?:%s)\Z" % pattern, text, re.I) for pattern in service.signs.get(kind, ()))


def _shown(kind: str, text: str) -> str:
    return "%s %s%s" % (kind, "mysql." if kind in ("table", "routine") else "", text)
