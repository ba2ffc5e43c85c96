# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for a new data directory, from every state that a run can leave; and what is refused before it."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Interrupted, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import (
    dialect,
    initialize_state,
    server_initialize,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions

STEPS = "set_aside make initialize create_accounts keep_files ready".split()
UUID = "01234567-89ab-cdef-0123-456789abcdef"
ASIDE = "/srv/mysql.set-aside-20261121T010203Z"
JOURNAL = dict(
    phase="begun",
    datadir="/srv/mysql",
    set_aside=ASIDE,
    staged="/srv/mysql.new-20261121T010203Z",
    old=11,
    new=22,
    mode=0o750,
    before={"datadir": "/srv/mysql", "server_uuid": UUID, "bytes": 5},
    directories=["log"],
)


def directory(path="/srv/mysql", **changes):
    return initialize_state.Directory(
        path=path, inode=11, uid=27, gid=28, mode=0o750, bytes=5, marks=["ibdata1"], server_uuid=UUID, schemas=["shop"]
    )._replace(**changes)


def observed(version="9.7.4", **changes):
    values = changes.pop("values", {})
    return initialize_state.Observed(
        configured="/var/lib/mysql",
        datadir="/srv/mysql",
        stamp="20261121T010203Z",
        options=ServerOptions(dialect.parse_version(version), values, {}),
        here=directory(),
        aside=None,
        template=None,
        journal={},
        users=[],
        mounts=[],
        free_bytes=1000,
        one_file_system=True,
        may_rename=True,
        we_are=0,
    )._replace(**changes)


def wish(**changes):
    return initialize_state.Wish(
        needed_bytes=1000,
        login=("admin", "secret", ["localhost"]),
        template=None,
        installer=None,
        state_dir="/var/lib/dbre",
        set_aside_dir="/srv",
    )._replace(**changes)


def actions(seen, **changes):
    return [step.action for step in server_initialize.plan(seen, wish(**changes)).steps]


NEW = directory(inode=22, schemas=[], marks=["ibdata1"])
OLD = directory(ASIDE, mode=0o700)


@pytest.mark.parametrize(
    ("here", "aside", "journal", "expected"),
    [
        (directory(), None, {}, ["journal", *STEPS]),
        # killed before the rename, after it, with a new directory in place, and before that was known to the journal
        (directory(), None, JOURNAL, ["clear", *STEPS]),
        (None, OLD, JOURNAL, ["clear", *STEPS]),
        (NEW, OLD, JOURNAL, ["clear", *STEPS]),
        (None, OLD, dict(JOURNAL, new=None), ["clear", *STEPS]),
        # ready: left alone while it is empty, whether a server ran in it or not
        (NEW, OLD, dict(JOURNAL, phase="ready"), []),
        (NEW._replace(schemas=["log"]), OLD, dict(JOURNAL, phase="ready"), []),
        (NEW, None, dict(JOURNAL, phase="ready"), []),
        # ready, and a server has worked in it since: a new trouble
        (NEW._replace(schemas=["shop"]), OLD, dict(JOURNAL, phase="ready"), ["journal", *STEPS]),
        # somebody put the old one, or another one, back by hand
        (directory(), None, dict(JOURNAL, phase="ready"), ["journal", *STEPS]),
        (directory(inode=33), None, JOURNAL, ["journal", *STEPS]),
        # the journal is that of another server
        (directory(), OLD, dict(JOURNAL, phase="ready", datadir="/srv/other"), ["journal", *STEPS]),
    ],
)
def test_the_plan_goes_on_from_what_is_there(here, aside, journal, expected):
    assert actions(observed(here=here, aside=aside, journal=journal)) == expected


def test_a_run_that_goes_on_keeps_the_names_and_the_owner_of_the_first_one():
    seen = observed(here=None, aside=OLD, journal=JOURNAL, stamp="20991231T235959Z")
    for step in server_initialize.plan(seen, wish()).steps:
        assert step.data["set_aside"] == ASIDE
        assert step.data["mode"] == 0o750, "not the 0700 that it has while it is aside"


def test_a_new_run_writes_down_what_is_needed_to_put_the_old_one_back():
    plan = server_initialize.plan(observed(), wish())
    record = plan.steps[0].data
    assert plan.steps[0].action == "journal"
    assert record["set_aside"] == ASIDE
    assert record["staged"].startswith("/srv/mysql."), "beside the data directory, wherever the old one goes"
    assert (record["old"], record["uid"], record["gid"], record["mode"]) == (11, 27, 28, 0o750)
    assert record["before"] == plan.before == {"datadir": "/srv/mysql", "server_uuid": UUID, "bytes": 5}
    assert "secret" not in str(plan)


