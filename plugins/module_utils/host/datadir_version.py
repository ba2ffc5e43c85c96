# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server wrote a data directory, from its files. Reads a few bytes of each."""

import os
from typing import List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir import read_text
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import version

_TABLESPACES = ("mysql.ibd", "sys/sys_config.ibd")


def version_of(datadir: str) -> Optional[Version]:
    """None when nothing there tells."""
    by_tablespace = version.newest(version.of_tablespace(_head(os.path.join(datadir, name))) for name in _TABLESPACES)
    if by_tablespace:
        return by_tablespace
    system = os.path.join(datadir, "mysql")
    definitions = [version.of_definition(_head(os.path.join(system, name))) for name in _names(system)]
    return version.newest(
        [version.of_upgrade_info(read_text(os.path.join(datadir, "mysql_upgrade_info"))), *definitions]
    )


def _names(directory: str) -> List[str]:
    try:
        return [name for name in os.listdir(directory) if name.endswith(".frm")]
    except OSError:
        return []


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as source:
            return source.read(version.HEAD)
    except OSError:
        return b""
