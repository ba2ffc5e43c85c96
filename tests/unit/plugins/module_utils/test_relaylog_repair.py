# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repair takes away what has to go and nothing else, keeps all of it, and may be killed at any instant."""

import errno
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

import pytest
from unit.plugins.relaylog_home import (
    contents,
    damaged_home,
    make_logs,
    no_look_at_processes,
    quarantine_in,
    read,
    work,
    write,
)
from unit.plugins.relaylog_writer import UUID

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import (
    BadInput,
    Busy,
    Interrupted,
    Refused,
    ReplicaError,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock

KILL_EVERY = int(os.environ.get("KILL_EVERY", "1"))  # system calls: see killed_at_every_step.py

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.getuid() == 0


@pytest.fixture(name="home")
def _home(tmp_path):
    return str(tmp_path)


def data(home, *names):
    return os.path.join(home, "data", *names)


def index_of(home):
    return read(data(home, "relay-bin.index")).decode()


def log(number):
    return "relay-bin.%06d" % number


def entries(*numbers):
    return "".join("./%s\n" % log(number) for number in numbers)


# -- what a cut does ---------------------------------------------------------------------------------------------------


def test_a_damaged_file_is_cut_and_later_ones_leave(home):
    logs = damaged_home(home)
    before = contents(data(home))
    report, _plan = work(home)
    cut = logs[1].boundaries[1]
    assert report["verdict"] == "damaged"
    assert report["cut"] == {
        "file": data(home, log(2)),
        "offset": cut,
        "gtid": UUID + ":5",
        "source_file": "mysql-bin.000001",
        "source_pos": report["cut"]["source_pos"],
    }
    assert report["files"][1]["damage"]["place"] == "./relay-bin.000002:%d" % logs[1].starts[-3]
    assert report["removed_files"] == [data(home, log(3)), data(home, log(4))]
    assert report["retrieved_gtid_set"] == UUID + ":1-5"
    assert report["applier"] == "before"
    assert contents(data(home)) == {
        log(1): before[log(1)],
        log(2): before[log(2)][:cut],
        "relay-bin.index": entries(1, 2).encode(),
    }
    assert stat.S_IMODE(os.stat(data(home, log(2))).st_mode) == 0o640
    kept = contents(report["quarantine"])
    assert {name.partition("-")[2]: kept[name] for name in kept if name[0] == "0"} == {
        name: before[name] for name in (log(2), log(3), log(4), "relay-bin.index")
    }
    manifest = json.loads(kept["manifest.json"])
    assert all(entry["sha256"] and entry["size"] for entry in manifest["entries"])
    again, plan = work(home)
    assert (plan.steps, again["verdict"], again["cut"]) == ([], "unclean_at_boundary", None)


def test_check_mode_says_what_it_would_do_and_does_not(home):
    damaged_home(home)
    before = contents(data(home))
    report, plan = work(home, check=True)
    assert [step.action for step in plan.steps] == [
        "set_aside",
        "prepare",
        "write_index",
        "cut",
        "take_out",
        "take_out",
        "seal",
    ]
    assert report["cut"]["gtid"] == UUID + ":5"
    assert report["quarantine"] is None
    assert contents(data(home)) == before
    assert not os.path.exists(os.path.join(home, "backup"))


def test_all_of_it_goes_when_it_is_to_be_fetched_again(home):
    make_logs(data(home))
    with pytest.raises(Refused, match="nobody would ask for all of it again"):
        work(home, strategy="discard", auto_position=None)
    write(data(home, "ibdata2"), b"not ours")
    write(data(home, log(9)), b"made by a server that died before it listed it")
    before = contents(data(home))
    report, _plan = work(home, strategy="discard")
    assert contents(data(home)) == {"relay-bin.index": b"", "ibdata2": b"not ours"}
    assert len(report["removed_files"]) == 5
    assert work(home, strategy="discard")[1].steps == []
    work(home, state="restored", quarantine=report["quarantine"])
    assert contents(data(home)) == before


# -- files that are missing, empty, or whose applier wants them --------------------------------------------------------


def test_a_missing_last_file_leaves_the_index(home):
    make_logs(data(home))
    os.unlink(data(home, log(4)))
    report, _plan = work(home)
    assert report["verdict"] == "missing_file"
    assert index_of(home) == entries(1, 2, 3)
    assert sorted(os.listdir(data(home))) == [log(1), log(2), log(3), "relay-bin.index"]


def test_behind_a_missing_file_in_the_middle_nothing_stays(home):
    make_logs(data(home))
    os.unlink(data(home, log(2)))
    report, _plan = work(home)
    assert index_of(home) == entries(1)
    assert report["retrieved_gtid_set"] == UUID + ":1-3"
    assert sorted(os.listdir(data(home))) == [log(1), "relay-bin.index"]


def test_a_missing_first_file_is_reported_unless_it_was_applied(home):
    make_logs(data(home))
    os.unlink(data(home, log(1)))
    before = contents(data(home))
    with pytest.raises(Refused, match="no transaction before it is whole") as caught:
        work(home, applier_position=None)
    assert caught.value.facts["verdict"] == "missing_file"
    assert contents(data(home)) == before
    report, _plan = work(home, applier_position="./relay-bin.000003:4")
    assert (report["verdict"], report["removed_files"], report["cut"]) == ("damaged_applied", [], None)
    assert index_of(home) == entries(2, 3, 4)


def test_18_the_file_that_the_applier_wants_is_missing(home):
    make_logs(data(home))
    os.unlink(data(home, log(4)))
    with pytest.raises(Refused, match="it is the file that the applier is to go on in"):
        work(home, applier_position=log(4) + ":500")
    work(home, applier_position=log(4) + ":500", force=True)
    assert index_of(home) == entries(1, 2, 3)


@pytest.mark.parametrize(("position", "stays"), [(log(4) + ":321", True), (log(1) + ":4", False), (None, True)])
@pytest.mark.parametrize("content", [b"", b"\xfebi", b"\xfeBIN" + b"x" * 500])
def test_48d_an_unreadable_last_file_stays_as_an_empty_log_where_the_applier_may_want_it(
    home, position, stays, content
):
    make_logs(data(home))
    write(data(home, log(4)), content)
    report, _plan = work(home, applier_position=position)
    assert report["applier"] == ("before" if not stays else "behind" if position else "unknown")
    assert index_of(home) == (entries(1, 2, 3, 4) if stays else entries(1, 2, 3))
    assert os.path.exists(data(home, log(4))) is stays
    if stays:
        assert read(data(home, log(4))) == b"\xfebin"
    kept = contents(report["quarantine"])
    assert content in kept.values()
    assert work(home, applier_position=position)[1].steps == []


def test_a_log_that_only_the_applier_knows_of_comes_as_an_empty_one(home):
    """A server whose index does not list the log of its applier cannot use the channel, and a CHANGE then ends 5.6."""
    make_logs(data(home))
    before = contents(data(home))
    report, plan = work(home, applier_position="./relay-bin.000009:500")
    assert [step.action for step in plan.steps] == ["set_aside", "make_log", "write_index", "seal"]
    assert (report["begin"], report["apply_from"], report["cut"]) == ("first", "relay-bin.000001:4", None)
    assert read(data(home, log(9))) == b"\xfebin"
    assert index_of(home) == entries(1, 2, 3, 4, 9)
    assert os.stat(data(home, log(9))).st_mode == os.stat(data(home, log(4))).st_mode
    assert work(home, applier_position="./relay-bin.000009:500")[1].steps == []
    work(home, state="restored", quarantine=report["quarantine"])
    assert contents(data(home)) == before


def test_without_auto_position_no_log_is_made(home):
    make_logs(data(home))
    assert work(home, applier_position="relay-bin.000009:4", auto_position=False)[1].steps == []


@pytest.mark.parametrize("number", [9, 1])
def test_19_a_log_that_is_not_listed_is_told_and_left_alone(home, number):
    make_logs(data(home))
    shutil.copy(data(home, log(2)), data(home, log(9)))
    listed = {9: (1, 2, 3, 4), 1: (2, 3, 4, 9)}[number]
    write(data(home, "relay-bin.index"), entries(*listed).encode())
    before = contents(data(home))
    report, plan = work(home, applier_position="relay-bin.000002:4")
    assert "unlisted" in {one["kind"] for one in report["index_findings"]}
    assert log(number) not in str([step.data for step in plan.steps])
    left = contents(data(home))
    assert left[log(number)] == before[log(number)]


def test_lines_that_the_index_lost_come_back_from_the_applier_on(home):
    make_logs(data(home))
    write(data(home, "relay-bin.index"), entries(1, 4).encode())
    report, _plan = work(home, applier_position="relay-bin.000003:4")
    assert index_of(home) == entries(1, 3, 4), "the second is not known to be one of its logs"
    assert {one["kind"] for one in report["index_findings"]} == {"relisted", "unlisted", "gap"}


def test_what_would_help_is_named_for_whoever_calls(home):
    damaged_home(home)
    with pytest.raises(Refused) as caught:
        work(home, applier_position=None)
    assert caught.value.facts["needs"] == "applier_position"
    write(data(home, log(1)), read(data(home, log(1)))[:60])
    with pytest.raises(Refused) as caught:
        work(home)
    assert caught.value.facts["needs"] == "other_way"


def test_an_applier_begins_with_the_first_log_where_checksums_change_in_the_middle(home):
    os.makedirs(data(home))
    path = os.path.join(HERE, "fixtures", "relaylogs", "5.6.24-source-without-checksums", log(2))
    shutil.copy(path, data(home, log(2)))
    write(data(home, "relay-bin.index"), entries(2).encode())
    assert work(home, applier_position="relay-bin.000002:4")[0]["begin"] == "first"


def test_48c_without_a_position_only_the_last_file_is_cut(home):
    damaged_home(home)
    before = contents(data(home))
    with pytest.raises(Refused, match="nobody knows whether the applier is past the damage") as caught:
        work(home, applier_position=None)
    assert "mysql.slave_relay_log_info" in str(caught.value)
    assert caught.value.where == "%s:%d" % (data(home, log(2)), caught.value.facts["files"][1]["damage"]["offset"])
    assert contents(data(home)) == before
    report, _plan = work(home, applier_position=None, force=True)
    assert report["applier"] == "unknown"
    assert index_of(home) == entries(1, 2)


def test_the_position_is_read_from_the_servers_own_file(home):
    damaged_home(home)
    for text in ("7\n./relay-bin.000003\n321\nmysql-bin.000001\n777\n", "./relay-bin.000003\n321\nmysql-bin.1\n777\n"):
        write(data(home, "relay-log.info"), text.encode())
        report, plan = work(home, applier_position=None)
        assert (report["verdict"], plan.steps) == ("damaged_applied", [])
    write(data(home, "relay-log.info"), b"")
    with pytest.raises(Refused, match="nobody knows"):
        work(home, applier_position=None)


def test_with_gtid_only_the_applier_reads_all_of_it(home):
    damaged_home(home)
    report, _plan = work(home, applier_position=log(3) + ":321", gtid_only=True)
    assert (report["verdict"], report["cut"]["gtid"]) == ("damaged", UUID + ":5")


@pytest.mark.parametrize("auto_position", [None, False])
def test_without_auto_position_nothing_is_cut(home, auto_position):
    damaged_home(home)
    before = contents(data(home))
    with pytest.raises(Refused, match="what is cut off is never fetched again") as caught:
        work(home, auto_position=auto_position)
    assert "relay_log_recovery=ON" in str(caught.value)
    assert contents(data(home)) == before
    report, _plan = work(home, auto_position=auto_position, force=True)
    assert report["cut"]["gtid"] == UUID + ":5"


def test_nothing_is_cut_without_a_place_to_keep_it(home):
    damaged_home(home)
    before = contents(data(home))
    with pytest.raises(Refused, match="no directory to keep"):
        work(home, backup_dir=None)
    assert contents(data(home)) == before


# -- the index ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["gone", "empty"])
@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (None, entries(1, 2, 3, 4)),
        ("./relay-bin.000003:4", entries(3, 4)),
        ("/elsewhere", None),
    ],
)
def test_an_index_that_lists_nothing_is_made_from_what_is_there(home, how, position, expected):
    make_logs(data(home))
    write(data(home, "relay-bin.000002.bak"), b"")
    write(data(home, "mysql-bin.000001"), b"")
    if how == "gone":
        os.unlink(data(home, "relay-bin.index"))
    else:
        write(data(home, "relay-bin.index"), b"")
    if expected is None:
        with pytest.raises(BadInput, match="not a position"):
            work(home, applier_position=position)
        return
    report, _plan = work(home, applier_position=position, auto_position=None)
    assert index_of(home) == expected
    assert "rebuilt" in [finding["kind"] for finding in report["index_findings"]]
    assert report["verdict"] == "unclean_at_boundary"
    if how == "gone":
        work(home, state="restored", quarantine=report["quarantine"])
        assert not os.path.exists(data(home, "relay-bin.index"))


