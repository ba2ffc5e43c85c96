# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One check of the preflight. Pure."""

from typing import Callable, NamedTuple, Optional, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen

REFUSE = "refuse"
WARN = "warn"
NOTE = "note"

# The list of ids that an operator overrules by name; a check that names another variable has one of its own.
OVERRULE = "mysql_replica_preflight_overrule"


class Check(NamedTuple):
    """id is a contract. severity: REFUSE stops a rebuild, WARN and NOTE are told.

    about: dump, load, replica, source, pair or cloud. needs: what has to answer for the check to be made, "replica",
    "source", both, or nothing. overrule: the variable by which an operator may know better, None where nobody does.
    """

    id: str
    severity: str
    about: str
    needs: Sequence[str]
    meaning: str
    overrule: Optional[str]
    look: Callable[[Facts], Optional[Seen]]
