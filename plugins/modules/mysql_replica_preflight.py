#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_replica_preflight
short_description: Everything that would stop a rebuild later, found before anything is touched
version_added: 0.1.0
description:
  - Runs every check that a rebuild from a dump must pass, reads only, and fails with all findings at once, each with
    the fact, where it was seen and what to do about it.
options:
  dump:
    description:
      - What M(dbre.mysql_replica.mysql_dump_info) returned for the dump.
    type: dict
    required: true
  channel:
    description:
      - The channel that is rebuilt.
    type: str
    default: ''
  allow_errant:
    description:
      - Take on the loss of transactions that exist only on the replica.
    type: bool
    default: false
  allow_downstream:
    description:
      - Take on that servers which replicate from this one have to be rebuilt, too.
    type: bool
    default: false
  extra_schemas:
    description:
      - What becomes of schemas that are not in the dump. V(fail) makes them a finding.
    type: str
    choices: [fail, drop, keep]
    default: fail
  accounts:
    description:
      - Whether the replica keeps its accounts or takes those of the dump.
    type: str
    choices: [keep, load]
    default: keep
  server_down:
    description:
      - The replica's server cannot be brought up. Only the dump and the source are looked at.
    type: bool
    default: false
  reinitialize:
    description:
      - The replica is to get a new data directory, so what is broken in the old one stands in nobody's way.
    type: bool
    default: false
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.connection
  - dbre.mysql_replica.source
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_dump_info
"""

EXAMPLES = r"""
- name: Look at the dump
  dbre.mysql_replica.mysql_dump_info:
    path: /var/backups/db1.sql.gz
    require_complete: false
  register: dump

- name: Would a rebuild from it work
  dbre.mysql_replica.mysql_replica_preflight:
    login_unix_socket: /run/mysqld/mysqld.sock
    source_host: db1.example.com
    source_user: reader
    source_password: "{{ reader_password }}"
    dump: "{{ dump }}"
"""

RETURN = r"""
findings:
  description: What stands in the way, each with C(id), C(fact), C(where) and C(next_step).
  type: list
  elements: dict
  returned: success
checks:
  description: How many checks were made.
  type: int
  returned: success
extra_schemas:
  description: Schemas that only the replica has.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, source_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import preflight
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import (
    Server,
    login_of,
    source_login_of,
)

ASKED = ("channel", "dump", "allow_errant", "allow_downstream", "extra_schemas", "accounts", "reinitialize")


def facts_of(params):
    login = source_login_of(params)
    if login is None:
        raise BadInput("source_host is missing", next_step="name the source that the replica is to follow")
    asked = {name: params[name] for name in ASKED}
    if params["server_down"]:
        return preflight.without_replica(login_of(params).address, observe.source_view(login), **asked)
    with Server(login_of(params)) as server:
        seen = observe.channels(server)
        metadata = observe.replication_metadata(server, seen)
        # The replica first, then the source: the other way round a transaction on its way would look errant.
        return preflight.Facts(
            address=server.login.address,
            server=observe.server_facts(server),
            channels=[channel.name for channel in seen],
            metadata=metadata.state,
            metadata_evidence=metadata.evidence,
            retrieved=observe.retrieved_gtids(seen),
            downstreams=observe.downstreams(server),
            schemas=observe.schemas(server),
            source=observe.source_view(login),
            **asked,
        )


def gather(params):
    facts = facts_of(params)
    found = [finding.public() for finding in preflight.findings(facts)]
    if found:
        raise Refused(
            "%d of %d checks say no: %s"
            % (
                len(found),
                len(preflight.checks(facts)),
                "; ".join("[%(id)s] %(fact)s -> %(next_step)s" % one for one in found),
            ),
            where=facts.address,
            untouched="everything",
            next_step="put these right, then run the same command again",
            findings=found,
        )
    return dict(findings=found, checks=len(preflight.checks(facts)), extra_schemas=facts.extra)


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            dump=dict(type="dict", required=True),
            channel=dict(type="str", default=""),
            allow_errant=dict(type="bool", default=False),
            allow_downstream=dict(type="bool", default=False),
            extra_schemas=dict(type="str", choices=["fail", "drop", "keep"], default="fail"),
            accounts=dict(type="str", choices=["keep", "load"], default="keep"),
            server_down=dict(type="bool", default=False),
            reinitialize=dict(type="bool", default=False),
            **source_spec(),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module.params))


if __name__ == "__main__":
    main()
