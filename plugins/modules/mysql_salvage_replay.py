#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_salvage_replay
short_description: Replay the binary logs of a dead instance into a new one that holds its dump
version_added: 0.1.0
description:
  - Runs what C(mysqlbinlog) makes of the logs that M(dbre.mysql_replica.mysql_salvage_logs) has kept, in one session,
    each transaction with its own GTID, up to the last whole transaction. Then the GTID set of the server is compared
    with that of the dump and the logs.
  - The dump has to be loaded by M(dbre.mysql_replica.mysql_dump_load), and its GTID set declared by
    M(dbre.mysql_replica.mysql_gtid_reset), before.
  - Events that were enabled in the dump are enabled again in the end.
  - A run that was killed is gone on with, transaction by transaction, where the logs have GTIDs. Where they have none,
    it is refused, since nobody knows what was done.
  - What C(LOAD DATA) had read, where the format is that of statements, is in the logs, and sent with
    C(LOAD DATA LOCAL); C(local_infile) is on meanwhile, and put back.
options:
  path:
    description:
      - The directory of the salvage.
    type: path
    required: true
  mysqlbinlog:
    description:
      - The program, as a path, or as a command with arguments, of the version of the logs or a newer one.
    type: str
    default: mysqlbinlog
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
  - module: dbre.mysql_replica.mysql_salvage_logs
"""

EXAMPLES = r"""
- name: Bring the dump up to the last transaction of the old instance
  dbre.mysql_replica.mysql_salvage_replay:
    login_unix_socket: /run/mysqld/mysqld.sock
    path: /backup/salvage
"""

RETURN = r"""
gtid_executed:
  description: What the server has executed now.
  type: str
  returned: success
transactions:
  description: How many transactions the logs add to the dump.
  type: int
  returned: success
statements:
  description: Statements that this run has sent.
  type: int
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.salvage_replay import SalvageReplay


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            path=dict(type="path", required=True),
            mysqlbinlog=dict(type="str", default="mysqlbinlog"),
            **state_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, SalvageReplay)


if __name__ == "__main__":
    main()
