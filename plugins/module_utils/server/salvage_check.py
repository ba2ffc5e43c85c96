# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The new instance as mysql_salvage_check sees it."""

from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.check import Observed
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import alter_event, events_of

_NOT_THERE = (1049, 1146)


def observe(server: Server, ledger: Dict[str, Any]) -> Observed:
    tables = [(table["schema"], table["table"]) for table in ledger["tables"]]
    schemas = sorted({file["schema"] for file in ledger["files"] if file["schema"]})
    return Observed(
        address=server.login.address,
        ledger=ledger,
        rows={"%s.%s" % place: _count(server, *place) for place in tables},
        events={
            "%s.%s" % (schema, event["name"]): dict(schema=schema, name=event["name"], status=event["status"])
            for schema in schemas
            for event in events_of(server, schema)
        },
    )


def enable_event(server: Server, schema: str, name: str) -> None:
    for event in events_of(server, schema):
        if event["name"] == name:
            alter_event(server, schema, event, "ENABLE")


def _count(server: Server, schema: str, table: str) -> Optional[int]:
    try:
        return int(server.value("SELECT COUNT(*) FROM " + identifier(schema, table)))  # noqa: S608 - quoted
    except ServerError as exc:
        if exc.errno in _NOT_THERE:
            return None
        raise
