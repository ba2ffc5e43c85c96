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
  trial:
    description:
      - What M(dbre.mysql_replica.mysql_load_trial) returned for the dump. Without it, nothing is said of its tables.
    type: dict
  backup_dir:
    description:
      - Directory of the quarantine, whose free space is looked at.
    type: path
  only:
    description:
      - Ids of the checks to make; all, when none is given. C(dump_too_old) is worth a second look when a long load is
        over, right before its GTIDs are declared.
    type: list
    elements: str
    default: []
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
  known_downstreams:
    description:
      - Servers that replicate from this one as far as the inventory knows, each as host or host:port. They may not be
        connected at the moment.
    type: list
    elements: str
    default: []
  replication_user:
    description:
      - Account that the channel is to log in to the source with. It is tried from the target host, in one login.
        Without it, it is not.
    type: str
  replication_password:
    description:
      - Password of O(replication_user).
    type: str
  source_ssl:
    description:
      - Whether the channel is to be encrypted. Without it, it is what the channel is by now, or the server's default.
    type: bool
  source_ssl_ca:
    description:
      - Certificate authority by which the channel is to check the source's certificate.
    type: path
  get_source_public_key:
    description:
      - Whether the channel is to ask the source for its public key, where it is not encrypted. Without it, it is what
        the channel is by now.
    type: bool
  state_dir:
    description:
      - Directory of the journal and of the lock that lets one run at a time work on a replica. It is only looked at.
    type: path
    default: /var/lib/dbre_mysql_replica
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

import shutil

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, source_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_now import dump_now
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.room import space
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import REFUSE
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.checks import checks, findings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Asked, Facts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import login_of, source_login_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.preflight import replica_view, source_view
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.transport import account_view, replication_login


def facts_of(params, run):
    login, source = login_of(params), source_login_of(params)
    if source is None:
        raise BadInput("source_host is missing", next_step="name the source that the replica is to follow")
    # The replica first, then the source: the other way round a transaction on its way would look errant.
    replica = None if params["server_down"] else replica_view(login, params["channel"], params["state_dir"], run)
    account = replication_login(source, params, replica)
    return Facts(
        address=login.address,
        replica=replica,
        source=source_view(source),
        dump=dict(params["dump"], **dump_now(params["dump"])),
        trial=params["trial"],
        room=space(params, replica),
        account=account and account_view(account, source),
        asked=Asked(**{name: params[name] for name in Asked._fields}),
    )


def gather(params, run):
    facts = facts_of(params, run)
    made = len(checks(facts, params["only"]))
    found = [finding.public() for finding in findings(facts, params["overrule"], params["only"])]
    told = dict(findings=found, checks=made, extra_schemas=facts.extra)
    stop = [one for one in found if one["severity"] == REFUSE and not one["overruled"]]
    if stop:
        raise Refused(
            "%d of %d checks say no: %s"
            % (len(stop), made, "; ".join("[%(id)s] %(fact)s -> %(next_step)s" % one for one in stop)),
            where=facts.address,
            untouched="everything: checks only look",
            next_step="put these right, then run the same command again",
            **told,
        )
    return told


def output_of(module):
    """See host/service_watch.Run."""
    return lambda command: module.run_command(command, handle_exceptions=False)[1] if shutil.which(command[0]) else ""


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            dump=dict(type="dict", required=True),
            trial=dict(type="dict"),
            backup_dir=dict(type="path"),
            only=dict(type="list", elements="str", default=[]),
            channel=dict(type="str", default=""),
            allow_errant=dict(type="bool", default=False),
            allow_downstream=dict(type="bool", default=False),
            extra_schemas=dict(type="str", choices=["fail", "drop", "keep"], default="fail"),
            accounts=dict(type="str", choices=["keep", "load"], default="keep"),
            server_down=dict(type="bool", default=False),
            reinitialize=dict(type="bool", default=False),
            known_downstreams=dict(type="list", elements="str", default=[]),
            replication_user=dict(type="str"),
            replication_password=dict(type="str", no_log=True),
            source_ssl=dict(type="bool"),
            source_ssl_ca=dict(type="path"),
            get_source_public_key=dict(type="bool", no_log=False),
            state_dir=dict(type="path", default="/var/lib/dbre_mysql_replica"),
            overrule=dict(type="list", elements="str", default=[]),
            **source_spec(),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module.params, output_of(module)))


if __name__ == "__main__":
    main()
