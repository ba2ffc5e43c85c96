# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a channel's relay logs are, who may own them, and whether a server has them open.

The index is data that the server's user may write, and we may be root: nothing is followed out of the relay log
directory, and nothing is touched that is no plain file of the server's own user.
"""

import os
import stat
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import index

UNTOUCHED = "the relay logs and their index"
# What a running server has open, whatever its channels do
_SERVER_FILES = ("ibdata1", "mysql.ibd", "ib_logfile0", "aria_log_control")


class Place(NamedTuple):
    """base: what the names of the logs begin with, None when only the index tells.

    log_directory: that of the option relay_log, None when it names none; entries are below datadir then.
    """

    datadir: str
    index_path: str
    log_directory: Optional[str]
    base: Optional[str]

    @property
    def directories(self) -> List[str]:
        """Where a relay log may be."""
        if self.log_directory is not None:
            return [self.log_directory]
        return [self.datadir] if self.base else [self.datadir, os.path.dirname(self.index_path)]

    def path_of(self, name: str) -> str:
        return index.path_of(name, self.datadir, self.log_directory)

    def status(self, path: str) -> Optional[os.stat_result]:
        """lstat of a file that may be one of ours, None when it is not there. Raises Refused for any other."""
        if os.path.realpath(os.path.dirname(path)) not in self.directories:
            raise _refused("it is outside of the relay log directory %s" % " or ".join(self.directories), path)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise ReplicaError("cannot look at it: %s" % exc.strerror, where=path, untouched=UNTOUCHED) from None
        if not stat.S_ISREG(status.st_mode):
            raise _refused("it is no plain file, but a %s" % _kind(status.st_mode), path)
        owners = {os.stat(directory).st_uid for directory in [self.datadir, *self.directories]}
        if status.st_uid not in owners:
            # A hard link to somebody else's file looks like this.
            raise _refused("it belongs to user id %d, the server's files do not" % status.st_uid, path)
        return status


def place_of(datadir: str, relay_log: Optional[str], relay_log_index: Optional[str], channel: str) -> Place:
    """From options that mean what the server's options of these names mean. Raises BadInput."""
    datadir = os.path.realpath(datadir)
    if not os.path.isdir(datadir):
        raise BadInput("there is no such data directory", where=datadir, next_step="give datadir as the server has it")
    log_directory = base = None
    if relay_log:
        directory, name = os.path.split(relay_log)
        log_directory = os.path.realpath(os.path.join(datadir, directory)) if directory else None
        base = _of_channel(os.path.splitext(name)[0], channel)
    elif not relay_log_index:
        base = _only_base(datadir, channel)
    if relay_log_index:
        stem, extension = os.path.splitext(os.path.join(datadir, relay_log_index))
        path = _of_channel(stem, channel) + (extension or ".index")
    else:
        path = os.path.join(log_directory or datadir, "%s.index" % base)
    path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    return Place(datadir, path, log_directory, base)


def refuse_if_open(place: Place, paths: Iterable[str]) -> None:
    """Raise Refused while any process has one of the files open, or a server runs on the data directory."""
    names = [place.index_path, *paths, *(os.path.join(place.datadir, name) for name in _SERVER_FILES)]
    wanted = {os.path.realpath(name) for name in names}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            handles = os.listdir("/proc/%s/fd" % pid)
        except OSError:
            continue  # it has ended, or is another user's
        for handle in handles:
            try:
                opened = os.readlink("/proc/%s/fd/%s" % (pid, handle))
            except OSError:
                continue
            if opened in wanted:
                raise Refused(
                    "process %s has a file of the server open: relay logs are repaired while the server is down" % pid,
                    where=opened,
                    untouched=UNTOUCHED,
                    next_step="stop the server and run the same command again",
                )


def _of_channel(base: str, channel: str) -> str:
    spelt = index.for_channel(base, channel)
    if spelt is None:
        raise BadInput(
            "it is not known how a server spells the files of channel %r" % channel,
            next_step="leave channel out, and give relay_log and relay_log_index with the channel's part in them",
        )
    return spelt


def _only_base(datadir: str, channel: str) -> str:
    """What the names of the relay logs in a data directory begin with, where that is plain to see."""
    found: Dict[str, Any] = {}
    for name in os.listdir(datadir):
        base, _dot, end = name.rpartition(".")
        if "relay" in base and (end == "index" or (end.isdigit() and len(end) > 5)):
            found[base] = None
    plain = [base for base in found if not any(base.startswith(other + "-") for other in found)]
    wanted = [base for base in found if base in {_of_channel(one, channel) for one in plain}] if channel else plain
    if len(wanted) != 1:
        raise BadInput(
            "it is not plain which relay logs are meant (seen: %s)" % (", ".join(sorted(found)) or "none"),
            where=datadir,
            untouched=UNTOUCHED,
            next_step="give relay_log or relay_log_index as the server has it",
        )
    return wanted[0]


def _kind(mode: int) -> str:
    kinds = [(stat.S_ISLNK, "symbolic link"), (stat.S_ISDIR, "directory"), (stat.S_ISFIFO, "pipe")]
    return next((name for test, name in kinds if test(mode)), "device or socket")


def _refused(found: str, path: str) -> Refused:
    return Refused(
        "this cannot be a relay log of the server: %s" % found,
        where=path,
        untouched=UNTOUCHED,
        next_step="look who put it there, and whether datadir, relay_log and relay_log_index are the server's",
    )
