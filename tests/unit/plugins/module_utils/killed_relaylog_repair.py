# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the repair of relay logs at each of its system calls: killed_at_every_step.py with works of its own."""

import os
import sys

import killed_at_every_step as killer

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from relaylog_home import damaged_home, no_look_at_processes, work


def repair(directory):
    work(directory)


def repair_elsewhere(directory):
    killer.two_file_systems()
    work(directory)


def repaired(directory):
    damaged_home(directory)
    work(directory, on_trial=True)


def restore(directory):
    work(directory, state="restored")


killer.WORKS.update(
    {
        "repair": (damaged_home, repair),
        "repair elsewhere": (damaged_home, repair_elsewhere),
        "restore": (repaired, restore),
    }
)

if __name__ == "__main__":
    no_look_at_processes()
    killer.main()
