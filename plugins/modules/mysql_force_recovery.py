#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_force_recovery
short_description: Find the lowest innodb_force_recovery at which an instance starts
version_added: 0.1.0
description:
  - For an instance that does not start, and whose data nobody else has. Copies the data directory first, and then
    starts C(mysqld) on the copy (or on the original, by choice) with C(innodb_force_recovery) at 0, 1, 2 and so on,
    until it answers. Only when it does at no level with its redo log, the redo log is set aside, never deleted, and the
    levels are tried again.
  - No application can reach the server meanwhile. It listens on a socket in a directory of its own and nowhere else, it
    does not replicate, runs no events, and works with a copy of its last binary log, or with none. It never runs on
    after the task.
  - The error log of each attempt is kept below O(state_dir).
  - When the level is found M(dbre.mysql_replica.mysql_salvage_export) reads what can be read.
  - A run that was killed is gone on with. One that has found the level is not repeated, as long as the data directory
    is the same. To begin again all the same, remove C(salvage.json) in O(state_dir) and the copy.
options:
  datadir:
    description:
      - The data directory. Without it, the one that C(mysqld) has in its option files.
    type: path
  mysqld:
    description:
      - The server program, of the version that the data directory was written by. Without it, C(mysqld) on the search
        path and in the usual places.
    type: path
  defaults_file:
    description:
      - The server's option file. Without it, those that C(mysqld) reads by itself.
    type: path
  max_level:
    description:
      - The highest level to try. From 4 on InnoDB may damage the files that it works on for good.
    type: int
    default: 6
  copy_to:
    description:
      - Where the copy goes; nothing must have that name. Blocks are shared with the original where the file system can
        do that. Without it, the name of the data directory with C(.salvage) behind it.
    type: path
  copy:
    description:
      - V(all) copies the whole data directory. V(system) copies what a failed start may change and nothing else brings
        back - redo and undo logs, C(ibdata1), C(mysql.ibd), the schema C(mysql), definition files.
    type: str
    choices: [all, system]
    default: all
  work_on:
    description:
      - V(copy) leaves the original as it is. V(original) is for where there is no room for two.
    type: str
    choices: [copy, original]
    default: copy
  set_redo_aside:
    description:
      - Whether the redo log may be set aside when no level answers with it. What is only in it is lost then.
    type: bool
    default: true
  backup_dir:
    description:
      - Directory that the redo log is moved to. Without it, one beside the data directory that is worked on.
    type: path
  timeout:
    description:
      - Seconds that an attempt may take. A large redo log takes its time.
    type: int
    default: 3600
  settle:
    description:
      - Seconds that a server has to live on after its first answer. Some die as soon as they begin to purge.
    type: int
    default: 5
  state_dir:
    description:
      - Directory of the journal, of the logs of the attempts, and of the lock that lets one run at a time work on a
        server. It is made with mode 0700.
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
  - module: dbre.mysql_replica.mysql_error_log
  - module: dbre.mysql_replica.mysql_salvage_export
"""

EXAMPLES = r"""
- name: Find out how this instance can be started
  dbre.mysql_replica.mysql_force_recovery:
    defaults_file: /etc/my.cnf
    copy_to: /backup/mysql.salvage
  register: recovery
"""

RETURN = r"""
level:
  description: The lowest level at which the instance starts and answers; null in check mode.
  type: int
  returned: success
redo:
  description: V(as_found), or V(set_aside) where it starts at no level with its redo log; null in check mode.
  type: str
  returned: success
datadir:
  description: The data directory that it starts with, the copy or the original.
  type: str
  returned: success
copied_to:
  description: Where the copy is.
  type: str
  returned: success
redo_aside:
  description: Where the redo log was moved to; null when it was not.
  type: str
  returned: success
files_version:
  description: The version of the server that wrote the data directory, by its files; null where they do not tell.
  type: str
  returned: success
gives_up:
  description: What is given up at this level, a sentence each.
  type: list
  elements: str
  returned: success
warnings_of_level:
  description: What to know of data that is read so.
  type: list
  elements: str
  returned: success
attempts:
  description: Every attempt, the last one being the one that answered; in error.attempts when none has.
  type: list
  elements: dict
  returned: success
  contains:
    redo:
      description: V(as_found) or V(set_aside).
      type: str
    level:
      description: innodb_force_recovery.
      type: int
    outcome:
      description:
        - V(answers), V(died), V(silent) for one that ran and did not answer in time, V(unfit) for one that ended before
          InnoDB had begun.
      type: str
    seconds:
      description: How long it took.
      type: float
    log:
      description: Its error log.
      type: str
    last_words:
      description: Its last error, or the last line of its log.
      type: str
    findings:
      description: What M(dbre.mysql_replica.mysql_error_log) finds in that, with C(id) and C(line).
      type: list
      elements: dict
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import force_recovery
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.lock import RunLock
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import recovery
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run


class ForceRecovery:
    def __init__(self, params):
        self.params = params
        self.work = force_recovery.ForceRecovery(params)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    @contextlib.contextmanager
    def exclusive(self):
        with RunLock(self.params["state_dir"], "mysql_force_recovery"):
            self.work.clear()
            yield

    def observe(self):
        return self.work.observe()

    def plan(self, seen):
        return recovery.plan(seen, self.work.wish)

    def describe(self, seen):
        return seen.describe()

    def do_copy(self, step):
        self.work.copy(step.data)

    def do_climb(self, step):
        self.work.try_levels(step.data)

    def do_climb_without_redo(self, step):
        self.work.try_levels(step.data, set_redo_aside=True)

    def report(self, before, after, plan):
        return recovery.report(after, self.work.wish, planned_only=plan.needed and after is before)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            datadir=dict(type="path"),
            mysqld=dict(type="path"),
            defaults_file=dict(type="path"),
            max_level=dict(type="int", default=6),
            copy_to=dict(type="path"),
            copy=dict(type="str", choices=["all", "system"], default="all"),
            work_on=dict(type="str", choices=["copy", "original"], default="copy"),
            set_redo_aside=dict(type="bool", default=True),
            backup_dir=dict(type="path"),
            timeout=dict(type="int", default=3600),
            settle=dict(type="int", default=5),
            state_dir=state_spec()["state_dir"],
        ),
        supports_check_mode=True,
    )
    run(module, ForceRecovery)


if __name__ == "__main__":
    main()