@pytest.mark.parametrize(
    ("text", "kinds", "expected"),
    [
        (entries(1, 2, 3, 4).replace("\n", "\r\n"), ["crlf"], entries(1, 2, 3, 4)),
        (entries(1, 2) + "\n" + entries(3, 4), ["blank_line"], entries(1, 2, 3, 4)),
        (entries(1, 2, 3, 4)[:-1], ["no_final_newline"], entries(1, 2, 3, 4)),
        (entries(1, 2, 3, 3, 4), ["duplicate"], entries(1, 2, 3, 4)),
        (entries(1, 2, 3, 4) + "\0" * 50, ["no_final_newline", "zeros", "blank_line"], entries(1, 2, 3, 4)),
        (entries(1, 2, 3, 4) + "\n\n", ["blank_line"], entries(1, 2, 3, 4)),
        (entries(3, 4), ["unlisted"], None),
        (entries(1, 3), ["gap", "unlisted"], None),
    ],
)
def test_43_a_broken_index_is_mended(home, text, kinds, expected):
    make_logs(data(home))
    write(data(home, "relay-bin.index"), text.encode())
    report, plan = work(home, applier_position=log(3) + ":4", auto_position=None)
    assert list(dict.fromkeys(finding["kind"] for finding in report["index_findings"])) == kinds
    assert index_of(home) == (text if expected is None else expected)
    assert plan.needed is (expected is not None)
    if expected is not None:
        work(home, state="restored", quarantine=report["quarantine"])
        assert index_of(home) == text


