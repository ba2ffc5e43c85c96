# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay logs of real MariaDB 10.11 servers: ``python -m sandbox.mariadb DIRECTORY`` makes those of the unit tests.

A source writes every kind of group that it has, a replica's receiver fetches them while its applier stands still, and
SIGKILL ends the replica. The servers are Debian's, unpacked and never installed, like those of apt.py. The sandbox's
topologies remain MySQL: MariaDB is here for what it writes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import apt, cache, options, ports, relaylog_file
from .builds import Build, Clients
from .identity import give, popen_identity
from .server import Server
from .waiting import wait_for
from .watchdog import Watchdog

SUITE = "bookworm"  # its MariaDB is 10.11
BOOTSTRAP = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")

OPTIONS: options.Options = {
    "bind_address": "127.0.0.1",
    "skip_name_resolve": None,
    "innodb_buffer_pool_size": "16M",
    "innodb_log_file_size": "8M",
    "binlog_format": "MIXED",
    "relay_log": "relay-bin",
    "binlog_checksum": "CRC32",
    "skip_slave_start": None,
}


class Scenario(NamedTuple):
    """Options of the two servers, and what is kept: the replica's relay logs or the source's binary logs."""

    source: options.Options
    replica: options.Options
    kept: str = "relay-bin"


SCENARIOS: dict[str, Scenario] = {
    # 4096: groups begin in one file and end in the next
    "groups": Scenario({}, {"max_relay_log_size": 4096}),
    # the receiver writes compressed events out at length
    "source-compressed": Scenario({"log_bin_compress": "ON", "log_bin_compress_min_len": 10}, {}),
    "source-without-checksums": Scenario({"binlog_checksum": "NONE"}, {}),
    "replica-without-checksums": Scenario({}, {"binlog_checksum": "NONE"}),
    "encrypted": Scenario({}, {"encrypt_binlog": "ON"}),
    # events that only a binary log holds, which some people put in the place of a relay log
    "binary-log": Scenario({"log_bin_compress": "ON", "log_bin_compress_min_len": 10}, {}, "mysql-bin"),
}

# What a source writes groups for; each line is one client's statement
WORKLOAD = """
CREATE DATABASE d
USE d
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT, txt TEXT) ENGINE=InnoDB
CREATE TABLE m (id INT AUTO_INCREMENT PRIMARY KEY, txt TEXT) ENGINE=MyISAM
INSERT INTO t (n, txt) VALUES (1, 'one'), (2, 'two')
INSERT INTO m (txt) VALUES ('no transaction')
BEGIN
INSERT INTO t (n) VALUES (3)
SAVEPOINT here
INSERT INTO t (n) VALUES (4)
ROLLBACK TO here
UPDATE t SET n = n + 1
COMMIT
BEGIN
INSERT INTO t (n) VALUES (5)
INSERT INTO m (txt) VALUES ('stays')
ROLLBACK
SET binlog_format = STATEMENT
SET @a = 'user variable'
INSERT INTO t (n, txt) VALUES (6, @a)
INSERT INTO m (txt) VALUES (CONCAT(@a, RAND()))
CREATE TEMPORARY TABLE temporary (a INT)
INSERT INTO temporary VALUES (1)
DROP TEMPORARY TABLE temporary
SET binlog_format = ROW
SET binlog_annotate_row_events = ON
INSERT INTO t (n, txt) VALUES (7, REPEAT('annotated', 30))
DELETE FROM t WHERE n = 7
CREATE TABLE copied SELECT * FROM t
XA START 'a', 'b'
INSERT INTO t (n) VALUES (8)
XA END 'a', 'b'
XA PREPARE 'a', 'b'
XA COMMIT 'a', 'b'
XA START 'c'
INSERT INTO t (n) VALUES (9)
XA END 'c'
XA PREPARE 'c'
XA ROLLBACK 'c'
XA START 'd'
INSERT INTO t (n) VALUES (10)
XA END 'd'
XA COMMIT 'd' ONE PHASE
CREATE SEQUENCE s
SELECT NEXTVAL(s)
SET binlog_alter_two_phase = ON
ALTER TABLE t ADD COLUMN more INT, ALGORITHM=COPY
SET binlog_alter_two_phase = OFF
SET gtid_domain_id = 7
INSERT INTO t (n, txt) VALUES (11, 'another domain')
TRUNCATE TABLE copied
CREATE OR REPLACE VIEW v AS SELECT n FROM t
ANALYZE TABLE t
FLUSH BINARY LOGS
INSERT INTO t (n, txt) SELECT n, REPEAT(CHAR(65 + n), 900) FROM t LIMIT 6
DROP TABLE copied
INSERT INTO t (n, txt) VALUES (12, 'the last')
"""


