# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an event says is read as servers write it, and what cannot be what it says is told from it."""

import contextlib
import os
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugins.relaylog_reader import scanned
from unit.plugins.relaylog_writer import MARIADB, MYSQL_55, MYSQL_56, MYSQL_97, OWN_ID, UUID, RelayLog

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import checksum, gtids
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import format as layout

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "relaylogs")
_EVERY = settings(deadline=None, max_examples=200)

REAL = {
    "5.6.24": ("e16fd900-e54c-11f1-a4c0-02fc00000001:1-25", ["crc32"]),
    "5.6.24-source-without-checksums": ("e89b844c-e54c-11f1-a4c0-02fc00000001:1-5", ["crc32", "none"]),
    "9.7.4": ("ed579330-e54c-11f1-85ed-02fc00000001:1-17", ["crc32"]),
    "9.7.4-without-checksums": ("fb04d715-e54c-11f1-9aa8-02fc00000001:1-17", ["none"]),
    "MariaDB-10.11.18": ("", ["crc32"]),
    "9.7.4-compressed-tagged": ("12e4187f-e54d-11f1-9623-02fc00000001:1-7:mytag:1", ["crc32"]),
}


# Transactions in each file, and the checksums of all: made by sandbox/mariadb.py
MARIADB_GROUPS = {
    "groups": ([0, 13, 15, 0, 0, 3], ["crc32"]),
    "source-compressed": ([0, 28, 0, 3], ["crc32"]),
    "source-without-checksums": ([0, 28, 0, 3], ["crc32", "none"]),
    "replica-without-checksums": ([0, 28, 0, 3], ["none", "crc32"]),
    "binary-log": ([28, 3], ["crc32"]),
}


def sample(name):
    files = []
    for file in sorted(os.listdir(os.path.join(SAMPLES, name))):
        with open(os.path.join(SAMPLES, name, file), "rb") as source:
            files.append(source.read())
    return files


@pytest.mark.parametrize("name", sorted(REAL))
def test_logs_of_real_servers_are_whole(name):
    files = sample(name)
    scan = scanned(files, first=int(sorted(os.listdir(os.path.join(SAMPLES, name)))[0][-6:]))
    verdict = scan.verdict()
    assert (verdict.status, verdict.broken) == ("unclean_at_boundary", None)
    assert (str(scan.retrieved(None)), verdict.files[0]["checksums"]) == REAL[name]
    assert not [note for file in verdict.files for note in file["notes"]]
    assert verdict.files[-1]["boundary"] == len(files[-1])


def test_a_log_of_a_real_mariadb_holds_its_groups():
    """Three statements that stand alone, and two groups that end with an Xid."""
    with open(os.path.join(SAMPLES, "MariaDB-10.11.18", "relay-bin.000002"), "rb") as source:
        data = source.read()
    for end, transactions in ((627, 0), (750, 1), (925, 2), (1077, 3), (1325, 4), (1613, 5)):
        verdict = scanned([data[:end]]).verdict()
        assert (verdict.broken, verdict.mariadb) == (None, True)
        assert verdict.files[0]["transactions"] == transactions
        assert verdict.files[0]["last_gtid"] == ("0-1-%d" % transactions if transactions else None)


@pytest.mark.parametrize("name", sorted(MARIADB_GROUPS))
def test_every_kind_of_group_of_a_real_mariadb_begins_and_ends(name):
    """XA, SAVEPOINT, MyISAM, CREATE ... SELECT, a sequence, ALTER in two phases, two domains and more."""
    files = sample("MariaDB-10.11.18-" + name)
    verdict = scanned(files).verdict()
    assert (verdict.status, verdict.broken, verdict.mariadb) == ("unclean_at_boundary", None, True)
    checksums = []
    for file in verdict.files:
        checksums += [one for one in file["checksums"] if one not in checksums]
        assert not file["notes"] or name == "binary-log", "its files have another name"
    assert ([file["transactions"] for file in verdict.files], checksums) == MARIADB_GROUPS[name]
    assert verdict.files[-1]["last_gtid"].startswith("7-")
    assert verdict.files[-1]["boundary"] == len(files[-1])
    before = scanned([*files[:-1], files[-1][:-1]]).verdict()
    assert (before.broken.damage.kind, before.files[-1]["transactions"]) == ("trunc_body", 2)


@pytest.mark.parametrize("name", ["9.7.4-encrypted", "MariaDB-10.11.18-encrypted"])
def test_an_encrypted_log_of_a_real_server_is_recognised(name):
    verdict = scanned(sample(name)).verdict()
    assert (verdict.status, verdict.broken) == ("encrypted", None)
    assert {file["status"] for file in verdict.files} == {"encrypted"}


@pytest.mark.parametrize(
    ("server", "version", "self_checked", "mariadb", "claims_unfinished"),
    [
        (MYSQL_55, (5, 5, 62), False, False, True),
        (MYSQL_56, (5, 6, 24), True, False, True),
        (MYSQL_97, (9, 7, 4), True, False, False),
        (MARIADB, (10, 11, 18), True, True, False),
    ],
)
def test_descriptions(server, version, self_checked, mariadb, claims_unfinished):
    log = RelayLog(server)
    log.description(server_id=OWN_ID)
    found = layout.description(bytes(log.data[4:]))
    assert found.version == version
    assert (found.self_checked, found.checksummed) == (self_checked, self_checked)
    assert (found.mariadb, found.claims_unfinished) == (mariadb, claims_unfinished)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("5.6.24-log", (5, 6, 24)),
        ("26.10.1", (26, 10, 1)),
        ("8.0", (8, 0, 0)),
        ("8.", (8, 0, 0)),
        ("8", (0, 0, 0)),
        ("5.600.1", (0, 0, 0)),
        ("", (0, 0, 0)),
        ("MySQL 5.6.24", (0, 0, 0)),
        ("5.6-beta.3", (5, 6, 0)),
    ],
)
def test_versions_are_read_as_servers_read_them(text, version):
    assert layout._version(text) == version


