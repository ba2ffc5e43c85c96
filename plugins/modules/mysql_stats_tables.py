#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_stats_tables
short_description: Bring the five system tables of statistics and replication back to health
version_added: 0.1.0
description:
  - Looks at C(mysql.innodb_index_stats), C(innodb_table_stats), C(slave_master_info), C(slave_relay_log_info) and
    C(slave_worker_info), says what is wrong with each, and makes them as the server's version makes them. On a server
    where nothing is wrong it changes nothing.
  - "It looks at the files first, then at the error log, and asks the server last: one that reads a damaged page dies."
  - From 8.0 on all five are in C(mysql.ibd), of which no damaged page can be repaired. On a server that is down the
    checksums of its pages are looked at. On one that answers, which may be writing them, they are not; only whether
    each page is in its place and was written whole, and what the error log says since the last start. There a page
    whose checksum alone is wrong is met by C(CHECK TABLE), of which the server may die.
  - On a server that does not answer, with O(datadir), it only moves data files away that keep the server from starting
    (5.6 and 5.7), so that it can be started and this module be run again. Try to start the server first, for recovery
    repairs pages that were half written when it crashed.
  - Nothing gets a GTID of the server itself. C(super_read_only) is lifted for the work, and set again.
  - Before C(slave_master_info) loses its rows, the connection to the source is written down below O(state_dir), mode
    0600, with its password, as M(dbre.mysql_replica.mysql_replication_source) with C(keep_settings) does and reads it.
  - Files are moved into a quarantine, a 0700 directory below O(backup_dir), never deleted.
  - "What the module cannot do itself it says: RV(stop_required), RV(upgrade_required), RV(restart_required). The role
    P(dbre.mysql_replica.stats_tables#role) does all of it."
options:
  state:
    description:
      - V(healthy) repairs the tables.
      - V(restored) puts the files of O(quarantine) back where they were, on a server that is down, with O(datadir).
        Where something was made in their place meanwhile, it refuses, since the server's dictionary belongs to that.
    type: str
    choices: [healthy, restored]
    default: healthy
  tables:
    description:
      - Which of them to repair.
    type: list
    elements: str
    choices: [innodb_index_stats, innodb_table_stats, slave_master_info, slave_relay_log_info, slave_worker_info]
    default: [innodb_index_stats, innodb_table_stats, slave_master_info, slave_relay_log_info, slave_worker_info]
  datadir:
    description:
      - Data directory of the server. A server that answers is asked for it.
    type: path
  error_log:
    description:
      - Error log of the server, for evidence. A server that answers is asked for it.
    type: path
  backup_dir:
    description:
      - Directory for the quarantine. Required when files have to be moved, and when there are relay logs of a channel
        that will have to be made anew, or told its settings anew as one with C(GTID_ONLY=1), which are then hard-linked
        into it.
    type: path
  analyze:
    description:
      - Whether statistics are taken anew, by C(ANALYZE NO_WRITE_TO_BINLOG TABLE), of the tables that have none after
        C(innodb_index_stats) or C(innodb_table_stats) has lost its rows. The rows are looked for afterwards.
      - With V(false), empty statistics are no fault.
    type: bool
    default: true
  recreate_by:
    description:
      - What makes the three tables of replication on 8.0 and later. V(statement) needs no restart of a server that has
        its channels in memory. V(upgrade) leaves it to the server itself, from 8.0.16 on, and answers
        RV(upgrade_required).
    type: str
    choices: [statement, upgrade]
    default: statement
  quarantine:
    description:
      - Directory that an earlier run returned. Required with O(state=restored).
    type: path
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.connection
  - dbre.mysql_replica.state
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_replication_source
  - module: dbre.mysql_replica.mysql_replica_info
"""

EXAMPLES = r"""
- name: See what is wrong
  dbre.mysql_replica.mysql_stats_tables:
    login_unix_socket: /run/mysqld/mysqld.sock
  check_mode: true
  register: tables

- name: Repair all five
  dbre.mysql_replica.mysql_stats_tables:
    login_unix_socket: /run/mysqld/mysqld.sock
    backup_dir: /var/backups/mysql_replica

- name: Let a server start that refuses to
  dbre.mysql_replica.mysql_stats_tables:
    login_unix_socket: /run/mysqld/mysqld.sock
    datadir: /var/lib/mysql
    backup_dir: /var/backups/mysql_replica
"""

RETURN = r"""
tables:
  description:
    - Each table with C(name), C(verdict), C(detail), C(actions), C(verdict_after) and C(evidence), lines of the error
      log since the server was last started.
    - "Verdicts: C(healthy); C(missing); C(definition_differs), with the columns in C(detail); C(data_file_missing),
      C(format_file_missing), C(format_file_unreadable), C(dictionary_differs), C(files_missing) and C(orphan_files),
      where files and dictionary disagree; C(data_file_damaged), which makes the server crash or refuse to start;
      C(unreadable); C(statistics_missing)."
  type: list
  elements: dict
  returned: success
online:
  description: Whether the server answered. Otherwise only its files were looked at, and the values below are missing.
  type: bool
  returned: success
datadir:
  description: The server's data directory.
  type: str
  returned: success
healthy:
  description: Whether all tables are healthy after the run; in check mode, whether they are.
  type: bool
  returned: when the server answered
restart_required:
  description: Whether replication can be used only after a restart of the server.
  type: bool
  returned: when the server answered
stop_required:
  description: Whether a data file is damaged, so that the server has to be stopped and this run again with O(datadir).
  type: bool
  returned: when the server answered
upgrade_required:
  description: Whether only the server itself can make a table anew, when it is started once with C(--upgrade=FORCE).
  type: bool
  returned: when the server answered
connections:
  description: What is written down of each channel, without the password; C(password_known) says whether it is there.
  type: list
  elements: dict
  returned: when the server answered
connection_lost:
  description:
    - Whether C(slave_master_info) was lost, nothing of it could be read, and the server has got no channel since.
    - Such a server has to be attached to its source anew.
  type: bool
  returned: when the server answered
without_statistics:
  description: Tables for which C(ANALYZE TABLE) wrote no row.
  type: list
  elements: str
  returned: when the server answered
quarantine:
  description: Directory that holds the files that were set aside, null when there are none.
  type: str
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.systables_offline import (
    OfflineTables,
    RestoredTables,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.definitions import NAMES
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.systables_repair import StatsTables

NOBODY_LISTENS = (2002, 2003)


def operation(params):
    """On a server that answers, or on the files of one that does not."""
    if params["state"] == "restored":
        return RestoredTables(params)
    try:
        return StatsTables(params)
    except ServerError as exc:
        if exc.errno not in NOBODY_LISTENS or not params["datadir"]:
            raise
        return OfflineTables(params)


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            state=dict(type="str", choices=["healthy", "restored"], default="healthy"),
            tables=dict(type="list", elements="str", choices=list(NAMES), default=list(NAMES)),
            datadir=dict(type="path"),
            error_log=dict(type="path"),
            backup_dir=dict(type="path"),
            analyze=dict(type="bool", default=True),
            recreate_by=dict(type="str", choices=["statement", "upgrade"], default="statement"),
            quarantine=dict(type="path"),
            **state_spec(),
        ),
        required_if=[("state", "restored", ("quarantine", "datadir"))],
        supports_check_mode=True,
    )
    run(module, operation)


if __name__ == "__main__":
    main()
