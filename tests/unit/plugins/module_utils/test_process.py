# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process is more than a number: what was given its number later is not it."""

import os
import subprocess
import sys
import time

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity

DEADLINE = 60.0  # seconds; a machine under load
# Says its own identity, then waits until its standard input ends
CHILD = """
import json, sys
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity
if len(sys.argv) > 1:
    with open("/proc/self/comm", "w") as name:
        name.write(sys.argv[1])
print(json.dumps(Identity.mine()), flush=True)
sys.stdin.read()
"""


@pytest.fixture(name="child")
def _child():
    started = []

    def start(*args):
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            universal_newlines=True,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        )
        started.append(process)
        pid, start, boot_id = process.stdout.readline().strip("[]\n").replace('"', "").split(", ")
        return process, Identity(int(pid), start, boot_id)

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_i_am_alive():
    mine = Identity.mine()
    assert mine.pid == os.getpid()
    assert mine.start
    assert mine.boot_id
    assert mine.alive()


def test_what_is_written_down_is_read():
    mine = Identity.mine()
    assert Identity.read(dict(mine._asdict(), purpose="work", session=7)) == mine


def test_another_process_lives_and_dies(child):
    process, identity = child()
    assert identity.pid == process.pid
    assert identity.alive()
    process.kill()
    process.wait()
    assert not identity.alive()


def test_a_zombie_is_dead(child):
    process, identity = child()
    process.kill()
    deadline = time.time() + DEADLINE
    while b") Z " not in stat_of(process.pid):  # dead, and not waited for
        assert time.time() < deadline
    assert not identity.alive()


def test_a_name_cannot_pretend(child):
    process, identity = child("a) Z (b c")
    assert b"(a) Z (b c)" in stat_of(process.pid)
    assert identity.alive()
    assert not identity._replace(start="1").alive()


def stat_of(pid):
    with open("/proc/%d/stat" % pid, "rb") as source:
        return source.read()


def test_a_number_that_was_given_again_is_another_process(child):
    _process, identity = child()
    assert not identity._replace(start=str(int(identity.start) - 1)).alive()


def test_nothing_outlives_a_boot():
    assert not Identity.mine()._replace(boot_id="11111111-2222-3333-4444-555555555555").alive()


@pytest.mark.parametrize("record", [{}, {"pid": 0}, {"pid": None}, {"pid": -1}, {"purpose": "x"}])
def test_a_record_without_a_process_is_nobody(record):
    assert not Identity.read(record).alive()


def test_a_record_that_tells_no_more_than_a_number_is_believed():
    assert Identity.read({"pid": os.getpid()}).alive()
