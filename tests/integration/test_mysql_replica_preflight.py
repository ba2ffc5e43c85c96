# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_replica_preflight names everything that stands in the way of a rebuild, and touches nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from integration import by_hand
from integration.ansible_run import SOURCE, Task, Template, run_tasks, task
from integration.server_state import state
from sandbox.topology import Sandbox
from sandbox.unlogged import writable

MODULE = "mysql_replica_preflight"
FOREIGN = "11111111-2222-3333-4444-555555555555"


class Dumps(NamedTuple):
    """Dumps of one source, only the first of which can be used for a rebuild."""

    whole: Path
    cut: Path
    without_gtids: Path
    foreign: Path
    newer: Path
    nameless: Path
    partial: Path


class Case(NamedTuple):
    """With this dump and these options, exactly these findings stand in the way."""

    dump: str
    findings: list[str]
    fact: str = ""  # a part of what the first one says
    host: str = "replica1"
    options: Mapping[str, Any] = MappingProxyType({})


CASES = {
    "a way that is clear": Case("whole", []),
    "a dump that is cut": Case("cut", ["dump_incomplete"], "not whole"),
    "a dump without GTIDs": Case("without_gtids", ["dump_without_gtids"], "GTID_PURGED"),
    "a dump of another server": Case("foreign", ["dump_not_of_source"], FOREIGN),
    "a dump of a newer series": Case("newer", ["dump_of_newer_series"], "99.0.0"),
    "a dump that names no schema": Case("nameless", ["dump_names_no_schema"], "which schemas"),
    "a schema that the dump lacks": Case("partial", ["dump_lacks_objects", "extra_schemas"], "schema other"),
    "the same, taken on": Case("partial", [], options={"extra_schemas": "keep", "overrule": ["dump_lacks_objects"]}),
    "a source that does not answer": Case(
        "whole", ["source_unreachable"], "cannot connect", options={"source_port": 1, "connect_timeout": 5}
    ),
    "the source itself": Case(
        "whole", ["replica_is_source", "live_downstreams"], "is the source itself", host="source"
    ),
    "everything at once": Case("cut", ["source_unreachable", "dump_incomplete"], options={"source_port": 1}),
}


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        for schema in ("small", "other"):
            own.source.execute(f"CREATE DATABASE {schema}")
            own.source.execute(f"CREATE TABLE {schema}.t (id INT PRIMARY KEY)")
            own.source.execute(f"INSERT INTO {schema}.t VALUES (1), (2)")
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture(scope="module")
def dumps(box: Sandbox) -> Dumps:
    paths = Dumps(*(box.directory / f"{name}.sql" for name in Dumps._fields))
    text = by_hand.take_dump(box.source, paths.whole).read_bytes()
    paths.cut.write_bytes(text[: len(text) // 2])
    paths.foreign.write_bytes(text.replace(box.source.uuid.encode(), FOREIGN.encode()))
    paths.newer.write_bytes(re.sub(rb"(?m)^(-- Server version\s+)\S+", rb"\g<1>99.0.0", text))
    by_hand.take_dump(box.source, paths.without_gtids, "--all-databases", "--set-gtid-purged=OFF")
    by_hand.take_dump(box.source, paths.nameless, "small")
    by_hand.take_dump(box.source, paths.partial, "--databases", "small")
    return paths


def look_at(*paths: Path) -> list[Task]:
    return [task("mysql_dump_info", path=str(path), require_complete=False) for path in paths]


def preflight(number: int, **options: Any) -> Task:
    """With what the task of that number has told of a dump."""
    return task(MODULE, **{**SOURCE, "dump": Template("{{ result_%d }}" % number), **options})


@pytest.fixture(scope="module")
def answers(box: Sandbox, dumps: Dumps) -> dict[str, dict[str, Any]]:
    """What the module says in every case. Neither server may be another one afterwards."""
    before = state(box.source), state(box.replicas[0])
    found = {}
    for host in ("replica1", "source"):
        cases = {name: case for name, case in CASES.items() if case.host == host}
        tasks = [preflight(Dumps._fields.index(case.dump), **case.options) for case in cases.values()]
        results = run_tasks(box, *look_at(*dumps), *tasks, host=host).results
        found.update(zip(cases, results[len(dumps) :], strict=True))
    assert (state(box.source), state(box.replicas[0])) == before
    return found


def refusals(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What stops a rebuild: warnings and notes, of which a sandbox has some, are other tests' matter."""
    told = answer["error"] if answer["failed"] else answer
    return [one for one in told["findings"] if one["severity"] == "refuse" and not one["overruled"]]


@pytest.mark.parametrize("name", CASES)
def test_what_is_found(answers: dict[str, dict[str, Any]], name: str) -> None:
    case, answer = CASES[name], answers[name]
    assert answer["failed"] is bool(case.findings), answer
    assert answer["changed"] is False
    findings = refusals(answer)
    assert [finding["id"] for finding in findings] == case.findings
    assert all(finding["next_step"] and finding["where"] for finding in findings)
    assert all(f"[{finding}]" in answer["msg"] for finding in case.findings)
    assert case.fact in "".join(finding["fact"] for finding in findings[:1])


def test_what_happened_since_the_dump(box: Sandbox, dumps: Dumps) -> None:
    """Transactions that only the replica has, a second source, and a source that has purged what the dump lacks."""
    source, replica = box.source, box.replicas[0]
    errant = box.damage("errant_transaction", replica, statement="FLUSH PRIVILEGES")["gtids"]
    source.execute("INSERT INTO small.t VALUES (3)")
    source.execute("FLUSH BINARY LOGS")
    source.execute("INSERT INTO small.t VALUES (4)")
    box.wait_caught_up(replica)
    source.execute("PURGE BINARY LOGS TO %s", (source.rows("SHOW BINARY LOGS")[-1]["Log_name"],))
    several = box.build.number >= (5, 7, 6)
    if several:
        with writable(replica):
            replica.execute(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'localhost', SOURCE_PORT = %s, SOURCE_AUTO_POSITION = 1"
                " FOR CHANNEL 'second'",
                (source.port,),
            )
    before = state(source), state(replica)
    _dump, refused, taken_on = run_tasks(
        box, *look_at(dumps.whole), preflight(0), preflight(0, allow_errant=True)
    ).results
    assert (state(source), state(replica)) == before
    if several:
        replica.execute("RESET REPLICA ALL FOR CHANNEL 'second'")
    findings = {finding["id"]: finding["fact"] for finding in refusals(refused)}
    assert list(findings) == ["dump_too_old", *(["other_channels"] if several else []), "errant_transactions"]
    assert "has purged 1 transactions that the dump does not hold" in findings["dump_too_old"]
    assert errant in findings["errant_transactions"]
    assert [finding["id"] for finding in refusals(taken_on)] == list(findings)[:-1]
