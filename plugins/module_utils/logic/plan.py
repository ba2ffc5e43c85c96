# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What will be done and why, before it is done. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional


class Step(NamedTuple):
    """One thing that will be done.

    action: a verb of the module's own table, which names the function that carries it out ("set_gtid_purged").
    target: what it is done to ("server 127.0.0.1:3306", "mysql.innodb_table_stats").
    display: the statement or file operation as a person reads it; never holds a secret.
    reason: the observed fact that makes it needed.
    data: what the function needs beyond that; never returned to the user.
    """

    action: str
    target: str
    display: str
    reason: str
    data: Optional[Dict[str, Any]] = None

    def public(self) -> Dict[str, str]:
        """The four fields that modules return as ``plan``."""
        return {"action": self.action, "target": self.target, "display": self.display, "reason": self.reason}


class Plan(NamedTuple):
    """Steps in order, with the state seen before them and the state that they are meant to leave (both JSON-able)."""

    steps: List[Step]
    before: Dict[str, Any]
    after: Dict[str, Any]

    @property
    def needed(self) -> bool:
        return bool(self.steps)

    def public(self) -> List[Dict[str, str]]:
        return [step.public() for step in self.steps]
