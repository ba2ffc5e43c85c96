# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is retrieved is applied before the source is asked, and no statement throws any of it away before that."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_wish import Words
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import rescue
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import read_channels

A = "aaaaaaaa-2222-3333-4444-555555555555"
NEW = Words(
    change="CHANGE REPLICATION SOURCE TO",
    option="SOURCE_",
    get_source_public_key="GET_SOURCE_PUBLIC_KEY",
    start="START REPLICA",
    stop="STOP REPLICA",
    stop_receiver="STOP REPLICA IO_THREAD",
    reset="RESET REPLICA ALL",
    for_channel=" FOR CHANNEL ''",
    start_applier="START REPLICA SQL_THREAD",
)
OLD = Words(
    change="CHANGE MASTER TO",
    option="MASTER_",
    get_source_public_key=None,
    start="START SLAVE",
    stop="STOP SLAVE",
    stop_receiver="STOP SLAVE IO_THREAD",
    reset="RESET SLAVE ALL",
    for_channel="",
    start_applier="START SLAVE SQL_THREAD",
)
LISTED = ["relay-bin.000002", "relay-bin.000003"]
SOURCE = {"source_host": "db1", "source_port": 3306, "source_user": "repl", "get_source_public_key": True}
PASSWORD = {"source_password": "s3cr3t"}
BEGIN = (
    "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 0, SOURCE_HEARTBEAT_PERIOD = 30.000, SOURCE_DELAY = 0,"
    " RELAY_LOG_FILE = 'relay-bin.000002', RELAY_LOG_POS = 4 FOR CHANNEL ''"
)
GIVE_BACK = (
    "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1, SOURCE_HEARTBEAT_PERIOD = 30.000, SOURCE_DELAY = 0"
    " FOR CHANNEL ''"
)


def channel(receiver="No", applier="No", auto_position="1", retrieved=A + ":1-9", executed=A + ":1-4"):
    row = {
        "Replica_IO_Running": receiver,
        "Replica_SQL_Running": applier,
        "Auto_Position": auto_position,
        "Retrieved_Gtid_Set": retrieved,
        "Executed_Gtid_Set": executed,
    }
    return read_channels([row])[0]


def seen(**changes):
    fields = dict(
        address="/run/mysqld.sock",
        channel=channel(),
        settings={"heartbeat_period": "30.000", "delay": 0},
        listed=LISTED,
        standing="relay-bin.000002",
        unusable=None,
        executed=GtidSet.parse(A + ":1-4"),
        journaled={},
    )
    return rescue.Observed(**dict(fields, **changes))


def wish(**changes):
    fields = dict(name="", gtid_set=None, begin="position", apply_from=None, source={})
    return rescue.Wish(**dict(fields, **changes))


def displays(observed, wished, words=NEW):
    return [step.display for step in rescue.plan(observed, wished, words).steps]


def test_where_everything_is_applied_nothing_is_done():
    assert displays(seen(executed=GtidSet.parse(A + ":1-9")), wish()) == []


def test_the_applier_goes_on_where_it_stands():
    wait = "wait until 5 transactions are applied"
    assert displays(seen(), wish()) == ["START REPLICA SQL_THREAD FOR CHANNEL ''", wait]
    assert displays(seen(channel=channel(applier="Yes")), wish()) == [wait]
    running = seen(channel=channel(receiver="Connecting", applier="Yes"))
    assert displays(running, wish()) == ["STOP REPLICA IO_THREAD FOR CHANNEL ''", wait]
    assert displays(seen(), wish(), OLD)[0] == "START SLAVE SQL_THREAD"


def test_what_the_logs_hold_counts_rather_than_what_the_server_says():
    told = wish(gtid_set=GtidSet.parse(A + ":1-6"))
    assert displays(seen(), told)[-1] == "wait until 2 transactions are applied"
    assert displays(seen(), wish(gtid_set=GtidSet())) == []


