# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run writes down is there after it was killed: the old record or the new one, never a part of one."""

import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import journal as journal_file
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal

DEADLINE = 60.0  # seconds; a machine under load


@pytest.fixture(name="journal")
def _journal(tmp_path):
    return Journal(str(tmp_path / "state" / "load.json"))


def test_none_is_an_empty_record(journal):
    assert journal.read() == {}


def test_what_is_written_is_read(journal):
    record = {"phase": "loading", "n": 1, "list": [1, None, True], "text": "\u00fc\U0001f600\n", "raw": "caf\udce9"}
    journal.write(record)
    assert journal.read() == record
    assert Journal(journal.path).read() == record


def test_a_record_is_replaced_whole(journal):
    journal.write({"a": 1, "b": 2})
    journal.write({"a": 3})
    assert journal.read() == {"a": 3}
    assert os.listdir(os.path.dirname(journal.path)) == ["load.json"]


def test_only_its_owner_may_read_it(journal):
    before = os.umask(0)
    try:
        journal.write({"a": 1})
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(journal.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(journal.path)).st_mode) == 0o700


def test_a_directory_that_exists_is_left_as_it_is(tmp_path):
    os.chmod(str(tmp_path), 0o740)
    Journal(str(tmp_path / "load.json")).write({})
    assert stat.S_IMODE(os.stat(str(tmp_path)).st_mode) == 0o740


def test_forgotten_is_gone_and_none_is_fine(journal):
    journal.remove()
    journal.write({"a": 1})
    journal.remove()
    assert journal.read() == {}
    assert not os.path.exists(journal.path)
    journal.remove()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": 1', b"not json", b"\xff\xfe", b"[1]", b'"text"', b"7", b"null"],
    ids=["empty", "brace", "cut", "prose", "bytes", "list", "text", "number", "null"],
)
def test_what_is_no_record_is_an_error_that_names_the_file(journal, content):
    journal.write({})
    with open(journal.path, "wb") as sink:
        sink.write(content)
    with pytest.raises(ReplicaError) as caught:
        journal.read()
    assert caught.value.where == journal.path
    assert caught.value.next_step


def test_a_place_that_cannot_be_written_is_an_error_that_names_the_file(tmp_path):
    (tmp_path / "file").write_text("")
    blocked = Journal(str(tmp_path / "file" / "load.json"))
    with pytest.raises(ReplicaError, match="cannot write the journal"):
        blocked.write({})
    assert os.listdir(str(tmp_path)) == ["file"]


def test_what_cannot_be_written_leaves_the_old_record(journal):
    journal.write({"a": 1})
    with pytest.raises(TypeError):
        journal.write({"a": object()})
    assert journal.read() == {"a": 1}
    assert os.listdir(os.path.dirname(journal.path)) == ["load.json"]


def test_a_write_is_on_disk_before_it_takes_the_place_and_its_name_after(journal, monkeypatch):
    journal.write({})
    calls = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: calls.append(name) or real(*args))
    journal.write({"a": 1})
    assert calls == ["fsync", "rename", "fsync"]


def test_killed_at_every_step_of_a_write(killed_at_every_step):
    directories = killed_at_every_step("write")
    read = [Journal(os.path.join(directory, "state/journal.json")).read()["n"] for directory in directories]
    assert read == sorted(read), "once the new record is there, it stays"
    assert set(read) == {1, 2}
    for directory in directories:
        for name in os.listdir(os.path.join(directory, "state")):
            assert stat.S_IMODE(os.stat(os.path.join(directory, "state", name)).st_mode) == 0o600


def test_killed_at_every_step_of_a_removal(killed_at_every_step):
    records = [
        Journal(os.path.join(directory, "state/journal.json")).read() for directory in killed_at_every_step("remove")
    ]
    assert records[0]["n"] == 1
    assert records[-1] == {}


WRITER = """
import itertools, sys
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
journal = Journal(sys.argv[1])
for n in itertools.count(1):
    journal.write({"n": n, "text": "x" * (n * 997 % 20000)})
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_record(journal):
    last = 0
    for _round in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, journal.path], env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
        )
        try:
            seen, deadline = set(), time.time() + DEADLINE
            while len(seen) < 20:
                assert writer.poll() is None
                assert time.time() < deadline
                seen.add(whole(journal))
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        last = whole(journal)
        assert last > 0


def whole(journal):
    record = journal.read()
    assert record == {} or len(record["text"]) == record["n"] * 997 % 20000
    return record.get("n", 0)


def test_the_file_is_json_that_a_person_can_read(journal):
    journal.write({"phase": "loaded", "path": "/dumps/a.sql"})
    with open(journal.path, encoding="utf-8") as source:
        text = source.read()
    assert json.loads(text) == {"phase": "loaded", "path": "/dumps/a.sql"}
    assert "\n" in text


def test_two_that_make_one_directory_at_once(tmp_path, monkeypatch):
    path = str(tmp_path / "state")
    real = os.mkdir

    def late(name, mode):
        real(name, mode)  # the other one was faster
        real(name, mode)

    monkeypatch.setattr(journal_file.os, "mkdir", late)
    journal_file.private_directory(path)
    assert os.path.isdir(path)
