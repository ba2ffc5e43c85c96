# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server forgets its GTIDs only where nothing breaks by it, and what would be deleted is set aside first."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import gtid_reset
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet

SOURCE = "aaaaaaaa-2222-3333-4444-555555555555"
REPLICA = "bbbbbbbb-2222-3333-4444-555555555555"

VIEW = {
    "reachable": True,
    "error": None,
    "address": "db1:3306",
    "server_uuid": SOURCE,
    "gtid_executed": SOURCE + ":1-20",
    "gtid_purged": "",
}
CONNECTED = {"connected": True, "session": 5, "user": "repl", "host": "db9:4711", "seconds": 60}
REGISTERED = {"connected": False, "server_id": 9, "host": "", "port": 3306, "uuid": "cccc"}

SEEN = gtid_reset.Observed(
    address="/run/mysqld.sock",
    server_uuid=REPLICA,
    executed=GtidSet.parse(SOURCE + ":1-10"),
    purged=GtidSet(),
    channels=[],
    downstreams=[],
    binary_logs=["/data/mysql-bin.000001", "/data/mysql-bin.000002"],
    source=VIEW,
    reset_statement="RESET BINARY LOGS AND GTIDS",
)
WISH = gtid_reset.Wish(
    gtids=GtidSet.parse(SOURCE + ":1-15"), allow_downstream=False, allow_errant=False, backup_dir="/backup"
)


def actions(seen=SEEN, wish=WISH):
    return [step.action for step in gtid_reset.plan(seen, wish).steps]


def refusal(seen=SEEN, wish=WISH):
    with pytest.raises(Refused) as caught:
        gtid_reset.plan(seen, wish)
    assert caught.value.untouched == gtid_reset.NOTHING
    assert caught.value.next_step
    return caught.value


def test_set_aside_then_reset_then_declare():
    plan = gtid_reset.plan(SEEN, WISH)
    assert [(step.action, step.display) for step in plan.steps] == [
        ("quarantine_binary_logs", "hard-link 2 binary logs into /backup"),
        ("reset", "RESET BINARY LOGS AND GTIDS"),
        ("set_gtid_purged", "SET GLOBAL gtid_purged = '%s:1-15'" % SOURCE),
    ]
    assert plan.before == {"gtid_executed": SOURCE + ":1-10", "gtid_purged": ""}
    assert plan.after == {"gtid_executed": SOURCE + ":1-15", "gtid_purged": SOURCE + ":1-15"}


@pytest.mark.parametrize(
    ("seen", "wish", "planned"),
    [
        (dict(executed=GtidSet()), {}, ["set_gtid_purged"]),
        (dict(binary_logs=[]), {}, ["reset", "set_gtid_purged"]),
        (dict(binary_logs=[]), dict(backup_dir=None), ["reset", "set_gtid_purged"]),
        ({}, dict(gtids=GtidSet()), ["quarantine_binary_logs", "reset"]),
        (dict(executed=GtidSet(), binary_logs=["/data/mysql-bin.000001"]), dict(backup_dir=None), ["set_gtid_purged"]),
        (dict(source=None), {}, ["quarantine_binary_logs", "reset", "set_gtid_purged"]),
        (
            dict(downstreams=[CONNECTED]),
            dict(allow_downstream=True),
            ["quarantine_binary_logs", "reset", "set_gtid_purged"],
        ),
    ],
    ids=[
        "nothing executed: no reset",
        "binary log off: nothing to set aside",
        "binary log off: no directory needed",
        "nothing to claim",
        "an empty server loses no binary log",
        "no source was given, and the wish vouches for all",
        "downstreams taken on",
    ],
)
def test_steps(seen, wish, planned):
    assert actions(SEEN._replace(**seen), WISH._replace(**wish)) == planned


def test_the_state_that_was_planned_needs_nothing():
    plan = gtid_reset.plan(SEEN, WISH)
    reached = SEEN._replace(
        executed=GtidSet.parse(plan.after["gtid_executed"]), purged=GtidSet.parse(plan.after["gtid_purged"])
    )
    again = gtid_reset.plan(reached, WISH)
    assert not again.needed
    assert again.before == again.after == reached.describe()


