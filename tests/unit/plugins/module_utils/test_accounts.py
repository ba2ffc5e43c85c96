# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When accounts may be replaced, and what is said of it. And the copy: nothing that is no copy becomes a statement."""

import json
import os
import stat

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import account_copy
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import accounts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import Table, encode
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import parse_version

HERE = parse_version("9.7.4")


def tables(*users, **columns):
    names = ["Host", "User", columns.get("third", "secret")]
    rows = [(encode("localhost"), encode(user), encode("hash of " + user)) for user in users]
    return {"user": Table(names, ["Host", "User"], [], rows)}


@pytest.fixture(name="seen")
def _seen():
    def make(**changes):
        return accounts.Observed(
            address="db2:3306",
            super_read_only=False,
            appliers=[],
            own=("admin", "localhost"),
            before=tables("admin", "old"),
            offered=tables("admin", "app"),
            unfinished=None,
        )._replace(**changes)

    return make


def test_the_plan_names_accounts_and_no_secret(seen):
    plan = accounts.plan(seen(), "/backup/all.sql")
    assert [step.action for step in plan.steps] == ["replace"]
    assert plan.steps[0].display == "add 'app'@'localhost'; remove 'old'@'localhost'"
    assert plan.after == {"accounts": ["'admin'@'localhost'", "'app'@'localhost'"]}
    assert encode("hash of app") not in json.dumps([plan.public(), plan.before, plan.after, accounts.outcome(seen())])


def test_equal_accounts_need_no_step_whatever_else_is_so(seen):
    same = seen(offered=tables("old", "admin"), appliers=[""], super_read_only=True)
    assert not accounts.plan(same, "x").needed


def test_a_run_that_was_killed_is_brought_to_its_end_though_the_rows_are_equal(seen):
    plan = accounts.plan(seen(offered=tables("old", "admin"), unfinished="/backup/accounts-1"), "x")
    assert "/backup/accounts-1" in plan.steps[0].reason
    assert plan.steps[0].data["copy"] == "/backup/accounts-1"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"appliers": ["", "x"]}, "replication is running"), ({"super_read_only": True}, "super_read_only")],
)
def test_nobody_else_may_be_at_work(seen, changes, said):
    with pytest.raises(Refused) as caught:
        accounts.plan(seen(**changes), "x")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("8.4.6", "not the same series"),
        ("9.6.0", "not the same series"),
        ("10.11.19-MariaDB", "not the same series"),
        (None, "nothing says"),
    ],
)
def test_accounts_of_another_series_are_refused(version, said):
    with pytest.raises(Refused) as caught:
        accounts.guard_series(version, HERE, "x")
    assert said in str(caught.value)


def test_another_patch_level_is_the_same_series():
    accounts.guard_series("9.7.0-cloud", HERE, "x")


def test_mariadb_keeps_its_accounts_another_way():
    with pytest.raises(Refused):
        accounts.guard_series("10.11.19-MariaDB", parse_version("10.11.19-MariaDB"), "x")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"complete": False, "incomplete_reason": "it is cut"}, "it is cut"),
        ({"system_tables": ["db"]}, "no table mysql.user"),
        ({"server_version": "5.6.24-log"}, "not the same series"),
    ],
)
def test_a_dump_that_cannot_give_accounts_is_refused(changes, said):
    told = {
        "complete": True,
        "incomplete_reason": None,
        "system_tables": ["user"],
        "server_version": "9.7.1",
        "path": "d",
    }
    accounts.guard_dump(told, HERE)
    with pytest.raises(Refused) as caught:
        accounts.guard_dump(dict(told, **changes), HERE)
    assert said in str(caught.value)


@pytest.mark.parametrize("offered", [{}, tables(), tables("mysql.sys")])
def test_half_of_the_tables_or_none_of_the_accounts_is_refused(offered):
    with pytest.raises(Refused):
        accounts.guard_tables(tables("admin"), offered, "x")


def test_columns_and_tables_that_only_one_side_has_are_told(seen):
    offered = dict(tables("admin", third="theirs"), global_priv=Table([], [], [], []))
    notes = accounts.outcome(seen(offered=offered))["notes"]
    assert [note.split(":")[0] for note in notes] == [
        "mysql.global_priv is not on this server",
        "mysql.user has no column theirs here",
        "mysql.user",
    ]
    assert "secret not offered" in notes[2]


def test_the_copy_is_private_and_comes_back_as_it_was(tmp_path):
    saved = tables("admin", "app")
    directory = account_copy.keep(str(tmp_path / "backup"), "9.7.4", saved)
    assert account_copy.read(directory) == ("9.7.4", saved)
    path = os.path.join(directory, account_copy.FILE)
    assert (stat.S_IMODE(os.stat(path).st_mode), stat.S_IMODE(os.stat(directory).st_mode)) == (0o600, 0o700)


@pytest.mark.parametrize("value", ["4", "zz", "41') OR 1 -- ", "DEFAULT", 41])
def test_a_copy_that_was_tampered_with_is_not_believed(tmp_path, value):
    directory = account_copy.keep(str(tmp_path), "9.7.4", tables("admin"))
    path = os.path.join(directory, account_copy.FILE)
    with open(path, encoding="utf-8") as source:
        record = json.load(source)
    record["tables"]["user"]["rows"][0][1] = value
    with open(path, "w", encoding="utf-8") as sink:
        json.dump(record, sink)
    with pytest.raises(BadInput):
        account_copy.read(directory)


def test_a_directory_without_a_copy_is_no_copy(tmp_path):
    with pytest.raises(BadInput) as caught:
        account_copy.read(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
