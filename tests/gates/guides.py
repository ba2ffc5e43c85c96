# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the lists in the guides from the product's tables: ``guides.py [--check]``.

Without --check the files are written; with it, one that is not current is an error.
"""

from __future__ import annotations

import sys

from gates import guide_diagnosis, guide_preflight
from gates.clone import ROOT
from gates.guide import Guide

GUIDES = (
    Guide(ROOT / "docs/preflight.md", guide_preflight.listed),
    Guide(ROOT / "docs/diagnosis.md", guide_diagnosis.listed),
)


def main() -> int:
    stale = [guide for guide in GUIDES if guide.current(guide.path.read_text()) != guide.path.read_text()]
    if "--check" in sys.argv[1:]:
        for guide in stale:
            print(f"{guide.path}: what is made from tables is not current; `make docs` makes it", file=sys.stderr)
        return 1 if stale else 0
    for guide in stale:
        guide.path.write_text(guide.current(guide.path.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