def changed(change):
    log = RelayLog(MYSQL_97)
    log.description(server_id=OWN_ID)
    event = bytearray(log.data[4:])
    return bytes(change(event) or event)


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event[:60],
        lambda event: event[:78],
        lambda event: event.__setitem__(19, 3),
        lambda event: event.__setitem__(75, 27),
        lambda event: event.__setitem__(-5, 2),
        lambda event: event.__setitem__(-1, event[-1] ^ 1),
        lambda event: event.__setitem__(60, 1),
        # A server that old has no such event; the version decides whether there is a checksum at all
        lambda event: event.__setitem__(slice(21, 26), b"5.4.9"),
        lambda event: event.__setitem__(slice(21, 26), bytes(5)),
    ],
)
def test_a_description_that_cannot_be_one(change):
    with pytest.raises(layout.Malformed):
        layout.description(changed(change))


def test_the_mark_of_a_log_in_use_is_not_part_of_the_sum():
    event = bytearray(changed(bytes))
    event[17] |= layout.IN_USE
    assert layout.intact(bytes(event))
    event[17] |= 2
    assert not layout.intact(bytes(event))


@pytest.mark.parametrize("text", ["", UUID + ":1", UUID + ":1-5:9:11-20", UUID + ":1-3,22" + UUID[2:] + ":7-8"])
def test_previous_gtids(text):
    log = RelayLog()
    log.previous_gtids(text)
    assert str(layout.previous_gtids(bytes(log.data[4:]), 4)) == str(GtidSet.parse(text))


@pytest.mark.parametrize("cut", range(20, 70, 7))
def test_previous_gtids_that_are_cut(cut):
    log = RelayLog(checksum=False)
    log.previous_gtids(UUID + ":1-5:9")
    with pytest.raises(layout.Malformed):
        layout.previous_gtids(bytes(log.data[4 : 4 + cut]), 0)


@_EVERY
@given(st.binary(max_size=120), st.sampled_from([2, 4, 15, 33, 35, 42, 162]))
def test_a_body_of_anything_is_read_or_malformed(body, number):
    event = struct.pack("<IBIIIH", 1, number, 1, 19 + len(body), 0, 0) + body
    for read in (layout.description, layout.gtid_of, layout.mariadb_gtid):
        with contextlib.suppress(layout.Malformed):
            read(event)
    for read in (layout.previous_gtids, layout.rotate, layout.query_text):
        with contextlib.suppress(layout.Malformed):
            read(event, 0)


@pytest.mark.parametrize("number", [1, 63, 64, 5000, 1 << 20, 1 << 34, 2**62])
@pytest.mark.parametrize("tag", ["a", "a_tag_of_thirty_two_letters_____"])
def test_tagged_gtids(number, tag):
    log = RelayLog()
    log.tagged_gtid(number, tag)
    assert layout.gtid_of(bytes(log.data[4:])) == ((UUID, tag), number)


@_EVERY
@given(st.lists(st.tuples(st.sampled_from([b"a" * 16, b"b" * 16, (UUID, "tag")]), st.integers(1, 30)), max_size=60))
def test_gtids_are_collected_in_any_order(added):
    collected = gtids.Collected()
    for one in added:
        collected.add(one)
    expected = GtidSet()
    for one in added:
        expected = expected | GtidSet.parse(gtids.gtid_text(one))
    assert collected.set() == expected
    assert collected.set() == expected


@pytest.mark.parametrize(
    ("claimed", "known", "beyond"),
    [
        (":1-9", ":1-7", ":8-9"),
        (":1-9", ":1-9", ""),
        (":1-9", ":1-3:5-9", ""),
        (":1-9:t:1-4", ":1-9", ""),
        (":1-9:t:1-4", ":1-9:t:1-2", ":t:3-4"),
        ("", ":1-7", ""),
    ],
)
def test_only_what_is_newer_than_all_that_is_known_counts_as_lost(claimed, known, beyond):
    sets = [GtidSet.parse(UUID + text if text else "") for text in (claimed, known, beyond)]
    assert gtids.beyond(sets[0], sets[1]) == sets[2]


@_EVERY
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=8), st.integers(0, 1 << 40))
def test_a_run_of_events_is_intact_when_each_of_them_is(bodies, place):
    log = RelayLog(magic=b"")
    for body in bodies:
        log.event(28, body)
    run = checksum.NOTHING
    ends = [*log.starts[1:], len(log.data)]
    for start, end in zip(log.starts, ends):
        run = run[end - start]
    assert layout.zlib.crc32(bytes(log.data)) == run.sum
    flipped = bytearray(log.data)
    flipped[place // 8 % len(flipped)] ^= 1 << place % 8
    assert layout.zlib.crc32(bytes(flipped)) != run.sum


def test_no_more_runs_are_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(checksum, "_MOST", 5)
    log = RelayLog().header()
    for number in range(1, 60):
        log.transaction(number, size=number, rows=number % 4)
    assert scanned([bytes(log.data)]).verdict().files[0]["transactions"] == 59
    assert checksum.Run.remembered <= 5
    assert len(checksum.ONE) <= 5
