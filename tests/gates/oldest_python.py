# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import all that targets run under Python 3.6, the oldest Python they have, and run the tests of `plugins/` with it.

Where this machine has no Python 3.6, the run says so and passes: the static check of `make lint-python` still holds.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from gates.clone import ROOT, pyenv_directories

TESTS = ROOT / "tests/unit/plugins"
COLLECTION = "ansible_collections.dbre.mysql_replica"
VENV = ROOT / ".cache/python3.6"
# The last versions that run on 3.6
PIP = "pip==21.3.1"
PACKAGES = ["pytest==7.0.1", "PyMySQL==1.0.2", "hypothesis==6.31.6"]
# The last ansible-core whose modules run on 3.6; itself it asks for 3.10, but ansible.module_utils is all that is used
ANSIBLE_CORE = "ansible-core==2.16.14"


def find() -> str | None:
    """The path of a working Python 3.6, or None."""
    for directory in [*pyenv_directories(), None]:
        python = shutil.which("python3.6", path=directory)
        if python and subprocess.run([python, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def build(python: str) -> Path:
    """Build VENV, unless it is there with these packages, and return its interpreter."""
    interpreter = VENV / "bin/python"
    complete = VENV / ".complete"
    wanted = " ".join([python, str(ROOT), PIP, *PACKAGES, ANSIBLE_CORE])
    if complete.is_file() and complete.read_text() == wanted:
        return interpreter
    subprocess.run([python, "-m", "venv", "--clear", VENV], check=True)
    install = [str(interpreter), "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, PIP], check=True)
    subprocess.run([*install, *PACKAGES], check=True)
    subprocess.run([*install, "--no-deps", "--ignore-requires-python", ANSIBLE_CORE], check=True)
    site = VENV / "lib/python3.6/site-packages"
    (site / "dbre_mysql_replica.pth").write_text(f"{ROOT / '.venv/collections'}\n")
    complete.write_text(wanted)
    return interpreter


def target_code() -> list[str]:
    """The dotted names of everything that is sent to targets."""
    paths = [path for room in ("modules", "module_utils") for path in (ROOT / "plugins" / room).rglob("*.py")]
    return sorted(".".join([COLLECTION, *path.relative_to(ROOT).with_suffix("").parts]) for path in paths)


def main() -> int:
    if not any(TESTS.rglob("test_*.py")):
        print(f"{TESTS.relative_to(ROOT)} holds no tests.")
        return 1
    python = find()
    if python is None:
        print("Python 3.6: not on this machine; the tests of plugins/ run on the newest Python only.")
        return 0
    print(f"Python 3.6: {python}", flush=True)
    interpreter = build(python)
    importer = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    imported = subprocess.run([interpreter, "-c", importer, *target_code()], cwd=ROOT, check=False)
    # What a SIGKILL leaves does not depend on the Python, nor do properties; those tests take most of the time.
    tested = subprocess.run(
        [interpreter, "-m", "pytest", "-k", "not kill and not properties", str(TESTS), *sys.argv[1:]],
        cwd=ROOT,
        check=False,
    )
    return imported.returncode or tested.returncode


if __name__ == "__main__":
    sys.exit(main())