def test_43_absolute_entries_keep_their_spelling(home):
    make_logs(data(home))
    text = "".join(data(home, log(number)) + "\n" for number in range(1, 5))
    write(data(home, "relay-bin.index"), text[:-1].encode())
    work(home)
    assert index_of(home) == text


def test_44_a_new_index_that_was_not_put_in_its_place(home):
    make_logs(data(home))
    os.rename(data(home, "relay-bin.index"), data(home, "relay-bin.index_crash_safe"))
    report, _plan = work(home)
    assert [finding["kind"] for finding in report["index_findings"]] == ["crash_safe"]
    assert sorted(os.listdir(data(home))) == [log(1), log(2), log(3), log(4), "relay-bin.index"]
    assert index_of(home) == entries(1, 2, 3, 4)


def test_44_a_new_index_that_a_server_left_over_lists_nothing_again(home):
    """The next index of a 5.6 server would be written over it; where that is shorter, the old end stays."""
    make_logs(data(home))
    left = data(home, "relay-bin.index_crash_safe")
    write(left, entries(1, 2, 3, 4, 5).encode())
    report, plan = work(home)
    assert [finding["kind"] for finding in report["index_findings"]] == ["crash_safe_left"]
    assert plan.steps == []
    os.truncate(data(home, log(2)), 400)
    before = contents(data(home))
    report, _plan = work(home)
    assert index_of(home) == entries(1, 2)
    assert not os.path.exists(left)
    work(home, state="restored", quarantine=report["quarantine"])
    assert contents(data(home)) == before
    write(data(home, "relay-bin.index"), entries(2).encode())
    os.truncate(data(home, log(2)), 350)
    work(home, applier_position="relay-bin.000002:4")
    assert not os.path.exists(left), "also where the index itself stays as it is"


