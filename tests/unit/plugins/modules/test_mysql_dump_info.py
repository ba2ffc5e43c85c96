# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin glue of mysql_dump_info: options in, documented values out."""

import os
import re

import pytest

from ansible_collections.dbre.mysql_replica.plugins.modules import mysql_dump_info

FIXTURE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "module_utils/fixtures/dumps/mysqldump-tiny.sql")


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
    def run(**params):
        monkeypatch.setattr(mysql_dump_info, "AnsibleModule", Module)
        monkeypatch.setattr(Module, "params", params)
        with pytest.raises(Left) as caught:
            mysql_dump_info.main()
        return caught.value.args

    return run


def test_a_whole_dump(run):
    how, result = run(path=FIXTURE)
    assert how == "exit"
    assert result["changed"] is False
    assert result["complete"] is True
    assert result["databases"] == ["tiny"]
    assert result["checksum"] is None


def test_a_cut_dump(run, tmp_path):
    with open(FIXTURE, "rb") as source:
        (tmp_path / "cut.sql").write_bytes(source.read()[:3000])
    how, result = run(path=str(tmp_path / "cut.sql"))
    assert how == "fail"
    assert result["changed"] is False
    assert result["msg"].startswith("this is not a whole dump")
    assert result["error"]["kind"] == "bad_input"
    how, result = run(path=str(tmp_path / "cut.sql"), require_complete=False, checksum=True)
    assert how == "exit"
    assert result["complete"] is False
    assert len(result["checksum"]) == 64


def test_all_that_is_returned_is_documented(run):
    _how, result = run(path=FIXTURE)
    documented = set(re.findall(r"^(\w+):$", mysql_dump_info.RETURN, re.MULTILINE))
    assert set(result) - {"changed"} == documented
