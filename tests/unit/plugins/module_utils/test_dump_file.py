# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump that is one file: every compression, every way to be broken, everything that is no dump at all."""

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import subprocess

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import examine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_file import DumpFile
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_parts import fingerprint, open_dump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "dumps")

with open(os.path.join(FIXTURES, "mysqldump-tiny.sql"), "rb") as _source:
    TINY = _source.read()
# Large enough for many blocks of each compression, and hardly compressible.
ROWS = b"".join(b"INSERT INTO t VALUES ('%s');\n" % hashlib.sha512(b"%d" % i).hexdigest().encode() for i in range(4000))
LARGE = TINY.replace(b"UNLOCK TABLES;\n", ROWS + b"UNLOCK TABLES;\n", 1)


def zstd(data):
    if shutil.which("zstd") is None:
        # A frame of raw blocks: magic, frame header (single segment, content size of 4 bytes), blocks up to 128 KiB.
        blocks = [data[at : at + 65536] for at in range(0, len(data), 65536)]
        heads = [
            (len(block) << 3 | (number == len(blocks) - 1)).to_bytes(3, "little") for number, block in enumerate(blocks)
        ]
        body = b"".join(head + block for head, block in zip(heads, blocks))
        return b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little") + body
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


PACK = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd}
HERE = [kind for kind in PACK if kind != "zstd" or shutil.which("zstd")]


@pytest.fixture(name="put")
def _put(tmp_path):
    def put(data):
        path = tmp_path / "the dump.txt"  # a name that tells nothing
        path.write_bytes(data)
        return str(path)

    return put


def plain(path):
    with open_dump(path) as dump:
        (text,) = [b"".join(part.chunks) for part in dump.parts()]
        return text


def test_a_plain_file(put):
    path = put(TINY)
    with DumpFile(path) as dump:
        assert dump.compression is None
        assert dump.size == len(TINY)
        assert list(dump.chunks(1000)) == [TINY[at : at + 1000] for at in range(0, len(TINY), 1000)]
        assert b"".join(dump.chunks()) == TINY  # and once more


@pytest.mark.parametrize("kind", HERE)
def test_each_compression_is_known_by_its_content(put, kind):
    path = put(PACK[kind](LARGE))
    with DumpFile(path) as dump:
        assert dump.compression == kind
        chunks = list(dump.chunks(50000))
        assert b"".join(chunks) == LARGE
        assert max(len(chunk) for chunk in chunks) <= 50000
        assert dump.position == dump.size
        assert b"".join(dump.chunks()) == LARGE


@pytest.mark.parametrize("kind", HERE)
def test_members_follow_each_other(put, kind):
    assert plain(put(PACK[kind](TINY) + PACK[kind](b"") + PACK[kind](LARGE))) == TINY + LARGE


@pytest.mark.parametrize("kind", ["gzip", "xz"])
def test_padding_after_the_last_member(put, kind):
    assert plain(put(PACK[kind](TINY) + b"\x00" * 512)) == TINY


@pytest.mark.parametrize("kind", HERE)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_a_cut_compressed_file_is_incomplete(put, kind, share):
    packed = PACK[kind](LARGE)
    path = put(packed[: int(len(packed) * share)])
    with pytest.raises(IncompleteDump, match="the %s file is (cut|damaged|cut or damaged)" % kind) as caught:
        plain(path)
    if kind != "zstd":
        assert caught.value.facts["compressed_offset"] == os.path.getsize(path)


@pytest.mark.parametrize("kind", HERE)
def test_a_damaged_compressed_file_is_incomplete(put, kind):
    packed = bytearray(PACK[kind](LARGE))
    middle = len(packed) // 2
    packed[middle : middle + 64] = bytes(64)
    with pytest.raises(IncompleteDump, match="the %s file is (cut or )?damaged" % kind) as caught:
        plain(put(bytes(packed)))
    if kind != "zstd":
        assert 0 <= caught.value.facts["compressed_offset"] <= len(packed)


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_garbage_after_the_last_member_is_damage(put, kind):
    with pytest.raises(IncompleteDump, match="damaged") as caught:
        plain(put(PACK[kind](TINY) + b"and more" * 10))
    assert caught.value.facts["compressed_offset"] == len(PACK[kind](TINY))