def test_45_other_channels_are_left_alone(home):
    make_logs(data(home))
    make_logs(data(home), "relay-bin-a@002db")
    os.truncate(data(home, "relay-bin-a@002db.000004"), 700)
    before = contents(data(home))
    report, _plan = work(home, channel="a-b", applier_position="relay-bin-a@002db.000001:4")
    after = contents(data(home))
    assert report["cut"]["file"] == data(home, "relay-bin-a@002db.000004")
    assert [name for name in before if before[name] != after.get(name)] == ["relay-bin-a@002db.000004"]
    report, plan = work(home)
    assert plan.steps == []
    with pytest.raises(BadInput, match="it is not known how a server spells"):
        work(home, channel="kan\u00e4le")


def test_which_logs_are_meant_may_be_plain(home):
    make_logs(data(home), "db1-relay-bin")
    report, _plan = work(home, relay_log=None, applier_position=None)
    assert len(report["files"]) == 4
    make_logs(data(home), "db1-relay-bin-ch1")
    report, _plan = work(home, relay_log=None, channel="ch1", applier_position=None)
    assert report["files"][0]["name"] == "./db1-relay-bin-ch1.000001"
    make_logs(data(home), "old-relay-bin")
    with pytest.raises(BadInput, match="it is not plain which relay logs are meant"):
        work(home, relay_log=None, applier_position=None)


