# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program writes is loaded while it writes: read once, and no whole dump before its end was seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Busy
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import look_through
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dump_contents, dump_whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import Classified, classify
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Part, Whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import claim
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server as Session
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import Tally, begin_session, load
from integration import by_hand
from sandbox.server import Server
from sandbox.topology import Sandbox

NAME = "mysqldump of db1:3306"


class Target(NamedTuple):
    """A replica that is ready for rows, and the session that we work in."""

    server: Server
    session: Session
    lock: RunLock
    state: Path

    def load(self, whole: Whole, *parts: Part) -> Tally:
        return load(self.session, parts, whole, Sieve, lambda: begin_session(self.session, self.lock))


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        own.source.execute("CREATE DATABASE small")
        own.source.execute("CREATE TABLE small.t (id INT PRIMARY KEY)")
        own.source.execute("INSERT INTO small.t VALUES (1), (2), (3)")
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture(scope="module")
def text(box: Sandbox) -> bytes:
    return by_hand.take_dump(box.source, box.directory / "small.sql", "--databases", "small").read_bytes()


@pytest.fixture
def target(box: Sandbox, tmp_path: Path) -> Iterator[Target]:
    replica = box.replicas[0]
    by_hand.detach(replica)
    by_hand.forget_gtids(replica)
    by_hand.set_quiet(replica)
    login = Login(host="localhost", port=0, user="root", unix_socket=replica.socket)
    with Session(login, log_bin=False) as session, RunLock(str(tmp_path / "state"), "test") as lock:
        claim.claim(session, lock)
        session.execute("DROP DATABASE IF EXISTS small")
        yield Target(replica, session, lock, tmp_path / "state")
    by_hand.set_as_started(replica)


def blocks(text: bytes) -> Iterator[bytes]:
    return (text[at : at + 1000] for at in range(0, len(text), 1000))


def failing(text: bytes) -> Iterator[bytes]:
    yield from blocks(text)
    raise IncompleteDump("mysqldump failed (3): lost connection", NAME)


def test_what_it_holds_is_known_when_it_is_in(target: Target, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = look_through(NAME, [Part(NAME, [text])]).result()
    seen = []

    def counted(statement: bytes, charset: str) -> Classified:
        seen.append(statement)
        return classify(statement, charset)

    for module in (dump_whole, dump_contents):
        monkeypatch.setattr(module, "classify", counted)
    whole = Whole(NAME)
    tally = target.load(whole, Part(NAME, blocks(text)))
    assert whole.result() == looked
    assert looked["complete"]
    assert len(seen) == looked["statements"] == tally.statements + sum(tally.left_out.values())
    assert target.server.value("SELECT COUNT(*) FROM small.t") == 3
    assert target.server.gtid_executed == ""


@pytest.mark.parametrize(
    ("chunks", "found"),
    [
        (failing, "lost connection"),
        (lambda text: blocks(text[:-20]), "end mark"),
        (lambda text: blocks(text[:-400]), "cut|end mark"),
    ],
)
def test_one_that_ends_too_early_is_loaded_so_far_and_claims_nothing(
    target: Target, text: bytes, chunks: Callable[[bytes], Iterator[bytes]], found: str
) -> None:
    whole = Whole(NAME)
    with pytest.raises(IncompleteDump, match=found) as caught:
        target.load(whole, Part(NAME, chunks(text)))
    assert caught.value.where
    assert caught.value.where.startswith(NAME)
    assert "nothing is claimed" in str(caught.value.untouched)
    assert whole.result()["complete"] is False
    assert target.server.value("SELECT COUNT(*) FROM small.t") == 3
    assert target.server.gtid_executed == ""


def test_the_session_that_writes_is_the_one_that_a_next_run_would_end(target: Target, text: bytes) -> None:
    sessions = []

    def watched() -> Iterator[bytes]:
        yield text
        record = json.loads((target.state / "lock").read_text().splitlines()[0])
        (holder,) = target.server.rows(f"SELECT IS_USED_LOCK('{claim.NAME}') AS id")
        sessions.append((target.session.value("SELECT CONNECTION_ID()"), record["session"], holder["id"]))
        assert target.session.value("SELECT @@SESSION.sql_log_bin") == 0

    first = target.session.value("SELECT CONNECTION_ID()")
    target.load(Whole("two"), Part("a", watched()), Part("b", watched()))
    assert all(writes == noted == marked for writes, noted, marked in sessions)
    numbers = [first, *(writes for writes, _noted, _marked in sessions), target.session.value("SELECT CONNECTION_ID()")]
    assert len(set(numbers)) == len(numbers) == 4
    assert claim.still_claimed(target.session)


def test_a_mark_that_was_lost_stops_the_load(target: Target, text: bytes) -> None:
    with target.server.connect() as other, other.cursor() as cursor:
        target.session.value("SELECT RELEASE_LOCK(%s)", (claim.NAME,))
        cursor.execute("SELECT GET_LOCK(%s, 0)", (claim.NAME,))
        with pytest.raises(Busy) as caught:
            target.load(Whole(NAME), Part(NAME, blocks(text)))
    assert "nothing is claimed" in str(caught.value.untouched)
    assert not target.server.value("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'small'")
