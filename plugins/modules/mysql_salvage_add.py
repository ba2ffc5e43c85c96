#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_salvage_add
short_description: Put back what only a replica had, when the rest has come from its source
version_added: 0.1.0
description:
  - Loads what M(dbre.mysql_replica.mysql_salvage_export) has exported with its option C(source_host) -
    whole schemas that the source does not have, and tables in schemas that both have.
  - Nothing of that gets a GTID, and nothing that is there is replaced. What is there already by the same name is
    refused.
  - Rows are counted against the ledger. A schema whose load was killed is begun anew.
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
- name: Put the replica's own tables back
  dbre.mysql_replica.mysql_salvage_add:
    login_unix_socket: /run/mysqld/mysqld.sock
    path: /backup/salvage
"""

RETURN = r"""
added:
  description: Tables that came back, by schema.
  type: dict
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
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.salvage_local import SalvageAdd


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(path=dict(type="path", required=True), **state_spec()),
        supports_check_mode=True,
    )
    run(module, SalvageAdd)


if __name__ == "__main__":
    main()
