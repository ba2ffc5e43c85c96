# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay logs that MariaDB servers write now are read as those that are stored were: every group, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.plugins.relaylog_reader import scanned

from sandbox import mariadb


@pytest.mark.long
@pytest.mark.parametrize("name", mariadb.SCENARIOS)
def test_every_group_of_a_source_is_found(name: str, tmp_path: Path) -> None:
    logs, groups = mariadb.make(name, tmp_path / name)
    verdict = scanned([log.read_bytes() for log in logs]).verdict()
    assert (verdict.broken, verdict.mariadb) == (None, True)
    if name == "encrypted":
        assert verdict.status == "encrypted"
        return
    assert verdict.status == "unclean_at_boundary"
    assert sum(file["transactions"] for file in verdict.files) == len(groups) > 30
    assert verdict.files[-1]["last_gtid"] == groups[-1]
    assert {note["kind"] for file in verdict.files for note in file["notes"]} <= {"next_file"}
