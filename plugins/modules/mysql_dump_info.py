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
  - A dump may be several files, as cloud services write one a schema. They lie in a directory, or in a tar archive,
    which may itself be compressed. It is read as it is, nothing is extracted. A zstd file inside an archive cannot be
    read like that.
  - Of several files, those are parts of the dump whose names end in C(.sql), C(.sql.gz), C(.sql.bz2), C(.sql.xz) or
    C(.sql.zst). They are read in the order of their names, in an archive in its own order. A subdirectory, and a file
    that by its name may hold data in another form (C(metadata) of mydumper, C(shop.sql.lz4), C(shop.dump)), is refused.
    Everything else is passed over and named in RV(ignored).
  - Several files stand for one moment of the source only when all of them declare the same GTID set.
  - A dump counts as whole when each of its files is. A file is whole when its compressed stream ends well, every
    statement has its end, and the last line is the end mark C(-- Dump completed). Where the dump was made with
    C(--skip-comments), the statements that put the session back stand in for the end mark.
  - A whole dump need not be a good one. C(mysqldump --force) writes the end mark after errors too, and a server under
    C(innodb_force_recovery) may hand out fewer rows than a table has.
  - With O(method=source), a dump of the definitions is taken and read. It shows that the account can read everything,
    and what a whole dump would hold but for the rows.
  - The dump is read only. With O(method=file), no server is needed.
options:
  require_complete:
    description:
      - Fail when the dump is not whole.
      - When V(false), RV(complete) and RV(incomplete_reason) tell, and the other values hold what could be read.
    type: bool
    default: true
  checksum:
    description:
      - Return the SHA-256 of the dump as RV(checksum). It is read once more for it.
    type: bool
    default: false
  contents:
    description:
      - V(false) reads no more than the fingerprint needs, and does not return what is in the dump, nor whether it is
        whole.
    type: bool
    default: true
  state_dir:
    description:
      - Directory for the option file of C(mysqldump), with O(method=source).
    type: path
    default: /var/lib/dbre_mysql_replica
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.dump
  - dbre.mysql_replica.source
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
  description: The file or directory that was read.
  type: str
  returned: success
  sample: /backup/db1-2026-11-20.sql.gz
complete:
  description: Whether the dump is proven to be whole.
  type: bool
  returned: success
  sample: true
incomplete_reason:
  description:
    - Why it is not, with the line and byte of the plain text, or the byte of the compressed file, where known.
    - Of several files, the first that is not whole is named.
  type: str
  returned: success
  sample: "the gzip file is cut (near byte 1500 of the compressed file)"
parts:
  description: The files of the dump in the order in which they are loaded; one that is the dump itself, or several.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Path of the file, in an archive with its name there.
      type: str
      sample: "/backup/db1.tar: shop.sql.gz"
    gtid_purged:
      description: GTID set that this file declares; as RV(gtid_purged).
      type: str
      sample: 9eda9463-e576-11f1-ba93-02fc00000001:1-14
    complete:
      description: Whether this file is proven to be whole.
      type: bool
      sample: true
    uncompressed_size:
      description: Size of its plain text in bytes, as far as it could be read.
      type: int
      sample: 12012
ignored:
  description: Names of files beside those of the dump, in its directory or archive, that were passed over.
  type: list
  elements: str
  returned: success
  sample: [README.txt]
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
  description:
    - C(gzip), C(bzip2), C(xz) or C(zstd); null for a plain file.
    - Of an archive, that of the archive itself; of a directory, the one that all files have, or null.
  type: str
  returned: success
  sample: gzip
gtid_purged:
  description:
    - GTID set of the dump in one line without blanks; null when it has none, empty when it declares the empty set.
    - Of several files, or of dumps joined into one file, the set that all of them declare. Null when they do not agree.
  type: str
  returned: success
  sample: 9eda9463-e576-11f1-ba93-02fc00000001:1-14
gtid_sets_differ:
  description:
    - Whether the parts of the dump, be they files or dumps joined into one file, declare different GTID sets, or only
      some of them one. No set stands for all the rows then.
  type: bool
  returned: success
  sample: false
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
hidden_row_ids:
  description:
    - Tables whose definition shows the row id that Alibaba's servers give a table without a key, and hide. Where its
      number of columns is not that of the values, the rows do not fit the definition.
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
      sample: visit
    columns:
      description: Number of columns in the definition.
      type: int
      sample: 4
    row_values:
      description: Number of values in the first row; null when there is none, or it names its columns.
      type: int
      sample: 3
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
unplaced_statement:
  description:
    - Line and beginning of the first statement that belongs to a schema while the dump has selected none. Null when
      there is no such statement.
    - What C(mysqldump SCHEMA) writes has such statements; with C(--databases) it has not.
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
    - Tells this dump from another, and from a later state of itself, without reading it whole.
    - SHA-256 over size, modification time, inode, and the first and last MiB. Of a directory, over the names and
      fingerprints of its files.
  type: str
  returned: success
  sample: 08c8f99236a269069f307a2fcc4c685df11c700cba26042ed7ab14ed9735ffb3
checksum:
  description:
    - SHA-256 of the file; null unless asked for.
    - Of a directory, what C(sha256sum FILES | sha256sum) prints in it.
  type: str
  returned: success
  sample: null
size:
  description: Size of the file, or of all files, in bytes.
  type: int
  returned: success
  sample: 2447
modified:
  description:
    - When the file was last written to, in seconds since 1970. Of several files, the last of them.
    - Null for a dump that is taken from the source.
  type: int
  returned: success
  sample: 1795216205
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

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import dump_spec, source_spec, state_spec
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import examine_open
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_given import open_given
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run_info


def gather(params):
    with open_given(params, definitions_only=True) as dump:
        return examine_open(dump, params["require_complete"], params["checksum"], params["contents"])


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            require_complete=dict(type="bool", default=True),
            checksum=dict(type="bool", default=False),
            contents=dict(type="bool", default=True),
            state_dir=state_spec()["state_dir"],
            **dict(dump_spec(), **source_spec()),
        ),
        supports_check_mode=True,
    )
    run_info(module, lambda: gather(module.params))


if __name__ == "__main__":
    main()
