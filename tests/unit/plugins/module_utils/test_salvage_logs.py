# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the binary logs of a dead instance bring a dump: found in logs as a server leaves them, in a directory."""

import os
import pathlib

import pytest
from unit.plugins.relaylog_writer import MARIADB, MYSQL_55, MYSQL_56, MYSQL_97, UUID, WHEN, RelayLog

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import binary_logs
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.binary_logs import Dump, Impossible

OPTIONS = ServerOptions(parse_version("5.6.24"), {}, {"log-bin": "mysql-bin"})
FIRST = UUID + ":1-"
OTHER = "99999999-2222-3333-4444-555555555555:1-5"


def dump(gtids=None, position=None, complete=True, differ=False):
    return Dump("/dump.sql", "sum", gtids, differ, position, complete, None if complete else "it is cut")


def log(number, server=MYSQL_97, with_gtids=True):
    """One of four logs with three transactions each."""
    made = RelayLog(server)
    made.description()
    if with_gtids:
        made.previous_gtids(FIRST + str(3 * number) if number else "")
        made.transactions(3 * number + 1, 3 * number + 3)
        return made
    for _number in range(3):
        made.query("BEGIN")
        made.table_map()
        made.rows()
        made.xid()
        made.ends()
    return made


def written(tmp_path, logs, listed=None):
    """The logs in a data directory, None for one that is gone; `listed`: numbers in the index."""
    for number, made in enumerate(logs):
        if made is not None:
            data = made if isinstance(made, bytes) else bytes(made.data)
            (tmp_path / ("mysql-bin.%06d" % (number + 1))).write_bytes(data)
    numbers = range(len(logs)) if listed is None else listed
    (tmp_path / "mysql-bin.index").write_text("".join("./mysql-bin.%06d\n" % (number + 1) for number in numbers))
    return binary_logs.find(str(tmp_path), OPTIONS)


def four(**kwargs):
    return [log(number, **kwargs) for number in range(4)]


@pytest.mark.parametrize("server", [MYSQL_56, MYSQL_97])
def test_a_dump_is_gone_on_with_from_its_gtid_set_to_the_end(tmp_path, server):
    logs = four(server=server)
    found = binary_logs.reach(written(tmp_path, logs), dump(FIRST + "4"))
    assert found.names == ["mysql-bin.000002", "mysql-bin.000003", "mysql-bin.000004"]
    assert (found.begin, found.end) == (4, len(logs[3].data))
    assert (found.gtids, found.transactions, found.last) == (FIRST + "12", 8, UUID + ":12")
    assert (found.time, found.lost) == (WHEN, None)


def test_a_dump_that_has_everything_needs_the_last_log_alone_and_nothing_of_it(tmp_path):
    found = binary_logs.reach(written(tmp_path, four()), dump(FIRST + "12"))
    assert (found.names, found.transactions, found.lost) == (["mysql-bin.000004"], 0, None)


@pytest.mark.parametrize("left", [1, 20, 60, 100])
def test_the_end_of_the_last_log_may_be_cut_anywhere(tmp_path, left):
    logs = four()
    last = bytes(logs[3].data[: logs[3].boundaries[1] + left])
    found = binary_logs.reach(written(tmp_path, [*logs[:3], last]), dump(FIRST + "4"))
    assert (found.end, found.gtids, found.last) == (logs[3].boundaries[1], FIRST + "11", UUID + ":11")
    assert found.lost is None, "nothing whole lies behind it"


def test_a_last_log_without_a_whole_transaction_ends_before_it(tmp_path):
    logs = four()
    last = bytes(logs[3].data[: logs[3].boundaries[0] - 5])
    found = binary_logs.reach(written(tmp_path, [*logs[:3], last]), dump(FIRST + "4"))
    assert (found.gtids, found.transactions) == (FIRST + "9", 5)


def test_what_lies_behind_a_damage_is_named_and_not_reached(tmp_path):
    logs = four()
    logs[2].data[logs[2].boundaries[0] + 30] ^= 1
    found = binary_logs.reach(written(tmp_path, logs), dump(FIRST + "4"))
    assert (found.names[-1], found.end, found.gtids) == ("mysql-bin.000003", logs[2].boundaries[0], FIRST + "7")
    assert "mysql-bin.000003 at" in found.lost
    assert "at least" in found.lost


def test_damage_that_the_dump_has_behind_it_is_of_no_matter(tmp_path):
    logs = four()
    logs[0].data[60:300] = bytes(240)
    assert binary_logs.reach(written(tmp_path, logs), dump(FIRST + "4")).gtids == FIRST + "12"


def test_a_log_that_is_listed_and_gone_ends_the_way(tmp_path):
    found = binary_logs.reach(written(tmp_path, [*four()[:2], None, four()[3]]), dump(FIRST + "4"))
    assert (found.names, found.gtids) == (["mysql-bin.000002"], FIRST + "6")
    assert found.lost


