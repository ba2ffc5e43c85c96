# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which table of which version comes back how: one look-up. Pure.

All were carried out on 5.6.24 and 9.7.4. The trap of 5.6: a table whose .frm is gone cannot be dropped, and when its
.ibd is deleted and CREATE is tried instead, the next start of the server aborts. So it gets a .frm first.
"""

from typing import Dict, NamedTuple, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import verdict as v
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import (
    DATA_DICTIONARY,
    SEEN_AGAIN,
    STATISTICS,
    V56,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import Finding

Recipe = Tuple[str, ...]

# What cannot be done while the server runs, or not by us: the caller stops the server, or starts it with an option.
STOP = "stop_server"
UPGRADE = "upgrade_server"

FILES: Dict[str, Recipe] = {
    v.MISSING: ("create",),
    v.DEFINITION_DIFFERS: ("drop", "create"),
    v.DATA_FILE_MISSING: ("drop", "create"),
    v.FORMAT_FILE_MISSING: ("copy_format_file",),
    v.FORMAT_FILE_UNREADABLE: ("set_aside", "copy_format_file"),  # set_aside: what is in the way, if anything is
    v.FILES_MISSING: ("set_aside", "copy_format_file", "drop", "create"),
    v.DICTIONARY_DIFFERS: ("set_aside", "copy_format_file", "drop", "create"),
    v.ORPHAN_FILES: ("set_aside", "create"),
    v.UNREADABLE: ("drop", "create"),
    v.DATA_FILE_DAMAGED: (STOP,),
    v.STATISTICS_MISSING: ("analyze",),
}
IN_DICTIONARY: Dict[str, Recipe] = {
    v.MISSING: ("create",),
    v.DEFINITION_DIFFERS: ("drop", "create"),
    v.UNREADABLE: ("drop", "create"),
}
BY_SERVER: Dict[str, Recipe] = {
    v.MISSING: (UPGRADE,),
    v.DEFINITION_DIFFERS: (UPGRADE,),
    v.UNREADABLE: (UPGRADE,),
}
# Since 8.0 the server refuses to drop or alter these.
PROTECTED: Dict[str, Recipe] = {
    v.MISSING: (UPGRADE,),
    v.DEFINITION_DIFFERS: (UPGRADE,),
    v.UNREADABLE: ("empty",),
    v.STATISTICS_MISSING: ("analyze",),
}


class Book(NamedTuple):
    """Recipes from a version on: for the tables of replication, for those of statistics."""

    since: Version
    replication: Dict[str, Recipe]
    statistics: Dict[str, Recipe]


BY_STATEMENT = [
    Book(V56, FILES, FILES),
    Book(DATA_DICTIONARY, BY_SERVER, PROTECTED),
    Book(SEEN_AGAIN, IN_DICTIONARY, PROTECTED),
]
BY_UPGRADE = BY_STATEMENT[:2]


def recipe(finding: Finding, version: Version, by_upgrade: bool = False) -> Recipe:
    """What brings a table back: actions of steps.py, STOP or UPGRADE; () for a healthy one.

    by_upgrade: whether the server itself is to make the tables, where it can.
    """
    book = [one for one in (BY_UPGRADE if by_upgrade else BY_STATEMENT) if one.since <= version][-1]
    actions = (book.statistics if finding.name in STATISTICS else book.replication).get(finding.verdict, ())
    return tuple(one for one in actions if one != "set_aside" or finding.in_the_way)
