# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source and its replicas: brought up, remembered in a state file, taken down."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import damage, inventory, options, ports
from .accounts import REPLICATION
from .builds import Build, default_spec, find_build
from .identity import give, require_traversable
from .server import LONGEST_SOCKET_PATH, Server
from .template import copy_data, template
from .watchdog import Watchdog, remove

STATE = "sandbox.json"


class SandboxError(RuntimeError):
    """A sandbox cannot do what it was asked for."""


class Sandbox:
    """A replicating topology in a directory of its own."""

    def __init__(self, directory: Path, build: Build, servers: list[Server]) -> None:
        self.directory = directory
        self.build = build
        self.servers = servers
        self._watchdog: Watchdog | None = None

    @property
    def source(self) -> Server:
        return self.servers[0]

    @property
    def replicas(self) -> list[Server]:
        return self.servers[1:]

    def server(self, name: str) -> Server:
        """The server called "source", "replica1", ...; SandboxError (naming those there are) for any other."""
        found = {server.name: server for server in self.servers}
        if name not in found:
            raise SandboxError(f"no server {name!r} in this sandbox; there are {', '.join(found)}")
        return found[name]

    @property
    def inventory(self) -> Path:
        """The Ansible inventory of this sandbox."""
        return self.directory / "inventory.yml"

    # -- life ------------------------------------------------------------------------------------------------

    @classmethod
    def up(
        cls,
        server: str | None = None,
        replicas: int = 1,
        directory: str | Path | None = None,
        options: Mapping[str, options.Options] | None = None,
        owned: bool = True,
    ) -> Sandbox:
        """Start a source and `replicas` replicas; return when replication runs.

        `server` is a spec of `builds.find_build`, `directory` must not exist or be empty (default: a temporary
        one), `options` adds to the option files of "source", of every "replica", or of one by name.
        An `owned` sandbox ends with this process, whatever becomes of it; otherwise it lives until `down`.
        """
        build = find_build(server or default_spec())
        data = template(build)
        where = _new_directory(directory)
        names = ["source", *(f"replica{number}" for number in range(1, replicas + 1))]
        numbers = ports.reserve(where, len(names))
        box = cls(
            where, build, [Server(build, where / name, name, port) for name, port in zip(names, numbers, strict=True)]
        )
        box._watchdog = Watchdog(where)
        try:
            box._save()
            for one in box.servers:
                box._prepare(one, data, options or {})
            for one in box.servers:
                one.launch()
            for one in box.servers:
                one.wait_until_answers()
            for replica in box.replicas:
                box.attach(replica)
            for replica in box.replicas:
                box.wait_replicating(replica)
            inventory.write(box)
        except BaseException:
            box.down()
            raise
        if not owned:
            box._watchdog.release()
        return box

    @classmethod
    def load(cls, directory: str | Path) -> Sandbox:
        """The sandbox that was brought up in `directory`; FileNotFoundError when there is none."""
        where = Path(directory).resolve()  # servers are found by the name that `up` gave them
        try:
            state = json.loads((where / STATE).read_text())
        except FileNotFoundError:
            raise FileNotFoundError(f"{where} is not the directory of a sandbox (it holds no {STATE})") from None
        build = Build.from_json(state["build"])
        return cls(where, build, [Server(build, where / name, name, port) for name, port in state["servers"].items()])

    def down(self) -> None:
        """End the servers and delete the directory. Whatever else listens or runs is left alone."""
        for server in self.servers:
            server.kill()
        remove(self.directory)
        if self._watchdog is not None:
            self._watchdog.dismiss()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    def _save(self) -> None:
        state = {"build": self.build.to_json(), "servers": {server.name: server.port for server in self.servers}}
        (self.directory / STATE).write_text(json.dumps(state, indent=2) + "\n")

    def _prepare(self, server: Server, data: Path, more: Mapping[str, options.Options]) -> None:
        replica = server is not self.source
        server.directory.mkdir()
        server.directory.chmod(0o700)
        give(server.directory)
        server.write_option_file(
            {
                **options.server_options(self.build, server.directory, server.port, replica),
                **more.get("replica" if replica else "source", {}),
                **more.get(server.name, {}),
            }
        )
        copy_data(data, server.datadir)

    # -- replication -----------------------------------------------------------------------------------------

    def attach(self, replica: Server) -> None:
        """Point a replica at the source by auto-position and start it."""
        words = replica.statements
        replica.execute(words.change, (self.source.host, self.source.port, REPLICATION.user, REPLICATION.password))
        replica.execute(words.start)

    def wait_replicating(self, replica: Server, timeout: float = 60) -> None:
        """Return when both replication threads run; TimeoutError with what the server says otherwise."""
        deadline = time.monotonic() + timeout
        while True:
            status = replica.replica_status()
            if status.get("Replica_IO_Running") == status.get("Replica_SQL_Running") == "Yes":
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{replica.name} does not replicate: {describe(status)}")
            time.sleep(0.05)

    def wait_caught_up(self, replica: Server, timeout: float = 60) -> None:
        """Return when the replica has applied everything that the source has now executed."""
        target = self.source.gtid_executed
        deadline = time.monotonic() + timeout
        while not replica.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (target,)):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{replica.name} has {replica.gtid_executed!r}, not all of {target!r}:"
                    f" {describe(replica.replica_status())}"
                )
            time.sleep(0.05)

    def damage(self, name: str, replica: Server, **arguments: Any) -> dict[str, Any]:
        """Do the named damage to a replica; returns what was done. See `damage.DAMAGES`."""
        return damage.DAMAGES[name].function(self, replica, **arguments)


def describe(status: dict[str, Any]) -> str:
    """One line on the replication threads and their last errors."""
    if not status:
        return "no replication configured"
    parts = [f"receiver {status['Replica_IO_Running']}", f"applier {status['Replica_SQL_Running']}"]
    parts += [status[name] for name in ("Last_IO_Error", "Last_SQL_Error") if status[name]]
    return ", ".join(parts)


def _new_directory(wanted: str | Path | None) -> Path:
    """An empty directory, reachable for the servers' user; never one that already holds something."""
    if wanted is None:
        parent = tempfile.gettempdir()
        longest = f"{parent}/dbre-sandbox-12345678/replica99/mysqld.sock.lock"
        directory = Path(
            tempfile.mkdtemp(prefix="dbre-sandbox-", dir=parent if len(longest) <= LONGEST_SOCKET_PATH else "/tmp")
        ).resolve()
    else:
        directory = Path(wanted).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise FileExistsError(f"{directory} is not empty; a sandbox wants a directory to itself")
    directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
    require_traversable(directory)
    return directory
