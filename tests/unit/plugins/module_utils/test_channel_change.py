# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From each state of a channel to each that can be wished: as few statements as it takes, none that loses anything."""

import json

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_change
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_wish import (
    NOTHING,
    Observed,
    Wish,
    Words,
    kept_settings,
    read_wish,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import Failure

PASSWORD = "s3cr3t'%s\"\\ {{ x }}"
REPLICA = "bbbbbbbb-2222-3333-4444-555555555555"
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
    change_filter="CHANGE REPLICATION FILTER",
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
)
SETTINGS = {
    "source_host": "db1",
    "source_port": 3306,
    "source_user": "repl",
    "source_ssl": True,
    "auto_position": True,
}
WISH = Wish("", "started", SETTINGS, PASSWORD, None, None)
ALL = "SOURCE_HOST = 'db1', SOURCE_PORT = 3306, SOURCE_USER = 'repl', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1"
HIDDEN = "SOURCE_PASSWORD = '********'"

# how the threads are -> fields of the channel; None: there is no channel
THREADS = {
    "none": None,
    "stopped": {"receiver": "stopped", "applier": "stopped"},
    "running": {},
    "applier stopped": {"applier": "stopped"},
    "receiver stopped": {"receiver": "stopped"},
    "connecting": {"receiver": "connecting"},
}


@pytest.fixture(name="seen")
def _seen(a_channel):
    def make(
        threads="running", password=PASSWORD, relay_logs=("/data/relay-bin.000001",), metadata="present", **changes
    ):
        channel = None if THREADS[threads] is None else a_channel(**dict(THREADS[threads], **changes))
        return Observed(
            address="/run/mysqld.sock",
            server_uuid=REPLICA,
            channel=channel,
            password=password if channel else None,
            metadata=metadata,
            metadata_evidence="mysql.slave_master_info: marked as crashed" if metadata == "unusable" else None,
            relay_logs=list(relay_logs) if channel else [],
        )

    return make


def verbs(plan):
    return [step.display.split()[0] for step in plan.steps]


# state wished, settings as they are or not, threads as they are -> statements
TABLE = [
    ("started", "same", "none", ["CHANGE", "START"]),
    ("started", "same", "stopped", ["START"]),
    ("started", "same", "running", []),
    ("started", "same", "applier stopped", ["START"]),
    ("started", "same", "receiver stopped", ["START"]),
    ("started", "same", "connecting", []),
    ("started", "other", "stopped", ["CHANGE", "START"]),
    ("started", "other", "running", ["STOP", "CHANGE", "START"]),
    ("started", "other", "applier stopped", ["STOP", "CHANGE", "START"]),
    ("started", "other", "receiver stopped", ["STOP", "CHANGE", "START"]),
    ("started", "other", "connecting", ["STOP", "CHANGE", "START"]),
    ("stopped", "same", "none", ["CHANGE"]),
    ("stopped", "same", "stopped", []),
    ("stopped", "same", "running", ["STOP"]),
    ("stopped", "same", "applier stopped", ["STOP"]),
    ("stopped", "same", "receiver stopped", ["STOP"]),
    ("stopped", "same", "connecting", ["STOP"]),
    ("stopped", "other", "stopped", ["CHANGE"]),
    ("stopped", "other", "running", ["STOP", "CHANGE"]),
    ("stopped", "other", "connecting", ["STOP", "CHANGE"]),
    ("configured", "same", "none", ["CHANGE"]),
    ("configured", "same", "stopped", []),
    ("configured", "same", "running", []),
    ("configured", "same", "applier stopped", []),
    ("configured", "same", "connecting", []),
    ("configured", "other", "stopped", ["CHANGE"]),
    ("configured", "other", "running", ["STOP", "CHANGE"]),
    ("absent", "same", "none", []),
    ("absent", "same", "stopped", ["RESET"]),
    ("absent", "same", "running", ["STOP", "RESET"]),
    ("absent", "same", "applier stopped", ["STOP", "RESET"]),
    ("absent", "same", "receiver stopped", ["STOP", "RESET"]),
    ("absent", "same", "connecting", ["STOP", "RESET"]),
]


