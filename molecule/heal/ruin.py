# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ruin.py SANDBOX: a replica whose replication was stopped, and whose server died since."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.topology import Sandbox

box = Sandbox.load(sys.argv[1])
replica = box.replicas[0]
replica.execute(replica.statements.stop)
replica.kill()
box.source.execute("CREATE DATABASE since")
(Path(sys.argv[1]) / "ruined").touch()
