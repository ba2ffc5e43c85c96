# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules are thin: documentation, an argument spec, and the names of steps that a plan in logic/ carries.

That options are documented as they are is the work of `ansible-test sanity --test validate-modules`.
"""

import ast
import importlib
import os

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils import argspec, errors

MODULE_UTILS = os.path.dirname(errors.__file__)
MODULES = os.path.join(os.path.dirname(MODULE_UTILS), "modules")
PACKAGE = "ansible_collections.dbre.mysql_replica.plugins.modules."
NAMES = sorted(name[:-3] for name in os.listdir(MODULES) if name.endswith(".py"))
MOST_LINES = 95
DOCUMENTATION = ("DOCUMENTATION", "EXAMPLES", "RETURN")

# module, its operation, the file in logic/ that plans for it
PLANNED = [
    ("mysql_gtid_reset", "GtidReset", "gtid_reset"),
    ("mysql_replication_source", "ReplicationSource", "channel_change"),
    ("mysql_replica_quiet", "Quiet", "quiet"),
    ("mysql_dump_load", "DumpLoad", "load_plan"),
    ("mysql_dump_accounts", "DumpAccounts", "accounts"),
    ("mysql_server_initialize", "ServerInitialize", "server_initialize"),
    ("mysql_stats_tables", "StatsTables", "systables/steps"),
    ("mysql_stats_tables", "OfflineTables", "systables/offline"),
    ("mysql_stats_tables", "RestoredTables", "systables/restored"),
    ("mysql_relaylog_repair", "RelaylogRepair", "relaylog/repair relaylog/restore"),
    ("mysql_relaylog_rescue", "RelaylogRescue", "relaylog/rescue"),
    ("mysql_start_options", "Options", "start_options"),
    ("mysql_force_recovery", "ForceRecovery", "salvage/recovery"),
    ("mysql_salvage_export", "SalvageExport", "salvage/export"),
    ("mysql_salvage_check", "SalvageCheck", "salvage/check"),
    ("mysql_salvage_add", "SalvageAdd", "salvage/local"),
    ("mysql_salvage_logs", "KeepLogs", "salvage/keep_logs"),
    ("mysql_salvage_replay", "SalvageReplay", "salvage/replay"),
]


def parse(directory, name):
    with open(os.path.join(directory, name + ".py"), encoding="utf-8") as source:
        text = source.read()
    return text, ast.parse(text)


def imported(name):
    return importlib.import_module(PACKAGE + name)


def lines_of_code(name):
    """Lines after the documentation that hold more than white space or a comment."""
    text, tree = parse(MODULES, name)
    documented = [
        node
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in DOCUMENTATION
    ]
    assert [node.targets[0].id for node in documented] == list(DOCUMENTATION)
    code_begins = tree.body[tree.body.index(documented[-1]) + 1].lineno
    lines = [line.strip() for line in text.splitlines()[code_begins - 1 :]]
    return [line for line in lines if line and not line.startswith("#")]


def actions_of(names):
    """The actions of all steps that files in logic/ plan."""
    trees = [parse(os.path.join(MODULE_UTILS, "logic"), name)[1] for name in names.split()]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {ast.literal_eval(call.args[0]) for call in calls if getattr(call.func, "id", None) == "Step"}


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_thin(name):
    assert len(lines_of_code(name)) <= MOST_LINES


@pytest.mark.parametrize("name", NAMES)
def test_a_module_can_be_imported_and_has_one_entry(name):
    assert callable(imported(name).main)


@pytest.mark.parametrize(("module", "operation", "logic"), PLANNED, ids=[row[1] for row in PLANNED])
def test_every_planned_step_can_be_done_and_nothing_else(module, operation, logic):
    done = {name[len("do_") :] for name in dir(getattr(imported(module), operation)) if name.startswith("do_")}
    assert actions_of(logic)
    assert done == actions_of(logic)


def test_every_module_that_plans_is_looked_at_here():
    planning = {name for name in NAMES if "runner import run\n" in parse(MODULES, name)[0]}
    assert planning == {row[0] for row in PLANNED}


class Spec(Exception):
    """What a module asked AnsibleModule for."""


@pytest.fixture(name="asked")
def _asked(monkeypatch):
    def ask(name):
        def stand_in(**asked):
            raise Spec(asked)

        module = imported(name)
        monkeypatch.setattr(module, "AnsibleModule", stand_in)
        with pytest.raises(Spec) as caught:
            module.main()
        return caught.value.args[0]

    return ask


@pytest.mark.parametrize("name", NAMES)
def test_every_module_has_a_check_mode(asked, name):
    assert asked(name)["supports_check_mode"] is True


@pytest.mark.parametrize("name", NAMES)
def test_passwords_are_not_logged(asked, name):
    for option, spec in asked(name)["argument_spec"].items():
        if "password" in option:
            assert spec.get("no_log") is True, option


@pytest.mark.parametrize("name", NAMES)
def test_shared_options_are_the_same_everywhere(asked, name):
    spec = asked(name)["argument_spec"]
    shared = dict(argspec.connection_spec(), **argspec.state_spec())
    # mysql_replication_source writes its source_* into the channel: they are optional, and of other meaning.
    shared.update(argspec.source_spec() if "source_ca_cert" in spec else {})
    assert {option: spec[option] for option in spec if option in shared} == {
        option: shared[option] for option in spec if option in shared
    }


def test_a_spec_is_made_anew_for_each_module():
    argspec.connection_spec()["login_port"]["default"] = 1
    argspec.state_spec()["assume"]["choices"].append("everything")
    assert argspec.connection_spec()["login_port"]["default"] == 3306
    assert argspec.state_spec()["assume"]["choices"] == list(argspec.ASSUMABLE)
