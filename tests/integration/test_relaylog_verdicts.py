# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every stored relay log of a real server, whole and damaged: our verdict, and that of the servers' own programs.

``mysqlbinlog --verify-binlog-checksum`` must stumble where we see damage, at the same offset, and nowhere else. Where
one is known to be wrong, a table says why. MySQL 5.6 comes without client programs here; 9.7's reads its logs.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest
from unit.plugins.relaylog_reader import scanned

from sandbox import mariadb, relaylog_file
from sandbox.builds import Build, find_build, modern_spec

SAMPLES = Path(__file__).resolve().parents[1] / "unit/plugins/module_utils/fixtures/relaylogs"
LOGS = sorted(path for path in SAMPLES.glob("*/*") if re.search(r"\.\d{6}$", path.name))
OF_MYSQL = [path for path in LOGS if not path.parent.name.startswith("MariaDB")]
OF_MARIADB = [path for path in LOGS if path.parent.name.startswith("MariaDB")]


class Told(NamedTuple):
    """What a program says of a log. offset: of the first event that it cannot read, where it names one."""

    damaged: bool
    offset: int | None
    words: str


# -- damages: the bytes of a log, and where its events lie -------------------------------------------------------------

Events = list[relaylog_file.Event]


def middle_of(event: relaylog_file.Event) -> int:
    return (event.start + event.end) // 2


def flipped(data: bytes, events: Events) -> bytes:
    at = middle_of(events[-2])
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def zero_tail(data: bytes, events: Events) -> bytes:
    at = middle_of(events[-2])
    return data[:at] + bytes(len(data) - at)


def no_length(data: bytes, events: Events) -> bytes:
    at = events[-2].start + 9
    return data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :]


DAMAGES: dict[str, Callable[[bytes, Events], bytes]] = {
    "as it is": lambda data, _events: data,
    "cut inside an event": lambda data, events: data[: middle_of(events[-1])],
    "cut inside a header": lambda data, events: data[: events[-1].start + 7],
    "cut between events": lambda data, events: data[: events[-1].start],
    "a bit": flipped,
    "zero tail": zero_tail,
    "zeros appended": lambda data, _events: data + bytes(4096),
    "garbage appended": lambda data, _events: data + bytes(range(7, 256)) * 2,
    "a length of 2 GiB": no_length,
    "no bytes": lambda _data, _events: b"",
    "only the mark": lambda data, _events: data[:4],
    "a wrong mark": lambda data, _events: b"\xfecin" + data[4:],
}

# (pattern of sample/file, damage): why the program is wrong, or cannot be asked
HALF = "half a transaction is nothing that it looks for: every event of it is whole"
ROWS = "it also decodes events, so it sees by their form what no checksum can show; we cut before the same transaction"
MYSQLBINLOG: dict[tuple[str, str], str] = {
    ("*", "cut between events"): HALF,
    ("9.7.4-encrypted/*", "as it is"): "it reads encrypted logs through a server only; we say that it is encrypted",
    ("9.7.4-without-checksums/*", "zero tail"): ROWS,
}
MARIADB_BINLOG: dict[tuple[str, str], str] = {
    ("*", "cut between events"): HALF,
    ("*-encrypted/*", "*"): "it has no key; we say that it is encrypted",
    ("*-binary-log/mysql-bin.000002", "*"): (
        "a log that its description calls in use ends, for it, where it cannot be read: it says so and ends well"
    ),
    ("*/relay-bin.000001", "zero tail"): "it does not look at the checksum of the first description",
    ("*-replica-without-checksums/relay-bin.000001", "a bit"): "it does not look at the checksum of a description",
    ("*-source-without-checksums/*", "zero tail"): ROWS,
}


def ours(data: bytes, number: int, following: list[Path]) -> Told:
    """number: in the log's name, which the log before it tells."""
    verdict = scanned([data, *(path.read_bytes() for path in following)], first=number).verdict()
    words = f"{verdict.status}: {verdict.broken}"
    return Told(verdict.broken is not None, verdict.broken.offset if verdict.broken else None, words)


def theirs(build: Build, program: str, path: Path) -> Told:
    done = subprocess.run(
        [*build.clients.argv(program), "--no-defaults", "--verify-binlog-checksum", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    offset = re.search(r"at offset (\d+)", done.stderr)
    return Told(done.returncode != 0, int(offset[1]) if offset else None, done.stderr)


def differences(logs: list[Path], build: Build, program: str, directory: Path) -> dict[tuple[str, str], str]:
    """(sample/file, damage) -> what we and the program say of it, for each that we judge differently."""
    found = {}
    for log in logs:
        data = log.read_bytes()
        events = relaylog_file.whole_events(log) if data[:4] == relaylog_file.MAGIC else []
        following = [path for path in logs if path.parent == log.parent and path > log]
        for name, damage in DAMAGES.items():
            if not events and name not in ("as it is", "no bytes"):
                continue
            path = directory / "relay-bin.000001"
            path.write_bytes(damage(data, events))
            mine, other = ours(path.read_bytes(), int(log.suffix[1:]), following), theirs(build, program, path)
            if mine.damaged != other.damaged or (other.offset is not None and mine.offset != other.offset):
                found[f"{log.parent.name}/{log.name}", name] = f"we {mine}, {program} {other}"
    return found


def unexplained(
    found: dict[tuple[str, str], str], exceptions: dict[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """What the exceptions do not know; and those of them that are none any more."""
    of = {key: [one for one in exceptions if fnmatch(key[0], one[0]) and fnmatch(key[1], one[1])] for key in found}
    stale = set(exceptions) - {one for known in of.values() for one in known}
    return {key: text for key, text in found.items() if not of[key]} | dict.fromkeys(stale, "they agree")


def test_mysqlbinlog_says_the_same_of_every_log_of_mysql(tmp_path: Path) -> None:
    assert len(OF_MYSQL) > 6
    found = differences(OF_MYSQL, find_build(modern_spec()), "mysqlbinlog", tmp_path)
    assert not unexplained(found, MYSQLBINLOG)


@pytest.mark.long
def test_mariadb_binlog_says_the_same_of_every_log_of_mariadb(tmp_path: Path) -> None:
    assert len(OF_MARIADB) > 20
    found = differences(OF_MARIADB, mariadb.build(), "mariadb-binlog", tmp_path)
    assert not unexplained(found, MARIADB_BINLOG)
