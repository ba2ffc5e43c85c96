#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_salvage_export
short_description: Export what can still be read of a damaged instance, with a ledger
version_added: 0.1.0
description:
  - Starts the instance as M(dbre.mysql_replica.mysql_force_recovery) has found that it can be started, alone, and
    exports accounts, definitions, and rows into one file a table, by C(mysqldump). The server is stopped at the end.
    Nothing is ever written to it or dropped.
  - When a table kills the server, the server is started again at the same level, and the table is read in ranges of its
    primary key, forwards and backwards, so that only what is damaged is lost.
  - When another index counts more rows than came, the table is halved until the ranges are found that the server passes
    over in silence, and what lies between them is read.
  - That C(mysqldump) ends with 0 proves nothing here. The rows in each file are counted and compared with the count of
    another index of the table where it has one, and the server's log is read after each table. What does not agree is
    a doubt in the ledger.
  - The directory O(path) gets C(ledger.json), C(ledger.html), C(accounts.sql) for
    M(dbre.mysql_replica.mysql_dump_accounts), and C(load/), which M(dbre.mysql_replica.mysql_dump_load) takes.
  - With O(source_host), the instance is a replica, and what its source has is left out. What is left is what only the
    replica has, be it schemas or tables, and M(dbre.mysql_replica.mysql_salvage_add) puts it back when the rest has
    come from the source. Transactions that the source does not have are in C(errant.sql), as C(mysqlbinlog) tells them
    from the replica's binary logs, for you to read; nobody loads them.
  - A GTID set of such an instance is not exported. At a level above 0 it has holes.
  - A run that was killed is gone on with, table by table. One that is done is not repeated.
options:
  path:
    description:
      - Directory of the export. It is made with mode 0700.
    type: path
    required: true
  mysqld:
    description:
      - The server program, as for M(dbre.mysql_replica.mysql_force_recovery).
    type: path
  defaults_file:
    description:
      - The server's option file, as there.
    type: path
  login_user:
    description:
      - An account of the instance that may read everything.
    type: str
  login_password:
    description:
      - Its password.
    type: str
  mysqldump:
    description:
      - The program, as a path, or as a command with arguments.
    type: str
    default: mysqldump
  mysqldump_options:
    description:
      - Further options for it.
    type: list
    elements: str
    default: []
  mysqlbinlog:
    description:
      - The program, with O(source_host) for the transactions that only the replica has.
    type: str
    default: mysqlbinlog
  schema_only:
    description:
      - Whether accounts and definitions are all that is wanted.
    type: bool
    default: false
  where:
    description:
      - Conditions by table (C(schema.table)), for rows that are enough - the recent ones, say.
      - Such a table cannot be compared with another index.
    type: dict
    default: {}
  row_limits:
    description:
      - Rows at most, by table (C(schema.table)). Such a table is not read in ranges when it kills the server.
    type: dict
    default: {}
  exclude_tables:
    description:
      - Tables (C(schema.table)) whose rows are left out. Their definitions are exported.
    type: list
    elements: str
    default: []
  exclude_schemas:
    description:
      - Schemas to leave out.
    type: list
    elements: str
    default: []
  first_tables:
    description:
      - Tables (C(schema.table)) to begin with, in this order. The others follow, the smallest first.
    type: list
    elements: str
    default: []
  max_restarts:
    description:
      - How often a table may kill the server before no sound rows are looked for any more between two damages of it.
    type: int
    default: 40
  max_seconds:
    description:
      - After so many seconds no more rows are read; 0 for no limit. What is left out stands in the ledger, and the next
        run reads it.
    type: int
    default: 0
  keep_free:
    description:
      - Bytes that stay free on the file system of O(path). What is left out for it stands in the ledger, and the next
        run reads it.
    type: int
    default: 1073741824
  timeout:
    description:
      - Seconds that a start of the server may take.
    type: int
    default: 3600
  state_dir:
    description:
      - The directory of M(dbre.mysql_replica.mysql_force_recovery)'s journal, with what it has found. Also for the
        lock, and for the logs of the server's deaths.
    type: path
    default: /var/lib/dbre_mysql_replica
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.source
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows how many tables are exported, not what is in them.
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_force_recovery
  - module: dbre.mysql_replica.mysql_dump_load
  - module: dbre.mysql_replica.mysql_dump_accounts
