# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that nobody else can reach, and that never outlives a run that does not know of it."""

import contextlib
import os
import signal
import stat
import sys
import time

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import private_server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.private_server import Place, PrivateServer
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity

# As much of mysqld as is needed: it listens on its socket, and does what its last option says.
PROGRAM = """#!%s
import signal, socket, sys, time
options = dict(one[2:].partition("=")[::2] for one in sys.argv[1:])
open(options["datadir"] + "/ran", "a").close()
if "die" in options:
    sys.exit(1)
if "stubborn" in options:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "silent" in options:
    time.sleep(60)
listening = socket.socket(socket.AF_UNIX)
listening.bind(options["socket"])
listening.listen()
while True:
    client = listening.accept()[0]
    client.sendall(b"\\0\\0\\0\\0\\n")
    client.close()
"""


class Program:
    def __init__(self, directory):
        self.defaults = []
        self.program = str(directory / "mysqld")
        with open(self.program, "w", encoding="utf-8") as sink:
            sink.write(PROGRAM % sys.executable)
        os.chmod(self.program, 0o700)


@pytest.fixture(name="noted")
def _noted():
    return []


@pytest.fixture(name="server")
def _server(tmp_path, noted):
    place = Place.make(os.geteuid(), os.getegid())
    made = PrivateServer(Program(tmp_path), str(tmp_path), place, noted.append)
    yield made
    made.kill()
    place.remove()


def test_it_answers_in_a_directory_of_its_own_and_is_gone_when_it_is_stopped(server, noted):
    assert stat.S_IMODE(os.stat(server.place.directory).st_mode) == 0o700
    server.start([])
    assert server.wait(20) is True
    (identity,) = noted
    assert identity.alive()
    server.stop()
    assert not identity.alive()
    assert noted[1:] == [None]
    assert not os.path.exists(server.place.socket)
    server.start([])
    assert server.wait(20) is True


def test_one_that_dies_and_one_that_says_nothing_are_told_apart(server):
    server.start(["--die"])
    assert server.wait(20) is False
    server.start(["--silent"])
    assert server.wait(1.5) is None
    assert server.alive()


def test_one_that_does_not_end_is_killed(server, noted):
    server.start(["--stubborn"])
    assert server.wait(20) is True
    server.stop(patience=0.3)
    assert not noted[0].alive()


def test_whoever_answers_on_but_dies_is_dead(server):
    server.start([])
    assert server.wait(20) is True
    assert server.settled(0.3)
    os.kill(server._pid, signal.SIGKILL)
    assert not server.settled(20)


def test_a_process_that_is_not_written_down_never_begins(tmp_path):
    """The run is killed right when it writes down who the new process is."""
    pid = os.fork()
    if pid == 0:
        place = Place(str(tmp_path), os.geteuid(), os.getegid())
        doomed = PrivateServer(
            Program(tmp_path), str(tmp_path), place, lambda _one: os.kill(os.getpid(), signal.SIGKILL)
        )
        doomed.start([])
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    time.sleep(0.5)
    assert not (tmp_path / "ran").exists()


def test_the_server_of_a_run_that_was_killed_is_ended_by_the_next_one(tmp_path):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        place = Place(str(tmp_path), os.geteuid(), os.getegid())
        left = PrivateServer(Program(tmp_path), str(tmp_path), place, lambda one: os.write(write, b"%d\n" % one.pid))
        left.start(["--stubborn"])
        left.wait(20)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(write)
    with os.fdopen(read) as told:
        orphan = Identity.of(int(told.readline()))
    assert orphan.alive()
    private_server.end_left_behind(orphan, patience=0.3)
    assert not orphan.alive()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_binary_log_is_copied_and_the_true_one_is_not_named(tmp_path, server):
    log = tmp_path / "bin.000007"
    log.write_bytes(b"\xfebin")
    options = server.place.take_binary_log(str(log))
    assert options[0] == "--log-bin=" + server.place.path("binlog/bin")
    index = options[1].partition("=")[2]
    with open(index, encoding="utf-8") as source:
        copied = source.read().strip()
    assert copied == server.place.path("binlog/bin.000007")
    with open(copied, "rb") as source:
        assert source.read() == b"\xfebin"
    assert server.place.take_binary_log(None) == ["--skip-log-bin"]
