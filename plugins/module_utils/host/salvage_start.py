# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts a server under a level of innodb_force_recovery, and keeps what it said."""

import os
import shutil
import socket
from typing import Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir import read_text
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.private_server import PrivateServer
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import layout, levels


class SalvageStart:
    """datadir: the original, where the binary logs are looked for that the options name by a relative path."""

    def __init__(self, server: PrivateServer, options: ServerOptions, datadir: str) -> None:
        self.server = server
        self._options = options
        self._datadir = datadir

    def at(self, level: int, timeout: float, settle: float = 0) -> Optional[bool]:
        """Start at a level; as PrivateServer.wait() returns."""
        version = self._options.dialect.version
        path = self._last_binary_log() if levels.with_binary_log(version, level) else None
        binary_log = self.server.place.take_binary_log(path)
        without = levels.without_binary_log(version) if path is None else []
        self.server.start([*levels.start_options(level), *binary_log, *without])
        return self.server.wait(timeout, settle)

    def keep_log(self, path: str) -> None:
        """Copy the error log, with what was said before it was open, to a file that only we read."""
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600))
        with open(path, "wb") as sink:
            for name in (self.server.place.path("console"), self.server.place.error_log):
                if os.path.isfile(name):
                    with open(name, "rb") as source:
                        shutil.copyfileobj(source, sink)

    def _last_binary_log(self) -> Optional[str]:
        stem = layout.binary_log_stem(self._options, socket.gethostname())
        if stem is None:
            return None
        index = os.path.join(self._datadir, self._options.given.get("log-bin-index") or stem + ".index")
        name = layout.last_binary_log(read_text(index))
        found = name and os.path.join(os.path.dirname(os.path.join(self._datadir, stem)), name)
        return found if found and os.path.isfile(found) else None
