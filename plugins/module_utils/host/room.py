# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free space on this host, and who may write to a dump that lies here."""

import os
import socket
import stat
from typing import Any, Dict, Optional

_HERE = ("localhost", "127.0.0.1", "::1")


def is_here(login_host: str, unix_socket: Optional[str], hostname: Optional[str]) -> bool:
    """Whether a server that is reached so runs on this host, as far as one can tell."""
    return bool(unix_socket) or login_host in _HERE or (hostname or "") == socket.gethostname()


def room(path: Optional[str]) -> Optional[Dict[str, Any]]:
    """path, free (bytes that anybody may use) and device of the file system that a path is, or would be, on.

    None when that cannot be seen.
    """
    if not path:
        return None
    there = os.path.abspath(path)
    while not os.path.lexists(there) and there != os.path.dirname(there):
        there = os.path.dirname(there)
    try:
        seen = os.statvfs(there)
        return dict(path=path, free=seen.f_bavail * seen.f_frsize, device=os.stat(there).st_dev)
    except OSError:
        return None


def writers(path: str) -> Optional[str]:
    """Who beside us and root may change a file, or put one in its place, in words; None when nobody may.

    A directory above it counts only where it is the file's own: a dump that is several files is its directory.
    """
    try:
        seen = os.stat(path)
    except OSError:
        return None
    if seen.st_uid not in (0, os.geteuid()):
        return "it belongs to uid %d" % seen.st_uid
    if seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "its mode is %04o" % stat.S_IMODE(seen.st_mode)
    return None


def space(params: Dict[str, Any], replica: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """room() of datadir and backup_dir. params: of connection_spec, and backup_dir. replica: of preflight's facts."""
    server = (replica or {}).get("server") or {}
    here = is_here(params["login_host"], params["login_unix_socket"], server.get("hostname"))
    return dict(datadir=room(server.get("datadir")) if here else None, backup_dir=room(params["backup_dir"]))
