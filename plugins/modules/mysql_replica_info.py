#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_replica_info
short_description: Facts about a replica, its channels and what differs from its source
version_added: 0.1.0
description:
  - Reads, and only reads, what a server says of itself, of its replication channels and of the servers below it.
  - With a source given, tells which transactions exist only here and how many are still missing.
  - Zero channels are not taken for "no replica"; an unusable C(mysql.slave_master_info) looks the same, and is told
    apart.
options:
  channel:
    description:
      - Channel that RV(healthy) and RV(findings) speak of.
    type: str
    default: ''
  journal_dir:
    description:
      - The C(state_dir) of the modules that rebuild a replica. With it, RV(unfinished) is told.
    type: path
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
  - module: dbre.mysql_replica.mysql_replica_wait
"""

EXAMPLES = r"""
- name: Look at a replica, and compare it with its source
  dbre.mysql_replica.mysql_replica_info:
    login_unix_socket: /run/mysqld/mysqld.sock
    source_host: db1.example.com
    source_user: reader
    source_password: "{{ reader_password }}"
  register: replica

- name: Stop when something is wrong
  ansible.builtin.assert:
    that: replica.healthy
    fail_msg: "{{ replica.findings | map(attribute='fact') | join('; ') }}"
"""

RETURN = r"""
server:
  description:
    - Version, flavor, server_uuid, server_id, port, datadir, read_only, super_read_only, gtid_mode, gtid_executed,
      gtid_purged, log_bin, event_scheduler, log_error (its path), uptime (seconds) and more; C(settings) holds what
      decides how it stands a crash, as text. A setting the server does not have is null.
  type: dict
  returned: success
channels:
  description:
    - One entry a replication channel, in today's terms. C(receiver) and C(applier) are running, connecting or stopped;
      C(receiver_failure) and C(applier_failure) hold errno, text and cause.
  type: list
  elements: dict
  returned: success
replication_metadata:
  description:
    - C(state) is C(present), C(none) or C(unusable), with the evidence for the last.
  type: dict
  returned: success
downstreams:
  description: Servers that replicate from this one, connected now or registered.
  type: list
  elements: dict
  returned: success
source:
  description: The source's identity and GTID sets; C(reachable) is false, with the error, when it does not answer.
  type: dict
  returned: when O(source_host) is given
errant_gtids:
  description: Transactions that exist only here, executed or retrieved. Null when no source was asked or none answered.
  type: str
  returned: success
missing_transactions:
  description: How many of the source's transactions are not executed here. Null as for RV(errant_gtids).
  type: int
  returned: success
healthy:
  description: Whether the channel O(channel) replicates and nothing is known to be wrong with it.
  type: bool
  returned: success
findings:
  description: What is wrong, each with C(id), C(fact) and C(where).
  type: list
  elements: dict
  returned: success
unfinished:
  description:
    - What is left of a rebuild that did not come to its end; null when there is none. C(loaded) says whether its dump
      is in and its GTIDs are claimed, C(fingerprint), C(path) and C(databases) which dump that was.
  type: dict
  returned: when O(journal_dir) is given
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, source_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.health import judge
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.unfinished import unfinished
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import (
    Server,
    login_of,
    source_login_of,
)


def gather(params):
    with Server(login_of(params)) as server:
        facts = observe.server_facts(server)
        seen = observe.settled_channels(server)
        metadata = observe.replication_metadata(server, seen)
        below = observe.downstreams(server)
        stalled = observe.stalled_channels(server, seen)
    executed = GtidSet.parse(facts["gtid_executed"])
    # The replica first, then the source: the other way round a transaction on its way would look errant.
    login = source_login_of(params)
    source = observe.source_view(login) if login else None
    errant = missing = None
    if source and source["reachable"]:
        theirs = GtidSet.parse(source["gtid_executed"])
        errant = (executed | observe.retrieved_gtids(seen)) - theirs
        missing = len(theirs - executed)
    findings = judge(seen, params["channel"], metadata.state, executed, stalled, source, errant)
    found = dict(
        server=facts,
        channels=[channel.public() for channel in seen],
        replication_metadata=dict(metadata._asdict()),
        downstreams=below,
        source=source,
        errant_gtids=None if errant is None else str(errant),
        missing_transactions=missing,
        healthy=not findings,
        findings=[finding.public() for finding in findings],
    )
    if params["journal_dir"]:
        quiet, load = (
            Journal(os.path.join(params["journal_dir"], name)).read() for name in ("settings.json", "load.json")
        )
        found["unfinished"] = unfinished(bool(quiet), load, facts["server_uuid"], executed)
    return found


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            channel=dict(type="str", default=""), journal_dir=dict(type="path"), **source_spec()
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module.params))


if __name__ == "__main__":
    main()
