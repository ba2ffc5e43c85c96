# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever instant a run is killed at, the old data directory is whole, and the same task goes on."""

import json
import os
import stat
import subprocess
import sys

import pytest

KILL_EVERY = int(os.environ.get("KILL_EVERY", "1"))  # system calls: see killed_at_every_step.py

HERE = os.path.dirname(os.path.abspath(__file__))
OLD_MODE = 0o740
SECRET = b"s3cr3t of the new account"


def program(*arguments):
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "killed_initialize.py"), *arguments],
        stdout=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        check=True,
    )
    return json.loads(done.stdout.decode("utf-8"))


def files(path):
    """Relative name -> content."""
    found = {}
    for where, _directories, names in os.walk(path):
        for name in names:
            with open(os.path.join(where, name), "rb") as source:
                found[os.path.relpath(os.path.join(where, name), path)] = source.read()
    return found


def data_directories(directory):
    return {name: files(os.path.join(directory, name)) for name in os.listdir(directory) if name.startswith("data")}


def old_ones(directory):
    """Names of the directories that are the old data directory, whole."""
    return [
        name
        for name, content in data_directories(directory).items()
        if content.get("shop/orders.ibd") == b"orders" * 1000
        and content.get("ibdata1") == b"\xee" * 10000
        and len(content) == 8
    ]


def mode(directory, name):
    return stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode)


def assert_done(directory, result):
    aside = os.path.basename(result["set_aside"])
    content = data_directories(directory)
    assert old_ones(directory) == [aside]
    assert mode(directory, aside) == 0o700
    assert mode(directory, "data") == OLD_MODE
    assert content["data"]["server-key.pem"] == b"the old key"
    if "mysql.ibd" not in content["data"]:
        assert content["data"]["mysql/user.MYD"] == b"old accounts"
    assert b"01234567-89ab-cdef-0123-456789abcdef" in content["data"]["auto.cnf"]
    assert "server-cert.pem" not in content["data"], "keys of two servers do not mix"
    assert os.path.isdir(os.path.join(directory, "data", "log"))
    assert not [name for name in content if ".new-" in name], "nothing half made that nobody needs"
    assert not [name for found in content.values() for name, text in found.items() if SECRET in text]
    assert ".mysql_replica_initialize" not in os.listdir(os.path.join(directory, "data"))


@pytest.mark.parametrize("work", ["initialize", "initialize 5.6", "fail", "fail 5.6", "go on"])
def test_killed_at_any_instant_the_same_task_ends_with_both_directories(tmp_path, work):
    directories = program(work, str(tmp_path))
    assert len(directories) * KILL_EVERY > 30
    for directory in directories:
        assert len(old_ones(directory)) == 1, "whole, wherever it is: %s" % directory
    for directory, result in zip(directories, program("again", *directories)):
        assert_done(directory, result)
    for result in program("again", *directories):
        assert result["changed"] is False


def test_a_run_that_fails_puts_the_old_directory_back_as_it_was(tmp_path):
    for work in ("fail", "fail 5.6"):
        (tmp_path / work).mkdir()
        directory = program(work, str(tmp_path / work))[-1]
        assert old_ones(directory) == ["data"]
        assert list(data_directories(directory)) == ["data"]
        assert mode(directory, "data") == OLD_MODE
        assert "initialize.json" not in os.listdir(os.path.join(directory, "state"))


def test_what_a_server_wrote_after_it_was_initialized_is_never_thrown_away(tmp_path):
    directories = program("once more", str(tmp_path))
    for _turn in range(2):
        for directory in directories:
            content = data_directories(directory)
            assert len(old_ones(directory)) == 1
            assert [name for name in content if "later/t.ibd" in content[name]], directory
        program("again", *directories)


def test_a_directory_in_which_a_run_was_killed_is_kept_without_its_secrets(tmp_path):
    directory = program("go on", str(tmp_path))[-1]
    content = data_directories(directory)
    kept = [name for name in content if ".unfinished-" in name]
    assert len(kept) == 1
    assert content[kept[0]]["ibdata1"] == b"made by the server"
    assert not [name for name in content[kept[0]] if "initialize" in name]
