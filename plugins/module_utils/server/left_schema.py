# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories that outlive their schemas, because a mysqld was killed in a CREATE or DROP DATABASE.

From 8.0 on such a server knows no such schema, and refuses to make it (3678) or to drop it (3681) until its directory
is gone. Before 8.0 a directory is a schema, but one with files that the server does not know cannot be dropped (1010).
"""

import os
import re
from typing import Iterable, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.drop_tables import drop_tables
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.observe import schemas
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.own_datadir import is_own

_DIRECTORY_NOT_EMPTY = 1010
_DIRECTORY_WITHOUT_SCHEMA = 3681
# Whatever language the server speaks, and however it writes the schema's name as that of a directory
_DIRECTORY = re.compile(r"'\./([^'/]+)/?'")


def drop(server: Server, name: str, backup_dir: str) -> List[str]:
    """DROP DATABASE IF EXISTS. Returns directories that stood in the way, of which the server said so itself.

    Their files go to a quarantine below backup_dir. Raises ReplicaError when one cannot be taken away: it is whole
    then, or what is missing of it is in the quarantine.
    """
    statement = "DROP DATABASE IF EXISTS " + identifier(name)
    drop_tables(server, name)
    try:
        server.execute(statement)
        return []
    except ServerError as exc:
        if exc.errno not in (_DIRECTORY_NOT_EMPTY, _DIRECTORY_WITHOUT_SCHEMA):
            raise
        refused = exc
    directory = _directory(server, refused)
    _set_files_aside(directory, name, backup_dir)
    if refused.errno == _DIRECTORY_NOT_EMPTY:
        server.execute(statement)
    else:
        _remove(directory)
    return [directory]


def clear(server: Server, names: Iterable[str], backup_dir: str) -> List[str]:
    """Take away what is left of schemas that the server does not have; returns the directories, as drop() does."""
    known = {name.lower() for name in schemas(server)}
    return [gone for name in names if name.lower() not in known for gone in drop(server, name, backup_dir)]


def _directory(server: Server, refused: ServerError) -> str:
    names = _DIRECTORY.findall(refused.found)
    datadir = server.variables("datadir")["datadir"]
    directory = os.path.join(datadir, names[-1] if names else "")
    if not names or not is_own(server, datadir) or os.path.islink(directory) or not os.path.isdir(directory):
        refused.next_step = (
            "look at %s on the server's own host, move it out of the data directory, then run the same command again"
            % (directory if names else "that directory")
        )
        raise refused
    return directory


def _set_files_aside(directory: str, schema: str, backup_dir: str) -> None:
    files = sorted(os.path.join(directory, name) for name in os.listdir(directory))
    if not files:
        return
    if not backup_dir:
        raise BadInput(
            "files are left of schema %s, of which the server knows nothing" % schema,
            where=directory,
            untouched="those files",
            next_step="give backup_dir, where they are set aside",
        )
    aside = Quarantine.create(backup_dir, "left-schema", "left of schema %s, unknown to the server" % schema)
    for path in files:
        aside.keep(path, "move")


def _remove(directory: str) -> None:
    try:
        os.rmdir(directory)
    except OSError as exc:
        raise ReplicaError(
            "cannot remove the empty directory of a schema that the server does not know: %s" % exc.strerror,
            where=directory,
            untouched="all other files of the server",
            next_step="remove it, then run the same command again",
        ) from None
