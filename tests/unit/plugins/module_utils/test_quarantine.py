# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is set aside comes back to the byte, whenever the run that did it was killed; nothing is ever overwritten."""

import errno
import hashlib
import json
import os
import shutil
import socket
import stat
import tempfile
import time

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine

KILL_EVERY = int(os.environ.get("KILL_EVERY", "1"))  # system calls: see killed_at_every_step.py

CONTENT = b"\xfebin\x00\xff" * 1000
MTIME_NS = 1400000000123456789
# Only root can give a file away; others keep what they own.
OWNER = (12345, 12346) if os.getuid() == 0 else (os.getuid(), os.getgid())
# A real second file system, where this machine has one; test_killed_... plays one everywhere.
ELSEWHERE = [
    path
    for path in ("/dev/shm", "/run/shm", "/var/tmp")
    if os.access(path, os.W_OK) and os.stat(path).st_dev != os.stat(tempfile.gettempdir()).st_dev
][:1]


@pytest.fixture(name="home")
def _home(tmp_path):
    path = tmp_path / "data"
    path.mkdir()
    return str(path)


@pytest.fixture(name="backup_dir", params=["the same file system", *ELSEWHERE])
def _backup_dir(request, tmp_path):
    if request.param not in ELSEWHERE:
        yield str(tmp_path / "backup")
        return
    path = tempfile.mkdtemp(prefix="quarantine-", dir=request.param)
    yield os.path.join(path, "backup")
    shutil.rmtree(path)


def make(directory, name="mysql-bin.000001", content=CONTENT, mode=0o640):
    path = os.path.join(directory, name)
    with open(path, "wb") as sink:
        sink.write(content)
    os.chown(path, *OWNER)
    os.chmod(path, mode)
    os.utime(path, ns=(MTIME_NS, MTIME_NS))
    return path


def read(path):
    with open(path, "rb") as source:
        return source.read()


def look(path):
    status = os.lstat(path)
    return read(path), status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode), status.st_mtime_ns


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("how", ["link", "move"])
def test_there_and_back(home, backup_dir, how):
    path = make(home)
    before = look(path)
    aside = Quarantine.create(backup_dir, "binary-logs", "a reset")
    entry = aside.keep(path, how)
    assert os.path.exists(path) is (how == "link")
    assert read(os.path.join(aside.directory, entry["name"])) == CONTENT
    aside.seal()
    if how == "link":
        os.unlink(path)

    assert Quarantine(aside.directory).restore() == [path]
    assert look(path) == before
    assert os.listdir(home) == ["mysql-bin.000001"]
    assert read(os.path.join(aside.directory, entry["name"])) == CONTENT, "the copy stays"
    assert Quarantine(aside.directory).restore() == [], "a second time there is nothing to do"
    assert look(path) == before


def test_the_manifest_knows_all_of_it(home, backup_dir):
    linked, moved = make(home, "a.log"), make(home, "b.cnf", b"password=x", 0o600)
    aside = Quarantine.create(backup_dir, "files", "why not")
    aside.keep(linked, "link")
    aside.keep(moved, "move")
    aside.seal()
    with open(os.path.join(aside.directory, "manifest.json"), encoding="utf-8") as source:
        manifest = json.load(source)
    assert manifest["reason"] == "why not"
    assert manifest["created"] in aside.directory
    common = {"uid": OWNER[0], "gid": OWNER[1], "mtime_ns": MTIME_NS, "state": "kept"}
    assert manifest["entries"] == [
        dict(
            common,
            original=linked,
            name="0000-a.log",
            how="link",
            size=len(CONTENT),
            sha256=sha256(CONTENT),
            mode=0o640,
        ),
        dict(common, original=moved, name="0001-b.cnf", how="move", size=10, sha256=sha256(b"password=x"), mode=0o600),
    ]


def test_nobody_else_may_look_inside(home, backup_dir):
    before = os.umask(0)
    try:
        aside = Quarantine.create(backup_dir, "files", "a test")
        aside.keep(make(home), "link")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(backup_dir).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(aside.directory).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(os.path.join(aside.directory, "manifest.json")).st_mode) == 0o600


def test_a_link_takes_no_space(home, tmp_path):
    path = make(home)
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    entry = aside.keep(path, "link")
    assert os.path.samefile(path, os.path.join(aside.directory, entry["name"]))


def test_a_linked_file_that_its_server_still_wrote_to_comes_back_whole(home, tmp_path):
    path = make(home)
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    aside.keep(path, "link")
    with open(path, "ab") as sink:
        sink.write(b"more")
    os.unlink(path)
    aside.seal()
    assert aside.entries[0]["size"] == len(CONTENT) + 4
    assert aside.entries[0]["sha256"] == sha256(CONTENT + b"more")
    aside.restore()
    assert read(path) == CONTENT + b"more"


def test_two_of_one_name_do_not_meet(home, tmp_path):
    os.mkdir(os.path.join(home, "other"))
    one, other = make(home, content=b"1"), make(os.path.join(home, "other"), content=b"2")
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    aside.keep(one, "move")
    aside.keep(other, "move")
    assert sorted(aside.restore()) == sorted([one, other])
    assert (read(one), read(other)) == (b"1", b"2")


def test_a_name_that_is_no_text_comes_back(home, tmp_path):
    path = make(home, os.fsdecode(b"caf\xe9 \n'\".log"))
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    aside.keep(path, "move")
    assert Quarantine(aside.directory).restore() == [path]
    assert read(path) == CONTENT


