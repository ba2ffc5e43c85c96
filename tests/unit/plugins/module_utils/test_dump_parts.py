# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump of several files, in a directory or a tar archive: nothing of it is lost without a word."""

import bz2
import collections
import gzip
import hashlib
import io
import itertools
import lzma
import os
import shutil
import subprocess
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Interrupted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import dump_tar
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import examine, look_through
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_parts import fingerprint, open_dump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "dumps")
with open(os.path.join(FIXTURES, "mysqldump-tiny.sql"), "rb") as _source:
    TINY = _source.read()
ROWS = b"".join(b"INSERT INTO t VALUES ('%s');\n" % hashlib.sha512(b"%d" % i).hexdigest().encode() for i in range(9000))
LARGE = TINY.replace(b"UNLOCK TABLES;\n", ROWS + b"UNLOCK TABLES;\n", 1)
OTHER = TINY.replace(b"`tiny`", b"`other`")
PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def tar_of(files, kind=tarfile.PAX_FORMAT):
    """files: (name, content) pairs; instead of content a TarInfo type, with b"" as content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=kind) as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            if len(content) == 1:
                member.type, member.linkname, content = content, "elsewhere", b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


FILES = [
    ("shop.sql.gz", gzip.compress(LARGE)),
    ("crm.sql", OTHER),
    ("sums.md5", b"0 x"),
    ("last.sql.xz", lzma.compress(TINY)),
]


@pytest.fixture(name="directory")
def _directory(tmp_path):
    def make(*files):
        path = tmp_path / "dump"
        path.mkdir()
        for name, content in files:
            (path / name).write_bytes(content)
        return str(path)

    return make


@pytest.fixture(name="put")
def _put(tmp_path):
    def put(data):
        path = tmp_path / "backup"  # a name that tells nothing
        path.write_bytes(data)
        return str(path)

    return put


def parts_of(path):
    with open_dump(path) as dump:
        return [(part.name, b"".join(part.chunks)) for part in dump.parts()]


def test_a_directory_is_read_in_the_order_of_names(directory):
    path = directory(*FILES)
    names = [os.path.join(path, name) for name in ("crm.sql", "last.sql.xz", "shop.sql.gz")]
    assert parts_of(path) == list(zip(names, [OTHER, TINY, LARGE]))
    with open_dump(path) as dump:
        assert dump.ignored == ["sums.md5"]
        assert dump.compression is None
        assert dump.size == sum(len(content) for name, content in FILES if name != "sums.md5")


@pytest.mark.parametrize("packed", list(PACK))
@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_an_archive_is_read_in_its_own_order(put, packed, kind):
    path = put(PACK[packed](tar_of(FILES, kind)))
    names = ["%s: %s" % (path, name) for name in ("shop.sql.gz", "crm.sql", "last.sql.xz")]
    assert parts_of(path) == list(zip(names, [LARGE, OTHER, TINY]))
    with open_dump(path) as dump:
        for _twice in range(2):
            assert [part.name for part in dump.parts()] == names  # their text may be left alone
            assert dump.ignored == ["sums.md5"]
        assert dump.compression == {"": None, ".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}[packed]


@pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd here")
def test_an_archive_in_zstd_is_read_and_zstd_in_an_archive_is_not(put):
    def zstd(data):
        return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout

    path = put(zstd(tar_of([("a.sql", LARGE)])))
    assert parts_of(path) == [(path + ": a.sql", LARGE)]
    with pytest.raises(BadInput, match="zstd file cannot be read inside") as caught:
        parts_of(put(tar_of([("a.sql.zst", zstd(TINY))])))
    assert "extract" in caught.value.next_step


def test_odd_names_and_long_ones_are_names(put):
    long = "/".join(["deep" * 30] * 3) + "/shop.sql"
    names = ["./a.sql", "b c.SQL", "\u8868.sql", long]
    for kind in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = put(tar_of([(name, TINY) for name in names], kind))
        assert [name for name, _text in parts_of(path)] == [path + ": " + name.replace("./", "") for name in names]


def test_nothing_of_an_archive_is_written_to_disk(put, monkeypatch):
    path = put(tar_of([("../../evil.sql", TINY), ("/abs.sql", TINY), ("d/", tarfile.DIRTYPE), ("l", tarfile.SYMTYPE)]))
    before = sorted(os.listdir(os.path.dirname(path)))
    monkeypatch.setattr(tarfile.TarFile, "extract", None)
    monkeypatch.setattr(tarfile.TarFile, "extractall", None)
    assert len(parts_of(path)) == 2
    assert sorted(os.listdir(os.path.dirname(path))) == before
    with open_dump(path) as dump:
        list(dump.parts())
        assert dump.ignored == ["l"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_member_with_a_dumps_name_that_is_no_file_is_refused(put, kind):
    path = put(tar_of([("a.sql", TINY), ("b.sql", kind)]))
    with pytest.raises(BadInput, match="link, a device or a directory") as caught:
        parts_of(path)
    assert caught.value.where == path + ": b.sql"


BESIDE = [
    ("metadata", "mydumper"),
    ("@.done.json", "MySQL Shell"),
    ("shop@item@@0.tsv.zst", "MySQL Shell"),
    ("xtrabackup_info", "physical backup"),
    ("ibdata1", "physical backup"),
    ("item.ibd", "physical backup"),
    ("crm.sql.gz.part", "unfinished copy"),
    ("crm.sql.lz4", "form that is not read"),
    ("crm.sql.gz.aa", "form that is not read"),
    ("crm.sql.bak", "form that is not read"),
    ("crm.gz", "nobody can place"),
    ("crm.dump", "nobody can place"),
    ("all.tar", "nobody can place"),
]
PASSED_OVER = [
    "README.txt",
    "MD5SUMS",
    "a.sql.gz.md5",
    "a.sql.gz.sha256",
    "a.sql.asc",
    "backup.log",
    "._a.sql",
    ".x.sql.gz",
]


@pytest.mark.parametrize(("name", "called"), BESIDE)
def test_what_may_be_data_is_not_passed_over(directory, put, name, called):
    files = [("a.sql", TINY), (name, b"some data")]
    for path, place in [(directory(*files), "/" + name), (put(tar_of(files)), ": " + name)]:
        with pytest.raises(BadInput, match=called) as caught:
            parts_of(path)
        assert caught.value.where == path + place
        assert caught.value.next_step


@pytest.mark.parametrize("name", PASSED_OVER)
def test_what_is_no_data_is_passed_over_and_named(directory, put, name):
    files = [(name, b"0 x"), ("a.sql", TINY)]
    for path in (directory(*files), put(tar_of(files))):
        with open_dump(path) as dump:
            assert [os.path.basename(part.name)[-5:] for part in dump.parts()] == ["a.sql"]
            assert dump.ignored == [name]


def test_nothing_to_load_is_said(directory, put):
    for path in (directory(("README.txt", b"hello")), put(tar_of([("README.txt", b"hello"), ("d", tarfile.DIRTYPE)]))):
        with pytest.raises(BadInput, match="there is no dump in it") as caught:
            parts_of(path)
        assert caught.value.where == path


def test_a_directory_in_the_directory_is_refused(directory):
    path = directory(("a.sql", TINY))
    os.mkdir(os.path.join(path, ".snapshot"))
    os.mkdir(os.path.join(path, "lost+found"))
    assert len(parts_of(path)) == 1
    os.mkdir(os.path.join(path, "crm"))
    with pytest.raises(BadInput, match="a directory in") as caught:
        open_dump(path)
    assert caught.value.where == os.path.join(path, "crm")


FOREIGN = [
    (b"", "is empty"),
    (gzip.compress(b""), "the gzip file holds nothing"),
    (tar_of([("x.sql", TINY)]), "this is a tar archive, not a dump"),
    (gzip.compress(tar_of([("x.sql", TINY)])), "in this gzip file is a tar archive"),
    (b"<!DOCTYPE html>\n<html>", "an HTML or XML page"),
]


@pytest.mark.parametrize(("content", "found"), FOREIGN, ids=[row[1] for row in FOREIGN])
def test_a_part_that_is_no_dump_is_named(directory, put, content, found):
    files = [("a.sql", TINY), ("b.sql", content)]
    for path, place in [(directory(*files), "/b.sql"), (put(tar_of(files)), ": b.sql")]:
        with pytest.raises(BadInput, match=found) as caught:
            parts_of(path)
        assert caught.value.where == path + place


def test_a_name_twice_in_an_archive_is_refused(put):
    with pytest.raises(BadInput, match="there twice"):
        parts_of(put(tar_of([("a.sql", TINY), ("./a.sql", OTHER)])))


def told(path):
    """What is known of a dump that may be cut; or that it is none."""
    try:
        with open_dump(path) as dump:
            return look_through(path, dump.parts()).incomplete_reason()
    except BadInput as exc:
        return exc.found


def test_no_cut_of_an_archive_goes_unseen(put):
    archive = tar_of([("a.sql", TINY), ("b.sql.gz", gzip.compress(OTHER))])
    end = len(archive.rstrip(b"\x00"))
    end += -end % 512 + 512  # one block of the end mark is a mark
    assert told(put(archive)) is None
    for cut in itertools.chain(range(1, end, 97), range(512, end, 512)):
        assert told(put(archive[:cut])), cut
    assert told(put(archive[:end])) is None


def test_a_damaged_header_is_not_the_end(put):
    archive = bytearray(tar_of([("a.sql", TINY), ("b.sql", OTHER)]))
    second = 512 + len(TINY) + -len(TINY) % 512
    assert archive[second : second + 5] == b"b.sql"
    archive[second + 100] ^= 1
    assert "the tar archive is cut or damaged" in told(put(bytes(archive)))


def test_an_archive_that_is_joined_to_another_is_refused(put):
    one = tar_of([("a.sql", TINY)])
    with pytest.raises(BadInput, match="something follows the end of the tar archive") as caught:
        examine(put(one + one))
    assert not isinstance(caught.value, IncompleteDump)
    assert told(put(one + bytes(100000))) is None


def test_a_cut_of_a_packed_archive_behind_its_last_member_is_seen(put):
    packed = gzip.compress(tar_of([("a.sql", TINY)]))
    assert "the gzip file is cut" in told(put(packed[:-4]))


def test_a_part_that_is_cut_is_named(directory, put):
    files = [("a.sql", TINY), ("b.sql.gz", gzip.compress(LARGE)[:-9]), ("c.sql", OTHER[:-9])]
    for path, place in [(directory(*files), "/b.sql.gz"), (put(tar_of(files)), ": b.sql.gz")]:
        with pytest.raises(IncompleteDump, match="not a whole dump") as caught:
            examine(path)
        assert caught.value.facts["incomplete_reason"].startswith(path + place + ": the gzip file is cut (near byte")
        result = examine(path, require_complete=False)
        assert [part["complete"] for part in result["parts"]] == [True, False, False]
        assert result["databases"] == ["tiny", "other"]


def test_a_line_is_told_with_its_part(directory, put):
    files = [("a.sql", TINY), ("b.sql", b"SELECT 1;\nsource x\n")]
    for path, place in [(directory(*files), "/b.sql"), (put(tar_of(files)), ": b.sql")]:
        with pytest.raises(BadInput) as caught:
            examine(path, require_complete=False)
        assert caught.value.where == path + place + ": line 2, byte 10 of the plain text"


def _append(path):
    with open(path, "ab") as target:
        target.write(b"-- more\n")


def _add(path):
    with open(os.path.join(os.path.dirname(path), "z.sql"), "wb") as target:
        target.write(TINY)


CHANGES = [_append, _add, os.remove]


def read_while(path, change):
    """Read a dump to its end; the change comes when the second part has been begun."""
    with open_dump(path) as dump:
        for number, part in enumerate(dump.parts()):
            text = iter(part.chunks)
            assert next(text)
            if number == 1:
                change()
            collections.deque(text, maxlen=0)
        dump.fingerprint()  # which is of the files that were read, or of none


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["a.sql", "b.sql", "c.sql"])
def test_a_directory_that_changes_while_it_is_read(directory, change, name):
    path = directory(*[(one, LARGE) for one in ("a.sql", "b.sql", "c.sql")])
    with pytest.raises(BadInput, match=r"changed while|went away while|no such dump") as caught:
        read_while(path, lambda: change(os.path.join(path, name)))
    assert not isinstance(caught.value, IncompleteDump)


def test_an_archive_that_changes_while_it_is_read(put):
    path = put(tar_of([("a.sql", TINY), ("b.sql", LARGE)]))
    with pytest.raises(BadInput, match="changed while") as caught:
        read_while(path, lambda: _append(path))
    assert not isinstance(caught.value, IncompleteDump)


def test_the_fingerprint_of_a_directory_tells_its_states_apart(directory):
    path = directory(("a.sql", TINY), ("b.sql", TINY), ("note.txt", b"1"))
    seen = [fingerprint(path)]
    assert seen == [fingerprint(path)]
    os.utime(os.path.join(path, "b.sql"), (1, 1))
    seen.append(fingerprint(path))
    os.rename(os.path.join(path, "b.sql"), os.path.join(path, "c.sql"))
    seen.append(fingerprint(path))
    os.remove(os.path.join(path, "c.sql"))
    seen.append(fingerprint(path))
    assert len(set(seen)) == len(seen)
    os.remove(os.path.join(path, "note.txt"))
    assert fingerprint(path) == seen[-1]


def test_a_dump_that_is_not_the_known_one_is_not_opened(directory):
    path = directory(("a.sql", TINY))
    known = fingerprint(path)
    with open_dump(path, known) as dump:
        assert dump.fingerprint() == known
    os.utime(os.path.join(path, "a.sql"), (1, 1))
    for changed in (path, os.path.join(path, "a.sql")):
        with pytest.raises(Interrupted, match="changed since it was looked at"):
            open_dump(changed, known)


def test_the_checksum_of_a_directory_can_be_had_with_sha256sum(directory):
    path = directory(("a.sql", TINY), ("b.sql.gz", gzip.compress(OTHER)))
    lines = subprocess.run(["sha256sum", "a.sql", "b.sql.gz"], cwd=path, stdout=subprocess.PIPE, check=True).stdout
    assert examine(path, checksum=True)["checksum"] == hashlib.sha256(lines).hexdigest()


def test_a_large_member_is_read_in_small_blocks(put):
    path = put(gzip.compress(tar_of([("a.sql.gz", gzip.compress(LARGE * 5)), ("b.sql", LARGE * 5)])))
    with open_dump(path) as dump:
        sizes = [len(block) for part in dump.parts() for block in part.chunks]
    assert sum(sizes) == 10 * len(LARGE)
    assert max(sizes) <= 1 << 20


def test_an_archive_of_many_members_leaves_none_in_memory():
    info = tarfile.TarInfo("x")
    blocks = itertools.chain(itertools.repeat(info.tobuf(), 3000), [bytes(1024)])
    assert sum(member.name == "x" for member in dump_tar.members(blocks)) == 3000


SUMMED = ("databases", "tables", "statements", "views", "triggers", "routines", "events", "gtid_purged", "complete",
          "largest_statement", "has_accounts", "uncompressed_size", "gtid_sets_differ")  # fmt: skip
_CUTS = st.lists(st.sampled_from(list(PACK)), min_size=1, max_size=5)


@settings(deadline=None, database=None, max_examples=25)
@given(_CUTS, st.sampled_from(list(PACK)), st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_a_dump_in_a_directory_in_an_archive_and_in_one_file_is_the_same(tmp_path_factory, packs, pack, kind):
    where = tmp_path_factory.mktemp("same")
    texts = [TINY.replace(b"`tiny`", b"`s%d`" % number) for number in range(len(packs))]
    files = [("p%d.sql%s" % (number, one), PACK[one](text)) for number, (one, text) in enumerate(zip(packs, texts))]
    (where / "d").mkdir()
    for name, content in files:
        (where / "d" / name).write_bytes(content)
    (where / "t").write_bytes(PACK[pack](tar_of(files, kind)))
    (where / "f").write_bytes(PACK[pack](b"".join(texts)))
    results = [examine(str(where / name)) for name in "dtf"]
    summed = [{name: result[name] for name in SUMMED} for result in results]
    assert summed[0] == summed[1] == summed[2]
    assert [len(result["parts"]) for result in results] == [len(packs), len(packs), 1]
