# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load is killed at random instants, or its server is; the same command ends with the same rows, and settings back.

SOAK_LOADER and SOAK_MYSQLD say how many kills of each there are on each server (20, 10), SOAK_SEED repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from benchmark.load_dumps import write_dump

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_settings
from integration import load_process
from sandbox import builds
from sandbox.server import Server
from sandbox.topology import Sandbox

LOADER = int(os.environ.get("SOAK_LOADER", "20"))
MYSQLD = int(os.environ.get("SOAK_MYSQLD", "10"))
SEED = os.environ.get("SOAK_SEED", str(time.time_ns()))
TRIES = 5


class Load:
    """The same command, run whole or killed."""

    def __init__(self, server: Server, dump: Path, state: Path) -> None:
        self.server = server
        self._argv = load_process.argv(server.socket, dump, state, every=0.2)

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self) -> dict[str, Any]:
        with self.start() as process:
            output, complaint = process.communicate(timeout=300)
        assert output, complaint
        result: dict[str, Any] = json.loads(output)
        return result

    def until_done(self) -> tuple[int, bool]:
        """How many runs it took, and whether one of them took up what an earlier one had finished."""
        resumed = False
        for attempt in range(1, TRIES + 1):
            result = self.run()
            resumed = resumed or bool(result.get("resumed"))
            if not result["failed"]:
                return attempt, resumed
            print(result["msg"])
        raise AssertionError(f"not done in {TRIES} runs")

    def state(self) -> dict[str, Any]:
        tables = [
            row["name"]
            for row in self.server.rows(
                "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'big'"
            )
        ]
        return {
            table: (
                self.server.rows(f"CHECKSUM TABLE big.`{table}`"),
                self.server.rows(f"SHOW CREATE TABLE big.`{table}`"),
            )
            for table in sorted(tables)
        }

    def settings(self) -> list[dict[str, Any]]:
        names = ", ".join(repr(name) for name in load_settings.NAMES)
        return self.server.rows(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")


@pytest.mark.parametrize("kind", ["5.6", builds.modern_spec()])
def test_the_same_command_finishes_what_was_killed(kind: str, tmp_path: Path) -> None:
    chance = random.Random(f"{SEED} {kind}")
    print(f"SOAK_SEED={SEED}")
    dump = write_dump(tmp_path / "dump.sql", tables=12, statements=6, size=1 << 18)
    with Sandbox.up(server=kind, replicas=0) as box:
        server = box.source
        server.execute("SET GLOBAL event_scheduler = OFF")
        load = Load(server, dump, tmp_path / "state")
        usual = load.settings()
        began = time.monotonic()
        assert not load.run()["failed"]
        length = time.monotonic() - began
        expected = load.state()
        assert load.settings() == usual
        taken_up = 0
        for number, victim in enumerate(["loader"] * LOADER + ["mysqld"] * MYSQLD, 1):
            instant = chance.uniform(0.3, length)
            with load.start() as process:
                time.sleep(instant)
                if victim == "loader":
                    process.kill()
                else:
                    server.kill()
                    server.start()
                    server.execute("SET GLOBAL event_scheduler = OFF")
                process.communicate(timeout=300)
            tries, resumed = load.until_done()
            taken_up += resumed
            print(
                f"{number}: {victim} after {instant:.1f} of {length:.1f} s, {tries} tries, resumed: {resumed}",
                flush=True,
            )
            assert load.state() == expected
            assert load.settings() == usual
        print(f"{taken_up} of {LOADER + MYSQLD} were taken up where they had been")
