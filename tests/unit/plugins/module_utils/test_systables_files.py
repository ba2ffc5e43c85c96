# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a server that is down are moved only where nobody works on them; a format file comes whole."""

import fcntl
import gzip
import os
import shutil

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import systables as host
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import systables_offline
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.format_file import place_format_file
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.systables_offline import (
    OfflineTables,
    RestoredTables,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "systables")
NAME = "innodb_table_stats"


def content(name):
    with gzip.open(os.path.join(FIXTURES, name)) as source:
        return source.read()


@pytest.fixture(name="params")
def _params(tmp_path):
    """Of a server of 5.6 that is down, of whose tables one has a file that is cut off."""
    datadir = tmp_path / "data"
    (datadir / "mysql").mkdir(parents=True)
    (datadir / "ibdata1").write_bytes(content("ibdata1-5.6.24-head.gz"))
    (datadir / "mysql" / (NAME + ".ibd")).write_bytes(content("innodb_table_stats-5.6.24.ibd.gz")[:50000])
    return dict(
        datadir=str(datadir),
        tables=list(NAMES),
        error_log=None,
        backup_dir=str(tmp_path / "backup"),
        state_dir=str(tmp_path / "state"),
        quarantine=None,
    )


@pytest.fixture(name="held")
def _held(params, monkeypatch):
    """Another process works on the data directory, as InnoDB tells it: by a lock. Called, it ends. Nobody waits."""
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        with open(os.path.join(params["datadir"], "ibdata1"), "r+b") as held:
            fcntl.lockf(held, fcntl.LOCK_EX)
            os.write(ready[1], b"x")
            os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    ended = []

    def end(_seconds=0):
        if not ended:
            os.write(done[1], b"x")
            ended.append(os.waitpid(child, 0))

    monkeypatch.setattr(systables_offline.time, "sleep", lambda _seconds: None)
    yield end
    end()
    for handle in ready + done:
        os.close(handle)


def carried_out(operation):
    plan = operation.plan(operation.observe())
    for step in plan.steps:
        getattr(operation, "do_" + step.action)(step)
    return plan


def _another_datadir(params):
    path = params["datadir"] + "-of-another"
    os.makedirs(path)
    shutil.copy(os.path.join(params["datadir"], "ibdata1"), path)
    return path


def test_a_damaged_file_is_set_aside_and_put_back(params):
    path = host.path_of(params["datadir"], NAME, ".ibd")
    offline = OfflineTables(params)
    before = offline.observe()
    plan = carried_out(offline)
    result = offline.report(before, offline.observe(), plan)
    assert not os.path.exists(path)
    assert [(table["name"], table["verdict_after"]) for table in result["tables"] if table["actions"]] == [
        (NAME, "healthy")
    ]
    assert not carried_out(OfflineTables(params)).needed

    back = dict(params, quarantine=result["quarantine"])
    with pytest.raises(Refused, match="none of the system tables"):
        carried_out(RestoredTables(dict(back, datadir=_another_datadir(params))))
    assert carried_out(RestoredTables(back)).needed
    assert os.path.getsize(path) == 50000
    assert not carried_out(RestoredTables(back)).needed
    with open(path, "ab") as changed:
        changed.write(b"x")
    with pytest.raises(Refused, match="come to the place"):
        carried_out(RestoredTables(back))


def test_a_file_of_another_tablespace_is_found_by_the_dictionary(params):
    whole = content("innodb_table_stats-5.6.24.ibd.gz")
    for table, damaged in (("slave_worker_info", True), (NAME, False)):
        with open(host.path_of(params["datadir"], table, ".ibd"), "wb") as sink:
            sink.write(whole)
        found = {finding.name: finding for finding in OfflineTables(params).observe().findings}
        assert (found[table].verdict == "data_file_damaged") == damaged


@pytest.mark.usefixtures("held")
def test_nothing_is_touched_while_a_server_works_on_the_directory(params):
    assert host.is_used(params["datadir"])
    for operation in (OfflineTables(params), RestoredTables(dict(params, quarantine="/nowhere"))):
        with pytest.raises(Refused, match="a server works on this data directory"):
            operation.observe()


def test_a_server_that_is_dying_is_waited_for(params, held, monkeypatch):
    monkeypatch.setattr(systables_offline.time, "sleep", held)
    assert OfflineTables(params).observe().findings


def test_a_directory_that_is_none_of_a_server_is_said_to_be_none(tmp_path):
    with pytest.raises(ReplicaError, match="cannot tell whether a server works"):
        host.is_used(str(tmp_path))


def test_a_format_file_comes_with_its_mode_and_over_what_a_killed_run_left(tmp_path):
    made, target, elsewhere = tmp_path / "made.frm", tmp_path / "t.frm", tmp_path / "elsewhere"
    made.write_bytes(b"\xfe\x01" * 4000)
    made.chmod(0o640)
    (tmp_path / "t.frm.dbre-part").symlink_to(elsewhere)
    place_format_file(str(made), str(target))
    assert target.read_bytes() == made.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o640
    assert not elsewhere.exists(), "a link is not written through"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made.frm", "t.frm"]
    with pytest.raises(ReplicaError, match="another file has come"):
        place_format_file(str(made), str(target))
    with pytest.raises(ReplicaError, match="cannot copy"):
        place_format_file(str(tmp_path / "none"), str(tmp_path / "new.frm"))
