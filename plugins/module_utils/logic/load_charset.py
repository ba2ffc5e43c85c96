# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaves out of a dump's SETs those that change nothing. Pure.

Around each table dump tools save the character set of the client, set the one that it has already, and put it back. For
thousands of small tables that is a good part of all that a server is asked.
"""

import re
from typing import Dict, List, Optional

# Every server that we load into obeys a version comment of up to this number.
_OLDEST = 50600
_SET = rb"\s*(?:/\*!(?P<version>\d{5}) )?SET "
_END = rb"\s*(?:\*/)?\s*\Z"
_NAMES = re.compile(_SET + rb"NAMES (?P<value>\w+)" + _END)
_SAVE = re.compile(_SET + rb"@(?P<kept>\w+)\s*=\s*@@character_set_client" + _END)
_CHANGE = re.compile(_SET + rb"character_set_client\s*=\s*(?P<value>\w+)" + _END)
_RESTORE = re.compile(_SET + rb"character_set_client\s*=\s*@(?P<kept>\w+)" + _END)
_MAY_CHANGE_IT = re.compile(rb"NAMES|CHARSET|CHARACTER[ _]SET", re.IGNORECASE)


class ClientCharset:
    """Follows one session. Until a SET NAMES has told what its character set is, nothing is left out."""

    def __init__(self) -> None:
        self._now: Optional[bytes] = None
        self._saves: Dict[bytes, bytes] = {}  # by the name of the user variable; not run so far

    def needed(self, text: bytes) -> List[bytes]:
        """The statements that are to run in the place of this one; it may be none, or one that was left out before."""
        save, change, restore = (_obeyed(rule, text) for rule in (_SAVE, _CHANGE, _RESTORE))
        if save and self._now:
            self._saves[save.group("kept")] = text
            return []
        if change and self._saves and change.group("value").lower() == self._now:
            return []
        if restore and restore.group("kept") in self._saves:
            del self._saves[restore.group("kept")]
            return []
        owed, self._saves = list(self._saves.values()), {}
        if _MAY_CHANGE_IT.search(text) and not save:
            names = _obeyed(_NAMES, text)
            self._now = names.group("value").lower() if names else None
        return [*owed, text]


def _obeyed(rule: "re.Pattern[bytes]", text: bytes) -> "Optional[re.Match[bytes]]":
    found = rule.match(text)
    return found if found and int(found.group("version") or 0) <= _OLDEST else None
