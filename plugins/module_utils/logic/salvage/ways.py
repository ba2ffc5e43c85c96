# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two ways out of the same ruin, compared: what force recovery gives, and what a dump with binary logs gives. Pure.

Force recovery has the newest state of each page and may lack rows anywhere; a dump with the logs behind it lacks none
up to the moment where the logs end. So the first one is better when it lost nothing and nothing is doubtful, the second
one when it comes up to the last whole transaction on disk. Where each loses something, a person has to choose.
"""

from typing import Any, Dict, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import climb, ledger
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.binary_logs import Reach

FORCE_RECOVERY, BACKUP = "force_recovery", "backup"


class Force(NamedTuple):
    """What an export has given. whole: every row, without a doubt. loses: rows, tables or definitions are missing."""

    whole: bool
    loses: bool
    says: str


class Proposal(NamedTuple):
    """way: FORCE_RECOVERY, BACKUP, or None where a person has to choose. why: a sentence."""

    way: Optional[str]
    why: str


def force(told: Dict[str, Any]) -> Force:
    """From a ledger."""
    states = told["states"]
    definitions = [file for file in told["files"] if file["state"] != ledger.SAVED]
    loses = bool(states[ledger.PARTIAL] or states[ledger.LOST] or definitions)
    # What was only in the redo log is missing, and no count of rows can tell.
    newest = told.get("redo") == climb.AS_FOUND and int(told.get("level") or 0) == 0
    said = ["level %s, redo log %s" % (told.get("level"), str(told.get("redo")).replace("_", " "))]
    said += ["%d tables %s" % (states[state], state.replace("_", " ")) for state in sorted(states) if states[state]]
    if told["rows_lost"] or told["unknown"]:
        said.append("%d rows lost, and of %d tables nobody knows how many" % (told["rows_lost"], told["unknown"]))
    if definitions:
        said.append("%d files of accounts or definitions not whole" % len(definitions))
    return Force(bool(told["whole"]) and newest, loses, "; ".join(said))


def backup_says(reach: Reach) -> str:
    """reach, in words; the time is told beside it, by whoever has a clock."""
    upto = "the last whole transaction on disk" if reach.lost is None else "the first damage of the binary logs"
    said = "the dump and %d transactions, up to %s" % (reach.transactions, upto)
    return said + ("; not reached: %s" % reach.lost if reach.lost else "")


def propose(exported: Optional[Force], reach: Optional[Reach], why_not: Optional[str]) -> Proposal:
    """exported: None where nothing was exported. reach: None where the logs do not bring the dump anywhere."""
    if reach is None:
        return Proposal(FORCE_RECOVERY, "the dump is of no use here: %s" % why_not)
    if exported is not None and exported.whole:
        return Proposal(FORCE_RECOVERY, "everything could be read, without a doubt, and nothing can be newer")
    if reach.lost is None:
        return Proposal(BACKUP, "no transaction is lost up to the last whole one in the binary logs")
    if exported is None:
        return Proposal(
            None, "the dump and the binary logs do not reach the end, and nothing was exported to compare with"
        )
    if not exported.loses:
        return Proposal(FORCE_RECOVERY, "no row is known to be lost, and the binary logs do not reach the end")
    return Proposal(None, "either way something is lost, and only you know what is dearer")
