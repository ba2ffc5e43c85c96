# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in a data directory and what it is. Pure."""

import json
import re
from fnmatch import fnmatchcase
from typing import Callable, Iterable, List, Optional, Tuple

# One of these makes a directory a data directory.
MARKS = ("ibdata1", "mysql.ibd", "mysql")

# Directories of a server that nobody has put data into; names with # or a dot in front are none of schemas at all.
_SYSTEM = {"mysql", "performance_schema", "sys", "test", "ndbinfo", "lost+found"}
_UUID = re.compile(
    r"^\s*server[-_]uuid\s*=\s*([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\s*$",
    re.MULTILINE | re.IGNORECASE,
)


def user_schemas(directories: Iterable[str]) -> List[str]:
    return sorted(name for name in directories if name not in _SYSTEM and name[:1] not in (".", "#"))


def server_uuid(auto_cnf: str) -> Optional[str]:
    """The identity in auto.cnf; None when it cannot be read there."""
    found = _UUID.search(auto_cnf) if auto_cnf.lstrip().startswith("[auto]") else None
    return found.group(1) if found else None


def _persisted_settings(text: str) -> bool:
    try:
        return "Version" in json.loads(text)
    except (ValueError, TypeError):
        return False


def _identity(text: str) -> bool:
    return server_uuid(text) is not None


# What makes a server this server, and whether its text is of use, where that can be told
_KEPT: List[Tuple[str, Optional[Callable[[str], bool]]]] = [
    ("auto.cnf", _identity),
    ("mysqld-auto.cnf", _persisted_settings),
    ("my.cnf", None),
    ("*.pem", None),
]


def is_kept(name: str, text: str) -> bool:
    """Whether a file of the old data directory goes into the new one."""
    return any(fnmatchcase(name, pattern) and (fits is None or fits(text)) for pattern, fits in _KEPT)


def is_replaced(name: str) -> bool:
    """Whether a file that --initialize made gives way to the old server's, or to none: keys belong together."""
    return fnmatchcase(name, "*.pem")
