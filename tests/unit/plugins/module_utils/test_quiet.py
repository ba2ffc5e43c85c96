# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that keep everybody else from writing, and the way back to those that were found first."""

import itertools

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.quiet import (
    Observed,
    after_quiet,
    plan_quiet,
    plan_restore,
)

BUSY = {"event_scheduler": "ON", "read_only": "OFF", "super_read_only": "OFF"}
GUARDED = {"event_scheduler": "ON", "read_only": "ON", "super_read_only": "ON"}
QUIET = {"event_scheduler": "OFF", "read_only": "ON", "super_read_only": "OFF"}


class Server:
    """Settings that behave as a server's: read_only and super_read_only pull each other along, as the manual says."""

    def __init__(self, now, journal=()):
        self.now = dict(now)
        self.journal = dict(journal)

    def seen(self):
        return Observed(dict(self.now), dict(self.journal))

    def take(self, step):
        if step.action == "journal":
            self.journal = dict(step.data["settings"])
        elif step.action == "forget":
            self.journal = {}
        else:
            name, value = step.display[len("SET GLOBAL ") :].split(" = ")
            assert name == step.target
            assert name in self.now, "no such setting on this server"
            assert value in ("ON", "OFF"), "%s cannot be set to %s at runtime" % (name, value)
            assert self.now[name] != "DISABLED", "a scheduler that is disabled by option cannot be switched"
            self.now[name] = value
            if "super_read_only" in self.now:
                if (name, value) == ("read_only", "OFF"):
                    self.now["super_read_only"] = "OFF"
                if (name, value) == ("super_read_only", "ON"):
                    self.now["read_only"] = "ON"


FOUND = [
    dict(event_scheduler=scheduler, read_only=read_only, super_read_only=super_read_only)
    for scheduler in ("ON", "OFF", "DISABLED")
    for read_only, super_read_only in (("OFF", "OFF"), ("ON", "OFF"), ("ON", "ON"))
] + [dict(event_scheduler=scheduler, read_only=read_only) for scheduler in ("ON", "OFF") for read_only in ("ON", "OFF")]
IDS = [" ".join("%s=%s" % item for item in sorted(found.items())) for found in FOUND]


def lines(plan):
    return [step.display for step in plan.steps]


def test_a_busy_server():
    assert lines(plan_quiet(Observed(BUSY, {}))) == [
        "write down event_scheduler=ON, read_only=OFF, super_read_only=OFF",
        "SET GLOBAL event_scheduler = OFF",
        "SET GLOBAL read_only = ON",
    ]


def test_a_guarded_server():
    assert lines(plan_quiet(Observed(GUARDED, {}))) == [
        "write down event_scheduler=ON, read_only=ON, super_read_only=ON",
        "SET GLOBAL event_scheduler = OFF",
        "SET GLOBAL super_read_only = OFF",
    ]


def test_a_quiet_server_needs_no_more_than_the_mark_of_a_rebuild():
    assert [step.action for step in plan_quiet(Observed(QUIET, {})).steps] == ["journal"]
    assert not plan_quiet(Observed(QUIET, BUSY)).needed


def test_a_server_without_super_read_only_is_not_asked_for_it():
    plan = plan_quiet(Observed({"event_scheduler": "ON", "read_only": "OFF"}, {}))
    assert lines(plan)[1:] == ["SET GLOBAL event_scheduler = OFF", "SET GLOBAL read_only = ON"]
    assert "super_read_only" not in plan.after


def test_nothing_to_restore_without_a_journal():
    for now in FOUND:
        assert not plan_restore(Observed(now, {})).needed


@pytest.mark.parametrize("found", FOUND, ids=IDS)
def test_there_and_back(found):
    server = Server(found)
    plan = plan_quiet(server.seen())
    assert plan.before == found
    for step in plan.steps:
        server.take(step)
    assert server.now == plan.after
    assert server.now["read_only"] == "ON"
    assert server.now["event_scheduler"] != "ON"
    assert server.now.get("super_read_only") != "ON"
    assert not plan_quiet(server.seen()).needed, "a second run has nothing to do"

    back = plan_restore(server.seen())
    for step in back.steps:
        server.take(step)
    assert server.now == found
    assert server.now == back.after or not back.needed
    assert server.journal == {}
    assert not plan_restore(server.seen()).needed


@pytest.mark.parametrize("found", FOUND, ids=IDS)
def test_killed_after_any_step(found):
    """Whatever run was killed, and however often: what comes back is what the first one found."""
    for quiet_steps, restore_steps in itertools.product(range(5), range(5)):
        server = Server(found)
        for step in plan_quiet(server.seen()).steps[:quiet_steps]:
            server.take(step)
        for step in plan_quiet(server.seen()).steps:
            server.take(step)
        for step in plan_restore(server.seen()).steps[:restore_steps]:
            server.take(step)
        for step in plan_restore(server.seen()).steps:
            server.take(step)
        assert server.now == found
        assert server.journal == {}


def test_the_journal_is_written_before_anything_changes():
    for found in FOUND:
        actions = [step.action for step in plan_quiet(Observed(found, {})).steps]
        assert actions[0] == "journal"
        assert "journal" not in actions[1:]


def test_the_journal_is_forgotten_after_all_is_restored():
    actions = [step.action for step in plan_restore(Observed(QUIET, GUARDED)).steps]
    assert actions[-1] == "forget"
    assert "forget" not in actions[:-1]


def test_the_scheduler_wakes_last():
    plan = plan_restore(Observed(QUIET, dict(BUSY, super_read_only="ON", read_only="ON")))
    assert [step.target for step in plan.steps] == ["super_read_only", "event_scheduler", "journal"]
    assert [step.target for step in plan_restore(Observed(QUIET, BUSY)).steps] == [
        "read_only",
        "event_scheduler",
        "journal",
    ]


def test_a_journal_of_an_earlier_run_wins():
    half_way = Observed({"event_scheduler": "OFF", "read_only": "OFF", "super_read_only": "OFF"}, BUSY)
    plan = plan_quiet(half_way)
    assert plan.steps[0].data["settings"] == BUSY
    assert lines(plan)[1:] == ["SET GLOBAL read_only = ON"]


def test_a_server_restarted_with_other_options():
    # The scheduler was disabled by option when the journal was written, and is not any more: no server takes DISABLED.
    server = Server(QUIET, dict(BUSY, event_scheduler="DISABLED"))
    for step in plan_restore(server.seen()).steps:
        server.take(step)
    assert server.journal == {}
    # And the other way round.
    server = Server(dict(QUIET, event_scheduler="DISABLED"), BUSY)
    for step in plan_restore(server.seen()).steps:
        server.take(step)
    assert server.now == dict(BUSY, event_scheduler="DISABLED")


@pytest.mark.parametrize("found", FOUND, ids=IDS)
def test_what_check_mode_takes_for_done_is_what_would_be_done(found):
    server = Server(found)
    for step in plan_quiet(server.seen()).steps:
        server.take(step)
    assert after_quiet(Observed(found, {})) == server.seen()
