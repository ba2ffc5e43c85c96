# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a directory of this host is the data directory of the server that answers.

A login may lead to another host, or to another server of this one, whose data directory has a path that is here, too:
whoever moves files by their paths has to know whose they are.
"""

import os
from typing import Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir import read_text
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.data_files import server_uuid
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server


def is_own(server: Server, datadir: str) -> Optional[bool]:
    """Whether auto.cnf there holds the identity of the server that answers; None when it cannot be read there."""
    found = server_uuid(read_text(os.path.join(datadir, "auto.cnf")))
    return None if found is None else found == observe.server_uuid(server)
