# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of damage is found where it is, and the log is cut behind the last transaction that is whole.

The numbers are those of the cases that the collection's specification of relay logs lists.
"""

import struct

import pytest
from unit.plugins.relaylog_reader import feed, scanned
from unit.plugins.relaylog_writer import MARIADB, MYSQL_55, MYSQL_56, MYSQL_97, OWN_ID, UUID, RelayLog

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import Scan

FIRST = UUID + ":1-"


def three(server=MYSQL_97, checksum=True, last=None):
    """Transactions 1-3, 4-6, 7-9 in three files; the last one as a crash leaves it, unless it was stopped."""
    logs = []
    for number in range(3):
        claimed = FIRST + str(3 * number) if number else ""
        log = RelayLog(server, checksum).header(claimed, continues=number > 0)
        log.transactions(3 * number + 1, 3 * number + 3)
        logs.append(log.close("relay-bin.%06d" % (number + 2)) if number < 2 else log)
    if last == "stop":
        logs[2].stop()
    return logs


def data_of(logs):
    return [bytes(log.data) for log in logs]


def judged(files, position=None):
    verdict = scanned(files, position).verdict()
    return verdict, verdict.broken and verdict.broken.damage.kind, verdict.cut and tuple(verdict.cut[:2])


def damaged_last(damage, logs=None, **kwargs):
    """What becomes of three files when the last one's bytes are put through a function."""
    logs = logs or three(**kwargs)
    files = data_of(logs)
    files[2] = bytes(damage(bytearray(files[2]), logs[2]))
    return (*judged(files), logs)


def overwrite(at, new):
    def damage(data, _log):
        data[at : at + len(new)] = new
        return data

    return damage


def flip(data, at, bit=0):
    data[at] ^= 1 << bit
    return data


def size_to(new, event=-1):
    def damage(data, log):
        struct.pack_into("<I", data, log.starts[event] + 9, new)
        return data

    return damage


# -- 1, 2: whole logs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("server", [MYSQL_56, MYSQL_97])
@pytest.mark.parametrize("checksum", [True, False])
def test_01_logs_that_were_closed_are_clean(server, checksum):
    verdict, kind, cut = judged(data_of(three(server, checksum, "stop")))
    assert (verdict.status, kind, cut) == ("clean", None, None)
    assert [file["status"] for file in verdict.files] == ["clean_rotated", "clean_rotated", "clean_stopped"]
    assert [file["transactions"] for file in verdict.files] == [3, 3, 3]
    assert not any(file["notes"] for file in verdict.files)
    assert verdict.files[2]["last_gtid"] == UUID + ":9"


def test_02_a_killed_server_leaves_a_log_that_needs_no_cut():
    verdict, kind, cut = judged(data_of(three()))
    assert (verdict.status, kind, cut) == ("unclean_at_boundary", None, None)


# -- 3 to 7, 9 to 14: the end of the last file -------------------------------------------------------------------------


@pytest.mark.parametrize("events", [1, 2, 3, 4])
def test_03_half_a_transaction_at_the_end_is_cut(events):
    verdict, kind, cut, logs = damaged_last(lambda data, log: data[: log.starts[-events]])
    assert (verdict.status, kind) == ("unclean_partial_trx", "partial")
    assert cut == (2, logs[2].boundaries[1])
    assert verdict.cut.gtid == UUID + ":8"


@pytest.mark.parametrize("left", [1, 7, 18])
def test_04_a_cut_header(left):
    verdict, kind, cut, logs = damaged_last(lambda data, log: data[: log.starts[-3] + left])
    assert (verdict.status, kind) == ("damaged", "trunc_header")
    assert verdict.broken.offset == logs[2].starts[-3]
    assert cut == (2, logs[2].boundaries[1])


@pytest.mark.parametrize("missing", [1, 3, 4, 5, 12])
def test_05_a_cut_body(missing):
    verdict, kind, cut, logs = damaged_last(lambda data, _log: data[:-missing] if missing != 12 else data[:-12])
    assert (verdict.status, kind, cut) == ("damaged", "trunc_body", (2, logs[2].boundaries[1]))
    assert verdict.files[2]["damage"]["event"] == "Xid (16)"
    assert verdict.files[2]["damage"]["place"] == "./relay-bin.000003:%d" % logs[2].starts[-1]


@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("zeros", [1, 18, 19, 4096, 1 << 20])
def test_06_zeros_behind_the_end_go(zeros, checksum):
    verdict, kind, cut, logs = damaged_last(lambda data, _log: data + bytes(zeros), checksum=checksum)
    assert (verdict.status, kind) == ("damaged", "zero_tail")
    assert cut == (2, logs[2].boundaries[2])


@pytest.mark.parametrize("zeros", [1, 5, 30, 80, 150])
def test_07_an_end_that_was_never_written(zeros):
    verdict, kind, cut, logs = damaged_last(lambda data, _log: data[:-zeros] + bytes(zeros))
    assert verdict.status == "damaged"
    assert kind in ("bad_crc", "zero_tail", "bad_size")
    assert cut == (2, logs[2].boundaries[1])