def test_it_may_begin_with_the_first_log_and_the_channel_is_as_it_was_afterwards():
    plan = rescue.plan(seen(channel=channel(receiver="Yes")), wish(begin="first"), NEW)
    assert [step.display for step in plan.steps] == [
        "write down that channel '' has auto-position",
        "STOP REPLICA FOR CHANNEL ''",
        BEGIN,
        "START REPLICA SQL_THREAD FOR CHANNEL ''",
        "wait until 5 transactions are applied",
        "STOP REPLICA FOR CHANNEL ''",
        GIVE_BACK,
        "remove the journal",
    ]
    assert plan.steps[0].data["record"] == {"delay": 0, "heartbeat_period": "30.000", "gtid_set": A + ":1-9"}
    change = plan.steps[2].data
    assert change["sql"].count("%s") == len(change["values"])
    assert change["values"][-2:] == ("relay-bin.000002", 4)


def test_it_begins_where_it_is_told_to():
    begin = [one for one in displays(seen(), wish(begin="first", apply_from="./relay-bin.000003:837")) if "FILE" in one]
    assert "RELAY_LOG_FILE = 'relay-bin.000003', RELAY_LOG_POS = 837" in begin[0]


def test_where_it_was_to_begin_survives_a_kill():
    wished = wish(begin="first", apply_from="relay-bin.000003:837")
    record = rescue.plan(seen(), wished, NEW).steps[0].data["record"]
    again = rescue.plan(seen(journaled=record, standing=None), wish(), NEW)
    begin = next(step for step in again.steps if step.action == "begin")
    assert begin.data["values"][-2:] == ("relay-bin.000003", 837)
    assert again.steps[0].data["record"] == record


def test_an_applier_that_has_removed_the_log_where_it_began_goes_on_with_the_first_that_is_left():
    record = rescue.plan(seen(), wish(begin="first", apply_from="relay-bin.000002:837"), NEW).steps[0].data["record"]
    later = seen(journaled=record, listed=["relay-bin.000003"], standing="relay-bin.000003")
    assert rescue.begin_step(later, wish(begin="first"), NEW).data["values"][-2:] == ("relay-bin.000003", 4)


@pytest.mark.parametrize("place", ["relay-bin.000009:4", "relay-bin.000002", "relay-bin.000002:x", ":4"])
def test_a_place_that_is_none_is_refused(place):
    with pytest.raises(BadInput, match="no place in a listed relay log"):
        displays(seen(), wish(begin="first", apply_from=place))


def test_nobody_waits_for_a_delay_and_it_comes_back():
    steps = displays(seen(settings={"heartbeat_period": "30.000", "delay": 3600}), wish())
    assert steps[0] == "write down that channel '' has auto-position and a delay of 3600 s"
    assert BEGIN in steps
    assert GIVE_BACK.replace("DELAY = 0", "DELAY = 3600") in steps


JOURNAL = {"delay": 3600, "heartbeat_period": "30.000", "gtid_set": A + ":1-9"}


@pytest.mark.parametrize(
    ("executed", "auto_position", "first", "gives_back"),
    [
        (":1-4", "1", "write down that", True),  # killed before the channel was changed
        (":1-4", "0", "START REPLICA SQL_THREAD", True),
        (":1-9", "0", "STOP REPLICA", True),
        (":1-9", "1", "remove the journal", False),  # killed before the journal was removed
    ],
)
def test_a_run_that_was_killed_is_brought_to_its_end(executed, auto_position, first, gives_back):
    gtids = GtidSet.parse(A + executed)
    settings = {"heartbeat_period": "30.000", "delay": 0 if auto_position == "0" else 3600}
    steps = displays(
        seen(channel=channel(auto_position=auto_position), settings=settings, executed=gtids, journaled=JOURNAL), wish()
    )
    assert steps[0].startswith(first)
    assert steps[-1] == "remove the journal"
    assert (GIVE_BACK.replace("DELAY = 0", "DELAY = 3600") in steps) is gives_back


def test_a_run_that_was_killed_may_be_begun_again_and_its_journal_counts():
    now = seen(channel=channel(auto_position="0"), journaled=JOURNAL)
    plan = rescue.plan(now, wish(begin="first", gtid_set=GtidSet.parse(A + ":1-6")), NEW)
    displays_now = [step.display for step in plan.steps]
    assert plan.steps[0].data["record"] == dict(JOURNAL, gtid_set=A + ":1-6"), "the logs may have been cut since"
    assert BEGIN in displays_now
    assert GIVE_BACK.replace("DELAY = 0", "DELAY = 3600") in displays_now


