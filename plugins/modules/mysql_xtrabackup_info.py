#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_xtrabackup_info
short_description: What a physical backup is, and whether preparing it will crash
version_added: 0.1.0
description:
  - Reads C(xtrabackup_info), C(xtrabackup_checkpoints), C(backup-my.cnf) and C(xtrabackup_binary) of a directory that
    Percona XtraBackup wrote.
  - XtraBackup 2.2.0 to 2.2.10 dies while it prepares a backup of MySQL 5.1 or 5.5 that was taken while a session had
    temporary tables open (C(pars0pars.cc line 865), lp#1399471). The module says before the restore whether that may
    happen, and what to prepare the backup with.
  - Nothing is changed, and neither XtraBackup nor a server is needed.
options:
  path:
    description:
      - The backup directory, on the host that the module runs on.
    type: path
    required: true
  prepare_with:
    description:
      - Version of the XtraBackup that is to prepare the backup. Unless given, that which made it.
    type: str
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_error_log
"""

EXAMPLES = r"""
- name: Look at a backup before it is prepared
  dbre.mysql_replica.mysql_xtrabackup_info:
    path: /backup/2026-11-21
    prepare_with: 2.2.9
  register: backup
  failed_when: backup is failed or backup.prepare.outcome == 'may_crash'
"""

RETURN = r"""
path:
  description: The directory that was read.
  type: str
  returned: success
  sample: /backup/2026-11-21
files:
  description: Which of the four files are there.
  type: list
  elements: str
  returned: success
  sample: [backup-my.cnf, xtrabackup_checkpoints, xtrabackup_info]
prepare:
  description: Whether the backup can be prepared, and with what.
  type: dict
  returned: success
  contains:
    outcome:
      description:
        - C(safe), C(may_crash), C(not_needed) (it is prepared), or C(unknown), when the files do not tell.
      type: str
      sample: may_crash
    reason:
      description: Why, in a sentence.
      type: str
      sample: the crash hits backups of 5.1 and 5.5 only; this one is of 5.6
    binary:
      description: What to prepare it with; null when nothing has to be, or when the server is not known.
      type: str
      sample: XtraBackup 2.4
tool:
  description: Program that made the backup; null when it does not say.
  type: str
  returned: success
  sample: innobackupex
tool_version:
  description: Its version; null when the backup does not say.
  type: str
  returned: success
  sample: 2.2.9
program:
  description: What C(xtrabackup_binary) names; null in backups made with 2.2 or later.
  type: str
  returned: success
  sample: xtrabackup_55
server_version:
  description: Version of the server that was backed up; null when the backup does not say.
  type: str
  returned: success
  sample: 5.5.18-log
server_series:
  description: Its series; null when not known.
  type: str
  returned: success
  sample: "5.5"
backup_type:
  description: As C(xtrabackup_checkpoints) has it.
  type: str
  returned: success
  sample: full-backuped
prepared:
  description: Whether the backup is prepared.
  type: bool
  returned: success
  sample: false
incremental:
  description: Whether it is an increment.
  type: bool
  returned: success
  sample: false
compressed:
  description: Whether its files are compressed; they have to be decompressed before it is prepared.
  type: bool
  returned: success
  sample: false
encrypted:
  description: Whether its files are encrypted; they have to be decrypted before it is prepared.
  type: bool
  returned: success
  sample: false
from_lsn:
  description: Log sequence number that it begins at; null when the backup does not say.
  type: int
  returned: success
  sample: 0
to_lsn:
  description: Log sequence number of the checkpoint that it reaches.
  type: int
  returned: success
  sample: 1597945
last_lsn:
  description: Last log sequence number that was copied.
  type: int
  returned: success
  sample: 1597945
started:
  description: When the backup began, as written.
  type: str
  returned: success
  sample: "2015-05-12 15:52:57"
ended:
  description: When it ended, as written.
  type: str
  returned: success
  sample: "2015-05-12 15:53:20"
innodb:
  description: Options of InnoDB from C(backup-my.cnf).
  type: dict
  returned: success
  sample: {innodb_log_file_size: "50331648"}
seconds:
  description: How long it took.
  type: float
  returned: success
  sample: 0.01
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.xtrabackup import examine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(path=dict(type="path", required=True), prepare_with=dict(type="str")),
        supports_check_mode=True,
    )
    run_info(module, lambda: examine(**module.params))


if __name__ == "__main__":
    main()
