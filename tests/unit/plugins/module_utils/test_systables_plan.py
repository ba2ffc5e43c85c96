# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each verdict has its recipe on each version, and nothing is lost on the way, wherever a run is killed."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.kept_channel import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import verdict as v
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.observed import Life, Observed
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.plan import Wish, needs, plan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import Finding

V56, V57, V80, V84, V97 = [Version(*one) for one in ((5, 6, 24), (5, 7, 44), (8, 0, 20), (8, 4, 3), (9, 7, 4))]
STATS, MASTER, RELAY, WORKER = "innodb_table_stats", "slave_master_info", "slave_relay_log_info", "slave_worker_info"
WISH = Wish("/backup", True)
KEPT = Kept({"source_host": "db1", "source_port": 3306, "auto_position": True, "source_password": "s3cr3t"}, {}, {})
LIFE = Life(1700000000, 5)
FRM = (".frm",)


def seen(version=V56, verdicts=(), **changes):
    """A server on which all is well but for the verdicts: name of a table -> verdict, or a Finding."""
    wrong = dict(verdicts)
    findings = []
    for name in NAMES:
        found = wrong.get(name, v.HEALTHY)
        detail = [] if found == v.HEALTHY else ["it was seen"]
        findings.append(found if isinstance(found, Finding) else Finding(name, found, detail))
    usual = dict(
        address="/run/mysqld.sock",
        version=version,
        findings=findings,
        channels=[],
        unusable=False,
        kept={},
        journaled={},
        stored=[],
        relay_logs=[],
        super_read_only=None if version < V57 else "OFF",
        scratch=False,
        journal={},
        life=LIFE,
    )
    return Observed(**dict(usual, **changes))


def actions(planned):
    """The steps without the journal's, and the table or channel of each."""
    return [
        (step.action, step.target.replace("mysql.", ""))
        for step in planned.steps
        if step.action not in ("journal", "settle")
    ]


def done_to(table, planned):
    return [action for action, target in actions(planned) if target == table]


@pytest.mark.parametrize("version", [V56, V57], ids=str)
@pytest.mark.parametrize("table", [STATS, WORKER])
@pytest.mark.parametrize(
    ("verdict", "in_the_way", "recipe"),
    [
        (v.MISSING, (), ["create"]),
        (v.DEFINITION_DIFFERS, (), ["drop", "create"]),
        (v.DATA_FILE_MISSING, (), ["drop", "create"]),
        (v.FORMAT_FILE_MISSING, (), ["copy_format_file"]),
        (v.FORMAT_FILE_UNREADABLE, FRM, ["set_aside", "copy_format_file"]),
        (v.FILES_MISSING, (), ["copy_format_file", "drop", "create"]),
        (v.FILES_MISSING, FRM, ["set_aside", "copy_format_file", "drop", "create"]),
        (v.DICTIONARY_DIFFERS, (), ["copy_format_file", "drop", "create"]),
        (v.ORPHAN_FILES, (".frm", ".ibd"), ["set_aside", "create"]),
        (v.UNREADABLE, (), ["drop", "create"]),
    ],
)
def test_a_table_with_files_of_its_own(version, table, verdict, in_the_way, recipe):
    planned = plan(seen(version, {table: Finding(table, verdict, ["it was seen"], in_the_way)}), WISH)
    assert done_to(table, planned) == recipe
    assert ("analyze" in [action for action, _target in actions(planned)]) == (table == STATS and "create" in recipe)
    assert planned.after[table] == v.HEALTHY


@pytest.mark.parametrize("version", [V56, V57], ids=str)
def test_a_damaged_data_file_waits_for_the_server_to_be_stopped(version):
    found = seen(version, {STATS: v.DATA_FILE_DAMAGED})
    assert not plan(found, WISH).needed
    assert needs(found, WISH).stop