@pytest.mark.parametrize(
    ("state", "settings", "threads", "statements"), TABLE, ids=["%s, %s settings, %s" % row[:3] for row in TABLE]
)
def test_statements(seen, state, settings, threads, statements):
    changes = {"source_host": "db0"} if settings == "other" and threads != "none" else {}
    plan = channel_change.plan(seen(threads, **changes), WISH._replace(state=state), NEW)
    assert verbs(plan) == statements
    assert plan.needed is bool(statements)
    if not statements:
        assert plan.before == plan.after
    elif state in ("started", "stopped", "absent"):
        assert plan.after["state"] == state


def test_a_new_channel_gets_every_setting(seen):
    (change, start) = channel_change.plan(seen("none"), WISH, NEW).steps
    assert change.display == "CHANGE REPLICATION SOURCE TO %s, %s FOR CHANNEL ''" % (ALL, HIDDEN)
    assert change.data["sql"] == (
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s, SOURCE_SSL = %s,"
        " SOURCE_AUTO_POSITION = %s, SOURCE_PASSWORD = %s FOR CHANNEL ''"
    )
    assert change.data["values"] == ("db1", 3306, "repl", 1, 1, PASSWORD)
    assert [type(value) for value in change.data["values"]] == [str, int, str, int, int, str]
    assert start.display == "START REPLICA FOR CHANNEL ''"


def test_an_old_server_hears_its_own_words(seen):
    wish = WISH._replace(get_source_public_key=True)
    (change, start) = channel_change.plan(seen("none"), wish, OLD).steps
    assert change.data["sql"].startswith("CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s")
    assert change.data["sql"].endswith("MASTER_PASSWORD = %s")
    assert "PUBLIC_KEY" not in change.data["sql"]
    assert start.display == "START SLAVE"
    assert [step.display for step in channel_change.plan(seen(), wish._replace(state="absent"), OLD).steps] == [
        "STOP SLAVE",
        "RESET SLAVE ALL",
    ]


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        ({"source_host": "db0"}, "SOURCE_HOST = 'db1'"),
        ({"source_port": 3307}, "SOURCE_PORT = 3306"),
        ({"source_user": "root"}, "SOURCE_USER = 'repl'"),
        ({"ssl": False}, "SOURCE_SSL = 1"),
        ({"auto_position": False}, "SOURCE_AUTO_POSITION = 1"),
        ({"source_host": "db0", "auto_position": False}, "SOURCE_HOST = 'db1', SOURCE_AUTO_POSITION = 1"),
    ],
    ids=["host", "port", "user", "TLS", "auto-position", "two"],
)
def test_only_what_differs_is_changed(seen, now, changed):
    steps = channel_change.plan(seen("stopped", **now), WISH, NEW).steps
    assert steps[0].display == "CHANGE REPLICATION SOURCE TO %s FOR CHANNEL ''" % changed


def test_what_is_not_wished_is_left_alone(seen):
    wish = Wish("", "started", {"source_host": "db1"}, None, None, None)
    assert not channel_change.plan(seen(source_user="other", ssl=False, auto_position=False), wish, NEW).needed


@pytest.mark.parametrize(
    ("stored", "failure", "changed"),
    [
        (PASSWORD, None, False),
        ("another", None, True),
        ("another", Failure(1045, "...", "authentication"), True),
        (None, None, False),
        (None, Failure(2003, "...", "source_unreachable"), False),
        (None, Failure(1045, "...", "authentication"), True),
    ],
    ids=[
        "the stored one is right",
        "the stored one differs",
        "the stored one differs and was refused",
        "cannot be read",
        "cannot be read, the source is away",
        "cannot be read, and was refused",
    ],
)
def test_password(seen, stored, failure, changed):
    plan = channel_change.plan(seen(password=stored, receiver_failure=failure), WISH, NEW)
    assert plan.needed is changed
    if changed:
        assert plan.steps[1].display == "CHANGE REPLICATION SOURCE TO %s FOR CHANNEL ''" % HIDDEN
        assert plan.steps[1].data["values"] == (PASSWORD,)


@pytest.mark.parametrize("words", [OLD, NEW], ids=["5.6", "9.7"])
@pytest.mark.parametrize("state", ["started", "stopped", "configured", "absent"])
@pytest.mark.parametrize("threads", sorted(THREADS))
def test_a_password_is_in_nothing_that_is_shown(seen, threads, state, words):
    old = "0ld-s3cr3t"
    plan = channel_change.plan(seen(threads, password=old), WISH._replace(state=state, backup_dir="/backup"), words)
    shown = json.dumps([plan.public(), plan.before, plan.after])
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], old):
        assert secret not in shown