def test_08_a_zero_page_in_the_middle_and_what_lies_behind():
    logs = three()
    logs[2].transactions(10, 40)
    place = logs[2].starts[-100] + 25
    verdict, kind, cut, _logs = damaged_last(overwrite(place, bytes(30)), logs)
    assert (verdict.status, kind) == ("damaged", "bad_crc")
    assert cut[1] == max(end for end in logs[2].boundaries if end <= place)
    assert verdict.files[2]["transactions_behind"] > 10, "its size was right, so the rest could be read for the report"
    assert verdict.files[2]["transactions"] + verdict.files[2]["transactions_behind"] == 33

    place = logs[2].starts[-100]
    verdict, kind, _cut, _logs = damaged_last(overwrite(place, bytes(512)), logs)
    assert kind == "zero_page"


@pytest.mark.parametrize(
    ("number", "at"),
    [(9, 30), (11, 4), (11, 5), (11, 13), (11, 17), (12, -1)],
    ids=["9 body", "11 type", "11 server_id", "11 log_pos", "11 flags", "12 checksum"],
)
@pytest.mark.parametrize("event", [-1, -2, -3, -4, -5, -8])
def test_09_11_12_one_flipped_bit(number, at, event):
    def damage(data, log):
        ends = [*log.starts[1:], len(data)]
        place = (log.starts[event] if at >= 0 else ends[event]) + min(at, ends[event] - log.starts[event] - 5)
        return flip(data, place, number % 8)

    verdict, kind, cut, logs = damaged_last(damage)
    assert (verdict.status, kind) == ("damaged", "bad_crc")
    assert verdict.broken.offset == logs[2].starts[event]
    assert cut == (2, logs[2].boundaries[1 if event >= -5 else 0])


@pytest.mark.parametrize("event", [-1, -3, -7])
@pytest.mark.parametrize("new", [0, 1, 18, 19, 22, 30, 200, 5000, (1 << 30) + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_10_13_a_wrong_size(new, event):
    verdict, kind, cut, logs = damaged_last(size_to(new, event))
    assert verdict.status == "damaged"
    assert kind in ("bad_size", "bad_crc", "trunc_body")
    assert verdict.broken.offset == logs[2].starts[event]
    assert cut == (2, logs[2].boundaries[1 if event >= -5 else 0])


@pytest.mark.parametrize("garbage", [b"\xab" * 200, b"GARBAGE " * 20, struct.pack("<IBIIIH", 1, 30, 1, 60, 9, 0) * 9])
def test_14_garbage_behind_the_end(garbage):
    verdict, kind, cut, logs = damaged_last(lambda data, _log: data + garbage)
    assert verdict.status == "damaged"
    assert kind in ("garbage", "bad_crc", "bad_size")
    assert cut == (2, logs[2].boundaries[2])


def test_15_valid_events_of_an_older_log_are_no_loss_and_what_follows_them_is_found():
    def stale(data, log):
        return data + data[log.starts[-10] : log.starts[-5]] + b"\xab" * 40

    _verdict, kind, cut, logs = damaged_last(stale)
    assert kind in ("garbage", "bad_size")
    assert cut[1] >= logs[2].boundaries[2]


# -- 16 to 22: files ---------------------------------------------------------------------------------------------------


def test_16_damage_in_an_older_file():
    logs = three()
    files = data_of(logs)
    files[1] = bytes(flip(bytearray(files[1]), logs[1].starts[-3] + 25))
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind, cut) == ("damaged", "bad_crc", (1, logs[1].boundaries[1]))
    assert verdict.broken.file == 1


def test_17_a_file_that_lost_its_end_exactly_behind_a_transaction():
    logs = three()
    files = data_of(logs)
    files[1] = files[1][: logs[1].boundaries[1]]
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind, cut) == ("lost_tail", "lost_tail", (1, logs[1].boundaries[1]))
    assert UUID + ":6" in verdict.broken.damage.detail


def test_17_a_file_that_lost_all_but_the_events_that_open_it():
    logs = three()
    files = data_of(logs)
    for left in (logs[1].header_size(), logs[1].starts[2], 4):
        verdict, kind, cut = judged([files[0], files[1][:left], files[2]])
        assert (verdict.status, kind) == ("lost_tail", "lost_tail")
        assert cut == ((1, left) if left > 4 else (0, len(files[0])))


def test_17_a_transaction_that_was_begun_and_that_a_later_file_claims():
    logs = three()
    files = data_of(logs)
    files[1] = files[1][: logs[1].starts[-3]]
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind, cut) == ("lost_tail", "lost_tail", (1, logs[1].boundaries[1]))


def test_17_what_a_file_lost_is_lost_whatever_is_damaged_behind():
    """A cut at later damage would leave a log that is not whole: the lost end counts, and it is seen at once."""
    logs = three()
    files = data_of(logs)
    files[1] = files[1][: logs[1].starts[-3]]
    files[2] = bytes(flip(bytearray(files[2]), logs[2].starts[-2] + 25))
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind, cut) == ("lost_tail", "lost_tail", (1, logs[1].boundaries[1]))


@pytest.mark.parametrize(("missing", "expected"), [(0, None), (1, 0), (2, 1)])
def test_18_a_missing_file(missing, expected):
    logs = three()
    files = data_of(logs)
    files[missing] = None
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind) == ("missing_file", "missing")
    assert cut == (None if expected is None else (expected, len(logs[expected].data)))
    assert verdict.files[missing]["status"] == "missing"


