# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight finds what a dump lacks, what its load would fail at, and whether space and time are enough."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from integration import by_hand
from integration.ansible_run import BACKUP, LOGIN, SOURCE, STATE, Task, Template, run_tasks, task
from integration.server_state import sha256, state
from sandbox.server import Server
from sandbox.topology import Sandbox

DAY = 86400
IDS = [
    "dump_too_old", "dump_changed", "dump_writable_by_others", "dump_snapshot_unknown", "dump_lacks_objects",
    "dump_may_lack_objects", "load_trial_fails", "load_trial_changes_engine", "load_trial_changes_tables",
    "load_trial_partly", "load_packet_too_small", "load_packet_smaller_than_source", "load_disk", "load_disk_short",
    "source_purges_soon",
]  # fmt: skip
OBJECTS = """
CREATE DATABASE small
CREATE DATABASE other
CREATE TABLE small.t (id INT PRIMARY KEY, word LONGTEXT)
CREATE TABLE small.parted (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2
CREATE TABLE other.t (id INT PRIMARY KEY)
CREATE TRIGGER small.tr BEFORE INSERT ON small.t FOR EACH ROW SET NEW.id = NEW.id
CREATE FUNCTION small.f() RETURNS INT DETERMINISTIC RETURN 1
CREATE EVENT small.e ON SCHEDULE EVERY 1 DAY DISABLE DO SET @a = 1
INSERT INTO small.t VALUES (1, REPEAT('x', 3000000))
""".strip().splitlines()


class Case(NamedTuple):
    """With a dump, exactly these findings beside load_disk, and what each says. told: what mysql_dump_info is said to
    have returned otherwise."""

    dump: str
    findings: dict[str, str]
    told: Mapping[str, Any] = MappingProxyType({})


CASES = {
    "a good dump": Case("whole", {}),
    "one that tells no position, and that others may write to": Case(
        "plain", {"dump_snapshot_unknown": "no binary log position", "dump_writable_by_others": "its mode is 0666"}
    ),
    "one schema of two": Case("partial", {"dump_lacks_objects": "schema other"}),
    "a table left out": Case("without_table", {"dump_lacks_objects": "table other.t"}),
    "options forgotten": Case("tables_only", {"dump_lacks_objects": "1 of 1 events, 1 of 1 routines, 1 of 1 triggers"}),
    "one that was written to, and larger than the disk": Case(
        "whole",
        {"dump_changed": "another", "load_disk_short": "will be free", "load_packet_too_small": "max_allowed_packet"},
        {"fingerprint": "of before", "largest_statement": 1 << 60},
    ),
    "one that is older than the logs are kept": Case("old", {"source_purges_soon": "in 0 s"}),
}


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        for statement in OBJECTS:
            own.source.execute(statement)
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture(scope="module")
def dumps(box: Sandbox) -> dict[str, Path]:
    wanted = {
        "whole": ["--all-databases", "--source-data=2"],
        "plain": ["--all-databases"],
        "partial": ["--source-data=2", "--databases", "small"],
        "without_table": ["--all-databases", "--source-data=2", "--ignore-table=other.t"],
        "tables_only": ["--all-databases", "--source-data=2", "--skip-routines", "--skip-events", "--skip-triggers"],
        "old": ["--all-databases", "--source-data=2"],
    }
    made = {name: by_hand.take_dump(box.source, box.directory / f"{name}.sql", *what) for name, what in wanted.items()}
    made["plain"].chmod(0o666)
    long_ago = time.time() - 2 * DAY
    os.utime(made["old"], (long_ago, long_ago))
    return made


@contextmanager
def logs_kept_for_a_day(source: Server) -> Iterator[None]:
    """The dump that is two days old is then too old; no log is."""
    name, value = ("binlog_expire_logs_seconds", DAY) if source.build.number >= (8, 0, 1) else ("expire_logs_days", 1)
    before = source.value(f"SELECT @@GLOBAL.{name}")
    source.execute(f"SET GLOBAL {name} = %s", (value,))
    yield
    source.execute(f"SET GLOBAL {name} = %s", (before,))


def preflight(dump: Any, **options: Any) -> Task:
    return task(
        "mysql_replica_preflight", **{**LOGIN, **SOURCE, **STATE, **BACKUP, "only": IDS, "dump": dump, **options}
    )


def findings(answer: dict[str, Any]) -> dict[str, str]:
    found = answer["error"]["findings"] if answer["failed"] else answer["findings"]
    assert all(one["next_step"] and one["where"] for one in found)
    return {one["id"]: one["fact"] for one in found}


