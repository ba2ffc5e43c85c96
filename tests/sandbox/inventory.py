# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ansible inventory of a sandbox: the variables a user would set, filled in."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .accounts import ADMIN, READER, REPLICATION
from .builds import Clients
from .server import Server
from .watchdog import PACKAGE_PARENT

if TYPE_CHECKING:
    from .topology import Sandbox


class Unsafe(str):
    """A text that Ansible must not take for a template."""


def command(box: Sandbox, verb: str, server: Server) -> str:
    """A shell-quoted command line that starts or stops a server, from any directory."""
    return shlex.join(
        [
            "/usr/bin/env",
            f"PYTHONPATH={PACKAGE_PARENT}",
            sys.executable,
            "-m",
            "sandbox",
            verb,
            str(box.directory),
            server.name,
        ]
    )


def server_variables(box: Sandbox, server: Server) -> dict[str, Any]:
    """The variables of one host."""
    return {
        "mysql_replica_login_unix_socket": server.socket,
        "mysql_replica_login_port": server.port,
        "mysql_replica_service_manager": "command",
        "mysql_replica_start_command": Unsafe(command(box, "start", server)),
        "mysql_replica_stop_command": Unsafe(command(box, "stop", server)),
        "mysql_replica_option_dropin": str(server.dropin),
        "mysql_replica_error_log": str(server.error_log),
        "mysql_replica_state_dir": str(server.directory / "dbre" / "state"),
        "mysql_replica_backup_dir": str(server.directory / "dbre" / "backup"),
        "mysql_replica_report_dir": str(server.directory / "dbre" / "reports"),
    }


def common_variables(box: Sandbox) -> dict[str, Any]:
    """The variables of all hosts."""
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "mysql_replica_login_user": ADMIN.user,
        "mysql_replica_login_password": Unsafe(ADMIN.password),
        "mysql_replica_source_host": box.source.host,
        "mysql_replica_source_port": box.source.port,
        "mysql_replica_source_user": REPLICATION.user,
        "mysql_replica_source_password": Unsafe(REPLICATION.password),
        "mysql_replica_source_admin_user": READER.user,
        "mysql_replica_source_admin_password": Unsafe(READER.password),
        # accounts made by 8.0 and later log in by caching_sha2_password, which wants a key where there is no TLS
        "mysql_replica_get_source_public_key": box.build.number >= (8, 0, 4),
        **program_variables(box.build.clients),
    }


def program_variables(clients: Clients) -> dict[str, Any]:
    """The client programs that roles call; nothing of one that the server comes without."""
    options = [f"--plugin-dir={clients.plugin_dir}"] if clients.plugin_dir else []
    found: dict[str, Any] = {}
    for name, more in (("mysqldump", {"mysql_replica_mysqldump_options": options}), ("mysqlbinlog", {})):
        with suppress(FileNotFoundError):
            found |= {f"mysql_replica_{name}": Unsafe(shlex.join(clients.argv(name)))} | more
    return found


def to_yaml(value: Any, indent: str = "") -> str:
    """YAML text of nested dicts; every other value is written as JSON, which YAML contains."""
    if isinstance(value, dict):
        return "".join(f"\n{indent}{name}:{to_yaml(inner, indent + '  ')}" for name, inner in value.items())
    return f" {'!unsafe ' if isinstance(value, Unsafe) else ''}{json.dumps(value)}"


def write(box: Sandbox) -> None:
    """Write the inventory; it holds passwords, so it is for the owner only."""

    def hosts(servers: list[Server]) -> dict[str, Any]:
        return {"hosts": {server.name: server_variables(box, server) for server in servers}}

    tree = {
        "all": {
            "vars": common_variables(box),
            "children": {"mysql_replicas": hosts(box.replicas), "mysql_sources": hosts([box.source])},
        }
    }
    box.inventory.touch(mode=0o600)
    box.inventory.write_text("---" + to_yaml(tree) + "\n")
