# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin glue of mysql_error_log and mysql_xtrabackup_info: options in, documented values out."""

import os
import re

import pytest

from ansible_collections.dbre.mysql_replica.plugins.modules import mysql_error_log, mysql_xtrabackup_info

FIXTURES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "module_utils/fixtures/error_logs")
CRASH = os.path.join(FIXTURES, "5.6.39-applier-crash.log")


class Left(Exception):
    """What the module left with."""


class Module:
    """Stands in for AnsibleModule: defaults from the module's own specification, no arguments from standard input."""

    params = None

    def __init__(self, argument_spec, supports_check_mode):
        assert supports_check_mode is True
        self.check_mode = False
        given, self.params = self.params or {}, {name: spec.get("default") for name, spec in argument_spec.items()}
        assert set(given) <= set(argument_spec)
        self.params.update(given)

    def exit_json(self, **result):
        raise Left("exit", result)

    def fail_json(self, **result):
        raise Left("fail", result)


@pytest.fixture(name="run")
def _run(monkeypatch):
    def run(module, **params):
        monkeypatch.setattr(module, "AnsibleModule", Module)
        monkeypatch.setattr(Module, "params", params)
        with pytest.raises(Left) as caught:
            module.main()
        return caught.value.args

    return run


def documented(module):
    """The names of the return values, and of what each of them contains."""
    top, inner, name = set(), {}, None
    for indent, key in re.findall(r"^( {0,4})(\w+):$", module.RETURN, re.MULTILINE):
        if not indent:
            top.add(key)
            name = key
        elif len(indent) == 4:
            inner.setdefault(name, set()).add(key)
    return top, inner


def test_a_crash(run):
    how, result = run(mysql_error_log, path=CRASH)
    assert how == "exit"
    assert result["changed"] is False
    assert result["verdict"]["cause"] == "innodb_pars0pars_865"
    assert result["verdict"]["crash_loop"] is True
    assert result["verdict"]["where"].startswith(CRASH + ":")
    assert [finding["id"] for finding in result["findings"]] == [
        "innodb_pars0pars_865",
        "crash_loop",
        "relay_log_names_unset",
    ]
    assert result["findings"][2]["options"] == ["relay_log = relay-bin", "relay_log_index = relay-bin.index"]


def test_a_log_that_is_not_there(run, tmp_path):
    how, result = run(mysql_error_log, path=str(tmp_path / "error.log"))
    assert how == "fail"
    assert result["changed"] is False
    assert result["error"]["kind"] == "bad_input"
    how, result = run(mysql_xtrabackup_info, path=str(tmp_path))
    assert how == "fail"
    assert result["error"]["kind"] == "bad_input"


def test_all_that_is_returned_of_a_log_is_documented(run):
    _how, result = run(mysql_error_log, path=CRASH, since_last_start=False)
    top, inner = documented(mysql_error_log)
    assert set(result) - {"changed"} == top
    assert set(result["verdict"]) == inner["verdict"]
    for finding in result["findings"] + result["past"] + result["advice"]:
        assert set(finding) == inner["findings"]
    assert set(result["runs"][0]) == inner["runs"]
    assert set(result["files"][0]) == inner["files"]


def test_all_that_is_returned_of_a_backup_is_documented(run, tmp_path):
    (tmp_path / "xtrabackup_checkpoints").write_text("backup_type = full-backuped\n")
    how, result = run(mysql_xtrabackup_info, path=str(tmp_path))
    assert how == "exit"
    top, inner = documented(mysql_xtrabackup_info)
    assert set(result) - {"changed"} == top
    assert set(result["prepare"]) == inner["prepare"]
