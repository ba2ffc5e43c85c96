# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""killed_at_every_step.py for the files of the five system tables.

killed_systables.py WORK DIRECTORY            does a work, killed one system call later each time
killed_systables.py again WORK DIRECTORIES    does the same work once more in each
"""

import gzip
import os
import sys

import killed_at_every_step as killer

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.format_file import place_format_file
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.systables_offline import (
    OfflineTables,
    RestoredTables,
)

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "systables")
DAMAGED = "innodb_table_stats"
FORMAT = b"\xfe\x01" * 4000


def make_datadir(directory):
    """Of a server of 5.6 that is down: the data file of a table is cut off."""
    os.makedirs(os.path.join(directory, "data", "mysql"))
    for name, target, size in (
        ("ibdata1-5.6.24-head.gz", "ibdata1", None),
        ("innodb_table_stats-5.6.24.ibd.gz", "mysql/%s.ibd" % DAMAGED, 50000),
    ):
        with gzip.open(os.path.join(FIXTURES, name)) as source:
            content = source.read()[:size]
        with open(os.path.join(directory, "data", target), "wb") as sink:
            sink.write(content)


def carry_out(operation):
    with operation, operation.exclusive():
        for step in operation.plan(operation.observe()).steps:
            getattr(operation, "do_" + step.action)(step)


def params(directory, **more):
    usual = dict(
        datadir=os.path.join(directory, "data"),
        tables=[DAMAGED],
        error_log=None,
        backup_dir=os.path.join(directory, "backup"),
        state_dir=os.path.join(directory, "state"),
    )
    return dict(usual, **more)


def set_aside(directory):
    carry_out(OfflineTables(params(directory)))


def set_aside_elsewhere(directory):
    killer.two_file_systems()
    set_aside(directory)


def files_aside(directory):
    make_datadir(directory)
    set_aside(directory)


def put_back(directory):
    backup = os.path.join(directory, "backup")
    carry_out(RestoredTables(params(directory, quarantine=os.path.join(backup, os.listdir(backup)[0]))))


def make_format_file(directory):
    with open(os.path.join(directory, "made.frm"), "wb") as sink:
        sink.write(FORMAT)


def copy_format_file(directory):
    """A run finds out first whether there is one."""
    target = os.path.join(directory, "t.frm")
    if not os.path.exists(target):
        place_format_file(os.path.join(directory, "made.frm"), target)


killer.WORKS.clear()
killer.WORKS.update(
    {
        "set aside": (make_datadir, set_aside),
        "set aside elsewhere": (make_datadir, set_aside_elsewhere),
        "put back": (files_aside, put_back),
        "format file": (make_format_file, copy_format_file),
    }
)


def main():
    os.umask(0o022)
    if sys.argv[1] == "again":
        for directory in sys.argv[3:]:
            assert killer.in_a_child(killer.WORKS[sys.argv[2]][1], directory)
    else:
        killer.main()


if __name__ == "__main__":
    main()
