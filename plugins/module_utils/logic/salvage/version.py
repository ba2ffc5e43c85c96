# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server wrote a data directory, by its own files, and whether a given mysqld may be started on it. Pure.

From 8.0 on the first page of a tablespace holds the number of the server that wrote it last (FIL_PAGE_SRV_VERSION);
before, a definition file (.frm) holds that of the server that made the table. Seen on 5.6.24 and 9.7.4.
"""

import struct
from typing import Iterable, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Dialect, Version

# Enough of a file's head for either
HEAD = 64  # bytes
_OF_TABLESPACE = (8, ">I")
_OF_DEFINITION = (51, "<I")
_DEFINITION_MARK = b"\xfe\x01"
_OLDEST, _NEWEST = (5, 0, 0), (30, 0, 0)
# Since this one the dictionary is InnoDB's own, and a server never goes back behind what has written it.
_NO_WAY_BACK = (8, 0, 0)


def of_tablespace(head: bytes) -> Optional[Version]:
    """From the first bytes of mysql.ibd, say; None where there is no version (before 8.0, or damaged)."""
    version = _number(head, *_OF_TABLESPACE)
    return version if version and version >= _NO_WAY_BACK else None


def of_definition(head: bytes) -> Optional[Version]:
    """From the first bytes of a .frm file."""
    return _number(head, *_OF_DEFINITION) if head.startswith(_DEFINITION_MARK) else None


def of_upgrade_info(text: str) -> Optional[Version]:
    """From mysql_upgrade_info, which holds a version and nothing else."""
    parts = text.strip().strip("\x00").split("-")[0].split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return None
    return Version(int(parts[0]), int(parts[1]), int(parts[2]))


def newest(found: Iterable[Optional[Version]]) -> Optional[Version]:
    return max((version for version in found if version), default=None)


def mismatch(directory: Optional[Version], program: Dialect) -> Optional[str]:
    """Why this mysqld is not the one for the data directory; None when it is, or when nothing tells."""
    if directory is None:
        return None
    same = directory.series == program.version.series
    if same and (directory < _NO_WAY_BACK or program.version >= directory):
        return None
    return "the data directory was written by MySQL %s, and this mysqld is %s" % (directory, program.version)


def _number(head: bytes, offset: int, form: str) -> Optional[Version]:
    if len(head) < HEAD:
        return None
    (number,) = struct.unpack_from(form, head, offset)
    version = Version(number // 10000, number // 100 % 100, number % 100)
    return version if _OLDEST <= version < _NEWEST else None