@pytest.mark.parametrize(
    ("now", "wished", "changed"),
    [(False, True, "= 1"), (True, False, "= 0"), (True, True, None), (False, None, None), (True, None, None)],
)
def test_public_key(seen, now, wished, changed):
    plan = channel_change.plan(
        seen("stopped", get_source_public_key=now), WISH._replace(state="configured", get_source_public_key=wished), NEW
    )
    assert plan.needed is (changed is not None)
    if changed:
        assert plan.steps[0].display == "CHANGE REPLICATION SOURCE TO GET_SOURCE_PUBLIC_KEY %s FOR CHANNEL ''" % changed


def test_after_shows_every_wish(seen):
    wish = WISH._replace(get_source_public_key=True)
    for threads, changes in (("none", {}), ("running", {"source_host": "db0"})):
        after = channel_change.plan(seen(threads, **changes), wish, NEW).after
        for option, value in dict(SETTINGS, get_source_public_key=True, state="started").items():
            assert after.get(option) == value, option


def test_a_channel_s_name_may_hold_a_percent_sign(seen):
    words = NEW._replace(for_channel=" FOR CHANNEL '50%s'")
    plan = channel_change.plan(seen("none"), WISH._replace(name="50%s"), words)
    written = plan.steps[0].data["sql"] % tuple(repr(value) for value in plan.steps[0].data["values"])
    assert written.endswith(" FOR CHANNEL '50%s'")
    assert plan.steps[1].display == "START REPLICA FOR CHANNEL '50%s'"
    assert plan.steps[0].target == "channel '50%s'"


def test_no_channel_and_nothing_to_make_one_with(seen):
    with pytest.raises(BadInput, match="source_host"):
        channel_change.plan(seen("none"), WISH._replace(settings={}), NEW)


@pytest.mark.parametrize("state", ["started", "stopped", "configured", "absent"])
def test_unusable_metadata_is_no_missing_replica(seen, state):
    with pytest.raises(Refused, match="the server cannot use its replication metadata"):
        channel_change.plan(seen("none", metadata="unusable"), WISH._replace(state=state), NEW)


WAITING = {"retrieved_gtids": A + ":1-12", "executed_gtids": A + ":1-10"}


@pytest.mark.parametrize("state", ["started", "stopped", "configured"])
@pytest.mark.parametrize("threads", ["running", "stopped"])
def test_a_change_never_throws_transactions_away(seen, state, threads):
    wish = WISH._replace(state=state, backup_dir="/backup")
    with pytest.raises(Refused, match="2 transactions in the relay logs.*" + A + ":11-12") as caught:
        channel_change.plan(seen(threads, auto_position=False, **WAITING), wish, NEW)
    assert caught.value.untouched == NOTHING


def test_transactions_that_wait_are_no_reason_not_to_start(seen):
    assert verbs(channel_change.plan(seen("stopped", **WAITING), WISH, NEW)) == ["START"]


def test_a_channel_with_waiting_transactions_is_not_removed(seen):
    with pytest.raises(Refused, match=A + ":11-12"):
        channel_change.plan(seen(**WAITING), WISH._replace(state="absent"), NEW)


def test_relay_logs_are_set_aside_between_stop_and_reset(seen):
    plan = channel_change.plan(seen(**WAITING), WISH._replace(state="absent", backup_dir="/backup"), NEW)
    assert [step.action for step in plan.steps] == ["run", "quarantine_relay_logs", "run"]
    assert plan.steps[1].display == "hard-link 1 relay logs into /backup"


def test_waiting_transactions_are_not_thrown_away_when_their_relay_logs_cannot_be_found(seen):
    # No index, or the server of another host: there is a directory, and nothing that could be put into it.
    with pytest.raises(Refused):
        channel_change.plan(seen(relay_logs=(), **WAITING), WISH._replace(state="absent", backup_dir="/backup"), NEW)


