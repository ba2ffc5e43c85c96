# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data directory that is in use is seen to be, by any sign of it; real processes, files and sockets."""

import os
import socket
import subprocess
import sys
import tempfile

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import datadir, datadir_use, mysqld_program

HOLD = "import sys; held = open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture(name="held")
def _held(tmp_path):
    """A file below tmp_path/data that another process has open, and that process."""
    path = tmp_path / "data" / "shop" / "orders.ibd"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"rows")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), "mysqld"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield path, process
        process.stdin.close()


def test_an_open_file_names_its_process_also_when_it_was_renamed(held, tmp_path):
    path, process = held
    (said,) = datadir_use.users(str(tmp_path / "data"), None, None)
    assert said.startswith("process %d (" % process.pid)
    assert said.endswith("has %s open" % path)
    path.rename(path.parent / "moved.ibd")
    assert datadir_use.users(str(tmp_path / "data"), None, None)
    process.stdin.close()
    process.wait()
    assert datadir_use.users(str(tmp_path / "data"), None, None) == []


def test_our_own_process_is_no_user(tmp_path):
    (tmp_path / "file").write_text("")
    with open(str(tmp_path / "file")):
        assert datadir_use.users(str(tmp_path), None, None) == []


def test_waiting_ends_with_the_process(held, tmp_path):
    _path, process = held
    process.stdin.close()
    datadir_use.wait_unused(str(tmp_path / "data"), 60)
    assert datadir_use.users(str(tmp_path / "data"), None, None) == []


def test_waiting_for_a_process_that_stays_ends_too(held, tmp_path):
    assert held
    datadir_use.wait_unused(str(tmp_path / "data"), 0)
    assert datadir_use.users(str(tmp_path / "data"), None, None)


@pytest.mark.parametrize("text", ["", "no number", "999999999", "0", "1"])
def test_a_pid_file_that_names_no_server_is_stale(tmp_path, text):
    (tmp_path / "pid").write_text(text)
    assert datadir_use.users(str(tmp_path / "nothing"), str(tmp_path / "pid"), None) == []


def test_a_pid_file_that_names_a_living_server_counts(held, tmp_path):
    (tmp_path / "pid").write_text("%d\n" % held[1].pid)
    (said,) = datadir_use.users(str(tmp_path / "nothing"), str(tmp_path / "pid"), None)
    assert str(tmp_path / "pid") in said


def test_a_socket_counts_while_somebody_listens():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "s")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            assert datadir_use.users(directory, None, path) == []
            server.listen(1)
            assert datadir_use.users(directory, None, path) == ["a server answers at %s" % path]
        assert datadir_use.users(directory, None, path) == []


def test_mounts_at_and_below_a_directory_are_found(tmp_path):
    assert "/proc" in datadir_use.mounts("/proc")
    assert datadir_use.mounts(str(tmp_path)) == []
    assert "/proc" not in datadir_use.mounts("/pro")


def test_a_program_that_fails_is_quoted_without_its_secrets(tmp_path):
    log = tmp_path / "log"
    log.write_text("[Note] A temporary password is generated for root@localhost: e)Vr1is1\n[Note] bye\n")
    with pytest.raises(ReplicaError, match="/bin/false failed") as caught:
        mysqld_program.run_as(os.getuid(), os.getgid(), ["/bin/false"], str(log))
    assert "bye" in str(caught.value)
    assert "e)Vr1is1" not in str(caught.value)


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ReplicaError, match="/nowhere/mysqld: No such file"):
        mysqld_program.run_as(os.getuid(), os.getgid(), ["/nowhere/mysqld"], str(tmp_path / "log"))
    with pytest.raises(ReplicaError, match="there is no program mysqld-that-is-not"):
        mysqld_program.Mysqld("mysqld-that-is-not", None)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_program_runs_as_the_owner_and_nobody_else(tmp_path):
    tmp_path.chmod(0o777)
    script = "id -u; id -g; id -G; pwd"
    with open(str(tmp_path / "script"), "w") as sink:
        sink.write(script)
    log = str(tmp_path / "log")
    with open(str(tmp_path / "script")) as stdin, pytest.raises(ReplicaError, match="64027\n64027\n64027\n/"):
        mysqld_program.run_as(64027, 64027, ["/bin/sh", "-c", 'exec 1>&2; eval "$(cat)"; exit 3'], log, stdin)


@pytest.mark.parametrize("make", [os.path.exists, os.mkfifo, lambda path: os.symlink("/", str(path))])
def test_what_is_no_directory_is_no_data_directory(tmp_path, make):
    make(str(tmp_path / "data"))
    assert datadir.look(str(tmp_path / "data")) is None
