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
# KiB of files, which may be compressed.
_SHORT_FILES = 1024


class ActionModule(LongModule):
    """A dump of a terabyte takes hours: whoever waits for it sees how far it is."""

    def is_short(self, arguments: dict[str, Any]) -> bool:
        if arguments.get("method", "file") != "file":
            return False
        told = arguments.get("dump") or {}
        if told.get("uncompressed_size"):
            return int(told["uncompressed_size"]) < _SHORT
        return self._size_of(str(arguments.get("path") or "")) < _SHORT_FILES

    def _size_of(self, path: str) -> float:
        """KiB that a file, or a directory with all that is in it, takes on the target."""
        quoted = self._connection._shell.quote(self._remote_expand_user(path))
        words = self._low_level_execute_command(f"du -skL {quoted}").get("stdout", "").split()
        return int(words[0]) if words and words[0].isdigit() else float("inf")

    def last_line(self, result: dict[str, Any]) -> str | None:
        if not result.get("bytes"):
            return None
        size, took = result["bytes"], float(result.get("seconds") or 0) or 1.0
        speed = f"{amount(size, 'bytes')} in {duration(took)}, {amount(size / took, 'bytes')}/s"
        return f"loaded {speed}, {result.get('counted', 0)} tables counted"