def test_a_host_without_zstd_is_told_what_is_missing(put, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = put(b"\x28\xb5\x2f\xfd" + bytes(100))
    with pytest.raises(BadInput, match="no zstd on this host") as caught:
        plain(path)
    assert "install zstd" in caught.value.next_step


@pytest.mark.parametrize("kind", [kind for kind in HERE if kind == "zstd"])
def test_a_reader_that_stops_leaves_no_zstd_behind(put, kind):
    started = []
    with DumpFile(put(PACK[kind](LARGE * 5))) as dump:
        chunks = dump.chunks(1000)
        next(chunks)
        started = children()
    assert started
    assert not set(started) & set(children())


def children():
    """Pids of this process's children, the unreaped ones included."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, "rb") as source:
                fields = source.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(name))
    return found


NOISE = b"".join(hashlib.sha512(b"%d" % number).digest() for number in range(64))

FOREIGN = [
    (b"PK\x03\x04" + bytes(50), "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c" + bytes(50), "a 7-Zip archive"),
    (b"\x04\x22\x4d\x18" + bytes(50), "an lz4 file"),
    (b"XBSTCK01\x00P" + bytes(50), "an xtrabackup stream"),
    (gzip.compress(b"XBSTCK01\x00P" + bytes(50)), "in this gzip file is an xtrabackup stream"),
    (b"\xfebin" + bytes(50), "a binary log or relay log"),
    (b"Salted__" + bytes(50), "encrypted with openssl"),
    (b"<!DOCTYPE html>\n<html>", "an HTML or XML page"),
    (b"\n<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an HTML or XML page"),
    (b"<Error><Code>AccessDenied</Code></Error>", "an HTML or XML page"),
    (b'{"error": "gone"}', "a JSON document"),
    (b"--\n-- PostgreSQL database dump\n--\n", "a PostgreSQL dump"),
    (b"PGDMP\x01", "a PostgreSQL dump"),
    (b"mysqldump: Got error: 1045: Access denied", "an error message of mysqldump"),
    (b"\xff\xfe-\x00-\x00 \x00", "a text in UTF-16"),
    (b"\x7fELF" + bytes(50), "a program"),
    (bytes(4096), "binary data"),
    (NOISE, "binary data"),
    (NOISE[64:], "binary data"),
    (gzip.compress(NOISE), "in this gzip file is binary data"),
    (b"SELECT 1;\x01", "binary data"),
]


@pytest.mark.parametrize(("data", "name"), FOREIGN, ids=[row[1] for row in FOREIGN])
def test_what_is_no_dump_is_called_by_its_name(put, data, name):
    path = put(data)
    with pytest.raises(BadInput, match=r"is .*not a dump") as caught:
        plain(path)
    assert name in caught.value.found
    assert caught.value.where == path


BEGINNINGS = [
    b"-- MySQL dump 10.13\n",
    b"\xef\xbb\xbf-- \xd6\xd0\xce\xc4\n",
    b"\r\n  /*!40101 SET NAMES utf8 */;\n",
    b"# it's mine\n",
    b"SET@a=1;\n",
    b"USE`shop`;\n",
    b"(SELECT 1);\n",
    b"DELIMITER ;;\n",
    b"INSERT INTO `t` VALUES (1,_binary '\x01\x02');\n",
    b"\n\n",
]


@pytest.mark.parametrize("data", BEGINNINGS)
def test_what_may_be_a_dump_is_read(put, data):
    assert plain(put(data)) == data
    assert plain(put(gzip.compress(data[:3]) + gzip.compress(data[3:]))) == data


def test_an_empty_file_and_nothing(put, tmp_path):
    for path, found in [
        (put(b""), "is empty"),
        (str(tmp_path / "none"), "no such dump"),
        (os.devnull, "not a regular file"),
    ]:
        with pytest.raises(BadInput, match=found) as caught:
            DumpFile(path)
        assert caught.value.where == path


def test_an_empty_gzip_file(put):
    with pytest.raises(BadInput, match="the gzip file holds nothing"):
        plain(put(gzip.compress(b"")))


def test_a_pipe_is_refused_at_once(tmp_path):
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    with pytest.raises(BadInput, match="not a regular file"):
        DumpFile(path)


def _append(path):
    with open(path, "ab") as target:
        target.write(b"-- more\n")


def _replace(path):
    with open(path + ".new", "wb") as target:
        target.write(TINY)
    os.rename(path + ".new", path)


def _touch(path):
    os.utime(path, (1, 1))


@pytest.mark.parametrize("change", [_append, _replace, _touch, os.remove])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_that_changes_while_it_is_read(put, change, pack):
    path = put(pack(LARGE))
    with DumpFile(path) as dump:
        chunks = dump.chunks(1000)
        next(chunks)
        change(path)
        with pytest.raises(BadInput, match=r"changed while|went away while") as caught:
            list(chunks)
    assert not isinstance(caught.value, IncompleteDump)


def test_the_fingerprint_tells_states_of_a_file_apart(put):
    path = put(TINY)
    first = fingerprint(path)
    assert first == fingerprint(path)
    assert len(first) == 64
    seen = os.stat(path)
    with open(path, "r+b") as target:
        target.seek(-3, os.SEEK_END)
        target.write(b"9")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    changed = fingerprint(path)
    assert changed != first
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))
    assert fingerprint(path) not in (first, changed)


def test_the_checksum_is_that_of_sha256sum(put):
    packed = gzip.compress(LARGE)
    with DumpFile(put(packed)) as dump:
        assert dump.sha256() == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize("kind", HERE)
def test_a_whole_dump_is_examined(put, kind):
    path = put(PACK[kind](LARGE))
    result = examine(path, checksum=True)
    assert result["complete"] is True
    assert result["incomplete_reason"] is None
    assert result["compression"] == kind
    assert result["size"] == os.path.getsize(path)
    assert result["uncompressed_size"] == len(LARGE)
    assert result["fingerprint"] == fingerprint(path)
    assert len(result["checksum"]) == 64
    assert result["tables"][0]["rows_statements"] == 4001


BROKEN = [
    (TINY[:-10], "end mark"),
    (TINY[:2000], "line "),
    (gzip.compress(TINY)[:-5], "the gzip file is cut (near byte"),
]


@pytest.mark.parametrize(("data", "reason"), BROKEN, ids=[row[1] for row in BROKEN])
def test_a_dump_that_is_not_whole_is_refused_unless_only_looked_at(put, data, reason):
    path = put(data)
    with pytest.raises(IncompleteDump, match="not a whole dump") as caught:
        examine(path)
    assert reason in caught.value.facts["incomplete_reason"]
    assert caught.value.where == path
    result = examine(path, require_complete=False)
    assert result["complete"] is False
    assert reason in result["incomplete_reason"]
    assert result["tool"] == "mysqldump"


def test_what_cannot_be_run_is_refused_in_any_case(put):
    path = put(b"SELECT 1;\nsource x\n" + TINY)
    with pytest.raises(BadInput, match="command of the mysql client") as caught:
        examine(path, require_complete=False)
    assert caught.value.where == path + ": line 2, byte 10 of the plain text"
