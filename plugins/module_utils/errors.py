# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception family. Raised where a fact is known, turned into fail_json once, by the runner.

A message answers four questions of the person at the terminal: what was found, where, what was not touched,
what to do next. Private to this collection.
"""

from typing import Any, Dict, Optional


class ReplicaError(Exception):
    """Anything that stops a run for a reason we can name.

    found: what is wrong, as a sentence without a full stop.
    where: a place a person can go to (``file:offset``, a table, a channel, ``host:port``).
    untouched: what was left as it was.
    next_step: the next command or decision.
    facts: JSON-able details, returned beside the message. Never a secret.
    """

    kind = "error"

    def __init__(
        self,
        found: str,
        where: Optional[str] = None,
        untouched: Optional[str] = None,
        next_step: Optional[str] = None,
        **facts: Any,
    ) -> None:
        super().__init__(found)
        self.found = found
        self.where = where
        self.untouched = untouched
        self.next_step = next_step
        self.facts = facts

    def __str__(self) -> str:
        parts = [self.found if not self.where else "%s (%s)" % (self.found, self.where)]
        if self.untouched:
            parts.append("Not touched: %s" % self.untouched)
        if self.next_step:
            parts.append("Next: %s" % self.next_step)
        return ". ".join(part.rstrip(".") for part in parts) + "."

    def as_result(self) -> Dict[str, Any]:
        """The arguments of fail_json: ``msg``, and ``error`` with kind, the four answers and the facts."""
        error = dict(
            self.facts,
            kind=self.kind,
            found=self.found,
            where=self.where,
            untouched=self.untouched,
            next_step=self.next_step,
        )
        return {"msg": str(self), "error": error}


class BadInput(ReplicaError):
    """An option, a file or a GTID text that cannot be understood."""

    kind = "bad_input"


class Refused(ReplicaError):
    """A check stopped a step that would have destroyed something. Nothing was changed."""

    kind = "refused"


class Busy(ReplicaError):
    """Another run works on this replica."""

    kind = "busy"


class ServerError(ReplicaError):
    """A MySQL server refused a statement or could not be reached.

    errno: MySQL's error number, 0 when there is none (a socket that is not there, say).
    """

    kind = "server"

    def __init__(self, found: str, errno: int = 0, **rest: Any) -> None:
        super().__init__(found, errno=errno, **rest)
        self.errno = errno


class Interrupted(ReplicaError):
    """Something outside changed the ground under a run (a restart of mysqld, a new session of somebody else)."""

    kind = "interrupted"


class NotReached(ReplicaError):
    """A wait ended without its goal: time ran out, replication stopped with an error, or it stands still."""

    kind = "not_reached"