def test_18_a_missing_file_that_was_applied_is_none():
    files = data_of(three())
    files[0] = None
    verdict, _kind, cut = judged(files, (1, 4))
    assert (verdict.broken, cut) == (None, None)
    assert verdict.status == "damaged_applied"


@pytest.mark.parametrize("number", [1, 2])
def test_20_an_empty_file(number):
    logs = three()
    files = data_of(logs)
    files[number] = b""
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind) == ("damaged", "empty")
    assert cut == (number - 1, len(logs[number - 1].data))


@pytest.mark.parametrize("content", [b"\xfe", b"\xfeb", b"\xfebi"])
def test_21_a_cut_mark(content):
    files = [*data_of(three())[:2], content]
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind, cut) == ("damaged", "trunc_header", (1, len(files[1])))


def test_21_a_file_with_nothing_but_its_mark_is_whole():
    verdict, _kind, cut = judged([*data_of(three())[:2], b"\xfebin"])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert verdict.files[2]["status"] == "header_only"


def test_21_a_first_event_that_is_cut_or_wrong():
    logs = three()
    for damage in (lambda data, _log: data[:60], lambda data, _log: flip(data, 30), lambda data, _log: flip(data, 100)):
        verdict, kind, cut, _logs = damaged_last(damage, logs)
        assert verdict.status == "damaged"
        assert kind in ("trunc_body", "bad_fde")
        assert cut == (1, len(logs[1].data)), "the file before it is whole"


def test_22_a_wrong_mark():
    verdict, kind, cut, logs = damaged_last(overwrite(0, b"\xfeBIN"))
    assert (verdict.status, kind, cut) == ("damaged", "bad_magic", (1, len(logs[1].data)))


# -- 23: ciphertext ----------------------------------------------------------------------------------------------------


def test_23_an_encrypted_file_is_recognised():
    verdict, _kind, cut = judged([b"\xfdbin\1\1:MySQLReplicationKey_" + bytes(range(256)) * 8])
    assert (verdict.status, cut) == ("encrypted", None)


def test_23_a_plain_file_does_not_become_an_encrypted_one():
    files = data_of(three())
    for damaged in (b"\xfd" + files[2][1:], b"\xfdbin" + files[2], b"\xfdbin", b"\xfdbin\1"):
        verdict, kind, cut = judged([*files[:2], damaged])
        assert (verdict.status, kind, cut) == ("damaged", "bad_magic", (1, len(files[1])))


@pytest.mark.parametrize("number", [159, 164])
def test_23_encryption_that_starts_inside(number):
    log = RelayLog(MYSQL_97)
    log.description(server_id=OWN_ID, flags=0x40)
    log.event(number, b"\1" * 17)
    for size in (40, 99, 35):
        log.data += struct.pack("<IBII", 77, size, 5, size) + b"\xaa" * (size - 13)
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut) == ("encrypted", None)
    assert verdict.files[0]["damage"] is None
    verdict, _kind, cut = judged([bytes(log.data[:-3])])
    assert (verdict.status, cut) == ("encrypted", None)
    assert verdict.files[0]["damage"]["kind"] in ("trunc_body", "garbage"), "the chain of sizes is broken"


# -- 24 to 27: checksums -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("source", [True, False])
@pytest.mark.parametrize("server", [MYSQL_56, MYSQL_97])
def test_24_a_checksum_that_changes_inside_a_file_is_no_damage(own, source, server):
    log = RelayLog(server, own).header(source_checksum=source).transactions(1, 3)
    log.description(checksum=not source)
    log.transactions(4, 6).close("relay-bin.000002")
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut) == ("clean", None)
    assert verdict.files[0]["transactions"] == 6
    assert verdict.files[0]["checksums"] == ((["crc32"] if own else ["none"]) + (["none"] if own else ["crc32"]))


def test_24_a_description_without_checksums_has_one_itself():
    log = RelayLog(MYSQL_97, False).header().transactions(1, 2)
    verdict, _kind, _cut = judged([bytes(flip(log.data, 40))])
    assert (verdict.status, verdict.broken.damage.kind) == ("damaged", "bad_fde")


def test_25_without_checksums_only_the_structure_can_be_judged():
    for damage in (
        lambda data, _log: data[:-7],
        lambda data, _log: data + bytes(100),
        size_to(12),
        size_to(0xFFFFFFF0),
        lambda data, log: flip(data, log.starts[-2] + 4, 7),
    ):
        verdict, _kind, cut, logs = damaged_last(damage, checksum=False)
        assert verdict.status == "damaged"
        assert cut[0] == 2
        assert cut[1] in logs[2].boundaries[1:]
    verdict, _kind, cut, logs = damaged_last(lambda data, log: flip(data, log.starts[-2] + 30), checksum=False)
    assert verdict.status == "unclean_at_boundary"
    assert verdict.files[2]["checksums"] == ["none"], "which says that a changed byte cannot be noticed"


def test_26_a_source_older_than_checksums():
    log = RelayLog(MYSQL_97).header(source=MYSQL_55)
    for _number in range(3):
        log.transaction(None)
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert verdict.files[0]["transactions"] == 3
    assert verdict.with_gtids is False


