#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_gtid_reset
short_description: Make a server forget its GTIDs and claim others, with a conscience
version_added: 0.1.0
description:
  - Brings C(gtid_executed) to exactly O(gtid_purged) with C(RESET MASTER) (C(RESET BINARY LOGS AND GTIDS) on 8.4 and
    later) and C(SET GLOBAL gtid_purged). On a server that is there already it changes nothing.
  - MySQL accepts the statement on a running replica and on a server with live downstreams, without a warning, and both
    break later. This module refuses there, and where transactions that exist only here would be lost.
  - The binary logs are hard-linked into a quarantine below O(backup_dir) before they are deleted.
options:
  gtid_purged:
    description:
      - The GTID set that the data on the server stands for. Empty means a server that claims nothing.
    type: str
    default: ''
  allow_downstream:
    description:
      - Reset although other servers replicate from this one. They will have to be rebuilt.
    type: bool
    default: false
  allow_errant:
    description:
      - Reset although transactions that only this server has are lost to replication.
    type: bool
    default: false
  backup_dir:
    description:
      - Directory for the quarantine. Required when there are binary logs that the reset would delete.
    type: path
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.connection
  - dbre.mysql_replica.source
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
  - module: dbre.mysql_replica.mysql_dump_info
"""

EXAMPLES = r"""
- name: Forget what this server claims, before a dump is loaded
  dbre.mysql_replica.mysql_gtid_reset:
    login_unix_socket: /run/mysqld/mysqld.sock
    source_host: db1.example.com
    source_user: reader
    source_password: "{{ reader_password }}"
    backup_dir: /var/backups/mysql_replica

- name: Claim the dump's set, after its last row is in
  dbre.mysql_replica.mysql_gtid_reset:
    login_unix_socket: /run/mysqld/mysqld.sock
    gtid_purged: "{{ dump.gtid_purged }}"
"""

RETURN = r"""
before:
  description: C(gtid_executed) and C(gtid_purged) as they were.
  type: dict
  returned: success
after:
  description: The same two after the run; in check mode, as they would be.
  type: dict
  returned: success
errant_gtids:
  description: Transactions that only this server was known to have.
  type: str
  returned: success
downstreams:
  description: Servers that replicate from this one.
  type: list
  elements: dict
  returned: success
quarantine:
  description: Directory that holds the binary logs, null when none had to be kept.
  type: str
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, source_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Interrupted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import gtid_reset
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation


class GtidReset(ReplicaOperation):
    purpose = "mysql_gtid_reset"

    def __init__(self, params):
        self.wish = gtid_reset.Wish(
            gtids=GtidSet.parse(params["gtid_purged"]),
            allow_downstream=params["allow_downstream"],
            allow_errant=params["allow_errant"],
            backup_dir=params["backup_dir"],
        )
        super().__init__(params)
        self.quarantine = None

    def observe(self):
        return gtid_reset.Observed(
            address=self.server.login.address,
            server_uuid=observe.server_uuid(self.server),
            executed=observe.executed_gtids(self.server),
            purged=observe.purged_gtids(self.server),
            channels=[channel.name for channel in observe.channels(self.server)],
            downstreams=observe.downstreams(self.server),
            binary_logs=observe.binary_logs(self.server),
            source=self.source(),
            reset_statement=self.server.say("reset_binary_logs_and_gtids"),
        )

    def assumed(self, _seen):
        return {
            "channel_removed": dict(channels=[]),
            "gtids_reset": dict(executed=GtidSet(), purged=GtidSet()),
        }

    def plan(self, seen):
        return gtid_reset.plan(seen, self.wish)

    def describe(self, seen):
        return seen.describe()

    def do_quarantine_binary_logs(self, _step):
        self.quarantine = Quarantine.create(self.params["backup_dir"], "binary-logs", "reset of GTIDs")
        for path in observe.binary_logs(self.server):
            self.quarantine.keep(path, "link")

    def do_reset(self, step):
        # The way was clear when the plan was made; a downstream or a transaction may have come since.
        gtid_reset.guard(self.observe(), self.wish)
        self.server.execute(step.display)
        if self.quarantine:
            self.quarantine.seal()

    def do_set_gtid_purged(self, _step):
        self.server.execute("SET GLOBAL gtid_purged = %s", (str(self.wish.gtids),))

    def report(self, before, after, plan):
        if plan.needed and after is not before and after.executed != self.wish.gtids:
            raise Interrupted(
                "gtid_executed is %s, not %s: somebody else writes to this server" % (after.executed, self.wish.gtids),
                where=after.address,
                next_step="find the writer (events, applications), stop it, then run the same command again",
            )
        return dict(
            before=plan.before,
            after=plan.after,
            errant_gtids=str(gtid_reset.errant(before, self.wish)),
            downstreams=before.downstreams,
            quarantine=self.quarantine and self.quarantine.directory,
        )


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            gtid_purged=dict(type="str", default=""),
            allow_downstream=dict(type="bool", default=False),
            allow_errant=dict(type="bool", default=False),
            backup_dir=dict(type="path"),
            **source_spec(),
            **state_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, GtidReset)


if __name__ == "__main__":
    main()
