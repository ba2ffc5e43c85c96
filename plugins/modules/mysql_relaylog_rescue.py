#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_relaylog_rescue
short_description: Apply what a replica has retrieved, before its source is asked for anything
version_added: 0.1.0
description:
  - Lets the applier alone do everything that the relay logs hold, and waits until it is done. The receiver stands still
    meanwhile, and afterwards, so a source that has purged these transactions takes nothing away.
  - With O(begin=first) the applier is begun at the first relay log, or at O(apply_from). That is for a position that is
    lost or of no use, for a delayed replica, and for the error 1594 of MySQL 5.6 on a relay log that is whole, which it
    stops with when its source writes no checksums and it does (MySQL bug 20644100).
  - Transactions that are executed already are passed over by their GTID. For as long as it takes, the channel is
    without auto-position, and without its delay; a run that was killed is brought to its end by the same task.
  - Changes nothing when all is applied.
options:
  gtid_set:
    description:
      - What has to be executed in the end; RV(dbre.mysql_replica.mysql_relaylog_repair#module:retrieved_gtid_set). By
        default it is what the server calls retrieved; 5.6 leaves out the newest transaction of it after a restart.
    type: str
  begin:
    description:
      - V(position) lets the applier go on where it stands, unless the channel has a delay.
      - V(first) begins it at O(apply_from).
    type: str
    choices: [position, first]
    default: position
  apply_from:
    description:
      - Where O(begin=first) begins, as C(FILE:OFFSET); RV(dbre.mysql_replica.mysql_relaylog_repair#module:apply_from).
      - By default the beginning of the first listed relay log. On 5.6 that log may go on with a transaction that began
        in one that is gone, and whose rows would be applied a second time, so give it there.
    type: str
  channel:
    description:
      - The replication channel.
    type: str
    default: ''
  source_host:
    description:
      - Host of the source, to make a channel with that is gone while its relay logs are still there.
    type: str
  source_port:
    description:
      - Port of the source.
    type: int
    default: 3306
  source_user:
    description:
      - Replication account for such a channel.
    type: str
  source_password:
    description:
      - Password of that account.
    type: str
  source_ssl:
    description:
      - Whether such a channel is encrypted; left to the server when not given.
    type: bool
  source_ssl_ca:
    description:
      - Certificate authority file that signed the source's certificate, on the server's host.
    type: str
  get_source_public_key:
    description:
      - Whether the replica asks the source for its key.
    type: bool
  timeout:
    description:
      - Seconds to wait at the longest.
    type: int
    default: 86400
  stall_timeout:
    description:
      - Seconds without any movement after which waiting makes no sense any more.
    type: int
    default: 600
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
  - module: dbre.mysql_replica.mysql_relaylog_repair
  - module: dbre.mysql_replica.mysql_replication_source
"""

EXAMPLES = r"""
- name: Apply what is left in the relay logs of a replica whose source has purged it
  dbre.mysql_replica.mysql_relaylog_rescue:
    login_unix_socket: /run/mysqld/mysqld.sock

- name: The same with an applier whose position is of no use
  dbre.mysql_replica.mysql_relaylog_rescue:
    login_unix_socket: /run/mysqld/mysqld.sock
    gtid_set: "{{ relay_logs.retrieved_gtid_set }}"
    begin: first
    apply_from: "{{ relay_logs.apply_from }}"
"""

RETURN = r"""
applied:
  description: GTID set that was applied.
  type: str
  returned: success
gtid_executed:
  description: GTID set that is executed in the end.
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
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.relaylog_rescue import Rescue


class RelaylogRescue(Rescue):
    """The steps that logic/relaylog/rescue.py plans."""

    def do_run(self, step):
        self.server.execute(step.display)

    def do_begin(self, step):
        self.begin(step)

    def do_change(self, step):
        self.change(step)

    def do_write_down(self, step):
        self.write_down(step)

    def do_wait(self, step):
        self.wait(step)

    def do_forget(self, _step):
        self.forget()


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            gtid_set=dict(type="str"),
            begin=dict(type="str", choices=["position", "first"], default="position"),
            apply_from=dict(type="str"),
            channel=dict(type="str", default=""),
            source_host=dict(type="str"),
            source_port=dict(type="int", default=3306),
            source_user=dict(type="str"),
            source_password=dict(type="str", no_log=True),
            source_ssl=dict(type="bool"),
            source_ssl_ca=dict(type="str"),
            get_source_public_key=dict(type="bool", no_log=False),
            timeout=dict(type="int", default=86400),
            stall_timeout=dict(type="int", default=600),
            **state_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, RelaylogRescue)


if __name__ == "__main__":
    main()
