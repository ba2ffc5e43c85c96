#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_error_log
short_description: What the error log of a server says is broken, and what helps
version_added: 0.1.0
description:
  - Reads the error log of a MySQL server, or of C(xtrabackup), and finds in it what keeps the server from running or
    the replica from replicating. Each finding comes with its meaning, what to check to confirm it, the gentlest remedy,
    and what is risky about it.
  - Reads the formats of 5.5, 5.6, 5.7 and of 8.0 and later, in English. Logs of gigabytes are read in bounded memory.
    Bad bytes, very long lines and hostile text do no harm.
  - By default, reads from the last start of the server. Runs just before that ended uncleanly are read as well, up to
    4 MiB of them, so that a crash is seen with its cause, and a loop of crashes as what it is.
  - A finding is current when it is of the last run of the server and the log does not show that it is over. Receivers
    that connect again show it, and on 5.6 and 5.7 appliers that start again. Later servers do not log an applier's
    start unless C(log_error_verbosity) is 3, so ask the server as well (M(dbre.mysql_replica.mysql_replica_info)).
  - The log alone does not show everything. A missing redo log leaves no trace in the log of a 9.7, and a relay log that
    8.4 and later have cut at their start leaves one only with C(log_error_verbosity=3).
  - The file is read only. No server is needed.
options:
  path:
    description:
      - The error log, plain or compressed, on the host that the module runs on.
    type: path
    required: true
  since_last_start:
    description:
      - Read from the last start of the server. When V(false), the whole log is read.
    type: bool
    default: true
  rotated:
    description:
      - Go on in the older files of the log (V(error.log.1), V(error.log.2.gz), V(error.log-20261121)), as far back as
        the last start, or all of them with O(since_last_start=false).
    type: bool
    default: true
  max_findings:
    description:
      - Return at most so many entries in each of RV(findings), RV(past) and RV(advice), the most severe ones.
    type: int
    default: 50
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
  - module: dbre.mysql_replica.mysql_replica_info
  - module: dbre.mysql_replica.mysql_xtrabackup_info
"""

EXAMPLES = r"""
- name: Ask the log
  dbre.mysql_replica.mysql_error_log:
    path: /var/log/mysql/error.log
  register: log

- name: Say what is broken and what to do
  ansible.builtin.debug:
    msg: "{{ log.verdict.summary }} {{ log.verdict.remedy | default('', true) }}"

- name: Did it ever crash?
  dbre.mysql_replica.mysql_error_log:
    path: /var/log/mysql/error.log
    since_last_start: false
  register: history
"""

RETURN = r"""
verdict:
  description: What to act on.
  type: dict
  returned: success
  contains:
    state:
      description:
        - C(broken), C(warning), C(clean), or C(recovered), which is a server that ended uncleanly, came back, and shows
          nothing since.
      type: str
      sample: broken
    cause:
      description: RV(findings[].id) of the finding to act on; null when there is none.
      type: str
      sample: innodb_pars0pars_865
    severity:
      description: As RV(findings[].severity), of the cause.
      type: str
      sample: fatal
    confidence:
      description: As RV(findings[].confidence), of the cause.
      type: str
      sample: likely
    summary:
      description: What it means, in a sentence or two.
      type: str
      sample: A file system is full. What writes to it waits or stops; a relay log may end inside an event.
    where:
      description: File and line of the first evidence.
      type: str
      sample: /var/log/mysql/error.log:48
    check:
      description: What proves it.
      type: str
      sample: df and df -i of the data directory, tmpdir, and where binary logs and relay logs are.
    rung:
      description:
        - The first remedy to try, of C(start), C(restart), C(reread), C(relay_log_repair), C(system_tables),
          C(reattach), C(rebuild) and C(salvage), from the gentlest to the last.
        - C(by_hand) when something outside the replica has to be put right first (an option, an account, the host, the
          source).
      type: str
      sample: by_hand
    remedy:
      description: The same in words.
      type: str
      sample: Make room, never by deleting binary logs or relay logs by hand; then start replication and look again.
    risk:
      description: What may go wrong on the way.
      type: str
      sample: Relay logs deleted by hand break replication.
    others:
      description: Ids of the other findings, causes first.
      type: list
      elements: str
      sample: [crash_loop, relay_log_names_unset]
    crash_loop:
      description: Whether the server starts and ends again and again.
      type: bool
      sample: true
    server:
      description:
        - How the last run of the server ended; C(running) (as far as the log tells), C(shutdown), C(crashed),
          C(aborted) (gave up at its start) or C(killed) (gone without a word). Null when the log tells of no run.
      type: str
      sample: crashed
