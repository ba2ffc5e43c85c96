#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_replication_source
short_description: Attach a replica to its source with GTID auto-position, idempotently
version_added: 0.1.0
description:
  - Brings a replication channel to the state and the settings given, with as few statements as that takes, and changes
    nothing when they are met. Speaks C(CHANGE MASTER) or C(CHANGE REPLICATION SOURCE) as the server does.
  - Refuses a change that would throw away transactions which are retrieved and not applied yet.
options:
  source_host:
    description:
      - Host of the source, as the replica sees it.
    type: str
  source_port:
    description:
      - Port of the source.
    type: int
    default: 3306
  source_user:
    description:
      - Replication account at the source.
    type: str
  source_password:
    description:
      - Password of O(source_user). It is compared with the stored one where that can be read, and never shown.
    type: str
  source_ssl:
    description:
      - Whether the channel is encrypted. Not given, it is left as it is.
    type: bool
  source_ssl_ca:
    description:
      - Certificate authority file, on the replica's host, that signed the source's certificate.
    type: str
  get_source_public_key:
    description:
      - Whether the replica asks the source for its key, which C(caching_sha2_password) needs without TLS. Not sent to a
        server that has no such option (before 8.0).
    type: bool
  channel:
    description:
      - Name of the channel. Servers before 5.7 have only the one without a name.
    type: str
    default: ''
  state:
    description:
      - V(started) and V(stopped) speak of both threads, V(configured) leaves the threads of an existing channel alone
        unless a setting has to change, V(absent) removes the channel and its relay logs.
    type: str
    choices: [started, stopped, configured, absent]
    default: started
  keep_settings:
    description:
      - Whether the settings of a channel outlive it. RESET REPLICA ALL forgets all of them - delay, heartbeat, retries,
        ignored servers, TLS files, compression and whatever else C(CHANGE) can say - and the filters that were set for
        the channel at runtime.
      - With O(state=absent) they are written into a journal below O(state_dir), with the password, mode 0600, before
        anything is stopped.
      - With any other O(state), a channel that has to be made gets what the journal holds, but for what the task names
        itself, and the journal is removed. O(source_host) and the account may then be left out. The channel is made
        with auto-position, so one that assigns GTIDs to transactions which have none is not removed.
      - "After a run that was killed: where the channel is gone, the journal is right. Where the channel is there, it is
        right, and the journal is replaced or removed; only filters and a delay that this module was about to give back
        are still given back. Somebody who makes the channel by hand in between has chosen its settings."
      - Filters of an option file come back by themselves. Servers before 8.0 keep theirs. A filter whose text cannot be
        told apart, since a name holds a comma or a dot, is an error before anything is stopped; two schemas and one
        with a comma in its name cannot be told, and are taken for two.
      - Without it, a journal that is there is neither read nor removed.
    type: bool
    default: false
  hold_delay:
    description:
      - Whether a delay that O(keep_settings) would give back waits. A delayed replica cannot catch up with its source,
        nor be compared with it, so a rebuild makes the channel with this option, and runs the task again without it
        at its end.
      - The journal stays until then. The delay is given when all that is retrieved is applied; the statement would
        throw it away otherwise.
    type: bool
    default: false
  backup_dir:
    description:
      - Directory for the quarantine of the relay logs that V(absent) deletes. Required when they hold transactions that
        are not applied.
    type: path
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.connection
  - dbre.mysql_replica.state
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_replica_wait
  - module: dbre.mysql_replica.mysql_gtid_reset
"""

EXAMPLES = r"""
- name: Attach with auto-position and start
  dbre.mysql_replica.mysql_replication_source:
    login_unix_socket: /run/mysqld/mysqld.sock
    source_host: db1.example.com
    source_user: repl
    source_password: "{{ repl_password }}"
    source_ssl: true

- name: Remove the channel before a rebuild, and remember how it was
  dbre.mysql_replica.mysql_replication_source:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: absent
    keep_settings: true

- name: Make it again after the rebuild, with its delay, its heartbeat and its filters, and start it
  dbre.mysql_replica.mysql_replication_source:
    login_unix_socket: /run/mysqld/mysqld.sock
    keep_settings: true

