# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress is a whole file that only its owner reads, written now and then; and nothing depends on it."""

import json
import os
import stat

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import progress as module
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(module.time, "time", lambda: now[0])
    return now


def read(directory):
    with open(os.path.join(str(directory), "progress.json")) as source:
        return json.load(source)


def test_how_far_it_is_and_how_long_it_takes(tmp_path, clock):
    progress = Progress(str(tmp_path / "state"))
    progress.tell("load", 100, 1000, note="1 of 9 tables")
    first = read(tmp_path / "state")
    assert (first["phase"], first["done"], first["rate"], first["seconds_left"]) == ("load", 100, None, None)
    clock[0] += 0.5
    progress.tell("load", 150, 1000)
    assert read(tmp_path / "state") == first
    clock[0] += 2.5
    progress.tell("load", 400, 1000)
    later = read(tmp_path / "state")
    assert (later["run"], later["done"], later["rate"], later["seconds_left"]) == (first["run"], 400, 100.0, 6.0)
    progress.tell("count")
    assert read(tmp_path / "state")["phase"] == "count"
    path = str(tmp_path / "state" / "progress.json")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    progress.close()
    assert os.listdir(str(tmp_path / "state")) == []


def test_the_rate_is_that_of_now(tmp_path, clock):
    progress = Progress(str(tmp_path))
    for second in range(200):
        clock[0] += 1
        progress.tell("load", second * 10 if second < 100 else 1000 + (second - 100) * 50, 100000)
    assert read(tmp_path)["rate"] == pytest.approx(50.0)


def test_a_file_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "no directory").write_text("")
    progress = Progress(str(tmp_path / "no directory"))
    progress.tell("load", 1)
    progress.close()


def test_each_run_has_its_own(tmp_path, clock):
    Progress(str(tmp_path)).tell("load")
    first = read(tmp_path)["run"]
    clock[0] += 1
    Progress(str(tmp_path)).tell("load")
    assert read(tmp_path)["run"] != first
