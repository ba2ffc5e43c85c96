# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a salvage may begin, what it does, and when it is done: the plans of its three modules."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, NotReached, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version, parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.initialize_state import Directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import (
    check,
    climb,
    export,
    ledger,
    recovery,
)

HERE = Directory("/d", 77, 64, 64, 0o700, 1000, ["ibdata1"], None, ["shop"])
OPTIONS = ServerOptions(parse_version("5.6.24"), {"innodb-data-file-path": "ibdata1:12M"}, {})
WISH = recovery.Wish(6, "/d.salvage", recovery.ALL, recovery.COPY, True)
SEEN = recovery.Observed(
    configured="/d",
    datadir="/d",
    options=OPTIONS,
    here=HERE,
    users=[],
    files_version=Version(5, 6, 24),
    leads_outside=None,
    needed_bytes=1000,
    free_bytes=2000,
    copy_there=False,
    writable=dict(datadir=True, copy_to=True),
    journal={},
    we_are=0,
)


def attempt(level, outcome, redo=climb.AS_FOUND):
    return climb.Attempt(redo, level, outcome, 1.0, "/log", [], "last words")


def going_on(*attempts, **more):
    record = dict(recovery.new_record(SEEN, WISH), copied=True, attempts=[one.public() for one in attempts])
    return SEEN._replace(journal=dict(record, **more), copy_there=True)


def actions(plan):
    return [step.action for step in plan.steps]


def test_first_the_copy_then_the_climb_then_the_climb_without_the_redo_log():
    assert actions(recovery.plan(SEEN, WISH)) == ["copy", "climb", "climb_without_redo"]
    assert actions(recovery.plan(SEEN, WISH._replace(set_redo_aside=False))) == ["copy", "climb"]
    assert recovery.plan(SEEN, WISH).steps[1].data["work"] == "/d.salvage"
    assert recovery.plan(SEEN, WISH._replace(work_on=recovery.ORIGINAL)).steps[1].data["work"] == "/d"


def test_a_killed_run_goes_on_without_another_copy():
    plan = recovery.plan(going_on(attempt(0, climb.DIED)), WISH)
    assert actions(plan) == ["climb", "climb_without_redo"]
    assert [one["level"] for one in plan.steps[0].data["attempts"]] == [0]


def test_a_copy_that_was_not_finished_is_finished_although_its_name_is_taken():
    assert actions(recovery.plan(going_on(copied=False), WISH))[0] == "copy"


def test_what_was_found_is_not_looked_for_again():
    plan = recovery.plan(going_on(attempt(0, climb.DIED), attempt(1, climb.ANSWERS)), WISH)
    assert (plan.steps, plan.before["level"]) == ([], 1)


def test_the_journal_of_another_directory_does_not_count():
    replaced = going_on(attempt(0, climb.ANSWERS))._replace(here=HERE._replace(inode=78), copy_there=False)
    assert actions(recovery.plan(replaced, WISH))[0] == "copy"


def test_an_attempt_that_was_unfit_is_made_again():
    plan = recovery.plan(going_on(attempt(0, climb.DIED), attempt(1, climb.UNFIT)), WISH)
    assert [one["level"] for one in plan.steps[0].data["attempts"]] == [0]


def test_when_nothing_is_left_to_try_that_is_said_with_every_attempt():
    tried = [attempt(level, climb.DIED, redo) for redo in (climb.AS_FOUND, climb.SET_ASIDE) for level in range(7)]
    with pytest.raises(NotReached) as caught:
        recovery.plan(going_on(*tried), WISH)
    assert len(caught.value.facts["attempts"]) == 14
    with pytest.raises(NotReached) as caught:
        recovery.report(going_on(attempt(0, climb.UNFIT)), WISH, planned_only=False)
    assert "last words" in str(caught.value)


@pytest.mark.parametrize(
    ("seen", "wish", "words"),
    [
        (dict(here=None), {}, "not a data directory"),
        (dict(here=HERE._replace(marks=[])), {}, "not a data directory"),
        (dict(users=["process 5 (mysqld) has it"]), {}, "process 5"),
        (dict(options=OPTIONS._replace(dialect=parse_version("10.11.2-MariaDB"))), {}, "no MySQL"),
        (dict(files_version=Version(5, 7, 24)), {}, "5.7.24, and this mysqld is 5.6.24"),
        (dict(we_are=1000), {}, "owner"),
        (dict(options=OPTIONS._replace(values={"innodb-undo-directory": "/elsewhere"})), {}, "/elsewhere"),
        (dict(leads_outside="/d/shop/t.isl"), {}, "t.isl"),
        ({}, dict(copy_to="/d/copy"), "in the data directory"),
        ({}, dict(copy=recovery.SYSTEM), "cannot be started"),
        (dict(writable=dict(datadir=False, copy_to=True)), dict(work_on=recovery.ORIGINAL), "written to"),
        (dict(writable=dict(datadir=True, copy_to=False)), {}, "cannot be written"),
        (dict(copy_there=True), {}, "has the name"),
        (dict(free_bytes=999), {}, "999 are free"),
    ],
)
def test_a_climb_that_could_do_harm_is_refused(seen, wish, words):
    with pytest.raises(Refused) as caught:
        recovery.plan(SEEN._replace(**seen), WISH._replace(**wish))
    assert words in str(caught.value)
    assert caught.value.untouched == "everything"


