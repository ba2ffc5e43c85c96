# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Status rows -> one frozen record a channel, in today's terms. Pure.

The rows of SHOW SLAVE STATUS and SHOW REPLICA STATUS differ only in words (Master/Source, Slave/Replica, SQL delay and
SSL names follow); the numbers of errors differ between 5.6 and 9.x, so causes are told by number and by text.
"""

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

RUNNING = "running"
CONNECTING = "connecting"
STOPPED = "stopped"

_THREAD_STATE = {"yes": RUNNING, "connecting": CONNECTING, "preparing": CONNECTING, "no": STOPPED}


class Failure(NamedTuple):
    """Why a thread stopped: MySQL's number, its text, and our word for the cause (see CAUSES)."""

    errno: int
    text: str
    cause: str


class Channel(NamedTuple):
    """One replication channel as SHOW REPLICA STATUS tells it. Positions are bytes; lag and delay are seconds."""

    name: str
    source_host: str
    source_port: int
    source_user: str
    source_uuid: str
    auto_position: bool
    receiver: str
    receiver_failure: Optional[Failure]
    applier: str
    applier_state: str
    applier_failure: Optional[Failure]
    retrieved_gtids: str
    executed_gtids: str
    source_log_file: str
    source_log_pos: int
    relay_log_file: str
    relay_log_pos: int
    relay_log_space: int
    seconds_behind_source: Optional[int]
    delay: int
    ssl: bool
    ssl_ca: str
    get_source_public_key: bool

    @property
    def running(self) -> bool:
        return self.receiver == RUNNING and self.applier == RUNNING

    def public(self) -> Dict[str, Any]:
        shown = self._asdict()
        for failed in ("receiver_failure", "applier_failure"):
            shown[failed] = shown[failed] and dict(shown[failed]._asdict())
        return dict(shown)


# (cause, numbers, pattern): the first row whose number and pattern both fit; None fits all. Numbers and texts were seen
# on 5.6.24 and 9.7.4. "Source purged" and its relatives share 1236 (13114 on 9.x), so only their text tells them apart.
CAUSES: List[Tuple[str, Optional[Tuple[int, ...]], Optional[str]]] = [
    ("source_purged", (1236, 13114), r"purged (required )?binary logs"),
    ("replica_ahead_of_source", (1236, 13114), r"more GTIDs than|has more GTIDs|GTIDs than the (master|source)"),
    ("source_log_gone", (1236, 13114), r"could not find next log|Could not find first log file name"),
    ("source_log_unreadable", (1236, 13114), None),
    ("duplicate_server_uuid", (1593, 13117), r"equal MySQL server UUIDs"),
    ("duplicate_server_id", (1593, 13117), r"equal MySQL server ids"),
    ("gtid_mode_mismatch", (1593, 13117), r"GTID_MODE|gtid_mode"),
    ("authentication", (1045, 2059, 2061, 1130, 1227, 1251, 13120), r".*"),
    ("source_unreachable", (2002, 2003, 2005, 2006, 2013, 2055, 1040, 1158, 1159, 1160, 1161), None),
    ("relay_log_unreadable", (1594, 13121), None),
    ("replication_metadata_unusable", (1794, 1872, 13124, 1201), None),
    ("duplicate_row", (1062,), None),
    ("missing_row", (1032,), None),
    ("object_exists", (1007, 1050, 1304, 1396), None),
    ("object_missing", (1008, 1049, 1051, 1146, 1305), None),
]


def cause_of(errno: int, text: str) -> str:
    """Our word for why a thread stopped; ``other`` when no row of CAUSES fits.

    9.x reports what a worker died of as 1756 or as a coordinator's text that only names the worker's number.
    """
    inner = re.search(r"(?:Error_code: MY-0*|Error_code: |error code: )(\d+)", text)
    for number in (errno, int(inner.group(1)) if inner else errno):
        for cause, numbers, pattern in CAUSES:
            if (numbers is None or number in numbers) and (pattern is None or re.search(pattern, text, re.S)):
                return cause
    return "other"


def read_channels(rows: List[Dict[str, Any]]) -> List[Channel]:
    """All rows of the status statement -> channels, sorted by name."""
    return sorted((_read_channel(_modern(row)) for row in rows), key=lambda channel: channel.name)


def _modern(row: Dict[str, Any]) -> Dict[str, Any]:
    """Columns under one name whatever the version: capitals, too, changed on the way (Get_master_public_key)."""
    return {name.lower().replace("master", "source").replace("slave", "replica"): row[name] for name in row}


def _read_channel(row: Dict[str, Any]) -> Channel:
    def text(name: str) -> str:
        value = row.get(name)
        return "" if value is None else str(value)

    def number(name: str) -> int:
        return int(row.get(name) or 0)

    def failure(kind: str) -> Optional[Failure]:
        errno, said = number("last_%s_errno" % kind), text("last_%s_error" % kind)
        return Failure(errno, said, cause_of(errno, said)) if errno else None

    behind = row.get("seconds_behind_source")
    return Channel(
        name=text("channel_name") or text("connection_name"),
        source_host=text("source_host"),
        source_port=number("source_port"),
        source_user=text("source_user"),
        source_uuid=text("source_uuid"),
        auto_position=text("auto_position") == "1" or text("using_gtid").lower() in ("slave_pos", "current_pos"),
        receiver=_THREAD_STATE.get(text("replica_io_running").lower(), STOPPED),
        receiver_failure=failure("io"),
        applier=_THREAD_STATE.get(text("replica_sql_running").lower(), STOPPED),
        applier_state=text("replica_sql_running_state"),
        applier_failure=failure("sql"),
        retrieved_gtids=_one_line(text("retrieved_gtid_set")),
        executed_gtids=_one_line(text("executed_gtid_set")),
        source_log_file=text("source_log_file"),
        source_log_pos=number("read_source_log_pos"),
        relay_log_file=text("relay_log_file"),
        relay_log_pos=number("relay_log_pos"),
        relay_log_space=number("relay_log_space"),
        seconds_behind_source=None if behind is None else int(behind),
        delay=number("sql_delay"),
        ssl=text("source_ssl_allowed").lower() == "yes",
        ssl_ca=text("source_ssl_ca_file"),
        get_source_public_key=text("get_source_public_key") == "1",
    )


def _one_line(gtids: str) -> str:
    return re.sub(r"\s+", "", gtids)
