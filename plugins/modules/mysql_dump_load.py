#!/usr/bin/python
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_dump_load
short_description: Load a logical dump into a replica, honestly
version_added: 0.1.0
description:
  - Loads a dump of mysqldump or a relative, plain or compressed, without the C(mysql) client. A dump may be one file, a
    directory of files or a tar archive of them, as M(dbre.mysql_replica.mysql_dump_info) reads them.
  - Everything runs with C(sql_log_bin=0). What a replica must not take from a dump is left out - its C(GTID_PURGED),
    which is to be claimed only when the last row is in (M(dbre.mysql_replica.mysql_gtid_reset)), system tables,
    accounts, global settings and statements about replication.
  - Each file is loaded in a session of its own, in the order of its name, or of the archive. A view that needs a table,
    view or function of a later file is made when all files are in.
  - Schemas of the dump are replaced whole. Its events end up disabled, as replication leaves them on a replica.
  - A load that was interrupted goes on, for the same dump and server - tables that were finished, and whose rows are
    all there, stay; what else is in the schemas of the dump is dropped. A dump that is taken on the way is another one
    each time, and starts over, as one with O(workers=1) does. A dump, a server or an O(exclude_tables) that has changed
    since is refused, unless O(start_over) says otherwise.
  - One that is done, and whose GTIDs are claimed, is not repeated.
  - The rows of each table are counted when they are in. In the end what the dump defines (columns, keys, triggers,
    routines, events, views) is compared with what the server has.
  - Unless the task has C(async) of its own, or the dump is small, the module runs async, and the controller says now
    and then how far it is, from its first look through the dump on. It goes on when the connection breaks or the
    controller ends; the lock in O(state_dir) keeps other runs out until then.
options:
  dump:
    description:
      - What M(dbre.mysql_replica.mysql_dump_info) returned for this dump. It saves a pass over it, and is only believed
        when no file has changed since.
    type: dict
  exclude_tables:
    description:
      - Tables to leave out, as C(schema.table).
    type: list
    elements: str
    default: []
  drop_schemas:
    description:
      - Schemas to drop that are not in the dump.
    type: list
    elements: str
    default: []
  backup_dir:
    description:
      - Directory for the quarantine. Only needed where a server was killed in the middle of a C(DROP DATABASE) and left
        files of which it knows nothing any more, and which keep it from dropping or making the schema.
    type: path
    default: ''
  workers:
    description:
      - How many sessions load rows at the same time. C(1) runs the dump as the C(mysql) client does, one statement
        after the other; C(0) takes one for each processor of the host, four at most, and further ones that make small
        tables, eight in all, each of which waits for the disk most of the time.
      - Only InnoDB tables are made and loaded side by side, and only where their order means nothing; each session is
        in the state that the dump has set up to that place. All else keeps its place, and foreign keys are checked
        where the dump has them checked.
    type: int
    default: 0
  defer_indexes:
    description:
      - Whether indexes of large tables are built when their rows are in, which takes a fraction of the time.
      - Plain indexes only, and none that a foreign key needs or that is on a generated column. The definition of the
        table is the same in the end. With O(workers=1) none waits.
    type: bool
    default: true
  speedups:
    description:
      - Whether global settings are changed for the time of the load. What they were is written down first and put back
        when the rows are in, after a failure, and after a kill by the next run.
      - C(innodb_flush_log_at_trx_commit) is 0 meanwhile; where there is room for it, C(innodb_redo_log_capacity) is at
        least 2 GiB; C(local_infile) is on, so that rows whose values read the same in C(LOAD DATA) can be sent as data,
        which costs the server half of what a statement does. Where the server warns of anything in them, they are taken
        back and sent as the dump has them. One that the account must not change is left as it is.
    type: bool
    default: true
  resume:
    description:
      - Whether a load that was interrupted goes on, where dump and server are the same. With V(false) it starts over.
    type: bool
    default: true
  start_over:
    description:
      - Whether a load that was interrupted may be given up for this one, where this one cannot take it up. Without it,
        this one is refused, and nothing is touched.
    type: bool
    default: false
author:
  - dbre.mysql_replica contributors (@dbre)
extends_documentation_fragment:
  - dbre.mysql_replica.attributes
  - dbre.mysql_replica.connection
  - dbre.mysql_replica.dump
  - dbre.mysql_replica.source
  - dbre.mysql_replica.state
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows the schemas, not the rows.
  idempotent:
    support: full
seealso:
  - module: dbre.mysql_replica.mysql_dump_info
  - module: dbre.mysql_replica.mysql_gtid_reset
  - module: dbre.mysql_replica.mysql_replica_quiet
"""

EXAMPLES = r"""
- name: Load a dump
  dbre.mysql_replica.mysql_dump_load:
    login_unix_socket: /run/mysqld/mysqld.sock
    path: /var/backups/db1.sql.gz
  register: load
"""

RETURN = r"""
statements:
  description: Statements that were run.
  type: int
  returned: when something was loaded
bytes:
  description: Bytes of those statements.
  type: int
  returned: when something was loaded
tables:
  description: Tables that were created, placeholders of views included.
  type: int
  returned: when something was loaded
counted:
  description: Tables whose rows were counted; a load with other rows than the server acknowledged fails.
  type: int
  returned: when something was loaded
left_out:
  description: How many statements were left out, by reason.
  type: dict
  returned: when something was loaded
events_disabled:
  description: Events that the dump has enabled and the replica does not run.
  type: int
  returned: when something was loaded
left_directories:
  description: Directories of schemas that kept the server from dropping or making the schema, and were cleared.
  type: list
  elements: str
  returned: when something was loaded
gtid_purged:
  description: The set that the dump stands for. It is not claimed by this module.
  type: str
  returned: success
resumed:
  description: Whether an interrupted load was taken up, and tables that it had finished were not loaded again.
  type: bool
  returned: success
not_resumed:
  description: Why a load that was interrupted was not taken up although it had finished tables; null if none was.
  type: str
  returned: success
plan:
  description: What was done (in check mode, would be done), each with C(action), C(target), C(display) and C(reason).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.dbre.mysql_replica.plugins.module_utils.argspec import (
    connection_spec,
    dump_spec,
    source_spec,
    state_spec,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.runner import run
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.dump_load import DumpLoad


def main():
    module = AnsibleModule(
        argument_spec=connection_spec(
            dump=dict(type="dict"),
            exclude_tables=dict(type="list", elements="str", default=[]),
            drop_schemas=dict(type="list", elements="str", default=[]),
            backup_dir=dict(type="path", default=""),
            workers=dict(type="int", default=0),
            defer_indexes=dict(type="bool", default=True),
            speedups=dict(type="bool", default=True),
            resume=dict(type="bool", default=True),
            start_over=dict(type="bool", default=False),
            **dict(dump_spec(), **source_spec(), **state_spec()),
        ),
        supports_check_mode=True,
    )
    run(module, DumpLoad)


if __name__ == "__main__":
    main()
