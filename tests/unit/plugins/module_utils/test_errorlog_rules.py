# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules: complete rows, ids that are a contract, and a line of a server for every text.

fixtures/error_logs/lines.tsv: id, where the line comes from (a server that wrote it, a seed, or the messages that a
server is built with), the line.
"""

import os
import re

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.meaning import (
    STATEMENT,
    Memory,
    meaning_of,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import (
    BY_HAND,
    BY_ID,
    LADDER,
    RULES,
    SEVERITIES,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.sieve import (
    COARSE,
    EXCERPT,
    lines_worth_a_look,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import CAUSES

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "error_logs")
# Told by more than one line, so by no text
TOLD_OTHERWISE = {"crash_loop", "server_crashed", "xtrabackup_crashed"}
CONTRACT = {
    "relay_log_names_unset",
    "innodb_pars0pars_865",
    "xtrabackup_pars0pars_865",
    "relay_log_unreadable",
    "relay_log_event_crc",
    "gtid_purged_not_empty",
    "stats_tables_missing",
    "redo_missing_mlog_checkpoint",
    "innodb_lsn_in_future",
    "crash_loop",
}


def read_lines():
    with open(os.path.join(FIXTURES, "lines.tsv"), encoding="utf-8", newline="\n") as source:
        return [tuple(line.split("\t", 2)) for line in source.read().split("\n") if line]


LINES = read_lines()


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_row_is_complete(rule):
    assert re.match(r"[a-z][a-z0-9_]+\Z", rule.id)
    assert rule.severity in SEVERITIES
    assert rule.rung in (*LADDER, BY_HAND)
    assert rule.confidence in ("certain", "likely", "possible")
    assert rule.ends in (None, "receiver", "applier")
    assert rule.program in (None, "mysqld", "xtrabackup")
    assert all((rule.meaning, rule.check, rule.remedy, rule.risk, rule.reference))
    assert bool(rule.texts) is (rule.id not in TOLD_OTHERWISE)
    assert all(text.seen for text in rule.texts)


def test_ids_are_unique_and_those_of_the_contract_are_there():
    assert len(BY_ID) == len(RULES)
    assert set(BY_ID) >= CONTRACT


def test_what_the_status_of_a_replica_calls_a_cause_has_the_same_name_here():
    named = {cause for cause, _numbers, _pattern in CAUSES}
    assert named <= set(BY_ID) | {"other"}


@pytest.mark.parametrize(("name", "origin", "line"), LINES, ids=[row[0] + ": " + row[2][:60] for row in LINES])
def test_a_line_of_a_server_is_told(name, origin, line):
    assert origin
    raw = line.encode("utf-8")
    rules = [rule.id for rule in meaning_of(raw).rules]
    assert name in rules if BY_ID[name].program else name == rules[0]
    ((start, end, _at),) = lines_worth_a_look(b"before\n" + raw + b"\nafter", COARSE + EXCERPT)
    assert (start, end) == (7, 7 + len(raw))


def test_every_text_of_every_rule_has_a_line():
    heads = [STATEMENT.split(line.encode("utf-8"))[0] for _name, _origin, line in LINES]
    for rule in RULES:
        for text in rule.texts:
            needle, pattern = text.needle.encode("utf-8"), re.compile((text.pattern or "").encode("utf-8"))
            assert [head for head in heads if needle in head and pattern.search(head)], (rule.id, text)


def test_what_is_remembered_is_what_would_be_found():
    memory = Memory()
    for _name, _origin, line in LINES * 2:
        raw = line.encode("utf-8")
        assert memory.meaning_of(raw) == meaning_of(raw)


DULL = """\
2026-11-21 12:01:17 25414 [Note] Error reading relay log event: slave SQL thread was killed
2026-11-21 12:01:17 25414 [ERROR] Error reading packet from server: Lost connection ( server_errno=2013)
2026-11-21 12:01:27 25896 [Note] InnoDB: Database was not shutdown normally!
2026-11-21 12:01:27 25896 [Warning] InnoDB: The log sequence numbers 1 and 1 in ibdata files do not match
2026-11-21T12:14:41.518487Z 0 [Warning] [MY-011810] [Server] Insecure configuration for --pid-file: Location
2026-11-21 12:01:27 25896 [Note] While initializing dump thread, found a zombie dump thread with the same UUID.
2026-11-21 18:20:01 4693 [Warning] /usr/sbin/mysqld: unknown option '--loose-skip-replica-start'
2026-11-21 18:20:01 4693 [Warning] /usr/sbin/mysqld: unknown variable 'loose-no-such=1'
2026-11-21T12:20:26.705837Z 0 [Warning] [MY-000068] [Server] unknown option '--loose-no-such'.
2026-11-21T12:01:20Z 12 [Note] [MY-010926] [Server] Access denied for user 'Disk is full writing'@'h' [ERROR]
2026-11-21T12:01:20Z 12 [Note] Aborted connection 1 to db: 'Relay log write failure' user: 'x' host: 'y' ([ERROR])
""".splitlines()


@pytest.mark.parametrize("line", DULL)
def test_what_healthy_servers_say_means_nothing(line):
    assert meaning_of(line.encode("utf-8")) is None


HOSTILE = [
    "2026-11-21 12:01:43 1 [ERROR] Slave SQL: Error 'x' on query. Default database: 'x'. Query: '%s', Error_code: 1",
    "2026-11-21 12:01:43 1 [Warning] Unsafe statement written to the binary log [ERROR] Statement: %s",
    "Query (7f01): %s",
]


@pytest.mark.parametrize("frame", HOSTILE)
@pytest.mark.parametrize("words", sorted({line for _name, _origin, line in LINES})[::20])
def test_words_of_a_client_are_no_finding(frame, words):
    assert meaning_of((frame % words).encode("utf-8")) is None
