# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ruin.py SANDBOX DUMP: fills the source, takes a dump of it, and leaves a replica that only a rebuild helps."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox import dataset, demo
from sandbox.damage import wait_for
from sandbox.topology import Sandbox

box = Sandbox.load(sys.argv[1])
replica = box.replicas[0]
dataset.load(box.source, scale=0.2)
demo.take_dump(box.source, Path(sys.argv[2]))
box.wait_caught_up(replica)
box.damage("diverged_row", replica)
box.damage("dropped_table", replica, schema="shop", table="heartbeat")
wait_for("the applier stumbles over the missing table", lambda: replica.replica_status()["Last_SQL_Errno"])