REFUSED = {
    "in use": (dict(users=["process 7 (mysqld) has x open"]), {}, r"in use: process 7 \(mysqld\)"),
    "nothing there": (dict(here=None), {}, "not a data directory"),
    "no data directory": (dict(here=directory(marks=[])), {}, "not a data directory"),
    "mounted": (dict(mounts=["/srv/mysql"]), {}, "a file system is mounted there"),
    "InnoDB elsewhere": (dict(values={"innodb-undo-directory": "/undo"}), {}, "innodb-undo-directory=/undo"),
    "another file system": (dict(one_file_system=False), {}, "on another file system"),
    "no room": ({}, dict(needed_bytes=1001), "1000 bytes are free"),
    "not ours": (dict(we_are=1000), {}, "only root can rename"),
    "not in a directory of ours": (dict(we_are=27, may_rename=False), {}, "only root can rename"),
    "journal inside": ({}, dict(state_dir="/srv/mysql/state"), "state_dir lies in the data directory"),
    "aside inside": ({}, dict(set_aside_dir="/srv/mysql"), "set_aside_dir lies in the data directory"),
    "force recovery": (dict(values={"innodb-force-recovery": "6"}), {}, "innodb-force-recovery=6"),
    "read only": (dict(values={"innodb-read-only": "TRUE"}), {}, "innodb-read-only=TRUE"),
    "no grant tables": (dict(values={"skip-grant-tables": "TRUE"}), {}, "skip-grant-tables=TRUE"),
    "MariaDB": (dict(version="10.11.19-MariaDB"), {}, "nobody knows here how"),
    "too old": (dict(version="5.5.62"), {}, "nobody knows here how"),
    "5.6 alone": (dict(version="5.6.24"), {}, "MySQL 5.6.24 makes no data directory by itself"),
    "no template": (dict(version="5.6.24"), dict(template="/t"), "no pristine data directory"),
    "no login": ({}, dict(login=("admin", None, ["localhost"])), "no account with a password"),
    "another one in its place": (
        dict(here=directory(inode=33), aside=OLD, journal=JOURNAL),
        {},
        "one that we did not make is in its place",
    ),
    "old one lost": (dict(here=NEW, aside=None, journal=JOURNAL), {}, "had set aside is not found"),
    "a run on another server": (dict(journal=dict(JOURNAL, datadir="/srv/other")), {}, "had set aside is not found"),
}


@pytest.mark.parametrize(("seen", "wanted", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_before_anything_is_touched(seen, wanted, message):
    with pytest.raises(Refused, match=message) as caught:
        server_initialize.plan(observed(**seen), wish(**wanted))
    assert caught.value.untouched == "everything"
    assert caught.value.next_step


def test_a_password_beyond_ascii_is_refused():
    with pytest.raises(BadInput):
        server_initialize.plan(observed(), wish(login=("admin", "\u00fc", ["localhost"])))


@pytest.mark.parametrize(
    ("pristine", "fine"),
    [
        (directory("/t", marks=["mysql"], schemas=[]), True),
        (directory("/t", marks=["mysql"]), False),
        (directory("/t", marks=["ibdata1"], schemas=[]), False),
        (directory("/srv", marks=["mysql"], schemas=[]), False),
        (directory("/srv/mysql", marks=["mysql"], schemas=[]), False),
        (directory("/srv/mysql/template", marks=["mysql"], schemas=[]), False),
        (None, False),
    ],
)
def test_a_template_is_a_data_directory_that_nobody_has_worked_in(pristine, fine):
    seen = observed(version="5.6.24", template=pristine)
    if fine:
        assert actions(seen, template=pristine.path) == ["journal", *STEPS]
    else:
        with pytest.raises(Refused, match="no pristine data directory"):
            actions(seen, template=pristine.path if pristine else "/t")


@pytest.mark.parametrize(
    ("version", "way", "in_files"),
    [
        ("5.6.24", "files", True),
        ("5.7.8", "files", True),
        ("5.7.9", "initialize", True),
        ("5.7.44-log", "initialize", True),
        ("8.0.11", "initialize", False),
        ("8.4.6", "initialize", False),
        ("9.7.4-2", "initialize", False),
        ("5.5.62", None, True),
        ("10.11.19-MariaDB", None, False),
    ],
)
def test_each_series_gets_its_way(version, way, in_files):
    known = dialect.parse_version(version)
    assert initialize_state.way_of(known) == way
    assert initialize_state.accounts_in_files(known) is in_files


def test_the_owner_may_do_it_without_being_root():
    assert actions(observed(we_are=27)) == ["journal", *STEPS]


def test_an_end_that_is_not_the_one_that_was_made_is_said():
    with pytest.raises(Interrupted, match="somebody else works there"):
        server_initialize.finished(observed(here=directory(inode=33), journal=dict(JOURNAL, phase="ready")))
