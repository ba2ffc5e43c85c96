# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replication_source with keep_settings: a channel comes back as it was, whenever the run is killed."""

from __future__ import annotations

import itertools
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integration import by_hand
from integration.ansible_run import BACKUP, CHANNEL, STATE, Task, run_task, run_tasks, secrets_in, task
from integration.killed_at_a_statement import Mortal
from integration.server_state import state
from sandbox.accounts import ADMIN, REPLICATION
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox
from sandbox.unlogged import run_unlogged

pytestmark = pytest.mark.long

MODULE = "mysql_replication_source"
ODD = "We/ird .%s Ä"  # a channel's name

# What a person may have set; {} is MASTER_ or SOURCE_. In one statement: each further one takes 5.6 its heartbeat.
SET = "{}DELAY = 1, {}HEARTBEAT_PERIOD = 1234.567, {}CONNECT_RETRY = 3, {}RETRY_COUNT = 4711, {}BIND = '127.0.0.1', "
# 9.7 refuses to ignore servers beside GTIDs. Files for TLS may be named where there is no TLS.
SET_OLD = (
    "IGNORE_SERVER_IDS = (7, 4294967295), {}SSL = 0, {}SSL_CA = '/a.pem', {}SSL_CAPATH = '/b', {}SSL_CERT = '/c.pem',"
    " {}SSL_KEY = '/d.pem', {}SSL_CIPHER = 'AES128-SHA', {}SSL_CRL = '/e.pem', {}SSL_VERIFY_SERVER_CERT = 1,"
    " {}SSL_CRLPATH = '/it''s \\\\ %% here'"
)
SET_MODERN = (
    "{}COMPRESSION_ALGORITHMS = 'zlib,uncompressed', {}ZSTD_COMPRESSION_LEVEL = 7, GTID_ONLY = 1,"
    " REQUIRE_ROW_FORMAT = 1, REQUIRE_TABLE_PRIMARY_KEY_CHECK = ON, SOURCE_CONNECTION_AUTO_FAILOVER = 1,"
    " {}TLS_VERSION = 'TLSv1.3', {}TLS_CIPHERSUITES = 'TLS_AES_256_GCM_SHA384', {}PUBLIC_KEY_PATH = '/none.pem',"
    " PRIVILEGE_CHECKS_USER = 'che''ck@er'@'%%'"
)
FILTERS = (
    "REPLICATE_DO_DB = (), REPLICATE_IGNORE_DB = (`we``ird`, `it's 100%%`, `Ä`),"
    " REPLICATE_IGNORE_TABLE = (d.`x y`, e.f),"
    " REPLICATE_WILD_IGNORE_TABLE = ('d.no\\\\_%%', 'x.o''c'), REPLICATE_REWRITE_DB = ((a, b), (`c c`, `d`))"
)


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE d")
        own.source.execute("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)")
        own.wait_caught_up(own.replicas[0])
        if is_modern(own.replicas[0]):
            for statement in ("CREATE USER %s@%s", "GRANT ALL ON *.* TO %s@%s"):
                run_unlogged(own.replicas[0], statement, ("che'ck@er", "%"))
        yield own


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    with Mortal(MODULE, "ReplicationSource") as mortal:
        yield mortal


@pytest.fixture
def only_modern(box: Sandbox) -> None:
    """Before `replica`, which takes its time."""
    if not is_modern(box.replicas[0]):
        pytest.skip("5.6 has neither channels, nor filters at runtime, nor this setting")


@pytest.fixture
def replica(box: Sandbox) -> Server:
    """Replicates with settings of somebody's own."""
    replica = box.replicas[0]
    by_hand.detach(replica)
    for journal in journals(replica):
        journal.unlink()
    box.attach(replica)
    replica.execute(replica.statements.stop)
    set_by_hand(replica)
    replica.execute(replica.statements.start)
    box.wait_replicating(replica)
    return replica


