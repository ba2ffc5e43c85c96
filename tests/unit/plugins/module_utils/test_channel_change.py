# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From each state of a channel to each that can be wished: as few statements as it takes, none that loses anything."""

import json

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_change
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_change import Observed, Wish, Words
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
    reset="RESET REPLICA ALL",
    for_channel=" FOR CHANNEL ''",
)
OLD = Words(
    change="CHANGE MASTER TO",
    option="MASTER_",
    get_source_public_key=None,
    start="START SLAVE",
    stop="STOP SLAVE",
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
    assert caught.value.untouched == channel_change.NOTHING


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
