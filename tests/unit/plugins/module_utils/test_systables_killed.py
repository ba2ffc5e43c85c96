# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever instant a run is killed at, a file is whole where it was or in the quarantine, and the next run goes on."""

import hashlib
import json
import os
import stat
import subprocess
import sys

import pytest

KILL_EVERY = int(os.environ.get("KILL_EVERY", "1"))  # system calls: see killed_at_every_step.py

HERE = os.path.dirname(os.path.abspath(__file__))
IBD = "data/mysql/innodb_table_stats.ibd"
FORMAT = b"\xfe\x01" * 4000


def program(*arguments):
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "killed_systables.py"), *arguments],
        stdout=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        check=True,
    )
    return json.loads(done.stdout.decode("utf-8") or "null")


def content(*path):
    with open(os.path.join(*path), "rb") as source:
        return source.read()


def quarantines(directory):
    backup = os.path.join(directory, "backup")
    return [os.path.join(backup, name) for name in sorted(os.listdir(backup))] if os.path.isdir(backup) else []


def kept(directory):
    """Every file of a quarantine that its manifest names: its path, and the entry."""
    for quarantine in quarantines(directory):
        assert stat.S_IMODE(os.stat(quarantine).st_mode) == 0o700
        manifest = os.path.join(quarantine, "manifest.json")
        entries = json.loads(content(manifest).decode("utf-8"))["entries"] if os.path.exists(manifest) else []
        for entry in entries:
            if os.path.exists(os.path.join(quarantine, entry["name"])):
                yield os.path.join(quarantine, entry["name"]), entry


@pytest.mark.parametrize("work", ["set aside", "set aside elsewhere"])
def test_a_damaged_file_is_never_lost(tmp_path, work):
    directories = program(work, str(tmp_path))
    assert len(directories) * KILL_EVERY > 15
    (whole,) = [content(path) for path, _entry in kept(directories[-1])]
    assert len(whole) == 50000
    for directory in directories:
        original = os.path.join(directory, IBD)
        found = [content(path) for path, _entry in kept(directory)]
        assert whole in found or content(original) == whole, directory
    program("again", work, *directories)
    for directory in directories:
        assert not os.path.exists(os.path.join(directory, IBD))
        sums = [(content(path), entry["sha256"]) for path, entry in kept(directory)]
        assert whole in [text for text, _sum in sums], "with a manifest that names it: %s" % directory
        assert all(hashlib.sha256(text).hexdigest() == told for text, told in sums if told)


def test_a_file_that_is_put_back_is_whole_or_not_there(tmp_path):
    directories = program("put back", str(tmp_path))
    assert len(directories) * KILL_EVERY > 5
    for directory in directories:
        original = os.path.join(directory, IBD)
        assert not os.path.exists(original) or len(content(original)) == 50000
    program("again", "put back", *directories)
    for directory in directories:
        assert len(content(directory, IBD)) == 50000
        assert os.listdir(os.path.join(directory, "data", "mysql")) == [os.path.basename(IBD)]


def test_a_format_file_is_whole_or_not_there(tmp_path):
    directories = program("format file", str(tmp_path))
    assert len(directories) * KILL_EVERY > 5
    for directory in directories:
        target = os.path.join(directory, "t.frm")
        assert not os.path.exists(target) or content(target) == FORMAT
    program("again", "format file", *directories)
    for directory in directories:
        assert content(directory, "t.frm") == FORMAT
        assert sorted(os.listdir(directory)) == ["made.frm", "t.frm"]
