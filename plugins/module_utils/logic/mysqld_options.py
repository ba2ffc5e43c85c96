# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that a mysqld would start with, as it tells them itself while it is down. Pure.

Source: the output of ``mysqld --verbose --help`` and ``mysqld --print-defaults``, as 5.6.24 and 9.7.4 write it. The
second is asked, too, because in the first 9.7 says of log_error nothing but stderr.
"""

import posixpath
import re
from typing import Dict, List, NamedTuple, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dialect

_UNSET = "(No default value)"

# Where InnoDB keeps what belongs to one server and no other: it is set aside with the data directory, or not at all
_INNODB_DIRECTORIES = (
    "innodb-data-home-dir",
    "innodb-log-group-home-dir",
    "innodb-undo-directory",
    "innodb-doublewrite-dir",
    "innodb-directories",
)
_DATA_FILES = "innodb-data-file-path"


class ServerOptions(NamedTuple):
    """values: option, with dashes and without those in front -> value; an option without a value is left out.

    given: the values of the option files and nothing else, by the same names.
    """

    dialect: dialect.Dialect
    values: Dict[str, str]
    given: Dict[str, str]


def parse(help_text: str, defaults_text: str) -> ServerOptions:
    """Both outputs. Raises BadInput for what is not the first one of a MySQL server."""
    found = re.search(r"Ver (\S+)", help_text)
    head, line, table = help_text.partition("\n------")
    if not found or not line:
        raise BadInput(
            "this does not look like the options of a MySQL server: %r" % help_text[:80],
            untouched="everything",
            next_step="name the server program with the option mysqld",
        )
    values = {}
    for row in table.splitlines()[1:]:
        if not row.strip():
            break  # prose follows
        name, _blank, value = row.partition(" ")
        if value.strip() not in ("", _UNSET):
            values[name] = value.strip()
    flavor = "-MariaDB" if "mariadb" in head.lower() else ""
    return ServerOptions(dialect.parse_version(found.group(1) + flavor), values, parse_given(defaults_text))


def parse_given(defaults_text: str) -> Dict[str, str]:
    """The options that are in option files. Nothing is quoted there: a value ends where the next option begins."""
    given = {}
    for option in re.split(r"(?:^|\s)--", defaults_text.partition("\n")[2])[1:]:
        name, _equals, value = option.partition("=")
        given[name.strip().replace("_", "-")] = value.strip()
    return given


def is_below(path: str, directory: str) -> bool:
    """True for the directory itself, too."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def innodb_elsewhere(options: ServerOptions, homes: List[str]) -> List[str]:
    """Where InnoDB keeps files outside of the data directory, a sentence each (``option=/path``).

    homes: the names of the data directory, as it is configured and as it is when links are followed.
    """
    found = []
    for name in _INNODB_DIRECTORIES:
        found += [(name, path) for path in options.values.get(name, "").split(";") if path]
    home = options.values.get("innodb-data-home-dir", "")
    for file in options.values.get(_DATA_FILES, "").split(";"):
        found.append((_DATA_FILES, posixpath.join(home, file.partition(":")[0])))
    outside = []
    for name, path in found:
        where = posixpath.normpath(posixpath.join(homes[0], path))
        if not any(is_below(where, known) for known in homes):
            outside.append("%s=%s" % (name, where))
    return outside


def directories_inside(options: ServerOptions, homes: List[str]) -> List[str]:
    """Paths relative to the data directory that options name below it, with the directories on the way, parents first.

    Most are files (a log, say): which are directories is seen in the old data directory. A server does not make them.
    """
    found: Set[str] = set()
    for value in list(options.values.values()) + list(options.given.values()):
        if "/" not in value:
            continue  # a name in the data directory itself, or no path at all
        where = posixpath.normpath(posixpath.join(homes[0], value))
        for home in homes:
            if is_below(where, home):
                parts = where[len(home) :].strip("/").split("/")
                found.update("/".join(parts[: count + 1]) for count in range(len(parts)))
    return sorted(found - {""})
