# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_dump_accounts makes accounts those of a dump, exactly, and never closes the door behind itself."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest

from integration import by_hand
from integration.ansible_run import (
    BACKUP,
    LOGIN,
    STATE,
    Task,
    command_lines,
    run_task,
    run_tasks,
    secrets_in,
    task,
    tasks_under_way,
)
from integration.killed_at_a_statement import Mortal
from integration.server_state import logs, state
from sandbox import dataset
from sandbox.accounts import ADMIN
from sandbox.damage import wait_for
from sandbox.server import Server
from sandbox.topology import Sandbox

MODULE = "mysql_dump_accounts"
ODD = "odd \"'`\\ 端"  # fits the 16 characters of 5.6
STRIDE = 11  # steps between two instants of a kill
State = tuple[dict[str, list[dict[str, Any]]], dict[tuple[str, str], list[str]]]
SECRET = "known to 'knocks'"


@pytest.fixture(scope="module")
def box(server_kind: str) -> Iterator[Sandbox]:
    """A source with accounts of every kind, and a replica that has been detached before it got them."""
    with Sandbox.up(server=server_kind) as own:
        by_hand.detach(own.replicas[0])
        by_hand.set_quiet(own.replicas[0])
        dataset.load(own.source, scale=0.05)
        own.source.execute("SET GLOBAL event_scheduler = OFF")
        for statement in (
            "CREATE USER ''@'localhost'",
            "GRANT SELECT ON `shop`.* TO ''@'localhost'",
            "GRANT PROXY ON 'keeper'@'localhost' TO 'app-user'@'%'",
            "GRANT EXECUTE ON PROCEDURE shop.note_down TO 'app-user'@'%'",
        ):
            own.source.execute(statement)
        own.source.execute("CREATE USER %s@'%%.Example.com' IDENTIFIED BY %s", (ODD, SECRET))
        own.source.execute("GRANT UPDATE (note) ON shop.customers TO %s@'%%.Example.com'", (ODD,))
        own.source.execute("CREATE USER 'knocks'@'localhost' IDENTIFIED BY %s", (SECRET,))
        own.source.execute("GRANT SELECT ON *.* TO 'knocks'@'localhost'")
        yield own


@pytest.fixture(scope="module")
def dump(box: Sandbox) -> Path:
    return by_hand.take_dump(box.source, box.directory / "all.sql")


@pytest.fixture(scope="module")
def dumped(box: Sandbox, dump: Path) -> State:
    """The accounts of the source when the dump was taken."""
    assert dump.exists()
    return accounts(box.source)


@pytest.fixture(scope="module")
def locking_out(box: Sandbox, dumped: State) -> Path:
    """A dump in which the account that the module logs in with has another password."""
    assert dumped
    set_password(box.source, "another")
    path = by_hand.take_dump(box.source, box.directory / "locking-out.sql")
    set_password(box.source, ADMIN.password)
    return path


@pytest.fixture
def target(box: Sandbox) -> Iterator[Server]:
    """The replica, with the accounts that every server of a sandbox has, and one more."""
    replica = box.replicas[0]
    unlogged(replica, "CREATE USER 'only'@'10.1.2.3'")
    before = rows(replica)
    yield replica
    for table, content in before.items():
        unlogged(replica, f"DELETE FROM mysql.{table}")
        for row in content:
            names, marks = ", ".join(f"`{name}`" for name in row), ", ".join(["%s"] * len(row))
            unlogged(replica, f"INSERT INTO mysql.{table} ({names}) VALUES ({marks})", tuple(row.values()))
    unlogged(replica, "FLUSH PRIVILEGES")
    unlogged(replica, "DROP USER 'only'@'10.1.2.3'")
    by_hand.set_quiet(replica)


def unlogged(server: Server, statement: str, args: tuple[Any, ...] | None = None) -> None:
    """As root, without a GTID."""
    for setting in ("sql_log_bin = 0", "sql_mode = ''"):
        server.execute(f"SET SESSION {setting}")
    server.execute(statement, args)


