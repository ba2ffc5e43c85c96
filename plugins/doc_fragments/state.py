# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a run keeps what it must know after it was killed."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state_dir:
    description:
      - Directory of the journal and of the lock that lets one run at a time work on a replica.
      - One directory a replica. It is made with mode 0700.
    type: path
    default: /var/lib/dbre_mysql_replica
  assume:
    description:
      - Used in check mode only, so that each task of a run is planned from the state that the tasks before it would
        leave.
      - V(quiet) is M(dbre.mysql_replica.mysql_replica_quiet), V(channel_removed) is
        M(dbre.mysql_replica.mysql_replication_source) with C(state=absent), V(gtids_reset) is
        M(dbre.mysql_replica.mysql_gtid_reset), V(loaded) is M(dbre.mysql_replica.mysql_dump_load).
    type: list
    elements: str
    choices: [quiet, channel_removed, gtids_reset, loaded]
    default: []
"""
