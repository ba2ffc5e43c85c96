# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make fuzz N=200``: so many rounds of relaylog_fuzz.py a server.

FUZZ_SEED and FUZZ_FIRST say which; each line begins with those that bring its round again.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

from integration.relaylog_fuzz import OPTIONS, Rounds
from sandbox.topology import Sandbox

ROUNDS = int(os.environ.get("FUZZ_N", "2"))
FIRST = int(os.environ.get("FUZZ_FIRST", "1"))
SEED = os.environ.get("FUZZ_SEED", "relay logs")


def test_whatever_happens_to_relay_logs_nothing_that_is_whole_is_lost(server_kind: str, tmp_path: Path) -> None:
    began = time.monotonic()
    verdicts: Counter[str] = Counter()
    kept = fetched = 0
    with Sandbox.up(server=server_kind, options=OPTIONS) as box:
        rounds = Rounds(box, tmp_path / "state")
        for number in range(FIRST, FIRST + ROUNDS):
            seed = f"{SEED} {number}"
            print(f"{server_kind} FUZZ_SEED={SEED!r} FUZZ_FIRST={number}: ", end="", flush=True)
            outcome = rounds.run(seed)
            print(f"{outcome.what}: {outcome.verdict}, {outcome.kept} applied from here, {outcome.fetched} fetched")
            verdicts[outcome.verdict] += 1
            kept, fetched = kept + outcome.kept, fetched + outcome.fetched
    seconds = time.monotonic() - began
    print(f"{server_kind}: {ROUNDS} rounds in {seconds:.0f} s; {kept} transactions applied from the relay logs,")
    print(f"  {fetched} fetched again; none lost, every table equal: {dict(verdicts)}")
    assert sum(verdicts.values()) == ROUNDS
