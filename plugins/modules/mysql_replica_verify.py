#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_replica_verify
short_description: Prove that a replica holds what its source holds
version_added: 0.1.0
description:
  - Compares the definition of every object and the checksum of every table, at one GTID set that both servers have
    executed exactly, while applications go on writing to the source.
  - The source is only read, in one consistent snapshot; its writes wait for an instant while the snapshot begins. The
    replica's applier is held at the snapshot's set meanwhile, and goes on afterwards.
  - C(CHECKSUM TABLE) is comparable between servers of the same series. Tables with functional key parts, for which it
    is not repeatable, are summed up row by row instead. Tables of engines without transactions are only compared safely
    when nothing writes to them.
  - What the channel's filters keep out is not compared, by the rules for row-based events (the schema, then the table),
    and is returned in RV(not_replicated). A schema that C(REPLICATE_REWRITE_DB) names, on either side, is not compared
    either; MySQL 5.6 has that filter and does not show it.
options:
  databases:
    description:
      - Schemas to compare. All but the system schemas when it is not given.
    type: list
    elements: str
  channel:
    description:
      - Channel that follows the source.
    type: str
    default: ''
  timeout:
    description:
      - Seconds for the replica to come to the source's set.
    type: int
    default: 3600
  lock_timeout:
    description:
      - Seconds that the start of the snapshot may wait, and make writes at the source wait.
    type: int
    default: 10
  fail_on_difference:
    description:
      - Whether a difference fails the task.
    type: bool
    default: true
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
    details: Compares definitions only, and does not hold the applier.
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_replica_wait
"""

EXAMPLES = r"""
- name: Is it the same data
  dbre.mysql_replica.mysql_replica_verify:
    login_unix_socket: /run/mysqld/mysqld.sock
    source_host: db1.example.com
    source_user: reader
    source_password: "{{ reader_password }}"
"""

RETURN = r"""
identical:
  description: Whether nothing differs. Null in check mode, where rows are not compared and no difference was found.
  type: bool
  returned: success
gtid_set:
  description: The set at which both were compared.
  type: str
  returned: success
tables:
  description: Each table with both checksums and whether they are equal.
  type: list
  elements: dict
  returned: success
not_replicated:
  description:
    - Tables and views, as C(schema.table), that a filter of the channel keeps from being replicated. They were not
      compared, nor were their triggers, nor the routines and events of a schema that is kept out as a whole.
  type: list
  elements: str
  returned: success
objects:
  description: How many definitions were compared.
  type: int
  returned: success
differences:
  description: What differs, each with C(kind), C(object) and C(detail).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, source_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.comparison import (
    Difference,
    differences,
    not_replicated,
    table_results,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.schemas import SYSTEM_SCHEMAS
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel, comparison, observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.claim import claim
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import (
    Server,
    login_of,
    source_login_of,
)


def schemas_of(params, *servers):
    """The schemas to compare: those named, or all that one of the servers has."""
    if params["databases"]:
        return params["databases"]
    every = {name for server in servers for name in observe.schemas(server)}
    return sorted(name for name in every if name.lower() not in SYSTEM_SCHEMAS)


def look(params, replica, source):
    """Definitions only: nothing is held, so that a running change may show as a difference."""
    schemas = schemas_of(params, replica, source)
    filters = channel.filters(replica, params["channel"])
    sides = [comparison.read_side(server, schemas, filters, with_rows=False) for server in (source, replica)]
    found = differences(*sides)
    return result(sides, found, observe.executed_gtids(replica), None if not found else False)


def compare(params, replica, source):
    name = params["channel"]
    filters = channel.filters(replica, name)
    # The applier stops first: after the snapshot it might be beyond it.
    with comparison.applier_stopped(replica, name), comparison.snapshot(source, params["lock_timeout"]) as gtids:
        comparison.apply_exactly(replica, name, gtids, params["timeout"])
        schemas = schemas_of(params, replica, source)
        sides = [comparison.read_side(server, schemas, filters) for server in (source, replica)]
        executed = observe.executed_gtids(replica)
    found = differences(*sides)
    if executed != gtids:
        beyond = executed - gtids
        found.append(Difference("gtids", "gtid_executed", "transactions that the source does not have: %s" % beyond))
    return result(sides, found, gtids, not found)


def result(sides, found, gtids, identical):
    return dict(
        identical=identical,
        gtid_set=str(gtids),
        tables=table_results(*sides),
        not_replicated=not_replicated(*sides),
        objects=len(sides[0].definitions),
        differences=[difference.public() for difference in found],
    )


def gather(module):
    params = module.params
    login = source_login_of(params)
    if login is None:
        raise BadInput("source_host is missing", next_step="name the source to compare with")
    with Server(login_of(params), log_bin=False) as replica, Server(login) as source:
        if module.check_mode:
            return look(params, replica, source)
        with RunLock(params["state_dir"], "mysql_replica_verify") as lock:
            claim(replica, lock)
            told = compare(params, replica, source)
    if told["differences"] and params["fail_on_difference"]:
        first = told["differences"][0]
        raise ReplicaError(
            "the replica differs from its source in %d places, the first: %s %s: %s"
            % (len(told["differences"]), first["kind"], first["object"], first["detail"]),
            where=login_of(params).address,
            untouched="the data on both",
            next_step="rebuild the replica with mysql_replica_rebuild_when=always",
            **told,
        )
    return told


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            databases=dict(type="list", elements="str"),
            channel=dict(type="str", default=""),
            timeout=dict(type="int", default=3600),
            lock_timeout=dict(type="int", default=10),
            fail_on_difference=dict(type="bool", default=True),
            **source_spec(),
            **state_spec(),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module))


if __name__ == "__main__":
    main()