def test_the_original_may_be_worked_on_with_a_copy_of_the_system_s_files_alone():
    wish = WISH._replace(copy=recovery.SYSTEM, work_on=recovery.ORIGINAL)
    assert "dictionaries" in recovery.plan(SEEN, wish).steps[0].display


# -- the export ----------------------------------------------------------------------------------------------

ASKED = export.wish_of(
    dict(where={"s.a": "x"}, row_limits={}, exclude_tables=["s.b"], exclude_schemas=["t"], schema_only=False)
)
FOUND = dict(work="/d.salvage", inode=7, attempts=[attempt(0, climb.DIED).public(), attempt(1, climb.ANSWERS).public()])
EXPORT = export.Observed("/export", FOUND, {}, ASKED, [])


def test_accounts_come_first_then_definitions_then_rows():
    assert actions(export.plan(EXPORT)) == ["begin", "accounts", "definitions", "rows", "ledger"]


def test_an_export_that_is_done_is_not_repeated_and_one_that_is_not_goes_on():
    begun = export.new_record(ASKED, FOUND)
    assert actions(export.plan(EXPORT._replace(journal=begun)))[0] == "begin"
    nothing_done = export.new_record(dict(ASKED, schema_only=True), FOUND)
    assert actions(export.plan(EXPORT._replace(journal=nothing_done)))[0] == "begin"
    done = dict(begun, phase=export.DONE, tables={"s.a": ledger.left_out("s", "a", "asked for")})
    assert actions(export.plan(EXPORT._replace(journal=done))) == []
    out_of_time = dict(done, tables={"s.a": ledger.left_out("s", "a", "the time was over", over=True)})
    assert "rows" in actions(export.plan(EXPORT._replace(journal=out_of_time)))


def test_only_what_stands_in_the_journal_is_loaded():
    half = ledger.entry("s", "b", dict(state=ledger.PARTIAL), files=[dict(path="b.sql")], over=True)
    whole = ledger.entry("s", "a", dict(state=ledger.SAVED), files=[dict(path="a.sql")])
    record = dict(files={"definitions s": dict(path="d.sql")}, tables={"s.a": whole, "s.b": half})
    assert export.files_of(record) == {"a.sql", "d.sql"}


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (dict(recovery={}), "which level"),
        (dict(recovery=dict(FOUND, attempts=FOUND["attempts"][:1])), "which level"),
        (dict(journal=dict(export.new_record(dict(ASKED, schema_only=True), FOUND), files={"a": {}})), "other options"),
        # a server that was salvaged once is damaged again: the old rows are not the new ones
        (
            dict(journal=dict(export.new_record(ASKED, dict(FOUND, inode=8)), phase="done", tables={"a": {}})),
            "another data",
        ),
        (dict(users=["process 5 (mysqld) has it"]), "process 5"),
    ],
)
def test_an_export_that_would_not_be_what_was_asked_for_is_refused(seen, words):
    with pytest.raises(Refused) as caught:
        export.plan(EXPORT._replace(**seen))
    assert words in str(caught.value)


def test_what_is_left_out_is_left_out_by_choice():
    assert export.why_left_out("s", "s.a", ASKED) is None
    assert export.why_left_out("s", "s.b", ASKED)
    assert export.why_left_out("t", "t.a", ASKED)
    assert export.why_left_out("s", "s.a", dict(ASKED, schema_only=True))
    with pytest.raises(BadInput):
        export.wish_of(dict(ASKED, where={"s.b": "x"}))


# -- the check -----------------------------------------------------------------------------------------------

TABLES = [
    dict(schema="s", table="a", rows_saved=5, files=[{}], state="saved"),
    dict(schema="s", table="b", rows_saved=0, files=[], state="left_out"),
    dict(schema="s", table="c", rows_saved=0, files=[], state="lost"),
]
CHECK = check.Observed(
    "socket",
    dict(tables=TABLES, enabled_events=["s.e", "s.gone"]),
    {"s.a": 5, "s.b": 0, "s.c": None},
    {
        "s.e": dict(schema="s", name="e", status="SLAVESIDE_DISABLED"),
        "s.f": dict(schema="s", name="f", status="DISABLED"),
    },
)


def test_events_run_again_that_ran_before_and_no_others():
    plan = check.plan(CHECK)
    assert [(step.action, step.target) for step in plan.steps] == [("enable_event", "s.e")]
    awake = dict(CHECK.events, **{"s.e": dict(schema="s", name="e", status="ENABLED")})
    assert check.plan(CHECK._replace(events=awake)).steps == []


@pytest.mark.parametrize(
    ("rows", "words"), [({"s.a": 4}, "s.a has 4 rows"), ({"s.a": None}, "s.a is not there"), ({"s.b": 1}, "s.b has 1")]
)
def test_rows_that_are_not_those_of_the_ledger_are_told_and_nothing_is_done(rows, words):
    with pytest.raises(Refused) as caught:
        check.plan(CHECK._replace(rows=dict(CHECK.rows, **rows)))
    assert words in str(caught.value)
