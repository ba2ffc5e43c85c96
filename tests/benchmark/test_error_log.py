# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast error logs are read, against the program that a DBA would take: grep -E with the same texts.

Both read the same file in the same run, and processor time is what is compared, user's and system's: this machine may
have other work. grep prints the lines and says nothing of causes, remedies, runs, loops or what is over.
ERROR_LOG_MIB says how large the logs are.
"""

from __future__ import annotations

import os
import random
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import RULES

MIB = 1 << 20
SIZE = int(os.environ.get("ERROR_LOG_MIB", "400")) * MIB
MOST_MEMORY = 32 * MIB  # above the interpreter and its modules
TURNS = 3  # the best of them counts

# Reads a file as the module does, and says in seconds and bytes what that took
OURS = """
import resource, sys, time
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.error_log import examine
before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
result = examine(sys.argv[1], since_last_start=False)
print(time.process_time() - begin, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
print(sum(finding["count"] for finding in result["findings"] + result["past"]))
"""

# What fills logs: each server has its own. {0} is a running number, {1} one below 256
DULL = """\
2026-11-21T12:01:20.{0:06d}Z {0} [Note] Aborted connection {0} to db: 'shop' user: 'app' (Got timeout reading packets)
2026-11-21T12:01:20.{0:06d}Z {0} [Warning] [MY-010055] [Server] IP address '10.1.2.{1}' could not be resolved
2026-11-21T12:01:20.{0:06d}Z {0} [Note] [MY-010926] [Server] Access denied for user 'app'@'10.1.2.{1}'
2026-11-21 12:01:20 {0} [Warning] Unsafe statement written to the binary log. Statement: UPDATE t SET a={0} LIMIT 1
2026-11-21T12:01:20.{0:06d}Z 0 [Note] InnoDB: page_cleaner: 1000ms intended loop took {0}ms. (flushed=200 and evicted=0)
""".splitlines()
TELLING = (
    "2026-11-21T12:01:20.{0:06d}Z 5 [ERROR] [MY-010584] [Repl] Replica I/O for channel '': Error reconnecting to source"
    " 'repl@db1:3306'. This was attempt {1}/86400, with a delay of 60 seconds between attempts. Message: Can't connect"
    " to MySQL server on 'db1:3306' (111), Error_code: MY-002003"
)


def ordinary(number: int, chance: random.Random) -> str:
    """One finding in ten thousand lines."""
    return (TELLING if number % 10000 == 0 else chance.choice(DULL)).format(number, number % 256)


def flooded(number: int, _chance: random.Random) -> str:
    """Nothing but findings."""
    return TELLING.format(number % 1000000, number % 86400)


def write_log(path: Path, line: Callable[[int, random.Random], str]) -> None:
    chance = random.Random(4)
    block = "".join(line(number, chance) + "\n" for number in range(200_000)).encode()
    with path.open("wb") as log:
        while log.tell() < SIZE:
            log.write(block)


def ours(path: Path) -> tuple[float, int, int]:
    """Seconds, bytes of memory, lines that are findings."""
    done = subprocess.run([sys.executable, "-c", OURS, str(path)], capture_output=True, text=True, check=True)
    seconds, memory, lines = done.stdout.split()
    return float(seconds), int(memory), int(lines)


def theirs(path: Path) -> float:
    """Seconds."""
    texts = "|".join(re.escape(text.needle).replace("\\ ", " ") for rule in RULES for text in rule.texts)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["grep", "-acE", "-e", texts, str(path)],
        env=os.environ | {"LC_ALL": "C"},
        stdout=subprocess.PIPE,  # it stops at the first line when it sees that nobody reads
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(("line", "least"), [(ordinary, 0.3), (flooded, 0.03)], ids=["ordinary", "flooded"])
def test_an_error_log_is_read_nearly_as_fast_as_grep_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: Callable[[int, random.Random], str], least: float
) -> None:
    path = tmp_path / "error.log"
    write_log(path, line)
    runs = [ours(path) for _turn in range(TURNS)]
    greps = [theirs(path) for _turn in range(TURNS)]
    seconds, theirs_seconds = min(run[0] for run in runs), min(greps)
    size = path.stat().st_size / 1e6
    ratio = theirs_seconds / seconds
    with capsys.disabled():
        print(
            f"\n{line.__name__}: {size / seconds:.0f} MB/s, grep -E {size / theirs_seconds:.0f} MB/s: {ratio:.2f} times"
            f" as fast (wanted: {least}); {max(run[1] for run in runs) / MIB:.1f} MiB of memory"
        )
    assert {run[2] for run in runs} == {path.read_bytes().count(b"[ERROR]")}
    assert max(run[1] for run in runs) < MOST_MEMORY
    assert ratio > least