def set_password(server: Server, password: str) -> None:
    for host in ADMIN.hosts:
        if server.build.number >= (5, 7, 6):
            server.execute("ALTER USER %s@%s IDENTIFIED BY %s", (ADMIN.user, host, password))
        else:
            server.execute("SET PASSWORD FOR %s@%s = PASSWORD(%s)", (ADMIN.user, host, password))


def rows(server: Server) -> dict[str, list[dict[str, Any]]]:
    """Every row of every account table, timestamps included."""
    names = server.rows(
        "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME IN"
        " ('columns_priv', 'db', 'default_roles', 'global_grants', 'password_history', 'procs_priv', 'proxies_priv',"
        " 'role_edges', 'tables_priv', 'user')"
    )
    found = {row["name"]: server.rows(f"SELECT * FROM mysql.{row['name']}") for row in names}
    return {name: sorted(table, key=repr) for name, table in found.items()}


def grants(server: Server) -> dict[tuple[str, str], list[str]]:
    """What the server itself, which goes by what it has in memory, says of each account."""
    users = server.rows("SELECT User AS user, Host AS host FROM mysql.user")
    statements = ["SHOW GRANTS FOR %s@%s", *(["SHOW CREATE USER %s@%s"] if server.build.number >= (5, 7, 6) else [])]
    return {
        (one["user"], one["host"]): sorted(  # 5.6 tells them in the order in which it came to know them
            str(value)
            for statement in statements
            for row in server.rows(statement, (one["user"], one["host"]))
            for value in row.values()
        )
        for one in users
    }


def accounts(server: Server) -> State:
    """All of what a test compares with `==`."""
    return rows(server), grants(server)


def hashes(*servers: Server) -> list[str]:
    """What no output may hold: each password hash, or the end of it, which needs no escape."""
    columns = [name for name in ("Password", "authentication_string") if name in rows(servers[0])["user"][0]]
    found = {str(row[name] or "")[-20:] for server in servers for row in rows(server)["user"] for name in columns}
    return sorted(found - {""} - {one for one in found if "INVALID" in one})


def journal(box: Sandbox) -> Path:
    return box.replicas[0].directory / "dbre/state/accounts.json"


def load(path: Path, **options: Any) -> Task:
    return task(MODULE, path=str(path), **{**LOGIN, **STATE, **BACKUP, **options})


def restore(quarantine: str) -> Task:
    return task(MODULE, state="restored", quarantine=quarantine, **LOGIN, **STATE, **BACKUP)


@pytest.mark.long_on("oldest")
def test_accounts_are_those_of_the_dump_and_no_gtid(box: Sandbox, dump: Path, dumped: State, target: Server) -> None:
    before, written, claimed = rows(target), logs(target), target.gtid_executed
    with pytest.raises(pymysql.err.OperationalError):
        target.connect("knocks", password=SECRET)
    with command_lines() as seen:
        run = run_tasks(box, load(dump)._replace(check=True), load(dump), load(dump), arguments=("-vvv", "--diff"))
    planned, done, again = run.results
    assert (planned["failed"], done["failed"], again["failed"]) == (False, False, False), run.results
    assert (planned["changed"], done["changed"], again["changed"], again["plan"]) == (True, True, False, [])
    for name in ("added", "removed", "changed_accounts", "kept_own", "plan", "diff"):
        assert planned[name] == done[name], name
    assert "'app-user'@'%'" in done["added"]
    assert f"'{ODD}'@'%.example.com'" in done["added"]
    assert done["removed"] == ["'only'@'10.1.2.3'"]
    assert (done["kept_own"], done["notes"], planned["quarantine"]) == ([], [], None)

    assert accounts(target) == dumped
    with closing(target.connect("knocks", password=SECRET)) as session, session.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM mysql.db")
    assert (logs(target), target.gtid_executed) == (written, claimed)

    copy = Path(done["quarantine"])
    assert {path.name: path.stat().st_mode & 0o777 for path in copy.iterdir()} == {
        "accounts.json": 0o600,
        "manifest.json": 0o600,
    }
    assert copy.stat().st_mode & 0o777 == 0o700
    told = run.output + json.dumps(run.results) + "".join(seen)
    assert secrets_in(told, SECRET) == []
    assert [part for part in hashes(box.source, target) if part in told] == []

    back, there = run_tasks(box, restore(done["quarantine"]), restore(done["quarantine"])).results
    assert (back["failed"], back["changed"], there["changed"]) == (False, True, False), back
    assert rows(target) == before
    assert back["added"] == ["'only'@'10.1.2.3'"]
    assert not journal(box).exists()