def test_27_a_binary_log_that_is_used_as_a_relay_log():
    log = RelayLog(MYSQL_56)
    log.description(flags=1, log_pos=120)
    log.own(35, struct.pack("<Q", 0), 0)
    log.transactions(1, 3)
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert verdict.files[0]["damage"] is None


# -- 28 to 32: transactions over files ---------------------------------------------------------------------------------


def split(server=MYSQL_56, cut_second=0, repeat=False):
    """Transaction 3 begins in the first file and goes on in the second, or is repeated there."""
    one = RelayLog(server).header().transactions(1, 2)
    one.gtid(3)
    one.query("BEGIN")
    one.table_map()
    if not repeat:
        one.rows()
    one.close("relay-bin.000002")
    two = RelayLog(server).header(FIRST + ("3" if server is MYSQL_56 else "2"), continues=not repeat)
    if repeat:
        two.transaction(3)
    else:
        two.table_map()
        two.rows()
        two.xid()
        two.ends()
    two.transactions(4, 5)
    return [one, two], [bytes(one.data), bytes(two.data)[: len(two.data) - cut_second]]


@pytest.mark.parametrize("server", [MYSQL_56, MYSQL_97])
def test_28_a_transaction_over_two_files_is_whole(server):
    _logs, files = split(server)
    verdict, _kind, cut = judged(files)
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert [file["transactions"] for file in verdict.files] == [2, 3]
    assert str(scanned(files).retrieved(None)) == FIRST + "5"


def three_parts(closed=True):
    """Transaction 3 begins in the first file, goes on in the second, and ends in the third."""
    (one, _two), _files = split()
    two = RelayLog(MYSQL_56).header(FIRST + "3", continues=True)
    two.table_map()
    two.rows()
    three_ = RelayLog(MYSQL_56).header(FIRST + "3", continues=True)
    three_.table_map()
    three_.rows()
    three_.xid()
    three_.ends()
    three_.transactions(4, 5)
    if closed:
        two.close("relay-bin.000003")
    return [one, two, three_]


def test_28_a_transaction_over_three_files_is_whole():
    verdict, _kind, cut = judged(data_of(three_parts()))
    assert (verdict.status, cut) == ("unclean_at_boundary", None)


@pytest.mark.parametrize("events", [1, 2], ids=["its mark alone", "rows as well"])
def test_17_a_file_that_lost_its_end_inside_a_transaction_that_goes_on_in_the_next(events):
    """Every event is whole, and the transaction has a beginning and an end: rows are missing all the same."""
    logs = three_parts()
    files = data_of(logs)
    files[1] = files[1][: logs[1].starts[-events]]
    verdict, kind, cut = judged(files)
    assert (verdict.status, kind, verdict.broken.file) == ("lost_tail", "lost_tail", 1)
    assert verdict.broken.damage.detail.endswith("was not closed, but ./relay-bin.000003 goes on with it")
    assert cut == (0, logs[0].boundaries[1])
    assert verdict.files[1]["status"] == "lost_tail"
    assert judged(files, (2, logs[2].boundaries[0]))[0].broken is None, "the applier is past it"


def test_18_a_file_inside_a_transaction_that_nobody_lists_any_more():
    """An index that was made anew from what is there: what the mark at the end of a file names is not what follows."""
    logs = three_parts()
    one, _two, three_ = data_of(logs)
    scan = Scan(["./relay-bin.000001", "./relay-bin.000003"])
    for data in (one, three_):
        scan.close(feed(scan.open(len(data)), data))
    verdict = scan.verdict()
    assert (verdict.status, verdict.broken.file, verdict.cut[:2]) == ("lost_tail", 0, (0, logs[0].boundaries[1]))
    assert "names relay-bin.000002 next, but ./relay-bin.000003 goes on with it" in verdict.broken.damage.detail


def test_30_after_a_crash_a_transaction_is_repeated_behind_files_that_hold_nothing():
    (one, _two), _files = split(repeat=True)
    empty = RelayLog(MYSQL_56)
    empty.description(server_id=OWN_ID, flags=0x40)
    again = RelayLog(MYSQL_56).header(FIRST + "2").transactions(3, 5)
    first = bytes(one.data)[: one.starts[-1]]
    verdict, _kind, cut = judged([first, bytes(empty.close("relay-bin.000003").data), bytes(again.data)])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    goes_on = RelayLog(MYSQL_56).header(FIRST + "3", continues=True)
    goes_on.rows()
    goes_on.xid()
    verdict, _kind, cut = judged([first, bytes(empty.data), bytes(goes_on.data)])
    assert (verdict.status, cut) == ("lost_tail", (0, one.boundaries[1]))


def test_29_damage_in_the_continuation_cuts_the_file_before():
    logs, files = split()
    files[1] = bytes(flip(bytearray(files[1]), logs[1].starts[4] + 25))
    verdict, _kind, cut = judged(files)
    assert (verdict.status, verdict.broken.file) == ("damaged", 1)
    assert cut == (0, logs[0].boundaries[1])
    assert verdict.cut.gtid == UUID + ":2"


def test_29_damage_in_its_header_too_because_it_claims_the_transaction():
    logs, files = split()
    files[1] = files[1][: logs[1].starts[3] - 3]
    verdict, _kind, cut = judged(files)
    assert (verdict.status, cut) == ("damaged", (0, logs[0].boundaries[1]))


