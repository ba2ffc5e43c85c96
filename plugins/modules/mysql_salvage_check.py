#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_salvage_check
short_description: Compare a new instance with the ledger of what was salvaged, and let its events run
version_added: 0.1.0
description:
  - Counts the rows of every table and compares them with C(ledger.json) of
    M(dbre.mysql_replica.mysql_salvage_export). Fails, and changes nothing, when one differs.
  - Then enables the events that were enabled in the instance that was salvaged.
    M(dbre.mysql_replica.mysql_dump_load) leaves all of them disabled, as a replica has them. Nothing of that gets a
    GTID.
options:
  path:
    description:
      - The directory of the export.
    type: path
    required: true
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
  - module: dbre.mysql_replica.mysql_salvage_export
"""

EXAMPLES = r"""
- name: See that everything is in
  dbre.mysql_replica.mysql_salvage_check:
    login_unix_socket: /run/mysqld/mysqld.sock
    path: /backup/salvage
"""

RETURN = r"""
rows:
  description: Rows of all tables of the ledger.
  type: int
  returned: success
tables:
  description: Tables that were compared.
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
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_ledger import read_ledger
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import check
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import salvage_check
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation


class SalvageCheck(ReplicaOperation):
    purpose = "mysql_salvage_check"

    def __init__(self, params):
        self.ledger = read_ledger(params["path"])
        super().__init__(params)

    def observe(self):
        return salvage_check.observe(self.server, self.ledger)

    def plan(self, seen):
        return check.plan(seen)

    def describe(self, seen):
        return seen.describe()

    def do_enable_event(self, step):
        salvage_check.enable_event(self.server, step.data["schema"], step.data["name"])

    def report(self, _before, after, _plan):
        return dict(rows=after.describe()["rows"], tables=len(after.rows))


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(path=dict(type="path", required=True), **state_spec()),
        supports_check_mode=True,
    )
    run(module, SalvageCheck)


if __name__ == "__main__":
    main()
