# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person reads while a long module is at work. Pure.

A record, as module_utils/host/progress.py writes it: run, phase, done, total (or null), unit, rate (a second, or null),
seconds_left (or null), note.
"""

from __future__ import annotations

from typing import Any

#: (seconds since the start, seconds between two lines from then on)
_PACE = ((0.0, 3.0), (30.0, 10.0), (300.0, 30.0), (3600.0, 120.0))
_SIZES = ("bytes", "KiB", "MiB", "GiB", "TiB")


def is_due(elapsed: float, since: float) -> bool:
    """Whether it is time for a line. elapsed: since the start, since: since the last line, in seconds."""
    return since >= next(pause for start, pause in reversed(_PACE) if elapsed >= start)


def line(host: str, record: dict[str, Any]) -> str:
    """``replica2: load 43 %, 2.1 of 4.9 GiB, 88 MiB/s, 31 s left, 12 of 60 tables``."""
    done, total, unit = record.get("done") or 0, record.get("total"), str(record.get("unit") or "")
    first = str(record.get("phase") or "at work")
    parts = []
    if total:
        # What is read is not yet loaded: it is whole when it is over.
        first += f" {min(99, done * 100 // total):.0f} %"
        parts.append(f"{_shown(done, _scale(total, unit))} of {amount(total, unit)}")
    elif done:
        parts.append(amount(done, unit))
    if record.get("rate"):
        parts.append(f"{amount(record['rate'], unit)}/s")
    if total and record.get("seconds_left") is not None:
        parts.append(f"{duration(record['seconds_left'])} left")
    if record.get("note"):
        parts.append(str(record["note"]))
    return f"{host}: " + ", ".join([first, *parts])


def duration(seconds: float) -> str:
    """``31 s``, ``12 min``, ``3 h 20 min``."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _scale(number: float, unit: str) -> int:
    scale = 0
    while unit == "bytes" and number >= 1024 << (10 * scale) and scale + 1 < len(_SIZES):
        scale += 1
    return scale


def _shown(number: float, scale: int) -> str:
    value = number / (1 << (10 * scale))
    return f"{value:.1f}" if scale and value < 100 else f"{value:.0f}"


def amount(number: float, unit: str) -> str:
    """``2.1 GiB``, ``12 tables``."""
    scale = _scale(number, unit)
    return f"{_shown(number, scale)} {_SIZES[scale] if unit == 'bytes' else unit}".rstrip()
