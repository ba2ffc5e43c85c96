# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every `ansible-test sanity` test that needs no container, without a single ignored finding.

ansible-test insists on a path that ends in ansible_collections/NAMESPACE/NAME, symbolic links not counted: it gets a
copy in .cache/sanity, which also keeps its virtual environments from one run to the next.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.python_requirements import get_venv_packages

from gates.clone import ROOT, copy_files, pyenv_directories

HOME = ROOT / ".cache/sanity/home"
COPY = ROOT / ".cache/sanity/ansible_collections/dbre/mysql_replica"


def make_home() -> None:
    """A home directory like the user's (pip and others are configured there) with an ansible-test cache of our own.

    ansible-test fills its virtual environments with a get-pip script from its project's web site. That site may be out
    of reach: a script that does the same with the pip of .venv takes its place.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    for entry in Path.home().iterdir():
        link = HOME / entry.name
        if entry.name != ".ansible" and not link.is_symlink():
            link.symlink_to(entry)
    version = get_venv_packages(SimpleNamespace(version="{}.{}".format(*sys.version_info)))["pip"]
    get_pip = HOME / ".ansible/test/cache" / f"get_pip_{version.replace('.', '_')}.py"
    get_pip.parent.mkdir(parents=True, exist_ok=True)
    get_pip.write_text(
        "import subprocess, sys\n"
        f"subprocess.check_call([{sys.executable!r}, '-m', 'pip', '--python', sys.executable, '--quiet',\n"
        f"                       '--disable-pip-version-check', 'install', 'pip=={version}'])\n"
    )


def main() -> int:
    ignored = [str(path) for path in ROOT.glob("tests/sanity/ignore*.txt") if path.read_text().strip()]
    if ignored:
        print(f"Findings are mended, not ignored: {', '.join(ignored)} must be empty.")
        return 1
    make_home()
    copy_files(COPY)
    # With its own .git ansible-test asks git for the files here, not in the clone, where .cache is ignored
    subprocess.run(["git", "init", "--quiet"], cwd=COPY, check=True)
    # The real interpreters before pyenv's shims, which exist for versions that are not switched on and then fail
    path = [str(Path(sys.executable).parent), *map(str, pyenv_directories()), os.environ.get("PATH", os.defpath)]
    environment = {**os.environ, "HOME": str(HOME), "PATH": os.pathsep.join(path)}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    command = [str(Path(sys.executable).parent / "ansible-test"), "sanity", "--color", "no", *sys.argv[1:]]
    return subprocess.run(command, cwd=COPY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
