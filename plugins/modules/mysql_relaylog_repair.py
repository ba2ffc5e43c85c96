#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_relaylog_repair
short_description: Cut damaged relay logs at the last complete transaction, and lose nothing
version_added: 0.1.0
description:
  - Reads the relay logs of a stopped replica from their first byte to their last, tells what is damaged and where, and
    cuts them behind the last complete transaction before the damage. Files behind the cut leave the index first.
  - Meant for replication with GTID auto-position, where a replica asks its source again for what was cut off.
  - Everything that is taken away is set aside in a quarantine below O(backup_dir), from which O(state=restored) brings
    it back.
  - Also mends the index of the relay logs. One that is gone or empty is written anew from the files that are there.
  - Needs no server. Refuses to work while any process has the files open.
  - Reads the logs of MySQL 5.6 to 9.7 and of MariaDB 10.11. Encrypted logs are recognised and left alone.
options:
  datadir:
    description:
      - The server's data directory.
    type: path
    required: true
  relay_log:
    description:
      - The server's option C(relay_log), without a channel's name in it.
      - Needed where O(datadir) does not plainly show which relay logs are meant.
    type: str
  relay_log_index:
    description:
      - The server's option C(relay_log_index), without a channel's name in it.
      - By default the index lies beside the relay logs.
    type: str
  channel:
    description:
      - The replication channel.
    type: str
    default: ''
  applier_position:
    description:
      - Where the applier goes on, as C(FILE:OFFSET). Damage before it was applied already, and is left alone.
      - By default it is read from C(relay-log.info), if the server has one. A server that keeps its position in a table
        shows it as C(Relay_log_name) and C(Relay_log_pos) of C(mysql.slave_relay_log_info).
      - Without it, nothing is cut in any file but the last one.
      - A log that it names and that is not listed is listed again, with those that are newer; where there is none, an
        empty one is made, since a server that does not find it cannot use the channel.
    type: str
  auto_position:
    description:
      - Whether the channel uses GTID auto-position. Unless this is V(true), nothing is cut, since nobody would ever ask
        for what was cut off. Index files are mended all the same.
    type: bool
  gtid_only:
    description:
      - Whether the channel has C(GTID_ONLY=1), so that its applier reads from the first file on, whatever its position.
    type: bool
    default: false
  strategy:
    description:
      - V(truncate) keeps what is whole.
      - V(discard) sets every relay log of the channel aside and leaves an empty index, for a source that has
        everything. The server wants C(RESET REPLICA) before replication starts then.
    type: str
    choices: [truncate, discard]
    default: truncate
  force:
    description:
      - Cut although it was refused, where there is a place to cut at.
      - With O(state=restored), put the old logs back although a server has fetched transactions since, which go to a
        quarantine then; or although it is not known where its applier stands.
    type: bool
    default: false
  state:
    description:
      - V(repaired) makes the logs readable to their end.
      - V(restored) puts back what an earlier run has set aside in O(quarantine), as long as that does no harm. A server
        that was only started since is no hindrance. One that has deleted logs that the old index lists, or whose
        applier has gone on to a log that it has made since, could not use the old ones any more.
      - V(accepted) ends a trial; see O(on_trial). What was set aside stays where it is.
    type: str
    choices: [repaired, restored, accepted]
    default: repaired
  on_trial:
    description:
      - Note down, in O(state_dir), what is set aside, until V(restored) or V(accepted) of O(state) ends the trial. A
        run that is killed leaves the note to the next one.
    type: bool
    default: false
  quarantine:
    description:
      - The directory that an earlier run returned as RV(quarantine).
      - Without it, O(state=restored) puts back the newest that is on trial, and changes nothing where none is.
    type: path
  backup_dir:
    description:
      - Directory for the quarantine, outside of the relay logs' own. Required when anything has to be changed.
      - On the file system of the relay logs it takes no space, but a log that is cut needs room for what is kept of it.
    type: path
  state_dir:
    description:
      - Directory of the journal, from which a run that was killed is brought to its end, and of the lock that lets one
        run at a time work on a replica.
      - One directory a replica. It is made with mode 0700.
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
  - module: dbre.mysql_replica.mysql_relaylog_info
  - module: dbre.mysql_replica.mysql_relaylog_rescue
"""

EXAMPLES = r"""
- name: Cut the relay logs of a server that lost power
  dbre.mysql_replica.mysql_relaylog_repair:
    datadir: /var/lib/mysql
    relay_log: relay-bin
    auto_position: true
    backup_dir: /var/lib/mysql_replica_backup
  register: relay_logs

- name: Put them back
  dbre.mysql_replica.mysql_relaylog_repair:
    datadir: /var/lib/mysql
    relay_log: relay-bin
    state: restored
    quarantine: "{{ relay_logs.quarantine }}"
"""

RETURN = r"""
verdict:
  description:
    - What was found. C(damaged), C(missing_file), C(lost_tail) (a file ends well, and a later one claims transactions
      that are not there, or goes on with one that has lost its middle) and C(unclean_partial_trx) (the last transaction
      is cut) are repaired by a cut.
    - Nothing is cut for C(encrypted), C(unsupported_event), C(damaged_applied) (the applier is past the damage),
      C(suspect), C(unclean_at_boundary) (whole, and as a crash leaves it) and C(clean).
  type: str
  returned: when O(state=repaired)
  sample: damaged
