# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mysql_relaylog_rescue does on the server: the steps of logic/relaylog/rescue.py, one method each."""

import os
import time
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import NotReached, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.catch_up import Look
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import rescue, trouble
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel, observe, relaylog
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation

PAUSE = 0.2  # seconds between two looks at the applier
AT_THE_END = 5.0  # seconds that an applier says it has read everything before it is believed
_READ_ALL = "has read all relay log"
_GAPS = 1802  # "cannot be executed when the replica was stopped with an error or killed in MTA mode"


class Rescue(ReplicaOperation):
    """state: the applier has done all that the relay logs hold."""

    purpose = "mysql_relaylog_rescue"

    def __init__(self, params: Dict[str, Any]) -> None:
        super().__init__(params)
        self.wish = rescue.read_wish(params)
        self.journal = Journal(os.path.join(params["state_dir"], relaylog.journal_name(self.wish.name)))
        self.words = channel.words(self.server, self.wish.name)

    def observe(self) -> rescue.Observed:
        seen = observe.channels(self.server)
        mine = [one for one in seen if one.name == self.wish.name]
        metadata = observe.replication_metadata(self.server, seen)
        return rescue.Observed(
            address=self.server.login.address,
            channel=mine[0] if mine else None,
            settings=channel.settings(self.server, self.wish.name),
            listed=relaylog.listed(self.server, self.wish.name),
            standing=relaylog.standing(self.server, self.wish.name),
            unusable=metadata.evidence if metadata.state == "unusable" else None,
            executed=observe.executed_gtids(self.server),
            journaled=self.journal.read(),
        )

    def plan(self, seen: rescue.Observed) -> Plan:
        return rescue.plan(seen, self.wish, self.words)

    def describe(self, seen: rescue.Observed) -> Dict[str, Any]:
        return seen.describe()

    def report(self, before: rescue.Observed, after: rescue.Observed, _planned: Plan) -> Dict[str, Any]:
        left = rescue.waiting(before, self.wish)
        return dict(
            applied=str(left - (left - after.executed)),
            gtid_executed=str(after.executed),
        )

    def write_down(self, step: Step) -> None:
        self.journal.write((step.data or {})["record"])

    def change(self, step: Step) -> None:
        data = step.data or {}
        self.server.execute(data["sql"], data["values"])

    def begin(self, step: Step) -> None:
        try:
            self.change(step)
        except ServerError as exc:
            if exc.errno != _GAPS:
                raise
            self._close_gaps()
            # An applier removes the logs that it has done with, and with them the place where it was to begin.
            self.change(rescue.begin_step(self.observe(), self.wish, self.words))

    def _close_gaps(self) -> None:
        """Workers that were killed left gaps between what they had done: a server changes no channel before these are
        closed, which its applier does by itself when it is told to go no further.
        """
        self.server.execute(self.words.start_applier + " UNTIL SQL_AFTER_MTS_GAPS" + self.words.for_channel)
        deadline = time.time() + self.params["stall_timeout"]
        look = self._look()
        while look.channel is not None and look.channel.applier != STOPPED and time.time() < deadline:
            time.sleep(PAUSE)
            look = self._look()
        if look.channel is None or look.channel.applier != STOPPED or look.channel.applier_failure is not None:
            why = self._obstacle(look, 0) or "the applier does not come to its end"
            raise self._not_reached(why, look, "workers that were killed left gaps, and these are not closed")

    def forget(self) -> None:
        self.journal.remove()

    def wait(self, step: Step) -> None:
        """Return when the applier has done it. Raises NotReached when it stops, stands still, or is too slow."""
        wanted = GtidSet.parse((step.data or {})["gtid_set"])
        began = moved = time.time()
        last: Any = None
        while True:
            look = self._look()
            left = wanted - look.executed
            now = time.time()
            if not left:
                return
            if look.position != last:
                last, moved = look.position, now
            why = self._obstacle(look, now - moved)
            if why is None and now - began > self.params["timeout"]:
                why = "the applier is not done after %d s" % self.params["timeout"]
            if why is not None:
                raise self._not_reached(why, look, "%d transactions are not applied: %s" % (len(left), str(left)[:400]))
            time.sleep(PAUSE)

    def _look(self) -> Look:
        mine = [one for one in observe.channels(self.server) if one.name == self.wish.name]
        return Look(mine[0] if mine else None, observe.executed_gtids(self.server))

    def _obstacle(self, look: Look, stands_still: float) -> Optional[str]:
        mine = look.channel
        if mine is None:
            return "the channel is gone"
        if mine.applier_failure is not None:
            failure = mine.applier_failure
            return "the applier stopped (%s): error %d: %s" % (failure.cause, failure.errno, failure.text)
        if mine.applier == STOPPED:
            return "the applier is stopped"
        if _READ_ALL in mine.applier_state and stands_still > AT_THE_END:
            return "the applier says that it has read all relay logs"
        if stands_still > self.params["stall_timeout"]:
            return "nothing has moved for %d s although the applier says that it runs" % self.params["stall_timeout"]
        return None

    def _not_reached(self, why: str, look: Look, lacks: str) -> NotReached:
        failure = look.channel.applier_failure if look.channel else None
        return NotReached(
            "%s; %s" % (why, lacks),
            where="channel '%s'" % self.wish.name,
            untouched="the relay logs; the receiver is stopped",
            next_step="begin=first, or read the logs with mysql_relaylog_repair while the server is down",
            needs="logs" if failure is None or trouble.is_of_logs(failure) else None,
        )
