# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line says how far it is, in units that a person reads, and no more often than a person wants to know."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dbre.mysql_replica.plugins.plugin_utils.progress_line import duration, is_due, line

GIB = 1 << 30


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            dict(phase="load", done=2.1 * GIB, total=4.9 * GIB, unit="bytes", rate=88 << 20, seconds_left=31.4,
                 note="12 of 60 tables"),
            "r1: load 42 %, 2.1 of 4.9 GiB, 88.0 MiB/s, 31 s left, 12 of 60 tables",
        ),
        (dict(phase="load", done=3 << 20, total=None, unit="bytes", rate=None), "r1: load, 3.0 MiB"),
        (dict(phase="load", done=4096, total=4096, unit="bytes", rate=0), "r1: load 99 %, 4.0 of 4.0 KiB"),
        (dict(phase="count", done=3, total=12, unit="tables", rate=2.0, seconds_left=4.5),
         "r1: count 25 %, 3 of 12 tables, 2 tables/s, 4 s left"),
        (dict(phase="count rows", done=0, total=None), "r1: count rows"),
        ({}, "r1: at work"),
    ],
)  # fmt: skip
def test_a_line(record: dict[str, Any], expected: str) -> None:
    assert line("r1", record) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0 s"), (99, "99 s"), (100, "2 min"), (5400, "90 min"), (12000, "3 h 20 min")]
)
def test_time_in_units_of_people(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_lines_get_rarer() -> None:
    lines = []
    last = 0.0
    for tenth in range(36000):
        if is_due(tenth / 10, tenth / 10 - last):
            last = tenth / 10
            lines.append(last)
    assert lines[0] == 3
    assert len([at for at in lines if at <= 30]) in (9, 10)
    assert 30 < len([at for at in lines if at <= 600]) < 60
    assert len(lines) < 160