def test_logs_and_index_elsewhere(home):
    make_logs(os.path.join(home, "logs"), "mysql-relay")
    os.makedirs(data(home))
    os.mkdir(os.path.join(home, "indexes"))
    os.rename(os.path.join(home, "logs", "mysql-relay.index"), os.path.join(home, "indexes", "other.index"))
    os.truncate(os.path.join(home, "logs", "mysql-relay.000004"), 700)
    report, _plan = work(
        home,
        relay_log=os.path.join(home, "logs", "mysql-relay.log"),
        relay_log_index=os.path.join(home, "indexes", "other"),
        applier_position=None,
    )
    assert report["verdict"] == "damaged"
    assert os.path.getsize(os.path.join(home, "logs", "mysql-relay.000004")) == report["cut"]["offset"]
    where = dict(relay_log=os.path.join(home, "logs", "mysql-relay"), quarantine=report["quarantine"])
    with pytest.raises(BadInput, match="this quarantine is of other relay logs"):
        work(home, state="restored", **where)
    work(home, state="restored", relay_log_index=os.path.join(home, "indexes", "other"), **where)
    assert os.path.getsize(os.path.join(home, "logs", "mysql-relay.000004")) == 700


# -- 51: what is refused -----------------------------------------------------------------------------------------------


def assert_refused(home, match, kind=Refused, **options):
    before = sorted(os.listdir(data(home)))
    with pytest.raises(kind, match=match) as caught:
        work(home, **options)
    assert sorted(os.listdir(data(home))) == before
    return caught.value


@pytest.mark.parametrize(
    "entry",
    [
        "../secret.000001",
        "/etc/passwd",
        "./ibdata1",
        "./other-bin.000009",
        "./" + "x" * 600 + ".000001",
        "/etc/a.000001",
    ],
)
def test_51_an_entry_that_leads_elsewhere_is_refused(home, entry):
    make_logs(data(home))
    write(data(home, "relay-bin.index"), (entries(1, 2) + entry + "\n").encode())
    assert_refused(home, "of the index|cannot be a relay log|logs of different kinds")


