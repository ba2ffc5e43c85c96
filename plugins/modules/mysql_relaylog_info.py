#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_relaylog_info
short_description: What a repair of relay logs has to know, as long as the server answers
version_added: 0.1.0
description:
  - Tells whether a replica stands still because of its relay logs, where these are, where its applier stands in them,
    and whether the source still has what is not executed here.
  - Reads a relay log only where O(read) is set; M(dbre.mysql_replica.mysql_relaylog_repair) always does, while the
    server is down.
options:
  channel:
    description:
      - The replication channel.
    type: str
    default: ''
  read:
    description:
      - Whether the logs are read from the first to the last byte where they may be at fault, to tell damaged ones from
        whole ones that the applier refuses.
    type: bool
    default: false
  state_dir:
    description:
      - Directory of the journals of M(dbre.mysql_replica.mysql_relaylog_rescue).
    type: path
    default: /var/lib/dbre_mysql_replica
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
  - module: dbre.mysql_replica.mysql_relaylog_repair
  - module: dbre.mysql_replica.mysql_relaylog_rescue
"""

EXAMPLES = r"""
- name: See whether the relay logs are at fault
  dbre.mysql_replica.mysql_relaylog_info:
    login_unix_socket: /run/mysqld/mysqld.sock
    source_host: db1.example.com
    source_user: reader
    source_password: "{{ reader_password }}"
  register: found

- name: Read and repair them, when the server has been stopped
  dbre.mysql_replica.mysql_relaylog_repair: "{{ found.relay_logs | combine({'backup_dir': '/var/backups/replica'}) }}"
"""

RETURN = r"""
trouble:
  description:
    - V(none) (it replicates), V(rest) (the threads stand still, and the logs may well be whole), V(logs) (the logs have
      to be read), V(lost) (no channel, and relay logs of one), V(other) (no relay log is at fault).
  type: str
  returned: success
  sample: logs
reason:
  description: What RV(trouble) was seen by.
  type: str
  returned: success
relay_logs:
  description:
    - Options for M(dbre.mysql_replica.mysql_relaylog_repair), by their names; C(datadir), C(relay_log),
      C(relay_log_index), C(channel), C(applier_position), C(auto_position), C(gtid_only).
  type: dict
  returned: success
executed:
  description: GTID set that is executed.
  type: str
  returned: success
retrieved:
  description: GTID set that the server calls retrieved; not all of it needs to be in the relay logs still.
  type: str
  returned: success
unapplied:
  description: What is retrieved and not executed.
  type: str
  returned: success
may_discard:
  description: Whether the source was asked, and everything that is not executed here can be had from it.
  type: bool
  returned: success
purged:
  description: GTID set that the source cannot give any more and that is not executed here; null when it was not asked.
  type: str
  returned: success
errant_gtids:
  description: GTID set that is executed here, and not by the source; null when it was not asked, or did not answer.
  type: str
  returned: success
may_discard_reason:
  description: Why RV(may_discard) is what it is.
  type: str
  returned: success
verdict:
  description:
    - What RV(dbre.mysql_replica.mysql_relaylog_repair#module:verdict) is of the logs as they are. Null when they were
      not read.
  type: str
  returned: success
damage:
  description:
    - The first that the applier has before it, with C(place) (C(file:offset)), C(kind) and C(detail). Null when there
      is none, or the logs were not read.
  type: dict
  returned: success
apply_from:
  description:
    - RV(dbre.mysql_replica.mysql_relaylog_repair#module:apply_from) of the logs as they are. Null when they were not
      read.
  type: str
  returned: success
retrieved_gtid_set:
  description: GTID set that the logs hold. Null when they were not read.
  type: str
  returned: success
not_read:
  description: Why the logs were not read though O(read) was set, null otherwise.
  type: str
  returned: success
version:
  description: The server's.
  type: str
  returned: success
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import (
    connection_spec,
    source_spec,
    state_spec,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_health import Health, look
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import trouble
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe, relaylog
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import (
    Server,
    login_of,
    source_login_of,
)


def gather(params):
    name = params["channel"].lower()
    with Server(login_of(params)) as server:
        seen = observe.settled_channels(server)
        mine = [one for one in seen if one.name == name]
        metadata = observe.replication_metadata(server, seen)
        stalled = name in observe.stalled_channels(server, seen)
        logs = relaylog.listed(server, name)
        options = relaylog.options(server, name)
        executed = observe.executed_gtids(server)
        version = server.value("SELECT @@version")
    unfinished = bool(Journal(os.path.join(params["state_dir"], relaylog.journal_name(name))).read())
    if unfinished:
        options["auto_position"] = True  # it was taken from the channel for a while, and comes back
    unusable = metadata.evidence if metadata.state == "unusable" else None
    stands = (options["applier_position"] or "").rpartition(":")[0] in logs
    found = trouble.judge(mine[0] if mine else None, unusable, stalled, unfinished, len(logs), stands)
    retrieved = observe.retrieved_gtids(mine)
    # The replica first, then the source: the other way round a transaction on its way would look as if only here.
    login = source_login_of(params)
    decision = trouble.decide(executed, retrieved, observe.source_view(login) if login else None)
    health = look(options) if params["read"] and found.kind in (trouble.LOGS, trouble.LOST) else Health()
    return dict(
        trouble=found.kind,
        reason=found.reason,
        relay_logs=options,
        executed=str(executed),
        retrieved=str(retrieved),
        unapplied=str(retrieved - executed),
        may_discard=decision.may_discard,
        purged=None if decision.purged is None else str(decision.purged),
        errant_gtids=None if decision.errant is None else str(decision.errant),
        may_discard_reason=decision.reason,
        verdict=health.verdict,
        damage=health.damage,
        apply_from=health.apply_from,
        retrieved_gtid_set=health.retrieved,
        not_read=health.reason,
        version=version,
    )


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            channel=dict(type="str", default=""),
            read=dict(type="bool", default=False),
            state_dir=state_spec()["state_dir"],
            **source_spec(),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module.params))


if __name__ == "__main__":
    main()
