# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every damage of the sandbox has a first remedy that the product knows."""

from __future__ import annotations

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.signs import OWN
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import BY_ID, LADDER
from sandbox.damage import DAMAGES
from sandbox.remedies import NEW, OLD, REMEDIES


def test_no_damage_is_without_one() -> None:
    assert set(REMEDIES) == set(DAMAGES)
    assert all(REMEDIES.values())


def test_findings_and_rungs_are_those_of_a_diagnosis() -> None:
    for of_servers in REMEDIES.values():
        assert set(of_servers) <= {OLD, NEW}
        for first in of_servers.values():
            assert first.finding is None or first.finding in {*BY_ID, *OWN}
            assert first.rung is None or first.rung in LADDER
            assert not first.heals or first.rung not in ("rebuild", "salvage")
