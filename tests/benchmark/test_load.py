# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a dump is loaded, against the mysql client and against myloader with a dump of its own tool.

The same rows go into the same server, one program after the other, in turns; the best turn of each counts. Ours is the
whole module: it looks through the dump, drops what it replaces, loads, counts, and makes durable. LOAD_MIB says how
large the dump of few large tables is, LOAD_TABLES how many small ones the other has, LOAD_SERVER which server loads.
The last result is kept in .cache/benchmark-load.txt.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmark.load_dumps import write_dump
from benchmark.mydumper import Mydumper

from integration import load_process
from sandbox.server import Server
from sandbox.topology import Sandbox

SIZE = int(os.environ.get("LOAD_MIB", "400")) << 20
TABLES = int(os.environ.get("LOAD_TABLES", "2000"))
SERVER = os.environ.get("LOAD_SERVER", "9.7")
TURNS = 2
RESULT = Path(__file__).parents[2] / ".cache" / "benchmark-load.txt"
MOST_MEMORY = 256 << 20


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Sandbox.up(server=SERVER, replicas=0) as box:
        if box.source.build.number >= (8, 0, 30):  # a sandbox is small: as large as a server that nobody has tuned
            box.source.execute("SET GLOBAL innodb_buffer_pool_size = 134217728")
            box.source.execute("SET GLOBAL innodb_redo_log_capacity = 104857600")
            box.source.execute("SET GLOBAL innodb_log_buffer_size = 67108864")
        yield box.source


def seconds_of(load: Callable[[], None]) -> float:
    begin = time.monotonic()
    load()
    return time.monotonic() - begin


@pytest.mark.parametrize("shape", ["few large tables", "many small tables"])
def test_load(server: Server, shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = shape.startswith("few")
    dump = write_dump(tmp_path / "dump.sql", *((4, SIZE >> 22, 1 << 20) if large else (TABLES, 1, 4096)))
    memory = 0

    def client() -> None:
        server.execute("DROP DATABASE IF EXISTS big")
        with dump.open("rb") as text:
            subprocess.run(server.mysql_argv("--init-command=SET sql_log_bin=0"), stdin=text, check=True)

    def ours() -> None:
        nonlocal memory
        argv = load_process.argv(server.socket, dump, tmp_path / "state")
        result = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
        assert not result["failed"], result["msg"]
        memory = result["memory"]

    loads: dict[str, Callable[[], None]] = {"mysql client": client, "ours": ours}
    client()
    try:
        mydumper = Mydumper(tmp_path / "mydumper")
        mydumper.dump(server.socket, "big", tmp_path / "theirs")
        loads[mydumper.version] = lambda: mydumper.load(server.socket, tmp_path / "theirs")
    except (OSError, subprocess.CalledProcessError) as exc:
        print(f"no myloader here: {exc}")
    server.execute("SET GLOBAL event_scheduler = OFF")
    took: dict[str, list[float]] = {name: [] for name in loads}
    for _turn in range(TURNS):
        for name, load in loads.items():
            took[name].append(seconds_of(load))
    best = {name: min(seconds) for name, seconds in took.items()}
    mib = dump.stat().st_size / (1 << 20)
    lines = [f"{shape}, {mib:.0f} MiB, {server.build.version}, {os.cpu_count()} processors, {platform.machine()}"]
    for name, seconds in best.items():
        ratio = best["mysql client"] / seconds
        lines.append(f"  {name}: {seconds:.1f} s, {mib / seconds:.1f} MiB/s, {ratio:.2f} times the client")
    lines.append(f"  ours: at most {memory / (1 << 20):.0f} MiB of memory; load average {os.getloadavg()[0]:.1f}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    RESULT.parent.mkdir(exist_ok=True)
    with RESULT.open("a") as kept:
        kept.write("\n".join(lines) + "\n")
    assert memory < MOST_MEMORY
    assert best["ours"] * (3.0 if large else 1.5) <= best["mysql client"]
    assert all(best["ours"] <= seconds for seconds in best.values())
