# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's operation on a real server and kills it (SIGKILL) right before a step that leaves a trace.

Such a step is a login, a statement that is no reading and no setting of a session, or a change of a journal.

    with Mortal("mysql_dump_accounts", "DumpAccounts") as mortal:
        mortal.run(params, number=3)    # None: it was killed

It is a program, too: for each line of JSON it reads it forks a process that runs, and perhaps dies.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.dbre.mysql_replica.plugins"
HARMLESS = ("SELECT", "SHOW", "SET")


class Mortal:
    """Where the operation runs, again and again, each time in a new process."""

    def __init__(self, module: str, operation: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, module, operation],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=os.environ | {"PYTHONPATH": str(ROOT / ".venv/collections")},
        )

    def run(self, params: dict[str, Any], number: int | None = None) -> dict[str, Any] | None:
        """What the operation returned, with `failed`; None when it was killed, before its step of that number."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"params": params, "number": number}) + "\n")
        result: dict[str, Any] | None = json.loads(self._process.stdout.readline())
        return result

    def __enter__(self) -> Mortal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=60)  # it ends with its input


class Module:
    """As much of AnsibleModule as runner.run() uses."""

    check_mode = False

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params

    def exit_json(self, **result: Any) -> NoReturn:
        print(json.dumps({"failed": False, **result}))
        sys.exit()

    def fail_json(self, **result: Any) -> NoReturn:
        self.exit_json(**{"failed": True, **result})


def die_at(number: int) -> None:
    """Let the process kill itself right before its step of that number."""
    steps = itertools.count(1)

    def counted(call: Callable[..., Any], counts: Callable[..., bool]) -> Callable[..., Any]:
        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if counts(*args) and next(steps) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return stand_in

    server = importlib.import_module(f"{PACKAGE}.module_utils.server.connection").Server
    journal = importlib.import_module(f"{PACKAGE}.module_utils.host.journal").Journal
    server.reconnect = counted(server.reconnect, lambda *_args: True)
    server._run = counted(server._run, lambda _self, sql, _args: not sql.startswith(HARMLESS))
    for name in ("write", "remove"):
        setattr(journal, name, counted(getattr(journal, name), lambda *_args: True))


def main() -> None:
    module, operation = sys.argv[1:]
    made = getattr(importlib.import_module(f"{PACKAGE}.modules.{module}"), operation)
    runner = importlib.import_module(f"{PACKAGE}.module_utils.runner")
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                if asked["number"]:
                    die_at(asked["number"])
                runner.run(Module(asked["params"]), made)
            finally:
                sys.stdout.flush()
                os._exit(0)
        if os.WIFSIGNALED(os.waitpid(child, 0)[1]):
            print("null", flush=True)


if __name__ == "__main__":
    main()
