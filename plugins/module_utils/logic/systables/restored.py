# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that were set aside are put back while their server is down. Pure.

As long as nothing was made in their place: later, the dictionary belongs to the new file, and a server of 5.6
that finds the old one does not start.
"""

from typing import Any, Dict, List, NamedTuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.plan import NOTHING


class SetAside(NamedTuple):
    """A quarantine. away: paths whose files are only in there. taken: of those, where another file has the place.

    foreign: paths of its files that are none of this server's system tables.
    """

    directory: str
    away: List[str]
    taken: List[str]
    foreign: List[str]

    def describe(self) -> Dict[str, Any]:
        return {"set_aside": self.away}


def plan(seen: SetAside) -> Plan:
    """Raises Refused where the files are not this server's, or another has come to the place of one."""
    before = seen.describe()
    if seen.foreign:
        raise Refused(
            "this quarantine holds files that are none of the system tables in this data directory",
            where=", ".join(seen.foreign),
            untouched=NOTHING,
            next_step="give the quarantine that mysql_stats_tables returned, and the datadir it was for",
        )
    if seen.taken:
        raise Refused(
            "another file has come to the place of one that was set aside, and the server's dictionary belongs to it",
            where=", ".join(seen.taken),
            untouched=NOTHING,
            next_step="look at the files in %s; they are put back only where nothing was made in their place"
            % seen.directory,
        )
    if not seen.away:
        return Plan([], before, before)
    step = Step("put_back", seen.directory, "put back %s" % ", ".join(seen.away), "they are only in the quarantine")
    return Plan([step], before, {"set_aside": []})
