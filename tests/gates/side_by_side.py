# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make several targets at the same time, each with its output in one piece: ``side_by_side.py TARGET...``

For targets that leave processors idle when each has them alone. The exit code is 0 when all of them succeeded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from typing import IO


def tell(target: str, code: int, seconds: float, output: IO[bytes]) -> None:
    output.seek(0)
    print(f"==== {target}: exit code {code} after {seconds:.0f} s", flush=True)
    sys.stdout.buffer.write(output.read())
    sys.stdout.flush()


def main(*targets: str) -> int:
    """Each target's output is printed when it has ended; all of them run to their end, whatever becomes of one."""
    began = time.monotonic()
    codes = []
    with ExitStack() as stack:
        outputs = {target: stack.enter_context(tempfile.TemporaryFile()) for target in targets}
        under_way = {
            target: subprocess.Popen([os.environ.get("MAKE", "make"), target], stdout=output, stderr=output)
            for target, output in outputs.items()
        }
        try:
            while under_way:
                time.sleep(0.2)
                for target in [target for target, process in under_way.items() if process.poll() is not None]:
                    codes.append(under_way.pop(target).returncode)
                    tell(target, codes[-1], time.monotonic() - began, outputs[target])
        finally:
            for process in under_way.values():  # interrupted: make hands SIGTERM on, and not SIGINT
                process.terminate()
            for process in under_way.values():
                process.wait()
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
