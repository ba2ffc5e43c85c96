#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_dump_accounts
short_description: Replace the accounts of a replica by those of a dump, with the way back kept
version_added: 0.1.0
description:
  - Makes users, roles and all that they are granted those of a dump of C(--all-databases) of a server of the same
    series. Nothing else of the schema C(mysql) is taken. Replication must be stopped.
  - A copy of the old accounts is kept first. The new ones stay only when a fresh login with the connection options
    of this task succeeds and may do what the old one could; otherwise the old ones are put back and the task fails.
  - The account that the module logs in with stays as it is, with its roles, where the dump has none of that name.
    So do C(mysql.sys), C(mysql.session) and C(mysql.infoschema).
  - While the accounts change there is one more, C(dbre_way_back), with the password and privileges of the account that
    the module logs in with, and for logins from the same host only. Should the task be killed just when the new
    accounts lock it out, the same task, run again, logs in by it.
options:
  state:
    description:
      - V(loaded) takes the accounts from O(path), V(restored) from O(quarantine).
    type: str
    choices: [loaded, restored]
    default: loaded
  path:
    description:
      - The dump, on the target host. Plain, or compressed with gzip, bzip2, xz or zstd.
      - Required with O(state=loaded).
    type: path
  dump:
    description:
      - What M(dbre.mysql_replica.mysql_dump_info) returned for this file. It saves a pass over the file, and is only
        believed when the file has not changed since.
    type: dict
  quarantine:
    description:
      - Directory with the copy that an earlier run has kept. Required with O(state=restored).
    type: path
  backup_dir:
    description:
      - Directory for the quarantine that holds the copy of the old accounts, password hashes included. It is made with
        mode 0700.
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
    details: Shows the names of the accounts, not what they are granted, and never a password hash.
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_dump_info
  - module: dbre.mysql_replica.mysql_dump_load
"""

EXAMPLES = r"""
- name: Take the accounts from the dump as well
  dbre.mysql_replica.mysql_dump_accounts:
    login_unix_socket: /run/mysqld/mysqld.sock
    path: /var/backups/db1.sql.gz
    backup_dir: /var/backups/mysql_replica
  register: accounts

- name: On second thoughts
  dbre.mysql_replica.mysql_dump_accounts:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: restored
    quarantine: "{{ accounts.quarantine }}"
    backup_dir: /var/backups/mysql_replica
"""

RETURN = r"""
added:
  description: Accounts that the server did not have, as C('user'@'host').
  type: list
  elements: str
  returned: success
removed:
  description: Accounts that are no longer there.
  type: list
  elements: str
  returned: success
changed_accounts:
  description: Accounts with another password, other privileges, or another time of a change.
  type: list
  elements: str
  returned: success
kept_own:
  description: The account that the module logs in with, and its roles, where the dump does not have them.
  type: list
  elements: str
  returned: success
notes:
  description: Tables and columns that the dump and the server do not have in common.
  type: list
  elements: str
  returned: success
quarantine:
  description: Directory that holds the copy of the old accounts, null when nothing changed.
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
from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import account_copy
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import examine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_parts import fingerprint
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import accounts as logic
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import fitted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import accounts, observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.account_change import (
    AccountOperation,
    Replacement,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.account_dump import read_dump


class DumpAccounts(AccountOperation):
    purpose = "mysql_dump_accounts"

    def __init__(self, params):
        super().__init__(params)
        self.whence = params["path"] if params["state"] == "loaded" else params["quarantine"]
        self.offered = None
        self.quarantine = None

    def observe(self):
        if self.offered is None:
            self.offered = getattr(self, "_" + self.params["state"])()
        before, unfinished = accounts.read(self.server), self.unfinished().get("quarantine")
        if unfinished:
            before = fitted(account_copy.read(unfinished)[1], before)
        logic.guard_tables(before, self.offered, self.whence)
        return logic.Observed(
            address=self.server.login.address,
            super_read_only=self.server.variables("super_read_only").get("super_read_only") == "ON",
            appliers=[channel.name for channel in observe.channels(self.server) if channel.applier != STOPPED],
            own=self.own,
            before=before,
            offered=self.offered,
            unfinished=unfinished,
        )

    def _loaded(self):
        told = self.params["dump"]
        if not told or told.get("fingerprint") != fingerprint(self.whence):
            told = examine(self.whence)
        logic.guard_dump(told, self.server.dialect)
        return read_dump(self.server.login, self.whence, told)

    def _restored(self):
        version, tables = account_copy.read(self.whence)
        logic.guard_series(version, self.server.dialect, self.whence)
        return tables

    def assumed(self, _seen):
        return {"quiet": dict(super_read_only=False), "channel_removed": dict(appliers=[])}

    def plan(self, seen):
        return logic.plan(seen, self.whence)

    def describe(self, seen):
        return seen.describe()

    def do_replace(self, step):
        before, self.quarantine = step.data["before"], step.data["copy"]
        if not self.quarantine:
            logic.guard_still(accounts.unequal(self.server, before), self.server.login.address)
            version = self.server.value("SELECT @@version")
            self.quarantine = account_copy.keep(self.params["backup_dir"], version, before)
        self.journal.write(dict(quarantine=self.quarantine, server_uuid=self.server_uuid, own=self.own))
        try:
            Replacement(self.server, self.login, self.own, before, self.quarantine).run(step.data["wanted"])
        except Refused:
            self.journal.remove()
            raise
        self.journal.remove()

    def report(self, before, _after, _plan):
        return dict(logic.outcome(before), quarantine=self.quarantine)


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            state=dict(type="str", choices=["loaded", "restored"], default="loaded"),
            path=dict(type="path"),
            dump=dict(type="dict"),
            quarantine=dict(type="path"),
            backup_dir=dict(type="path", required=True),
            **state_spec(),
        ),
        required_if=[("state", "loaded", ["path"]), ("state", "restored", ["quarantine"])],
        supports_check_mode=True,
    )
    run(module, DumpAccounts)


if __name__ == "__main__":
    main()
