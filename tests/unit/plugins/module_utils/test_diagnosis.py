# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What server, files and log say becomes one diagnosis, and the gentlest remedy that may help comes first."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.advice import advice
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.ladder import RUNGS, ladder
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.signs import (
    OWN,
    by_hand,
    signs,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import BY_HAND, BY_ID, LADDER
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import CAUSES

WHERE = "channel ''"


def server(*ids):
    return dict(findings=[dict(id=name, fact="seen: " + name, where=WHERE) for name in ids])


def log(*ids):
    findings = []
    for name in ids:
        rule = BY_ID[name]
        findings.append(
            dict(
                id=name,
                severity=rule.severity,
                confidence=rule.confidence,
                evidence=[dict(where="error.log:7", line="line of " + name)],
                detail=None,
                first=dict(time="2026-11-21 12:00:00", where="error.log:7"),
                meaning=rule.meaning,
                check=rule.check,
                rung=rule.rung,
                remedy=rule.remedy,
                risk=rule.risk,
                options=list(rule.options),
            )
        )
    return dict(findings=findings, past=[], advice=[])


def tables(**verdicts):
    return dict(tables=[dict(name=name, verdict=verdict, detail=[]) for name, verdict in verdicts.items()])


def relay_logs(trouble, **read):
    return dict(dict(trouble=trouble, reason="seen by the index", verdict=None, damage=None), **read)


def relay_files(verdict, damage=None, status="damaged", *kinds):
    """Of mysql_relaylog_repair, which reads the files of a server that is down."""
    files = [dict(name="./relay-bin.000007", status=status, damage=damage)]
    return dict(
        verdict=verdict, files=files, index_findings=[dict(kind=kind, line=3, detail="seen: " + kind) for kind in kinds]
    )


BROKEN = dict(place="/data/relay-bin.000007:154", kind="bad_crc", detail="the checksum of an event does not fit")


def judged(replica=None, log=None, relay_logs=None, tables=None, tried=(), max_rung="salvage"):
    found = signs(replica, log, relay_logs, tables)
    steps = ladder(found, tried, max_rung)
    return [one.id for one in found], next((step.rung for step in steps if step.state == "next"), None)


# what was seen -> what is told, and the rung to climb
CASES = {
    "a healthy replica": (dict(replica=server()), [], None),
    "a healthy replica with an old crash in its log": (
        dict(replica=server(), log=log("server_crashed")),
        [],
        None,
    ),
    "a healthy replica whose log still tells of its applier": (
        dict(replica=server(), log=log("relay_log_unreadable", "duplicate_row")),
        [],
        None,
    ),
    "a healthy replica whose log tells of an index that was repaired": (
        dict(replica=server(), log=log("relay_log_index_unusable", "relay_log_missing")),
        [],
        None,
    ),
    "a healthy replica with a damaged page": (
        dict(replica=server(), log=log("innodb_index_corrupt")),
        ["innodb_index_corrupt"],
        "rebuild",
    ),
    "a redo log that nothing reads, and the starts that failed over it": (
        dict(log=log("redo_log_unreadable", "innodb_init_failed", "crash_loop")),
        ["redo_log_unreadable", "innodb_init_failed", "crash_loop"],
        "rebuild",
    ),
    "an option that kept it from starting once": (
        dict(replica=server("applier_stopped"), log=log("bad_option")),
        ["applier_stopped"],
        "start",
    ),
    "relay logs at fault, as the server says itself": (
        dict(replica=server("applier_relay_log_unreadable"), relay_logs=relay_logs("logs")),
        ["relay_log_unreadable"],
        "relay_log_repair",
    ),
    "an applier that refuses relay logs that are whole": (
        dict(
            replica=server("applier_relay_log_unreadable"), relay_logs=relay_logs("logs", verdict="unclean_at_boundary")
        ),
        ["relay_log_unreadable"],
        "reread",
    ),
    "an applier that hangs because a log is gone": (
        dict(
            replica=server("applier_stalled"),
            relay_logs=relay_logs("logs", verdict="missing_file", damage=dict(place="/data/r.000007:0", detail="gone")),
        ),
        ["applier_stalled"],
        "relay_log_repair",
    ),
    "stopped by hand": (
        dict(replica=server("receiver_stopped", "applier_stopped")),
        ["receiver_stopped", "applier_stopped"],
        "start",
    ),
    "an applier that cannot read its logs": (
        dict(replica=server("applier_relay_log_unreadable")),
        ["relay_log_unreadable"],
        "relay_log_repair",
    ),
    "an applier that hangs": (dict(replica=server("applier_stalled")), ["applier_stalled"], "reread"),
    "a duplicate row": (dict(replica=server("applier_duplicate_row")), ["duplicate_row"], "rebuild"),
    "a password that is refused": (dict(replica=server("receiver_authentication")), ["authentication"], None),
    "an error that has no rule": (dict(replica=server("applier_other")), ["applier_other"], "start"),
    "another source": (dict(replica=server("other_source")), ["other_source"], "reattach"),
    "statistics gone": (
        dict(replica=server(), tables=tables(innodb_table_stats="missing", innodb_index_stats="healthy")),
        ["stats_tables_missing"],
        "system_tables",
    ),
    "statistics that were gone, as the log still says": (
        dict(replica=server(), tables=tables(innodb_table_stats="healthy"), log=log("stats_tables_missing")),
        [],
        None,
    ),
    "the connection's table gone": (
        dict(replica=server("replication_metadata_unusable"), tables=tables(slave_master_info="missing")),
        ["replication_info_tables_missing", "replication_metadata_unusable"],
        "system_tables",
    ),
    "no channel, and relay logs of one": (
        dict(replica=server("no_channel"), relay_logs=relay_logs("lost")),
        ["no_channel", "relay_logs_at_fault"],
        "relay_log_repair",
    ),
    "down, and nobody knows why": (dict(log=log()), ["server_down"], "start"),
    "down, with a cause": (dict(log=log("innodb_pars0pars_865")), ["innodb_pars0pars_865"], "system_tables"),
    "down, with a damaged system table": (
        dict(log=log("tablespace_mismatch", "innodb_assertion"), tables=tables(innodb_table_stats="data_file_damaged")),
        ["stats_tables_missing", "tablespace_mismatch", "innodb_assertion"],
        "system_tables",
    ),
    "down, with damaged system tables that nothing repairs": (
        dict(
            log=log("innodb_page_corrupt", "innodb_assertion"),
            tables=dict(needs="rebuild", found="mysql.ibd is damaged", where="/data"),
        ),
        ["system_space_damaged", "innodb_page_corrupt", "innodb_assertion"],
        "rebuild",
    ),
    "down, with another damaged table": (dict(log=log("tablespace_mismatch")), ["tablespace_mismatch"], "rebuild"),
    "down, the disk full": (dict(log=log("disk_full")), ["disk_full"], None),
    "down, without a log": (dict(), ["server_down"], "start"),
    "down, with a damaged relay log": (
        dict(relay_logs=relay_files("damaged", BROKEN)),
        ["relay_logs_at_fault"],
        "relay_log_repair",
    ),
    "down, with a relay log that is gone": (
        dict(relay_logs=relay_files("missing_file", status="missing")),
        ["relay_logs_at_fault"],
        "relay_log_repair",
    ),
    "down, with a relay log that lost its end exactly behind an event": (
        dict(relay_logs=dict(relay_files("lost_tail", None, "clean"), cut=dict(file="/data/r.000007", offset=154))),
        ["relay_logs_at_fault"],
        "relay_log_repair",
    ),
    "down, with an index that lists nothing": (
        dict(relay_logs=relay_files("clean", None, "clean", "unlisted", "rebuilt")),
        ["relay_logs_at_fault"],
        "relay_log_repair",
    ),
    "down, with a relay log that nobody lists": (
        dict(relay_logs=relay_files("clean", None, "clean", "unlisted")),
        ["server_down"],
        "start",
    ),
    "down, with a last relay log as a crash leaves it": (
        dict(relay_logs=relay_files("unclean_partial_trx", status="unclean_partial_trx")),
        ["server_down"],
        "start",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_seen_becomes_findings_and_the_first_remedy(name):
    seen, told, rung = CASES[name]
    assert judged(**seen) == (told, rung)


# tried in vain -> the next rung
CLIMBS = (
    ("applier_stalled", [], "reread"),
    ("applier_stalled", ["reread"], "relay_log_repair"),
    ("applier_stalled", ["reread", "relay_log_repair"], "rebuild"),
    ("applier_relay_log_unreadable", ["relay_log_repair"], "reattach"),
    ("applier_relay_log_unreadable", ["relay_log_repair", "reattach"], "rebuild"),
    ("applier_relay_log_unreadable", ["relay_log_repair", "reattach", "rebuild"], None),
    ("other_source", ["reattach"], "rebuild"),
)


@pytest.mark.parametrize(("finding", "tried", "rung"), CLIMBS)
def test_the_next_rung_comes_when_the_former_did_not_help(finding, tried, rung):
    assert judged(server(finding), tried=tried)[1] == rung


def test_a_replica_that_replicates_gets_nothing_harsher_than_its_remedy():
    seen = dict(replica=server(), tables=tables(innodb_table_stats="missing"))
    assert judged(**seen)[1] == "system_tables"
    assert judged(tried=["system_tables"], **seen)[1] is None


def test_nothing_above_the_highest_rung_is_climbed_and_the_ladder_says_why():
    found = signs(server("applier_duplicate_row"), None, None, None)
    steps = {step.rung: step for step in ladder(found, [], "reattach")}
    assert [name for name, step in steps.items() if step.state == "next"] == []
    assert "not allowed here" in steps["rebuild"].why
    assert list(steps) == list(LADDER)


def test_what_has_to_be_done_by_hand_comes_before_every_rung():
    found = signs(server("receiver_authentication", "applier_stopped"), None, None, None)
    assert [one.id for one in by_hand(found)] == ["authentication"]
    steps = {step.rung: step for step in ladder(found, [], "salvage")}
    assert steps["start"].state == "later"
    assert BY_ID["authentication"].remedy in steps["start"].why


def test_since_when_is_taken_from_the_log():
    (one,) = signs(server("applier_relay_log_unreadable"), log("relay_log_unreadable"), None, None)
    assert (one.seen_in, one.since) == ("server", "2026-11-21 12:00:00")


GOOD = dict(
    relay_log="relay-bin",
    relay_log_basename="/data/relay-bin",
    master_info_repository="TABLE",
    relay_log_info_repository="TABLE",
    binlog_checksum="CRC32",
    sync_binlog="1",
    innodb_flush_log_at_trx_commit="1",
    sync_relay_log="10000",
)


def told(found=(), log=None, source="CRC32", **settings):
    server = dict(hostname="db1.example.com", settings=dict(GOOD, **settings))
    return [one.id for one in advice(found, dict(server=server, source=dict(binlog_checksum=source)), log)]


# a setting -> what is advised
ADVISED = (
    (dict(), []),
    (dict(relay_log=""), ["relay_log_names_unset"]),
    (dict(relay_log_basename="/data/db1-relay-bin"), ["relay_log_names_unset"]),
    (dict(master_info_repository="FILE"), ["applier_position_not_crash_safe"]),
    (dict(relay_log_info_repository="FILE"), ["applier_position_not_crash_safe"]),
    # 8.3 and later have no such setting
    (dict(master_info_repository=None, relay_log_info_repository=None), []),
    (dict(binlog_checksum="NONE"), ["checksums_differ"]),
    (dict(source=None), []),
    (dict(sync_binlog="0"), ["not_durable"]),
    (dict(innodb_flush_log_at_trx_commit="2"), ["not_durable"]),
)


@pytest.mark.parametrize(("settings", "ids"), ADVISED)
def test_settings_that_let_it_happen_are_told(settings, ids):
    assert told(**settings) == ids


@pytest.mark.parametrize(
    "seen",
    [
        (server("applier_relay_log_unreadable"), None, None, None),
        (None, None, relay_files("damaged", BROKEN), None),
    ],
)
def test_what_keeps_relay_logs_from_being_cut_is_told_where_one_was(seen):
    (one,) = advice(signs(*seen), None, None)
    assert tuple(one.options) == BY_ID["relay_log_unreadable"].options


def test_what_the_log_advises_is_told_once_and_not_where_the_server_shows_it_done():
    names = log("relay_log_names_unset", "password_in_repository")
    names["advice"], names["findings"] = names["findings"], []
    assert [one.id for one in advice([], None, names)] == ["relay_log_names_unset", "password_in_repository"]
    assert told(log=names) == ["password_in_repository"]
    assert told(log=names, relay_log="") == ["relay_log_names_unset", "password_in_repository"]
    assert advice([], None, names)[0].options == list(BY_ID["relay_log_names_unset"].options)


def test_every_cause_of_the_server_has_a_remedy():
    """One that is neither a rule's nor ours is shown as an error without a usual cause."""
    for thread in ("receiver", "applier"):
        for cause in {row[0] for row in CAUSES}:
            (one,) = signs(server("%s_%s" % (thread, cause)), None, None, None)
            assert one.id == cause
            assert one.rung in (BY_HAND, *LADDER)
    assert all(own.rung in LADDER for own in OWN.values())


def test_the_ladder_has_all_rungs_and_climbs_upwards():
    assert tuple(RUNGS) == LADDER
    for name, rung in RUNGS.items():
        assert all(LADDER.index(then) > LADDER.index(name) for then in rung.then)
