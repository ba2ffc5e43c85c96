# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ruin.py SANDBOX: a replica that lost its power, over a source that has purged all but its newest transactions."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.topology import Sandbox

box = Sandbox.load(sys.argv[1])
box.damage("relay_logs_cut", box.replicas[0], files=3, spare=True)
(Path(sys.argv[1]) / "ruined").touch()