def is_modern(replica: Server) -> bool:
    return replica.build.number >= (8, 0, 23)


def set_by_hand(replica: Server) -> None:
    verb = replica.statements.change.split(" TO ")[0]
    what = SET + (SET_MODERN if is_modern(replica) else SET_OLD)
    replica.execute(f"{verb} TO {what.replace('{}', 'SOURCE_' if is_modern(replica) else 'MASTER_')}", ())
    if is_modern(replica):
        replica.execute(f"CHANGE REPLICATION FILTER {FILTERS} FOR CHANNEL ''", ())


def to(state: str, *, check: bool = False, keep: bool = True, **options: Any) -> Task:
    return task(MODULE, check=check, state=state, keep_settings=keep, **{**STATE, **options})


def journals(replica: Server) -> list[Path]:
    return sorted((replica.directory / "dbre" / "state").glob("channel-*.json"))


def as_shown(replica: Server, channel: str = "") -> dict[str, Any]:
    """All that the server has to say of a channel's settings; {} where there is no channel."""
    rows = replica.rows(replica.statements.status) + replica.rows("SELECT * FROM mysql.slave_master_info")
    if is_modern(replica):
        for table in ("connection_configuration", "applier_configuration", "applier_filters"):
            rows += replica.rows(f"SELECT * FROM performance_schema.replication_{table}")
    elif rows:
        rows += replica.rows("SHOW STATUS LIKE 'Slave_heartbeat_period'")
    shown: dict[str, Any] = {}
    for row in rows:
        named = {name.upper(): value for name, value in row.items()}
        if named.get("CHANNEL_NAME", "") != channel:
            continue
        if "FILTER_NAME" in named:
            # the server keeps tables without an order
            shown[named["FILTER_NAME"]] = (sorted(named["FILTER_RULE"].split(",")), named["CONFIGURED_BY"])
        else:
            shown |= {name: value for name, value in named.items() if is_setting(name)}
    return shown


def is_setting(name: str) -> bool:
    words = (
        "LOG",
        "RUNNING",
        "STATE",
        "LAST_",
        "GTID_SET",
        "UUID",
        "SERVER_ID",
        "SECONDS_",
        "REMAINING",
        "UNTIL",
        "SKIP",
    )
    return name == "REPLICATE_IGNORE_SERVER_IDS" or not any(word in name for word in words)


def flags(*results: dict[str, Any]) -> list[bool]:
    assert not any(result["failed"] for result in results), results
    return [result["changed"] for result in results]


def actions(result: dict[str, Any]) -> list[str]:
    return [step["action"] for step in result["plan"]]


def parameters(replica: Server, **options: Any) -> dict[str, Any]:
    """What Ansible would pass to the module."""
    absent = (
        "login_host login_port config_file ca_cert client_cert client_key check_hostname source_host source_user"
        " source_password source_ssl source_ssl_ca get_source_public_key"
    )
    return {
        **dict.fromkeys(absent.split()),
        "login_user": ADMIN.user,
        "login_password": ADMIN.password,
        "login_unix_socket": replica.socket,
        "connect_timeout": 30,
        "source_port": 3306,
        "channel": "",
        "backup_dir": str(replica.directory / "dbre" / "backup"),
        "state_dir": str(replica.directory / "dbre" / "state"),
        "assume": [],
        "keep_settings": True,
        "hold_delay": False,
        **options,
    }