"""

EXAMPLES = r"""
- name: Read what can be read, the recent rows of the largest table only
  dbre.mysql_replica.mysql_salvage_export:
    path: /backup/salvage
    defaults_file: /etc/my.cnf
    login_user: root
    login_password: "{{ root_password }}"
    first_tables: [shop.orders]
    where:
      shop.log: at >= '2026-10-01'
"""

RETURN = r"""
ledger:
  description: The ledger as it stands in C(ledger.json), but for the tables; null in check mode.
  type: dict
  returned: success
tables:
  description: Of each table, what is safe, lost and doubtful.
  type: list
  elements: dict
  returned: success
  contains:
    schema:
      description: Its schema.
      type: str
    table:
      description: Its name.
      type: str
    state:
      description:
        - V(saved) when all counts agree, V(doubtful) when nothing is known to be lost and something does not agree or
          could not be compared, V(partial), V(lost), V(left_out) by choice.
      type: str
    rows_saved:
      description: Rows in its file.
      type: int
    rows_lost:
      description: Rows that are missing; null where nobody knows.
      type: int
    ranges_lost:
      description: Ranges of its primary key that could not be read.
      type: list
      elements: str
    why:
      description: Why something is lost; null when nothing is.
      type: str
    doubts:
      description: What does not agree, or could not be compared.
      type: list
      elements: str
    files:
      description: Its file, with C(path), C(bytes) and C(sha256).
      type: list
      elements: dict
    deaths:
      description: How often the server died of it.
      type: int
    method:
      description: V(mysqldump) when it was read in one go, V(ranges) around its damage, null when it was not read.
      type: str
    where:
      description: The condition that was given.
      type: str
    limit:
      description: The row limit that was given.
      type: int
    over:
      description: Whether the time or the room was over before all of it was read. The next run reads it then.
      type: bool
    seconds:
      description: How long it took.
      type: float
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import source_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import export
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.salvage_export import SalvageExport as Work


class SalvageExport:
    def __init__(self, params):
        self.params = params
        self.work = Work(params)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    @contextlib.contextmanager
    def exclusive(self):
        with RunLock(self.params["state_dir"], "mysql_salvage_export"):
            self.work.clear()
            try:
                yield
            finally:
                self.work.end()

    def observe(self):
        return self.work.observe()

    def plan(self, seen):
        return export.plan(seen)

    def describe(self, seen):
        return seen.describe()

    def do_begin(self, _step):
        self.work.begin()

    def do_accounts(self, _step):
        self.work.accounts()

    def do_errant(self, _step):
        self.work.errant()

    def do_definitions(self, _step):
        self.work.definitions()

    def do_rows(self, _step):
        self.work.rows()

    def do_ledger(self, _step):
        self.work.ledger()

    def report(self, _before, after, _plan):
        if not after.describe()["done"]:
            return dict(ledger=None, tables=[])
        told = self.work.of(after.journal)
        return dict(tables=told.pop("tables"), ledger=told)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", required=True),
            mysqld=dict(type="path"),
            defaults_file=dict(type="path"),
            login_user=dict(type="str"),
            login_password=dict(type="str", no_log=True),
            mysqldump=dict(type="str", default="mysqldump"),
            mysqldump_options=dict(type="list", elements="str", default=[]),
            mysqlbinlog=dict(type="str", default="mysqlbinlog"),
            schema_only=dict(type="bool", default=False),
            where=dict(type="dict", default={}),
            row_limits=dict(type="dict", default={}),
            exclude_tables=dict(type="list", elements="str", default=[]),
            exclude_schemas=dict(type="list", elements="str", default=[]),
            first_tables=dict(type="list", elements="str", default=[]),
            max_restarts=dict(type="int", default=40),
            max_seconds=dict(type="int", default=0),
            keep_free=dict(type="int", default=1 << 30),
            timeout=dict(type="int", default=3600),
            state_dir=state_spec()["state_dir"],
            **source_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, SalvageExport)


if __name__ == "__main__":
    main()
