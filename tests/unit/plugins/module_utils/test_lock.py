# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time; a dead one does not stand in the way, and what it had at work is known."""

import json
import os
import stat
import subprocess
import sys

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Busy, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity

# Takes the lock, notes a session, says so, and holds it until its standard input ends
OWNER = """
import sys
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
with RunLock(sys.argv[1], "mysql_dump_load") as lock:
    lock.note(session=4711, started=1400000000)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(name="state_dir")
def _state_dir(tmp_path):
    return str(tmp_path / "state")


@pytest.fixture(name="owner")
def _owner(state_dir):
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, state_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        universal_newlines=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def left_behind(state_dir):
    with RunLock(state_dir, "look") as lock:
        return lock.left_behind


def write_record(state_dir, content):
    os.makedirs(state_dir)
    with open(os.path.join(state_dir, "lock"), "wb") as sink:
        sink.write(content if isinstance(content, bytes) else json.dumps(content).encode("utf-8"))


def test_the_second_is_told_who_is_at_work(owner, state_dir):
    with pytest.raises(Busy, match="mysql_dump_load, process %d" % owner.pid) as caught:
        RunLock(state_dir, "mysql_gtid_reset").__enter__()
    assert caught.value.where == os.path.join(state_dir, "lock")
    assert caught.value.untouched == "everything"


def test_being_refused_takes_nothing_from_the_owner(owner, state_dir):
    for _attempt in range(3):
        with pytest.raises(Busy, match=str(owner.pid)):
            RunLock(state_dir, "another").__enter__()


def test_a_dead_owner_is_followed_and_its_session_known(owner, state_dir):
    owner.kill()
    owner.wait()
    with RunLock(state_dir, "next") as lock:
        assert lock.left_behind["pid"] == owner.pid
        assert lock.left_behind["purpose"] == "mysql_dump_load"
        assert lock.left_behind["session"] == 4711
        assert lock.left_behind["started"] == 1400000000
        with pytest.raises(Busy, match="next, process %d" % os.getpid()):
            RunLock(state_dir, "third").__enter__()
    assert left_behind(state_dir) == {}


def test_a_clean_end_leaves_nothing(owner, state_dir):
    owner.stdin.close()
    owner.wait()
    assert left_behind(state_dir) == {}


def test_an_error_inside_is_a_clean_end(state_dir):
    with pytest.raises(ZeroDivisionError), RunLock(state_dir, "work"):
        raise ZeroDivisionError
    assert left_behind(state_dir) == {}


def test_it_can_be_taken_again_and_again(state_dir):
    for _attempt in range(3):
        with RunLock(state_dir, "work") as lock:
            lock.note(session=1)


def test_the_same_process_cannot_hold_it_twice(state_dir):
    with RunLock(state_dir, "first"), pytest.raises(Busy, match="first"):
        RunLock(state_dir, "second").__enter__()


def test_two_replicas_of_one_host_do_not_wait_for_each_other(tmp_path):
    with RunLock(str(tmp_path / "a"), "a"), RunLock(str(tmp_path / "b"), "b"):
        pass


def test_a_number_that_was_given_again_is_not_the_owner(state_dir):
    record = dict(Identity.mine()._asdict(), start="1", purpose="long ago", session=9)
    write_record(state_dir, record)
    assert left_behind(state_dir) == record


def test_an_owner_of_another_boot_is_dead(state_dir):
    record = dict(Identity.mine()._asdict(), boot_id="11111111-2222-3333-4444-555555555555", purpose="before the crash")
    write_record(state_dir, record)
    assert left_behind(state_dir) == record


def test_an_owner_that_lives_is_respected_even_without_the_kernel_s_lock(state_dir):
    # A file system that does not know locks, or a lock file that was copied back into its place.
    write_record(state_dir, dict(Identity.mine()._asdict(), purpose="still at work"))
    with pytest.raises(Busy, match="still at work"):
        RunLock(state_dir, "second").__enter__()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\x00", b"7"])
def test_a_record_that_cannot_be_read_names_nobody(state_dir, content):
    write_record(state_dir, content)
    assert left_behind(state_dir) == {}


def test_only_its_owner_may_read_it(state_dir):
    before = os.umask(0)
    try:
        with RunLock(state_dir, "work"):
            assert stat.S_IMODE(os.stat(os.path.join(state_dir, "lock")).st_mode) == 0o600
            assert stat.S_IMODE(os.stat(state_dir).st_mode) == 0o700
    finally:
        os.umask(before)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReplicaError, match="cannot take the lock") as caught:
        RunLock(str(tmp_path / "file" / "state"), "work").__enter__()
    assert caught.value.where.endswith("file/state/lock")


def test_notes_are_for_the_owner_only(state_dir):
    with pytest.raises(RuntimeError):
        RunLock(state_dir, "work").note(session=1)


def said(directory):
    path = os.path.join(directory, "said")
    if not os.path.exists(path):
        return []
    with open(path) as source:
        return [int(line) for line in source]


def test_killed_at_every_step_the_session_that_was_noted_stays_known(killed_at_every_step):
    told = []
    for directory in killed_at_every_step("hold"):
        session = left_behind(os.path.join(directory, "state")).get("session")
        told.append((tuple(said(directory)), session))
    allowed = {(): (None, 1111), (1111,): (1111, 2), (1111, 2): (2,)}
    assert [seen for seen in told if seen[1] not in allowed[seen[0]]] == []
    assert told[-1] == ((1111, 2), 2)


def test_killed_at_every_step_of_a_take_over_the_first_dead_run_s_session_stays_known(killed_at_every_step):
    told = []
    for directory in killed_at_every_step("take over"):
        session = left_behind(os.path.join(directory, "state")).get("session")
        told.append((tuple(said(directory)), session))
    allowed = {(): (77, 12), (12,): (12,)}
    assert [seen for seen in told if seen[1] not in allowed[seen[0]]] == []
    assert told[-1] == ((12,), 12)
