# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe, plan, apply, observe again: what a module does and says in each mode, whatever its operation is."""

import contextlib

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run, run_info


class Left(Exception):
    """How a module ended and what with."""


class Module:
    def __init__(self, check_mode=False, **params):
        self.check_mode = check_mode
        self.params = params

    def exit_json(self, **result):
        raise Left("exit", result)

    def fail_json(self, **result):
        raise Left("fail", result)


class Counter:
    """Brings a number to the one that is wished, one step at a time. Keeps a diary of what it was asked."""

    def __init__(self, params):
        self.wish = params["wish"]
        self.fail_at = params.get("fail_at")
        self.trouble = params.get("trouble", Refused)
        self.number = 0
        self.diary = params["diary"]

    def __enter__(self):
        self.diary.append("open")
        return self

    def __exit__(self, *_exc):
        self.diary.append("close")

    @contextlib.contextmanager
    def exclusive(self):
        self.diary.append("lock")
        try:
            yield
        finally:
            self.diary.append("unlock")

    def observe(self):
        self.diary.append("observe")
        self._trouble("observe")
        return self.number

    def assume(self, state, step):
        self.diary.append("assume " + step)
        return state + 1

    def plan(self, state):
        self.diary.append("plan")
        self._trouble("plan")
        steps = [
            Step("count", "the number", "count to %d" % number, "it is less", {"secret": "s3cr3t"})
            for number in range(state + 1, self.wish + 1)
        ]
        return Plan(steps, {"number": state}, {"number": self.wish if steps else state})

    def do_count(self, step):
        self.diary.append(step.display)
        self._trouble(step.display)
        self.number += 1

    def describe(self, state):
        return {"number": state, "described": True}

    def report(self, before, after, plan):
        self._trouble("report")
        return {"report": [before, after, len(plan.steps)]}

    def _trouble(self, at):
        if self.fail_at == at:
            raise self.trouble("trouble at %s" % at, where="here", number=self.number)


def left(check_mode=False, **params):
    diary = []
    with pytest.raises(Left) as caught:
        run(Module(check_mode, diary=diary, **params), Counter)
    how, result = caught.value.args
    return how, result, diary


def displays(steps):
    return [step["display"] for step in steps]


def test_each_step_is_done_in_order_between_two_looks():
    how, result, diary = left(wish=2)
    assert how == "exit"
    assert diary == ["open", "lock", "observe", "plan", "count to 1", "count to 2", "observe", "unlock", "close"]
    assert result["changed"] is True
    assert result["report"] == [0, 2, 2]
    assert result["plan"] == [
        {"action": "count", "target": "the number", "display": "count to %d" % number, "reason": "it is less"}
        for number in (1, 2)
    ]
    assert result["diff"] == {"before": {"number": 0}, "after": {"number": 2, "described": True}}
    assert result["seconds"] >= 0


def test_nothing_to_do_changes_nothing():
    how, result, diary = left(wish=0)
    assert how == "exit"
    assert diary == ["open", "lock", "observe", "plan", "unlock", "close"]
    assert result["changed"] is False
    assert result["plan"] == []
    assert result["diff"]["before"] == {"number": 0}
    assert result["diff"]["after"]["number"] == 0


def test_check_mode_does_nothing_and_says_what_would_be_done():
    how, result, diary = left(check_mode=True, wish=2)
    assert how == "exit"
    assert diary == ["open", "observe", "plan", "close"], "neither a step nor a lock"
    assert result["changed"] is True
    assert displays(result["plan"]) == ["count to 1", "count to 2"]
    assert result["diff"] == {"before": {"number": 0}, "after": {"number": 2}}
    assert result["report"] == [0, 0, 2]


def test_check_mode_tells_the_same_plan_as_the_run():
    assert left(check_mode=True, wish=3)[1]["plan"] == left(wish=3)[1]["plan"]


def test_check_mode_of_nothing_to_do():
    assert left(check_mode=True, wish=0)[1]["changed"] is False


