#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_replica_quiet
short_description: Keep everybody else from writing to a replica while it is rebuilt, and undo that
version_added: 0.1.0
description:
  - With O(state=quiet), switches the event scheduler off and C(read_only) on, and C(super_read_only) off for our own
    load. What was set before is journaled on disk first.
  - With O(state=restored), brings back what the journal says and forgets the journal. Without a journal it changes
    nothing.
  - A journal that a killed run left is kept and used, so that the settings come back which were there before that run.
options:
  state:
    description:
      - Which of the two.
    type: str
    choices: [quiet, restored]
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
"""

EXAMPLES = r"""
- name: Quiet, please
  dbre.mysql_replica.mysql_replica_quiet:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: quiet

- name: As it was before
  dbre.mysql_replica.mysql_replica_quiet:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: restored
"""

RETURN = r"""
journaled:
  description: The settings that O(state=restored) will bring back; empty when there is no journal.
  type: dict
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.load_journal import LoadJournal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import quiet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_settings import LoadSettings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation

PLANS = {"quiet": quiet.plan_quiet, "restored": quiet.plan_restore}


class Quiet(ReplicaOperation):
    purpose = "mysql_replica_quiet"

    def __init__(self, params):
        super().__init__(params)
        self.journal = Journal(os.path.join(params["state_dir"], "settings.json"))

    def observe(self):
        now = self.server.variables(*[name for name, _value, _reason in quiet.QUIET])
        return quiet.Observed(now, self.journal.read())

    def assume(self, seen, step):
        return quiet.after_quiet(seen) if step == "quiet" else seen

    def plan(self, seen):
        return PLANS[self.params["state"]](seen)

    def describe(self, seen):
        return seen.now

    def do_journal(self, step):
        if not self.journal.read():
            # A rebuild begins: a dump that an earlier one loaded proves nothing for this one.
            LoadJournal(self.params["state_dir"]).remove()
        self.journal.write(step.data["settings"])

    def do_set(self, step):
        self.server.execute(step.display)

    def do_forget(self, _step):
        LoadSettings(self.server.login, self.params["state_dir"]).restore()
        self.journal.remove()

    def report(self, _before, after, _plan):
        return dict(journaled=after.journaled)


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            state=dict(type="str", choices=["quiet", "restored"], required=True), **state_spec()
        ),
        supports_check_mode=True,
    )
    run(module, Quiet)


if __name__ == "__main__":
    main()