def test_a_channel_that_is_gone_is_made_with_the_source_that_is_given():
    lost = seen(channel=None, settings={}, standing=None)
    wished = wish(gtid_set=GtidSet.parse(A + ":1-9"), source=dict(SOURCE, **PASSWORD))
    steps = displays(lost, wished)
    assert "SOURCE_HOST = 'db1'" in steps[1]
    assert "SOURCE_AUTO_POSITION = 0" in steps[1]
    assert "GET_SOURCE_PUBLIC_KEY" in steps[1]
    assert not any("s3cr3t" in step for step in steps)
    assert steps[-2] == "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1 FOR CHANNEL ''"
    assert "PUBLIC_KEY" not in displays(lost, wished, OLD)[1]
    with pytest.raises(BadInput, match="no source_host"):
        displays(lost, wished._replace(source={}))


def test_no_statement_comes_that_would_throw_retrieved_transactions_away():
    for observed in (seen(), seen(settings={"delay": 60}), seen(channel=channel(receiver="Yes", applier="Yes"))):
        for begin in ("position", "first"):
            steps = displays(observed, wish(begin=begin))
            kept = steps[: [step.startswith("wait") for step in steps].index(True)]
            assert not any("RESET" in step or "AUTO_POSITION = 1" in step for step in kept)
            assert all("RELAY_LOG_FILE" in step for step in kept if step.startswith("CHANGE"))


def test_a_log_that_a_server_deletes_whenever_it_starts_is_let_go_of_when_all_is_applied():
    """From 8.4 on; an older one finds the empty log that a repair makes for it."""
    gone = seen(standing="relay-bin.000099", executed=GtidSet.parse(A + ":1-9"))
    wanted = {"begin": "first", "gtid_set": GtidSet.parse(A + ":1-9")}
    new = NEW._replace(forget_logs="RESET REPLICA")
    assert [step.display for step in rescue.plan(gone, wish(**wanted), new).steps] == ["RESET REPLICA FOR CHANNEL ''"]
    for observed, wished, words in (
        (gone, wanted, NEW),
        (gone, dict(wanted, begin="position"), new),
        (gone, dict(wanted, gtid_set=None), new),
        (seen(standing="relay-bin.000099"), wanted, new),
    ):
        with pytest.raises(Refused):
            rescue.plan(observed, wish(**wished), words)


@pytest.mark.parametrize(
    ("observed", "wished", "words"),
    [
        ({"unusable": "mysql.slave_master_info: gone"}, {}, "cannot use its replication metadata"),
        ({"channel": channel(auto_position="0")}, {}, "does not use GTID auto-position"),
        (
            {"standing": "relay-bin.000099"},
            {"begin": "first", "gtid_set": GtidSet.parse(A + ":1-9")},
            "which the index does not list",
        ),
        (
            {"standing": "relay-bin.000099", "executed": GtidSet.parse(A + ":1-9")},
            {"gtid_set": GtidSet.parse(A + ":1-9")},
            "does not know where its applier stands",
        ),
        ({"standing": None}, {}, "does not know where its applier stands"),
        ({"standing": "relay-bin.000099"}, {}, "does not know where its applier stands"),
        ({"standing": None, "channel": channel(retrieved="")}, {}, "does not know where its applier stands"),
        ({"listed": []}, {"begin": "first"}, "no relay log is listed"),
    ],
)
def test_what_would_do_harm_is_refused(observed, wished, words):
    with pytest.raises(Refused, match=words) as caught:
        displays(seen(**observed), wish(**wished))
    assert caught.value.untouched == rescue.NOTHING
    assert caught.value.next_step


def test_the_options_are_read():
    params = dict.fromkeys(["gtid_set", "apply_from", "source_user", "source_password", "source_ssl"])
    params.update(channel="East", begin="first", source_host=None, source_port=3306)
    assert rescue.read_wish(params) == wish(name="east", begin="first")
    params.update(source_host="db1", source_user="repl", gtid_set=A + ":1-2")
    read = rescue.read_wish(params)
    assert read.source == {"source_host": "db1", "source_port": 3306, "source_user": "repl"}
    assert str(read.gtid_set) == A + ":1-2"
