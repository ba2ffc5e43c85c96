#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_dump_info
short_description: What a logical dump is and holds, proven whole
version_added: 0.1.0
description:
  - Reads a dump made with C(mysqldump) or C(mariadb-dump) from its first byte to its last and tells what is in it.
  - The file may be plain or compressed with gzip, bzip2, xz or zstd (zstd needs the C(zstd) program on the host). The
    content decides, not the name.
  - A dump counts as whole when its compressed stream ends well, every statement has its end, and the last line is the
    end mark C(-- Dump completed). Where the dump was made with C(--skip-comments), the statements that put the session
    back stand in for the end mark.
  - A whole dump need not be a good one. C(mysqldump --force) writes the end mark after errors too, and a server under
    C(innodb_force_recovery) may hand out fewer rows than a table has.
  - The dump is read only. No server is needed.
options:
  path:
    description:
      - The dump, a file on the host that the module runs on.
    type: path
    required: true
  require_complete:
    description:
      - Fail when the dump is not whole.
      - When V(false), RV(complete) and RV(incomplete_reason) tell, and the other values hold what could be read.
    type: bool
    default: true
  checksum:
    description:
      - Return the SHA-256 of the file as RV(checksum). The file is read once more for it.
    type: bool
    default: false
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
  - module: dbre.mysql_replica.mysql_gtid_reset
  - module: dbre.mysql_replica.mysql_replica_info
"""

EXAMPLES = r"""
- name: Make sure that a dump is whole and says where replication goes on
  dbre.mysql_replica.mysql_dump_info:
    path: /backup/db1-2026-11-20.sql.gz
  register: dump
  failed_when: dump is failed or dump.gtid_purged is none

- name: Look at a download that may be cut
  dbre.mysql_replica.mysql_dump_info:
    path: /backup/db1-download.sql.zst
    require_complete: false
  register: dump

- name: Say what it holds
  ansible.builtin.debug:
    msg: "{{ dump.tables | length }} tables, {{ dump.incomplete_reason | default('whole', true) }}"
"""

RETURN = r"""
path:
  description: The file that was read.
  type: str
  returned: success
  sample: /backup/db1-2026-11-20.sql.gz
complete:
  description: Whether the dump is proven to be whole.
  type: bool
  returned: success
  sample: true
incomplete_reason:
  description: Why it is not, with the line and byte of the plain text, or the byte of the compressed file, where known.
  type: str
  returned: success
  sample: "the gzip file is cut (near byte 1500 of the compressed file)"
tool:
  description: What made the dump; C(mysqldump), C(mariadb-dump), C(mydumper) or C(unknown).
  type: str
  returned: success
  sample: mysqldump
tool_version:
  description: Version of that tool; null when the dump does not say.
  type: str
  returned: success
  sample: 9.7.4
server_version:
  description: Version of the server that was dumped; null when the dump does not say.
  type: str
  returned: success
  sample: 5.6.24-log
host:
  description: Host of that server as the tool was given it.
  type: str
  returned: success
  sample: db1.example.com
charset:
  description: Character set of the dump's text, from its first C(SET NAMES).
  type: str
  returned: success
  sample: utf8mb4
completed_at:
  description: When the dump was finished, in the local time of the host that made it.
  type: str
  returned: success
  sample: "2026-11-20 23:10:05"
compression:
  description: C(gzip), C(bzip2), C(xz) or C(zstd); null for a plain file.
  type: str
  returned: success
  sample: gzip
gtid_purged:
  description:
    - GTID set of the dump in one line without blanks; null when it has none, empty when it declares the empty set.
    - Files joined from several dumps give the sets of all, separated by commas.
  type: str
  returned: success
  sample: 9eda9463-e576-11f1-ba93-02fc00000001:1-14
gtid_purged_form:
  description:
    - How the dump declares the set. C(replace) is C(GTID_PURGED='set'), C(add) is C(GTID_PURGED='+set').
    - C(comment) means that the set is in a comment (C(--set-gtid-purged=COMMENTED)); loading the dump does not set it.
  type: str
  returned: success
  sample: add
position:
  description: Binary log coordinates of the source; null when the dump has none.
  type: dict
  returned: success
  contains:
    file:
      description: Binary log file.
      type: str
      sample: mysql-bin.000001
    position:
      description: Offset in that file.
      type: int
      sample: 4123
    statement:
      description: Whether they stand in a statement that loading the dump would run, not in a comment.
      type: bool
      sample: false
databases:
  description: Databases that the dump creates or uses, in its order.
  type: list
  elements: str
  returned: success
  sample: [shop]
tables:
  description: Tables with a definition or rows in the dump, in its order. Views are not among them.
  type: list
  elements: dict
  returned: success
  contains:
    database:
      description: Its database; null when the dump does not say.
      type: str
      sample: shop
    table:
      description: Its name.
      type: str
      sample: item
    rows_statements:
      description: Number of INSERT and REPLACE statements.
      type: int
      sample: 12
    bytes:
      description: Size of these statements in bytes.
      type: int
      sample: 12345678
system_tables:
  description: Those of the tables that belong to the C(mysql) schema, by name.
  type: list
  elements: str
  returned: success
  sample: [user]
has_accounts:
  description: Whether the dump holds accounts or privileges, as tables of the C(mysql) schema or as statements.
  type: bool
  returned: success
  sample: false
views:
  description: Number of views.
  type: int
  returned: success
  sample: 1
triggers:
  description: Number of triggers.
  type: int
  returned: success
  sample: 2
routines:
  description: Number of procedures and functions.
  type: int
  returned: success
  sample: 3
events:
  description: Number of events.
  type: int
  returned: success
  sample: 1
statements:
  description: Number of statements.
  type: int
  returned: success
  sample: 161
unknown_statement:
  description: Line and beginning of the first statement that no dump tool writes. Null when there is none.
  type: str
  returned: success
  sample: null
largest_statement:
  description: Size of the largest statement in bytes; the server's C(max_allowed_packet) must be larger.
  type: int
  returned: success
  sample: 1044219
fingerprint:
  description:
    - Tells this file from another, and from a later state of itself, without reading it whole.
    - SHA-256 over size, modification time, inode, and the first and last MiB.
  type: str
  returned: success
  sample: 08c8f99236a269069f307a2fcc4c685df11c700cba26042ed7ab14ed9735ffb3
checksum:
  description: SHA-256 of the file; null unless asked for.
  type: str
  returned: success
  sample: null
size:
  description: Size of the file in bytes.
  type: int
  returned: success
  sample: 2447
uncompressed_size:
  description: Size of the plain text in bytes, as far as it could be read.
  type: int
  returned: success
  sample: 12012
seconds:
  description: How long it took.
  type: float
  returned: success
  sample: 0.03
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import examine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", required=True),
            require_complete=dict(type="bool", default=True),
            checksum=dict(type="bool", default=False),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: examine(**module.params))


if __name__ == "__main__":
    main()