def test_a_channel_comes_back_as_it_was(box: Sandbox, replica: Server) -> None:
    before = as_shown(replica)
    gone = run_tasks(
        box,
        to("absent", check=True, **BACKUP),
        to("started", check=True, assume=["channel_removed"], **BACKUP),
        to("absent", **BACKUP),
        to("absent", **BACKUP),
        arguments=("-vvv", "--diff"),
    )
    planned, assumed, done, again = gone.results
    assert flags(planned, assumed, done, again) == [True, True, True, False]
    assert actions(planned) == actions(done)
    assert actions(done)[0] == "journal_settings", "nothing is stopped before"
    assert "delay = 1, " in done["plan"][0]["display"]
    assert planned["kept_settings"] == assumed["kept_settings"] == done["kept_settings"] == again["kept_settings"]
    kept = done["kept_settings"]
    assert (kept["delay"], kept["heartbeat_period"], kept["retry_count"]) == (1, "1234.567", 4711)
    (journal,) = journals(replica)
    assert journal.name == "channel-.json"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert as_shown(replica) == {}

    replica.restart()
    made = run_tasks(
        box, to("started", check=True), to("started"), to("started"), to("configured"), arguments=("-vvv", "--diff")
    )
    planned, done, again, configured = made.results
    assert flags(planned, done, again, configured) == [True, True, False, False]
    assert done["plan"] == planned["plan"]
    assert [action for action in actions(assumed) if action != "journal_settings"] == [
        action for action in actions(done) if action != "journal_settings"
    ]
    assert done["kept_settings"] == kept
    assert again["kept_settings"] == {}
    box.wait_replicating(replica)
    assert as_shown(replica) == before
    assert journals(replica) == []
    for outcome in (gone, made):
        assert not secrets_in(outcome.output + json.dumps(outcome.results))
    box.source.execute("INSERT INTO d.t VALUES ()")
    box.wait_caught_up(replica)


def test_what_the_task_names_wins(box: Sandbox, replica: Server) -> None:
    before = as_shown(replica)
    bind = {"SOURCE_BIND", "MASTER_BIND", "BIND", "NETWORK_INTERFACE"}
    gone, other, made = run_tasks(
        box,
        to("absent", **BACKUP),
        to("configured", **{**CHANNEL, "source_host": "localhost", "source_user": "other"}),
        to("absent", **BACKUP),
    ).results
    assert flags(gone, other, made) == [True, True, True]
    # The password of the account that was named is the task's; the account and its password are kept from here on.
    (again,) = run_tasks(box, to("started", **CHANNEL)).results
    assert flags(again) == [True]
    assert bind & set(before)
    assert as_shown(replica) == before
    box.wait_replicating(replica)


def test_a_password_is_not_sent_for_another_account(box: Sandbox, replica: Server) -> None:
    gone, refused = run_tasks(
        box, to("absent", **BACKUP), to("started", source_host="127.0.0.1", source_user="other")
    ).results
    assert flags(gone) == [True]
    assert refused["error"]["kind"] == "bad_input"
    assert "password" in refused["msg"]
    assert as_shown(replica) == {}
    assert len(journals(replica)) == 1


def test_a_new_source_does_not_take_the_heartbeat_along(box: Sandbox, replica: Server) -> None:
    # MySQL sets the heartbeat to its default with each statement that names a host or a port.
    before = as_shown(replica)
    moved, back = run_tasks(box, to("stopped", **{**CHANNEL, "source_port": 1}), to("stopped", **CHANNEL)).results
    assert flags(moved, back) == [True, True]
    assert as_shown(replica) == before


def test_the_channel_of_today_is_right_while_it_is_there(box: Sandbox, replica: Server) -> None:
    run_task(box, MODULE, state="absent", keep_settings=True, **STATE, **BACKUP)
    (journal,) = journals(replica)
    left_behind = journal.read_bytes()
    box.attach(replica)  # by hand
    box.wait_replicating(replica)
    by_now = as_shown(replica)
    (kept_running,) = run_tasks(box, to("started")).results
    assert actions(kept_running) == ["forget_settings"]
    assert kept_running["kept_settings"] == {}
    assert as_shown(replica) == by_now
    assert journals(replica) == []

    journal.write_bytes(left_behind)
    gone, made = run_tasks(box, to("absent", **BACKUP), to("started")).results
    assert flags(gone, made) == [True, True]
    box.wait_replicating(replica)
    assert as_shown(replica) == by_now


