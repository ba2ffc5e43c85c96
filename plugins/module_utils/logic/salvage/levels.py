# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""innodb_force_recovery, level by level: what each gives up, and how a server is started at one. Pure.

Sources: MySQL manual, "Forcing InnoDB Recovery"; what 5.6.24 and 9.7.4 did when pages, redo logs and directories were
damaged. Each level gives up what those below it give up, too.
"""

from typing import Dict, List, NamedTuple, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version

HIGHEST = 6
WITHOUT_REDO = 6


class Level(NamedTuple):
    """name: InnoDB's own, without SRV_FORCE_. gives_up: a sentence."""

    name: str
    gives_up: str


LEVELS: Dict[int, Level] = {
    0: Level("NONE", "nothing: InnoDB recovers as after any crash"),
    1: Level(
        "IGNORE_CORRUPT",
        "damaged pages are passed over where that is possible: rows on them are missing from what is read, without any"
        " error, and mysqldump ends with 0",
    ),
    2: Level("NO_BACKGROUND", "the master and purge threads do not run"),
    3: Level("NO_TRX_UNDO", "transactions that were not committed are not rolled back: what they wrote is there"),
    4: Level(
        "NO_IBUF_MERGE", "the change buffer is not merged: secondary indexes may lack entries; nothing can be written"
    ),
    5: Level("NO_UNDO_LOG_SCAN", "undo logs are not looked at: what was not committed counts as committed"),
    6: Level(
        "NO_LOG_REDO",
        "the redo log is not applied: pages are as they were on disk, the newest changes are missing, and indexes may"
        " not fit together",
    ),
}

# Without these nobody but us could reach the server, and nothing of its own begins to write or to read.
_QUIET = (
    "--skip-networking",
    "--event-scheduler=OFF",
    "--general-log=OFF",
    "--slow-query-log=OFF",
    "--loose-skip-slave-start",
    "--loose-skip-replica-start",
    "--relay-log-recovery=OFF",
    "--loose-group-replication-start-on-boot=OFF",
    "--loose-mysqlx=OFF",
    # Both would read pages that nobody asked for, and a damaged one kills the server.
    "--innodb-read-ahead-threshold=0",
    "--loose-innodb-buffer-pool-load-at-startup=OFF",
    "--loose-innodb-buffer-pool-dump-at-shutdown=OFF",
    "--innodb-stats-on-metadata=OFF",
    "--loose-innodb-stats-auto-recalc=OFF",
)

# The highest level at which a server of a version starts with a binary log. At 0 it is needed: prepared transactions
# are settled by it. From 5.7 on a server that was not shut down cleanly writes to a table for it, which no level allows
# (seen on 9.7.4); 5.6 has no such table, and does not start without a binary log while gtid_mode is on.
_BINARY_LOG_UP_TO: List[Tuple[Tuple[int, int, int], int]] = [((5, 7, 0), 0), ((0, 0, 0), HIGHEST)]


def gives_up(level: int) -> List[str]:
    """All that is given up at a level, a sentence each; [] at 0."""
    return ["%d (%s): %s" % (number, LEVELS[number].name, LEVELS[number].gives_up) for number in range(1, level + 1)]


def with_binary_log(version: Version, level: int) -> bool:
    return level <= next(highest for since, highest in _BINARY_LOG_UP_TO if version >= since)


def start_options(level: int) -> List[str]:
    """What mysqld gets beside its places and its binary log."""
    return ["--innodb-force-recovery=%d" % level, *_QUIET]


def without_binary_log(version: Version) -> List[str]:
    """What a server needs that starts without one: until 5.7 gtid_mode wants it."""
    return ["--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"] if version < (5, 7, 0) else []
