# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ruin.py SANDBOX: a table in the source, and a replica without statistics and without a usable slave_master_info."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.topology import Sandbox

box = Sandbox.load(sys.argv[1])
replica = box.replicas[0]
box.source.execute("CREATE DATABASE shop")
box.source.execute("CREATE TABLE shop.orders (id INT PRIMARY KEY, customer INT, KEY (customer))")
box.source.execute("INSERT INTO shop.orders VALUES (1, 1), (2, 1)")
box.wait_caught_up(replica)
box.damage("systable_statistics_deleted", replica)
box.damage("systable_altered", replica, table="slave_master_info")
(Path(sys.argv[1]) / "ruined").touch()