def test_a_delay_that_is_held_back_comes_when_the_replica_has_caught_up(
    box: Sandbox, replica: Server, mortal: Mortal
) -> None:
    before = as_shown(replica)

    def made_without() -> None:
        gone = mortal.run(parameters(replica, state="absent"))
        made = mortal.run(parameters(replica, state="started", hold_delay=True))
        assert gone
        assert made
        flags(gone, made)

    gone, planned, made, again = run_tasks(
        box, to("absent", **BACKUP), *(to("started", check=check, hold_delay=True) for check in (True, False, False))
    ).results
    assert flags(gone, planned, made, again) == [True, True, True, False]
    assert planned["plan"] == made["plan"]
    assert int(replica.replica_status()["SQL_Delay"]) == 0
    assert len(journals(replica)) == 1
    run_task(box, MODULE, state="absent", keep_settings=True, **STATE, **BACKUP)
    assert run_task(box, MODULE, state="absent", keep_settings=True, **STATE)["kept_settings"]["delay"] == 1

    for number in itertools.count(1):
        made_without()
        replica.execute(replica.statements.stop_applier)
        for _row in range(20):
            box.source.execute("INSERT INTO d.t VALUES ()")
        replica.execute(replica.statements.start)  # it has something to do
        killed = mortal.run(parameters(replica, state="started"), number)
        done = mortal.run(parameters(replica, state="started"))
        assert done
        assert not done["failed"], (number, done)
        box.wait_replicating(replica)
        assert as_shown(replica) == before, f"killed at step {number}"
        assert journals(replica) == []
        if killed is not None:
            break
    assert number > 6, "login, STOP IO_THREAD, STOP, CHANGE, START, journal, the end"
    box.wait_caught_up(replica)


def test_without_the_option_the_journal_is_left_alone(box: Sandbox, replica: Server) -> None:
    gone, made = run_tasks(box, to("absent", **BACKUP), to("started", keep=False, **CHANNEL)).results
    assert flags(gone, made) == [True, True]
    assert made["kept_settings"] == {}
    assert len(journals(replica)) == 1
    assert int(replica.replica_status()["SQL_Delay"]) == 0


def test_killed_at_any_instant_the_channel_comes_back_as_it_was(box: Sandbox, replica: Server, mortal: Mortal) -> None:
    before = as_shown(replica)

    def run(wish: str) -> None:
        done = mortal.run(parameters(replica, state=wish))
        assert done
        assert not done["failed"], done

    def killed_everywhere(wish: str, prepare: Callable[[], object]) -> int:
        """Kill the run to `wish` at each of its steps, and each time remove the channel and make it again."""
        for number in itertools.count(1):
            prepare()
            killed = mortal.run(parameters(replica, state=wish), number)
            run("absent")
            run("started")
            assert as_shown(replica) == before, f"killed at step {number} to {wish}"
            assert journals(replica) == []
            if killed is not None:
                return number
        raise AssertionError

    # login, journal, STOP, RESET, the end
    assert killed_everywhere("absent", lambda: None) > 4
    # login, [mark], CHANGE, [filters], START, journal, the end
    assert killed_everywhere("started", lambda: run("absent")) > (6 if is_modern(replica) else 4)
    box.wait_replicating(replica)


@pytest.mark.usefixtures("only_modern")
def test_filters_that_a_killed_run_did_not_come_to_are_given_back(
    box: Sandbox, replica: Server, mortal: Mortal
) -> None:
    before = as_shown(replica)
    run_task(box, MODULE, state="absent", keep_settings=True, **STATE, **BACKUP)
    # login, mark, CHANGE and then, where the filters would come, the end
    assert mortal.run(parameters(replica, state="started"), 4) is None
    assert as_shown(replica) not in ({}, before)
    (journal,) = journals(replica)
    assert json.loads(journal.read_text())["giving_back"] is True
    replica.execute(replica.statements.start)  # somebody is in a hurry
    planned, done, again = run_tasks(box, to("started", check=True), to("started"), to("started")).results
    assert flags(planned, done, again) == [True, True, False]
    assert actions(done) == ["run", "change", "run", "forget_settings"]
    box.wait_replicating(replica)
    assert as_shown(replica) == before