@pytest.mark.parametrize("server", [MYSQL_56, MYSQL_97])
def test_30_a_transaction_that_is_repeated_after_a_reconnect(server):
    _logs, files = split(server, repeat=True)
    verdict, _kind, cut = judged(files)
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert [note["kind"] for note in verdict.files[1]["notes"]] == ["abandoned"]
    assert str(scanned(files).retrieved(None)) == FIRST + "5"


def test_31_without_gtids_a_transaction_goes_on_after_a_reconnect():
    one = RelayLog(MYSQL_56).header().transaction(None)
    one.query("BEGIN")
    one.table_map()
    two = RelayLog(MYSQL_56)
    two.description(server_id=OWN_ID, flags=0x40)
    two.rotate("mysql-bin.000001")
    two.description(log_pos=0)
    two.rows()
    two.xid()
    two.ends()
    two.transaction(None)
    verdict, _kind, cut = judged([bytes(one.data), bytes(two.data)])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert verdict.files[0]["status"] == "unclean_continued"
    assert [file["transactions"] for file in verdict.files] == [1, 2]


def test_32_the_oldest_file_may_begin_inside_a_transaction():
    logs, files = split()
    verdict, _kind, cut = judged(files[1:])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert not verdict.files[0]["notes"]
    verdict, _kind, cut = judged([files[1][: logs[1].starts[4] + 5]])
    assert (verdict.status, cut) == ("damaged", None), "it claims the transaction: there is no safe place in it"
    after = logs[1].boundaries[0]
    assert scanned(files[1:]).beginning() == (0, after), "an applier that began before would apply the rows once more"
    assert scanned(files).beginning() == (0, 4)
    verdict, _kind, cut = judged([files[1][: after + 5]])
    assert (verdict.status, cut) == ("damaged", (0, after))


# -- 33 to 39: what ends a transaction ---------------------------------------------------------------------------------


def ends_at(*events, gtid=True, server=MYSQL_97):
    """Whether a transaction of these events is whole behind the last of them, and nowhere before it."""
    whole = []
    for count in range(len(events) + 1):
        log = RelayLog(server).header().transaction(1 if gtid else None)
        before = len(log.data)
        if gtid:
            log.gtid(2)
        for event in events[:count]:
            event(log)
        boundary = scanned([bytes(log.data)]).files[0].walk.found.boundary
        whole.append(boundary == len(log.data))
        assert boundary in (before, len(log.data))
    return whole


def query(text):
    return lambda log: log.query(text)


def event(number, body=b"", flags=0):
    return lambda log: log.event(number, body, flags=flags)


def more(log):
    log.rows(end=False)


ROWS, TABLE, XID, MORE = RelayLog.rows, RelayLog.table_map, RelayLog.xid, more
BEGIN, COMMIT = query("BEGIN"), query("COMMIT")
NO, YES = False, True


@pytest.mark.parametrize(
    ("events", "whole"),
    [
        ([query("CREATE TABLE t (a INT)")], [NO, YES]),
        ([event(14, b"x" * 20), query("INSERT INTO t VALUES (@a)")], [NO, NO, YES]),
        ([event(5, b"x" * 9), event(13, b"x" * 16), query("INSERT")], [NO, NO, NO, YES]),
        ([BEGIN, TABLE, ROWS, XID], [NO, NO, NO, NO, YES]),
        ([BEGIN, TABLE, ROWS, COMMIT], [NO, NO, NO, NO, YES]),
        ([BEGIN, TABLE, MORE, ROWS, query("ROLLBACK")], [NO, NO, NO, NO, NO, YES]),
        ([BEGIN, query("SAVEPOINT a"), query("ROLLBACK TO a"), XID], [NO, NO, NO, NO, YES]),
        ([BEGIN, query("rollback to `a`"), query("rollback")], [NO, NO, NO, YES]),
        ([BEGIN, query("COMMIT AND CHAIN"), query("BEGINNING"), COMMIT], [NO, NO, NO, NO, YES]),
        ([BEGIN, query("CREATE TABLE t START TRANSACTION"), TABLE, ROWS, XID], [NO, NO, NO, NO, NO, YES]),
        ([query("XA START X'31',X'',1"), TABLE, ROWS, query("XA END X'31'"), event(38, b"\0" * 20)], [NO] * 5 + [YES]),
        ([query("XA START X'31'"), event(38, b"\1" + b"\0" * 19)], [NO, NO, YES]),
        ([query("XA COMMIT X'31',X'',1")], [NO, YES]),
        ([query("XA ROLLBACK X'31',X'',1")], [NO, YES]),
        ([query("XA START X'31'"), TABLE, query("XA ROLLBACK X'31'")], [NO, NO, NO, YES]),
        ([lambda log: log.payload()], [NO, YES]),
        ([event(26, b"\1\0\0")], [NO, YES]),
        ([BEGIN, event(26, b"\1\0\0")], [NO, NO, YES]),
        ([event(36, b"x" * 30), BEGIN, event(37, b"x" * 30), COMMIT], [NO, NO, NO, NO, YES]),
        ([BEGIN, event(29, b"x" * 30), TABLE, event(39, b"\0" * 30), XID], [NO, NO, NO, NO, NO, YES]),
        ([BEGIN, event(17, b"x" * 30), event(9, b"x" * 30), event(18, b"x" * 40), XID], [NO] * 5 + [YES]),
        ([event(17, b"x" * 30), event(9, b"x" * 30), event(18, b"x" * 40)], [NO, NO, NO, YES]),
        ([event(200, b"x" * 5, 0x80), BEGIN, event(43, b"x" * 5, 0x80), XID], [NO, NO, NO, NO, YES]),
        ([BEGIN, query("x" * 5000), query("INSERT INTO t VALUES ('\0BEGIN"), XID], [NO, NO, NO, NO, YES]),
    ],
)
@pytest.mark.parametrize("server", [MYSQL_56, MYSQL_97])
def test_33_to_39_what_ends_a_transaction(events, whole, server):
    assert ends_at(*events, server=server) == whole


