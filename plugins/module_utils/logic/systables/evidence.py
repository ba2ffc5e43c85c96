# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the error log says of the five tables since the server was last started. Pure.

It proves nothing by itself, for a page may have been repaired since: it stands beside a verdict, and is a verdict's
only ground where the file is not there to be looked at. Texts seen on 5.6.24 and 9.7.4.
"""

import re
from typing import Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES

MOST_LINES = 5  # for each table
LONGEST_LINE = 300  # characters
SYSTEM_SPACE = 4294967294  # number of mysql.ibd since 8.0
_START = re.compile(r"starting as process \d+")
_TROUBLE = re.compile(
    r"error|warning|assertion|corrupt|cannot|could not|missing|is \d+ in the data dictionary|but in file", re.IGNORECASE
)
_DAMAGED_PAGE = re.compile(
    r"(?:failed file read of page|Unable to read page) \[page id: space=%d, page number=(\d+)\]" % SYSTEM_SPACE
)


def since_last_start(text: str) -> List[str]:
    """The lines of an error log that belong to the last start of the server, all of them where none is to be seen."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _START.search(line)]
    return lines[starts[-1] :] if starts else lines


def of_tables(lines: List[str]) -> Dict[str, List[str]]:
    """Name of a table -> the last different lines that complain of it."""
    found: Dict[str, List[str]] = {name: [] for name in NAMES}
    for line in lines:
        for name in NAMES:
            if re.search(r"\b%s\b" % name, line) and _TROUBLE.search(line):
                said = line.strip()[:LONGEST_LINE]
                if said not in found[name]:
                    found[name].append(said)
    return {name: said[-MOST_LINES:] for name, said in found.items()}


def space_by_dictionary(lines: List[str], table: str) -> Optional[int]:
    """The tablespace of a table, by a server of 5.6 that refused its file for being of another one."""
    text = "\n".join(lines)
    told = re.search(r"tablespace id is (\d+) in the data dictionary\s.*\b%s\.ibd" % table, text)
    return int(told.group(1)) if told else None


def system_space_damage(lines: List[str]) -> Optional[str]:
    """The page of mysql.ibd that the server died of, as a sentence; None when it names none."""
    for line in lines:
        page = _DAMAGED_PAGE.search(line)
        if page:
            return "page %s: the server could not read it" % page.group(1)
    return None
