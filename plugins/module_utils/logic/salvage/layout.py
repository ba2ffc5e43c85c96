# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a data directory by what they are to a salvage. Pure; paths are relative to the data directory."""

import posixpath
from fnmatch import fnmatchcase
from typing import Iterable, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions

REDO_DIRECTORY = "#innodb_redo"
REDO_IN_DIRECTORY = Version(8, 0, 30)

# Before 8.0.30 the redo log is two files, from then on a directory of them.
_REDO = ("ib_logfile*", "#innodb_redo/#ib_redo*")
# What a failed recovery may have changed and nothing else can bring back: redo, undo, the system tablespace and the
# dictionaries. Rows of users' tables are not among it.
_SYSTEM = (
    "ib_logfile*",
    "#innodb_redo/*",
    "ibdata*",
    "undo*",
    "mysql.ibd",
    "mysql/*",
    "*.cnf",
    "*.pem",
    "*.index",
    "ib_buffer_pool",
    "*/db.opt",
    "*.frm",
    "*/*.frm",
    "mysql_upgrade_*",
)


def redo(names: Iterable[str]) -> List[str]:
    return [name for name in sorted(names) if _matches(name, _REDO)]


def system(names: Iterable[str]) -> List[str]:
    return [name for name in sorted(names) if _matches(name, _SYSTEM)]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    """fnmatch's * takes a slash, too: a pattern is only for names as deep as itself."""
    depth = name.count("/")
    return any(pattern.count("/") == depth and fnmatchcase(name, pattern) for pattern in patterns)


def last_binary_log(index: str) -> str:
    """The last name in the index of the binary logs, without its directories; "" when there is none."""
    names = [line.strip() for line in index.splitlines() if line.strip()]
    return posixpath.basename(names[-1]) if names else ""


def binary_log_stem(options: ServerOptions, hostname: str) -> Optional[str]:
    """The name of the binary logs without their numbers; relative to the data directory, or a whole path.

    None when the server has none. It has by itself from 8.0 on.
    """
    given = options.given
    name = given.get("log-bin")
    if "skip-log-bin" in given or "disable-log-bin" in given or name in ("0", "OFF"):
        return None
    if name is None:
        return "binlog" if options.dialect.version >= (8, 0, 0) else None
    if name in ("", "1", "ON"):
        return hostname + "-bin"
    return name if "." not in posixpath.basename(name) else posixpath.splitext(name)[0]