def test_an_account_that_the_dump_lacks_keeps_all_it_has_when_it_is_ours(
    box: Sandbox, dump: Path, dumped: State, target: Server
) -> None:
    roles = target.build.number >= (8, 0, 0)
    unlogged(target, "CREATE USER 'local'@'localhost' IDENTIFIED BY 'pass word'")
    unlogged(target, "GRANT ALL ON *.* TO 'local'@'localhost' WITH GRANT OPTION")
    if roles:  # what it may do, it may do by a role
        unlogged(target, "REVOKE ALL, GRANT OPTION FROM 'local'@'localhost'")
        unlogged(target, "CREATE ROLE 'top', 'base', 'nobodys'")
        unlogged(target, "GRANT ALL ON *.* TO 'base'")
        unlogged(target, "GRANT 'base' TO 'top'")
        unlogged(target, "GRANT 'top' TO 'local'@'localhost'")
        unlogged(target, "SET DEFAULT ROLE 'top' TO 'local'@'localhost'")
    had = grants(target)
    login = {"login_user": "local", "login_password": "pass word"}
    done, again = run_tasks(box, load(dump, **login), load(dump, **login)).results
    assert (done["failed"], done["changed"], again["changed"]) == (False, True, False), (done, again)
    kept = [("local", "localhost"), *([("base", "%"), ("top", "%")] if roles else [])]
    assert done["kept_own"] == sorted(f"'{user}'@'{host}'" for user, host in kept)
    assert grants(target) == dumped[1] | {account: had[account] for account in kept}
    if roles:
        assert "'nobodys'@'%'" in done["removed"]


def test_accounts_that_lock_us_out_are_taken_back(box: Sandbox, locking_out: Path, target: Server) -> None:
    before = accounts(target)
    run = run_tasks(box, load(locking_out), arguments=("-vvv",))
    (failed,) = run.results
    assert (failed["failed"], failed["changed"], failed["error"]["kind"]) == (True, False, "refused"), failed
    assert "Access denied" in failed["msg"]
    assert "the old ones are back" in failed["msg"]
    assert accounts(target) == before
    target.connect(ADMIN.user, password=ADMIN.password).close()
    assert not journal(box).exists()
    assert [part for part in hashes(box.source, target) if part in run.output] == []


def test_privileges_that_a_rebuild_needs_are_not_given_away(box: Sandbox, dump: Path, target: Server) -> None:
    unlogged(target, "CREATE USER 'knocks'@'localhost' IDENTIFIED BY %s", (SECRET,))
    unlogged(target, "GRANT ALL ON *.* TO 'knocks'@'localhost'")
    before = rows(target)
    (failed,) = run_tasks(box, load(dump, login_user="knocks", login_password=SECRET)).results
    assert failed["error"]["kind"] == "refused", failed
    assert rows(target) == before


