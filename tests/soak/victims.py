# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is killed while a playbook is at work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from gates.supervise import descendants
from integration.ansible_run import AnsibleRun
from sandbox.server import Server


def kill_everything(run: AnsibleRun, _replica: Server) -> None:
    run.kill()


def kill_controller(run: AnsibleRun, _replica: Server) -> None:
    """As when the connection breaks: the module on the target goes on, an orphan."""
    run.kill_alone()


def kill_module(run: AnsibleRun, _replica: Server) -> None:
    """Whatever runs on the target just now; the playbook sees a failed task, or nothing when there was none."""
    for pid in {*descendants(run.pid), *run.detached()}:
        try:
            if b"AnsiballZ_mysql" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, 9)
        except (FileNotFoundError, ProcessLookupError):
            continue
    run.wait()


def kill_mysqld(run: AnsibleRun, replica: Server) -> None:
    if replica.is_running():
        replica.kill()
    run.wait()


VICTIMS: tuple[Callable[[AnsibleRun, Server], None], ...] = (kill_everything, kill_controller, kill_module, kill_mysqld)
