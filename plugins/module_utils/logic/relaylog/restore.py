# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what a repair of relay logs has set aside may come back, and how. Pure.

A server that was only started has changed nothing that matters. One that has applied logs deletes them, or its applier
stands in one that it made since, and one that has fetched holds what its source may have purged by now: the old logs
would leave its channel unusable, or cost what they do not hold.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name

NOTHING = "the relay logs and their index"
_FORCE = "leave it; force=true puts the old logs back all the same, and sets aside what is there now"


class Kept(NamedTuple):
    """A quarantine of mysql_relaylog_repair, and what has become of the logs since. Paths, but for the texts.

    index_now, index_text: the index as it is, None when there is none, and as the repair left it. differing: originals
    that are not as they were. there: those of them that exist. newer: logs that a server has made and listed since.
    fetched: those of them that hold transactions. gone: logs that the repair left and that are not there as it left
    them. lacking: logs that the old index lists and that nobody has. unplaced: nobody knows where the applier stands,
    and a server has made logs by names of old ones. astray: the applier's log, where it came after the repair. begun:
    an earlier run was killed while it put them back. on_trial: see mysql_relaylog_repair.
    """

    directory: str
    index_path: str
    index_now: Optional[str]
    index_text: str
    differing: List[str]
    there: List[str]
    newer: List[str]
    fetched: List[str]
    gone: List[str]
    lacking: List[str]
    unplaced: bool
    astray: Optional[str]
    begun: bool
    on_trial: bool

    def describe(self) -> Dict[str, Any]:
        return {"differing": self.differing}


def plan_restore(seen: Kept, force: bool) -> Plan:
    """Steps that put everything back as it was before the repair. Raises Refused where that would do harm."""
    before = seen.describe()
    trial = {"index_path": seen.index_path, "quarantine": seen.directory}
    ends = [Step("end_trial", seen.directory, "note that it is put back", "it is not on trial any more", trial)]
    if not (seen.differing or seen.begun or seen.on_trial):
        return Plan([], before, before)
    if seen.differing and not seen.begun:
        _guard(seen, force)
    reason = "it is not as it was before the repair"
    data = {"index_path": seen.index_path}
    steps = [Step("begin_restore", seen.directory, "note that they are put back", "a run may be killed", dict(data))]
    steps += [
        Step("move_away", path, "move %s to a new quarantine" % base_name(path), reason, {"path": path})
        for path in [*seen.there, *seen.newer]
    ]
    steps.append(Step("put_back", seen.directory, "put back %d files" % len(seen.differing), reason, dict(data)))
    return Plan(steps + (ends if seen.on_trial else []), before, {"differing": []})


def plan_accept(index_path: str, on_trial: List[str]) -> Plan:
    """End the trial of these quarantines, which stay where they are."""
    before = {"on_trial": on_trial}
    if not on_trial:
        return Plan([], before, before)
    display = "keep what the repair has left: %s stays aside" % ", ".join(on_trial)
    data = {"index_path": index_path, "quarantine": None}
    return Plan([Step("end_trial", index_path, display, "it was right", data)], before, {"on_trial": []})


def _guard(seen: Kept, force: bool) -> None:
    def refuse(found: str, next_step: str) -> None:
        raise Refused(found, where=seen.index_path, untouched=NOTHING, next_step=next_step)

    if seen.lacking:
        refuse(
            "the old index lists logs that are gone by now, for a server has applied and deleted them: %s; it could not"
            " use the channel any more" % _names(seen.lacking),
            "leave it; what was whole in them is applied",
        )
    if seen.astray is not None:
        # By the name of an old log it would go on in the middle of that, and pass over what is before it.
        refuse(
            "the applier has gone on to %s, which a server made after the repair" % seen.astray,
            "leave it; what was whole is applied",
        )
    if force:
        return
    if seen.gone:
        refuse("a server has deleted logs since the repair, or written them anew: %s" % _names(seen.gone), _FORCE)
    if seen.fetched:
        refuse("a server has fetched transactions since the repair: %s holds them" % _names(seen.fetched), _FORCE)
    if seen.unplaced:
        refuse(
            "a server has made logs by names of old ones since the repair, and nobody knows where its applier stands",
            "give applier_position; force=true puts the old logs back all the same",
        )
    if seen.index_now is not None and not seen.index_now.startswith(seen.index_text) and seen.index_path in seen.there:
        refuse("the index was written since the repair, and not only added to", _FORCE)


def _names(paths: List[str]) -> str:
    return ", ".join(base_name(path) for path in paths)