def test_what_cannot_be_right_is_refused(box: Sandbox, dump: Path, target: Server) -> None:
    text = dump.read_bytes()
    other = box.directory / "other-series.sql"
    other.write_bytes(text.replace(b"-- Server version\t%d." % target.build.number[0], b"-- Server version\t4.", 1))
    part = box.directory / "part.sql"
    part.write_bytes(text.replace(b"CREATE TABLE `db`", b"CREATE TABLE `db_of_another`", 1))
    shop = by_hand.take_dump(box.source, box.directory / "shop.sql", "--databases", "shop")
    cut = box.directory / "cut.sql"
    cut.write_bytes(text[:-40])
    before = state(target)
    series, missing, without, half, nowhere = run_tasks(
        box, load(other), load(part), load(shop), load(cut), restore(str(box.directory))
    ).results
    assert all(one["failed"] and not one["changed"] for one in (series, missing, without, half, nowhere))
    assert {one["error"]["kind"] for one in (series, without)} == {"refused"}
    assert "not the same series" in series["msg"]
    assert "mysql.db" in missing["msg"]
    assert "no table mysql.user" in without["msg"]
    assert "not a whole dump" in half["msg"]
    assert "no copy of accounts" in nowhere["msg"]
    assert state(target) == before


def test_columns_of_another_patch_level_are_told_and_left_to_the_server(
    box: Sandbox, dumped: State, target: Server
) -> None:
    other = by_hand.take_dump(box.source, box.directory / "other-level.sql", "--all-databases", "--complete-insert")
    other.write_bytes(other.read_bytes().replace(b"`x509_issuer`", b"`x509_other`"))
    done, again = run_tasks(box, load(other), load(other)).results
    assert (done["failed"], done["changed"], again["changed"]) == (False, True, False), (done, again)
    assert done["notes"] == [
        "mysql.user has no column x509_other here: left out",
        "mysql.user: x509_issuer not offered: as it was, or the server's default",
    ]
    assert rows(target).keys() == dumped[0].keys()
    assert grants(target) == grants(box.source)


def test_a_server_that_is_not_quiet_is_refused(box: Sandbox, dump: Path, target: Server) -> None:
    by_hand.set_as_started(target)
    before = state(target)
    if target.build.number >= (5, 7, 8):
        refused, planned = run_tasks(box, load(dump), load(dump, assume=["quiet"])._replace(check=True)).results
        assert "super_read_only is on" in refused["msg"]
        assert (planned["failed"], planned["changed"]) == (False, True)
        assert state(target) == before
        by_hand.set_quiet(target)
    target.execute("SET GLOBAL gtid_purged = %s", (box.source.gtid_executed,))
    box.attach(target)
    box.wait_replicating(target)
    had = rows(target)
    refused = run_tasks(box, load(dump, assume=["channel_removed"])).results[0]
    by_hand.detach(target)
    by_hand.forget_gtids(target)
    assert "replication is running" in refused.get("msg", ""), refused
    assert rows(target) == had


def waits(server: Server) -> bool:
    sessions = server.rows("SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE USER = %s", (ADMIN.user,))
    return any("lock" in str(session["state"]) for session in sessions)


def test_killed_while_it_waits_for_a_table_and_run_again(
    box: Sandbox, dump: Path, dumped: State, target: Server
) -> None:
    with closing(target.connect()) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLES mysql.db READ")
        with tasks_under_way(box, load(dump)) as run:
            wait_for("it waits for the table", lambda: waits(target))
            run.kill()
        assert journal(box).stat().st_mode & 0o777 == 0o600
    done, again = run_tasks(box, load(dump), load(dump)).results
    assert (done["failed"], done["changed"], again["changed"]) == (False, True, False), done
    assert accounts(target) == dumped
    assert done["removed"] == ["'only'@'10.1.2.3'"], "what was before the run that was killed"
    assert not journal(box).exists()


@pytest.mark.long_on("oldest")
def test_the_server_dies_half_way(box: Sandbox, dump: Path, dumped: State, target: Server) -> None:
    """Without transactions (5.6) it comes back with some of the new rows."""
    with closing(target.connect()) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLES mysql.tables_priv READ")
        with tasks_under_way(box, load(dump)) as run:
            wait_for("it waits for the table", lambda: waits(target))
            target.kill()
            assert "put back" in run.wait().output
    assert journal(box).exists()
    target.start()
    by_hand.set_quiet(target)
    (done,) = run_tasks(box, load(dump)).results
    assert (done["failed"], done["changed"]) == (False, True), done
    assert accounts(target) == dumped
    assert done["removed"] == ["'only'@'10.1.2.3'"]
    assert not journal(box).exists()


