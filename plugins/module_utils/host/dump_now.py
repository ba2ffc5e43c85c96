# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump that was looked at before, as it is now."""

from typing import Any, Dict

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import dump_parts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.room import writers


def dump_now(dump: Dict[str, Any]) -> Dict[str, Any]:
    """fingerprint_now and writers (room.writers) of what mysql_dump_info told of; {} for a dump that lies nowhere.

    Raises BadInput when it can no longer be read.
    """
    if not dump.get("size") or not dump.get("fingerprint"):
        return {}
    return dict(fingerprint_now=dump_parts.fingerprint(dump["path"]), writers=writers(dump["path"]))
