# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which dump."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  method:
    description:
      - V(file) reads the dump at O(path).
      - V(source) has C(mysqldump) take a dump of everything from the source, in one consistent snapshot, and reads it
        while it is made. Nothing of it lies on a disk.
    type: str
    choices: [file, source]
    default: file
  path:
    description:
      - The dump, on the target host. Plain, or compressed with gzip, bzip2, xz or zstd; a directory or a tar archive of
        such files.
      - Needed with O(method=file).
    type: path
  mysqldump:
    description:
      - The program that takes a dump, as a path or a command, on the target host.
      - The account is handed to it in an option file that is gone when it ends, never on its command line.
    type: str
    default: mysqldump
  mysqldump_options:
    description:
      - Further options for it, C(--plugin-dir) say. Never a password, which everybody could see in the process list.
    type: list
    elements: str
    default: []
"""
