# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options for one start of a server, in a file that it reads after its own, and that is gone again afterwards. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step

# Old and new names: a server passes over a loose option that it does not know.
AT_REST = ("loose-skip-slave-start", "loose-skip-replica-start", "loose-relay-log-recovery=0")
# In every file of ours, and what nobody writes into a file of his own
_MARK = "loose-relay-log-recovery=0"


class Observed(NamedTuple):
    """text: of the file, None when there is none. left: the file of an earlier run, when that has another name."""

    path: Optional[str]
    text: Optional[str]
    left: Optional[str]
    journaled: bool

    def describe(self) -> Dict[str, Any]:
        return {"text": self.text}


def text_of(options: List[str]) -> str:
    return "\n".join(["[mysqld]", *AT_REST, *options, ""])


def plan(seen: Observed, wanted: Optional[str]) -> Plan:
    """wanted: the text that the file is to have, None for no file. Raises Refused for somebody else's file."""
    steps = []
    if seen.left:
        steps.append(Step("remove", seen.left, "remove %s" % seen.left, "an earlier run has left it"))
    ours = seen.text is not None and _MARK in seen.text
    if wanted is None:
        if ours:
            steps.append(Step("remove", str(seen.path), "remove %s" % seen.path, "it was for one start"))
        if seen.journaled:
            steps.append(Step("forget", "journal", "remove the journal", "no file of ours is left"))
    elif seen.text != wanted:
        if seen.text is not None and not ours:
            raise Refused(
                "the file for the options of one start holds somebody else's",
                where=str(seen.path),
                untouched="the file and the server",
                next_step="name another file as mysql_replica_option_dropin, one that does not exist",
            )
        steps.append(Step("write", str(seen.path), "write %s" % seen.path, "the next start is to have them"))
    before = seen.describe()
    return Plan(steps, before, {"text": wanted} if steps else before)
