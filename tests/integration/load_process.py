# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_dump_load in a process of its own, without Ansible around it: to be measured, or killed.

with subprocess.Popen(argv(server.socket, dump, state_dir)) as process: ...

It prints a line of JSON: what the module returned, with `failed`, and `memory`, its peak in bytes.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import load_checkpoints
from integration.module_call import call


def argv(socket: str, dump: Path, state_dir: Path, every: float | None = None, **options: Any) -> list[str]:
    """The command. every: seconds between two checkpoints."""
    given = dict(
        login_host="localhost",
        login_port=0,
        login_user="root",
        login_unix_socket=socket,
        connect_timeout=30,
        method="file",
        path=str(dump),
        state_dir=str(state_dir),
        **options,
    )
    return [sys.executable, __file__, json.dumps(given), json.dumps(every)]


def main() -> None:
    given, every = map(json.loads, sys.argv[1:])
    load_checkpoints.EVERY = every if every is not None else load_checkpoints.EVERY
    result = call("mysql_dump_load", **given)
    result["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"failed": False, **result}))


if __name__ == "__main__":
    main()