def test_nothing_waits_and_no_relay_log_is_found(seen):
    plan = channel_change.plan(seen(relay_logs=()), WISH._replace(state="absent", backup_dir="/backup"), NEW)
    assert verbs(plan) == ["STOP", "RESET"]


def test_describe_is_json(seen):
    assert json.loads(json.dumps(seen().describe())) == {
        "source_host": "db1",
        "source_port": 3306,
        "source_user": "repl",
        "source_ssl": True,
        "source_ssl_ca": "",
        "auto_position": True,
        "get_source_public_key": False,
        "state": "started",
    }
    assert seen("none").describe() == {"state": "absent"}


KEPT = Kept(
    {
        "source_host": "db0",
        "source_port": 3307,
        "source_user": "repl",
        "source_ssl": True,
        "auto_position": False,
        "source_password": "0ld-s3cr3t",
        "heartbeat_period": "1.005",
        "delay": 3600,
    },
    {},
    {},
)
FILTERED = KEPT._replace(filters={"REPLICATE_DO_DB": ["a%"]}, global_filters={"REPLICATE_IGNORE_DB": ["b"]})
ONLY_KEPT = Wish("", "started", {}, None, None, None)
ABSENT = ONLY_KEPT._replace(state="absent")


def actions(plan):
    return [step.action for step in plan.steps]


def test_settings_are_written_down_before_anything_is_stopped(seen):
    plan = channel_change.plan(seen()._replace(now=FILTERED), ABSENT, NEW)
    assert actions(plan) == ["journal_settings", "run", "run"]
    assert plan.steps[0].data == {"record": FILTERED.record()}
    assert plan.steps[0].display == (
        "write down all settings: source_port = 3307, auto_position = 0, heartbeat_period = 1.005, delay = 3600,"
        " REPLICATE_DO_DB = (`a%`), REPLICATE_IGNORE_DB = (`b`)"
    )


@pytest.mark.parametrize(
    ("now", "journaled", "written"),
    [
        (KEPT, None, KEPT),
        (KEPT, KEPT, None),
        (KEPT, FILTERED, KEPT),
        (KEPT, FILTERED._replace(giving_back=True), None),
        (None, None, None),
    ],
    ids=["none", "the same", "another", "half made", "without keep_settings"],
)
def test_what_is_written_down(seen, now, journaled, written):
    plan = channel_change.plan(seen()._replace(now=now, journaled=journaled), ABSENT, NEW)
    assert actions(plan) == (["journal_settings"] if written else []) + ["run", "run"]
    if written:
        assert plan.steps[0].data["record"] == written.record()


def test_a_channel_that_is_gone_leaves_its_journal(seen):
    plan = channel_change.plan(seen("none")._replace(journaled=KEPT), ABSENT, NEW)
    assert not plan.needed


def test_a_channel_that_assigns_gtids_is_not_removed(seen):
    kept = KEPT._replace(settings=dict(KEPT.settings, assign_gtids_to_anonymous_transactions="LOCAL"))
    with pytest.raises(Refused, match="auto-position"):
        channel_change.plan(seen()._replace(now=kept), ABSENT, NEW)


def test_all_comes_from_the_journal_but_what_the_task_names(seen):
    gone = seen("none")._replace(journaled=KEPT)
    change, start, forget = channel_change.plan(gone, ONLY_KEPT, NEW).steps
    assert change.display == (
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db0', SOURCE_PORT = 3307, SOURCE_USER = 'repl', SOURCE_SSL = 1,"
        " SOURCE_AUTO_POSITION = 1, SOURCE_PASSWORD = '********', SOURCE_HEARTBEAT_PERIOD = 1.005, SOURCE_DELAY = 3600"
        " FOR CHANNEL ''"
    )
    assert change.data["values"][5] == "0ld-s3cr3t"
    assert (start.action, forget.action) == ("run", "forget_settings")

    plan = channel_change.plan(gone, WISH._replace(get_source_public_key=False), NEW)
    assert plan.steps[0].display == (
        "CHANGE REPLICATION SOURCE TO %s, %s, GET_SOURCE_PUBLIC_KEY = 0, SOURCE_HEARTBEAT_PERIOD = 1.005,"
        " SOURCE_DELAY = 3600 FOR CHANNEL ''" % (ALL, HIDDEN)
    )
    assert plan.steps[0].data["values"][5] == PASSWORD
    assert plan.after == dict(SETTINGS, get_source_public_key=False, state="started")


