# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs on disk: plain, compressed, rotated, growing, damaged; from the last start, in bounded memory."""

import bz2
import gzip
import lzma
import os
import tracemalloc

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import error_log, log_file
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.log_file import LogFile, older_files

SHUT = b"2026-11-21 12:01:00 1 [Note] /usr/sbin/mysqld: Shutdown complete\n"
START = b"2026-11-21 12:01:01 1 [Note] InnoDB: Initializing buffer pool, size = 64.0M\n"
READY = b"2026-11-21 12:01:02 1 [Note] /usr/sbin/mysqld: ready for connections.\n"
NOTE = b"2026-11-21 12:01:03 1 [Note] Event Scheduler: Loaded 0 events\n"
FULL = b"2026-11-21 12:01:04 1 [Warning] Disk is full writing './relay-bin.000002' (Errcode: 28)\n"
AWAY = b"2026-11-21 12:01:05 1 [ERROR] Slave I/O: error connecting to master 'r@db1:3306', Error_code: 2003\n"
CRASH = b"12:01:06 UTC - mysqld got signal 6 ;\nThread pointer: 0x0\n"


@pytest.fixture(name="small_blocks", params=[7, 64, 1000])
def _small_blocks(request, monkeypatch):
    monkeypatch.setattr(log_file, "BLOCK", request.param)
    return request.param


@pytest.fixture(name="write")
def _write(tmp_path):
    def write(*lines, **kept):
        path = tmp_path / kept.get("name", "error.log")
        path.write_bytes(kept.get("pack", bytes)(b"".join(lines)))
        return str(path)

    return write


def ids(result, which="findings"):
    return [finding["id"] for finding in result[which]]


TEXTS = [
    b"",
    b"\n",
    b"a",
    b"\n\n\n",
    b"ab\ncd\n\nefghijklmnopqrstuvwxyz\n",
    b"x" * 5000,
    b"x" * 3000 + b"\n" + b"y" * 3000,
    b"one\r\ntwo\r\n" * 300,
]


@pytest.mark.parametrize("text", TEXTS)
def test_blocks_are_the_file(write, small_blocks, text):
    with LogFile(write(text)) as log:
        blocks = list(log.forwards())
        backwards = list(log.backwards())
    assert b"".join(block for _offset, block in blocks) == text
    assert b"".join(block for _offset, block in reversed(backwards)) == text
    for offset, block in blocks + backwards:
        assert text[offset:].startswith(block)
        assert len(block) <= 2 * small_blocks


@pytest.mark.parametrize("text", TEXTS)
def test_a_line_that_fits_into_a_block_is_in_one(write, small_blocks, text):
    with LogFile(write(text)) as log:
        edges = {offset + len(block) for offset, block in log.forwards()}
        edges |= {offset for offset, _block in log.backwards()}
    at = 0
    for line in text.splitlines(True):
        if len(line) <= small_blocks:
            assert not edges & set(range(at + 1, at + len(line)))
        at += len(line)


@pytest.mark.parametrize("begin", [0, 1, 5, 3000, 6001])
def test_reading_from_an_offset(write, small_blocks, begin):
    text = b"x" * 3000 + b"\n" + b"y" * 3000
    assert small_blocks
    with LogFile(write(text)) as log:
        assert b"".join(block for _offset, block in log.forwards(begin)) == text[begin:]
        assert log.lines_before(begin) == text[:begin].count(b"\n")
    with LogFile(write(text, name="error.log.gz", pack=gzip.compress)) as log:
        assert b"".join(block for _offset, block in log.forwards(begin)) == text[begin:]
        assert log.lines_before(begin) == text[:begin].count(b"\n")