def test_two_within_a_second_are_two(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "gmtime", lambda: time.struct_time((2026, 11, 21, 6, 30, 0, 5, 325, 0)))
    made = [os.path.basename(Quarantine.create(str(tmp_path), "logs", "a test").directory) for _turn in range(3)]
    assert made == ["logs-20261121T063000Z", "logs-20261121T063000Z-2", "logs-20261121T063000Z-3"]


@pytest.mark.parametrize("how", ["link", "move"])
def test_nothing_is_overwritten(home, backup_dir, how):
    first, second = make(home, "a"), make(home, "b")
    aside = Quarantine.create(backup_dir, "files", "a test")
    for path in (first, second):
        aside.keep(path, how)
        if how == "link":
            os.unlink(path)
    new = make(home, "b", b"the server's new one")
    with pytest.raises(ReplicaError, match="another file has the place") as caught:
        Quarantine(aside.directory).restore()
    assert caught.value.where == new
    assert read(new) == b"the server's new one"
    assert os.listdir(home) == ["b"], "nothing was put back before that was known"
    os.unlink(new)
    assert Quarantine(aside.directory).restore() == [first, second]


def test_a_copy_that_rotted_is_not_put_back(home, tmp_path):
    path = make(home)
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    entry = aside.keep(path, "move")
    with open(os.path.join(aside.directory, entry["name"]), "ab") as sink:
        sink.write(b"rot")
    with pytest.raises(ReplicaError, match="not what was put there"):
        aside.restore()
    assert not os.path.lexists(path)


def test_a_link_in_its_place_is_another_file_too(home, tmp_path):
    path = make(home)
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    aside.keep(path, "move")
    os.symlink("nowhere", path)
    with pytest.raises(ReplicaError, match="another file has the place"):
        aside.restore()
    assert os.readlink(path) == "nowhere"


def make_directory(path):
    os.mkdir(path)


def make_symlink(path):
    os.symlink("nowhere", path)


def make_socket(path):
    # As a server's own, which lies among its files
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path)


def make_nothing(path):
    assert not os.path.lexists(path)


@pytest.mark.parametrize("how", ["link", "move"])
@pytest.mark.parametrize("make_it", [make_nothing, make_directory, make_symlink, make_socket])
def test_what_is_no_file_is_refused_and_left_alone(home, backup_dir, make_it, how):
    path = os.path.join(home, "it")
    make_it(path)
    aside = Quarantine.create(backup_dir, "files", "a test")
    before = os.lstat(path).st_ino if os.path.lexists(path) else None
    with pytest.raises(ReplicaError) as caught:
        aside.keep(path, how)
    assert caught.value.where == path
    assert (os.lstat(path).st_ino if os.path.lexists(path) else None) == before
    assert os.listdir(aside.directory) == ["manifest.json"]
    assert aside.restore() == []


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for below in ("file", "file/backup", "file/deeper/backup"):
        with pytest.raises(ReplicaError) as caught:
            Quarantine.create(str(tmp_path / below), "files", "a test")
        assert caught.value.where.startswith(str(tmp_path / "file"))


def test_a_copy_that_differs_takes_nothing_away(home, tmp_path, monkeypatch):
    rename = os.rename

    def across(source, target):
        if os.path.dirname(source) != os.path.dirname(target):
            raise OSError(errno.EXDEV, "another file system")
        rename(source, target)

    def badly(_source, target):
        with open(target, "wb") as sink:
            sink.write(CONTENT[:-1])

    path = make(home)
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    monkeypatch.setattr(os, "rename", across)
    monkeypatch.setattr(shutil, "copyfile", badly)
    with pytest.raises(ReplicaError, match="the copy differs"):
        aside.keep(path, "move")
    assert read(path) == CONTENT


def test_a_directory_without_a_manifest_is_no_quarantine(tmp_path):
    with pytest.raises(ReplicaError) as caught:
        Quarantine(str(tmp_path)).restore()
    assert str(tmp_path) in caught.value.where


def test_a_home_that_is_gone_is_named_and_the_copy_stays(home, tmp_path):
    path = make(home)
    aside = Quarantine.create(str(tmp_path / "backup"), "files", "a test")
    entry = aside.keep(path, "move")
    os.rmdir(home)
    with pytest.raises(ReplicaError) as caught:
        aside.restore()
    assert caught.value.where == path
    assert read(os.path.join(aside.directory, entry["name"])) == CONTENT


def restored(directory):
    """Put back all that a killed run set aside, and what is there then, but for the quarantines."""
    backup = os.path.join(directory, "backup")
    for name in os.listdir(backup) if os.path.isdir(backup) else []:
        if os.path.exists(os.path.join(backup, name, "manifest.json")):
            Quarantine(os.path.join(backup, name)).restore()
            assert Quarantine(os.path.join(backup, name)).restore() == []
    names = sorted(set(os.listdir(directory)) - {"backup"})
    return [(name, *look(os.path.join(directory, name))) for name in names]


@pytest.mark.parametrize("work", ["set aside", "set aside elsewhere", "put back"])
def test_killed_at_every_step_all_comes_back(killed_at_every_step, work):
    mine = (os.getuid(), os.getgid(), 0o600, MTIME_NS)
    whole = [
        ("linked", b"\x00binary log\xff" * 5000, *mine),
        ("moved", b"[client]\npassword=s3cr3t\n" * 300, *mine),
    ]
    directories = killed_at_every_step(work)
    assert len(directories) * KILL_EVERY > 20
    for directory in directories:
        assert restored(directory) == whole, directory


def test_killed_at_every_step_a_secret_is_never_open_to_others(killed_at_every_step):
    for directory in killed_at_every_step("put back"):
        files = [os.path.join(directory, name) for name in os.listdir(directory) if name != "backup"]
        assert [path for path in files if stat.S_IMODE(os.stat(path).st_mode) & 0o077] == []
