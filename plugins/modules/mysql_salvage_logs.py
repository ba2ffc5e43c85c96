#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_salvage_logs
short_description: Find out how far the binary logs of a dead instance bring a dump, and keep them
version_added: 0.1.0
description:
  - For an instance that does not start, and of which there is a dump, be it an old one. Reads the binary logs in its
    data directory, event by event, and tells whether they bring the dump up to the last whole transaction on disk. The
    end of the last log may be cut anywhere.
  - A dump with a GTID set is gone on with from that set on, one without by its position in the binary logs. When logs
    that are needed are gone, the way is not possible, and RV(why_not) names what is missing.
  - What M(dbre.mysql_replica.mysql_salvage_export) has left in the same directory is compared with that, and the better
    way is proposed.
  - The logs that are needed get a second name below O(path), the last one a copy up to its last whole transaction. The
    data directory is left as it is. M(dbre.mysql_replica.mysql_salvage_replay) replays them into a new instance.
  - Logs that are encrypted cannot be read without their server.
options:
  path:
    description:
      - Directory of the salvage. It is made with mode 0700.
    type: path
    required: true
  dump:
    description:
      - What M(dbre.mysql_replica.mysql_dump_info) returned of the dump.
    type: dict
    required: true
  datadir:
    description:
      - The data directory. Without it, the one that C(mysqld) has in its option files.
    type: path
  mysqld:
    description:
      - The server program, which is asked for its options. Without it, C(mysqld) on the search path and in the usual
        places.
    type: path
  defaults_file:
    description:
      - The server's option file. Without it, those that C(mysqld) reads by itself.
    type: path
  keep:
    description:
      - Whether the logs are kept below O(path). Without that, nothing is written.
    type: bool
    default: true
  state_dir:
    description:
      - Directory of the lock that lets one run at a time work on a server. It is made with mode 0700.
    type: path
    default: /var/lib/dbre_mysql_replica
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_dump_info
  - module: dbre.mysql_replica.mysql_salvage_replay
"""

EXAMPLES = r"""
- name: Look at the last dump
  dbre.mysql_replica.mysql_dump_info:
    path: /backup/db1.sql.zst
  register: dump

- name: See how far the binary logs bring it
  dbre.mysql_replica.mysql_salvage_logs:
    path: /backup/salvage
    dump: "{{ dump }}"
    defaults_file: /etc/my.cnf
  register: logs

- name: Say it
  ansible.builtin.debug:
    msg: "{{ logs.backup }}, of {{ logs.upto }}; proposed: {{ logs.proposed }}, for {{ logs.why }}"
"""

RETURN = r"""
possible:
  description: Whether the logs bring the dump anywhere.
  type: bool
  returned: success
why_not:
  description: Why they do not; null when they do.
  type: str
  returned: success
  sample: "there are no binary logs"
reach:
  description: How far they bring it; null when they do not.
  type: dict
  returned: success
  contains:
    how:
      description: V(gtids) or V(position).
      type: str
    names:
      description: The logs that are needed.
      type: list
      elements: str
    begin:
      description: Where to begin in the first one.
      type: int
    end:
      description: Where the last whole transaction ends in the last one.
      type: int
    dump_gtids:
      description: GTID set of the dump; null without GTIDs.
      type: str
    gtids:
      description: GTID set of the dump with the logs; null without GTIDs.
      type: str
    transactions:
      description: How many transactions the logs add to the dump.
      type: int
    last:
      description: GTID of the last one.
      type: str
    time:
      description: When that was, in seconds since 1970.
      type: int
    lost:
      description: What is on disk and cannot be reached, because a log before it is damaged; null when nothing is.
      type: str
upto:
  description: The moment that the data would be of, in UTC; null when nobody knows.
  type: str
  returned: success
  sample: "2026-11-20T23:10:05Z"
backup:
  description: What this way gives, in words.
  type: str
  returned: success
force_recovery:
  description: What the export in the same directory gives, in words; null when there is none.
  type: str
  returned: success
proposed:
  description: V(backup), V(force_recovery), or null where each way loses something and a person has to choose.
  type: str
  returned: success
why:
  description: The reason.
  type: str
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_logs import SalvageLogs
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import keep_logs
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run


class KeepLogs:
    def __init__(self, params):
        self.params = params
        self.work = SalvageLogs(params)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    def exclusive(self):
        return RunLock(self.params["state_dir"], "mysql_salvage_logs")

    def observe(self):
        return self.work.observe()

    def plan(self, seen):
        return keep_logs.plan(seen, self.params["keep"])

    def describe(self, seen):
        return seen.describe()

    def do_keep(self, _step):
        self.work.keep()

    def report(self, _before, after, _plan):
        return self.work.report(after)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", required=True),
            dump=dict(type="dict", required=True),
            datadir=dict(type="path"),
            mysqld=dict(type="path"),
            defaults_file=dict(type="path"),
            keep=dict(type="bool", default=True),
            state_dir=state_spec()["state_dir"],
        ),
        supports_check_mode=True,
    )
    run(module, KeepLogs)


if __name__ == "__main__":
    main()