@pytest.mark.parametrize(
    ("events", "whole"),
    [
        ([BEGIN, TABLE, ROWS, XID], [YES, NO, NO, NO, YES]),
        ([query("CREATE TABLE t (a INT)")], [YES, YES]),
        ([TABLE, MORE, ROWS], [YES, NO, NO, YES]),
        ([event(17, b"x"), event(9, b"x"), event(18, b"x" * 30)], [YES, NO, NO, YES]),
        ([event(5, b"x" * 9), query("INSERT")], [YES, NO, YES]),
    ],
)
def test_33_to_39_and_without_gtids(events, whole):
    assert ends_at(*events, gtid=False, server=MYSQL_56) == whole


@pytest.mark.parametrize("what", [[TABLE, ROWS], [XID], [COMMIT], [lambda log: log.payload()], [query("DROP TABLE t")]])
def test_what_nothing_began_is_no_transaction(what):
    log = RelayLog().header().transactions(1, 2)
    before = len(log.data)
    for one in what:
        one(log)
    scan = scanned([bytes(log.data)])
    assert scan.files[0].walk.found.boundary == before
    assert scan.verdict().status == "suspect"
    assert scan.verdict().cut is None, "suspicion alone cuts nothing"
    log.transaction(3)
    assert scanned([bytes(log.data)]).files[0].walk.found.boundary == len(log.data), "a clean beginning ends it"


def test_36_a_payload_that_is_cut_or_changed():
    log = RelayLog().header().transactions(1, 2)
    log.gtid(3)
    log.payload()
    for data in (log.data[:-5], flip(bytearray(log.data), len(log.data) - 20), log.data[: log.starts[-1]]):
        _verdict, _kind, cut = judged([bytes(data)])
        assert cut == (0, log.boundaries[1])


def test_37_tagged_gtids():
    log = RelayLog().header().transactions(1, 2)
    for number in (5, 6, 300):
        log.tagged_gtid(number, "mytag")
        log.payload()
        log.ends()
    scan = scanned([bytes(log.data)])
    assert str(scan.retrieved(None)) == UUID + ":1-2:mytag:5-6:300"
    assert scan.verdict().files[0]["last_gtid"] == UUID + ":mytag:300"


def test_38_an_unknown_event_with_a_good_checksum_is_no_damage():
    log = RelayLog().header().transactions(1, 2)
    log.event(200, b"of a newer server")
    log.transaction(3)
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut) == ("unsupported_event", None)
    log = RelayLog(checksum=False).header().transactions(1, 2)
    log.event(200, b"or of nobody")
    verdict, kind, cut = judged([bytes(log.data)])
    assert (verdict.status, kind, cut) == ("damaged", "garbage", (0, log.boundaries[1]))


def test_39_a_view_change_with_another_checksum_is_suspicious_only():
    log = RelayLog().header().transactions(1, 2)
    log.gtid(3)
    log.query("BEGIN")
    place = log.event(37, b"x" * 40)
    log.query("COMMIT")
    log.transaction(4)
    verdict, _kind, cut = judged([bytes(flip(log.data, place + 30))])
    assert (verdict.status, cut) == ("suspect", None)
    assert verdict.files[0]["transactions"] == 4


# -- 40: MariaDB -------------------------------------------------------------------------------------------------------


def mariadb(*events, standalone=False):
    log = RelayLog(MARIADB).header()
    log.mariadb_gtid(1)
    log.table_map()
    log.rows(number=23)
    log.xid()
    log.ends()
    log.mariadb_gtid(2, standalone)
    for one in events:
        one(log)
    return log


@pytest.mark.parametrize(
    ("events", "standalone", "whole"),
    [
        ([query("CREATE TABLE t (a INT)")], True, True),
        ([event(160, b"INSERT"), event(5, b"x" * 9), query("INSERT INTO t VALUES (1)")], True, True),
        ([event(160, b"INSERT"), event(5, b"x" * 9)], True, False),
        ([TABLE, ROWS, XID], False, True),
        ([TABLE, ROWS], False, False),
        ([query("INSERT"), query("COMMIT")], False, True),
        ([query("INSERT")], False, False),
        ([event(161, b"x" * 9), TABLE, event(163, b"\0" * 4), ROWS, query("ROLLBACK")], False, True),
        ([event(165, b"x" * 30)], True, True),
    ],
)
def test_40_mariadb_groups(events, standalone, whole):
    log = mariadb(*events, standalone=standalone)
    verdict, _kind, cut = judged([bytes(log.data)])
    assert verdict.mariadb is True
    assert verdict.files[0]["transactions"] == 1 + whole
    assert cut == (None if whole else (0, log.boundaries[0]))
    assert verdict.files[0]["last_gtid"] == ("0-1-2" if whole else "0-1-1")


