# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A busy application: `Writer(server)` is a process that commits transactions on a server until it is stopped.

    with Writer(box.source) as writer: ...

The process (`python -m sandbox.writer --socket PATH`) writes until its standard input ends. The owner holds the other
end of that pipe, so that it stops with its owner, however that one ends. What it writes: `writer_load.py`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Protocol

import pymysql
from pymysql.constants import CR, ER
from pymysql.cursors import Cursor

from .writer_load import Load

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds for the last transaction
RETRY = 0.1  # seconds between attempts to reach a server that is down
# The server was ended under the connection, or is on its way down or up.
SERVER_GONE = {
    CR.CR_CONNECTION_ERROR, CR.CR_CONN_HOST_ERROR, CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, ER.SERVER_SHUTDOWN,
}  # fmt: skip


class Server(Protocol):
    """What the writer needs of a server of the sandbox."""

    socket: str


class WriterError(RuntimeError):
    """The writer does not write; the text holds what it said last."""


class Writer:
    """The writer's process as its owner sees it.

    `rate` is commits per second, at most. `ddl=True` adds statements that change tables: a dump that is taken
    meanwhile fails on them, because its snapshot is older than the table's definition (error 1412).
    """

    def __init__(self, server: Server, rate: float = 100, *, ddl: bool = False) -> None:
        self._arguments = ["--socket", str(server.socket), "--rate", str(rate), *(["--ddl"] if ddl else [])]
        self._process: subprocess.Popen[bytes] | None = None
        self._committed = 0  # by processes that have ended

    @property
    def commits(self) -> int:
        """Transactions committed so far."""
        return self._committed + (int(os.pread(self._count, 20, 0) or 0) if self._process else 0)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, timeout: float = 60) -> Writer:
        """Return after the first commit; nothing is done when it runs already.

        Raises WriterError when the process ends before, or the commit takes longer than `timeout` seconds.
        """
        if self._process is None:
            self._count, self._errors = (os.memfd_create(name) for name in ("commits", "errors"))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.writer", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=self._count,
                stderr=self._errors,
                env=os.environ | {"PYTHONPATH": str(PACKAGE_ROOT)},
                start_new_session=True,
            )
            self.wait_for_commits(1, timeout)
        return self

    def wait_for_commits(self, more: int, timeout: float = 60) -> None:
        """Return when this many more transactions are committed; otherwise the writer is stopped, and WriterError."""
        wanted, deadline = self.commits + more, time.monotonic() + timeout
        while self.commits < wanted:
            late = time.monotonic() > deadline
            if late or self._process is None or self._process.poll() is not None:
                self.stop()
                raise WriterError(f"{more} commits took longer than {timeout:g} s" if late else "the writer is stopped")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process, unless it has been stopped. Raises WriterError when it ended by itself before."""
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=PATIENCE)  # closes the pipe, which is the sign to end
        except subprocess.TimeoutExpired:
            self._process.kill()  # it waits for a lock that somebody holds
            self._process.communicate()
        status, words = self._process.returncode, os.pread(self._errors, 10**6, 0).decode(errors="replace")
        self._committed = self.commits
        self._process = None
        os.close(self._count)
        os.close(self._errors)
        if status:
            raise WriterError(f"the writer ended with status {status}: {words}")

    def __enter__(self) -> Writer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except WriterError as failure:
            if error is None:
                raise
            error.add_note(str(failure))  # the error in the with-block matters more


def write(
    connect: Callable[[], pymysql.Connection[Cursor]], load: Load, rate: float, told_to_stop: threading.Event
) -> None:
    """Commit until told to stop, across restarts of the server; the count goes to the file that is standard output.

    Raises MySQLError for anything but a server that is gone: nothing else writes here, so it is a mistake.
    """
    commits, due = 0, time.monotonic()
    while not told_to_stop.is_set():
        try:
            with closing(connect()) as connection:
                load.prepare(connection)
                while not told_to_stop.wait(max(0.0, due - time.monotonic())):
                    load.commit_one(connection)
                    commits += 1
                    os.pwrite(sys.stdout.fileno(), b"%20d" % commits, 0)
                    due = max(due + 1 / rate, time.monotonic() - 1)  # makes good a second of standstill, not more
        except (pymysql.err.OperationalError, pymysql.err.InterfaceError) as error:
            if isinstance(error, pymysql.err.OperationalError) and error.args[0] not in SERVER_GONE:
                raise
            told_to_stop.wait(RETRY)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write until standard input ends. Standard output must be a file."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.writer", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--socket", required=True, help="the server's Unix socket")
    parser.add_argument("--rate", type=float, default=100, help="commits per second, at most (%(default)g)")
    parser.add_argument("--ddl", action="store_true", help="change tables, too")
    chosen = parser.parse_args(arguments)
    told_to_stop = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.buffer.read()
        told_to_stop.set()

    def connect() -> pymysql.Connection[Cursor]:
        return pymysql.connect(unix_socket=chosen.socket, user="root", charset="utf8mb4")

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    try:
        write(connect, Load(chosen.ddl), chosen.rate, told_to_stop)
    except pymysql.err.MySQLError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