@pytest.mark.usefixtures("only_modern")
def test_a_named_channel_has_a_journal_of_its_own(box: Sandbox, replica: Server) -> None:
    unnamed = as_shown(replica)
    name = ODD.lower()
    make = f"{replica.statements.change}, SOURCE_DELAY = 3600 FOR CHANNEL %s"
    replica.execute(make, (box.source.host, box.source.port, REPLICATION.user, REPLICATION.password, ODD))
    replica.execute("CHANGE REPLICATION FILTER REPLICATE_DO_DB = (d), REPLICATE_IGNORE_DB = () FOR CHANNEL %s", (ODD,))
    before = as_shown(replica, name)
    try:
        gone, made, again = run_tasks(
            box,
            to("absent", channel=ODD, **BACKUP),
            to("configured", channel=ODD),
            to("configured", channel=ODD),
        ).results
        assert flags(gone, made, again) == [True, True, False]
        assert as_shown(replica, name) == before
        assert as_shown(replica) == unnamed
        assert before["REPLICATE_DO_DB"] == (["d"], "CHANGE_REPLICATION_FILTER_FOR_CHANNEL")
    finally:
        replica.execute("RESET REPLICA ALL FOR CHANNEL %s", (ODD,))


@pytest.mark.usefixtures("only_modern")
def test_filters_of_all_channels_come_back_when_a_restart_has_lost_them(box: Sandbox, replica: Server) -> None:
    replica.execute(replica.statements.stop)
    replica.execute("CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE = ('all.%%')", ())
    before = as_shown(replica)
    assert before["REPLICATE_WILD_IGNORE_TABLE"] == (["all.%"], "CHANGE_REPLICATION_FILTER")
    look = "SELECT FILTER_NAME, FILTER_RULE, CONFIGURED_BY FROM performance_schema.replication_applier_global_filters"
    of_all = replica.rows(look)
    try:
        run_task(box, MODULE, state="absent", keep_settings=True, **STATE, **BACKUP)
        assert replica.rows(look) == of_all, "RESET REPLICA ALL leaves them"
        replica.restart()
        assert replica.rows(look) == []
        assert flags(*run_tasks(box, to("started"), to("started")).results) == [True, False]
        assert replica.rows(look) == of_all
        assert as_shown(replica) == before
    finally:
        replica.restart()


@pytest.mark.usefixtures("only_modern")
@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ("CHANGE REPLICATION FILTER REPLICATE_DO_TABLE = (`a.b`.c)", "cannot be told from two names"),
        (
            (
                "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 0, GTID_ONLY = 0,"
                " SOURCE_CONNECTION_AUTO_FAILOVER = 0, ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS = LOCAL"
            ),
            "excludes auto-position",
        ),
    ],
    ids=["a name with a dot", "GTIDs made here"],
)
def test_what_could_not_be_given_back_is_refused_first(
    box: Sandbox, replica: Server, cause: str, sentence: str
) -> None:
    replica.execute(replica.statements.stop)
    wait_for("both threads are at rest", lambda: replica.replica_status()["Replica_IO_Running"] == "No")
    replica.execute(cause + (" FOR CHANNEL ''" if "FILTER" in cause else ""))
    before = state(replica)
    planned, refused = run_tasks(box, to("absent", check=True, **BACKUP), to("absent", **BACKUP)).results
    assert [result["error"]["kind"] for result in (planned, refused)] == ["refused", "refused"]
    assert sentence in refused["msg"]
    assert state(replica) == before
    assert journals(replica) == []