@pytest.mark.parametrize(
    ("version", "verdict", "recipe"),
    [
        (V84, v.MISSING, ["create"]),
        (V97, v.MISSING, ["create"]),
        (V97, v.DEFINITION_DIFFERS, ["drop", "create"]),
        (V97, v.UNREADABLE, ["drop", "create"]),
        (V80, v.MISSING, []),
        (V80, v.DEFINITION_DIFFERS, []),
    ],
)
def test_a_table_of_replication_inside_mysql_ibd(version, verdict, recipe):
    found = seen(version, {WORKER: verdict})
    assert done_to(WORKER, plan(found, WISH)) == recipe
    assert needs(found, WISH).upgrade == (not recipe), "a version whose script was not seen makes it itself"
    assert needs(found, WISH._replace(by_upgrade=True)).upgrade


@pytest.mark.parametrize("version", [V80, V84, V97], ids=str)
def test_statistics_inside_mysql_ibd_are_emptied_never_dropped(version):
    assert [action for action, _target in actions(plan(seen(version, {STATS: v.UNREADABLE}), WISH))] == [
        "empty",
        "analyze",
    ]
    assert [action for action, _target in actions(plan(seen(version, {STATS: v.STATISTICS_MISSING}), WISH))] == [
        "analyze"
    ]
    for verdict in (v.MISSING, v.DEFINITION_DIFFERS):
        assert not plan(seen(version, {STATS: verdict}), WISH).needed
        assert needs(seen(version, {STATS: verdict}), WISH).upgrade


def test_a_version_that_cannot_upgrade_itself_is_refused_with_the_way_out():
    with pytest.raises(Refused, match="mysql_upgrade --force"):
        plan(seen(Version(8, 0, 12), {WORKER: v.MISSING}), WISH)


def test_a_damaged_mysql_ibd_is_refused_with_the_way_out():
    with pytest.raises(Refused, match="new data directory"):
        plan(seen(V97, system_space_damage="page 6: its checksum is wrong"), WISH)


@pytest.mark.parametrize("version", [V56, V57, V80, V84, V97], ids=str)
def test_nothing_wrong_nothing_done(version, a_channel):
    found = seen(version, channels=[a_channel()], stored=[""], super_read_only="ON")
    assert not plan(found, WISH).needed
    assert needs(found, WISH) == (False, False, False)


def test_what_is_missing_is_made_before_replication_is_stopped_what_is_replaced_after(a_channel):
    found = seen(V97, {MASTER: v.MISSING, WORKER: v.DEFINITION_DIFFERS}, channels=[a_channel()], kept={"": KEPT})
    assert actions(plan(found, WISH)) == [
        ("keep_connection", "channel ''"),
        ("create", MASTER),
        ("stop", "channel ''"),
        ("drop", WORKER),
        ("create", WORKER),
        ("start", "channel ''"),
        ("store", "channel ''"),
        ("forget_connection", "channel ''"),
    ]
    assert not needs(found, WISH).restart


def test_a_channel_that_stands_still_by_wish_is_not_started(a_channel):
    found = seen(V97, {WORKER: v.MISSING}, channels=[a_channel(receiver="stopped", applier="stopped")])
    assert actions(plan(found, WISH)) == [("create", WORKER)]


def test_a_server_that_began_without_the_tables_needs_a_restart_and_keeps_its_relay_logs():
    found = seen(V56, {MASTER: v.DATA_FILE_MISSING}, unusable=True, relay_logs=["/r/relay-bin.000001"])
    planned = plan(found, WISH)
    assert actions(planned) == [("keep_relay_logs", "relay logs"), ("drop", MASTER), ("create", MASTER)]
    assert needs(found, WISH).restart
    with pytest.raises(Refused, match="give backup_dir"):
        plan(found, Wish(None, True))
    noted = dict(planned.steps[0].data["record"])
    assert noted["restart"] == list(LIFE)
    later = seen(V56, journal=noted)
    assert needs(later, WISH).restart, "the tables are healthy, and this server has not seen them yet"
    assert not plan(later, WISH).needed
    assert not needs(later._replace(life=Life(1700000001, 6)), WISH).restart


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ((100, 7), (100, 7), True),
        ((100, 7), (100, 8), False),  # two starts within a second
        ((100, 7), (101, 7), True),  # the clock of a server that tells whole seconds
        ((100, None), (102, None), True),
        ((100, None), (103, 9), False),
    ],
)
def test_one_life_of_a_server_is_told_from_the_next(then, now, same):
    assert Life(*now).is_that_of(list(then)) is same


