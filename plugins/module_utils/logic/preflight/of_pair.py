# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the source, and of source and replica together. Pure."""

from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import REFUSE, Check
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen


def source_unreachable(facts: Facts) -> Optional[Seen]:
    if facts.source["reachable"]:
        return None
    return Seen(
        "the source does not answer: %s" % facts.source["error"],
        facts.source["address"],
        "check host, port, account and network from the replica's host",
    )


def replica_is_source(facts: Facts) -> Optional[Seen]:
    uuid = facts.server["server_uuid"]
    if not uuid or not facts.source["reachable"] or facts.source["server_uuid"] != uuid:
        return None
    return Seen(
        "the server to rebuild is the source itself (server_uuid %s)" % uuid,
        facts.address,
        "correct the login or the source variables",
    )


CHECKS: List[Check] = [
    Check("source_unreachable", REFUSE, "source", (), "The source does not answer.", None, source_unreachable),
    Check(
        "replica_is_source",
        REFUSE,
        "pair",
        ("replica", "source"),
        "The server to rebuild is the source itself.",
        None,
        replica_is_source,
    ),
]
