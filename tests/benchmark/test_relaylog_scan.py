# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast relay logs are read, against the program that a DBA would take: mysqlbinlog --verify-binlog-checksum.

Both read the same file in the same run, and processor time is what is compared, user's and system's: this machine may
have other work. mysqlbinlog says nothing of transactions, the index or a place to cut at; it prints what it reads.
RELAYLOG_MIB says how large the logs are. How much memory is taken is measured on logs of more than 4 GiB.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.plugins.relaylog_writer import RelayLog

from sandbox.builds import find_build, modern_spec

MIB = 1 << 20
SIZE = int(os.environ.get("RELAYLOG_MIB", "400")) * MIB
MOST_MEMORY = 64 * MIB  # above the interpreter and its modules
TURNS = 3  # the best of them counts

# Reads a file as the module does, and says in seconds and bytes what that took. Not by ru_maxrss: a process that was
# forked begins with its parent's.
OURS = """
import os, sys, time
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog import read
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import place_of
place = place_of(sys.argv[1], "relay-bin", None, "")
def kib(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name + ":"))
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")  # the peak begins here
before, begin = kib("VmRSS"), time.process_time()
logs = read(place, None, False, "")
print(time.process_time() - begin, (kib("VmHWM") - before) * 1024)
verdict = logs.scan.verdict()
assert verdict.status == "unclean_at_boundary", verdict
print(verdict.files[0]["transactions"])
"""


def tiny(log: RelayLog, number: int, _random: random.Random) -> None:
    """Events of some 70 bytes: one short row a transaction."""
    log.transaction(number, size=30)


def rows(log: RelayLog, number: int, chance: random.Random) -> None:
    """Rows events of 1 to 8 KiB, four a transaction."""
    log.gtid(number)
    log.query("BEGIN")
    for _row in range(4):
        log.table_map()
        log.rows(chance.randrange(1024, 8193) - 40)
    log.xid()


def write_log(directory: Path, transaction: Callable[[RelayLog, int, random.Random], None], size: int = SIZE) -> int:
    """A relay log of so many bytes and its index; returns the number of its transactions."""
    (directory / "relay-bin.index").write_text("./relay-bin.000001\n")
    chance = random.Random(4)
    number = 0
    with (directory / "relay-bin.000001").open("wb") as sink:
        log = RelayLog().header()
        while sink.tell() < size:
            for _turn in range(1000):
                number += 1
                transaction(log, number, chance)
            sink.write(log.data)
            log.data.clear()
            log.starts.clear()
    return number


def ours(directory: Path) -> tuple[float, int, int]:
    """Seconds, bytes of memory, transactions."""
    done = subprocess.run(
        [sys.executable, "-c", OURS, str(directory)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, memory, transactions = done.stdout.split()
    return float(seconds), int(memory), int(transactions)


def theirs(directory: Path) -> float:
    """Seconds."""
    program = find_build(modern_spec()).clients.argv("mysqlbinlog")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*program, "--no-defaults", "--verify-binlog-checksum", str(directory / "relay-bin.000001")],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(("transaction", "least"), [(tiny, 2.5), (rows, 4.0)], ids=["tiny events", "rows of 1-8 KiB"])
def test_relay_logs_are_read_faster_than_by_mysqlbinlog(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    transaction: Callable[[RelayLog, int, random.Random], None],
    least: float,
) -> None:
    written = write_log(tmp_path, transaction)
    pairs = [(ours(tmp_path), theirs(tmp_path)) for _turn in range(TURNS)]
    mine, other = min(pair[0][0] for pair in pairs), min(pair[1] for pair in pairs)
    memory = max(pair[0][1] for pair in pairs)
    size = (tmp_path / "relay-bin.000001").stat().st_size
    with capsys.disabled():
        print(
            f"\n{transaction.__doc__} {size / MIB:.0f} MiB: {size / MIB / mine:.0f} MiB/s,"
            f" mysqlbinlog {size / MIB / other:.0f} MiB/s: {other / mine:.1f} times as fast (wanted: {least});"
            f" {memory / MIB:.1f} MiB of memory"
        )
    assert {pair[0][2] for pair in pairs} == {written}
    assert 0 < memory < MOST_MEMORY
    assert other / mine >= least


def write_sparse_log(directory: Path) -> int:
    """More than 4 GiB that take no room: five events of almost 1 GiB, which are zero but for their ends."""
    (directory / "relay-bin.index").write_text("./relay-bin.000001\n")
    zeros = bytes(MIB)
    with (directory / "relay-bin.000001").open("wb") as sink:
        log = RelayLog().header()
        for number in range(1, 6):
            log.gtid(number)
            log.query("BEGIN")
            log.table_map()
            at = log.rows(8)
            head = bytearray(log.data[at:-4])
            del log.data[at:]
            size = 1023 * MIB
            head[9:13] = (len(head) + size + 4).to_bytes(4, "little")
            crc = zlib.crc32(head)
            for _mib in range(size // MIB):
                crc = zlib.crc32(zeros, crc)
            sink.write(log.data + head)
            sink.seek(size, os.SEEK_CUR)
            sink.write(crc.to_bytes(4, "little"))
            log.data.clear()
            log.xid()
        sink.write(log.data)
    return 5


def write_4_gib_of_rows(directory: Path) -> int:
    """More than 4 GiB of rows events of 1 to 8 KiB."""
    return write_log(directory, rows, 4100 * MIB)


@pytest.mark.parametrize("write", [write_4_gib_of_rows, write_sparse_log], ids=["rows of 1-8 KiB", "events of 1 GiB"])
def test_memory_does_not_grow_with_a_log_of_more_than_4_gib(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], write: Callable[[Path], int]
) -> None:
    log = tmp_path / "relay-bin.000001"
    try:
        written = write(tmp_path)
        seconds, memory, transactions = ours(tmp_path)
        size = log.stat().st_size
    finally:
        log.unlink()
    with capsys.disabled():
        print(f"\n{write.__doc__} {size / MIB:.0f} MiB in {seconds:.1f} s: {memory / MIB:.1f} MiB of memory")
    assert size > 4096 * MIB
    assert transactions == written
    assert 0 < memory < MOST_MEMORY
