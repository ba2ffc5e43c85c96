# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of one start are there for it and gone afterwards, whoever is killed; a file of somebody else's stays."""

import importlib
import json
import os
import stat
import subprocess
import sys

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused, ReplicaError

KILL_EVERY = int(os.environ.get("KILL_EVERY", "1"))  # system calls: see killed_at_every_step.py

HERE = os.path.dirname(os.path.abspath(__file__))


def work(directory, **options):
    sys.path.insert(0, HERE)
    try:
        return importlib.import_module("killed_start_options").work(directory, **options)
    finally:
        sys.path.remove(HERE)


@pytest.fixture(name="home")
def _home(tmp_path):
    return str(tmp_path)


def text_in(home, name="dropin.cnf"):
    path = os.path.join(home, name)
    if not os.path.exists(path):
        return None
    with open(path) as source:
        return source.read()


def journal_of(home):
    return text_in(home, os.path.join("state", "start-options.json"))


def test_they_are_there_for_one_start_and_gone_afterwards(home):
    assert work(home, options=["relay-log=elsewhere"]).needed
    text = text_in(home)
    for line in ("[mysqld]", "loose-skip-replica-start", "loose-relay-log-recovery=0", "relay-log=elsewhere"):
        assert line in text.splitlines()
    assert stat.S_IMODE(os.stat(os.path.join(home, "dropin.cnf")).st_mode) == 0o644
    assert not work(home, options=["relay-log=elsewhere"]).needed
    assert work(home, state="absent").needed
    assert (text_in(home), journal_of(home)) == (None, None)
    assert not work(home, state="absent").needed


def test_a_file_of_another_name_that_a_run_has_left_goes_too(home):
    left = os.path.join(home, "old.cnf")
    work(home, path=left)
    work(home, state="absent")
    assert (text_in(home, "old.cnf"), journal_of(home)) == (None, None)
    work(home, path=left)
    assert work(home, path=None, state="absent").needed
    assert (text_in(home, "old.cnf"), journal_of(home)) == (None, None)


def test_somebody_elses_file_is_neither_written_over_nor_removed(home):
    theirs = "[mysqld]\nmax_connections=500\n"
    with open(os.path.join(home, "dropin.cnf"), "w") as sink:
        sink.write(theirs)
    with pytest.raises(Refused, match="somebody else's"):
        work(home)
    assert not work(home, state="absent").needed
    assert text_in(home) == theirs


def test_a_directory_that_is_not_there_is_an_error(home):
    with pytest.raises(ReplicaError, match="cannot write the options"):
        work(home, path=os.path.join(home, "nowhere", "dropin.cnf"))


@pytest.mark.parametrize("name", ["write options", "remove options"])
def test_killed_at_every_step_the_next_run_takes_them_away(tmp_path, name):
    where = tmp_path / "killed"
    where.mkdir()
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "killed_start_options.py"), name, str(where)],
        stdout=subprocess.PIPE,
        check=True,
    )
    directories = json.loads(done.stdout)
    assert len(directories) * KILL_EVERY > 3
    for directory in directories:
        text = text_in(directory)
        assert text is None or text.endswith("loose-relay-log-recovery=0\n"), "never half a file"
        work(directory, state="absent")
        assert (text_in(directory), journal_of(directory)) == (None, None)
        assert os.listdir(directory) in ([], ["state"])