def params(box: Sandbox, **options: Any) -> dict[str, Any]:
    replica = box.replicas[0]
    return {
        **dict.fromkeys("config_file ca_cert client_cert client_key check_hostname path dump quarantine".split()),
        "login_host": "localhost",
        "login_port": 3306,
        "login_unix_socket": replica.socket,
        "login_user": ADMIN.user,
        "login_password": ADMIN.password,
        "connect_timeout": 30,
        "state_dir": str(journal(box).parent),
        "backup_dir": str(replica.directory / "dbre/backup"),
        "assume": [],
        "state": "loaded",
        **options,
    }


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    with Mortal(MODULE, "DumpAccounts") as made:
        yield made


@pytest.mark.long
def test_killed_before_any_statement_the_same_command_finishes(
    box: Sandbox, dump: Path, dumped: State, target: Server, mortal: Mortal
) -> None:
    """There and back again, killed one step later each time."""
    old, new = rows(target), dumped[0]
    first = mortal.run(params(box, path=str(dump)))
    assert first
    assert not first["failed"], first
    wishes = [({"state": "restored", "quarantine": first["quarantine"]}, old), ({"path": str(dump)}, new)]
    alive = False
    for number in range(2, 200, STRIDE):  # the first step is a login
        for options, wanted in wishes:
            alive = mortal.run(params(box, **options), number) is not None
            if not alive:
                done = mortal.run(params(box, **options))
                assert done
                assert not done["failed"], (number, done)
            assert rows(target) == wanted, number
            assert not journal(box).exists()
        if alive:
            break
    assert alive
    assert number > 12
    assert grants(target) == dumped[1]


@pytest.mark.long
def test_killed_while_locked_out_the_same_command_comes_back_in(
    box: Sandbox, locking_out: Path, target: Server, mortal: Mortal
) -> None:
    before, locked_out = accounts(target), 0
    for number in range(2, 200, STRIDE):
        ended = mortal.run(params(box, path=str(locking_out)), number)
        if ended is None:
            try:
                target.connect(ADMIN.user, password=ADMIN.password).close()
            except pymysql.err.OperationalError:
                locked_out += 1
            ended = mortal.run(params(box, path=str(locking_out)))
            assert ended
            assert ended["error"]["kind"] == "refused", (number, ended)
            assert accounts(target) == before, number
            assert not journal(box).exists()
        else:
            break
    assert ended["failed"]
    assert locked_out, "it was killed when the new accounts were valid, and not yet proven wrong"


def test_an_account_without_a_password_of_its_own_has_a_way_back(box: Sandbox, dump: Path, target: Server) -> None:
    """auth_socket, as Debian's root has it: MySQL asks the system who we are."""
    plugin = Path(target.value("SELECT @@plugin_dir")) / "auth_socket.so"
    if not plugin.exists() or pwd.getpwuid(os.geteuid()).pw_name != "root":
        pytest.skip("needs the plugin auth_socket and to be the user root")
    unlogged(target, "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'")
    unlogged(target, "ALTER USER 'root'@'localhost' IDENTIFIED WITH auth_socket")
    try:
        done = run_task(
            box, MODULE, path=str(dump), **(LOGIN | {"login_user": "root", "login_password": ""} | STATE | BACKUP)
        )
    finally:
        unlogged(target, "ALTER USER 'root'@'localhost' IDENTIFIED BY ''")
        unlogged(target, "UNINSTALL PLUGIN auth_socket")
    assert not done["failed"], done
    assert "'root'@'localhost'" in done["changed_accounts"]
