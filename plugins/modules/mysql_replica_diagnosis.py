#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_replica_diagnosis
short_description: What is wrong with a replica, and the gentlest remedy that may help
version_added: 0.1.0
description:
  - Puts together what the server, its relay logs, its system tables and its error log say, and decides which rung of
    the ladder of remedies comes next. It looks at nothing itself.
  - The rungs are, from the gentlest, C(start), C(restart), C(reread), C(relay_log_repair), C(system_tables),
    C(reattach), C(rebuild) and C(salvage).
  - What the server says counts more than its log, in which nothing shows that a failure is over.
options:
  replica:
    description:
      - What M(dbre.mysql_replica.mysql_replica_info) returned. None for a server that does not answer.
    type: dict
  log:
    description:
      - What M(dbre.mysql_replica.mysql_error_log) returned.
    type: dict
  relay_logs:
    description:
      - What M(dbre.mysql_replica.mysql_relaylog_info) returned, or, for a server that is down,
        M(dbre.mysql_replica.mysql_relaylog_repair) in check mode.
    type: dict
  tables:
    description:
      - What M(dbre.mysql_replica.mysql_stats_tables) returned in check mode, or its C(error) where that needs a
        rebuild.
    type: dict
  tried:
    description:
      - Rungs that were climbed already and did not help.
    type: list
    elements: str
    choices: [start, restart, reread, relay_log_repair, system_tables, reattach, rebuild, salvage]
    default: []
  max_rung:
    description:
      - The highest rung that may be climbed.
    type: str
    choices: [start, restart, reread, relay_log_repair, system_tables, reattach, rebuild, salvage]
    default: salvage
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_error_log
  - module: dbre.mysql_replica.mysql_replica_info
"""

EXAMPLES = r"""
- name: Ask the server
  dbre.mysql_replica.mysql_replica_info:
    login_unix_socket: /run/mysqld/mysqld.sock
  register: replica

- name: Ask its log
  dbre.mysql_replica.mysql_error_log:
    path: /var/log/mysql/error.log
  register: log

- name: Put both together
  dbre.mysql_replica.mysql_replica_diagnosis:
    replica: "{{ replica }}"
    log: "{{ log }}"
  register: diagnosis
"""

RETURN = r"""
healthy:
  description: Whether nothing was found that keeps the server from running or the replica from replicating.
  type: bool
  returned: success
findings:
  description: What is wrong, the gravest first.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Its name, which does not change.
      type: str
      sample: relay_log_unreadable
    seen_in:
      description: C(server), C(files) or C(log).
      type: str
    severity:
      description: C(fatal), C(error), C(warning) or C(advice).
      type: str
    confidence:
      description: C(certain), C(likely) or C(possible).
      type: str
    fact:
      description: What was seen, in its own words.
      type: str
    where:
      description: Where, as a channel, a table, or file and line.
      type: str
    since:
      description: The first time, as the log writes it. Null when nobody knows.
      type: str
    meaning:
      description: What it means.
      type: str
    check:
      description: What proves it.
      type: str
    rung:
      description: The gentlest remedy; C(by_hand) where something outside the replica has to be put right first.
      type: str
    remedy:
      description: The same in words.
      type: str
    risk:
      description: What may go wrong on the way.
      type: str
    options:
      description: Lines for the option file that keep it from coming back.
      type: list
      elements: str
ladder:
  description:
    - Every rung with C(rung), C(state) (C(next), C(tried), C(later) or C(no)), C(why), C(risk), C(needs), which is its
      precondition, and C(success), which is how its success is judged.
  type: list
  elements: dict
  returned: success
next_rung:
  description: The rung to climb now, null when there is none.
  type: str
  returned: success
  sample: relay_log_repair
by_hand:
  description: What has to be put right by hand before any rung helps.
  type: list
  elements: str
  returned: success
advice:
  description:
    - What to set so that it does not come back, each with C(id), C(why), C(remedy) and C(options), lines of the option
      file.
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.advice import advice
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.ladder import ladder
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.signs import by_hand, signs
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import LADDER
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info


def gather(params):
    found = signs(params["replica"], params["log"], params["relay_logs"], params["tables"])
    steps = ladder(found, params["tried"], params["max_rung"])
    return dict(
        healthy=not any(one.blocks for one in found),
        findings=[one.public() for one in found],
        ladder=[step.public() for step in steps],
        next_rung=next((step.rung for step in steps if step.state == "next"), None),
        by_hand=[one.remedy for one in by_hand(found)],
        advice=[one.public() for one in advice(found, params["replica"], params["log"])],
    )


def main():
    module = AnsibleModule(
        argument_spec=dict(
            replica=dict(type="dict"),
            log=dict(type="dict"),
            relay_logs=dict(type="dict"),
            tables=dict(type="dict"),
            tried=dict(type="list", elements="str", choices=list(LADDER), default=[]),
            max_rung=dict(type="str", choices=list(LADDER), default=LADDER[-1]),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module.params))


if __name__ == "__main__":
    main()