@pytest.mark.parametrize("verdict", [v.DEFINITION_DIFFERS, v.MISSING, v.DATA_FILE_DAMAGED])
def test_the_connection_is_written_down_before_the_table_loses_it(verdict):
    found = seen(V56, {MASTER: verdict}, unusable=True, kept={"": KEPT})
    planned = plan(found, WISH)
    assert actions(planned)[0] == ("keep_connection", "channel ''")
    assert planned.steps[0].data["record"]["connections"] == [""]
    assert "s3cr3t" not in str(planned.public()) + str(planned.before) + str(planned.after)
    again = found._replace(journaled={"": KEPT}, journal={"connections": [""]})
    assert ("keep_connection", "channel ''") not in actions(plan(again, WISH))


def test_what_an_earlier_run_read_is_not_replaced_by_less():
    less = Kept({"source_host": "db1", "auto_position": True}, {}, {})
    found = seen(V56, {MASTER: v.MISSING}, kept={"": less}, journaled={"": KEPT}, journal={"connections": [""]})
    assert actions(plan(found, WISH)) == [("create", MASTER)]


def test_what_was_written_down_is_forgotten_when_the_server_stores_it_again(a_channel):
    journal = {"connections": [""], "restart": [1, 2]}
    back = seen(V56, channels=[a_channel()], stored=[""], journaled={"": KEPT}, journal=journal)
    assert actions(plan(back, WISH)) == [("forget_connection", "channel ''")]
    for not_yet in (dict(stored=[]), dict(channels=[]), dict(journaled={}), dict(journal={})):
        assert not plan(back._replace(**not_yet), WISH).needed, not_yet


def test_a_connection_that_nobody_knows_is_lost_until_the_server_has_a_channel_again(a_channel):
    gone = seen(V56, {MASTER: v.FILES_MISSING}, unusable=True)
    assert gone.connection_is_lost()
    record = plan(gone, WISH).steps[0].data["record"]
    assert plan(gone, WISH).steps[-1].data["keep"] == ["restart", "lost"]
    repaired = seen(V56, journal=record)
    assert repaired.connection_is_lost(), "a run that was killed does not forget it"
    assert not plan(repaired, WISH).needed
    back = repaired._replace(channels=[a_channel()], stored=[""], life=Life(1800000000, 6))
    assert not back.connection_is_lost()
    assert [step.data for step in plan(back, WISH).steps if step.action == "settle"] == [{"keep": []}]


@pytest.mark.parametrize("verdict", [v.FORMAT_FILE_MISSING, v.FORMAT_FILE_UNREADABLE])
def test_a_connection_whose_table_only_lacks_its_format_file_is_not_lost(verdict):
    found = seen(V56, {MASTER: verdict}, unusable=True)
    assert not found.connection_is_lost()
    assert plan(found, WISH).steps[-1].data["keep"] == ["restart"]


@pytest.mark.parametrize(
    "known", [dict(kept={"": KEPT}), dict(journaled={"": KEPT}, journal={"connections": [""]}), dict(unusable=False)]
)
def test_a_connection_that_somebody_knows_is_not_lost(known):
    assert not seen(V56, {MASTER: v.FILES_MISSING}, **dict(dict(unusable=True), **known)).connection_is_lost()