def test_40_a_mariadb_group_over_files():
    one = mariadb(TABLE, ROWS)
    two = RelayLog(MARIADB).header(continues=True)
    two.table_map()
    two.rows()
    two.xid()
    verdict, _kind, cut = judged([bytes(one.data), bytes(two.data)])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    verdict, _kind, cut = judged([bytes(one.data), bytes(two.data[:-1])])
    assert (verdict.status, cut) == ("damaged", (0, one.boundaries[0]))


# -- 41, 42: marks of the replica itself -------------------------------------------------------------------------------


def test_41_rotations():
    log = RelayLog().header().transactions(1, 2)
    log.rotate("mysql-bin.000002", flags=0, server_id=0)
    log.rotate("mysql-bin.000002", flags=0, log_pos=1234)
    log.rotate("mysql-bin.000003")
    log.transaction(3)
    scan = scanned([bytes(log.data)])
    assert scan.files[0].walk.contents.closed is None, "these are the source's"
    assert scan.files[0].walk.found.source_file == "mysql-bin.000003"
    log.close("relay-bin.000007")
    verdict, _kind, _cut = judged([bytes(log.data), *data_of(three())[1:2]])
    assert verdict.files[0]["status"] == "clean_rotated"
    assert [note["kind"] for note in verdict.files[0]["notes"]] == ["next_file"]


def test_42_events_behind_the_end_mark_are_suspicious():
    log = RelayLog().header().transactions(1, 2).stop()
    log.transaction(3)
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut) == ("suspect", None)


def test_own_events_know_where_they_end():
    log = RelayLog().header().transaction(1)
    log.event(4, b"\4" + bytes(7) + b"relay-bin.000002", OWN_ID, 0x40, 99)
    verdict, _kind, _cut = judged([bytes(log.data)])
    assert [note["kind"] for note in verdict.files[0]["notes"]] == ["log_pos"]


# -- 46, 47: large -----------------------------------------------------------------------------------------------------


class Endless:
    """The bytes of four events of a GiB each without checksums, zero but for their headers, between others."""

    def __init__(self, before, after):
        self.before, self.after = before, after
        self.header = struct.pack("<IBIIIH", 1, 28, 1, 1 << 30, 0, 0x80)
        self.tail = len(before) + (4 << 30)

    def __len__(self):
        return self.tail + len(self.after)

    def __getitem__(self, wanted):
        begin, end = wanted.start, min(wanted.stop, len(self))
        piece = bytearray(max(0, end - begin))
        headers = [(len(self.before) + (number << 30), self.header) for number in range(4)]
        for place, content in [(0, self.before), *headers, (self.tail, self.after)]:
            for at in range(max(place, begin), min(place + len(content), end)):
                piece[at - begin] = content[at - place]
        return piece


def test_46_offsets_beyond_4_gib():
    log = RelayLog(checksum=False).header().transaction(1)
    tail = RelayLog(checksum=False, magic=b"").transaction(2)
    tail.gtid(3)
    verdict, kind, cut = judged([Endless(bytes(log.data), bytes(tail.data))])
    assert kind == "partial"
    assert cut == (0, len(log.data) + (4 << 30) + tail.boundaries[0])
    assert verdict.cut.gtid == UUID + ":2"


