# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to relay logs, done to those of a replica whose applier stood still while they piled up.

Each of them stops the applier, lets logs pile up, and kills the replica, unless it says otherwise. `spare`: the source
has purged all of it but what the newest log holds, so that nothing else can be fetched again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import relaylog_file
from .server import Server
from .unlogged import run_unlogged
from .waiting import wait_for

if TYPE_CHECKING:
    from .topology import Sandbox

FILLER = "sandbox_filler"  # the schema whose only use is to fill relay logs


class Pile(NamedTuple):
    """Relay logs of a dead replica. ahead: those that its applier had before it."""

    logs: list[Path]
    ahead: list[Path]
    status: dict[str, Any]

    def told(self, **more: Any) -> dict[str, Any]:
        """What a damage returns."""
        return {
            "relay_logs": [log.name for log in self.logs],
            "applier_position": f"{self.status['Relay_Log_File']}:{self.status['Relay_Log_Pos']}",
            "retrieved_gtid_set": str(self.status["Retrieved_Gtid_Set"]).replace("\n", ""),
            "executed_gtid_set": str(self.status["Executed_Gtid_Set"]).replace("\n", ""),
            **more,
        }


def pile(
    box: Sandbox, replica: Server, files: int = 4, transactions: int = 5, spare: bool = False, kill: bool = True
) -> Pile:
    """Relay logs that are not applied; the last one holds whole transactions."""
    source = box.source
    source.execute(f"CREATE DATABASE IF NOT EXISTS {FILLER}")
    source.execute(f"CREATE TABLE IF NOT EXISTS {FILLER}.filler (id INT AUTO_INCREMENT PRIMARY KEY, txt TEXT)")
    replica.execute(replica.statements.stop_applier)
    for number in range(files):
        if number:
            replica.execute("FLUSH NO_WRITE_TO_BINLOG RELAY LOGS")
        wait_retrieved(source, replica)
        if spare and number == files - 1:
            source.execute("FLUSH BINARY LOGS")
        for _number in range(transactions):
            source.execute(f"INSERT INTO {FILLER}.filler (txt) VALUES (REPEAT('relay', 40))")
        wait_retrieved(source, replica)
        # a GTID counts as retrieved when it arrives: what belongs to it may not be in the file yet
        wait_for(
            "the last relay log holds a whole transaction",
            lambda: relaylog_file.holds_transaction(relaylog_file.listed(replica.datadir)[-1]),
        )
    status = replica.replica_status()
    if spare:
        newest = source.rows("SHOW BINARY LOGS")[-1]["Log_name"]
        wait_for("the source lets go of its old logs", lambda: status_file(replica) == newest)
        source.execute("PURGE BINARY LOGS TO %s", (newest,))
    if kill:
        replica.kill()
    logs = relaylog_file.listed(replica.datadir)
    return Pile(logs, [log for log in logs if log.name >= str(status["Relay_Log_File"])], status)


def status_file(replica: Server) -> str:
    """The log of the source that the receiver reads."""
    return str(replica.replica_status()["Source_Log_File"])


def wait_retrieved(source: Server, replica: Server) -> None:
    """Return when the replica has retrieved all that the source has executed."""
    target = source.gtid_executed

    def retrieved() -> bool:
        status = replica.replica_status()
        have = f"{status['Retrieved_Gtid_Set']},{status['Executed_Gtid_Set']}".strip(",")
        return bool(replica.value("SELECT GTID_SUBSET(%s, %s)", (target, have)))

    wait_for(f"{replica.name} retrieves {target}", retrieved)


def relay_logs_cut(box: Sandbox, replica: Server, **piled: Any) -> dict[str, Any]:
    """The last one ends inside an event."""
    found = pile(box, replica, **piled)
    last = found.logs[-1]
    size = last.stat().st_size
    event, cut_at = relaylog_file.cut_inside(last)
    return found.told(cut=last.name, size_before=size, size=cut_at, event_start=event.start, event_end=event.end)


# -- damages of one log ------------------------------------------------------------------------------------------------


def _write(path: Path, offset: int, data: bytes) -> None:
    """In place: owner and mode stay."""
    with path.open("r+b") as log:
        log.seek(offset)
        log.write(data)


def _rows(path: Path) -> relaylog_file.Event:
    """The first rows of a log."""
    return next(event for event in relaylog_file.whole_events(path) if event.type in relaylog_file.ROWS)


def _cut_between_events(path: Path) -> None:
    events = relaylog_file.whole_events(path)
    os.truncate(path, next(event.start for event in reversed(events) if event.type == relaylog_file.XID))


def _zero_tail(path: Path) -> None:
    size = path.stat().st_size
    start = _rows(path).start + 40
    _write(path, start, bytes(size - start))


def _zeros_appended(path: Path) -> None:
    _write(path, path.stat().st_size, bytes(4096))


def _garbage_appended(path: Path) -> None:
    _write(path, path.stat().st_size, bytes(range(7, 256)) * 2)


def _flipped(path: Path) -> None:
    offset = _rows(path).start + 30
    _write(path, offset, bytes([path.read_bytes()[offset] ^ 1]))


def _length_garbage(path: Path) -> None:
    _write(path, _rows(path).start + 9, b"\xff\xff\xff\x7f")


def _emptied(path: Path) -> None:
    os.truncate(path, 0)


def _header_only(path: Path) -> None:
    os.truncate(path, len(relaylog_file.MAGIC))


def _one_log(change: Callable[[Path], None], number: int) -> Callable[..., dict[str, Any]]:
    """number: of the log that is damaged, among those that the applier had before it."""

    def damage(box: Sandbox, replica: Server, **piled: Any) -> dict[str, Any]:
        """A log is damaged."""
        found = pile(box, replica, **piled)
        change(found.ahead[number])
        return found.told(damaged=found.ahead[number].name)

    return damage