def test_an_index_that_is_lost_or_short_is_made_up_for_by_the_names(tmp_path):
    for listed in ([], [0], [0, 1, 2]):
        assert binary_logs.reach(written(tmp_path, four(), listed), dump(FIRST + "4")).gtids == FIRST + "12"


NO_WAY = [
    ("a hole", four()[1:], dump(UUID + ":1"), "hole .* 11111111-2222-3333-4444-555555555555:2-3"),
    ("no logs", [], dump(FIRST + "4"), "no binary logs"),
    ("of another server", four(), dump(OTHER), "transactions that the binary logs do not"),
    ("later than the logs", four(), dump(FIRST + "13"), "later than what is whole"),
    ("half a dump", four(), dump(FIRST + "4", complete=False), "not whole: it is cut"),
    ("of several moments", four(), dump(FIRST + "4", differ=True), "not of one moment"),
    ("nothing to go by", four(), dump(), "neither a GTID set nor a position"),
    ("logs without GTIDs", four(server=MYSQL_55, with_gtids=False), dump(FIRST + "4"), "no binary log has any"),
    ("dump without GTIDs", four(), dump(position={"file": "mysql-bin.000001", "position": 4}), "declares none"),
    ("encrypted", [b"\xfdbin\x01" + bytes(600)], dump(""), "encrypted"),
    ("of MariaDB", four(server=MARIADB), dump(""), "MariaDB"),
]


@pytest.mark.parametrize(("logs", "given", "why"), [row[1:] for row in NO_WAY], ids=[row[0] for row in NO_WAY])
def test_a_way_that_leads_nowhere_says_why(tmp_path, logs, given, why):
    offset = 1 if logs and given.gtid_purged == UUID + ":1" else 0
    with pytest.raises(Impossible, match=why):
        binary_logs.reach(written(tmp_path, [None] * offset + logs, range(offset, offset + len(logs))), given)


def without_gtids(tmp_path):
    logs = four(server=MYSQL_55, with_gtids=False)
    return logs, written(tmp_path, logs)


def test_without_gtids_the_position_of_the_dump_decides(tmp_path):
    logs, there = without_gtids(tmp_path)
    begin = logs[1].boundaries[0]
    found = binary_logs.reach(there, dump(position={"file": "mysql-bin.000002", "position": begin}))
    assert (found.how, found.begin, found.gtids) == ("position", begin, None)
    assert (found.names[0], found.transactions, found.end) == ("mysql-bin.000002", 8, len(logs[3].data))


@pytest.mark.parametrize(
    ("file", "shift", "why"),
    [
        ("mysql-bin.000009", 0, "that log is not there"),
        ("mysql-bin.000002", 30, "no transaction begins there"),
        ("mysql-bin.000002", 1, "no transaction begins there"),
        ("mysql-bin.000002", 100000, "no transaction begins there"),
    ],
)
def test_a_position_of_another_server_is_refused(tmp_path, file, shift, why):
    logs, there = without_gtids(tmp_path)
    with pytest.raises(Impossible, match=why):
        binary_logs.reach(there, dump(position={"file": file, "position": logs[1].boundaries[0] + shift}))


def test_logs_are_kept_up_to_the_last_whole_transaction_and_the_old_ones_left_alone(tmp_path):
    home = tmp_path / "data"
    home.mkdir()
    logs = four()
    there = written(home, [*logs[:3], bytes(logs[3].data[:-5])])
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    found = binary_logs.reach(there, dump(FIRST + "4"))
    kept = binary_logs.Kept(str(tmp_path / "salvage"))
    kept.keep(there, found)
    kept.keep(there, found)  # a run that was killed behind it
    files = [pathlib.Path(path).read_bytes() for path in kept.files(found.names)]
    assert files == [
        before["mysql-bin.000002"],
        before["mysql-bin.000003"],
        bytes(logs[3].data[: logs[3].boundaries[1]]),
    ]
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before
    assert oct(os.stat(kept.directory).st_mode & 0o777) == "0o700"


def test_a_link_in_the_place_of_a_log_is_refused(tmp_path):
    home = tmp_path / "data"
    home.mkdir()
    (tmp_path / "secret").write_bytes(bytes(log(0).data))
    (home / "mysql-bin.000001").symlink_to(tmp_path / "secret")
    (home / "mysql-bin.index").write_text("./mysql-bin.000001\n")
    with pytest.raises(Refused, match="symbolic link"):
        binary_logs.reach(binary_logs.find(str(home), OPTIONS), dump(""))


def test_what_is_not_told_of_a_dump_is_missed():
    with pytest.raises(BadInput, match="gtid_purged"):
        Dump.read({"path": "/dump.sql"})
