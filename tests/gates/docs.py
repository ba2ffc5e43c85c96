# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's pages, as docs.ansible.com shows them, into .cache/docs/build/html, without the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from gates.clone import ROOT

BIN = Path(sys.executable).parent
SITE = ROOT / ".cache/docs"
# Pages of other projects would be looked up on the web, and what refers to them is not found without it
OFFLINE = 'intersphinx_mapping = {}\nsuppress_warnings = ["ref.ref"]\nhtml_theme = "alabaster"\n'


def main() -> int:
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir(mode=0o755, parents=True)
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(SITE)]
    subprocess.run([BIN / "antsibull-docs", "sphinx-init", *options, "dbre.mysql_replica"], check=True)
    with (SITE / "conf.py").open("a") as conf:
        conf.write(OFFLINE)
    subprocess.run(["./build.sh"], cwd=SITE, check=True)
    print(SITE / "build/html/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