files:
  description: The files of the index in its order, as they were found.
  type: list
  elements: dict
  returned: when O(state=repaired)
  contains:
    name:
      description: As the index has it.
      type: str
      sample: ./relay-bin.000003
    size:
      description: In bytes; null when the file is not there.
      type: int
      sample: 16433
    status:
      description:
        - The verdict on this file; beside those of RV(verdict) C(clean_rotated), C(clean_stopped), C(header_only),
          C(unclean_continued) (its last transaction goes on in the next file), C(empty), C(missing).
      type: str
      sample: damaged
    damage:
      description:
        - The first damage, with C(place) (C(file:offset)), C(offset), C(event) (the type of the broken event),
          C(detail) and C(kind), one of C(trunc_header), C(trunc_body), C(zero_tail), C(zero_page), C(bad_size),
          C(bad_crc), C(garbage), C(bad_fde), C(bad_magic), C(empty). Null for a file that is whole.
      type: dict
      sample: null
    boundary:
      description: Offset behind the last complete transaction; null when there is none.
      type: int
      sample: 14294
    last_gtid:
      description: The GTID of that transaction.
      type: str
      sample: e16fd900-e54c-11f1-a4c0-02fc00000001:23
    transactions:
      description: Number of complete transactions before the damage.
      type: int
      sample: 10
    transactions_behind:
      description: Number of complete transactions that could be read behind it.
      type: int
      sample: 3
    server_version:
      description: Of the server that wrote the file.
      type: str
      sample: 5.6.24-log
    checksums:
      description: In force somewhere in the file; C(crc32), C(none). Without one a changed byte cannot be noticed.
      type: list
      elements: str
      sample: [crc32]
    notes:
      description: What is no damage and may be worth a look, each with C(offset), C(kind) and C(detail).
      type: list
      elements: dict
      sample: []
index_findings:
  description:
    - What is wrong with the index or its surroundings, each with C(kind), C(line) and C(detail).
    - A log that is not listed (C(unlisted)) is told of and left alone, unless the applier stands in it or before it.
  type: list
  elements: dict
  returned: when O(state=repaired)
cut:
  description:
    - Where the log ends now (in check mode, would end), with C(file), C(offset), C(gtid) of the last transaction before
      it, and where that ended at the source (C(source_file), C(source_pos) modulo 2**32). Null when nothing was cut.
  type: dict
  returned: when O(state=repaired)
removed_files:
  description: Paths of the files that were moved to the quarantine.
  type: list
  elements: str
  returned: when O(state=repaired)
retrieved_gtid_set:
  description: What the server will find as C(Retrieved_Gtid_Set) in the logs that are left.
  type: str
  returned: when O(state=repaired)
applier:
  description:
    - Where the applier's position lies with respect to the cut; C(before), C(at), C(behind) or C(unknown), null when
      nothing was cut.
    - An applier that cannot go on where it stands begins at RV(apply_from), see
      M(dbre.mysql_replica.mysql_relaylog_rescue).
  type: str
  returned: when O(state=repaired)
apply_from:
  description:
    - Where an applier may begin that knows no position, as C(FILE:OFFSET); the oldest transaction that the logs hold
      from its beginning. Null when they hold none.
    - The first listed log of a 5.6 server may go on with a transaction that began in a log that is gone. An applier
      that begins at position 4 of such a log applies these rows a second time.
  type: str
  returned: when O(state=repaired)
  sample: relay-bin.000069:837
begin:
  description:
    - How the applier gets through the logs, for M(dbre.mysql_replica.mysql_relaylog_rescue). V(first) where its
      position names a log that is not there, and where logs hold checksums in one part and none in another, which
      stops an applier of 5.6 with error 1594 although they are whole.
  type: str
  returned: when O(state=repaired)
  sample: position
quarantine:
  description:
    - Directory that holds what was set aside; null when nothing was. With O(state=accepted) the newest that was on
      trial.
  type: str
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_work import (
    Accepted,
    Repaired,
    Restored,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run

STATES: Any = {"repaired": Repaired, "restored": Restored, "accepted": Accepted}


class RelaylogRepair:
    """The work of either state, and the steps that its plans name."""

    def __init__(self, params):
        self.work = STATES[params["state"]](params)
        self.observe, self.plan, self.describe = self.work.observe, self.work.plan, self.work.describe
        self.exclusive, self.report = self.work.exclusive, self.work.report

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    def do_set_aside(self, step):
        self.work.set_aside(step.data)

    def do_prepare(self, step):
        self.work.files.prepare(**step.data)

    def do_make_log(self, step):
        self.work.files.make_log(step.target, self.work.place.index_path, **step.data)

    def do_write_index(self, step):
        self.work.files.write_index(step.target, **step.data)

    def do_cut(self, step):
        self.work.files.cut(**step.data)

    def do_take_out(self, step):
        self.work.files.take_out(**step.data)

    def do_seal(self, step):
        self.work.files.seal(step.target)

    def do_begin_restore(self, step):
        self.work.files.begin_restore(**step.data)

    def do_move_away(self, step):
        self.work.files.move_away(**step.data)

    def do_put_back(self, step):
        self.work.files.put_back(**step.data)

    def do_end_trial(self, step):
        self.work.files.end_trial(**step.data)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            datadir=dict(type="path", required=True),
            relay_log=dict(type="str"),
            relay_log_index=dict(type="str"),
            channel=dict(type="str", default=""),
            applier_position=dict(type="str"),
            auto_position=dict(type="bool"),
            gtid_only=dict(type="bool", default=False),
            strategy=dict(type="str", choices=["truncate", "discard"], default="truncate"),
            force=dict(type="bool", default=False),
            state=dict(type="str", choices=list(STATES), default="repaired"),
            on_trial=dict(type="bool", default=False),
            quarantine=dict(type="path"),
            backup_dir=dict(type="path"),
            state_dir=state_spec()["state_dir"],
        ),
        supports_check_mode=True,
    )
    run(module, RelaylogRepair)


if __name__ == "__main__":
    main()
