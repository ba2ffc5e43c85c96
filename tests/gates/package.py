# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's tarball into dist/, and prove that what is installed from it is whole.

The copy that is built from holds what git knows or would add, and nothing that lies about in the clone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from gates.clone import ROOT, copy_files

BIN = Path(sys.executable).parent
DIST = ROOT / "dist"
# All that a user of the installed collection has a use for; whatever else turns up in the tarball is a mistake
EXPECTED = {
    "CHANGELOG.rst",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}


def unexpected(names: list[str]) -> list[str]:
    """The members of a tarball that do not belong into it."""
    return [
        name
        for name in names
        if name.split("/")[0] not in EXPECTED or name.endswith(".pyc") or "__pycache__" in name.split("/")
    ]


def build(source: Path) -> Path:
    subprocess.run(
        [BIN / "ansible-galaxy", "collection", "build", "--force", "--output-path", DIST, source], check=True
    )
    return max(DIST.glob("dbre-mysql_replica-*.tar.gz"), key=lambda path: path.stat().st_mtime)


def installed_modules(tarball: Path, directory: Path) -> set[str]:
    """Install into an empty directory, offline, and ask ansible-doc which modules it finds there."""
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(directory),
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",  # the clone itself must not answer
    }
    install: list[str | Path] = [BIN / "ansible-galaxy", "collection", "install", "--offline", "-p", directory, tarball]
    subprocess.run(install, env=environment, check=True)
    lister: list[str | Path] = [BIN / "ansible-doc", "--list", "--type", "module", "dbre.mysql_replica"]
    listed = subprocess.run(lister, env=environment, check=True, capture_output=True, text=True).stdout
    return {line.split()[0].rpartition(".")[2] for line in listed.splitlines() if line.strip()}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="dbre-package-") as name:
        scratch = Path(name)
        copy_files(scratch / "source")
        tarball = build(scratch / "source")
        with tarfile.open(tarball) as archive:
            strange = unexpected(archive.getnames())
        if strange:
            print(f"{tarball}: does not belong there: {', '.join(strange)} (see build_ignore in galaxy.yml)")
            return 1
        wanted = {path.stem for path in ROOT.glob("plugins/modules/*.py")} - {"__init__"}
        found = installed_modules(tarball, scratch / "installed")
        if found != wanted:
            print(f"{tarball}: installed, it has the modules {sorted(found)}, not {sorted(wanted)}")
            return 1
    print(f"{tarball.relative_to(ROOT)}: {len(found)} modules, installed and listed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
