# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of a data directory, and what its files tell, before anything is started on it."""

import os
import struct

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import datadir_copy
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir_version import version_of

FILES = {
    "ibdata1": b"system" * 5000,
    "ib_logfile0": b"redo" * 5000,
    "mysql/user.frm": b"\xfe\x01" + bytes(49) + struct.pack("<I", 50624) + bytes(20),
    "shop/t.ibd": b"rows" * 5000,
    "shop/empty.ibd": b"",
}


@pytest.fixture(name="original")
def _original(tmp_path):
    directory = tmp_path / "data"
    for name, content in FILES.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
        os.utime(str(directory / name), ns=(10**18, 10**18 + 7))
    (directory / "only_a_directory").mkdir()
    return directory


def content(directory):
    return {name: (directory / name).read_bytes() for name in datadir_copy.files(str(directory))}


def test_a_copy_has_every_file_and_directory_with_its_times(original, tmp_path):
    copy = tmp_path / "copy"
    datadir_copy.copy(str(original), str(copy), datadir_copy.files(str(original)))
    assert content(copy) == FILES
    assert (copy / "only_a_directory").is_dir()
    assert copy.stat().st_mode & 0o777 == 0o700
    assert {(copy / name).stat().st_mtime_ns for name in FILES} == {10**18 + 7}


def test_of_a_copy_of_the_system_s_files_only_those_are_there(original, tmp_path):
    copy = tmp_path / "copy"
    datadir_copy.copy(str(original), str(copy), ["ibdata1", "mysql/user.frm"])
    assert sorted(content(copy)) == ["ibdata1", "mysql/user.frm"]


@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_copy_that_was_broken_off_is_completed_and_no_file_is_there_by_half(original, tmp_path, monkeypatch, number):
    copy, done, rename = tmp_path / "copy", [], os.rename

    def broken(source, target):
        if len(done) == number:
            raise KeyboardInterrupt
        done.append(target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", broken)
    with pytest.raises(KeyboardInterrupt):
        datadir_copy.copy(str(original), str(copy), datadir_copy.files(str(original)))
    whole = {name: text for name, text in content(copy).items() if name in FILES}
    assert len(whole) == number
    assert all(text == FILES[name] for name, text in whole.items())
    begun = list(done)
    number = -1
    datadir_copy.copy(str(original), str(copy), datadir_copy.files(str(original)))
    assert content(copy) == FILES
    assert len(done) == len(FILES), "what was whole is not copied again"
    assert done[: len(begun)] == begun


def test_what_leads_outside_is_found(original):
    assert datadir_copy.leads_outside(str(original)) is None
    (original / "shop/u.isl").write_text("/elsewhere/u.ibd")
    assert datadir_copy.leads_outside(str(original)) == str(original / "shop/u.isl")
    (original / "shop/u.isl").unlink()
    (original / "linked").symlink_to("/elsewhere")
    assert datadir_copy.leads_outside(str(original)) == str(original / "linked")


def test_whether_blocks_can_be_shared_is_found_out_without_a_trace(original, tmp_path):
    before = sorted(os.listdir(str(tmp_path)))
    assert datadir_copy.shares_blocks(str(original), str(tmp_path), "ibdata1") in (True, False)
    assert not datadir_copy.shares_blocks(str(original), "/proc", "ibdata1")
    assert sorted(os.listdir(str(tmp_path))) == before


def test_the_version_is_read_from_a_directory_of_either_kind(original):
    assert str(version_of(str(original))) == "5.6.24"
    (original / "mysql.ibd").write_bytes(bytes(8) + struct.pack(">I", 90704) + bytes(100))
    assert str(version_of(str(original))) == "9.7.4"
    assert version_of(str(original / "shop")) is None
    assert version_of(str(original / "nowhere")) is None
