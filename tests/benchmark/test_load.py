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

import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmark.mydumper import Mydumper

from sandbox.server import Server
from sandbox.topology import Sandbox

SIZE = int(os.environ.get("LOAD_MIB", "400")) << 20
TABLES = int(os.environ.get("LOAD_TABLES", "2000"))
SERVER = os.environ.get("LOAD_SERVER", "9.7")
TURNS = 2
RESULT = Path(__file__).parents[2] / ".cache" / "benchmark-load.txt"
MOST_MEMORY = 256 << 20

# The module's operation, as Ansible would run it; prints its peak of memory, in bytes
OURS = """
import resource, sys
from ansible_collections.dbre.mysql_replica.plugins.module_utils import runner
from ansible_collections.dbre.mysql_replica.plugins.modules.mysql_dump_load import DumpLoad
class Module:
    check_mode = False
    params = dict(
        login_host="localhost", login_port=0, login_user="root", login_password=None, login_unix_socket=sys.argv[1],
        config_file=None, connect_timeout=30, ca_cert=None, client_cert=None, client_key=None, check_hostname=None,
        method="file", path=sys.argv[2], dump=None, state_dir=sys.argv[3], assume=[], exclude_tables=[],
        drop_schemas=[], workers=0, defer_indexes=True, speedups=True,
    )
    def exit_json(self, **result):
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        sys.exit(0)
    def fail_json(self, **result):
        sys.exit(result["msg"])
runner.run(Module(), DumpLoad)
"""

HEAD = b"""-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `big`;
USE `big`;
"""
TABLE = b"""DROP TABLE IF EXISTS `t%(n)d`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `t%(n)d` (
  `id` int NOT NULL AUTO_INCREMENT,
  `k` int NOT NULL DEFAULT '0',
  `c` varchar(120) NOT NULL DEFAULT '',
  `pad` varchar(60) NOT NULL DEFAULT '',
  `d` datetime DEFAULT NULL,
  `n` decimal(10,2) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `k_1` (`k`),
  KEY `c_1` (`c`(20)),
  KEY `d_1` (`d`,`k`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `t%(n)d` WRITE;
/*!40000 ALTER TABLE `t%(n)d` DISABLE KEYS */;
"""
AFTER = b"/*!40000 ALTER TABLE `t%(n)d` ENABLE KEYS */;\nUNLOCK TABLES;\n\n"
END = b"-- Dump completed on 2026-11-21 12:00:00\n"


def rows(number: int, first: int, size: int, chance: random.Random) -> tuple[bytes, int]:
    """An INSERT of about that size, and the number of its last row."""
    parts, filled = [], 0
    while filled < size:
        words = "-".join(f"{chance.getrandbits(32):08x}" for _word in range(12))
        when = f"2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d} 12:{chance.randint(0, 59):02d}:00"
        parts.append(f"({first},{chance.getrandbits(30)},'{words}','it\\'s {first}','{when}',{first % 99999}.50)")
        filled += len(parts[-1]) + 1
        first += 1
    return f"INSERT INTO `t{number}` VALUES {','.join(parts)};\n".encode(), first


def write_dump(path: Path, tables: int, statements: int, size: int) -> Path:
    chance = random.Random(7)
    with path.open("wb") as dump:
        dump.write(HEAD)
        for number in range(tables):
            dump.write(TABLE % {b"n": number})
            first = 1
            for _statement in range(statements):
                text, first = rows(number, first, size, chance)
                dump.write(text)
            dump.write(AFTER % {b"n": number})
        dump.write(END)
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Sandbox.up(server=SERVER, replicas=0) as box:
        if box.source.build.number >= (8, 0, 30):  # a sandbox is small: as large as a server that nobody has tuned
            box.source.execute("SET GLOBAL innodb_buffer_pool_size = 134217728")
            box.source.execute("SET GLOBAL innodb_redo_log_capacity = 104857600")
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
        argv = [sys.executable, "-c", OURS, server.socket, str(dump), str(tmp_path / "state")]
        memory = int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)

    loads: dict[str, Callable[[], None]] = {"mysql client": client, "ours": ours}
    client()
    try:
        mydumper = Mydumper(tmp_path / "mydumper")
        mydumper.dump(server.socket, "big", tmp_path / "theirs")
        loads[mydumper.version] = lambda: mydumper.load(server.socket, tmp_path / "theirs")
    except (OSError, subprocess.CalledProcessError) as exc:
        print(f"no myloader here: {exc}")
    server.execute("SET GLOBAL event_scheduler = OFF")
    best = {name: min(seconds_of(load) for _turn in range(TURNS)) for name, load in loads.items()}
    mib = dump.stat().st_size / (1 << 20)
    lines = [f"{shape}, {mib:.0f} MiB, {server.build.version}, {os.cpu_count()} processors, {platform.machine()}"]
    for name, took in best.items():
        lines.append(
            f"  {name}: {took:.1f} s, {mib / took:.1f} MiB/s, {best['mysql client'] / took:.2f} times the client"
        )
    lines.append(f"  ours: at most {memory / (1 << 20):.0f} MiB of memory; load average {os.getloadavg()[0]:.1f}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    RESULT.parent.mkdir(exist_ok=True)
    with RESULT.open("a") as kept:
        kept.write("\n".join(lines) + "\n")
    assert memory < MOST_MEMORY
    assert best["ours"] * (3.0 if large else 1.5) <= best["mysql client"]
    assert all(best["ours"] <= took for took in best.values())