@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("size", [(1 << 20) - 150, 1 << 20, (3 << 20) + 7])
def test_47_an_event_larger_than_any_buffer(size, checksum):
    log = RelayLog(checksum=checksum).header().transaction(1)
    log.transaction(2, size=size).transaction(3)
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut) == ("unclean_at_boundary", None)
    assert verdict.files[0]["transactions"] == 3
    if checksum:
        verdict, kind, cut = judged([bytes(flip(log.data, log.boundaries[0] + size // 2))])
        assert (kind, cut) == ("bad_crc", (0, log.boundaries[0]))
    verdict, kind, cut = judged([bytes(log.data[: log.boundaries[0] + size // 2])])
    assert (kind, cut) == ("trunc_body", (0, log.boundaries[0]))


@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("intervals", [6000, 70000])
def test_47_a_set_of_gtids_with_more_holes_than_fit_a_buffer(intervals, checksum):
    claimed = UUID + "".join(":%d" % (2 * number + 1) for number in range(intervals))
    log = RelayLog(checksum=checksum).header(claimed).transaction(10**6)
    scan = scanned([bytes(log.data)])
    assert (scan.verdict().status, scan.verdict().files[0]["notes"]) == ("unclean_at_boundary", [])
    assert str(scan.retrieved(None)) == claimed + ":1000000"


def test_47_a_large_statement_is_judged_by_its_beginning():
    log = RelayLog().header().transaction(1)
    log.gtid(2)
    log.query(b"INSERT INTO t VALUES (" + b"1" * (2 << 20) + b")", status=b"\0" * 60000)
    log.ends()
    verdict, _kind, cut = judged([bytes(log.data)])
    assert (verdict.status, cut, verdict.files[0]["transactions"]) == ("unclean_at_boundary", None, 2)


# -- 48: the applier's position ----------------------------------------------------------------------------------------


def test_48b_damage_that_was_applied_is_left_alone():
    logs = three()
    files = data_of(logs)
    files[0] = bytes(flip(bytearray(files[0]), logs[0].starts[-3] + 25))
    for position in [(0, len(files[0])), (1, 4), (1, logs[1].boundaries[0]), (2, logs[2].boundaries[2])]:
        verdict, _kind, cut = judged(files, position)
        assert (verdict.status, verdict.broken, cut) == ("damaged_applied", None, None)
        assert verdict.applied[0].file == 0
    verdict, _kind, cut = judged(files, (0, 4))
    assert (verdict.status, cut) == ("damaged", (0, logs[0].boundaries[1]))


@pytest.mark.parametrize(
    "damage", [lambda data, at: flip(data, at + 25), lambda data, at: overwrite(at, bytes(40))(data, 0)]
)
def test_48b_also_in_the_same_file_and_what_follows_the_position_is_read(damage):
    logs = three()
    files = data_of(logs)
    files[2] = bytes(damage(bytearray(files[2]), logs[2].starts[6]))
    verdict, _kind, cut = judged(files, (2, logs[2].boundaries[1]))
    assert (verdict.status, cut) == ("damaged_applied", None)
    verdict, _kind, cut = judged(files, (2, logs[2].starts[4]))
    assert (verdict.status, cut) == ("damaged", (2, logs[2].header_size()))
    broken_again = files[2][:-3]
    verdict, _kind, cut = judged([*files[:2], broken_again], (2, logs[2].boundaries[1]))
    assert (verdict.status, cut) == ("damaged", (2, logs[2].boundaries[1])), "the position itself is a boundary"


@pytest.mark.parametrize("event", [0, 1])
def test_48b_damage_in_the_events_that_open_the_file_is_met(event):
    logs = three()
    files = data_of(logs)
    files[2] = bytes(flip(bytearray(files[2]), logs[2].starts[event] + 20))
    verdict, _kind, cut = judged(files, (2, logs[2].boundaries[1]))
    assert (verdict.status, cut) == ("damaged", (1, len(logs[1].data)))


def test_48_a_position_behind_the_end_of_its_file():
    logs = three()
    files = data_of(logs)
    files[2] = files[2][: logs[2].starts[-1] + 3]
    verdict, _kind, cut = judged(files, (2, len(logs[2].data)))
    assert (verdict.status, cut) == ("damaged", (2, logs[2].boundaries[1]))


def test_a_position_that_is_no_beginning_of_an_event_is_never_a_place_to_cut():
    logs = three()
    files = data_of(logs)
    for position in range(logs[0].header_size(), logs[0].boundaries[1]):
        data = bytes(flip(bytearray(files[0]), logs[0].starts[-3] + 25))
        _verdict, _kind, cut = judged([data, *files[1:]], (0, position))
        assert cut is None or cut[1] in [logs[0].header_size(), *logs[0].boundaries]


# -- 49, 50: no place --------------------------------------------------------------------------------------------------


def test_49_one_transaction_that_fills_all_files():
    one = RelayLog(MYSQL_56)
    one.description(server_id=OWN_ID, flags=0x40)
    one.previous_gtids(FIRST + "3")
    one.description(flags=0x20, log_pos=0)
    for _number in range(4):
        one.table_map()
        one.rows()
    two = RelayLog(MYSQL_56).header(FIRST + "3", continues=True)
    two.table_map()
    verdict, kind, cut = judged([bytes(one.data), bytes(two.data)])
    assert (verdict.status, kind, cut) == ("unclean_partial_trx", "partial", None)


def test_50_a_file_whose_claims_are_damaged_goes_as_a_whole():
    logs = three()
    files = data_of(logs)
    files[2] = bytes(flip(bytearray(files[2]), logs[2].starts[1] + 20))
    verdict, _kind, cut = judged(files)
    assert (verdict.status, cut) == ("damaged", (1, len(logs[1].data)))


def test_damage_behind_the_events_that_open_a_file_leaves_these():
    logs = three()
    files = data_of(logs)
    files[2] = files[2][: logs[2].header_size() + 7]
    verdict, _kind, cut = judged(files)
    assert (verdict.status, cut) == ("damaged", (2, logs[2].header_size()))
    assert verdict.cut.gtid == UUID + ":6"


# -- what a server will find -------------------------------------------------------------------------------------------


def test_the_retrieved_set_is_what_is_left():
    logs = three()
    files = data_of(logs)
    assert str(scanned(files).retrieved(None)) == FIRST + "9"
    files[1] = bytes(flip(bytearray(files[1]), logs[1].starts[-3] + 25))
    scan = scanned(files)
    assert str(scan.retrieved(scan.verdict().cut)) == FIRST + "5"


def test_the_source_coordinates_of_the_last_whole_transaction():
    log = RelayLog().header(rotate="mysql-bin.000042").transactions(1, 2)
    position = log.source_pos
    log.transaction(3)
    verdict, _kind, _cut = judged([bytes(log.data[:-1])])
    assert (verdict.cut.source_file, verdict.cut.source_pos) == ("mysql-bin.000042", position)
