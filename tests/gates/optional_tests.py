# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests of a directory that may hold none yet: ``optional_tests.py DIRECTORY [PYTEST-ARGUMENT...]``"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(directory: str, *arguments: str) -> int:
    if not any(Path(directory).rglob("test_*.py")):
        print(f"{directory}: nothing there yet.")
        return 0
    return subprocess.run([sys.executable, "-m", "pytest", directory, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