@pytest.mark.parametrize("settings", [{"source_user": "other"}, {}], ids=["another account", "it could not be read"])
def test_a_channel_is_not_made_without_its_password(seen, settings):
    journaled = KEPT if settings else KEPT._replace(settings={"source_host": "db0", "source_user": "repl"})
    gone = seen("none")._replace(journaled=journaled)
    wish = ONLY_KEPT._replace(settings=settings)
    with pytest.raises(BadInput, match="password"):
        channel_change.plan(gone, wish, NEW)
    assert channel_change.plan(gone, wish._replace(password="given"), NEW).needed


def test_filters_come_after_the_channel_and_before_its_start(seen):
    plan = channel_change.plan(seen("none")._replace(journaled=FILTERED, global_filters={}), ONLY_KEPT, NEW)
    assert actions(plan) == ["journal_settings", "change", "change", "change", "run", "forget_settings"]
    mark, for_all, change, for_channel = plan.steps[:4]
    made = dict(KEPT.settings, auto_position=True)
    assert mark.data["record"] == FILTERED._replace(settings=made, giving_back=True).record()
    assert for_all.display == "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (`b`)"
    assert change.display.startswith("CHANGE REPLICATION SOURCE TO")
    assert for_channel.display == "CHANGE REPLICATION FILTER REPLICATE_DO_DB = (`a%`) FOR CHANNEL ''"
    assert for_channel.data == {
        "sql": "CHANGE REPLICATION FILTER REPLICATE_DO_DB = (`a%%`) FOR CHANNEL ''",
        "values": (),
    }


def test_filters_of_all_channels_are_given_back_only_where_they_are_lost(seen):
    gone = seen("none")._replace(journaled=FILTERED, global_filters={"REPLICATE_IGNORE_DB": []})
    shown = [step.display for step in channel_change.plan(gone, ONLY_KEPT, NEW).steps if step.action == "change"]
    assert len(shown) == 2
    assert not any("IGNORE_DB" in one for one in shown), "somebody has set it anew"


def test_a_half_made_channel_gets_its_filters(seen):
    here = seen(delay=3600)._replace(now=KEPT, journaled=FILTERED._replace(giving_back=True), global_filters={})
    shown = [step.display for step in channel_change.plan(here, ONLY_KEPT, NEW).steps]
    assert shown == [
        "STOP REPLICA FOR CHANNEL ''",
        "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (`b`)",
        "CHANGE REPLICATION FILTER REPLICATE_DO_DB = (`a%`) FOR CHANNEL ''",
        "START REPLICA FOR CHANNEL ''",
        "remove the journal of the channel's settings",
    ]


@pytest.mark.parametrize("state", ["started", "configured"])
def test_a_journal_of_an_earlier_channel_is_removed_and_nothing_else_done(seen, state):
    here = seen()._replace(now=KEPT, journaled=FILTERED)
    plan = channel_change.plan(here, ONLY_KEPT._replace(state=state), NEW)
    assert actions(plan) == ["forget_settings"]
    assert plan.after == plan.before


@pytest.mark.parametrize("words", [OLD, NEW], ids=["5.6", "9.7"])
def test_a_change_keeps_the_heartbeat(seen, words):
    # which the server sets to its default when a statement does not name it
    here = seen("stopped", source_host="db0")._replace(now=KEPT)
    change = channel_change.plan(here, WISH, words).steps[0]
    assert change.display.split(" FOR ")[0].endswith("HOST = 'db1', %sHEARTBEAT_PERIOD = 1.005" % words.option)
    same = channel_change.plan(seen()._replace(now=KEPT), WISH, words)
    assert not same.needed, "the heartbeat alone is no reason"


@pytest.mark.parametrize("state", ["started", "stopped", "configured", "absent"])
@pytest.mark.parametrize("threads", sorted(THREADS))
def test_a_kept_password_is_in_nothing_that_is_shown(seen, threads, state):
    here = seen(threads)
    here = here._replace(now=FILTERED if here.channel else None, journaled=FILTERED._replace(giving_back=True))
    wish = WISH._replace(state=state)
    plan = channel_change.plan(here, wish, NEW)
    shown = json.dumps([plan.public(), plan.before, plan.after, kept_settings(here, wish)])
    assert "0ld-s3cr3t" not in shown
    assert json.dumps(PASSWORD)[1:-1] not in shown


