# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection of a channel, read from where it is stored while the server cannot use it any more. Pure.

A row of mysql.slave_master_info, or master.info, whose lines are the same in the same order. What only the applier
knows (its delay, its filters) is in neither.
"""

from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import PASSWORD
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.shape import names_of

# column of the table -> column of the status, as channel_settings names it; all others have one name in both
SHOWN_AS = {
    "user_name": "user",
    "enabled_ssl": "ssl_allowed",
    "ssl_ca": "ssl_ca_file",
    "ssl_capath": "ssl_ca_path",
    "heartbeat": "heartbeat_interval",
    "ignored_server_ids": "replicate_ignore_server_ids",
    "enabled_auto_position": "auto_position",
}


def read_row(row: Dict[str, Any]) -> Optional[Tuple[str, Kept]]:
    """Name of the channel and its connection; None for a row that names no source."""
    lower = {name.lower(): row[name] for name in row}
    if not lower.get("host"):
        return None
    # "2 7 9": how many servers, then their ids
    lower["ignored_server_ids"] = (lower.get("ignored_server_ids") or "0").partition(" ")[2]
    shown = channel_settings.columns({SHOWN_AS.get(name, name): lower[name] for name in lower})
    settings = channel_settings.read(shown)
    if lower.get("user_password") is not None:
        settings[PASSWORD] = str(lower["user_password"])
    return str(lower.get("channel_name") or ""), Kept(settings, {}, {})


def read_lines(lines: List[str], version: Version) -> Optional[Tuple[str, Kept]]:
    """The same from master.info, whose first line is the number of its lines; None for a file that is none."""
    if not lines or not lines[0].strip().isdigit():
        return None
    told = [line.rstrip("\n") for line in lines[: int(lines[0])]]
    try:
        return read_row(dict(zip(names_of("slave_master_info", version), told)))
    except ValueError:
        return None  # a number that is none
