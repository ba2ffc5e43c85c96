# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump of a file a schema, in a directory or a tar archive, is loaded as one; or refused, and nothing touched."""

from __future__ import annotations

import gzip
import re
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from integration import by_hand
from integration.ansible_run import SOURCE, STATE, Template, run_task, run_tasks, task
from integration.server_state import logs, state
from sandbox.compare import compare
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_dump_load"
SCHEMAS = ("crm", "shop")  # in the order in which they are loaded
# crm comes first: its views on shop have to wait, and so do those on them
OBJECTS = """
CREATE DATABASE shop
CREATE DATABASE crm
CREATE TABLE shop.item (id INT PRIMARY KEY, name VARCHAR(20)) CHARACTER SET utf8mb4
CREATE TABLE crm.client (id INT PRIMARY KEY, item INT)
CREATE FUNCTION shop.twice(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n
CREATE VIEW shop.plain AS SELECT id FROM shop.item
CREATE VIEW crm.bought AS SELECT c.id, i.name FROM crm.client c JOIN shop.item i ON i.id = c.item
CREATE VIEW crm.doubled AS SELECT shop.twice(id) AS n FROM crm.client
CREATE VIEW crm.above AS SELECT name FROM crm.bought
CREATE VIEW shop.back AS SELECT id FROM crm.bought
CREATE VIEW crm.forth AS SELECT id FROM shop.back
INSERT INTO shop.item VALUES (1, 'caf\u00e9'), (2, 'th\u00e9')
INSERT INTO crm.client VALUES (1, 2), (2, 1)
""".strip().splitlines()
# made where text is written in another character set: a view remembers that
LATIN1 = "CREATE VIEW crm.latin1 AS SELECT id, 'caf\u00e9' AS word FROM shop.plain"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    with Sandbox.up(server=server_kind) as own:
        for statement in OBJECTS:
            own.source.execute(statement)
        with closing(own.source.connect(charset="latin1")) as session, session.cursor() as cursor:
            cursor.execute(LATIN1)
        own.wait_caught_up(own.replicas[0])
        yield own


@pytest.fixture
def target(box: Sandbox) -> Iterator[Server]:
    """The replica as it is when its turn comes: no channel, no GTIDs, nobody else writes, no load was interrupted."""
    replica = box.replicas[0]
    by_hand.detach(replica)
    by_hand.forget_gtids(replica)
    by_hand.set_quiet(replica)
    (replica.directory / "dbre" / "state" / "load.json").unlink(missing_ok=True)
    yield replica
    by_hand.set_as_started(replica)


@pytest.fixture(scope="module")
def texts(box: Sandbox) -> dict[str, bytes]:
    """What mysqldump writes of each schema, one after the other, with no write in between."""
    return {
        schema: by_hand.take_dump(box.source, box.directory / "one.sql", "--databases", schema).read_bytes()
        for schema in SCHEMAS
    }


def files(directory: Path, texts: dict[str, bytes], cut: str = "") -> Path:
    """A directory as a backup service leaves it, with the end of one of the files missing."""
    directory.mkdir()
    for schema, text in texts.items():
        packed = gzip.compress(text)
        (directory / f"{schema}.sql.gz").write_bytes(packed[:-20] if schema == cut else packed)
    (directory / "MD5SUMS").write_text("whatever\n")
    return directory


def archive(path: Path, mode: Any, texts: dict[str, bytes]) -> Path:
    where = files(path.with_suffix(".d"), texts)
    with tarfile.open(path, mode) as target:
        target.add(where, arcname="backup")
    return path


def views(server: Server) -> list[dict[str, Any]]:
    """What each view remembers of the session that made it."""
    return server.rows(
        "SELECT TABLE_SCHEMA, TABLE_NAME, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DEFINER, SECURITY_TYPE"
        " FROM information_schema.VIEWS WHERE TABLE_SCHEMA IN ('crm', 'shop') ORDER BY 1, 2"
    )


def dump_as(form: str, where: Path, texts: dict[str, bytes]) -> Path:
    where.mkdir(exist_ok=True)
    if form == "directory":
        return files(where / "dump", texts)
    return archive(where / "dump.tar", {"tar": "w", "tar.gz": "w:gz"}[form], texts)


@pytest.mark.parametrize("form", ["directory", "tar", "tar.gz"])
def test_a_file_a_schema_becomes_an_equal_replica(
    box: Sandbox, target: Server, texts: dict[str, bytes], form: str
) -> None:
    path = dump_as(form, box.directory / f"form-{form}", texts)
    written = logs(target)
    looked, loaded = run_tasks(
        box,
        task("mysql_dump_info", path=str(path)),
        task(MODULE, path=str(path), dump=Template("{{ result_0 }}"), **STATE),
    ).results
    assert not loaded["failed"], loaded
    assert loaded["changed"] is True
    assert sorted(looked["databases"]) == sorted(SCHEMAS)
    assert [Path(part["name"]).name for part in looked["parts"]] == [f"{schema}.sql.gz" for schema in SCHEMAS]
    assert looked["gtid_purged"] == loaded["gtid_purged"] == box.source.gtid_executed
    assert (target.gtid_executed, logs(target)) == ("", written)
    target.execute("SET GLOBAL gtid_purged = %s", (loaded["gtid_purged"],))
    again = run_task(box, MODULE, path=str(path), **STATE)
    assert (again["failed"], again["changed"]) == (False, False)
    box.attach(target)
    judgement = compare(box.source, target)
    assert judgement.identical, str(judgement)
    assert target.rows("SELECT word FROM crm.latin1 LIMIT 1") == [{"word": "caf\u00e9"}]
    assert views(target) == views(box.source)