findings:
  description: What is so now, the most severe first, causes before what follows from them.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Name of the rule; it does not change.
      type: str
      sample: relay_log_unreadable
    severity:
      description:
        - C(fatal) (no server), C(error) (no replication, or data that cannot be trusted), C(warning) (will break) or
          C(advice).
      type: str
      sample: error
    confidence:
      description: How far the text alone proves the cause; C(certain), C(likely) or C(possible).
      type: str
      sample: certain
    count:
      description: How often it is in what was read.
      type: int
      sample: 3
    first:
      description: The first time, as C(time) (as written in the log; null when no line has one) and C(where).
      type: dict
      sample: {time: "2026-11-21 12:01:27", where: "/var/log/mysql/error.log:320"}
    last:
      description: The last time, in the same form.
      type: dict
      sample: {time: "2026-11-21 12:01:39", where: "/var/log/mysql/error.log:336"}
    evidence:
      description:
        - The first two lines and the last one, each with C(where) and C(line).
        - At most 500 characters of each, control characters escaped and passwords of statements masked.
      type: list
      elements: dict
      sample: [{where: "/var/log/mysql/error.log:320", line: "[ERROR] Slave I/O: error reconnecting to master"}]
    detail:
      description: What a crash report tells of the moment; null otherwise.
      type: str
      sample: signal 6 in mysqld, in the applier
    meaning:
      description: As RV(verdict.summary).
      type: str
      sample: The applier cannot read a relay log.
    check:
      description: As RV(verdict.check).
      type: str
      sample: mysql_relaylog_repair in check mode tells an intact log from a damaged one, and where.
    rung:
      description: As RV(verdict.rung).
      type: str
      sample: relay_log_repair
    remedy:
      description: As RV(verdict.remedy).
      type: str
      sample: Cut at the last whole transaction; auto-position fetches the rest from the source.
    risk:
      description: As RV(verdict.risk).
      type: str
      sample: Where the source has purged them, the transactions behind the cut are lost.
    options:
      description: Lines for the option file that keep it from coming back.
      type: list
      elements: str
      sample: ["relay_log = relay-bin", "relay_log_index = relay-bin.index"]
    reference:
      description: Where that comes from.
      type: str
      sample: seen on real servers, 5.6.24 and 9.7.4
past:
  description:
    - What the log shows as over, in the same form; what a run before the last one had to say is among it with
      O(since_last_start=false).
  type: list
  elements: dict
  returned: success
advice:
  description: What is no failure and should be set otherwise, in the same form.
  type: list
  elements: dict
  returned: success
runs:
  description: The runs of the server in what was read, the last 64 at most, in order.
  type: list
  elements: dict
  returned: success
  contains:
    started:
      description: When it began, as written in the log; null when that is not in what was read.
      type: str
      sample: "2026-11-21 12:01:20"
    ready:
      description: Whether it took connections.
      type: bool
      sample: true
    ended:
      description: When it ended, or the last time that is known of it.
      type: str
      sample: "2026-11-21 12:01:27"
    end:
      description: As RV(verdict.server).
      type: str
      sample: shutdown
files:
  description: The files that were read, the oldest first.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: Path of the file.
      type: str
      sample: /var/log/mysql/error.log
    compression:
      description: C(gzip), C(bzip2), C(xz) or C(zstd); null for a plain file.
      type: str
      sample: null
    cut:
      description: Why a compressed file could not be read to its end; null when it could.
      type: str
      sample: null
bytes:
  description: Size of the text that was searched.
  type: int
  returned: success
  sample: 18234
seconds:
  description: How long it took.
  type: float
  returned: success
  sample: 0.03
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.error_log import examine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", required=True),
            since_last_start=dict(type="bool", default=True),
            rotated=dict(type="bool", default=True),
            max_findings=dict(type="int", default=50),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: examine(**module.params))


if __name__ == "__main__":
    main()
