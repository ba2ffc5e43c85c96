# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that change a replica share: a session that leaves no trace, one run at a time, the source."""

import contextlib
from typing import Any, Dict, Iterator, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.claim import claim
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import (
    Server,
    login_of,
    source_login_of,
)


class ReplicaOperation:
    """Base of the operations that runner.run() drives; params holds connection_spec(), state_spec() and own options."""

    purpose = "work"

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.server = Server(login_of(params), log_bin=False)

    def __enter__(self) -> "ReplicaOperation":
        return self

    def __exit__(self, *_exc: Any) -> None:
        self.server.close()

    def assume(self, seen: Any, step: str) -> Any:
        """The state as an earlier step of the same run (argspec.ASSUMABLE) would leave it."""
        return seen._replace(**self.assumed(seen).get(step, {}))

    def assumed(self, _seen: Any) -> Dict[str, Dict[str, Any]]:
        """Earlier step -> fields of the observed state that it changes."""
        return {}

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """The lock of this host, then the mark on the server. A dead run's session is ended on the way."""
        with RunLock(self.params["state_dir"], self.purpose) as self.lock:
            claim(self.server, self.lock)
            yield

    def source(self) -> Optional[Dict[str, Any]]:
        """The source, if one was given, asked after the replica (observe.source_view)."""
        login = source_login_of(self.params)
        return observe.source_view(login) if login else None
