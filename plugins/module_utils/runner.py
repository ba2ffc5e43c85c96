# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inner shape of every module: observe -> plan -> apply -> observe again.

An operation is a context manager made from the module's parameters, with

    observe() -> state           read only, JSON-able through describe()
    plan(state) -> Plan          pure; empty when the state is as wanted
    do_<action>(step)            one method for each action that its plans name
    describe(state) -> dict      what diff shows; never a secret
    report(before, after, plan) -> dict   the module's own return values
    assume(state, step) -> state   the state after an earlier step of the same run; used in check mode only
    exclusive() -> context manager   held from the first look to the last step; not taken in check mode

``changed`` is decided by the plan being non-empty. Errors of our family become fail_json here and nowhere else.
"""

import contextlib
import time
from typing import Any, Callable, Dict, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused, ReplicaError


def run(module: Any, make_operation: Callable[[Dict[str, Any]], Any]) -> None:
    """Run an operation in check, diff or real mode and leave through exit_json or fail_json."""
    started = time.time()
    done: List[Dict[str, str]] = []
    begun = False
    plan = None
    try:
        with contextlib.ExitStack() as stack:
            operation = stack.enter_context(make_operation(module.params))
            if not module.check_mode:
                stack.enter_context(operation.exclusive())
            before = operation.observe()
            if module.check_mode:
                for step_before in module.params.get("assume") or ():
                    before = operation.assume(before, step_before)
            plan = operation.plan(before)
            after = before
            if plan.needed and not module.check_mode:
                for step in plan.steps:
                    begun = True
                    getattr(operation, "do_" + step.action)(step)
                    done.append(step.public())
                after = operation.observe()
            shown_after = plan.after if module.check_mode else operation.describe(after)
            result = operation.report(before, after, plan)
            result.update(
                changed=plan.needed,
                plan=plan.public(),
                diff={"before": plan.before, "after": shown_after},
                seconds=round(time.time() - started, 3),
            )
    except ReplicaError as exc:
        # A step that ended half-way has changed something; one that was refused has not.
        changed = bool(done) or (begun and not isinstance(exc, Refused))
        module.fail_json(changed=changed, done=done, plan=plan.public() if plan else [], **exc.as_result())
    module.exit_json(**result)


def run_info(module: Any, gather: Callable[[], Dict[str, Any]]) -> None:
    """Run something that only reads: gather() returns the module's return values."""
    started = time.time()
    try:
        result = gather()
    except ReplicaError as exc:
        module.fail_json(changed=False, **exc.as_result())
    module.exit_json(changed=False, seconds=round(time.time() - started, 3), **result)
