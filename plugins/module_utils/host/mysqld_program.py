# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysqld as a program that is run, does one thing, and ends."""

import os
import pwd
import re
import shutil
import sys
import tempfile
from typing import Any, List, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.producer import producing
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import mysqld_options

PLACES = "/usr/sbin:/usr/libexec:/usr/local/sbin:/usr/local/mysql/bin"
_HELP = ("--skip-log-bin", "--verbose", "--help")
_BLOCK = 1 << 16  # bytes
_LINES = 12
_SECRET = re.compile(r"(temporary password.*: ).*")
# Turns into another user, as a service does, and then into the program. mysqld's own option --user wants a user with a
# name. Nothing is imported after the change: our Python may lie where that user may not look.
_BECOME = """
import os, sys
uid, groups, argv = int(sys.argv[1]), [int(group) for group in sys.argv[2].split(",")], sys.argv[3:]
if os.geteuid() == 0 and uid:
    os.setgroups(groups)
    os.setgid(groups[0])
    os.setuid(uid)
os.chdir("/")
try:
    os.execv(argv[0], argv)
except OSError as exc:
    sys.exit("%s: %s" % (argv[0], exc.strerror))
"""


class Mysqld:
    """A server program with its option file; None for those that it reads by itself."""

    def __init__(self, program: Optional[str], defaults_file: Optional[str]) -> None:
        self.program = find(program or "mysqld")
        self.defaults = ["--defaults-file=%s" % defaults_file] if defaults_file else []

    def options(self, datadir: Optional[str]) -> Tuple[mysqld_options.ServerOptions, str]:
        """What it would start with, and its data directory; ``datadir`` goes before the one of the option files.

        The question is asked with an empty directory for a data directory, and without a binary log: 5.6 would write a
        test file into the true one, read tables there, and open the index of the binary logs, wherever that is.
        """
        given = self._ask("--print-defaults")
        datadir = datadir or mysqld_options.parse_given(given).get("datadir")
        if not datadir:
            datadir = mysqld_options.parse(self._ask(*_HELP), given).values["datadir"]
        with tempfile.TemporaryDirectory() as empty:
            told = self._ask("--datadir=%s" % empty, *_HELP).replace(empty, datadir.rstrip("/"))
        return mysqld_options.parse(told, given), os.path.abspath(datadir)

    def work(self, uid: int, gid: int, options: List[str], log: str, stdin: Optional[Any] = None) -> None:
        """Run it as the owner of a data directory; raises ReplicaError with its last words when it fails."""
        options = [*options, "--log-error=%s" % log] + (["--user=root"] if uid == 0 else [])
        run_as(uid, gid, [self.program, *self.defaults, *options], log, stdin)

    def _ask(self, *options: str) -> str:
        with producing([self.program, *self.defaults, *options]) as producer:
            told = b"".join(producer.blocks(_BLOCK)).decode("utf-8", "replace")
            if producer.status:
                raise ReplicaError(
                    "mysqld does not tell its options: %s" % producer.last_words[-500:],
                    where=self.program,
                    untouched="everything",
                    next_step="look at the server's option files (option defaults_file), and at the option mysqld",
                )
        return told


def find(program: str, *places: str) -> str:
    """The path of a program; raises ReplicaError when there is none."""
    found = find_any(program, *places)
    if not found:
        raise ReplicaError(
            "there is no program %s" % program,
            where=os.pathsep.join([os.environ.get("PATH", ""), PLACES]),
            untouched="everything",
            next_step="name the server program with the option mysqld (mysql_replica_mysqld)",
        )
    return found


def find_any(program: str, *places: str) -> Optional[str]:
    found = shutil.which(program, path=os.pathsep.join([*places, os.environ.get("PATH", ""), PLACES]))
    return os.path.abspath(found) if found else None


def run_as(uid: int, gid: int, argv: List[str], log: str, stdin: Optional[Any] = None) -> None:
    """Run a program, named by its path, as another user; raises ReplicaError with its last words when it fails."""
    with producing([*become(uid, gid), *argv], stdin) as producer:
        for _block in producer.blocks(_BLOCK):
            pass
        if producer.status:
            raise failed(argv[0], "status %s" % producer.status, log, producer.last_words)


def become(uid: int, gid: int) -> List[str]:
    """What stands in front of a command line, so that it runs as another user, with that user's groups."""
    try:
        owner = pwd.getpwuid(uid)
        groups = [owner.pw_gid, *os.getgrouplist(owner.pw_name, owner.pw_gid)]
    except KeyError:
        groups = [gid]  # a number without a name
    return [sys.executable, "-c", _BECOME, str(uid), ",".join(str(group) for group in groups)]


def failed(program: str, how: str, log: str, last_words: str = "") -> ReplicaError:
    """What to say of a run that failed: the errors in its log, else the last lines of it; passwords left out."""
    try:
        with open(log, errors="replace") as source:
            said = source.read().splitlines()
    except OSError:
        said = []
    said = said or last_words.splitlines()
    errors = [line for line in said if "ERROR" in line]
    lines = (errors or said)[-_LINES:]
    return ReplicaError(
        "%s failed (%s): %s" % (program, how, _SECRET.sub(r"\1...", "\n".join(lines)) or "it said nothing"),
        where=program,
        next_step="look at what it said and at the server's option files, then run the same command again",
    )
