# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make fuzz N=200``: so many rounds of relaylog_fuzz.py a server.

FUZZ_SEED and FUZZ_FIRST say which. Each line begins with those of its round, which bring the same damage again; what a
server has written at the instant of its death is not the same twice.
"""

from __future__ import annotations

import os
import time
import traceback
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
    failed: list[str] = []
    left = list(range(FIRST, FIRST + ROUNDS))
    while left:
        # One round that fails may leave anything behind; the others go on in a sandbox of their own.
        with Sandbox.up(server=server_kind, options=OPTIONS) as box:
            rounds = Rounds(box, tmp_path / "state")
            while left:
                number = left.pop(0)
                name = f"{server_kind} FUZZ_SEED={SEED!r} FUZZ_FIRST={number}"
                print(f"{name}: ", end="", flush=True)
                try:
                    outcome = rounds.run(f"{SEED} {number}")
                except Exception:  # noqa: BLE001 - whatever it is, it is told at the end
                    failed.append(f"{name}\n{traceback.format_exc()}\n{box.replicas[0].error_log_tail()}")
                    print(f"FAILED\n{failed[-1]}", flush=True)
                    break
                print(f"{outcome.what}: {outcome.verdict}, {outcome.kept} applied from here, {outcome.fetched} fetched")
                verdicts[outcome.verdict] += 1
                kept, fetched = kept + outcome.kept, fetched + outcome.fetched
    seconds = time.monotonic() - began
    print(f"{server_kind}: {sum(verdicts.values())} of {ROUNDS} rounds passed in {seconds:.0f} s;")
    print(f"  {kept} transactions applied from the relay logs, {fetched} fetched again; {dict(verdicts)}")
    assert not failed, "\n".join(failed)
