# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old relay logs come back byte for byte, unless a server has gone on so that they would do harm."""

import os
import stat

import pytest
from unit.plugins.relaylog_home import contents, damaged_home, read, work, write
from unit.plugins.relaylog_writer import UUID, RelayLog

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Interrupted, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import quarantine as quarantine_module
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import relaylog_restore

POSITION = "relay-bin.000001:4"


@pytest.fixture(name="home")
def _home(tmp_path):
    return str(tmp_path)


def data(home, *names):
    return os.path.join(home, "data", *names)


def log(number):
    return "relay-bin.%06d" % number


def listed(home, *numbers):
    write(data(home, "relay-bin.index"), "".join("./%s\n" % log(number) for number in numbers).encode())


def started(home, number, *transactions):
    """What a server leaves that was started after the repair: a log of its own, in the index."""
    made = RelayLog().header(UUID + ":1-5")
    for gno in transactions:
        made.transaction(gno)
    write(data(home, log(number)), bytes(made.data))
    with open(data(home, "relay-bin.index"), "ab") as index:
        index.write(("./%s\n" % log(number)).encode())


def back(home, **options):
    return work(home, state="restored", **options)


def stays(home, words, **options):
    before = contents(data(home))
    with pytest.raises(Refused, match=words):
        back(home, **options)
    assert contents(data(home)) == before


def test_and_back(home):
    damaged_home(home)
    before = contents(data(home))
    report, _plan = work(home)
    after = contents(data(home))
    restored, plan = back(home, quarantine=report["quarantine"])
    assert contents(data(home)) == before
    assert plan.needed
    assert restored["quarantine"] == report["quarantine"]
    replaced = [name for name in os.listdir(os.path.join(home, "backup")) if "replaced" in name]
    kept = contents(os.path.join(home, "backup", replaced[0]))
    assert {name.partition("-")[2]: kept[name] for name in kept if name[0] == "0"} == {
        name: after[name] for name in (log(2), "relay-bin.index")
    }
    _again, plan = back(home, quarantine=report["quarantine"])
    assert plan.steps == []
    assert stat.S_IMODE(os.stat(data(home, log(2))).st_mode) == 0o640


@pytest.mark.parametrize("number", [3, 5], ids=["by the name of an old one", "by a new name"])
def test_a_server_that_was_only_started_is_no_hindrance_and_what_it_made_goes(home, number):
    damaged_home(home)
    before = contents(data(home))
    work(home, on_trial=True)
    started(home, number)
    made = read(data(home, log(number)))
    back(home)
    assert contents(data(home)) == before
    backup = os.path.join(home, "backup")
    replaced = os.path.join(backup, next(name for name in os.listdir(backup) if "replaced" in name))
    assert made in contents(replaced).values()


def test_what_was_fetched_since_is_not_taken_away_unless_it_is_wanted(home):
    damaged_home(home)
    before = contents(data(home))
    report, _plan = work(home)
    started(home, 3, 6, 7)
    stays(home, "has fetched transactions since the repair: relay-bin.000003", quarantine=report["quarantine"])
    back(home, quarantine=report["quarantine"], force=True)
    assert contents(data(home)) == before


@pytest.mark.parametrize("number", [3, 5], ids=["by the name of an old one", "by a new name"])
@pytest.mark.parametrize("force", [False, True])
def test_an_applier_that_has_gone_on_to_a_newer_log_stays_there(home, number, force):
    damaged_home(home)
    report, _plan = work(home)
    started(home, number)
    words = "the applier has gone on to relay-bin.%06d" % number
    position = "./relay-bin.%06d:158" % number
    stays(home, words, quarantine=report["quarantine"], applier_position=position, force=force)


def test_where_the_applier_stands_has_to_be_known_when_a_name_was_used_again(home):
    damaged_home(home)
    report, _plan = work(home)
    started(home, 3)
    stays(home, "nobody knows where its applier stands", quarantine=report["quarantine"], applier_position=None)
    back(home, quarantine=report["quarantine"], applier_position=None, force=True)


@pytest.mark.parametrize("force", [False, True])
def test_logs_that_a_server_has_deleted_since_are_a_reason_not_to_go_back(home, force):
    damaged_home(home)
    report, _plan = work(home)
    os.unlink(data(home, log(1)))
    listed(home, 2)
    started(home, 3)
    stays(home, "lists logs that are gone by now", quarantine=report["quarantine"], force=force)


def test_a_cut_log_that_was_applied_and_deleted_is_one_as_well(home):
    damaged_home(home)
    os.unlink(data(home, log(1)))
    listed(home, 2, 3, 4)
    report, _plan = work(home, applier_position="relay-bin.000002:4")
    os.unlink(data(home, log(2)))
    listed(home)
    started(home, 5)
    options = {"quarantine": report["quarantine"], "applier_position": None}
    stays(home, "deleted logs since the repair, or written them anew: relay-bin.000002", **options)


