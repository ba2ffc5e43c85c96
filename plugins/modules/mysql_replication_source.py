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

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import connection_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_change
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation

SETTINGS = ("source_host", "source_port", "source_user", "source_ssl", "source_ssl_ca")


class ReplicationSource(ReplicaOperation):
    purpose = "mysql_replication_source"

    def __init__(self, params):
        super().__init__(params)
        self.quarantine = None
        self.name = params["channel"]
        settings = {option: params[option] for option in SETTINGS if params[option] is not None}
        if "source_host" in settings:
            settings["auto_position"] = True
        else:
            settings.pop("source_port")  # its default is no wish of its own
        self.wish = channel_change.Wish(
            name=self.name,
            state=params["state"],
            settings=settings,
            password=params["source_password"],
            get_source_public_key=params["get_source_public_key"],
            backup_dir=params["backup_dir"],
        )
        say = self.server.say
        named = self.server.dialect.knows("for_channel")
        self.words = channel_change.Words(
            change=say("change_source"),
            option=say("source_option"),
            get_source_public_key=say("get_source_public_key")
            if self.server.dialect.knows("get_source_public_key")
            else None,
            start=say("start_replica"),
            stop=say("stop_replica"),
            reset=say("reset_replica_all"),
            for_channel=say("for_channel") + self.server.literal(self.name) if named else "",
        )

    def observe(self):
        seen = observe.channels(self.server)
        metadata = observe.replication_metadata(self.server, seen)
        mine = [channel for channel in seen if channel.name == self.name]
        return channel_change.Observed(
            address=self.server.login.address,
            server_uuid=self.server.variables("server_uuid").get("server_uuid", ""),
            channel=mine[0] if mine else None,
            password=observe.stored_password(self.server, self.name) if mine else None,
            metadata=metadata.state,
            metadata_evidence=metadata.evidence,
            relay_logs=observe.relay_logs(self.server, self.name) if mine else [],
        )

    def assumed(self, _seen):
        return {"channel_removed": dict(channel=None, password=None, metadata="none", relay_logs=[])}

    def plan(self, seen):
        return channel_change.plan(seen, self.wish, self.words)

    def describe(self, seen):
        return seen.describe()

    def do_run(self, step):
        self.server.execute(step.display)

    def do_change(self, step):
        self.server.execute(step.data["sql"], step.data["values"])

    def do_quarantine_relay_logs(self, _step):
        self.quarantine = Quarantine.create(self.params["backup_dir"], "relay-logs", "channel '%s' removed" % self.name)
        for path in observe.relay_logs(self.server, self.name):
            self.quarantine.keep(path, "link")
        self.quarantine.seal()

    def report(self, before, after, plan):
        return dict(
            before=plan.before,
            after=plan.after if after is before else after.describe(),
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
            backup_dir=dict(type="path"),
            **state_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, ReplicationSource)


if __name__ == "__main__":
    main()
