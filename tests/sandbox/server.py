# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One mysqld process: its option file, its start and stop, and a connection to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pymysql
import pymysql.cursors
from pymysql.constants import CR

from . import options, processes
from .builds import Build
from .identity import give, popen_identity
from .processes import Process
from .statements import Statements, statements, todays_words

START_TIMEOUT = 180.0  # seconds; crash recovery on a busy machine takes its time
STOP_TIMEOUT = 120.0
LONGEST_SOCKET_PATH = 107  # sun_path of unix(7) without its closing zero


class ServerError(RuntimeError):
    """A server did not start, stop or answer; the text holds the end of its error log."""


class Server:
    """A server of a sandbox. Processes find each other: whoever started it, `pid` is the one that runs now."""

    host = "127.0.0.1"

    def __init__(self, build: Build, directory: Path, name: str, port: int) -> None:
        self.build = build
        self.directory = directory
        self.name = name
        self.port = port
        self.datadir = directory / "data"
        self.socket = str(directory / "mysqld.sock")
        self.error_log = directory / "error.log"
        self.option_file = directory / "my.cnf"
        self.client_file = directory / "client.cnf"
        self.dropin = directory / "dropin.d" / "dropin.cnf"
        self._log_start = 0  # how long the error log was before the last start
        self._known: Process | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._connection: pymysql.Connection[pymysql.cursors.DictCursor] | None = None

    # -- files -----------------------------------------------------------------------------------------------

    def write_option_file(self, settings: options.Options) -> None:
        """Write my.cnf, the clients' option file and the drop-in, and make the directories that they name."""
        if len(self.socket) > LONGEST_SOCKET_PATH:
            raise ServerError(f"the path of the socket is too long for the system: {self.socket}")
        for path in (self.datadir, self.directory / "tmp"):
            path.mkdir(exist_ok=True)
            path.chmod(0o700)
            give(path)
        self.dropin.parent.mkdir(exist_ok=True)
        self.option_file.write_text(options.render(settings, include=self.dropin.parent))
        for path, mode in ((self.dropin.parent, 0o755), (self.option_file, 0o644)):
            path.chmod(mode)  # the server reads them as its own user, and distrusts files that others may write
        self.client_file.touch(mode=0o600)
        plugins = self.build.clients.plugin_dir
        self.client_file.write_text(
            "\n".join(
                ["[client]", "user=root", f"socket={self.socket}", *([f"plugin-dir={plugins}"] if plugins else []), ""]
            )
        )

    def error_log_tail(self, lines: int = 25) -> str:
        """What the last start that we made had to say: its errors, and the end of its log."""
        console = self.directory / "console.log"  # what was said before the error log was open
        text = console.read_text(errors="replace") if console.is_file() else ""
        if self.error_log.is_file():
            with self.error_log.open(errors="replace") as log:
                log.seek(self._log_start)
                text += log.read()
        said = text.splitlines()
        # 5.6 shuts down at length after the line that matters
        errors = [line for line in said[:-lines] if "[ERROR]" in line]
        return "\n".join([*errors, *said[-lines:]])

    # -- the process -----------------------------------------------------------------------------------------

    @property
    def own_argument(self) -> str:
        """What only this server has on its command line."""
        return f"--defaults-file={self.option_file}"

    def argv(self) -> list[str]:
        """mysqld's command line."""
        return [*self.build.mysqld, self.own_argument]

    def env(self) -> dict[str, str]:
        return os.environ | dict(self.build.env)

    def process(self) -> Process | None:
        """The process that runs now, whoever started it."""
        if self._child is not None:
            self._child.poll()  # takes the zombie away when it has ended
        if self._known is None or processes.identify(self._known.pid) != self._known:
            self._known = next(iter(processes.find(self.own_argument)), None)
        return self._known

    @property
    def pid(self) -> int | None:
        process = self.process()
        return process.pid if process else None

    def is_running(self) -> bool:
        return self.process() is not None

    def launch(self, extra_args: tuple[str, ...] = ()) -> None:
        """Start the process; `wait_until_answers` tells whether it came up. It runs on when we end."""
        for left in ("mysqld.sock", "mysqld.sock.lock", "mysqld.pid"):
            # a dead server's lock names a process id that may be somebody else's by now: mysqld would refuse
            (self.directory / left).unlink(missing_ok=True)
        self._log_start = self.error_log.stat().st_size if self.error_log.is_file() else 0
        with (self.directory / "console.log").open("wb") as console:
            self._child = subprocess.Popen(
                [*self.argv(), *extra_args],
                env=self.env(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                **popen_identity(),
            )
        self._known = processes.identify(self._child.pid)  # its command line may not be there to be found yet

    def wait_until_answers(self, timeout: float = START_TIMEOUT) -> None:
        """Return when a query is answered; ServerError when the process ends or `timeout` seconds are over."""
        deadline = time.monotonic() + timeout
        while True:
            ended = self._child.poll() is not None if self._child else not self.is_running()
            try:
                with self.connect(read_timeout=max(1.0, deadline - time.monotonic())) as connection:
                    connection.ping(reconnect=False)
                return
            except pymysql.err.MySQLError as error:
                if ended or time.monotonic() > deadline:
                    what = "ended while starting" if ended else f"does not answer after {timeout:.0f} s ({error})"
                    raise ServerError(f"{self.name}: mysqld {what}\n{self.error_log_tail()}") from None
            time.sleep(0.05)

    def start(self, extra_args: tuple[str, ...] | list[str] = (), timeout: float = START_TIMEOUT) -> None:
        """Start the server, unless it runs, and return when it answers. `extra_args` win over its option file."""
        if not self.is_running():
            self.launch(tuple(extra_args))
        self.wait_until_answers(timeout)

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """Shut the server down cleanly, unless it is down."""
        self._end(signal.SIGTERM, timeout)

    def kill(self) -> None:
        """End the server as a crash does: SIGKILL. It is gone when this returns."""
        self._end(signal.SIGKILL, timeout=30)

    def restart(self, extra_args: tuple[str, ...] | list[str] = ()) -> None:
        self.stop()
        self.start(extra_args)

    def _end(self, number: signal.Signals, timeout: float) -> None:
        self.disconnect()
        process = self.process()
        if process is None:
            return
        processes.send(process, number)
        if not processes.wait_gone(process, timeout):
            raise ServerError(
                f"{self.name}: process {process.pid} still runs {timeout:.0f} s after"
                f" {number.name}\n{self.error_log_tail()}"
            )
        if self._child is not None:
            self._child.wait()
            self._child = None

    # -- SQL -------------------------------------------------------------------------------------------------

    @property
    def statements(self) -> Statements:
        return statements(self.build.number)

    def connect(self, user: str | None = None, **arguments: Any) -> pymysql.Connection[Any]:
        """A new connection over the socket, as root unless told otherwise; with a `host` it uses TCP."""
        if "host" not in arguments:
            self._knock()
        where = {"port": self.port} if "host" in arguments else {"unix_socket": self.socket}
        return pymysql.connect(
            **{
                "user": user or "root",
                "charset": "utf8mb4",
                "autocommit": True,
                "cursorclass": pymysql.cursors.DictCursor,
                **where,
                **arguments,
            }
        )

    def _knock(self) -> None:
        """Raise pymysql's OperationalError when nobody listens; pymysql itself would leave a socket open."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.socket)
            except OSError as error:
                raise pymysql.err.OperationalError(
                    CR.CR_CONN_HOST_ERROR, f"Can't connect to {self.name} through {self.socket}: {error}"
                ) from None

    def disconnect(self) -> None:
        """Close the connection that `rows`, `value` and `execute` share."""
        if self._connection is not None and self._connection.open:
            self._connection.close()
        self._connection = None

    def _cursor(self) -> pymysql.cursors.DictCursor:
        if self._connection is not None:
            try:
                self._connection.ping(reconnect=False)
            except pymysql.err.MySQLError:
                self.disconnect()  # the server was restarted meanwhile
        if self._connection is None:
            self._connection = self.connect()
        return self._connection.cursor()

    def rows(self, sql: str, args: Any = None) -> list[dict[str, Any]]:
        """All rows of a query, as root."""
        with self._cursor() as cursor:
            cursor.execute(sql, args)
            return list(cursor.fetchall())

    def value(self, sql: str, args: Any = None) -> Any:
        """The first column of the first row; None when there is no row."""
        found = self.rows(sql, args)
        return next(iter(found[0].values())) if found else None

    def execute(self, sql: str, args: Any = None) -> int:
        """Run one statement as root; returns the number of rows it touched."""
        with self._cursor() as cursor:
            return cursor.execute(sql, args)

    @property
    def uuid(self) -> str:
        return str(self.value("SELECT @@server_uuid"))

    @property
    def gtid_executed(self) -> str:
        """The executed GTID set, without the line breaks that the server puts into it."""
        return str(self.value("SELECT @@GLOBAL.gtid_executed")).replace("\n", "")

    def replica_status(self) -> dict[str, Any]:
        """The row of SHOW REPLICA STATUS with today's column names; empty when there is none."""
        found = self.rows(self.statements.status)
        return todays_words(found[0]) if found else {}

    # -- client programs -------------------------------------------------------------------------------------

    def client_argv(self, program: str, *args: str) -> list[str]:
        """A client program that logs in as root over the socket; FileNotFoundError where there is none."""
        return [*self.build.clients.argv(program), f"--defaults-file={self.client_file}", *args]

    def mysqldump_argv(self, *args: str) -> list[str]:
        return self.client_argv("mysqldump", *args)

    def mysql_argv(self, *args: str) -> list[str]:
        return self.client_argv("mysql", *args)