# what is in the log, findings, line of the first one
BEGINNINGS = [
    ([START, READY, AWAY, SHUT, START, READY, FULL], ["disk_full"], 7),
    ([START, READY, AWAY, SHUT, START, READY], [], None),
    ([NOTE, AWAY], ["source_unreachable"], 2),
    ([AWAY, START, READY], [], None),
    ([SHUT, START, READY, CRASH, START, READY, AWAY], ["source_unreachable"], 8),
    ([SHUT, START, READY, CRASH, START], ["server_crashed"], 4),
    ([SHUT, START, READY, CRASH, START, READY, CRASH, START], ["server_crashed", "crash_loop"], 4),
    ([], [], None),
]


@pytest.mark.parametrize(("lines", "findings", "number"), BEGINNINGS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("block", [120, 200, 1000])
def test_a_log_is_read_from_its_last_start(write, monkeypatch, block, lines, findings, number, pack):
    monkeypatch.setattr(log_file, "BLOCK", block)
    path = write(*lines, pack=pack)
    result = error_log.examine(path)
    assert ids(result) == findings
    if number:
        assert result["findings"][0]["evidence"][0]["where"] == "%s:%d" % (path, number)


def test_the_whole_log_is_read_when_asked_for(write):
    path = write(START, READY, AWAY, SHUT, START, READY, FULL)
    result = error_log.examine(path, since_last_start=False)
    assert ids(result) == ["disk_full"]
    assert ids(result, "past") == ["source_unreachable"]
    assert [run["end"] for run in result["runs"]] == ["shutdown", "running"]
    assert result["past"][0]["first"] == {"time": "2026-11-21 12:01:05", "where": path + ":3"}


def test_what_lies_far_before_the_last_start_is_not_read_for_a_crash(write, monkeypatch):
    monkeypatch.setattr(log_file, "BLOCK", 1000)
    monkeypatch.setattr(error_log, "_EARLIER", 20000)
    filling = NOTE * 1000
    path = write(SHUT, START, READY, FULL, filling, AWAY, CRASH, START, READY)
    result = error_log.examine(path)
    assert ids(result, "past") == ["server_crashed", "source_unreachable"]
    assert 20000 < result["bytes"] < 25000
    assert result["past"][1]["evidence"][0]["where"] == path + ":1005"


def test_the_last_start_may_be_in_an_older_file(write):
    write(SHUT, START, READY, AWAY, name="error.log.2.gz", pack=gzip.compress)
    write(NOTE, name="error.log.1")
    path = write(FULL)
    result = error_log.examine(path)
    assert ids(result) == ["disk_full", "source_unreachable"]
    assert [os.path.basename(entry["path"]) for entry in result["files"]] == [
        "error.log.2.gz",
        "error.log.1",
        "error.log",
    ]
    assert result["findings"][1]["evidence"][0]["where"].endswith("error.log.2.gz:4")
    assert ids(error_log.examine(path, rotated=False)) == ["disk_full"]


def test_older_files_are_not_read_when_the_start_is_in_the_newest(write):
    write(SHUT, START, READY, AWAY, name="error.log.1")
    result = error_log.examine(write(SHUT, START, READY, FULL))
    assert [os.path.basename(entry["path"]) for entry in result["files"]] == ["error.log"]
    assert len(error_log.examine(result["files"][0]["path"], since_last_start=False)["files"]) == 2


def test_without_a_start_anywhere_only_the_newest_file_is_read(write):
    write(NOTE, AWAY, name="error.log.1")
    assert ids(error_log.examine(write(NOTE, FULL))) == ["disk_full"]


# in a directory, older files of error.log, the oldest first
NAMES = [
    (["error.log.1", "error.log.10.gz", "error.log.2.gz"], ["error.log.10.gz", "error.log.2.gz", "error.log.1"]),
    (["error.log-20260103", "error.log-20251231.gz"], ["error.log-20251231.gz", "error.log-20260103"]),
    (["error.log-20260103-1712.gz", "error.log-20260103"], ["error.log-20260103", "error.log-20260103-1712.gz"]),
    (["error.log.old", "error.logs.1", "xerror.log.1", "error.log.1.txt", "error.log.gz", "error.log.gz.1"], []),
]


@pytest.mark.parametrize(("names", "older"), NAMES)
def test_older_files_are_found_by_their_names(tmp_path, names, older):
    for name in [*names, "error.log"]:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "error.log.99").mkdir()
    assert [os.path.basename(path) for path in older_files(str(tmp_path / "error.log"))] == older