def test_51_an_absolute_entry_of_another_directory_is_refused(home):
    make_logs(data(home))
    make_logs(os.path.join(home, "foreign"))
    write(data(home, "relay-bin.index"), (os.path.join(home, "foreign", log(1)) + "\n").encode())
    assert_refused(home, "outside of the relay log directory")


def make_link(path):
    os.symlink("/etc/hostname", path)


def make_pipe(path):
    os.mkfifo(path)


def make_directory(path):
    os.mkdir(path)


def make_socket(path):
    where = os.getcwd()
    os.chdir(os.path.dirname(path))
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.basename(path))
    os.chdir(where)


@pytest.mark.parametrize("name", [log(2), log(4), "relay-bin.index"])
@pytest.mark.parametrize("make_it", [make_link, make_pipe, make_directory, make_socket])
def test_51_what_is_no_plain_file_is_refused(home, make_it, name):
    make_logs(data(home))
    os.unlink(data(home, name))
    make_it(data(home, name))
    assert_refused(home, "it is no plain file")


@pytest.mark.skipif(not ROOT, reason="only root has files of others")
def test_51_a_hard_link_to_a_file_of_somebody_else_is_refused(home):
    make_logs(data(home))
    write(os.path.join(home, "foreign"), read(data(home, log(4))))
    os.chown(os.path.join(home, "foreign"), 12345, 12345)
    os.unlink(data(home, log(4)))
    os.link(os.path.join(home, "foreign"), data(home, log(4)))
    assert_refused(home, "it belongs to user id 12345")


def has_attributes(directory):
    """Whether the file system has extended attributes."""
    try:
        os.setxattr(directory, "user.test", b"1")
    except OSError:
        return False
    return True


@pytest.mark.skipif(not ROOT, reason="only root gives files away")
def test_owner_and_attributes_survive(home):
    damaged_home(home)
    paths = [data(home, name) for name in (log(2), "relay-bin.index")]
    for path in [data(home), *[data(home, name) for name in os.listdir(data(home))]]:
        os.chown(path, 12345, 12346)
    with_attributes = has_attributes(data(home))
    for path in paths if with_attributes else []:
        os.setxattr(path, "user.label", b"mysqld_db_t")
    report, _plan = work(home)
    for _turn in range(2):
        for path in paths:
            status = os.stat(path)
            assert (status.st_uid, status.st_gid) == (12345, 12346)
            assert not with_attributes or os.getxattr(path, "user.label") == b"mysqld_db_t"
        work(home, state="restored", quarantine=report["quarantine"])


