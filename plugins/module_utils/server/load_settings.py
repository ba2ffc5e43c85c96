# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes global settings for the time of a load; what they were is on disk before, and comes back whatever happens."""

import os
from typing import Dict

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.claim import started
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server

# No privilege for it; known by another name; not to be changed on this server.
_LEFT_ALONE = (1227, 1193, 1238)


class LoadSettings:
    """Those of one server, with the journal that a killed run leaves to the next one."""

    def __init__(self, login: Login, state_dir: str) -> None:
        self._login = login
        self._journal = Journal(os.path.join(state_dir, "load_settings.json"))

    def change(self, server: Server, name: str, value: str) -> bool:
        """Write down what it is, then set it. False when this account, or this server, does not allow it."""
        left = load_settings.read(self._journal.read())
        now, since = server.variables(name), started(server)
        # What an earlier run wrote down is what was there before; but not of a server that was started since.
        values = left.values if left.of(since) else {}
        self._journal.write(dict(values=dict(now, **values), started=since))
        try:
            server.execute("SET GLOBAL %s = %s" % (name, value))
        except ServerError as exc:
            if exc.errno not in _LEFT_ALONE:
                raise
            return False
        return True

    def restore(self) -> Dict[str, str]:
        """Set back what the journal has, in a session of its own, and forget it. Returns what was set back."""
        left = load_settings.read(self._journal.read())
        if left.started is None:
            return {}
        with Server(self._login, log_bin=False) as server:
            wanted = load_settings.to_restore(left, server.variables(*load_settings.NAMES), started(server))
            for name, value in wanted.items():
                server.execute("SET GLOBAL %s = %s" % (name, value))
        self._journal.remove()
        return wanted