def test_older_files_of_mixed_names_go_by_their_times(tmp_path):
    for age, name in enumerate(["error.log.1", "error.log-20200101", "error.log.2"]):
        (tmp_path / name).write_bytes(b"")
        os.utime(str(tmp_path / name), (1000 - age, 1000 - age))
    older = [os.path.basename(path) for path in older_files(str(tmp_path / "error.log"))]
    assert older == ["error.log.2", "error.log-20200101", "error.log.1"]


def test_a_damaged_older_file_is_named_and_read_as_far_as_it_goes(write):
    whole = gzip.compress(START + READY + FULL + NOTE * 5000)
    write(name="error.log.1.gz", pack=lambda _text: whole[:-20])
    result = error_log.examine(write(NOTE))
    assert ids(result) == ["disk_full"]
    assert "cut" in result["files"][0]["cut"]
    assert result["files"][1]["cut"] is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_older_file_that_cannot_be_opened_is_named(write):
    os.chmod(write(START, name="error.log.1"), 0)
    result = error_log.examine(write(NOTE))
    assert "Permission denied" in result["files"][0]["cut"]


def test_an_older_file_that_is_no_file_any_more_is_named(write, monkeypatch, tmp_path):
    monkeypatch.setattr(error_log, "older_files", lambda _path: [str(tmp_path / "error.log.1")])
    result = error_log.examine(write(NOTE))
    assert "cannot be opened" in result["files"][0]["cut"]


def test_a_log_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be opened: No such file") as caught:
        error_log.examine(str(tmp_path / "error.log"))
    assert "log_error" in caught.value.next_step
    with pytest.raises(BadInput, match="not a regular file"):
        error_log.examine(str(tmp_path))
    os.mkfifo(str(tmp_path / "pipe"))
    with pytest.raises(BadInput, match="not a regular file"):
        error_log.examine(str(tmp_path / "pipe"))


def test_a_log_is_read_as_far_as_it_went_when_it_was_opened(write):
    path = write(FULL)
    with LogFile(path) as log, open(path, "ab") as growing:
        growing.write(AWAY)
        growing.flush()
        assert b"".join(block for _offset, block in log.forwards()) == FULL


def test_a_log_that_is_cut_while_it_is_read_ends_there(write):
    path = write(FULL)
    with LogFile(path) as log:
        os.truncate(path, 0)
        assert list(log.forwards()) == []
        assert [block for _offset, block in log.backwards()] == [b""]


def test_only_so_many_findings_are_returned(write):
    path = write(FULL, AWAY)
    assert ids(error_log.examine(path, max_findings=1)) == ["disk_full"]
    assert error_log.examine(path, max_findings=1)["verdict"]["others"] == ["source_unreachable"]
    assert ids(error_log.examine(path, max_findings=0)) == []


HOSTILE = {
    "starts": START,
    "one long line": b"x" * 1000,
    "findings": AWAY,
    "findings without a time": b"InnoDB: is in the future! Current system log sequence number 1.\n",
    "signals": b"12:01:06 UTC - mysqld got signal 6 ;\n",
    "empty lines": b"\n" * 1000,
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_memory_does_not_grow_with_the_log(write, name, pack):
    size = 12 << 20
    path = write(HOSTILE[name] * (size // len(HOSTILE[name])), pack=pack)
    error_log.examine(write(START))  # what is loaded once
    tracemalloc.start()
    try:
        error_log.examine(path, max_findings=5)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size * 2 // 3