def test_51_a_running_server_is_refused(home):
    damaged_home(home)
    for name in (log(3), "relay-bin.index", "ibdata1"):
        write(data(home, "ibdata1"), b"")
        script = "import sys; held = open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
        holder = subprocess.Popen(
            [sys.executable, "-c", script, data(home, name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            holder.stdout.readline()
            refusal = assert_refused(home, "process %d has a file of the server open" % holder.pid)
            assert refusal.where == data(home, name)
        finally:
            holder.communicate()
    work(home)


def test_51_another_run_is_refused(home):
    damaged_home(home)
    with RunLock(os.path.join(home, "state"), "a test"):
        assert_refused(home, "another run is at work", Busy)


def test_51_a_file_that_changes_while_it_is_read_is_refused(home, monkeypatch):
    damaged_home(home)
    monkeypatch.setattr(os, "readv", _growing(os.readv, data(home, log(4))))
    assert_refused(home, "it changed while it was read", Interrupted)


def _growing(readv, path):
    def stand_in(handle, buffers):
        got = readv(handle, buffers)
        with open(path, "ab") as sink:
            sink.write(b"more")
        return got

    return stand_in


@pytest.mark.parametrize("call", ["link", "rename", "open", "fsync"])
def test_51_a_full_disk_leaves_all_as_it_was_or_a_run_that_can_go_on(home, monkeypatch, call):
    damaged_home(home)
    before = contents(data(home))
    real = getattr(os, call)

    def full(*args, **kwargs):
        if any(str(data(home, log(2))) in str(arg) for arg in args) and call != "fsync":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if call == "fsync" and os.readlink("/proc/self/fd/%d" % args[0]).endswith(".cut"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(ReplicaError, match="No space"):
            work(home)
    left = contents(data(home))
    assert (left == before) is (call != "rename"), "only the cut itself comes when the index is written already"
    assert left[log(2)] == before[log(2)]
    work(home)
    assert index_of(home) == entries(1, 2)
    assert not [name for name in os.listdir(data(home)) if name.endswith((".cut", ".new"))]


# -- many --------------------------------------------------------------------------------------------------------------


def test_thousands_of_files(home):
    make_logs(data(home))
    text = index_of(home)
    for number in range(5, 2005):
        write(data(home, log(number)), read(data(home, log(1)))[:158])
        text += "./%s\n" % log(number)
    write(data(home, "relay-bin.index"), text.encode())
    os.truncate(data(home, log(2004)), 150)
    report, _plan = work(home)
    assert report["cut"]["file"] == data(home, log(2003))
    assert len(index_of(home).splitlines()) == 2003


# -- 52: kills ---------------------------------------------------------------------------------------------------------


@pytest.fixture(name="killed")
def _killed(tmp_path):
    # In memory, where there is room for it: each run waits for its disk some fifty times.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(tmp_path)
    where = tempfile.mkdtemp(prefix="relaylog-", dir=memory)

    def run(name):
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "killed_relaylog_repair.py"), name, where],
            stdout=subprocess.PIPE,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
            check=True,
        )
        return json.loads(done.stdout)

    yield run
    shutil.rmtree(where)


def forbidden(home):
    """The one state that loses transactions: a cut file, and a later one listed that claims what was cut."""
    sizes = os.path.getsize(data(home, log(2))) if os.path.exists(data(home, log(2))) else None
    listed = index_of(home) if os.path.exists(data(home, "relay-bin.index")) else ""
    return sizes is not None and sizes < len(ORIGINAL[log(2)]) and log(3) in listed


ORIGINAL = {}


@pytest.mark.parametrize("name", ["repair", "repair elsewhere"])
def test_52_killed_at_every_step_a_rerun_comes_to_the_same_end(killed, home, name, monkeypatch):
    no_look_at_processes(monkeypatch.setattr)
    damaged_home(home)
    ORIGINAL.clear()
    ORIGINAL.update(contents(data(home)))
    work(home)
    expected = contents(data(home))
    shutil.rmtree(data(home))
    directories = killed(name)
    assert len(directories) * KILL_EVERY > 40
    for directory in directories:
        assert not forbidden(directory), directory
        everything = list(contents(data(directory)).values())
        for root, _names, files in os.walk(os.path.join(directory, "backup")):
            everything += [read(os.path.join(root, file)) for file in files]
        assert all(content in everything for content in ORIGINAL.values()), directory
        work(directory)
        assert contents(data(directory)) == expected, directory
        assert work(directory)[1].steps == []
        work(directory, state="restored", quarantine=quarantine_in(directory))
        assert contents(data(directory)) == ORIGINAL, directory


def test_52_putting_back_may_be_killed_as_well(killed, home, monkeypatch):
    """The next run does not know the quarantine. What it finds half-way back is no state to repair anything in."""
    no_look_at_processes(monkeypatch.setattr)
    damaged_home(home)
    original = contents(data(home))
    shutil.rmtree(data(home))
    needs = []
    for directory in killed("restore"):
        try:
            work(directory, check=True)
        except Refused as exc:
            needs.append(exc.facts["needs"])
        work(directory, state="restored")
        left = {name: content for name, content in contents(data(directory)).items() if not name.endswith(".restoring")}
        assert left == original, directory
        assert work(directory, state="restored")[1].steps == []
        assert sorted(os.listdir(os.path.join(directory, "state"))) in (["lock"], ["lock", "relaylog_trial.json.new"])
    assert set(needs) == {"restored"}
    assert len(needs) * KILL_EVERY > 10