@pytest.mark.parametrize(
    ("state", "now", "journaled", "told"),
    [
        ("absent", KEPT, None, KEPT),
        ("absent", KEPT, FILTERED, KEPT),
        ("absent", None, KEPT, KEPT),
        ("absent", None, None, None),
        ("started", None, KEPT, KEPT),
        ("started", KEPT, None, None),
        ("started", KEPT, FILTERED, None),
        ("started", KEPT, FILTERED._replace(giving_back=True), FILTERED),
    ],
)
def test_kept_settings_are_those_written_down_or_given_back(seen, state, now, journaled, told):
    here = seen("running" if now else "none")._replace(now=now, journaled=journaled)
    assert kept_settings(here, WISH._replace(state=state)) == (told.public() if told else {})


def test_options_become_a_wish():
    options = dict(
        channel="Two",
        state="started",
        source_host="db1",
        source_port=3306,
        source_user=None,
        source_password=PASSWORD,
        source_ssl=False,
        source_ssl_ca=None,
        get_source_public_key=None,
        backup_dir=None,
        hold_delay=True,
    )
    wished = {"source_host": "db1", "source_port": 3306, "source_ssl": False, "auto_position": True}
    assert read_wish(options) == Wish("two", "started", wished, PASSWORD, None, None, hold_delay=True)
    assert read_wish(dict(options, source_host=None)).settings == {"source_ssl": False}, "a default is no wish"


HOLD = ONLY_KEPT._replace(hold_delay=True)


def test_a_delay_is_held_back_and_its_journal_stays(seen):
    plan = channel_change.plan(seen("none")._replace(journaled=KEPT), HOLD, NEW)
    assert actions(plan) == ["journal_settings", "change", "run"]
    marked = plan.steps[0].data["record"]
    assert (marked["giving_back"], marked["settings"]["delay"]) == (True, 3600)
    assert "SOURCE_DELAY = 0" in plan.steps[1].display
    made = KEPT._replace(settings=dict(KEPT.settings, delay=0))
    again = channel_change.plan(seen()._replace(now=made, journaled=Kept(**marked)), HOLD, NEW)
    assert not again.needed


@pytest.mark.parametrize("journaled", [KEPT._replace(settings=dict(KEPT.settings, delay=0)), None], ids=["0", "none"])
def test_no_delay_no_hold(seen, journaled):
    plan = channel_change.plan(seen("none")._replace(journaled=journaled), WISH._replace(hold_delay=True), NEW)
    assert actions(plan) == ["change", "run"] + (["forget_settings"] if journaled else [])


def test_a_hold_does_not_save_the_journal_of_an_earlier_channel(seen):
    plan = channel_change.plan(seen(delay=3600)._replace(now=KEPT, journaled=KEPT), HOLD, NEW)
    assert actions(plan) == ["forget_settings"]


@pytest.mark.parametrize("words", [OLD, NEW], ids=["5.6", "9.7"])
def test_a_delay_comes_when_all_is_applied(seen, words):
    made = KEPT._replace(settings=dict(KEPT.settings, delay=0))
    here = seen(**WAITING)._replace(now=made, journaled=KEPT._replace(giving_back=True))
    plan = channel_change.plan(here, ONLY_KEPT, words)
    assert [step.display for step in plan.steps] == [
        words.stop_receiver + words.for_channel,
        "wait until all that is retrieved is applied",
        words.stop + words.for_channel,
        "%s %sHEARTBEAT_PERIOD = 1.005, %sDELAY = 3600%s"
        % (words.change, words.option, words.option, words.for_channel),
        words.start + words.for_channel,
        "remove the journal of the channel's settings",
    ]


def test_a_delay_does_not_throw_away_what_a_stopped_applier_has_left(seen):
    made = KEPT._replace(settings=dict(KEPT.settings, delay=0))
    here = seen("applier stopped", **WAITING)._replace(now=made, journaled=KEPT._replace(giving_back=True))
    with pytest.raises(Refused, match="2 transactions"):
        channel_change.plan(here, ONLY_KEPT, NEW)
