#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_server_initialize
short_description: Give a server that cannot be brought up a new data directory, and set the old one aside
version_added: 0.1.0
description:
  - Renames the data directory of a stopped server, never deletes or copies it, and makes a new one in its place, with
    the same owner, mode and extended attributes. The server is empty then, and is itself still, by its C(auto.cnf).
  - It works on files and never logs in. It refuses while a process has a file of the data directory open, where a file
    system is mounted at or below it, and where InnoDB keeps files elsewhere.
  - C(mysqld --initialize) makes the data directory from 5.7 on. 5.6 needs O(template) or C(mysql_install_db).
  - The new server has the account of O(login_user), with all privileges, before it listens to anybody. Its own
    C(root@localhost) gets the same password. No account is left without one.
  - Up to 5.7 the tables of the old server's accounts are carried over when all of them are there and can be read. Then
    these accounts stay as they are. From 8.0 on accounts cannot be read without a server that starts.
  - Also carried over are C(auto.cnf), C(mysqld-auto.cnf), C(my.cnf) and all C(*.pem), where they are in the data
    directory. Subdirectories that options name (for logs, say) are made again, empty. Binary and relay logs outside of
    the data directory are left where they are.
  - When something fails the old directory is put back as it was. After a kill the same task goes on. A new directory in
    which a run was killed is kept beside the data directory, named C(.unfinished-) and the time.
options:
  datadir:
    description:
      - The data directory. Without it, the one that C(mysqld) has in its option files.
    type: path
  mysqld:
    description:
      - The server program. Without it, C(mysqld) on the search path and in the usual places.
    type: path
  defaults_file:
    description:
      - The server's option file. Without it, those that C(mysqld) reads by itself.
    type: path
  template:
    description:
      - A pristine data directory, made by the same version. For 5.6, where it goes before C(mysql_install_db).
    type: path
  login_user:
    description:
      - The account that the new server starts with. Required when a data directory is made.
    type: str
  login_password:
    description:
      - Its password, which C(root@localhost) gets, too. Required when a data directory is made, and printable ASCII.
    type: str
  login_hosts:
    description:
      - The hosts that it may log in from.
    type: list
    elements: str
    default: [localhost, 127.0.0.1]
  keep_identity:
    description:
      - Whether the server keeps its C(server_uuid). One that is to be a source with a GTID history that begins anew
        must not. Servers that know the old history would take its new transactions for those that they have.
    type: bool
    default: true
  needed_bytes:
    description:
      - Refuse when the file system of the data directory has less free.
    type: int
    default: 0
  set_aside_dir:
    description:
      - Where the old directory goes, on the same file system. Without it, the directory that it is in.
    type: path
  state_dir:
    description:
      - Directory of the journal and of the lock that lets one run at a time work on a replica.
      - One directory a replica. It is made with mode 0700.
    type: path
    default: /var/lib/dbre_mysql_replica
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - A new data directory that nobody has put a schema into is left alone. Any other one is set aside.
seealso:
  - module: dbre.mysql_replica.mysql_replica_info
"""

EXAMPLES = r"""
- name: Start over with an empty server
  dbre.mysql_replica.mysql_server_initialize:
    defaults_file: /etc/my.cnf
    login_user: dbre_admin
    login_password: "{{ admin_password }}"
    needed_bytes: 50000000000
"""

RETURN = r"""
before:
  description:
    - The data directory that is set aside, with C(datadir), C(server_uuid) and C(bytes).
  type: dict
  returned: success
after:
  description: The same of the new one; in check mode, as it would be.
  type: dict
  returned: success
set_aside:
  description: Where the old data directory is; in check mode null.
  type: str
  returned: success
kept:
  description: Names of the files that were carried over.
  type: list
  elements: str
  returned: success
accounts:
  description:
    - V(copied) for those of the old server, V(own) for that of O(login_user) and the server's own; in check mode null.
  type: str
  returned: success
accounts_reason:
  description: Why the accounts of the old server were not carried over; null when they were.
  type: str
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.initialization import Initialization
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import server_initialize
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run


class ServerInitialize:
    def __init__(self, params):
        self.params = params
        self.work = Initialization(params)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    @contextlib.contextmanager
    def exclusive(self):
        with RunLock(self.params["state_dir"], "mysql_server_initialize"):
            yield

    def observe(self):
        return self.work.observe()

    def plan(self, seen):
        return server_initialize.plan(seen, self.work.wish)

    def describe(self, seen):
        return seen.describe()

    def do_journal(self, step):
        self.work.begin(step.data)

    def do_clear(self, step):
        self.work.clear(step.data)

    def do_set_aside(self, step):
        self.work.set_aside(step.data)

    def do_make(self, step):
        self.work.make(step.data)

    def do_initialize(self, step):
        self.work.initialize(step.data)

    def do_create_accounts(self, step):
        self.work.create_accounts(step.data)

    def do_keep_files(self, step):
        self.work.keep_files(step.data)

    def do_ready(self, step):
        self.work.ready(step.data)

    def report(self, before, after, plan):
        done = server_initialize.finished(after) if not plan.needed or after is not before else {}
        return dict(
            before=done.get("before", plan.before),
            after=plan.after if after is before else after.describe(),
            set_aside=done.get("set_aside"),
            kept=done.get("kept", []),
            accounts=done.get("accounts"),
            accounts_reason=done.get("accounts_reason"),
        )


def main():
    module = AnsibleModule(
        argument_spec=dict(
            datadir=dict(type="path"),
            mysqld=dict(type="path"),
            defaults_file=dict(type="path"),
            template=dict(type="path"),
            login_user=dict(type="str"),
            login_password=dict(type="str", no_log=True),
            login_hosts=dict(type="list", elements="str", default=["localhost", "127.0.0.1"]),
            keep_identity=dict(type="bool", default=True),
            needed_bytes=dict(type="int", default=0),
            set_aside_dir=dict(type="path"),
            state_dir=state_spec()["state_dir"],
        ),
        supports_check_mode=True,
    )
    run(module, ServerInitialize)


if __name__ == "__main__":
    main()
