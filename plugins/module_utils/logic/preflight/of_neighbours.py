# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of who else depends on the replica, or is mixed up with it. Pure."""

from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import clouds
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    OVERRULE,
    REFUSE,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen

_SHOWN = 5  # of a list, in a message
_NO_MEMBER = ("", "OFFLINE")
_NO_PROVIDER = ("", "none")


def managed_replica(facts: Facts) -> Optional[Seen]:
    service = clouds.of_server(facts.seen["cloud"]) if facts.seen.get("cloud") else None
    if not service:
        return None
    return Seen(
        "the server to rebuild is %s" % service.told,
        facts.address,
        "a managed server is made anew by its service: nobody has SUPER and its files there",
    )


def group_member(facts: Facts) -> Optional[Seen]:
    state = facts.seen.get("group_state", "")
    if state in _NO_MEMBER:
        return None
    return Seen(
        "the server is a member of a replication group (%s)" % state,
        facts.address,
        "have the group recover it: STOP GROUP_REPLICATION, then START GROUP_REPLICATION, which clones from a member",
    )


def group_configured(facts: Facts) -> Optional[Seen]:
    name = _settings(facts).get("group_replication_group_name")
    if not name or facts.seen.get("group_state", "") not in _NO_MEMBER:
        return None
    return Seen(
        "the server is set up for the replication group %s, and not in it just now" % name,
        facts.address,
        "have the group recover it; where it left for good, take group_replication_group_name out of its options",
    )


def galera(facts: Facts) -> Optional[Seen]:
    settings = _settings(facts)
    if settings.get("wsrep_on", "OFF").upper() != "ON" or settings.get("wsrep_provider", "") in _NO_PROVIDER:
        return None
    return Seen(
        "the server is a node of a Galera cluster (wsrep_on=ON)",
        facts.address,
        "have the cluster send it its state: stop it, move grastate.dat away, start it",
    )


def downstreams(facts: Facts) -> Optional[Seen]:
    below = facts.seen["downstreams"]
    known = list(facts.asked.known_downstreams)
    if facts.asked.allow_downstream or not (below or known):
        return None
    named = [_named(one) for one in below] + ["%s (known from the inventory)" % name for name in known]
    shown = ", ".join(named[:_SHOWN]) + (" and more" if len(named) > _SHOWN else "")
    return Seen(
        "servers replicate from this one: %s" % shown,
        facts.address,
        "point them at the source, or take their rebuild on with mysql_replica_allow_downstream=true",
    )


def only_acknowledger(facts: Facts) -> Optional[Seen]:
    source, here = facts.source.get("semi_sync") or {}, facts.seen.get("semi_sync") or {}
    if source.get("source_status") != "ON" or here.get("replica_status") != "ON" or not _follows_source(facts):
        return None
    clients, wanted = int(source.get("source_clients", 0)), int(source.get("source_wait_for_replica_count", 1))
    if clients > wanted:
        return None
    return Seen(
        "the source waits for %d acknowledgement(s) and this replica is one of %d that give them: without it every"
        " commit there waits up to %s ms, and is asynchronous then" % (wanted, clients, source.get("source_timeout")),
        facts.source["address"],
        "let another replica acknowledge, or take it on by this check's id",
    )


def twin_among_siblings(facts: Facts) -> Optional[Seen]:
    """One registration may be our own; a server that shares both ids with us cannot be told from it."""
    uuid, server_id = facts.server["server_uuid"], facts.server.get("server_id")
    twins = [
        one
        for one in facts.source.get("registered") or ()
        if (one["uuid"] == uuid) != (one["server_id"] == server_id) and one["uuid"]
    ]
    if not twins:
        return None
    shared = ["server_uuid %s" % uuid if one["uuid"] == uuid else "server_id %s" % server_id for one in twins]
    told = ["%s:%s has %s" % (one["host"] or "?", one["port"], ids) for one, ids in zip(twins, shared)]
    return Seen(
        "another replica of the source has an id of this one, and the source would disconnect one of the two all the"
        " while: %s" % ", ".join(told[:_SHOWN]),
        facts.source["address"],
        "give each its own: server_id in the option file; auto.cnf is made anew when it is moved away",
    )


def circular(facts: Facts) -> Optional[Seen]:
    names = {str(facts.server.get("hostname")).lower(), str(_settings(facts).get("report_host")).lower()}
    port = facts.server.get("port")
    for channel in facts.source.get("followed") or ():
        by_name = channel.source_host.lower() in names and channel.source_port == port
        if by_name or channel.source_uuid == facts.server["server_uuid"] != "":
            return Seen(
                "the source replicates from this server, too (channel '%s'): a reset here breaks it there"
                % channel.name,
                facts.source["address"],
                "on the source, STOP REPLICA and RESET REPLICA ALL for that channel, and make it anew afterwards",
            )
    return None


def _follows_source(facts: Facts) -> bool:
    uuid = facts.source["server_uuid"]
    return any(channel.source_uuid == uuid for channel in facts.seen.get("followed") or ())


def _settings(facts: Facts) -> Dict[str, str]:
    found: Dict[str, str] = facts.seen.get("settings") or {}
    return found


def _named(below: Dict[str, Any]) -> str:
    if below["connected"]:
        return "%s (connected as %s)" % (below["host"], below["user"])
    return "%s:%s (server_id %s)" % (below["host"] or "?", below["port"], below["server_id"])


_BOTH = ("replica", "source")

CHECKS: List[Check] = [
    Check(
        "managed_replica",
        REFUSE,
        "replica",
        ("replica",),
        "The server to rebuild is one of a managed service.",
        None,
        managed_replica,
    ),
    Check("group_member", REFUSE, "replica", ("replica",), "The server is in Group Replication.", None, group_member),
    Check(
        "group_configured",
        REFUSE,
        "replica",
        ("replica",),
        "The server is set up for Group Replication, and not in its group just now.",
        OVERRULE,
        group_configured,
    ),
    Check("galera_node", REFUSE, "replica", ("replica",), "The server is a node of a Galera cluster.", None, galera),
    Check(
        "live_downstreams",
        REFUSE,
        "replica",
        ("replica",),
        "Other servers replicate from this one.",
        "mysql_replica_allow_downstream",
        downstreams,
    ),
    Check(
        "only_acknowledger",
        REFUSE,
        "replica",
        _BOTH,
        "The source waits for this replica's acknowledgements (semi-synchronous replication), and has no other's.",
        OVERRULE,
        only_acknowledger,
    ),
    Check(
        "id_of_sibling",
        REFUSE,
        "pair",
        _BOTH,
        "Another replica of the source has the same server_id or server_uuid.",
        OVERRULE,
        twin_among_siblings,
    ),
    Check(
        "circular_replication",
        REFUSE,
        "pair",
        _BOTH,
        "The source is a replica of the server to rebuild.",
        OVERRULE,
        circular,
    ),
]