def build() -> Build:
    """MariaDB's programs, fetched once."""
    fetched = cache.entry(
        f"mariadb-debian-{SUITE}",
        lambda into: apt.fetch_into(into, SUITE, ("mariadb-server-core",), ("mariadb-server", "mariadb-client")),
    )
    loader = next(iter(sorted(fetched.glob("lib*/*/ld-linux-*.so.*")) + sorted(fetched.glob("lib*/ld-linux-*.so.*"))))
    libraries = ":".join(
        str(path) for path in sorted({*fetched.glob("lib/*-linux-*"), *fetched.glob("usr/lib/*-linux-*")})
    )
    run = (str(loader), "--library-path", libraries)
    prefix = fetched / "usr"
    mysqld = (*run, str(prefix / "sbin" / "mariadbd"))
    said = subprocess.run([*mysqld, "--no-defaults", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    version = re.search(r"Ver (\d+\.\d+\.\d+)", said)
    share = prefix / "share" / "mysql"
    places = (
        ("basedir", str(prefix)),
        ("lc_messages_dir", str(share)),
        ("character_sets_dir", str(share / "charsets")),
        ("plugin_dir", str(prefix / "lib" / "mysql" / "plugin")),
    )
    return Build("mariadb", version[1] if version else said, mysqld, Clients(run, str(prefix / "bin")), (), places)


def make(name: str, directory: Path) -> tuple[list[Path], list[str]]:
    """The logs of a scenario, copied to a directory, and the GTIDs of the groups that they hold, in order."""
    scenario = SCENARIOS[name]
    where = Path(tempfile.mkdtemp(prefix="dbre-mariadb-"))
    where.chmod(0o711)
    watchdog = Watchdog(where)  # ends the servers and removes the directory, whatever becomes of us
    try:
        source, replica = (
            _server(where / role, port, more)
            for role, port, more in zip(("source", "replica"), ports.reserve(where, 2), scenario[:2], strict=True)
        )
        groups = _fill(source)
        _fetch(source, replica)
        replica.kill()
        kept = replica if scenario.kept == "relay-bin" else source
        source.kill()
        directory.mkdir(parents=True, exist_ok=True)
        logs = relaylog_file.listed(kept.datadir, f"{scenario.kept}.index")
        copies = [Path(shutil.copyfile(log, directory / log.name)) for log in logs]
    finally:
        watchdog.dismiss()
    return copies, groups


def _server(directory: Path, port: int, more: options.Options) -> Server:
    """A server with an empty data directory, started; root has no password."""
    directory.mkdir()
    directory.chmod(0o700)
    give(directory)
    program = build()
    server = Server(program, directory, directory.name, port)
    key = directory / "keys"
    key.write_text(f"1;{'ab' * 32}\n")
    key.chmod(0o644)
    settings = {
        **dict(program.options),
        **options.places(directory),
        **OPTIONS,
        "port": port,
        "server_id": port,
        "log_bin": "mysql-bin",
        "plugin_load_add": "file_key_management",
        "file_key_management_filename": str(key),
        **more,
    }
    server.write_option_file(settings)
    share = Path(program.mysqld[-1]).parent.parent / "share" / "mysql"
    statements = ["CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n"]
    statements += [(share / name).read_text() for name in BOOTSTRAP]
    subprocess.run(
        [*server.argv(), "--bootstrap", "--skip-log-bin", "--skip-networking"],
        input="".join(statements),
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        check=True,
        **popen_identity(),
    )
    server.start()
    return server


def _fill(source: Server) -> list[str]:
    """Write the groups; returns their GTIDs in the order of the log."""
    with source.connect() as connection, connection.cursor() as cursor:
        for statement in WORKLOAD.strip().splitlines():
            cursor.execute(statement)
    found: list[str] = []
    for log in source.rows("SHOW BINARY LOGS"):
        events = source.rows("SHOW BINLOG EVENTS IN %s", (log["Log_name"],))
        found += [event["Info"].split()[-1] for event in events if event["Event_type"] == "Gtid"]
    return found


def _fetch(source: Server, replica: Server) -> None:
    """Return when the receiver has written everything."""
    end = source.rows("SHOW MASTER STATUS")[0]
    replica.execute(
        "CHANGE MASTER TO MASTER_HOST=%s, MASTER_PORT=%s, MASTER_USER='root', MASTER_USE_GTID=slave_pos",
        (source.host, source.port),
    )
    replica.execute("START SLAVE IO_THREAD")

    def fetched() -> bool:
        status = replica.rows("SHOW SLAVE STATUS")[0]
        if status["Last_IO_Errno"]:
            raise RuntimeError(status["Last_IO_Error"])
        return (status["Master_Log_File"], status["Read_Master_Log_Pos"]) == (end["File"], end["Position"])

    wait_for("the replica retrieves everything", fetched)


def main() -> None:
    directory = Path(sys.argv[1])
    for name in SCENARIOS:
        logs, groups = make(name, directory / f"MariaDB-{build().version}-{name}")
        sizes = ", ".join(f"{log.name} {log.stat().st_size}" for log in logs)
        print(f"{name}: {len(groups)} groups, {groups[0]} to {groups[-1]}; {sizes}")


if __name__ == "__main__":
    main()
