#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_load_trial
short_description: The tables of a dump, made empty, to see what a load would fail at
version_added: 0.1.0
description:
  - Makes every table of a dump, empty, on the server that the dump is for, and takes it away again. What a load would
    be refused after hours shows up in minutes - engines, row formats, index lengths, page size, collations, names that
    differ in case only, SQL modes, time zones, a missing keyring.
  - Each table is made as a temporary table first, which a server that is read only allows, too, and which nothing but
    the session ever sees. Where that is refused, it is made in a scratch schema, C(dbre_trial_1) and so on, with all
    that it has. Where no schema can be made (C(super_read_only), check mode), a temporary table is made without what
    it cannot have, such as foreign keys and partitions, and RV(reduced) tells.
  - Nothing of it reaches the binary log. Scratch schemas are dropped at the end, those of a killed run at the
    beginning. No other schema is touched, and no row is read or written.
  - Settings of the session are tried as the dump has them. Views, triggers, routines and events are not tried.
  - It fails for none of RV(problems); M(dbre.mysql_replica.mysql_replica_preflight) judges them.
options:
  dump:
    description:
      - What M(dbre.mysql_replica.mysql_dump_info) returned for this dump. The module fails when it has changed since.
    type: dict
  exclude_tables:
    description:
      - Tables that are not to be loaded, as C(schema.table). They are not tried.
    type: list
    elements: str
    default: []
  state_dir:
    description:
      - Directory of the lock that lets one run at a time work on a replica, and of the option file of C(mysqldump) with
        O(method=source).
    type: path
    default: /var/lib/dbre_mysql_replica
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.connection
  - dbre.mysql_replica.dump
  - dbre.mysql_replica.source
attributes:
  check_mode:
    support: full
    details: Only temporary tables are made, no scratch schema.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: It never reports a change. What it makes is gone when it ends.
seealso:
  - module: dbre.mysql_replica.mysql_dump_info
  - module: dbre.mysql_replica.mysql_replica_preflight
  - module: dbre.mysql_replica.mysql_dump_load
"""

EXAMPLES = r"""
- name: See whether the tables of a dump can be made here
  dbre.mysql_replica.mysql_load_trial:
    login_unix_socket: /run/mysqld/mysqld.sock
    path: /var/backups/db1.sql.gz
  register: trial
  failed_when: trial is failed or trial.problems | selectattr('level', 'equalto', 'error') | length > 0
"""

RETURN = r"""
tried:
  description: Whether tables could be made at all.
  type: bool
  returned: success
  sample: true
why_not:
  description: What the server said when it made none. Null when it did.
  type: str
  returned: success
  sample: null
tables:
  description: How many tables were tried, placeholders of views included.
  type: int
  returned: success
  sample: 412
problems:
  description: What the load would be refused, or where the server would make another table than it is told to.
  type: list
  elements: dict
  returned: success
  contains:
    level:
      description: C(error), or C(changed) for a table that the server makes otherwise, with a warning.
      type: str
      sample: error
    about:
      description: What a change is in, C(engine), C(index length), C(row format), C(row size) or C(column type).
      type: str
      sample: null
    schema:
      description: The schema of the table. Null for a setting of the session.
      type: str
      sample: shop
    table:
      description: The table, or the beginning of the statement that sets something. Null for a schema.
      type: str
      sample: item
    errno:
      description: MySQL's number of the error or warning.
      type: int
      sample: 1273
    error:
      description: Its text.
      type: str
      sample: "the server refused a statement: error 1273: Unknown collation: 'utf8mb4_0900_ai_ci'"
    where:
      description: The place of the statement in the dump.
      type: str
      sample: "/var/backups/db1.sql.gz: line 41, byte 1702 of the plain text"
reduced:
  description: Tables of which a part could not be tried, each with C(schema), C(table) and C(left_out).
  type: list
  elements: dict
  returned: success
  sample: []
scratch:
  description: Whether scratch schemas were needed and made.
  type: bool
  returned: success
  sample: false
scratch_refused:
  description: Why no scratch schema could be made. Null when one was, or none was needed.
  type: str
  returned: success
  sample: null
dropped:
  description: Scratch schemas of a killed run, dropped at the beginning.
  type: list
  elements: str
  returned: success
  sample: []
seconds:
  description: How long it took.
  type: float
  returned: success
  sample: 4.2
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import (
    connection_spec,
    dump_spec,
    source_spec,
    state_spec,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_given import open_given
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import begin_session
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_trial import Trial
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.scratch import Scratch


class LoadTrial(ReplicaOperation):
    purpose = "mysql_load_trial"

    def try_tables(self, begin, refused):
        known = (self.params["dump"] or {}).get("fingerprint")
        with open_given(self.params, known, definitions_only=True) as dump, Scratch(self.server, refused) as scratch:
            dropped = scratch.drop_left_behind()
            trial = Trial(self.server, scratch, begin)
            trial.run(dump.parts(), Whole(dump.path), lambda: Sieve(self.params["exclude_tables"]))
            return dict(
                tried=trial.why_not is None,
                why_not=trial.why_not,
                tables=trial.tables,
                problems=trial.problems,
                reduced=trial.reduced,
                scratch=scratch.used,
                scratch_refused=scratch.refused,
                dropped=dropped,
            )


def gather(module):
    with contextlib.ExitStack() as stack:
        trial = LoadTrial(module.params)
        stack.enter_context(trial)
        if module.check_mode:
            return trial.try_tables(trial.server.reconnect, "check mode")
        stack.enter_context(trial.exclusive())
        return trial.try_tables(lambda: begin_session(trial.server, trial.lock), None)


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            dump=dict(type="dict"),
            exclude_tables=dict(type="list", elements="str", default=[]),
            state_dir=state_spec()["state_dir"],
            **dict(dump_spec(), **source_spec()),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module))


if __name__ == "__main__":
    main()
