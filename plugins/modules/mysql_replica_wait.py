#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_replica_wait
short_description: Wait until a replica has caught up, and no longer than it makes sense
version_added: 0.1.0
description:
  - Waits until the replica has executed O(gtid_set) and, where O(max_lag) is given, is no more than that behind.
  - Ends early, with the cause, when replication has stopped, cannot log in to the source, or stands still for
    O(stall_timeout) although its threads say that they run.
options:
  gtid_set:
    description:
      - Transactions to wait for. Without it, the source's executed set at the start is taken when O(source_host) is
        given.
    type: str
  max_lag:
    description:
      - Seconds behind the source that are close enough.
    type: int
  timeout:
    description:
      - Seconds to wait at the longest.
    type: int
    default: 3600
  stall_timeout:
    description:
      - Seconds without any movement after which waiting makes no sense any more.
      - One long transaction moves nothing while it is applied, so leave room for the longest.
    type: int
    default: 300
  channel:
    description:
      - Channel to wait for.
    type: str
    default: ''
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.connection
  - dbre.mysql_replica.source
attributes:
  check_mode:
    support: full
    details: Does not wait; looks once and tells whether the goal is reached.
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_replica_info
"""

EXAMPLES = r"""
- name: Wait for all that the source has done up to now
  dbre.mysql_replica.mysql_replica_wait:
    login_unix_socket: /run/mysqld/mysqld.sock
    source_host: db1.example.com
    source_user: reader
    source_password: "{{ reader_password }}"
    timeout: 7200
"""

RETURN = r"""
reached:
  description: Whether the goal is reached. False only in check mode; otherwise the task fails.
  type: bool
  returned: success
waited:
  description: Seconds waited.
  type: float
  returned: success
gtid_set:
  description: The transactions that were waited for.
  type: str
  returned: success
gtid_executed:
  description: The replica's executed set at the end.
  type: str
  returned: success
lag:
  description: Seconds behind the source at the end, as the server reckons it; null when it cannot tell.
  type: int
  returned: success
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, source_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, NotReached
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.catch_up import Goal, Look, arrived, obstacle
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import (
    Server,
    login_of,
    source_login_of,
)

PAUSE = 0.5  # seconds between two looks


def goal_of(params):
    text = params["gtid_set"]
    if text is None:
        login = source_login_of(params)
        source = observe.source_view(login) if login else None
        if source is None and params["max_lag"] is None:
            raise BadInput("nothing to wait for", next_step="give gtid_set, max_lag or source_host")
        if source is not None and not source["reachable"]:
            raise NotReached("the source does not answer: %s" % source["error"], where=source["address"])
        text = source["gtid_executed"] if source else ""
    return Goal(GtidSet.parse(text), params["max_lag"])


def look_at(server, name):
    mine = [channel for channel in observe.channels(server) if channel.name == name]
    return Look(mine[0] if mine else None, observe.executed_gtids(server))


def not_reached(why, look, goal, name):
    return NotReached(
        why,
        where="channel '%s'" % name,
        untouched="the replica; waiting changes nothing",
        next_step="see SHOW REPLICA STATUS and the server's error log; %d transactions are missing: %s"
        % (len(goal.gtids - look.executed), str(goal.gtids - look.executed)[:400]),
    )


def wait(module, server, goal):
    params = module.params
    started = moved = time.time()
    last = None
    while True:
        look = look_at(server, params["channel"])
        now = time.time()
        reached = arrived(look, goal)
        if reached or module.check_mode:
            return reached, look, now - started
        why = obstacle(look)
        if look.position != last:
            last, moved = look.position, now
        if why is None and now - moved > params["stall_timeout"]:
            why = "nothing has moved for %d s although the threads say that they run" % params["stall_timeout"]
        if why is None and now - started > params["timeout"]:
            why = "not caught up after %d s" % params["timeout"]
        if why is not None:
            raise not_reached(why, look, goal, params["channel"])
        time.sleep(PAUSE)


def gather(module):
    with Server(login_of(module.params)) as server:
        goal = goal_of(module.params)
        reached, look, waited = wait(module, server, goal)
    return dict(
        reached=reached,
        waited=round(waited, 3),
        gtid_set=str(goal.gtids),
        gtid_executed=str(look.executed),
        lag=look.channel.seconds_behind_source if look.channel else None,
    )


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            gtid_set=dict(type="str"),
            max_lag=dict(type="int"),
            timeout=dict(type="int", default=3600),
            stall_timeout=dict(type="int", default=300),
            channel=dict(type="str", default=""),
            **source_spec(),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module))


if __name__ == "__main__":
    main()
