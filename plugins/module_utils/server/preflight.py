# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks of a rebuild look at, on the replica and on the source. Read only."""

from typing import Any, Dict

from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server


def replica_view(login: Login) -> Dict[str, Any]:
    """Keys: server (observe.server_facts), channels (names), metadata, metadata_evidence, retrieved, downstreams,
    schemas.

    Raises ServerError when the server does not answer.
    """
    with Server(login) as server:
        seen = observe.channels(server)
        metadata = observe.replication_metadata(server, seen)
        return dict(
            server=observe.server_facts(server),
            channels=[channel.name for channel in seen],
            metadata=metadata.state,
            metadata_evidence=metadata.evidence,
            retrieved=str(observe.retrieved_gtids(seen)),
            downstreams=observe.downstreams(server),
            schemas=observe.schemas(server),
        )


def source_view(login: Login) -> Dict[str, Any]:
    """observe.source_view(); ``reachable`` is false, with the error, when it does not answer."""
    return observe.source_view(login)
