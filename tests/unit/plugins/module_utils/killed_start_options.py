# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the writing of the options of a start at each of its system calls: see killed_at_every_step.py."""

import os

import killed_at_every_step as killer

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.start_options import StartOptions


def work(directory, **options):
    """One run of mysql_start_options on ``dropin.cnf``; returns its plan."""
    params = dict(path=os.path.join(directory, "dropin.cnf"), options=[], state="present")
    params.update(options, state_dir=os.path.join(directory, "state"))
    operation = StartOptions(params)
    plan = operation.plan(operation.observe())
    for step in plan.steps:
        getattr(operation, step.action)(*([step.target] if step.action == "remove" else []))
    return plan


killer.WORKS.update({"write options": (os.listdir, work), "remove options": (work, lambda d: work(d, state="absent"))})

if __name__ == "__main__":
    killer.main()
