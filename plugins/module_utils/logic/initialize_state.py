# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known before a server gets a new data directory, and how far an earlier run came. Pure.

The journal knows both directories by their inode numbers, which a rename does not change:

    begun   the old directory may be aside, the new one may be in its place and half made
    ready   the new one is whole; written before any server runs in it
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dialect
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions

# How a series makes a data directory: --initialize, and SHUTDOWN in an init_file, are in every 5.7 that was released
# for use (from 5.7.9 on); what was before has mysql_install_db, or a directory to copy.
BY_MYSQLD = "initialize"
BY_FILES = "files"
_WAYS: List[Tuple[Tuple[int, int, int], str]] = [((5, 7, 9), BY_MYSQLD), ((5, 6, 0), BY_FILES)]
_ACCOUNTS_IN_FILES_UNTIL = (8, 0, 0)


class Directory(NamedTuple):
    """A data directory as it was seen. mode, uid and gid are its own; bytes is the size of the files in it.

    marks: what makes it a data directory (``ibdata1``, ...), [] when nothing does. server_uuid: that of auto.cnf, None
    without a readable one. schemas: the directories in it that are none of a new server's.
    """

    path: str
    inode: int
    uid: int
    gid: int
    mode: int
    bytes: int
    marks: List[str]
    server_uuid: Optional[str]
    schemas: List[str]


class Wish(NamedTuple):
    """needed_bytes: what the file system must have free. login: user, password and hosts of the new server's account.

    template, installer: what 5.6 starts from, if any. keep_identity: whether it is the old server still.
    """

    needed_bytes: int
    login: Tuple[Optional[str], Optional[str], List[str]]
    template: Optional[str]
    installer: Optional[str]
    state_dir: str
    set_aside_dir: str
    keep_identity: bool = True


class Observed(NamedTuple):
    """configured: the data directory's name in the options; datadir: the same, links followed. stamp: the time, in UTC.

    here: what is there now; aside: what is where the journal's directory was set aside. users: who uses it, a sentence
    each. mounts: mount points at or below it. free_bytes: of its file system. one_file_system: of set_aside_dir and it.
    may_rename: whether both parent directories can be written to.
    """

    configured: str
    datadir: str
    stamp: str
    options: ServerOptions
    here: Optional[Directory]
    aside: Optional[Directory]
    template: Optional[Directory]
    journal: Dict[str, Any]
    users: List[str]
    mounts: List[str]
    free_bytes: int
    one_file_system: bool
    may_rename: bool
    we_are: int

    def describe(self) -> Dict[str, Any]:
        return describe(self.datadir, self.here)


def describe(datadir: str, seen: Optional[Directory]) -> Dict[str, Any]:
    return dict(datadir=datadir, server_uuid=seen and seen.server_uuid, bytes=seen.bytes if seen else 0)


def way_of(version: dialect.Dialect) -> Optional[str]:
    """How a server of this version gets a new data directory; None when it cannot be told."""
    known = [way for since, way in _WAYS if version.flavor == dialect.MYSQL and version.version >= since]
    return known[0] if known else None


def accounts_in_files(version: dialect.Dialect) -> bool:
    """Whether the accounts lie in files that can be copied while the server is down."""
    return version.version < _ACCOUNTS_IN_FILES_UNTIL


def unfinished(seen: Observed) -> bool:
    """Whether a run was ended before its new directory was whole, and its old one is known to be the one it took."""
    journal = seen.journal
    if journal.get("phase") != "begun" or journal["datadir"] != seen.datadir:
        return False
    return any(where and where.inode == journal["old"] for where in (seen.here, seen.aside))


def is_ready(seen: Observed) -> bool:
    """Whether the new directory is there, made by an earlier run, and holds nothing yet that is worth to be kept."""
    journal, here = seen.journal, seen.here
    return bool(
        journal.get("phase") == "ready"
        and journal["datadir"] == seen.datadir
        and here
        and here.inode == journal["new"]
        and not set(here.schemas) - set(journal["directories"])
    )


def old_directory(seen: Observed) -> Optional[Directory]:
    """The directory that is to be set aside, or is already."""
    if unfinished(seen) and not (seen.here and seen.here.inode == seen.journal["old"]):
        return seen.aside
    return seen.here