def test_a_server_that_is_as_wished_is_not_asked_anything():
    # The second run on a rebuilt replica: attached again, with downstreams, its source perhaps away.
    rebuilt = SEEN._replace(
        executed=WISH.gtids, channels=[""], downstreams=[CONNECTED], source={"reachable": False, "address": "db1:3306"}
    )
    assert actions(rebuilt) == []


REFUSALS = [
    ("a replica still", dict(channels=["", "west"]), {}, "channels: '', 'west'"),
    ("a downstream is connected", dict(downstreams=[CONNECTED]), {}, "connected now from db9:4711 as repl"),
    ("a downstream is registered", dict(downstreams=[REGISTERED]), {}, "registered: [?]:3306, server cccc"),
    (
        "a transaction exists only here",
        dict(executed=GtidSet.parse(REPLICA + ":1")),
        {},
        "would be lost: " + REPLICA + ":1",
    ),
    (
        "without a source only the wish vouches",
        dict(source=None, executed=GtidSet.parse(SOURCE + ":1-16")),
        {},
        "would be lost: " + SOURCE + ":16",
    ),
    (
        "a tagged transaction exists only here",
        dict(executed=GtidSet.parse(SOURCE + ":1-5:tag:1")),
        {},
        "would be lost: " + SOURCE + ":tag:1",
    ),
    ("nowhere to keep the binary logs", {}, dict(backup_dir=None), "deletes 2 binary logs"),
    (
        "the source does not answer",
        dict(source={"reachable": False, "error": "Can't connect", "address": "db1:3306"}),
        {},
        "does not answer.*Can't connect",
    ),
    ("the source itself", dict(server_uuid=SOURCE), {}, "is the source itself"),
    (
        "a set that is not the source's",
        {},
        dict(gtids=GtidSet.parse(SOURCE + ":1-21")),
        "does not have: " + SOURCE + ":21",
    ),
    (
        "a set that is not the source's, on an empty server",
        dict(executed=GtidSet()),
        dict(gtids=GtidSet.parse(REPLICA + ":1")),
        "does not have: " + REPLICA + ":1",
    ),
]


@pytest.mark.parametrize(("seen", "wish", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_refused(seen, wish, message):
    assert refusal(SEEN._replace(**seen), WISH._replace(**wish)).found
    with pytest.raises(Refused, match=message):
        gtid_reset.plan(SEEN._replace(**seen), WISH._replace(**wish))


def test_errant_transactions_are_returned_apart():
    lost = refusal(SEEN._replace(executed=GtidSet.parse(SOURCE + ":1-10," + REPLICA + ":1-3")))
    assert lost.as_result()["error"]["errant_gtids"] == REPLICA + ":1-3"


def test_what_is_taken_on_is_still_set_aside():
    own = SEEN._replace(executed=GtidSet.parse(REPLICA + ":1-3"))
    assert actions(own, WISH._replace(allow_errant=True)) == ["quarantine_binary_logs", "reset", "set_gtid_purged"]
    assert refusal(own, WISH._replace(allow_errant=True, backup_dir=None)).next_step == "give backup_dir"


@pytest.mark.parametrize("allowed", ["allow_downstream", "allow_errant"])
def test_one_permission_does_not_stand_for_the_other(allowed):
    both = SEEN._replace(downstreams=[CONNECTED], executed=GtidSet.parse(REPLICA + ":1"))
    refusal(both, WISH._replace(**{allowed: True}))


def test_no_permission_makes_a_source_a_replica_of_itself():
    refusal(SEEN._replace(server_uuid=SOURCE), WISH._replace(allow_downstream=True, allow_errant=True))


def test_errant_is_what_neither_the_source_nor_the_wish_knows():
    seen = SEEN._replace(executed=GtidSet.parse(SOURCE + ":1-30," + REPLICA + ":1"))
    wish = WISH._replace(gtids=GtidSet.parse(REPLICA + ":1"))
    assert str(gtid_reset.errant(seen, wish)) == SOURCE + ":21-30"
