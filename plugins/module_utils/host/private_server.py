# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mysqld that only we can reach, and that may die at any moment: started, waited for, ended, started again.

Its socket is in a directory of its own, 0700 and the server's, with its error log, its temporary files, its relay logs
and a copy of the last binary log: nothing outside of the data directory is touched. It is a child of ours that outlives
us when we are killed: who it is stands in the journal before it runs a single instruction, and the next run ends it.
"""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import time
from typing import Callable, Iterator, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.mysqld_program import Mysqld, become
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity

_PAUSE = 0.05  # seconds
_GREETING = 0x0A  # first byte of what a server says, behind the four of its packet's head
_SHARED = ("/tmp", "/var/tmp", "/run")  # noqa: S108 - a directory of our own, which mkdtemp makes, goes in there
ENDING = 60.0  # seconds for a shutdown, then it is killed


class Place(NamedTuple):
    """directory: private to one server. uid, gid: whose the data directory is, and who the server runs as."""

    directory: str
    uid: int
    gid: int

    @classmethod
    def make(cls, uid: int, gid: int) -> "Place":
        """Where that user can get to, and paths are short: a socket's path has little room."""
        parents = [path for path in (tempfile.gettempdir(), *_SHARED) if _can_enter(path, uid)]
        if not parents:
            raise ReplicaError(
                "the server's user (uid %d) can enter no directory for temporary files" % uid,
                where=tempfile.gettempdir(),
                untouched="everything",
                next_step="give it execute permission for /tmp",
            )
        directory = os.path.realpath(tempfile.mkdtemp(prefix="dbre-salvage-", dir=parents[0]))
        os.chown(directory, uid, gid)
        return cls(directory, uid, gid)

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    @property
    def socket(self) -> str:
        return self.path("s")

    @property
    def error_log(self) -> str:
        return self.path("error.log")

    def remove(self) -> None:
        """Everything in it is ours."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def take_binary_log(self, path: Optional[str]) -> List[str]:
        """Copy the last binary log, anew; returns options that name the copy: the true ones are not written to."""
        here = self.path("binlog")
        shutil.rmtree(here, ignore_errors=True)
        if path is None:
            return ["--skip-log-bin"]
        os.mkdir(here, 0o700)
        stem = os.path.splitext(os.path.basename(path))[0]
        copied, index = os.path.join(here, os.path.basename(path)), os.path.join(here, stem + ".index")
        shutil.copyfile(path, copied)
        with open(index, "w") as sink:
            sink.write(copied + "\n")
        for name in (here, copied, index):
            os.chown(name, self.uid, self.gid)
            os.chmod(name, 0o700 if name == here else 0o600)
        return ["--log-bin=%s" % os.path.join(here, stem), "--log-bin-index=%s" % index]


class PrivateServer:
    """note: told the identity of each new process before it begins, and None when it is gone."""

    def __init__(self, mysqld: Mysqld, datadir: str, place: Place, note: Callable[[Optional[Identity]], None]) -> None:
        self._mysqld = mysqld
        self._datadir = datadir
        self.place = place
        self._note = note
        self._pid: Optional[int] = None

    def start(self, options: List[str]) -> None:
        """Begin a process; it does not answer yet. Its error log begins anew."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.place.error_log)
        place = self.place
        argv = [
            *become(place.uid, place.gid),
            self._mysqld.program,
            *self._mysqld.defaults,
            "--datadir=%s" % self._datadir,
            "--socket=%s" % place.socket,
            "--pid-file=%s" % place.path("pid"),
            "--log-error=%s" % place.error_log,
            "--tmpdir=%s" % place.directory,
            "--secure-file-priv=%s" % place.directory,
            "--relay-log=%s" % place.path("relay"),
            "--relay-log-index=%s" % place.path("relay.index"),
            *options,
            *(["--user=root"] if place.uid == 0 else []),
        ]
        self._pid = _held_back(argv, place.path("console"), lambda pid: self._note(Identity.of(pid)))

    def wait(self, timeout: float, settle: float = 0) -> Optional[bool]:
        """True when it answers, and still does after ``settle`` seconds; False when it died; None: the time is over."""
        end = time.time() + timeout
        while time.time() < end:
            if not self.alive():
                return False
            if _greets(self.place.socket):
                time.sleep(settle)
                return self.alive() and _greets(self.place.socket)
            time.sleep(_PAUSE)
        return None

    def alive(self) -> bool:
        if self._pid is None:
            return False
        if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            return True
        self._gone()
        return False

    def settled(self, patience: float) -> bool:
        """Whether it lives on. One that dies goes on to answer for a moment, while it writes its last words."""
        end = time.time() + patience
        while self.alive() and time.time() < end:
            time.sleep(_PAUSE)
        if self.alive() and not _greets(self.place.socket):
            self.kill()
        return self.alive()

    def stop(self, patience: float = ENDING) -> None:
        """Shut down, or kill what does not; gone when this returns."""
        if not self.alive() or self._pid is None:
            return
        os.kill(self._pid, signal.SIGTERM)
        end = time.time() + patience
        while self.alive() and time.time() < end:
            time.sleep(_PAUSE)
        self.kill()

    def kill(self) -> None:
        if self.alive() and self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._gone()

    def _gone(self) -> None:
        self._pid = None
        for left in (self.place.socket, self.place.socket + ".lock", self.place.path("pid")):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(left)
        self._note(None)


def end_left_behind(identity: Identity, patience: float = ENDING) -> None:
    """End the server of a run that was killed, which is no child of ours."""
    end = time.time() + patience
    for number, until in ((signal.SIGTERM, end), (signal.SIGKILL, end + patience)):
        if identity.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(identity.pid, number)
        while identity.alive() and time.time() < until:
            time.sleep(_PAUSE)
    if identity.alive():
        raise ReplicaError(
            "the server that an earlier run has started does not end",
            where="process %d" % identity.pid,
            next_step="end that process, then run the same command again",
        )


@contextlib.contextmanager
def running(server: PrivateServer) -> Iterator[PrivateServer]:
    """Whatever happens inside, the server is gone behind it."""
    try:
        yield server
    finally:
        server.stop()


def _can_enter(path: str, uid: int) -> bool:
    """As far as owners and modes tell."""
    path = os.path.realpath(path)
    while True:
        seen = os.stat(path)
        if not seen.st_mode & (0o100 if seen.st_uid == uid else 0o001):
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)


def _greets(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(5)
        try:
            probe.connect(path)
            return probe.recv(5)[4:] == bytes([_GREETING])
        except OSError:
            return False


def _held_back(argv: List[str], console: str, note: Callable[[int], None]) -> int:
    """A new process that turns into the program when note() has returned; when that never happens, it ends."""
    theirs, ours = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(ours)
            if os.read(theirs, 1):
                _turn_into(argv, console)
        finally:
            os._exit(127)
    os.close(theirs)
    try:
        note(pid)
        os.write(ours, b"1")
    finally:
        os.close(ours)
    return pid


def _turn_into(argv: List[str], console: str) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    said = os.open(console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    for stream, number in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(stream, number)
    for number in (signal.SIGPIPE, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.execv(argv[0], argv)
