#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_start_options
short_description: Options for one start of a server, and away with them afterwards
version_added: 0.1.0
description:
  - Writes a file that a server reads after its own options, so that its next start leaves replication at rest
    (C(skip_replica_start)) and its relay logs alone (C(relay_log_recovery=0)), or takes that file away.
  - The file is journaled, so that one that a killed run has left is taken away by the next one, whatever its name.
  - A file with other contents is never written over, and never removed.
options:
  path:
    description:
      - The file. Its directory has to be one that the server's option files name with C(!includedir), or the file one
        that they name with C(!include).
    type: path
  options:
    description:
      - More lines for the section C([mysqld]).
    type: list
    elements: str
    default: []
  state:
    description:
      - V(present) before the start, V(absent) after it.
    type: str
    choices: [present, absent]
    default: present
  state_dir:
    description:
      - Directory of the journal. It is made with mode 0700.
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
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_relaylog_repair
"""

EXAMPLES = r"""
- name: Start a server whose relay logs must not be thrown away
  block:
    - name: Put the options of this start where the server reads them
      dbre.mysql_replica.mysql_start_options:
        path: /etc/mysql/conf.d/zz-one-start.cnf

    - name: Start the server
      ansible.builtin.systemd_service:
        name: mysql
        state: started
  always:
    - name: Take them away
      dbre.mysql_replica.mysql_start_options:
        path: /etc/mysql/conf.d/zz-one-start.cnf
        state: absent
"""

RETURN = r"""
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.start_options import StartOptions
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run


class Options(StartOptions):
    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    @contextlib.contextmanager
    def exclusive(self):
        yield  # whoever starts the server has the lock, where one is needed

    def describe(self, seen):
        return seen.describe()

    def do_write(self, _step):
        self.write()

    def do_remove(self, step):
        self.remove(step.target)

    def do_forget(self, _step):
        self.forget()

    def report(self, _before, _after, _plan):
        return {}


def main():
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path"),
            options=dict(type="list", elements="str", default=[]),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            state_dir=state_spec()["state_dir"],
        ),
        required_if=[("state", "present", ["path"])],
        supports_check_mode=True,
    )
    run(module, Options)


if __name__ == "__main__":
    main()