def test_a_channel_that_follows_by_position_is_not_lost():
    by_position = Kept({"source_host": "db1", "auto_position": False}, {}, {})
    with pytest.raises(Refused, match="by file and position"):
        plan(seen(V56, {MASTER: v.DEFINITION_DIFFERS}, unusable=True, kept={"": by_position}), WISH)


def test_super_read_only_is_lifted_for_the_work_and_set_again():
    planned = plan(seen(V97, {WORKER: v.MISSING}, super_read_only="ON"), WISH)
    shown = [step.display for step in planned.steps if step.target in ("super_read_only", "mysql." + WORKER)]
    assert shown[0] == "SET GLOBAL super_read_only = OFF"
    assert shown[1].startswith("CREATE TABLE")
    assert shown[2] == "SET GLOBAL super_read_only = ON"
    assert planned.steps[0].data["record"]["super_read_only"] == "ON"
    assert planned.after["super_read_only"] == "ON"


@pytest.mark.parametrize(
    ("journal", "rest"),
    [
        ({"super_read_only": "ON"}, [("set_super_read_only", "super_read_only")]),
        ({"start": [""]}, [("stop", "channel ''"), ("start", "channel ''")]),
        ({"analyze": True}, [("analyze", "all InnoDB tables")]),
        ({"connections": ["gone"]}, []),
    ],
)
def test_what_a_killed_run_had_begun_is_ended(a_channel, journal, rest):
    assert actions(plan(seen(V97, channels=[a_channel()], journal=journal), WISH)) == rest


def test_a_channel_that_a_killed_run_had_stopped_is_started_and_its_connection_forgotten(a_channel):
    stopped = a_channel(receiver="stopped", applier="stopped")
    journal = {"start": [""], "connections": [""]}
    found = seen(V97, channels=[stopped], journal=journal, journaled={"": KEPT})
    again = [(action, "channel ''") for action in ("start", "store", "forget_connection")]
    assert actions(plan(found, WISH)) == again
    assert actions(plan(found._replace(stored=[""]), WISH)) == [again[0], again[2]]


def test_relay_logs_are_kept_before_a_channel_with_gtid_only_is_told_anew(a_channel):
    told = KEPT._replace(settings=dict(KEPT.settings, gtid_only=True))
    found = seen(V97, {MASTER: v.MISSING}, channels=[a_channel()], kept={"": told}, relay_logs=["/r/relay-bin.000001"])
    done = [action for action, _target in actions(plan(found, WISH))]
    assert done.index("keep_relay_logs") < done.index("store")
    with pytest.raises(Refused, match="give backup_dir"):
        plan(found, Wish(None, True))
    usual = actions(plan(found._replace(kept={"": KEPT}), Wish(None, True)))
    assert ("keep_relay_logs", "relay logs") not in usual


def test_a_channel_at_rest_is_not_started_to_have_its_connection_stored(a_channel):
    at_rest = a_channel(receiver="stopped", applier="stopped")
    found = seen(V97, {MASTER: v.DEFINITION_DIFFERS}, channels=[at_rest], stored=[""], kept={"": KEPT})
    assert [step for step in actions(plan(found, WISH)) if step[0] in ("start", "store")] == []


def test_a_scratch_schema_that_was_left_is_dropped():
    assert [action for action, _target in actions(plan(seen(V56, scratch=True), WISH))] == ["drop_scratch"]


def test_statistics_are_left_alone_without_the_wish():
    planned = plan(seen(V56, {STATS: v.MISSING}), Wish(None, analyze=False))
    assert actions(planned) == [("create", STATS)]
    assert not plan(seen(V56, {STATS: v.STATISTICS_MISSING}), Wish(None, analyze=False)).needed


def test_files_are_moved_only_where_there_is_a_place_for_them():
    found = seen(V56, {STATS: Finding(STATS, v.ORPHAN_FILES, ["seen"], (".ibd",))})
    with pytest.raises(Refused, match="give backup_dir"):
        plan(found, Wish(None, True))