def test_what_is_assumed_counts_in_check_mode():
    _how, result, diary = left(check_mode=True, wish=3, assume=["quiet", "gtids_reset"])
    assert diary == ["open", "observe", "assume quiet", "assume gtids_reset", "plan", "close"]
    assert displays(result["plan"]) == ["count to 3"]
    assert result["diff"]["before"] == {"number": 2}


def test_what_is_assumed_does_not_count_in_a_run():
    _how, result, diary = left(wish=1, assume=["quiet"])
    assert "assume quiet" not in diary
    assert displays(result["plan"]) == ["count to 1"]


@pytest.mark.parametrize("assume", [None, []])
def test_nothing_assumed(assume):
    assert left(check_mode=True, wish=1, assume=assume)[0] == "exit"


def test_a_failure_tells_what_was_done_until_then():
    how, result, diary = left(wish=3, fail_at="count to 3")
    assert how == "fail"
    assert result["changed"] is True
    assert displays(result["done"]) == ["count to 1", "count to 2"]
    assert displays(result["plan"]) == ["count to 1", "count to 2", "count to 3"]
    assert result["msg"] == "trouble at count to 3 (here)."
    assert result["error"]["kind"] == "refused"
    assert result["error"]["number"] == 2
    assert diary[-2:] == ["unlock", "close"]


def test_a_refusal_of_the_first_step_changed_nothing():
    how, result, _diary = left(wish=2, fail_at="count to 1")
    assert (how, result["changed"], result["done"]) == ("fail", False, [])


def test_a_first_step_that_ended_half_way_changed_something():
    how, result, _diary = left(wish=2, fail_at="count to 1", trouble=ReplicaError)
    assert (how, result["changed"], result["done"]) == ("fail", True, [])


def test_a_failure_after_the_last_step_is_a_change():
    how, result, _diary = left(wish=2, fail_at="report")
    assert (how, result["changed"], len(result["done"])) == ("fail", True, 2)


@pytest.mark.parametrize("at", ["observe", "plan"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_refusal_before_the_first_step(check_mode, at):
    how, result, diary = left(check_mode=check_mode, wish=2, fail_at=at)
    assert (how, result["changed"], result["done"], result["plan"]) == ("fail", False, [], [])
    assert diary[-1] == "close"


def test_nothing_that_is_returned_holds_a_step_s_data():
    for outcome in (left(wish=2), left(wish=2, fail_at="count to 2"), left(check_mode=True, wish=2)):
        assert "s3cr3t" not in repr(outcome[1])


def test_an_operation_that_cannot_be_made_fails_as_any_other():
    def refuse(params):
        raise ReplicaError("no server at %s" % params["wish"])

    with pytest.raises(Left) as caught:
        run(Module(wish="x"), refuse)
    how, result = caught.value.args
    assert (how, result["changed"], result["plan"], result["msg"]) == ("fail", False, [], "no server at x.")


def test_a_mistake_of_ours_is_not_hidden_and_ends_what_was_begun():
    class Broken(Counter):
        def do_count(self, _step):
            raise ZeroDivisionError

    diary = []
    with pytest.raises(ZeroDivisionError):
        run(Module(wish=1, diary=diary), Broken)
    assert diary[-2:] == ["unlock", "close"]


def test_what_only_reads_returns_and_changes_nothing():
    with pytest.raises(Left) as caught:
        run_info(Module(), lambda: {"server": 1})
    how, result = caught.value.args
    assert (how, result["changed"], result["server"]) == ("exit", False, 1)
    assert result["seconds"] >= 0


def test_what_only_reads_fails_with_the_same_words():
    def gather():
        raise Refused("not now", next_step="wait")

    with pytest.raises(Left) as caught:
        run_info(Module(), gather)
    how, result = caught.value.args
    assert (how, result["changed"], result["msg"]) == ("fail", False, "not now. Next: wait.")
    assert result["error"]["kind"] == "refused"
