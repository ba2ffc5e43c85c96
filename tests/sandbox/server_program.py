# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installed server has and a sandbox's has not: one program that is mysqld, and the way to call it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

from .accounts import ADMIN
from .server import Server
from .watchdog import PACKAGE_PARENT


def program(server: Server) -> Path:
    """A program that starts this server's mysqld, whatever loader and environment that needs."""
    path = server.directory / "mysqld"
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in server.build.env)
    script = f'#!/bin/sh\n{variables} exec {shlex.join(server.build.mysqld)} "$@"\n'
    # Not written again: the kernel refuses it (ETXTBSY) while a killed run's orphan is being started from it.
    if not path.exists():
        path.write_text(script)
        path.chmod(0o755)
    return path


def start_command(server: Server) -> str:
    """Hands the server over and returns. That of the sandbox waits for root, without a password."""
    load = f"Sandbox.load({str(server.directory.parent)!r}).server({server.name!r}).launch()"
    script = f"from sandbox.topology import Sandbox; {load}"
    return shlex.join(["/usr/bin/env", f"PYTHONPATH={PACKAGE_PARENT}", sys.executable, "-c", script])


def variables(server: Server) -> dict[str, Any]:
    """The collection-wide variables, without their prefix, that tell of it."""
    template = {"datadir_template": server.build.template} if server.build.template else {}
    return {"mysqld": str(program(server)), "defaults_file": str(server.option_file), **template}


def options(server: Server) -> dict[str, Any]:
    """The options of mysql_server_initialize for it."""
    found = variables(server)
    template = {"template": found.pop("datadir_template")} if "datadir_template" in found else {}
    return {
        **found,
        **template,
        "login_user": ADMIN.user,
        "login_password": ADMIN.password,
        "state_dir": str(server.directory / "dbre" / "state"),
    }


def open_to_the_sandbox(server: Server) -> None:
    """A new server lets nobody in without a password, and the sandbox's root has none."""
    read_only = server.statements.read_only
    with server.connect(user=ADMIN.user, password=ADMIN.password) as session, session.cursor() as cursor:
        cursor.execute("SET sql_log_bin = 0")
        cursor.execute(f"SELECT @@GLOBAL.{read_only} AS now")
        before = cursor.fetchone()["now"]
        cursor.execute(f"SET GLOBAL {read_only} = OFF")
        cursor.execute("SET PASSWORD FOR 'root'@'localhost' = ''")
        cursor.execute(f"SET GLOBAL {read_only} = {before}")
