# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan shows what will be done and nothing that is nobody's business."""

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step

STEP = Step("change", "channel ''", "CHANGE ... SOURCE_PASSWORD = '********'", "it differs", {"values": ("secret",)})


def test_public_holds_the_four_documented_fields():
    assert STEP.public() == {
        "action": "change",
        "target": "channel ''",
        "display": "CHANGE ... SOURCE_PASSWORD = '********'",
        "reason": "it differs",
    }


def test_a_plan_with_steps_is_needed():
    assert Plan([STEP], {}, {}).needed is True
    assert Plan([], {"a": 1}, {"a": 2}).needed is False


def test_steps_are_shown_in_order():
    plan = Plan([STEP, STEP._replace(action="run")], {}, {})
    assert [step["action"] for step in plan.public()] == ["change", "run"]
