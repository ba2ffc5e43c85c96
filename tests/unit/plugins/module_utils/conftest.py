# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several tests here start from."""

import importlib
import json
import os
import subprocess
import sys

import pytest

_HERE = os.path.dirname(os.path.abspath(__file__))
_STATUS = "ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status"


@pytest.fixture(name="a_channel")
def _a_channel():
    """Makes a running channel that has applied all it retrieved, but for what is given."""
    # Not imported above: a conftest is read before pytest-ansible has put its loader of collections in place.
    status = importlib.import_module(_STATUS)

    def make(**changes):
        return status.Channel(
            name="",
            source_host="db1",
            source_port=3306,
            source_user="repl",
            source_uuid="aaaaaaaa-2222-3333-4444-555555555555",
            auto_position=True,
            receiver="running",
            receiver_failure=None,
            applier="running",
            applier_state="Replica has read all relay log; waiting for more updates",
            applier_failure=None,
            retrieved_gtids="aaaaaaaa-2222-3333-4444-555555555555:6-10",
            executed_gtids="aaaaaaaa-2222-3333-4444-555555555555:1-10",
            source_log_file="mysql-bin.000003",
            source_log_pos=535,
            relay_log_file="relay-bin.000002",
            relay_log_pos=422,
            relay_log_space=811,
            seconds_behind_source=0,
            delay=0,
            ssl=True,
            ssl_ca="",
            get_source_public_key=False,
        )._replace(**changes)

    return make


@pytest.fixture(name="killed_at_every_step")
def _killed_at_every_step(tmp_path):
    """Runs a work of killed_at_every_step.py; returns a directory for each instant it was killed at, and last that
    of the run that came to its end."""

    def run(work):
        done = subprocess.run(
            [sys.executable, os.path.join(_HERE, "killed_at_every_step.py"), work, str(tmp_path)],
            stdout=subprocess.PIPE,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
            check=True,
        )
        return json.loads(done.stdout.decode("utf-8"))

    return run
