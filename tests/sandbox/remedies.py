# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a diagnosis has to find first, and do first, after each damage of the sandbox.

The source has committed one more transaction since. A damage that a version cannot suffer has no row for it.
"""

from __future__ import annotations

from typing import NamedTuple


class First(NamedTuple):
    """The gravest finding, and the rung to begin with; None where there is none. heals: without a rebuild."""

    finding: str | None
    rung: str | None
    heals: bool = True


OLD, NEW = "5.6", "9.7"
_LOGS = First("relay_logs_at_fault", "relay_log_repair")
_INFO = First("replication_info_tables_missing", "system_tables")
_STATS = First("stats_tables_missing", "system_tables")
_DOWN = First("server_down", "start")
_PURGED = _LOGS._replace(heals=False)
_OF_LOGS = {
    "relay_logs_cut": _LOGS,
    "relaylog_cut_between_events": _DOWN,
    "relaylog_header_only": _DOWN,  # as a crash leaves a log that was just begun
    **dict.fromkeys(
        (
            "relaylog_zero_tail",
            "relaylog_zeros_appended",
            "relaylog_garbage_appended",
            "relaylog_flipped",
            "relaylog_flipped_in_the_middle",
            "relaylog_length_garbage",
            "relaylog_emptied",
            "relaylog_first_missing",
            "relaylog_middle_missing",
            "relaylog_last_missing",
            "relaylog_index_emptied",
            "relaylog_index_deleted",
            "relaylog_index_crlf",
            "relaylog_index_blank_line",
            "relaylog_index_unfinished",
        ),
        _LOGS,
    ),
    "relaylog_index_short": _DOWN,
    # only the server knows, from its tables
    "relaylog_position_lost": _DOWN,
    "relaylog_channel_lost": _DOWN,
    "relaylog_source_purged": _PURGED,
    "relaylog_piled_up": _LOGS,
}
_OF_FILES = {
    **dict.fromkeys(
        (
            "systable_data_file_deleted",
            "systable_format_file_deleted",
            "systable_both_files_deleted",
            "systable_format_file_garbage",
            "systable_data_file_emptied",
            "systable_data_file_garbage",
            "systable_data_file_foreign",
            "systable_root_page_garbage",
            "systable_half_repaired",
            "systable_altered",
        ),
        _STATS,
    ),
    "systable_dictionary_lost": _INFO._replace(heals=False),
}
_SPACE = First("system_space_damaged", "rebuild", heals=False)
OF_INNODB = ("redo_removed", "redo_overwritten", "page_zeroed", "page_overwritten", "system_page_overwritten")
_OF_BOTH = {
    "kill_under_load": _DOWN,
    "errant_transaction": First("errant_transactions", "rebuild", heals=False),
    "diverged_row": First(None, None),  # no look at replication shows it: mysql_replica_verify does
    "dropped_table": First("object_missing", "rebuild", heals=False),
    **_OF_LOGS,
    "systable_dropped": _INFO,
    "systable_dropped_before_start": _INFO,
    "systable_statistics_deleted": _STATS,
    # nothing has read yet what is broken; where the server cannot go on, it is rebuilt
    **dict.fromkeys(OF_INNODB, _DOWN._replace(heals=False)),
}
#: damage -> server -> what comes first
REMEDIES: dict[str, dict[str, First]] = {
    **{damage: {OLD: first, NEW: first} for damage, first in _OF_BOTH.items()},
    **{damage: {OLD: first} for damage, first in _OF_FILES.items()},
    "relaylog_checksums_missing": {OLD: First("relay_log_unreadable", "reread")},
    "systable_system_space_page": {NEW: _SPACE},
    "system_page_overwritten": {OLD: _DOWN._replace(heals=False), NEW: _SPACE},
}
