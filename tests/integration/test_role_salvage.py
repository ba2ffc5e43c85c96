# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a power cut to a running pair: an instance that does not start, or dies when a table is read, is salvaged.

Each time all undamaged rows are in the new instance, counted against what was committed, the ledger says what is lost,
and a replica is rebuilt from the new instance.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from integration.ansible_run import secrets_in
from integration.salvage_playbook import (
    ROWS,
    assert_as_in_the_ledger,
    assert_new_history,
    counts,
    enabled_events,
    fill,
    ledger,
    replica_follows,
    salvage,
    table,
)
from sandbox.damages_innodb import redo_files
from sandbox.server_program import open_to_the_sandbox
from sandbox.topology import Sandbox
from sandbox.writer import Writer, WriterError
from sandbox.writer_load import SCHEMA as BUSY

from .conftest import MakeBox

FEWER = 20_000


def salvage_around_a_page(box: Sandbox, kind: str) -> None:
    """A page in the middle of 200,000 rows: a scan kills the server."""
    source = box.source
    fill(source)
    before, events, uuid = counts(source), enabled_events(source), source.uuid
    damage = box.damage(kind, source, schema="large", table="t")

    outcome = salvage(box, source, "-v", rebuild="always")
    assert outcome.returncode == 0, outcome.output
    assert not secrets_in(outcome.output)
    told = ledger(source)
    large, lost = table(told, "t"), damage["rows"]
    assert (large["state"], large["rows_lost"]) == ("partial", lost), "no more than the rows of the page"
    assert {one["state"] for one in told["tables"] if one is not large} == {"saved"}
    assert not told["whole"]
    assert large["ranges_lost"][0] in (source.directory / "salvage/ledger.html").read_text()

    open_to_the_sandbox(source)
    assert counts(source) == {**before, "large.t": ROWS - lost}
    low = int(source.value("SELECT MIN(a.id) FROM large.t a LEFT JOIN large.t b ON b.id = a.id + 1 WHERE b.id IS NULL"))
    assert large["ranges_lost"] == [f"id above {low} and below {low + lost + 1}"]
    assert enabled_events(source) == events
    assert events
    assert_new_history(source, uuid)


@pytest.mark.long_on("newest")
def test_a_damaged_page_costs_its_own_rows_and_nothing_else(make_box: MakeBox) -> None:
    salvage_around_a_page(make_box(replicas=0), "page_zeroed")  # 5.6 takes long to die of another one


@pytest.mark.long
@pytest.mark.parametrize("kind", ["page_zeroed", "page_overwritten"])
def test_a_new_instance_is_left_alone_and_a_replica_follows_it(make_box: MakeBox, kind: str) -> None:
    box = make_box()
    source, replica = box.source, box.replicas[0]
    salvage_around_a_page(box, kind)
    pid = source.pid
    again = salvage(box, source, rebuild="always")
    assert again.returncode == 0, again.output
    assert (again.changed, source.pid) == (0, pid)
    replica_follows(box, replica)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["redo_removed", "redo_overwritten"])
def test_a_power_cut_that_took_the_redo_log_costs_no_row_that_was_on_disk(make_box: MakeBox, kind: str) -> None:
    """Killed under load; what was being written may be lost, and the ledger says so."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    fill(source, rows=FEWER)
    source.restart()
    source.execute("SET GLOBAL event_scheduler = OFF")
    before, uuid = counts(source), source.uuid
    with suppress(WriterError), Writer(source) as writer:
        writer.wait_for_commits(300)
        box.damage(kind, source)
    kept = salvage(box, source, rebuild="whole")
    assert kept.returncode == 0, kept.output
    told = ledger(source)
    assert not told["whole"], "nobody can count what was only in the redo log"
    assert "changes that were only in it are lost" in " ".join(told["warnings"])
    assert not source.is_running()
    # Where there is none, a server makes one anew; which level it needs depends on the pages that were on disk.
    assert told["level"] < 6 if kind == "redo_removed" else told["level"] == 6

    outcome = salvage(box, source, rebuild="always")
    assert outcome.returncode == 0, outcome.output
    open_to_the_sandbox(source)
    now = counts(source)
    assert {name: rows for name, rows in now.items() if name in before} == before
    assert {name.partition(".")[0] for name in now if name not in before} <= {BUSY}
    assert_as_in_the_ledger(told, now)
    assert_new_history(source, uuid)
    replica_follows(box, replica)


@pytest.mark.long
def test_rows_that_a_forced_server_passes_over_in_silence_are_called_lost(make_box: MakeBox) -> None:
    """Without the redo log 6 is the level; there 5.6 reads over a damaged page without an error, and 9.7 dies of it."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    fill(source, rows=FEWER)
    before, uuid = counts(source), source.uuid
    lost = box.damage("page_overwritten", source, schema="large", table="t")["rows"]
    for path in redo_files(source):
        path.write_bytes(b"\xa5" * path.stat().st_size)

    outcome = salvage(box, source, rebuild="always")
    assert outcome.returncode == 0, outcome.output
    told = ledger(source)
    large = table(told, "t")
    assert told["level"] == 6
    assert (large["state"], large["method"], large["rows_lost"]) == ("partial", "ranges", lost)
    open_to_the_sandbox(source)
    assert counts(source) == {**before, "large.t": FEWER - lost}
    low = int(source.value("SELECT MIN(a.id) FROM large.t a LEFT JOIN large.t b ON b.id = a.id + 1 WHERE b.id IS NULL"))
    (gap,) = large["ranges_lost"]
    assert gap in (f"id above {low} and below {low + lost + 1}", f"id above {low} and up to {low + lost}")
    assert_new_history(source, uuid)
    replica_follows(box, replica)


@pytest.mark.long
def test_a_page_that_innodb_needs_for_itself_costs_no_row_when_a_level_helps(make_box: MakeBox) -> None:
    """The instance was shut down: no transaction was open, and nothing of what the level gives up is missed."""
    box = make_box()
    source, replica = box.source, box.replicas[0]
    fill(source, rows=FEWER)
    before, events, uuid = counts(source), enabled_events(source), source.uuid
    box.damage("system_page_overwritten", source)

    # 9.7 hangs at level 0
    outcome = salvage(box, source, rebuild="always", start_timeout=30)
    assert outcome.returncode == 0, outcome.output
    told = ledger(source)
    assert told["level"] > 0
    assert told["rows_lost"] == told["unknown"] == 0
    open_to_the_sandbox(source)
    assert counts(source) == before
    assert enabled_events(source) == events
    assert_new_history(source, uuid)
    replica_follows(box, replica)