@pytest.fixture(scope="module")
def told(box: Sandbox, dumps: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """What mysql_dump_info says of each."""
    results = run_tasks(box, *(task("mysql_dump_info", path=str(path)) for path in dumps.values())).results
    assert not any(result["failed"] for result in results), results
    return dict(zip(dumps, results, strict=True))


@pytest.fixture(scope="module")
def answers(
    box: Sandbox, dumps: dict[str, Path], told: dict[str, dict[str, Any]]
) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """Every case. Servers and dumps are the same afterwards."""
    tasks = [preflight(told[case.dump] | dict(case.told)) for case in CASES.values()]

    def everything_there() -> Any:
        return [state(server) for server in box.servers], [sha256(path) for path in dumps.values()]

    with logs_kept_for_a_day(box.source):
        before = everything_there()
        results = run_tasks(box, *tasks).results
        assert everything_there() == before
    return {name: (result, findings(result)) for name, result in zip(CASES, results, strict=True)}


@pytest.mark.parametrize("name", CASES)
def test_what_is_found(answers: dict[str, tuple[dict[str, Any], dict[str, str]]], name: str) -> None:
    case, (answer, found) = CASES[name], answers[name]
    assert "for tables and indexes" in found.pop("load_disk")
    assert set(found) == set(case.findings)
    assert all(fact in found[check] for check, fact in case.findings.items())
    assert answer["changed"] is False


@pytest.mark.long_on("newest")
def test_the_load_tried(box: Sandbox, dumps: dict[str, Path], told: dict[str, dict[str, Any]]) -> None:
    """A replica that takes smaller statements than the dump has, and lacks an engine and a collation of it."""
    source, replica = box.source, box.replicas[0]
    odd = dumps["whole"].with_name("odd.sql")
    text = dumps["whole"].read_bytes()
    at = text.index(b"ENGINE=InnoDB", text.index(b"\nCREATE TABLE `parted` (\n"))
    text = text[:at] + b"COLLATE=utf8mb4_nowhere_ci " + text[at:]
    at = text.index(b"ENGINE=InnoDB", text.index(b"\nCREATE TABLE `t` (\n"))
    odd.write_bytes(text[:at] + b"ENGINE=TokuDB" + text[at + len(b"ENGINE=InnoDB") :])
    looks = [task("mysql_dump_info", path=str(odd)), task("mysql_load_trial", path=str(odd), **LOGIN, **STATE)]
    good = task("mysql_load_trial", path=str(dumps["whole"]), **LOGIN, **STATE)
    before = [state(server) for server in box.servers]
    packets = [int(server.value("SELECT @@GLOBAL.max_allowed_packet")) for server in box.servers]
    source.execute("SET GLOBAL max_allowed_packet = %s", (64 << 20,))
    replica.execute("SET GLOBAL max_allowed_packet = %s", (1 << 20,))
    told_of, trial = Template("{{ result_0 }}"), Template("{{ result_1 }}")
    *_looks, fails, streamed, _good, partly = run_tasks(
        box, *looks,
        preflight(told_of, trial=trial),
        preflight(told["whole"] | {"size": 0, "largest_statement": 1000}),
        good,
        preflight(told["plain"] | {"largest_statement": 1000}, trial=Template("{{ result_4 }}")),
    ).results  # fmt: skip
    for server, packet in zip(box.servers, packets, strict=True):
        server.execute("SET GLOBAL max_allowed_packet = %s", (packet,))
    assert [state(server) for server in box.servers] == before
    found = findings(fails)
    assert "small.parted: " in found["load_trial_fails"]
    assert "utf8mb4_nowhere_ci" in found["load_trial_fails"]
    assert "TokuDB" in found["load_trial_changes_engine"]
    assert "max_allowed_packet is 1048576" in found["load_packet_too_small"]
    assert "of up to 67108864 bytes" in findings(streamed)["load_packet_smaller_than_source"]
    # super_read_only, where it is, lets no scratch schema be made
    assert ("partitions" in findings(partly).get("load_trial_partly", "")) is (box.build.number >= (5, 7, 8))


def test_what_is_purged_since_is_seen_when_it_is_asked_again(box: Sandbox, told: dict[str, dict[str, Any]]) -> None:
    source = box.source
    source.execute("INSERT INTO other.t VALUES (1)")
    source.execute("FLUSH BINARY LOGS")
    box.wait_caught_up(box.replicas[0])
    source.execute("PURGE BINARY LOGS TO %s", (source.rows("SHOW BINARY LOGS")[-1]["Log_name"],))
    again, other = run_tasks(
        box, preflight(told["whole"], only=["dump_too_old"]), preflight(told["whole"], only=["dump_lacks_objects"])
    ).results
    assert list(findings(again)) == ["dump_too_old"]
    assert (other["failed"], other["checks"], other["findings"]) == (False, 1, [])
