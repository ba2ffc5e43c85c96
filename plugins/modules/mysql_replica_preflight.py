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
  overrule:
    description:
      - Ids of checks whose finding does not count. Each has to be one that may be overruled by name.
    type: list
    elements: str
    default: []
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
  description:
    - What was found, each with C(id), C(severity) (refuse, warn or note), C(fact), C(where), C(next_step) and
      C(overruled).
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
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import REFUSE
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.checks import checks, findings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Asked, Facts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import login_of, source_login_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.preflight import replica_view, source_view


def facts_of(params):
    login, source = login_of(params), source_login_of(params)
    if source is None:
        raise BadInput("source_host is missing", next_step="name the source that the replica is to follow")
    # The replica first, then the source: the other way round a transaction on its way would look errant.
    return Facts(
        address=login.address,
        replica=None if params["server_down"] else replica_view(login),
        source=source_view(source),
        dump=params["dump"],
        asked=Asked(**{name: params[name] for name in Asked._fields}),
    )


def gather(params):
    facts = facts_of(params)
    made = len(checks(facts))
    found = [finding.public() for finding in findings(facts, params["overrule"])]
    stop = [one for one in found if one["severity"] == REFUSE and not one["overruled"]]
    if stop:
        raise Refused(
            "%d of %d checks say no: %s"
            % (len(stop), made, "; ".join("[%(id)s] %(fact)s -> %(next_step)s" % one for one in stop)),
            where=facts.address,
            untouched="everything",
            next_step="put these right, then run the same command again",
            findings=found,
        )
    return dict(findings=found, checks=made, extra_schemas=facts.extra)


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
            overrule=dict(type="list", elements="str", default=[]),
            **source_spec(),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module.params))


if __name__ == "__main__":
    main()
