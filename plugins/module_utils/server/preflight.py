# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks of a rebuild look at, on the replica and on the source. Read only, one session each."""

from typing import Any, Dict, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import service_watch
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import owner
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import Channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import (
    claim,
    cloud,
    load_facts,
    observe,
    transport,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import preflight_looks as look
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server

_HERE = ("localhost", "127.0.0.1", "::1")


def replica_view(login: Login, channel: str, state_dir: str, run: service_watch.Run) -> Dict[str, Any]:
    """Keys: server (observe.server_facts), channels (names), followed (Channel of each), metadata, metadata_evidence,
    retrieved, downstreams, schemas, load (load_facts.of_replica), cloud (cloud.cloud_view), unfiltered
    (cloud.unfiltered), settings, semi_sync, clock_offset, filters, group_state, persisted (all preflight_looks),
    transport (transport.of_channel), another_run (who is at work here, '' when nobody is), watch (service_watch.Watch,
    None for another host's server), grants (of the login's account), denied (what it may not look at -> what the
    server said).

    channel: the one that is rebuilt. run: see service_watch. Raises ServerError when the server does not answer.
    """
    with Server(login) as server:
        looks = look.Looks(server)
        # What the account may not look at is empty here, and a finding of its own.
        seen: List[Channel] = looks.at("channels", observe.channels) or []
        metadata = looks.at("replication metadata", observe.replication_metadata, seen) or observe.Metadata("none")
        view: Dict[str, Any] = dict(
            server=observe.server_facts(server),
            channels=[one.name for one in seen],
            followed=seen,
            metadata=metadata.state,
            metadata_evidence=metadata.evidence,
            retrieved=str(observe.retrieved_gtids(seen)),
            downstreams=looks.at("servers that replicate from here", observe.downstreams) or [],
            schemas=observe.schemas(server),
            load=load_facts.of_replica(server),
            cloud=cloud.cloud_view(server),
            unfiltered=cloud.unfiltered(server, [one.name for one in seen]),
            settings=look.settings(server),
            another_run=_another_run(server, state_dir),
            clock_offset=look.clock_offset(server),
        )
        if server.dialect.flavor == MYSQL:
            view.update(
                grants=look.grants(server),
                semi_sync=look.semi_sync(server),
                filters=looks.at("filters", look.filters) or {},
                group_state=looks.at("group", look.group_state) or "",
                persisted=looks.at("persisted settings", look.persisted) or [],
                transport=looks.at("settings of the channel", transport.of_channel, channel, state_dir),
            )
        local = login.unix_socket or login.host in _HERE
        view["watch"] = service_watch.watch(view["settings"].get("pid_file", ""), run) if local else None
        return dict(view, denied=looks.denied)


def source_view(login: Login) -> Dict[str, Any]:
    """observe.source_facts(), cloud (cloud.cloud_view), load (load_facts.of_source), settings, semi_sync, clock_offset,
    registered, binlog_filters (preflight_looks), followed (Channel of each), grants and denied as of the replica.

    ``reachable`` is false, with error and address and nothing else, when it does not answer.
    """
    try:
        with Server(login) as source:
            looks = look.Looks(source)
            view: Dict[str, Any] = dict(
                observe.source_facts(source),
                cloud=cloud.cloud_view(source),
                load=load_facts.of_source(source),
                settings=look.settings(source),
                clock_offset=look.clock_offset(source),
                followed=looks.at("channels", observe.channels) or [],
                registered=looks.at("replicas", look.registered) or [],
            )
            if source.dialect.flavor == MYSQL:
                view.update(
                    grants=look.grants(source),
                    semi_sync=look.semi_sync(source),
                    binlog_filters=looks.at("binary log filters", look.binlog_filters) or {},
                )
            return dict(view, denied=looks.denied)
    except ServerError as exc:
        return dict(reachable=False, error=str(exc), address=login.address)


def _another_run(server: Server, state_dir: str) -> str:
    record = owner(state_dir)
    if record.alive:
        return "%s, process %s on this host" % (record.purpose, record.pid)
    session = claim.holder(server, record.left_behind or {})
    return "session %d of this server, from %s" % session if session else ""
