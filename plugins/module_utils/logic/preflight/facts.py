# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks look at, and what they find. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.schemas import SYSTEM_SCHEMAS


class Asked(NamedTuple):
    """What the operator wants, and takes on. reinitialize: the data directory is to be replaced.

    known_downstreams: host or host:port of servers that the inventory has replicate from this one. source_ssl,
    get_source_public_key: how the channel is to be secured, None as it is.
    """

    channel: str = ""
    allow_errant: bool = False
    allow_downstream: bool = False
    extra_schemas: str = "fail"
    accounts: str = "keep"
    reinitialize: bool = False
    known_downstreams: Sequence[str] = ()
    source_ssl: Optional[bool] = None
    get_source_public_key: Optional[bool] = None


class Facts(NamedTuple):
    """address: of the replica's server. dump: the return values of mysql_dump_info.

    replica, source: server/preflight.py's replica_view() and source_view(); replica is None when its server does not
    answer, and source has nothing but reachable, error and address when that one does not. trial: the return values of
    mysql_load_trial. room: host/room.py's room() of datadir and backup_dir, each None where it cannot be seen. account:
    server/transport.py's account_view(). The last three are None where nobody looked.
    """

    address: str
    replica: Optional[Dict[str, Any]]
    source: Dict[str, Any]
    dump: Dict[str, Any]
    asked: Asked
    trial: Optional[Dict[str, Any]] = None
    room: Optional[Dict[str, Any]] = None
    account: Optional[Dict[str, Any]] = None

    @property
    def seen(self) -> Dict[str, Any]:
        """The replica, for checks that are only made where its server answers."""
        return self.replica or {}

    @property
    def server(self) -> Dict[str, Any]:
        """observe.server_facts() of the replica."""
        facts: Dict[str, Any] = self.seen["server"]
        return facts

    @property
    def source_executed(self) -> GtidSet:
        return GtidSet.parse(self.source.get("gtid_executed"))

    @property
    def dump_gtids(self) -> GtidSet:
        """The dump's set; empty when it has none or an unreadable one, which has a check of its own."""
        try:
            return GtidSet.parse(self.dump["gtid_purged"])
        except BadInput:
            return GtidSet()

    @property
    def dump_path(self) -> str:
        return str(self.dump.get("path", "dump"))

    @property
    def extra(self) -> List[str]:
        """Schemas that only the replica has."""
        mine = set(self.seen.get("schemas", ())) - set(SYSTEM_SCHEMAS)
        return sorted(mine - set(self.dump["databases"]))


class Seen(NamedTuple):
    """What a check found: the fact, where it was seen, and what the operator can do."""

    fact: str
    where: str
    next_step: str
