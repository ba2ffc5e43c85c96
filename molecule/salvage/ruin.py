# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ruin.py SANDBOX FILE: fills source and replica, then the replica loses its power and its redo log.

FILE gets the variables that tell of the replica's program, and how many rows it had.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sandbox import dataset
from sandbox.server_program import start_command, variables
from sandbox.topology import Sandbox

box = Sandbox.load(sys.argv[1])
replica = box.replicas[0]
box.source.execute("SET GLOBAL event_scheduler = OFF")  # the event of the dataset writes rows
rows = sum(dataset.load(box.source, scale=0.05).values())
box.wait_caught_up(replica)
replica.restart()  # so that the rows are in their files
box.damage("redo_removed", replica)
known = {f"mysql_replica_{name}": value for name, value in variables(replica).items()}
known["mysql_replica_start_command"] = start_command(replica)
Path(sys.argv[2]).write_text(json.dumps(known | {"rows_before": rows}))
