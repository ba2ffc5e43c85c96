# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a rebuild came that did not come to its end. Pure."""

from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet

_NOTHING = GtidSet()


def unfinished(under_way: bool, load: Dict[str, Any], server_uuid: str, executed: GtidSet) -> Optional[Dict[str, Any]]:
    """None when no rebuild is under way; else whether its dump is in, and which dump that was.

    under_way: the settings of before are journaled, which is the first step of a rebuild and undone in the last.
    load: the journal of mysql_dump_load, {} without one. Its word that the dump is in counts only when this server, by
    its uuid and its GTIDs, says so too: those are claimed after the last row, and gone after a reset.
    """
    if not under_way:
        return None
    claimed = GtidSet.parse(load.get("gtid_purged") or "")
    loaded = (
        load.get("phase") == "loaded"
        and load.get("server_uuid") == server_uuid
        and claimed != _NOTHING
        and claimed <= executed
    )
    return dict(
        loaded=loaded,
        path=load.get("path"),
        fingerprint=load.get("fingerprint"),
        databases=load.get("databases") or [],
    )