# -- damages of the index ----------------------------------------------------------------------------------------------


def _index(change: Callable[[list[str]], str | None]) -> Callable[..., dict[str, Any]]:
    """change: lines -> the new text, None for no index."""

    def damage(box: Sandbox, replica: Server, **piled: Any) -> dict[str, Any]:
        """The index is damaged."""
        found = pile(box, replica, **piled)
        index = replica.datadir / "relay-bin.index"
        text = change(index.read_text().splitlines())
        if text is None:
            index.unlink()
        else:
            os.truncate(index, 0)
            _write(index, 0, text.encode())
        return found.told(index=text)

    return damage


# -- damages of what the server knows of them --------------------------------------------------------------------------


def position_lost(box: Sandbox, replica: Server, **piled: Any) -> dict[str, Any]:
    """The row that says where the applier stands; a clean shutdown would write it anew."""
    found = pile(box, replica, kill=False, **piled)
    run_unlogged(replica, "DELETE FROM mysql.slave_relay_log_info")
    replica.kill()
    return found.told()


def channel_lost(box: Sandbox, replica: Server, **piled: Any) -> dict[str, Any]:
    """Both rows: the server does not know that it is a replica."""
    found = pile(box, replica, kill=False, **piled)
    run_unlogged(replica, "DELETE FROM mysql.slave_relay_log_info")
    run_unlogged(replica, "DELETE FROM mysql.slave_master_info")
    replica.kill()
    return found.told()


def source_purged(box: Sandbox, replica: Server, **piled: Any) -> dict[str, Any]:
    """The source has purged everything, and the last log is cut: what was in its end is nowhere any more."""
    found = pile(box, replica, **piled)
    relaylog_file.cut_inside(found.logs[-1])
    box.source.execute("FLUSH BINARY LOGS")
    box.source.execute("PURGE BINARY LOGS TO %s", (box.source.rows("SHOW BINARY LOGS")[-1]["Log_name"],))
    return found.told()


def piled_up(box: Sandbox, replica: Server, logs: int = 1000, **piled: Any) -> dict[str, Any]:
    """So many relay logs that are not applied, whole ones; the last is cut."""
    pile(box, replica, kill=False, **piled)
    for _number in range(logs):
        replica.execute("FLUSH NO_WRITE_TO_BINLOG RELAY LOGS")
    return relay_logs_cut(box, replica, **piled)


def checksums_missing(box: Sandbox, replica: Server) -> dict[str, Any]:
    """A source without checksums and a replica with them: an applier of 5.6 that is started in the middle of such a
    log stops with error 1594, and the log is whole. The replica is not killed.
    """
    source = box.source
    source.execute("SET GLOBAL binlog_checksum = NONE")
    source.execute(f"CREATE DATABASE IF NOT EXISTS {FILLER}")
    box.wait_caught_up(replica)
    found = pile(box, replica, files=1, kill=False)
    replica.execute(replica.statements.start)
    return found.told()


# name: function, description
DAMAGES: dict[str, tuple[Callable[..., dict[str, Any]], str]] = {
    "relay_logs_cut": (relay_logs_cut, "relay logs pile up, SIGKILL, the last one ends inside an event"),
    "relaylog_cut_between_events": (_one_log(_cut_between_events, -1), "the last one ends inside a transaction"),
    "relaylog_zero_tail": (_one_log(_zero_tail, -1), "the end of the last one is zeros"),
    "relaylog_zeros_appended": (_one_log(_zeros_appended, -1), "zeros behind the end of the last one"),
    "relaylog_garbage_appended": (_one_log(_garbage_appended, -1), "garbage behind the end of the last one"),
    "relaylog_flipped": (_one_log(_flipped, -1), "a bit in the last one"),
    "relaylog_flipped_in_the_middle": (_one_log(_flipped, 2), "a bit in one that others follow"),
    "relaylog_length_garbage": (_one_log(_length_garbage, -1), "an event of the last one claims two GiB"),
    "relaylog_emptied": (_one_log(_emptied, -1), "the last one has no bytes"),
    "relaylog_header_only": (_one_log(_header_only, -1), "the last one has four bytes"),
    "relaylog_first_missing": (_one_log(Path.unlink, 0), "the one that the applier stands in is gone"),
    "relaylog_middle_missing": (_one_log(Path.unlink, 2), "one is gone that others follow"),
    "relaylog_last_missing": (_one_log(Path.unlink, -1), "the last one is gone (5.6 hangs, and says that all is well)"),
    "relaylog_index_emptied": (_index(lambda _lines: ""), "the index has no line"),
    "relaylog_index_deleted": (_index(lambda _lines: None), "the index is gone"),
    "relaylog_index_crlf": (_index(lambda lines: "\r\n".join([*lines, ""])), "the index is written as on Windows"),
    "relaylog_index_blank_line": (
        _index(lambda lines: "\n".join([*lines[:2], "", *lines[2:], ""])),
        "the index has a blank line, which hides what follows",
    ),
    "relaylog_index_unfinished": (_index("\n".join), "the last line of the index has no end"),
    "relaylog_index_short": (
        _index(lambda lines: "".join(f"{line}\n" for line in lines[:-2])),
        "the index lost its last two lines",
    ),
    "relaylog_position_lost": (position_lost, "the row that says where the applier stands is gone"),
    "relaylog_channel_lost": (channel_lost, "the rows of the channel and of its applier's position are gone"),
    "relaylog_source_purged": (source_purged, "the last one is cut, and the source has purged everything"),
    "relaylog_piled_up": (piled_up, "a thousand of them, the last one is cut"),
    "relaylog_checksums_missing": (checksums_missing, "the source stops to write checksums; the replica runs on"),
}
