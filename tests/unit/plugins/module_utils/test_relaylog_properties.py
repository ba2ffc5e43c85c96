# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens to a relay log: what is kept of it is a beginning of what was there, to the end of a transaction."""

import os
import struct

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.plugins.relaylog_reader import scanned
from unit.plugins.relaylog_writer import MARIADB, MYSQL_56, MYSQL_97, UUID, RelayLog

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "relaylogs")
_EVERY = settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))


def sample(name):
    directory = os.path.join(SAMPLES, name)
    files = []
    for file in sorted(os.listdir(directory)):
        with open(os.path.join(directory, file), "rb") as source:
            files.append(source.read())
    return files


def written(server, checksum=True):
    """Three files; in those of 5.6, transactions begin in one and end in the next."""
    logs = [RelayLog(server, checksum).header()]
    for number in range(1, 25):
        log = logs[-1]
        if server is MARIADB:
            log.mariadb_gtid(number)
        else:
            log.gtid(number)
        if number % 5 == 0:
            log.query("CREATE TABLE t%d (a INT)" % number)
            continue
        log.query("BEGIN")
        log.table_map()
        if number % 8 == 0:
            log.close("relay-bin.%06d" % (len(logs) + 1))
            claimed = number if server is MYSQL_56 else number - 1
            logs.append(RelayLog(server, checksum).header("%s:1-%d" % (UUID, claimed), continues=True))
            log = logs[-1]
        log.rows(40 * number)
        log.xid()
    return [bytes(log.data) for log in logs]


def boundaries_of(files, first):
    """Every place where the log may end, found by asking what each of its beginnings holds: (file, offset)."""
    found = set()
    for number, data in enumerate(files):
        at = 4
        while at <= len(data):
            scan = scanned([*files[:number], data[:at]], first=first)
            walk = scan.files[-1].walk
            if walk.damage is None and walk.found.boundary == at:
                found.add((number, at))
            if at == len(data):
                break
            at += struct.unpack_from("<I", data, at + 9)[0]
    return found


FIRST_NUMBER = {"5.6.24": 3}  # of those that speak of each other by other names than .000001 and so on
LOGS = {name: sample(name) for name in ("5.6.24", "9.7.4", "9.7.4-compressed-tagged", "MariaDB-10.11.18")}
LOGS.update({"written 5.6": written(MYSQL_56), "written 9.7": written(MYSQL_97), "written MariaDB": written(MARIADB)})
# Behind the events that open the oldest file nothing is lost either, unless they claim what is only begun there.
OPENING = {
    "5.6.24": [120],
    "9.7.4": [127, 198, 321],
    "9.7.4-compressed-tagged": [127, 158, 205, 328],
    "written 5.6": [120, 151, 198, 314],
    "written 9.7": [127, 158, 205, 328],
    "written MariaDB": [256, 303, 555],
    "MariaDB-10.11.18": [256, 303, 555, 584, 627],
}
BOUNDARIES = {
    name: boundaries_of(files, FIRST_NUMBER.get(name, 1)) | {(0, at) for at in OPENING[name]}
    for name, files in LOGS.items()
}
WITHOUT_CHECKSUMS = {
    "5.6": written(MYSQL_56, False),
    "9.7": written(MYSQL_97, False),
    "real": sample("9.7.4-without-checksums"),
}


ALL = {**LOGS, **WITHOUT_CHECKSUMS}


@st.composite
def damages(draw, files):
    """One thing that happens to one file, as a function of its bytes; and the first byte that it may change."""
    number = draw(st.integers(0, len(files) - 1))
    data = files[number]
    at = draw(st.integers(0, len(data) - 1))
    kind = draw(st.sampled_from(["cut", "event", "flip", "zero", "insert", "overwrite", "size", "remove"]))
    if kind == "cut":
        return number, at, data[:at]
    if kind == "flip":
        return number, at, data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
    if kind == "zero":
        length = draw(st.sampled_from([1, 4, 19, 512, 4096, len(data)]))
        end = min(len(data), at + length)
        return number, at, data[:at] + bytes(end - at) + data[end:]
    if kind == "insert":
        return number, at, data[:at] + draw(st.binary(min_size=1, max_size=60)) + data[at:]
    if kind == "overwrite":
        new = draw(st.binary(min_size=1, max_size=60))
        return number, at, data[:at] + new + data[at + len(new) :]
    if kind == "remove":
        return number, at, data[:at] + data[at + draw(st.integers(1, 600)) :]
    starts, place = [], 4
    while place + 19 <= len(data):
        starts.append(place)
        place += max(19, struct.unpack_from("<I", data, place + 9)[0])
    at = draw(st.sampled_from(starts or [0]))
    if kind == "event":
        return number, at, data[:at]
    at += 9
    new = draw(st.one_of(st.integers(0, 200), st.integers(0, 0xFFFFFFFF)))
    return number, at, data[:at] + struct.pack("<I", new) + data[at + 4 :]


@st.composite
def damaged(draw, names):
    name = draw(st.sampled_from(names))
    files = list(ALL[name])
    for _turn in range(draw(st.integers(1, 3))):
        if not any(files):
            break
        whole = [data for data in files if data]
        if draw(st.integers(0, 9)) == 0:
            files[draw(st.integers(0, len(files) - 1))] = b""
            continue
        number, _at, changed = draw(damages(whole))
        files[[index for index, data in enumerate(files) if data][number]] = changed
        if any(data and not data.startswith(b"\xfebin") for data in files):
            break
    return name, files


