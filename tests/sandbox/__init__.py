# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts real MySQL servers that replicate, breaks them in named ways, and leaves nothing behind.

`python -m sandbox --help` is the command line, `sandbox.topology.Sandbox` the Python interface.
"""

from __future__ import annotations
