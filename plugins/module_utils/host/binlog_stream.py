# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mysqlbinlog makes of binary logs, statement by statement, with the place that each comes from."""

import contextlib
import re
import shlex
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.producer import Producer, producing
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import (
    IncompleteDump,
    Statement,
    read,
)

_BLOCK = 1 << 20
_NOT_STARTED = 127
_LONGEST_ARGUMENT = 100000  # bytes; Linux takes 128 KiB for one
_AT = re.compile(rb"# at (\d+)")
_BEGINS = re.compile(rb"#.*\tStart: binlog v")
_GTID = re.compile(rb"SET @@SESSION\.GTID_NEXT\s*=\s*'([^']+)'", re.IGNORECASE)


_FOR_NEWER = re.compile(rb"/\*!(\d{5,6})\s(?:(?!\*/).)*\*/\s*\Z", re.DOTALL)


class Place(NamedTuple):
    """file: number of the log, from 0. offset: of the event. gtid: of the transaction, None before one."""

    file: int
    offset: int
    gtid: Optional[str]


class Options(NamedTuple):
    """command: the program as words of a shell. begin: offset in the first log. exclude: a GTID set, "" for none.

    version: number of the server that it is for (50624). What is for newer ones alone is left out: to 5.6 it is an
    empty statement, which it refuses between two transactions with GTIDs (1837, where mysqlbinlog is newer).
    files: directory for what LOAD DATA has read, where the logs hold it.
    """

    command: str
    begin: int
    exclude: str
    version: int
    files: str


@contextlib.contextmanager
def stream(files: List[str], options: Options) -> Iterator[Iterator[Tuple[Place, bytes]]]:
    """Inside the ``with``, the statements in order. Raises ReplicaError at the end when mysqlbinlog has failed.

    What is cut off in a statement never comes out of it.
    """
    argv = shlex.split(options.command)
    if not argv:
        raise BadInput("no program to read binary logs with", next_step="give mysqlbinlog, as a path or a command")
    argv += ["--no-defaults", "--verify-binlog-checksum", "--start-position=%d" % options.begin]
    argv.append("--local-load=%s" % options.files)
    # A server passes over what it has executed by itself: this only saves the way.
    if options.exclude and len(options.exclude) < _LONGEST_ARGUMENT:
        argv.append("--exclude-gtids=%s" % options.exclude)
    with producing([*argv, *files]) as mysqlbinlog:
        yield _placed(mysqlbinlog, argv[0], options.version)


def _placed(mysqlbinlog: Producer, program: str, version: int) -> Iterator[Tuple[Place, bytes]]:
    try:
        yield from _statements(mysqlbinlog, version)
    except IncompleteDump:
        if not mysqlbinlog.status:
            raise
    if mysqlbinlog.status == _NOT_STARTED:
        raise BadInput(
            "mysqlbinlog cannot be run: %s" % mysqlbinlog.last_words,
            where=program,
            untouched="the server",
            next_step="install MySQL's client programs, or say where mysqlbinlog is (mysql_replica_mysqlbinlog)",
        )
    if mysqlbinlog.status:
        raise ReplicaError(
            "mysqlbinlog failed (%s): %s" % (mysqlbinlog.status, mysqlbinlog.last_words),
            where=program,
            untouched="the binary logs; what was replayed before is whole transactions",
            next_step="take one of the logs' version or a newer one, then run the same command again",
        )


def _statements(mysqlbinlog: Producer, version: int) -> Iterator[Tuple[Place, bytes]]:
    place = Place(-1, 0, None)
    for item in read(mysqlbinlog.blocks(_BLOCK)):
        if isinstance(item, Statement):
            gtid, newer = _GTID.match(item.text), _FOR_NEWER.match(item.text)
            place = place._replace(gtid=gtid.group(1).decode("ascii", "replace")) if gtid else place
            if newer is None or int(newer.group(1)) <= version:
                yield place, item.text
            continue
        at = _AT.match(item.text)
        if at:
            place = place._replace(offset=int(at.group(1)))
        elif _BEGINS.match(item.text):
            place = Place(place.file + 1, place.offset, None)