def test_logs_that_were_written_anew_by_the_same_names_are_one_as_well(home):
    """A CHANGE deletes all logs, and a server begins to count them again."""
    damaged_home(home)
    report, _plan = work(home)
    listed(home)
    os.unlink(data(home, log(2)))
    started(home, 1)
    stays(home, "gone by now|written them anew", quarantine=report["quarantine"])


def test_also_where_there_is_but_one(home):
    damaged_home(home)
    for number in (1, 3, 4):
        os.unlink(data(home, log(number)))
    listed(home, 2)
    report, _plan = work(home, applier_position="relay-bin.000002:4")
    listed(home)
    started(home, 2, 6)
    options = {"quarantine": report["quarantine"], "applier_position": "relay-bin.000002:158"}
    stays(home, "deleted logs since the repair, or written them anew: relay-bin.000002", **options)


# -- on trial ----------------------------------------------------------------------------------------------------------


def test_what_is_on_trial_is_found_by_a_run_that_does_not_know_of_it(home):
    damaged_home(home)
    before = contents(data(home))
    _none, plan = back(home)
    assert plan.steps == []
    report, _plan = work(home, on_trial=True)
    assert back(home)[0]["quarantine"] == report["quarantine"]
    assert contents(data(home)) == before
    _again, plan = back(home)
    assert plan.steps == []
    assert os.listdir(os.path.join(home, "state")) == ["lock"]


def test_of_several_the_newest_comes_back_first(home):
    damaged_home(home)
    original = contents(data(home))
    first = work(home, on_trial=True)[0]["quarantine"]
    between = contents(data(home))
    os.truncate(data(home, log(2)), os.path.getsize(data(home, log(2))) - 3)
    damaged = contents(data(home))
    second = work(home, on_trial=True)[0]["quarantine"]
    assert back(home)[0]["quarantine"] == second
    assert contents(data(home)) == damaged
    write(data(home, log(2)), between[log(2)])
    assert back(home)[0]["quarantine"] == first
    assert contents(data(home)) == original


def test_what_was_accepted_is_put_back_only_by_its_name(home):
    damaged_home(home)
    before = contents(data(home))
    report, _plan = work(home, on_trial=True)
    _planned, plan = work(home, state="accepted", check=True)
    assert [step.action for step in plan.steps] == ["end_trial"]
    accepted, plan = work(home, state="accepted")
    assert (accepted["quarantine"], plan.needed) == (report["quarantine"], True)
    assert work(home, state="accepted")[1].needed is False
    assert back(home)[1].steps == []
    back(home, quarantine=report["quarantine"])
    assert contents(data(home)) == before


def test_a_repair_that_failed_in_the_middle_is_on_trial_as_well(home, monkeypatch):
    damaged_home(home)
    before = contents(data(home))

    def full(*_args):
        raise Interrupted("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(
            "ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_repair.take_over", full
        )
        with pytest.raises(Interrupted):
            work(home, on_trial=True)
    back(home)
    assert contents(data(home)) == before
    assert os.listdir(os.path.join(home, "state")) == ["lock"]


def test_nothing_is_repaired_while_the_old_logs_are_half_back(home, monkeypatch):
    damaged_home(home)
    before = contents(data(home))
    work(home, on_trial=True)

    def killed(*_args, **_kwargs):
        raise Interrupted("killed")

    with monkeypatch.context() as patch:
        patch.setattr(relaylog_restore.Restore, "put_back", killed)
        with pytest.raises(Interrupted):
            back(home)
    assert contents(data(home)) != before
    with pytest.raises(Refused, match="killed while it put the old logs back") as caught:
        work(home)
    assert caught.value.facts["needs"] == "restored"
    back(home)
    assert contents(data(home)) == before
    work(home)


# -- whose quarantine --------------------------------------------------------------------------------------------------


def test_a_quarantine_that_others_may_write_is_refused(home):
    damaged_home(home)
    report, _plan = work(home)
    shared = 0o770
    os.chmod(report["quarantine"], shared)
    not_back(home, "others than its owner", report["quarantine"])
    os.chmod(report["quarantine"], 0o700)
    made = quarantine_module.Quarantine.create(os.path.join(home, "backup"), "other", "a test")
    not_back(home, "this is no quarantine of relay logs", made.directory)
    not_back(home, "there is no such", os.path.join(home, "nothing"))


def not_back(home, words, quarantine):
    before = contents(data(home))
    with pytest.raises(BadInput, match=words):
        back(home, quarantine=quarantine)
    assert contents(data(home)) == before
