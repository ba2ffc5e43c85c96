# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of mysql_dump_load: the module itself works on the target."""

from __future__ import annotations

from typing import Any

from ansible_collections.dbre.mysql_replica.plugins.plugin_utils.long_module import LongModule
from ansible_collections.dbre.mysql_replica.plugins.plugin_utils.progress_line import amount, duration

# Bytes of plain text that are loaded before a first line would be due.
_SHORT = 8 << 20


class ActionModule(LongModule):
    """A dump of a terabyte takes hours: whoever waits for it sees how far it is."""

    def is_short(self, arguments: dict[str, Any]) -> bool:
        told = arguments.get("dump") or {}
        return arguments.get("method", "file") == "file" and 0 < int(told.get("uncompressed_size") or 0) < _SHORT

    def last_line(self, result: dict[str, Any]) -> str | None:
        if not result.get("bytes"):
            return None
        size, took = result["bytes"], float(result.get("seconds") or 0) or 1.0
        speed = f"{amount(size, 'bytes')} in {duration(took)}, {amount(size / took, 'bytes')}/s"
        return f"loaded {speed}, {result.get('counted', 0)} tables counted"