def as_read(data):
    """Without the one bit that no checksum covers: a Format_description's mark that its log is in use."""
    place, seen = 4, bytearray(data)
    while place + 19 <= len(seen):
        if seen[place + 4] == 15:
            seen[place + 17] &= ~1
        size = struct.unpack_from("<I", seen, place + 9)[0]
        place += max(19, size)
    return bytes(seen)


def cut_to(files, cut):
    """What a repair leaves."""
    return [*files[: cut.file], files[cut.file][: cut.offset]] if cut else files


@_EVERY
@given(damaged(sorted(LOGS)))
def test_what_is_kept_is_a_beginning_of_what_was_there(case):
    name, files = case
    original, files = [as_read(data) for data in LOGS[name]], [as_read(data) for data in files]
    verdict = scanned(files, first=FIRST_NUMBER.get(name, 1)).verdict()
    if verdict.broken is None and files != original:
        # Nothing to be seen: then it is a beginning, or one file lost its end where no later one speaks of it.
        for data, whole in zip(files, original):
            assert whole.startswith(data)
        return
    if verdict.cut is None:
        return
    kept = cut_to(files, verdict.cut)
    assert (verdict.cut.file, verdict.cut.offset) in BOUNDARIES[name]
    for data, whole in zip(kept[:-1], original):
        assert data == whole or (verdict.broken.file, data) == (None, data) or whole.startswith(data)
    assert original[verdict.cut.file].startswith(kept[-1])
    again = scanned(kept, first=FIRST_NUMBER.get(name, 1)).verdict()
    assert again.broken is None, "what is left is read to its end"


def assert_nothing_before_it_is_lost(name, number, changed):
    """By one damage, to the file of that number."""
    files = list(LOGS[name])
    files[number] = changed
    same = next(
        (place for place, (old, new) in enumerate(zip(LOGS[name][number], changed)) if old != new),
        min(len(changed), len(LOGS[name][number])),
    )
    verdict = scanned(files, first=FIRST_NUMBER.get(name, 1)).verdict()
    expected = max([place for place in BOUNDARIES[name] if place <= (number, same)], default=None)
    if verdict.broken is None:
        # Of the oldest file nobody knows what it claimed, when not even that is left of it. No log of MariaDB says
        # anything of an earlier one.
        assert (number, len(changed)) in BOUNDARIES[name] | {(0, 4)} or ("MariaDB" in name and number < len(files) - 1)
        return
    if expected is None or verdict.cut is None:
        assert verdict.cut is None or verdict.cut[:2] == expected
        # Only where there is no transaction yet, or one that another file may have begun
        assert expected is None or number == 0
        return
    assert verdict.cut[:2] == expected


@_EVERY
@given(st.data())
def test_one_damage_costs_no_transaction_before_it(data):
    name = data.draw(st.sampled_from(sorted(LOGS)))
    number, _at, changed = data.draw(damages(list(LOGS[name])))
    if as_read(changed) != as_read(LOGS[name][number]):
        assert_nothing_before_it_is_lost(name, number, changed)


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name in sorted(LOGS) for number in range(len(LOGS[name]))]
)
def test_a_cut_between_any_two_events_costs_no_transaction_before_it(name, number):
    # No checksum tells of these.
    data, place = LOGS[name][number], 4
    while place < len(data):
        assert_nothing_before_it_is_lost(name, number, data[:place])
        place += struct.unpack_from("<I", data, place + 9)[0]


@_EVERY
@given(damaged(sorted(ALL)))
def test_nothing_that_a_file_holds_makes_the_scan_fail(case):
    _name, files = case
    scan = scanned(files)
    verdict = scan.verdict()
    assert len(verdict.files) == len(files)
    if verdict.cut:
        assert 0 < verdict.cut.offset <= len(files[verdict.cut.file])
    str(scan.retrieved(verdict.cut))


@_EVERY
@given(st.binary(max_size=300), st.booleans())
def test_garbage_is_no_log(data, marked):
    verdict = scanned([b"\xfebin" + data if marked else data]).verdict()
    assert verdict.cut is None
    assert verdict.files[0]["transactions"] == 0


@_EVERY
@given(st.sampled_from(sorted(WITHOUT_CHECKSUMS)), st.data())
@example("real", None)
def test_without_checksums_a_cut_end_is_found_all_the_same(name, data):
    files = list(WITHOUT_CHECKSUMS[name])
    at = data.draw(st.integers(4, len(files[-1]))) if data else len(files[-1]) - 1
    files[-1] = files[-1][:at]
    verdict = scanned(files).verdict()
    kept = cut_to(files, verdict.cut)
    assert scanned(kept).verdict().broken is None or verdict.cut is None


@pytest.mark.parametrize("name", sorted(LOGS))
@pytest.mark.parametrize("piece", [1 << 20, (1 << 20) + 4097])
def test_a_log_is_cut_at_every_one_of_its_bytes(name, piece):
    files = LOGS[name]
    last = len(files) - 1
    known = sorted(place for place in BOUNDARIES[name])
    for at in range(0, len(files[last]), 7):
        verdict = scanned([*files[:last], files[last][:at]], None, piece, FIRST_NUMBER.get(name, 1)).verdict()
        if (last, at) in known:
            assert verdict.broken is None
        elif verdict.broken is not None and verdict.cut is not None:
            assert verdict.cut[:2] == max(place for place in known if place <= (last, at))