- name: Stop being a replica, and keep the relay logs
  dbre.mysql_replica.mysql_replication_source:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: absent
    backup_dir: /var/backups/mysql_replica
"""

RETURN = r"""
before:
  description: Settings and state of the channel as they were, without the password.
  type: dict
  returned: success
after:
  description: The same after the run; in check mode, as they would be.
  type: dict
  returned: success
kept_settings:
  description:
    - With O(keep_settings), what was written down or given back (in check mode, would be), without the password;
      filters set at runtime are in C(filters) and, for all channels, C(global_filters).
    - Empty for a run that did neither.
  type: dict
  returned: success
quarantine:
  description: Directory that holds the relay logs, null when none were set aside.
  type: str
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_change, channel_wish, kept_channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel, observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation


class ReplicationSource(ReplicaOperation):
    purpose = "mysql_replication_source"

    def __init__(self, params):
        super().__init__(params)
        self.quarantine = None
        self.wish = channel_wish.read_wish(params)
        self.name = self.wish.name
        self.journal = Journal(os.path.join(params["state_dir"], kept_channel.journal_name(self.name)))
        self.words = channel.words(self.server, self.name)

    def observe(self):
        seen = observe.channels(self.server)
        metadata = observe.replication_metadata(self.server, seen)
        mine = [one for one in seen if one.name == self.name]
        keep = self.params["keep_settings"]
        return channel_wish.Observed(
            address=self.server.login.address,
            server_uuid=observe.server_uuid(self.server),
            channel=mine[0] if mine else None,
            password=channel.stored_password(self.server, self.name) if mine else None,
            metadata=metadata.state,
            metadata_evidence=metadata.evidence,
            relay_logs=observe.relay_logs(self.server, self.name) if mine else [],
            now=channel.kept(self.server, self.name) if keep else None,
            journaled=kept_channel.read_record(self.journal.read()) if keep else None,
            global_filters=channel.global_filters(self.server) if keep else {},
        )

    def assumed(self, seen):
        journaled = kept_channel.settle(seen.now, seen.journaled)
        return {
            "channel_removed": dict(
                channel=None, password=None, metadata="none", relay_logs=[], now=None, journaled=journaled
            )
        }

    def plan(self, seen):
        return channel_change.plan(seen, self.wish, self.words)

    def describe(self, seen):
        return seen.describe()

    def do_run(self, step):
        self.server.execute(step.display)

    def do_change(self, step):
        self.server.execute(step.data["sql"], step.data["values"])

    def do_apply_retrieved(self, _step):
        channel.apply_retrieved(self.server, self.name)

    def do_journal_settings(self, step):
        self.journal.write(step.data["record"])

    def do_forget_settings(self, _step):
        self.journal.remove()

    def do_quarantine_relay_logs(self, _step):
        self.quarantine = Quarantine.create(self.params["backup_dir"], "relay-logs", "channel '%s' removed" % self.name)
        for path in observe.relay_logs(self.server, self.name):
            self.quarantine.keep(path, "link")
        self.quarantine.seal()

    def report(self, before, after, plan):
        return dict(
            before=plan.before,
            after=plan.after if after is before else after.describe(),
            kept_settings=channel_wish.kept_settings(before, self.wish),
            quarantine=self.quarantine and self.quarantine.directory,
        )


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            source_host=dict(type="str"),
            source_port=dict(type="int", default=3306),
            source_user=dict(type="str"),
            source_password=dict(type="str", no_log=True),
            source_ssl=dict(type="bool"),
            source_ssl_ca=dict(type="str"),
            get_source_public_key=dict(type="bool", no_log=False),
            channel=dict(type="str", default=""),
            state=dict(type="str", default="started", choices=["started", "stopped", "configured", "absent"]),
            keep_settings=dict(type="bool", default=False),
            hold_delay=dict(type="bool", default=False),
            backup_dir=dict(type="path"),
            **state_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, ReplicationSource)


if __name__ == "__main__":
    main()