def test_what_a_file_sets_holds_for_itself_alone(box: Sandbox, target: Server, texts: dict[str, bytes]) -> None:
    """As when each file is given to a mysql client of its own."""
    sets = "SET SESSION default_storage_engine = MyISAM, sql_mode = 'ANSI_QUOTES';\nSET NAMES latin1;\n"
    odd = (
        "CREATE DATABASE IF NOT EXISTS shop;\nUSE shop;\nCREATE TABLE odd (word VARCHAR(9)) CHARACTER SET utf8mb4;\n"
        'INSERT INTO odd VALUES ("caf\u00e9");\n'
    )
    changed = {
        "crm": texts["crm"].replace(b"-- Dump completed", sets.encode() + b"-- Dump completed"),
        "shop": odd.encode() + texts["shop"],
    }
    loaded = run_task(box, MODULE, path=str(files(box.directory / "leak", changed)), **STATE)
    assert not loaded["failed"], loaded
    (table,) = target.rows("SELECT ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_NAME = 'odd'")
    assert table["engine"] == "InnoDB"
    assert target.rows("SELECT word FROM shop.odd") == [{"word": "caf\u00e9"}]
    assert target.gtid_executed == ""


def test_a_view_on_what_is_in_no_file_is_told_with_its_place(
    box: Sandbox, target: Server, texts: dict[str, bytes]
) -> None:
    view = b"CREATE VIEW `lost` AS SELECT * FROM `shop`.`nowhere`"
    text = texts["crm"].replace(b"-- Dump completed", view + b";\n-- Dump completed")
    place = text.index(view)
    directory = files(box.directory / "lost", {**texts, "crm": text})
    failed = run_task(box, MODULE, path=str(directory), **STATE)
    assert failed["error"]["errno"] == 1146
    line = text[:place].count(b"\n") + 1
    assert failed["error"]["where"] == f"{directory}/crm.sql.gz: line {line}, byte {place} of the plain text"
    assert "nothing is claimed" in failed["error"]["untouched"]
    # every other view was made: this one alone is in the way
    assert len(target.rows("SELECT * FROM crm.forth")) == 2
    assert target.gtid_executed == ""


@pytest.mark.usefixtures("target")
def test_a_statement_that_fails_is_named_by_its_file(box: Sandbox, texts: dict[str, bytes]) -> None:
    found = re.search(rb"INSERT INTO `item`.*\n", texts["shop"])
    assert found
    again = b"INSERT INTO `item` VALUES (1, 'again');\n"
    text = texts["shop"][: found.end()] + again + texts["shop"][found.end() :]
    path = archive(box.directory / "again.tar", "w", {**texts, "shop": text})
    failed = run_task(box, MODULE, path=str(path), **STATE)
    assert failed["error"]["errno"] == 1062
    line = text[: found.end()].count(b"\n") + 1
    assert failed["error"]["where"] == f"{path}: backup/shop.sql.gz: line {line}, byte {found.end()} of the plain text"


def test_what_is_not_one_whole_dump_is_refused_and_nothing_touched(
    box: Sandbox, target: Server, texts: dict[str, bytes]
) -> None:
    uuid = box.source.uuid.encode()
    later = re.sub(rb"(%s:1-)\d+" % uuid, rb"\g<1>9999", texts["shop"])
    nameless = re.sub(rb"(?m)^(USE|CREATE DATABASE) .*\n", b"", texts["shop"])
    assert later != texts["shop"] != nameless
    cut = files(box.directory / "cut", texts, cut="crm")
    differ = files(box.directory / "differ", {**texts, "shop": later})
    silent = files(box.directory / "silent", {**texts, "shop": re.sub(rb"SET @@GLOBAL.GTID_PURGED[^;]*;", b"", later)})
    homeless = files(box.directory / "homeless", {**texts, "shop": nameless})
    half = archive(box.directory / "half.tar", "w", texts)
    half.write_bytes(half.read_bytes()[:3000])
    before = state(target)
    paths = (cut, half, differ, silent, homeless)
    results = run_tasks(box, *(task(MODULE, path=str(path), **STATE) for path in paths)).results
    messages = [result["msg"] for result in results]
    assert all(result["failed"] and not result["changed"] for result in results)
    assert state(target) == before
    assert f"{cut}/crm.sql.gz: the gzip file is cut" in messages[0]
    assert "not a whole dump" in messages[1]
    assert f"{half}" in messages[1]
    assert all("do not declare the same GTID set" in message for message in messages[2:4])
    assert f"which schema a statement of the dump belongs to: {homeless}/shop.sql.gz: line " in messages[4]


def test_the_preflight_names_the_files_that_differ(box: Sandbox, target: Server, texts: dict[str, bytes]) -> None:
    silent = re.sub(rb"SET @@GLOBAL.GTID_PURGED[^;]*;", b"", texts["shop"])
    directory = files(box.directory / "preflight", {**texts, "shop": silent})
    _looked, answer = run_tasks(
        box,
        task("mysql_dump_info", path=str(directory)),
        task("mysql_replica_preflight", dump=Template("{{ result_0 }}"), only=["dump_parts_differ"], **SOURCE),
    ).results
    (finding,) = answer["error"]["findings"]
    assert finding["id"] == "dump_parts_differ"
    assert f"{directory}/crm.sql.gz declares {box.source.gtid_executed}" in finding["fact"]
    assert f"{directory}/shop.sql.gz declares none" in finding["fact"]
    assert target.gtid_executed == ""
