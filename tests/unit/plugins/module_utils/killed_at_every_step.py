# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does a work again and again, each time in a new directory and killed (SIGKILL) one system call later.

With KILL_EVERY=3 in the environment, three calls later: a third of the instants, in a third of the time.

    killed_at_every_step.py WORK DIRECTORY

prints the directories as JSON, in order; in the last one the work came to its end. It is a program because it forks.
"""

import errno
import itertools
import json
import os
import shutil
import signal
import sys
import traceback

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine

CALLS = "open write fsync rename replace link unlink mkdir truncate ftruncate pwrite chown fchown chmod fchmod utime"
RECORDS = [{"n": 1, "text": "x" * 20000}, {"n": 2, "text": "y" * 10}]
FILES = {"linked": b"\x00binary log\xff" * 5000, "moved": b"[client]\npassword=s3cr3t\n" * 300}
MTIME_NS = 1400000000123456789
MOST = 500  # steps that no work comes near


def die_at(number):
    """Let the process kill itself right before its call of that number, or half-way through that copy."""
    steps = itertools.count(1)

    def step():
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(call):
        def stand_in(*args, **kwargs):
            step()
            return call(*args, **kwargs)

        return stand_in

    def copy_in_halves(source, target, *args, **kwargs):
        step()
        with open(source, "rb") as whole, open(target, "wb") as half:
            half.write(whole.read(os.path.getsize(source) // 2))
        step()
        return copyfile(source, target, *args, **kwargs)

    for name in CALLS.split():
        setattr(os, name, counted(getattr(os, name)))
    copyfile, shutil.copyfile = shutil.copyfile, copy_in_halves


def two_file_systems():
    """From now on, what leaves its directory leaves its file system."""

    def parted(call):
        def stand_in(source, target, *args, **kwargs):
            if os.path.dirname(source) != os.path.dirname(target):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            return call(source, target, *args, **kwargs)

        return stand_in

    os.rename, os.link = parted(os.rename), parted(os.link)


def make_files(directory):
    for name, content in FILES.items():
        path = os.path.join(directory, name)
        with open(path, "wb") as sink:
            sink.write(content)
        os.chmod(path, 0o600)
        os.utime(path, ns=(MTIME_NS, MTIME_NS))


def set_aside(directory):
    aside = Quarantine.create(os.path.join(directory, "backup"), "files", "a test")
    aside.keep(os.path.join(directory, "linked"), "link")
    aside.keep(os.path.join(directory, "moved"), "move")
    os.unlink(os.path.join(directory, "linked"))  # as a server's reset does
    aside.seal()


def set_aside_elsewhere(directory):
    two_file_systems()
    set_aside(directory)


def files_aside(directory):
    make_files(directory)
    set_aside(directory)


def put_back(directory):
    backup = os.path.join(directory, "backup")
    Quarantine(os.path.join(backup, os.listdir(backup)[0])).restore()


def journal_of(directory):
    return Journal(os.path.join(directory, "state", "journal.json"))


def hold(directory, sessions):
    """Take the lock, note sessions, and end without giving it back; ``said`` tells how far it came."""
    with open(os.path.join(directory, "said"), "w") as said:
        lock = RunLock(os.path.join(directory, "state"), "the work that was killed").__enter__()
        for session in sessions:
            lock.note(session=session, started=1)
            print(session, file=said, flush=True)


# name -> what is there before, what is killed
WORKS = {
    "write": (lambda d: journal_of(d).write(RECORDS[0]), lambda d: journal_of(d).write(RECORDS[1])),
    "remove": (lambda d: journal_of(d).write(RECORDS[0]), lambda d: journal_of(d).remove()),
    "hold": (os.listdir, lambda d: hold(d, [1111, 2])),
    "take over": (lambda d: hold(d, [77]), lambda d: hold(d, [12])),
    "set aside": (make_files, set_aside),
    "set aside elsewhere": (make_files, set_aside_elsewhere),
    "put back": (files_aside, put_back),
}


def in_a_child(work, directory, number=None):
    """True when the child came to its end, False when it was killed."""
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            if number is not None:
                die_at(number)
            work(directory)
            failed = 0
        finally:
            if failed:
                traceback.print_exc()
            os._exit(failed)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def main():
    os.umask(0o022)
    before, work = WORKS[sys.argv[1]]
    directories = []
    for number in range(1, MOST, int(os.environ.get("KILL_EVERY", "1"))):
        directories.append(os.path.join(sys.argv[2], "killed-%03d" % number))
        os.mkdir(directories[-1])
        assert in_a_child(before, directories[-1])
        if in_a_child(work, directories[-1], number):
            print(json.dumps(directories))
            return
    raise AssertionError("no end after %d steps" % MOST)


if __name__ == "__main__":
    main()
