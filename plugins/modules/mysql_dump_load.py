#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_dump_load
short_description: Load a logical dump into a replica, honestly
version_added: 0.1.0
description:
  - Loads a dump of mysqldump or a relative, plain or compressed, without the C(mysql) client.
  - Everything runs with C(sql_log_bin=0). What a replica must not take from a dump is left out - its C(GTID_PURGED),
    which is to be claimed only when the last row is in (M(dbre.mysql_replica.mysql_gtid_reset)), system tables,
    accounts, global settings and statements about replication.
  - Schemas of the dump are replaced whole. Its events end up disabled, as replication leaves them on a replica.
  - A load that was interrupted starts over. One that is done, and whose GTIDs are claimed, is not repeated.
options:
  path:
    description:
      - The dump, on the target host. Plain, or compressed with gzip, bzip2, xz or zstd.
    type: path
    required: true
  dump:
    description:
      - What M(dbre.mysql_replica.mysql_dump_info) returned for this file. It saves a pass over the file, and is only
        believed when the file has not changed since.
    type: dict
  exclude_tables:
    description:
      - Tables to leave out, as C(schema.table).
    type: list
    elements: str
    default: []
  drop_schemas:
    description:
      - Schemas to drop that are not in the dump.
    type: list
    elements: str
    default: []
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
    details: Shows the schemas, not the rows.
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_dump_info
  - module: dbre.mysql_replica.mysql_gtid_reset
  - module: dbre.mysql_replica.mysql_replica_quiet
"""

EXAMPLES = r"""
- name: Load a dump
  dbre.mysql_replica.mysql_dump_load:
    login_unix_socket: /run/mysqld/mysqld.sock
    path: /var/backups/db1.sql.gz
  register: load
"""

RETURN = r"""
statements:
  description: Statements that were run.
  type: int
  returned: when something was loaded
bytes:
  description: Bytes of those statements.
  type: int
  returned: when something was loaded
tables:
  description: Tables that were created, placeholders of views included.
  type: int
  returned: when something was loaded
left_out:
  description: How many statements were left out, by reason.
  type: dict
  returned: when something was loaded
events_disabled:
  description: Events that the dump has enabled and the replica does not run.
  type: int
  returned: when something was loaded
gtid_purged:
  description: The set that the dump stands for. It is not claimed by this module.
  type: str
  returned: success
resumed:
  description: Whether an interrupted load was taken up where it ended. This version starts over.
  type: bool
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
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import examine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_file import DumpFile, fingerprint
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import load_plan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import disable_events, load
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation


class DumpLoad(ReplicaOperation):
    purpose = "mysql_dump_load"

    def __init__(self, params):
        self.path = params["path"]
        told = params["dump"]
        if not told or told.get("fingerprint") != fingerprint(self.path):
            told = examine(self.path)
        self.dump = load_plan.Dump(**{name: told[name] for name in load_plan.Dump._fields})
        super().__init__(params)
        self.journal = Journal(os.path.join(params["state_dir"], "load.json"))
        self.result = {}

    def observe(self):
        return load_plan.Observed(
            address=self.server.login.address,
            server_uuid=self.server.variables("server_uuid").get("server_uuid", ""),
            executed=observe.executed_gtids(self.server),
            schemas=observe.schemas(self.server),
            settings=self.server.variables("super_read_only", "event_scheduler", "max_allowed_packet"),
            appliers=[channel.name for channel in observe.channels(self.server) if channel.applier != STOPPED],
            journal=self.journal.read(),
        )

    def assumed(self, seen):
        return {
            "quiet": dict(settings=dict(seen.settings, super_read_only="OFF", event_scheduler="OFF")),
            "channel_removed": dict(appliers=[]),
            "gtids_reset": dict(executed=GtidSet()),
        }

    def plan(self, seen):
        return load_plan.plan(seen, self.dump, self.params["drop_schemas"])

    def describe(self, seen):
        return seen.describe()

    def _note(self, phase):
        uuid = self.server.variables("server_uuid").get("server_uuid", "")
        self.journal.write(dict(phase=phase, fingerprint=self.dump.fingerprint, server_uuid=uuid, path=self.path))

    def do_drop_schema(self, step):
        self._note("loading")
        self.server.execute("DROP DATABASE IF EXISTS " + identifier(step.data["schema"]))

    def do_load(self, _step):
        self._note("loading")
        sieve = Sieve(self.params["exclude_tables"])
        with DumpFile(self.path) as dump:
            self.result = load(self.server, dump.chunks(), sieve, self.path).public()
        self.server.execute("SET NAMES utf8mb4")  # the dump ends with what it found, this makes sure

    def do_disable_events(self, _step):
        # A session of its own, without what the dump may have left set in the one that loaded it.
        with Server(self.server.login, log_bin=False) as fresh:
            self.result["events_disabled"] = disable_events(fresh, self.dump.databases)

    def do_make_durable(self, step):
        self.server.execute(step.display)
        self._note("loaded")

    def report(self, _before, _after, _plan):
        return dict(self.result, gtid_purged=self.dump.gtid_purged, resumed=False)


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            path=dict(type="path", required=True),
            dump=dict(type="dict"),
            exclude_tables=dict(type="list", elements="str", default=[]),
            drop_schemas=dict(type="list", elements="str", default=[]),
            **state_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, DumpLoad)


if __name__ == "__main__":
    main()
