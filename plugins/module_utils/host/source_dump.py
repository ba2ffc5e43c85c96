# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump that mysqldump takes from the source now, read while it is made: nothing of it lies on a disk.

The account is in an option file that only we may read, and that is gone when mysqldump is.
"""

import contextlib
import os
import shlex
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import private_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.producer import producing
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part

CHUNK = 1 << 20
OPTION_FILE = "mysqldump.cnf"

# One snapshot of everything, with its GTID set. Unless it is asked for the position, mysqldump before 8.0.32 reads
# gtid_executed after the snapshot was taken, and a commit in between would be claimed and missing (MySQL bug 105761).
# Asking for the position makes it hold the global read lock around both.
_OPTIONS = ["--all-databases", "--single-transaction", "--quick", "--routines", "--events", "--triggers"]
# loose: a word that this version of mysqldump does not know is passed over, be it too new or too old for it.
_OPTION_FILE_LINES = [
    "default-character-set=utf8mb4",
    "loose-skip-column-statistics",  # 8.0 would ask a 5.7 server for statistics that it does not have
    # 9.7 reads the names of tables of a 5.6 server in the connection's character set, which it leaves at its default
    'loose-init-command="SET NAMES utf8mb4"',
    "loose-get-server-public-key",
]
_OF_A_SOURCE = ["set-gtid-purged=ON", "loose-master-data=2", "loose-source-data=2"]
_NOT_STARTED = 127


class Source(NamedTuple):
    """Where the dump is taken, by whom, and with which program.

    command: the program as words of a shell. options: further ones for it, after ours.
    """

    host: str
    port: int
    user: Optional[str]
    password: Optional[str]
    ca_cert: Optional[str] = None
    command: str = "mysqldump"
    options: Sequence[str] = ()

    @property
    def name(self) -> str:
        return "mysqldump of %s:%d" % (self.host, self.port)


def source_of(params: Dict[str, Any]) -> Source:
    """The source that a module's options name (argspec.dump_spec and source_spec)."""
    if not params["source_host"]:
        raise BadInput("source_host is missing", next_step="name the source that the dump is to be taken from")
    return Source(
        host=params["source_host"],
        port=params["source_port"],
        user=params["source_user"],
        password=params["source_password"],
        ca_cert=params["source_ca_cert"],
        command=params["mysqldump"],
        options=params["mysqldump_options"],
    )


class SourceDump:
    """A dump of everything on the source; fields and methods are those of dump_parts.FileDump.

    state_dir holds the option file while mysqldump runs. definitions_only leaves the rows out: it is quick, and whoever
    can do that can read the rows as well.
    """

    size = 0  # on disk
    modified = None
    compression = None

    def __init__(self, source: Source, state_dir: str, definitions_only: bool = False) -> None:
        self.source = source
        self.path = source.name
        self.ignored: List[str] = []
        self._option_file = os.path.join(state_dir, OPTION_FILE)
        self._more = [*source.options, *(["--no-data"] if definitions_only else [])]

    def __enter__(self) -> "SourceDump":
        return self

    def __exit__(self, *_exc: Any) -> None:
        pass

    def fingerprint(self) -> str:
        """It is made anew each time: what tells it from another is where it comes from."""
        return self.source.name

    def sha256(self) -> str:
        raise BadInput("a dump that is taken on the way has no checksum", self.source.name)

    def parts(self) -> Iterator[Part]:
        """One part, the whole dump."""
        yield Part(self.source.name, self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """The plain text.

        Raises BadInput when there is no mysqldump to run, and IncompleteDump, at its end, when it failed.
        """
        argv = shlex.split(self.source.command)
        if not argv:
            raise BadInput("no program to take a dump with", next_step="give mysqldump, as a path or a command")
        with self._options() as defaults, producing([*argv, defaults, *_OPTIONS, *self._more]) as mysqldump:
            yield from mysqldump.blocks(CHUNK)
            if mysqldump.status == _NOT_STARTED:
                raise BadInput(
                    "mysqldump cannot be run: %s" % mysqldump.last_words,
                    where=self.source.command,
                    untouched="everything",
                    next_step="install MySQL's client programs, or say where mysqldump is",
                )
            if mysqldump.status != 0:
                raise IncompleteDump(
                    "mysqldump failed (%s): %s" % (mysqldump.status, _complaint(mysqldump.last_words)), self.source.name
                )

    @contextlib.contextmanager
    def _options(self) -> Iterator[str]:
        """The argument that names the option file, which is there inside the ``with``."""
        source = self.source
        told = [("host", source.host), ("port", str(source.port)), ("user", source.user), ("password", source.password)]
        told += [("ssl-ca", source.ca_cert), ("loose-ssl-mode", "VERIFY_CA" if source.ca_cert else None)]
        with option_file(self._option_file, [("protocol", "TCP"), *told], _OF_A_SOURCE) as defaults:
            yield defaults


@contextlib.contextmanager
def option_file(path: str, told: Sequence[Tuple[str, Optional[str]]], more: Sequence[str] = ()) -> Iterator[str]:
    """The argument of mysqldump that names an option file, which only we can read; it is gone behind the ``with``.

    told: options of the login and their values; None leaves one out. more: lines for mysqldump itself.
    """
    lines = ["[client]", *("%s=%s" % (name, _quoted(value)) for name, value in told if value)]
    text = "\n".join([*lines, "[mysqldump]", *_OPTION_FILE_LINES, *more, ""])
    try:
        private_directory(os.path.dirname(path))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # a killed run's
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as sink:
            sink.write(text)
    except OSError as exc:
        raise ReplicaError(
            "cannot write the option file for mysqldump: %s" % exc,
            where=path,
            untouched="the server",
            next_step="look at the directory, its owner and its space, then run the same command again",
        ) from None
    try:
        yield "--defaults-file=" + path
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _complaint(words: str) -> str:
    """What it says of itself, without its warnings about our loose options."""
    return " ".join(line for line in words.splitlines() if not line.lower().startswith("warning")) or words


def _quoted(value: str) -> str:
    """A value as option files have it; without the backslash, a quote would end the text and a # begin a comment."""
    for plain, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        value = value.replace(plain, written)
    return '"%s"' % value
