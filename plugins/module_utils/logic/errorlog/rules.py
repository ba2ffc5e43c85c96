# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What error logs say, what it means and what helps: one row a rule. Pure data.

The order is the order of causes: where one line fits two rules, or a log two findings of one severity, the earlier row
is the cause. Specific rows stand before general ones. To add a rule, add a row, and a line that a real server wrote to
the fixtures of its test. Rules that are told by more than one line have no texts: see runs.py and crash.py.

Texts were written by real servers, 5.6.24 and 9.7.4, unless `seen` names another source: `seed` is a log of somebody's
broken server (5.6.39, 5.7.24, xtrabackup 2.2), `catalogue` the servers' own message files (5.6.24, 9.7.4) or sources.
"""

from typing import NamedTuple, Optional, Tuple

#: What one may do about a finding, from the gentlest to the last. BY_HAND: something outside the replica's data has to
#: be put right first (an option, an account, the host, the source); none of the others helps before.
LADDER = (
    "start",  # start what is stopped
    "restart",  # start the server again after a cause that passes
    "reread",  # read intact relay logs again from position 4
    "relay_log_repair",  # cut a damaged relay log behind its last whole transaction
    "system_tables",  # make the five system tables anew
    "reattach",  # connect anew with auto-position
    "rebuild",  # load a dump of the source
    "salvage",  # export what can still be read
)
BY_HAND = "by_hand"

#: fatal: no server. error: no replication, or data that cannot be trusted. warning: will break. advice: for later.
SEVERITIES = ("fatal", "error", "warning", "advice")


class Text(NamedTuple):
    """How a rule is recognised in a line.

    needle: stands in every such line, letter for letter. pattern: a regular expression that the line must fit as well.
    """

    needle: str
    pattern: Optional[str] = None
    seen: str = "5.6.24, 9.7.4"


class Rule(NamedTuple):
    """A row. id and rung are a contract.

    confidence: how far the text alone proves the cause ("certain", "likely", "possible"). check: what proves it.
    rung: the first remedy to try, a word of LADDER, or BY_HAND. ends: the thread whose next start shows in the log that
    it is over ("receiver", "applier"). program: what must have crashed, where the text alone does not tell.
    options: lines for the option file that keep it from coming back.
    """

    id: str
    severity: str
    texts: Tuple[Text, ...]
    meaning: str
    check: str
    rung: str
    remedy: str
    risk: str
    reference: str
    confidence: str = "certain"
    ends: Optional[str] = None
    program: Optional[str] = None
    options: Tuple[str, ...] = ()


_NO_RISK = "none"
_FACTS = "seen on real servers, 5.6.24 and 9.7.4"
# What is said of a table of the mysql schema that cannot be used, before its name and after it
_CANNOT = r"(?i)(?:could not find|failed|missing|not found|cannot|incorrect information|not ready|error in checking)"
_IS_NOT = r"(?i:missing|not found|doesn't exist|does not exist|cannot be opened)"
_STATS = r"\binnodb_(?:index|table)_stats\b"
_INFO = r"\bslave_(?:master|relay_log|worker)_info\b"
_PARS0PARS = r"Assertion failure.*\bpars0pars\.cc line 865\b"

RULES = (
    # -- the host ------------------------------------------------------------------------------------------------
    Rule(
        id="disk_full",
        severity="error",
        texts=(
            Text("No space left on device"),
            Text("Disk is full writing"),
            Text("Disk is full. Try to clean the disk", seen="catalogue"),
            Text("Either disk is full", seen="catalogue"),
            Text("The table '", r"(?:Slave|Replica) SQL.*The table '[^']*' is full", seen="catalogue"),
        ),
        meaning="A file system is full. What writes to it waits or stops; a relay log may end inside an event.",
        check="df and df -i of the data directory, tmpdir, and where binary logs and relay logs are.",
        rung=BY_HAND,
        remedy="Make room, never by deleting binary logs or relay logs by hand; then start replication and look again.",
        risk="Relay logs deleted by hand break replication; binary logs that a replica still needs are lost to it.",
        reference="MySQL manual, 'How MySQL Handles a Full Disk'",
        ends="applier",
    ),
    Rule(
        id="second_server",
        severity="fatal",
        texts=(Text("Unable to lock ", r"Unable to lock \S+,? error: 11\b"),),
        meaning="Another server process has the data directory open.",
        check="Which process has ibdata1 open (fuser, lsof). It may be the server that somebody believes to be down.",
        rung=BY_HAND,
        remedy="Use the server that runs, or end it cleanly before this one is started.",
        risk="None, as long as nobody deletes the lock: two servers on one data directory destroy it.",
        reference=_FACTS,
    ),
    Rule(
        id="port_in_use",
        severity="fatal",
        texts=(
            Text("Address already in use", r"Bind on (?:TCP/IP port|unix socket).*Address already in use"),
            Text("Do you already have another mysqld server running on"),
        ),
        meaning="Something else listens on the server's port or socket.",
        check="ss -ltnp for the port in the line.",
        rung=BY_HAND,
        remedy="End the other process, or give the server another port; then start it.",
        risk=_NO_RISK,
        reference=_FACTS,
    ),
    Rule(
        id="file_permission",
        severity="fatal",
        texts=(
            Text("can't be opened in read-write mode"),
            Text("must be writable", r"(?:system tablespace|data file '[^']*') must be writable"),
            Text("mysqld does not have the access rights", seen="catalogue"),
            Text("Permission denied", r"(?:Errcode: |OS errno |errno: )13\b"),
        ),
        meaning="The server may not read or write one of its files. Usually somebody copied files as root.",
        check="ls -lZ of the file in the line, and of its directories; AppArmor and SELinux refusals in the kernel's"
        " log.",
        rung=BY_HAND,
        remedy="Give the files back to the server's user (chown mysql:mysql), then start it.",
        risk=_NO_RISK,
        reference=_FACTS,
    ),
    Rule(
        id="too_many_open_files",
        severity="error",
        texts=(Text("Too many open files", r"(?:Errcode: |OS errno |errno: )24\b", seen="catalogue"),),
        meaning="The server may not open more files; a relay log or table that it cannot open looks like a damaged"
        " one.",
        check="open_files_limit of the server, LimitNOFILE of its service, /proc/PID/limits.",
        rung="restart",
        remedy="Raise the limit, restart the server, start replication.",
        risk=_NO_RISK,
        reference="MySQL manual, 'File Not Found and Similar Errors'",
        options=("open_files_limit = 65535",),
    ),
    Rule(
        id="out_of_memory",
        severity="fatal",
        texts=(
            Text("Out of memory (Needed", seen="catalogue"),
            Text("annot allocate memory for the buffer pool", seen="catalogue"),
            Text("failed; errno 12", r"InnoDB: mmap\(\d+ bytes\) failed; errno 12\b", seen="catalogue"),
        ),
        meaning="The host did not give the server the memory that it asked for.",
        check="free -m; the kernel's log for the OOM killer; innodb_buffer_pool_size against the host's memory.",
        rung="restart",
        remedy="Make memory free or the buffer pool smaller, then start the server.",
        risk=_NO_RISK,
        reference="MySQL manual, 'How MySQL Uses Memory'",
    ),
    Rule(
        id="bad_option",
        severity="fatal",
        texts=(
            # A warning is of an option with loose_ in front of it, which does no harm.
            Text("unknown variable '", r"\[ERROR\] .*(?:mysqld: |\[Server\] )unknown variable '"),
            Text("unknown option '", r"\[ERROR\] .*(?:mysqld: |\[Server\] )unknown option '", seen="catalogue"),
        ),
        meaning="An option that this version does not know keeps the server from starting.",
        check="The option in the line, in the server's option files (mysqld --verbose --help shows which are read).",
        rung=BY_HAND,
        remedy="Take the option out, or write loose_ in front of it; then start the server.",
        risk=_NO_RISK,
        reference=_FACTS,
    ),
    # -- InnoDB cannot start -------------------------------------------------------------------------------------
    Rule(
        id="redo_missing_mlog_checkpoint",
        severity="fatal",
        texts=(Text("missing MLOG_CHECKPOINT", seen="seed, 5.7.24"),),
        meaning="After a loss of power the redo log has no mark of its last checkpoint: its end never reached the disk."
        " Deleting the redo log makes pages that are newer than the log, not a sound server.",
        check="Did host, storage or hypervisor lose power; innodb_flush_log_at_trx_commit; a write cache without"
        " battery.",
        rung="rebuild",
        remedy="Set the data directory aside and rebuild from the source. Only where no source and no backup has the"
        " data: salvage with innodb_force_recovery, from 1 upwards, on a copy.",
        risk="With innodb_force_recovery rows may be missing from a dump although the tool says that all went well.",
        reference="seeds: 5.7.24 after a power failure; MySQL manual, 'Forcing InnoDB Recovery'",
        options=("innodb_flush_log_at_trx_commit = 1", "sync_binlog = 1"),
    ),
    Rule(
        id="redo_log_missing",
        severity="fatal",
        texts=(
            Text("Neither found #innodb_redo subdirectory"),
            Text("Cannot create log files in read-only mode"),
            Text("Only one log file found", seen="catalogue"),
            Text("Missing ib_logfile0 in the directory", seen="catalogue"),
        ),
        meaning="The redo log is gone. What was committed last is not in the tables.",
        check="Was it moved to another file system, deleted to make room, or left out of a copy.",
        rung="rebuild",
        remedy="Put the missing files back if they are somewhere. Otherwise rebuild from the source; do not make an"
        " empty"
        " redo log, with it the server starts on damaged data.",
        risk="A server that starts without its redo log kills itself or gives wrong rows later.",
        reference=_FACTS,
    ),
    Rule(
        id="redo_log_unreadable",
        severity="fatal",
        texts=(
            Text("No valid checkpoint found"),
            Text("Can't initiate database recovery"),
            Text("Invalid redo log header checksum"),
            Text("Failed to read header of the redo log file"),
            Text("Decryption of redo log block"),
            Text("The redo log file ", r"The redo log file \S+ (?:is empty|is smaller|is larger)", seen="catalogue"),
            Text("in a redo log file", r"Found checkpoint LSN \d+ in a redo log file", seen="catalogue"),
            Text("is of different size", r"[Ll]og file \S+ is of different size", seen="catalogue"),
        ),
        meaning="The redo log is damaged: crash recovery cannot run. (A message about a missing keyring on a server"
        " without encryption means the same.)",
        check="Disk errors in the kernel's log; whether the files were overwritten or copied while the server ran.",
        rung="rebuild",
        remedy="Rebuild from the source. Only where no other copy has the data: salvage, on a copy of the directory.",
        risk="innodb_force_recovery=6 skips the redo log: rows are lost without a message.",
        reference=_FACTS,
    ),
    Rule(
        id="redo_log_new",
        severity="warning",
        texts=(Text("New log files created, LSN=", seen="5.6.24"),),
        meaning="InnoDB made a new redo log at this start. After a clean shutdown (as when its size is changed) that is"
        " harmless; after a crash it means that what was committed last is lost.",
        check="Whether the server was shut down cleanly before this start; errors about tables or LSNs after it.",
        rung="rebuild",
        remedy="Nothing after a clean shutdown. After a crash: rebuild from the source.",
        risk="The server runs and looks well; reading the tables that were being written may kill it.",
        reference=_FACTS,
        confidence="possible",
    ),
    Rule(
        id="innodb_force_recovery_on",
        severity="error",
        texts=(
            Text("innodb_force_recovery is set to "),
            Text("innodb_force_recovery is on", r"innodb_force_recovery is on[:.] [Ww]e do not allow"),
            Text("Operation not allowed when innodb_force"),
            Text("Table 'gtid_executed' is read only"),
        ),
        meaning="The server runs, or tried to start, with innodb_force_recovery. It takes no writes; from 8.0 on it"
        " does"
        " not even start after a crash while the binary log is on.",
        check="innodb_force_recovery in the option files and on the command line.",
        rung=BY_HAND,
        remedy="Take the option out and start again. If that fails, its error is the cause to look at. For a salvage on"
        " 8.0 and later add skip_log_bin.",
        risk="From level 4 on DROP and ALTER destroy; a dump may be incomplete without any message.",
        reference="MySQL manual, 'Forcing InnoDB Recovery'; " + _FACTS,
    ),
    Rule(
        id="keyring_missing",
        severity="fatal",
        texts=(
            Text("check the keyring", r"(?:master key|keyring).*check the keyring", seen="catalogue"),
            Text("check if keyring is loaded", seen="9.7.4"),
        ),
        meaning="Encrypted files cannot be read: the key is not there.",
        check="Whether the keyring component or plugin is loaded, and its file is there and belongs to the server's"
        " user.",
        rung="restart",
        remedy="Bring the keyring back, then start the server. Nothing is damaged.",
        risk="A new key does not open old files: keep the old keyring.",
        reference="MySQL manual, 'The MySQL Keyring'",
    ),
    Rule(
        id="prepared_transactions",
        severity="fatal",
        texts=(Text("prepared transactions! It means that", seen="catalogue"),),
        meaning="Transactions wait for a decision that stood in a binary log which is not there any more.",
        check="Was the last binary log deleted after the crash, or log_bin switched off or moved.",
        rung=BY_HAND,
        remedy="Bring the binary log back, or start once with tc-heuristic-recover=ROLLBACK; on a replica the source's"
        " transactions are fetched again.",
        risk="A decision by hand may differ from the source's: verify the rows afterwards.",
        reference="MySQL manual, '--tc-heuristic-recover'",
    ),
    Rule(
        id="data_directory_version",
        severity="fatal",
        texts=(
            Text("Cannot boot server version", seen="catalogue"),
            Text("Invalid MySQL server downgrade", seen="catalogue"),
            Text("Unsupported redo log format", seen="catalogue"),
        ),
        meaning="The data directory was written by a version that this server cannot take over.",
        check="The version in the line, against mysqld --version.",
        rung=BY_HAND,
        remedy="Start the version that wrote the directory; upgrade by one series at a time, never go back in place.",
        risk="A half-made upgrade cannot be undone: copy the directory first.",
        reference="MySQL manual, 'Upgrade Paths'",
    ),
    # -- files of InnoDB -----------------------------------------------------------------------------------------
    Rule(
        id="stats_tables_missing",
        severity="warning",
        texts=(
            Text(
                "persistent statistics requested for table",
                r"(?:Fetch|Recalculation) of persistent statistics requested",
            ),
            Text("required persistent statistics storage is not present"),
            Text("_stats", _CANNOT + r".*" + _STATS),
            Text("_stats", _STATS + r".*" + _IS_NOT),
        ),
        meaning="mysql.innodb_table_stats or mysql.innodb_index_stats cannot be used. Plans of queries may become bad."
        " Seldom is only one of the five system tables damaged.",
        check="mysql_stats_tables in check mode. ANALYZE TABLE answers OK all the same: look for the row.",
        rung="system_tables",
        remedy="Make the tables anew (mysql_stats_tables, playbook repair_system_tables), without GTIDs of their own.",
        risk="On 5.6 files deleted by hand in the wrong order leave a server that does not start again.",
        reference="seeds: five system tables damaged; MySQL manual, 'Configuring Persistent Optimizer Statistics'",
    ),
    Rule(
        id="replication_info_tables_missing",
        severity="error",
        texts=(
            Text("slave_", _CANNOT + r".*" + _INFO),
            Text("slave_", _INFO + r".*" + _IS_NOT),
        ),
        meaning="mysql.slave_master_info, slave_relay_log_info or slave_worker_info cannot be used. The server then"
        " shows"
        " no replication at all, as if it had never been a replica. The relay logs are still there.",
        check="mysql_stats_tables in check mode; mysql_replica_info tells an unusable repository from none.",
        rung="system_tables",
        remedy="Apply what the relay logs hold, then make the tables anew and connect again with auto-position.",
        risk="CHANGE ... AUTO_POSITION=1 deletes all relay logs at once; what the source has purged is lost with them.",
        reference=_FACTS,
    ),
    Rule(
        id="tablespace_mismatch",
        severity="fatal",
        texts=(
            Text("in the data dictionary", r"(?i)tablespace id is \d+ in the data dictionary"),
            Text("Multiple files found for the same tablespace ID"),
            Text("Tablespace ID: ", r"Tablespace ID: \d+ = \["),
        ),
        meaning="A table's file belongs to another table or another server: it was copied, or restored alone.",
        check="The file in the line: who put it there, and what was there before.",
        rung="rebuild",
        remedy="With the server down move the file away (keep it). If it is one of the five system tables, make that"
        " anew; otherwise rebuild, or drop the table and load it from the source.",
        risk="innodb_force_recovery below 6 does not help here.",
        reference=_FACTS,
    ),
    Rule(
        id="tablespace_file_damaged",
        severity="fatal",
        texts=(
            Text("the size of single-table tablespace file"),
            Text("InnoDB: is only ", r"is only \d+, should be at least"),
            Text("in fsp header", r"Space (?:id|ID) in fsp header(?: is)? \d+, ?but in the page header"),
            Text("'read' returned OS error", r"\.ibd: 'read' returned OS error", seen="9.7.4"),
            Text("Header page consists of zero bytes", seen="catalogue"),
        ),
        meaning="A table's file is cut, empty or overwritten. The server stops at it, at its start or at its next use.",
        check="ls -l of the file in the line; disk errors in the kernel's log.",
        rung="rebuild",
        remedy="With the server down move the file away (keep it). If it is one of the five system tables, make that"
        " anew; otherwise rebuild, or drop the table and load it from the source.",
        risk="innodb_force_recovery does not help on 5.6; the table's rows are lost here.",
        reference=_FACTS,
    ),
    Rule(
        id="tablespace_missing",
        severity="error",
        texts=(
            Text("Could not find a valid tablespace file"),
            Text("tablespace with that id or name does not exist"),
            Text("Failed to find tablespace for table"),
            Text("Could not find any file associated with the tablespace ID"),
            Text("is missing!", r"Tablespace \d+, name '[^']*', file '[^']*' is missing!"),
            Text("Cannot open datafile for read-only"),
            Text("because the .ibd file is missing"),
            Text("File ./ibdata1: 'open' returned OS error", seen="9.7.4"),
        ),
        meaning="The file of a table, or of the system tablespace, is not there.",
        check="Whether it was moved, deleted, or lies on a file system that is not mounted.",
        rung="rebuild",
        remedy="Put the file back if it is somewhere. Otherwise rebuild, or drop the table and load it from the"
        " source.",
        risk="Do not start with innodb_force_recovery=1 to get past it: changes to that table are then lost for good.",
        reference=_FACTS,
    ),
    Rule(
        id="system_tablespace_new",
        severity="warning",
        texts=(
            Text(
                "The first specified data file ",
                r"The first specified data file \S+ did not exist: a new database to be created",
            ),
        ),
        meaning="InnoDB found no system tablespace and made an empty one. On a server that held data all tables are"
        " lost"
        " to it.",
        check="Is this the first start of a new server? If not: where are ibdata1 and innodb_data_home_dir.",
        rung="rebuild",
        remedy="Stop the server, put the system tablespace back or rebuild from the source.",
        risk="Every further start makes a return harder.",
        reference=_FACTS,
        confidence="possible",
    ),
    Rule(
        id="innodb_page_corrupt",
        severity="fatal",
        texts=(
            Text("Database page corruption on disk or a failed"),
            Text("Unable to read ", r"Unable to read (?:tablespace \d+ page no|page \[page id)"),
        ),
        meaning="A page of InnoDB does not have the checksum that it was written with. The server kills itself when it"
        " reads it. Space 4294967294 (mysql.ibd) holds the data dictionary: such a server cannot be repaired.",
        check="Disk and memory errors in the kernel's log; the lines around it name table and index.",
        rung="rebuild",
        remedy="If it is an index of one table, drop and load that table; otherwise rebuild from the source. Only"
        " where no"
        " other copy has the rows: salvage.",
        risk="With innodb_force_recovery=1 SELECT and mysqldump leave out damaged rows without an error.",
        reference=_FACTS,
    ),
    Rule(
        id="innodb_lsn_in_future",
        severity="error",
        texts=(
            Text("is in the future! Current system log sequence number"),
            Text("you may have copied the InnoDB", seen="seed, 5.7.24"),
            Text("in the ibdata files is higher than", seen="catalogue"),
        ),
        meaning="Pages are newer than the redo log: it was deleted or lost, or the files were copied from a running"
        " server. Reading the tables that were being written may kill the server or give wrong rows.",
        check="Was the redo log deleted after a crash; was the data directory copied without it.",
        rung="rebuild",
        remedy="Rebuild from the source. The message goes away when the counter has grown, the damage does not.",
        risk="The server runs and looks well: a replica in this state must not become a source.",
        reference=_FACTS + "; seeds: 5.7.24 after its redo log was deleted",
    ),
    Rule(
        id="innodb_index_corrupt",
        severity="error",
        texts=(
            Text("Index corruption: "),
            Text("is corrupted. Please drop", seen="catalogue"),
            Text("Field 1 len is ", seen="9.7.4"),
            Text("Corruption of an index tree", seen="catalogue"),
        ),
        meaning="An index of a table is damaged; rows may be missing from what SELECT and mysqldump return.",
        check="CHECK TABLE of the table in the line; compare its rows with the source's.",
        rung="rebuild",
        remedy="Make a damaged secondary index anew; a damaged primary key means to load the table anew.",
        risk="A dump of such a table says that all went well and lacks rows.",
        reference=_FACTS,
    ),
    Rule(
        id="frm_damaged",
        severity="error",
        texts=(Text("Incorrect information in file: '", seen="5.6.24"),),
        meaning="The definition file (.frm) of a table cannot be read.",
        check="The file in the line. mysql/innodb_*_stats.frm and mysql/slave_*_info.frm are made anew with the"
        " tables.",
        rung="system_tables",
        remedy="Make the same table in another schema and copy its .frm; do not DROP first.",
        risk="DROP answers OK, removes only the .frm, and leaves a table that cannot be created again.",
        reference=_FACTS,
    ),
    Rule(
        id="table_not_in_dictionary",
        severity="error",
        texts=(Text("from the internal data dictionary of InnoDB though", seen="5.6.24"),),
        meaning="A table has a .frm file, and InnoDB does not know it: the system tablespace or the redo log was"
        " replaced.",
        check="Whether ibdata1 or the ib_logfiles were deleted, or come from elsewhere.",
        rung="rebuild",
        remedy="Rebuild from the source.",
        risk="The rows of such tables are out of reach here.",
        reference=_FACTS,
    ),
    Rule(
        id="privilege_tables_missing",
        severity="fatal",
        texts=(
            Text("Can't open and lock privilege tables"),
            Text("Could not open the mysql.plugin table. Please", seen="catalogue"),
            Text("Can't open the mysql.plugin table. Please run"),
        ),
        meaning="The mysql schema is not there or cannot be read: a wrong data directory, or one that was never"
        " initialised.",
        check="datadir in the option files; whether the file system with the data is mounted.",
        rung="rebuild",
        remedy="Point the server at its data, or initialise a new data directory and rebuild.",
        risk="Never initialise over a directory that has files in it.",
        reference=_FACTS,
    ),
    Rule(
        id="data_dictionary_unusable",
        severity="fatal",
        texts=(
            Text("Failed to initialize DD Storage Engine", seen="9.7.4"),
            Text("Data Dictionary initialization failed", seen="9.7.4"),
            Text("The data dictionary tablespace '", seen="catalogue"),
        ),
        meaning="The data dictionary cannot be read. The lines before it say why.",
        check="The errors before it; a missing or damaged mysql.ibd has no other remedy than a new data directory.",
        rung="rebuild",
        remedy="Remove the cause that the lines before it name. Where there is none, rebuild into a new data"
        " directory.",
        risk="--upgrade=FORCE does not repair mysql.ibd.",
        reference=_FACTS,
        confidence="possible",
    ),
    # -- crashes -------------------------------------------------------------------------------------------------
    Rule(
        id="xtrabackup_pars0pars_865",
        severity="fatal",
        texts=(Text("pars0pars.cc", _PARS0PARS, seen="seed, xtrabackup 2.2"),),
        program="xtrabackup",
        meaning="xtrabackup 2.2.0 to 2.2.10 dies while preparing a backup of 5.1 or 5.5 that was taken with temporary"
        " tables open: it deletes from system tables that those versions do not have.",
        check="mysql_xtrabackup_info of the backup directory.",
        rung=BY_HAND,
        remedy="Prepare the backup again, from an untouched copy, with XtraBackup 2.2.11 or later of the 2.2 series,"
        " 2.3.2"
        " or later, or with xtrabackup_55 of 2.1.",
        risk="A backup that was half prepared is no backup: keep the copy.",
        reference="Percona XtraBackup, lp#1399471, fixed in 2.2.11; bugs.mysql.com/69274",
    ),
    Rule(
        id="innodb_pars0pars_865",
        severity="fatal",
        texts=(Text("pars0pars.cc", _PARS0PARS, seen="seed, 5.6.39"),),
        program="mysqld",
        meaning="InnoDB looked for a table of its own and it is not there. Three things do that: a data directory of"
        " 5.1"
        " or 5.5 with left-over temporary tables under a 5.6 server, the applier writing while system or auxiliary"
        " tables"
        " are missing, and a full-text index whose auxiliary tables are gone.",
        check="The stack trace: row_mysql_drop_temp_tables is the first, handle_slave_sql the second, fts_ the third."
        " Start with skip-slave-start: if the server stays up, the data can be read.",
        rung="system_tables",
        remedy="Start with skip-slave-start so that the applier stays away, make the five system tables anew, drop and"
        " make anew the full-text index of the table that the applier writes to. If it dies without replication as"
        " well:"
        " start the old version once and shut it down cleanly, or rebuild.",
        risk="Every start with replication on crashes again, and relay logs pile up meanwhile.",
        reference="seeds: 5.6.39 on a replica of a cloud database; bugs.mysql.com/69274; Bug#27326796 (Percona"
        " PS-3851)",
        confidence="likely",
        options=("skip-slave-start",),
    ),
    Rule(
        id="innodb_semaphore_timeout",
        severity="fatal",
        texts=(Text("emaphore wait has lasted >", seen="catalogue"),),
        meaning="InnoDB waited ten minutes for a lock of its own and ended the server: a very slow disk, or a bug.",
        check="Disk latency at that time; the wait list before the line.",
        rung="restart",
        remedy="Start the server, look at the storage, upgrade within the series.",
        risk=_NO_RISK,
        reference="MySQL manual, 'InnoDB Troubleshooting'",
    ),
    Rule(
        id="innodb_assertion",
        severity="fatal",
        texts=(
            Text("Assertion failure in thread", r"InnoDB: Assertion failure in thread"),
            Text("Assertion failure: ", r"\[InnoDB\] Assertion failure: "),
        ),
        program="mysqld",
        meaning="InnoDB found itself in a state that must not be and ended the server.",
        check="The errors just before the assertion, the stack trace, the query if there is one.",
        rung="restart",
        remedy="Start once with replication at rest. If it stays up, find the table of the query or of the applier's"
        " transaction and check it. If it does not, rebuild.",
        risk="Starting again and again may damage more: copy the data directory first.",
        reference="MySQL manual, 'What to Do If MySQL Keeps Crashing'",
        confidence="possible",
    ),
    Rule(
        id="server_crashed",
        severity="fatal",
        texts=(),
        meaning="The server was ended by a signal: a bug, memory that is bad or that it ran out of, a damaged file.",
        check="The errors just before, the stack trace, the query if there is one; the kernel's log for hardware"
        " errors.",
        rung="restart",
        remedy="Start once with replication at rest and see whether it stays up.",
        risk=_NO_RISK,
        reference="MySQL manual, 'What to Do If MySQL Keeps Crashing'",
        confidence="possible",
    ),
    Rule(
        id="xtrabackup_crashed",
        severity="fatal",
        texts=(),
        meaning="xtrabackup was ended by a signal; the backup that it worked on is not prepared.",
        check="The assertion before it; the version of xtrabackup against that of the server.",
        rung=BY_HAND,
        remedy="Prepare the backup again, from an untouched copy, with the newest version of its series.",
        risk="A backup that was half prepared is no backup: keep the copy.",
        reference="Percona XtraBackup, release notes",
        confidence="possible",
    ),
    Rule(
        id="xtrabackup_failed",
        severity="error",
        texts=(
            Text("xtrabackup: error: ", seen="catalogue"),
            Text("innobackupex: fatal error", seen="catalogue"),
            Text("[Xtrabackup] ", r"\[ERROR\] \[MY-\d+\] \[Xtrabackup\]", seen="catalogue"),
        ),
        meaning="xtrabackup gave up. What it was making or preparing cannot be restored.",
        check="The line itself; mysql_xtrabackup_info of the backup directory.",
        rung=BY_HAND,
        remedy="Remove the cause that the line names and run it again from the beginning.",
        risk="A backup that was half made or half prepared is no backup.",
        reference="Percona XtraBackup manual",
    ),
    Rule(
        id="innodb_init_failed",
        severity="fatal",
        texts=(
            Text("init function returned error", r"Plugin '?InnoDB\S* init function returned error"),
            Text("Unknown/unsupported storage engine: InnoDB"),
            Text("Plugin initialization aborted with error"),
            Text("Cannot continue operation.", seen="9.7.4"),
        ),
        meaning="InnoDB did not start, and with it not the server. The lines before it say why.",
        check="The errors before it.",
        rung="rebuild",
        remedy="Remove the cause that the lines before it name. Where there is none, rebuild.",
        risk="Do not delete ibdata1, ib_logfiles or #innodb_redo to get past it.",
        reference=_FACTS,
        confidence="possible",
    ),
    Rule(
        id="crash_loop",
        severity="fatal",
        texts=(),
        meaning="The server starts and ends again and again. Relay logs may pile up with every start.",
        check="The other findings of the same starts. Where there is none, the kernel's log (OOM killer) and what"
        " starts"
        " the server (systemd, mysqld_safe).",
        rung="restart",
        remedy="Keep the service manager from starting it. Start once with replication at rest and see whether it"
        " stays up.",
        risk="Every round may damage more and fill the disk.",
        reference="seeds: a replica that mysqld_safe restarted over and over",
        confidence="possible",
    ),
    # -- relay logs ----------------------------------------------------------------------------------------------
    Rule(
        id="relay_log_event_crc",
        severity="error",
        texts=(
            Text("Event crc check failed!"),
            Text("event checksum verification failed while reading from a log file", seen="catalogue"),
        ),
        meaning="The applier computed another checksum than the one in an event. Either the relay log is damaged, or it"
        " is intact and the applier reads it by the wrong rule: 5.6 does that when binlog_checksum differs between"
        " source"
        " and replica and the applier is started alone or after a restart.",
        check="mysql_relaylog_repair in check mode reads the logs: intact or damaged, and where. binlog_checksum of"
        " both"
        " servers.",
        rung="reread",
        remedy="Relay logs intact: read them again from position 4 with auto-position off, then switch it on again."
        " Damaged: cut at the last whole transaction. Do not call a relay log damaged because of this text alone.",
        risk="RESET SLAVE and CHANGE ... AUTO_POSITION=1 throw away all that is retrieved and not applied.",
        reference="seeds: GTID and binlog_checksum; the bug is alive in 5.6.24, not in 9.7.4; bugs.mysql.com/112218",
        confidence="possible",
        ends="applier",
        options=("binlog_checksum = CRC32  # the same on source and replica",),
    ),
    Rule(
        id="relay_log_names_unset",
        severity="warning",
        texts=(Text("Neither --relay-log nor --relay-log-index were used"),),
        meaning="Relay logs are named after the host or the pid file. When that name changes, the server looks for"
        " relay"
        " logs under the new name, does not find them, and replication does not start.",
        check="relay_log and relay_log_index in the option files; the names of the relay logs in the data directory.",
        rung=BY_HAND,
        remedy="Set relay_log and relay_log_index to the names that the files have now, then restart. Where the name"
        " has"
        " changed already, the old names bring the retrieved transactions back.",
        risk="New names while old relay logs hold unapplied transactions: the server asks the source for them again,"
        " which may have purged them.",
        reference="seeds: 5.6.39; MySQL manual, '--relay-log'",
        options=("relay_log = relay-bin", "relay_log_index = relay-bin.index"),
    ),
    Rule(
        id="relay_log_missing",
        severity="error",
        texts=(
            Text("listed in the index, but failed to stat", r"\blog \S+ listed in the index, but failed to stat"),
            Text("relay", r"Failed to open log \(file '[^']*relay[^']*', errno 2\)", seen="5.6.24"),
            Text("relay", r"File '[^']*relay[^']*' not found \(Errcode: 2\b", seen="5.6.24"),
        ),
        meaning="The index names a relay log that is not there. When it is the last one, 5.6 hangs in silence: both"
        " threads say Yes and nothing is applied.",
        check="mysql_relaylog_repair in check mode; who deletes files in the data directory.",
        rung="relay_log_repair",
        remedy="Put the file back if it is somewhere. Otherwise cut at the last whole transaction before the gap and"
        " take"
        " every later file out of the index.",
        risk="Only taking the name out of the index skips transactions, or stops with 1778.",
        reference=_FACTS,
    ),
    Rule(
        id="relay_log_missing_at_start",
        severity="warning",
        texts=(Text("relay", r"File '[^']*relay[^']*' not found \(OS errno 2\b", seen="9.7.4"),),
        meaning="A relay log was not there when the server started. 8.4 and later take it out of the index when it is"
        " the"
        " last one, and fetch its transactions again; when it is not, another error says so.",
        check="mysql_replica_info: does the replica catch up. Who deletes files in the data directory.",
        rung="start",
        remedy="Start replication. If it does not catch up: see relay_log_missing.",
        risk="What the source has purged is lost with the file.",
        reference=_FACTS,
        confidence="likely",
    ),
    Rule(
        id="relay_log_index_unusable",
        severity="error",
        texts=(
            Text("Could not find target log file mentioned in"),
            Text("Failed to open the relay log '"),
            Text("Error counting relay log space"),
            Text("Could not find target log", r"(?:relay|Relay).*Could not find target log", seen="catalogue"),
        ),
        meaning="The index of the relay logs does not name the log that the applier stands in: it was emptied, deleted,"
        " or has another name than before.",
        check="The index against the files beside it; relay_log and relay_log_index; mysql_relaylog_repair in check"
        " mode.",
        rung="relay_log_repair",
        remedy="Write the index anew from the files that are there, or give the option its old value; then restart.",
        risk="RESET SLAVE gets past it and loses what was retrieved and not applied.",
        reference=_FACTS,
    ),
    Rule(
        id="relay_log_unreadable",
        severity="error",
        texts=(
            Text("Relay log read failure: Could not parse relay log event entry"),
            Text("read_log_event()", r"Error in Log_event::read_log_event\(\): '"),
            Text(
                "Error reading relay log event",
                r"Error reading relay log event(?: for channel '[^']*')?: "
                r"(?:binlog truncated|corrupted data|Event too big|Found invalid|I/O error|Binlog has bad magic"
                r"|Could not open|Aborting|slave SQL thread aborted|Cannot get file password)",
            ),
            Text("I/O error reading the header from the binary log"),
            Text("Binlog has bad magic number"),
            Text("I/O error reading event", seen="5.6.24"),
            Text("Error initializing relay log position", seen="catalogue"),
            Text("Relaylog file ", r"Relaylog file \S+ size was \d+, but was truncated at", seen="catalogue"),
        ),
        meaning="The applier cannot read a relay log: cut by a crash or a full disk, overwritten, or (5.6) read by the"
        " wrong checksum rule. Starting again never heals it.",
        check="mysql_relaylog_repair in check mode tells an intact log from a damaged one, and where.",
        rung="relay_log_repair",
        remedy="Intact: read the logs again from position 4. Damaged: cut at the last whole transaction; auto-position"
        " fetches the rest from the source.",
        risk="Without auto-position, or where the source has purged them, the transactions behind the cut are lost.",
        reference=_FACTS + "; seeds: relay logs after the OOM killer or a loss of power",
        ends="applier",
        options=("sync_relay_log = 1  # slower: only where the source purges early",),
    ),
    Rule(
        id="relay_log_space_limit",
        severity="warning",
        texts=(Text("thread aborted while waiting for relay log space"),),
        meaning="The receiver had stopped fetching because the relay logs had reached relay_log_space_limit: the"
        " applier"
        " does not keep up, or stands still.",
        check="Relay_Log_Space and the applier's state.",
        rung="start",
        remedy="Start the applier. Raise the limit when it does not keep up; a limit smaller than one transaction"
        " blocks.",
        risk=_NO_RISK,
        reference="MySQL manual, 'relay_log_space_limit'",
        ends="receiver",
    ),
    Rule(
        id="applier_recovery_failed",
        severity="error",
        texts=(
            Text("Failed to create slave threads", seen="5.6.24"),
            Text("Error looking for file after", seen="5.6.24"),
            Text("automatic recovery failed", r"MT[AS] recovery: automatic recovery failed", seen="catalogue"),
            Text("killed in MTS mode", seen="catalogue"),
            Text("Error during --relay-log-recovery", seen="catalogue"),
            Text("after SLAVE errored out in parallel execution mode", seen="catalogue"),
        ),
        meaning="After a crash the parallel applier could not find out which transactions of its last group were"
        " applied.",
        check="Whether GTIDs are on: then nothing is lost by reading the relay logs again, executed GTIDs are skipped.",
        rung="reread",
        remedy="Read the relay logs again from position 4 with auto-position off, or, when the source still has all:"
        " RESET REPLICA and start.",
        risk="Without GTIDs transactions may be applied twice or not at all.",
        reference="MySQL manual, 'Replication and Transaction Inconsistencies'; " + _FACTS,
    ),
    Rule(
        id="replication_metadata_unusable",
        severity="error",
        texts=(
            Text("Failed to create or recover replication info repositor"),
            Text("Failed to initialize the master info structure"),
            Text("Failed to initialize the connection metadata structure"),
            Text(
                "to initialize ",
                r"(?:Slave|Replica) failed to initialize (?:master info|relay log info|applier metadata"
                r"|connection metadata) structure",
            ),
            Text("Could not initialize master info structure", seen="catalogue"),
            Text(
                "Error creating ",
                r"Error creating (?:master info|relay log info|connection metadata|applier metadata): Error checking",
            ),
        ),
        meaning="The server could not read where replication stands, and will not replicate until that is put right and"
        " it is restarted. Usually relay logs or one of the slave_*_info tables are missing; the lines before it say"
        " which.",
        check="mysql_replica_info; the other findings.",
        rung="relay_log_repair",
        remedy="Repair what the lines before it name, then restart.",
        risk="RESET SLAVE ALL and CHANGE ... get past it and lose what was retrieved and not applied.",
        reference=_FACTS,
        confidence="possible",
    ),
    # -- the receiver --------------------------------------------------------------------------------------------
    Rule(
        id="source_purged",
        severity="error",
        texts=(
            Text(
                "has purged binary logs containing GTIDs that the",
                r"(?:master|source) has purged binary logs containing GTIDs",
                seen="5.6.24",
            ),
            Text("purged required binary logs", seen="9.7.4"),
        ),
        meaning="The source has deleted binary logs with transactions that this replica does not have.",
        check="On 5.6 right after a restart it may be false: let the applier finish, then start the receiver again.",
        rung="rebuild",
        remedy="Let the applier apply what is retrieved, then rebuild from a dump of the source. A later retention of"
        " binary"
        " logs on the source keeps it from coming back.",
        risk="Setting gtid_purged by hand skips the missing transactions: the data differ for good.",
        reference="MySQL manual, 'GTID Auto-Positioning'; " + _FACTS,
        ends="receiver",
    ),
    Rule(
        id="replica_ahead_of_source",
        severity="error",
        texts=(Text("has more GTIDs than the", r"(?:Slave|Replica) has more GTIDs than the (?:master|source) has"),),
        meaning="The replica has transactions of the source that the source does not know: it lost its end in a crash,"
        " was"
        " restored, or its binary logs were reset.",
        check="gtid_executed of both; what happened to the source (a reset, a restore, a crash with sync_binlog off).",
        rung="rebuild",
        remedy="Decide which server is right. If it is the source: rebuild this replica.",
        risk="The transactions that only the replica has are lost by a rebuild: look at them first.",
        reference=_FACTS,
        ends="receiver",
    ),
    Rule(
        id="source_log_gone",
        severity="error",
        texts=(
            Text("could not find next log"),
            Text("Could not find first log file name in binary log index file"),
            Text("position > file size"),
            Text("impossible position", seen="the manual of 5.5"),
        ),
        meaning="The binary log or the position that the replica asks for does not exist on the source: it was reset or"
        " purged, or the channel holds a wrong position.",
        check="SHOW BINARY LOGS on the source; whether the channel uses auto-position.",
        rung="reattach",
        remedy="With GTIDs: connect anew with auto-position. If the source was reset, rebuild.",
        risk="A position guessed by hand loses or repeats transactions.",
        reference=_FACTS,
        ends="receiver",
    ),
    Rule(
        id="source_log_corrupt",
        severity="error",
        texts=(
            Text("checksum verification failed while reading from network"),
            Text("log event entry exceeded max_allowed_packet", seen="catalogue"),
            Text("event read from binlog did not pass", seen="catalogue"),
            Text(
                "binlog truncated in the middle of event",
                r"Got fatal error 1236.*binlog truncated in the middle of event",
                seen="catalogue",
            ),
            Text("bogus data in log event", seen="catalogue"),
        ),
        meaning="An event came from the source damaged: its binary log is damaged, or the network changed it.",
        check="mysqlbinlog --verify-binlog-checksum on the source's binary log at the position where the receiver"
        " stopped.",
        rung="start",
        remedy="Start the receiver once more. If it stops at the same place, the source's binary log is damaged there:"
        " rebuild from a dump.",
        risk="Skipping over it loses transactions.",
        reference=_FACTS,
        confidence="likely",
        ends="receiver",
    ),
    Rule(
        id="relay_log_write_failed",
        severity="error",
        texts=(Text("Relay log write failure"),),
        meaning="The receiver could not append an event to the relay log: a full disk, a file that it may not write, or"
        " an event that arrived damaged.",
        check="The lines before it; df of the relay logs' directory.",
        rung="start",
        remedy="Remove the cause that the lines before it name, then start replication.",
        risk=_NO_RISK,
        reference=_FACTS,
        confidence="possible",
        ends="receiver",
    ),
    Rule(
        id="packet_too_large",
        severity="error",
        texts=(
            Text("max_allowed_packet", r"Got a packet bigger than '(?:slave_|replica_)?max_allowed_packet'"),
            Text("Log entry on ", r"Log entry on (?:master|source) is longer than"),
        ),
        meaning="An event is larger than the receiver may take, or its length was read wrong.",
        check="slave_max_allowed_packet (replica_max_allowed_packet from 8.0.26 on) and max_allowed_packet of both"
        " servers.",
        rung=BY_HAND,
        remedy="Raise the option on the replica and start the receiver. If it stays, see source_log_corrupt.",
        risk=_NO_RISK,
        reference=_FACTS,
        ends="receiver",
        options=("slave_max_allowed_packet = 1G  # from 8.0.26 on: replica_max_allowed_packet",),
    ),
    Rule(
        id="duplicate_server_uuid",
        severity="error",
        texts=(
            Text("equal MySQL server UUIDs"),
            Text("with the same server_uuid/server_id", seen="catalogue"),
        ),
        meaning="Two servers have the same server_uuid, as after copying a data directory with its auto.cnf.",
        check="server_uuid of source, replica and the other replicas.",
        rung="restart",
        remedy="Stop this server, move auto.cnf away, start it: it makes a new one.",
        risk="Transactions that this server wrote itself keep the old uuid in their GTIDs.",
        reference=_FACTS,
        confidence="certain",
        ends="receiver",
    ),
    Rule(
        id="duplicate_server_id",
        severity="error",
        texts=(Text("equal MySQL server ids"),),
        meaning="Source and replica have the same server_id.",
        check="server_id of both.",
        rung=BY_HAND,
        remedy="Give the replica another server_id and start replication.",
        risk=_NO_RISK,
        reference=_FACTS,
        ends="receiver",
        options=("server_id = <a number that no other server of the topology has>",),
    ),
    Rule(
        id="gtid_mode_mismatch",
        severity="error",
        texts=(
            Text("GTID_MODE", r"(?:master|source) has (?:@@GLOBAL\.)?GTID_MODE ?=? ?\w+ and this server has"),
            Text("GTID_MODE", r"cannot start in AUTO_POSITION mode: this server uses @@GLOBAL\.GTID_MODE"),
            Text("was configured with AUTO_POSITION = 1, but the server was started with", seen="9.7.4"),
            Text("when @@GLOBAL.GTID_MODE = OFF", r"Found a Gtid_log_event or Previous_gtids_log_event when"),
            Text("Cannot replicate ", r"Cannot replicate (?:anonymous |GTID-)transaction when", seen="catalogue"),
        ),
        meaning="gtid_mode of source and replica do not go together.",
        check="gtid_mode of both, and the option files that the replica was last started with.",
        rung=BY_HAND,
        remedy="Give the replica the source's gtid_mode and restart; on 5.6 look whether auto-position was switched"
        " off.",
        risk="A replica that ran without GTIDs meanwhile has transactions without one: verify its rows.",
        reference=_FACTS,
        ends="receiver",
        options=("gtid_mode = ON", "enforce_gtid_consistency = ON"),
    ),
    Rule(
        id="source_log_unreadable",
        severity="error",
        texts=(Text("Got fatal error 1236 from"),),
        meaning="The source could not read its binary log for this replica.",
        check="The text in quotes; the source's error log.",
        rung="start",
        remedy="Look at the source's binary log at that place. If it is damaged, rebuild.",
        risk=_NO_RISK,
        reference="MySQL manual, 'Troubleshooting Replication'",
        confidence="possible",
        ends="receiver",
    ),
    Rule(
        id="authentication",
        severity="error",
        texts=(
            Text(
                "connecting to ",
                r"[Ee]rror (?:re)?connecting to (?:master|source) .*Error_code: (?:MY-00)?(?:1045|1130|1251|2059|2061"
                r"|3118|3878|1129)\b",
            ),
            Text("Access denied for user", r"(?:Master|Source) command \w+ failed: Access denied"),
            Text("couldn't register on ", r"couldn't register on (?:master|source)"),
        ),
        meaning="The source does not let the replication account in, or does not let it replicate.",
        check="Account, password, the host it comes from, REPLICATION SLAVE; with caching_sha2_password TLS or the"
        " public"
        " key (a warm cache on the source hides that until it restarts).",
        rung=BY_HAND,
        remedy="Put account or password right (mysql_replication_source); for caching_sha2_password use TLS or"
        " get_source_public_key.",
        risk=_NO_RISK,
        reference=_FACTS,
        ends="receiver",
    ),
    Rule(
        id="source_tls",
        severity="error",
        texts=(
            Text(
                "connecting to ",
                r"[Ee]rror (?:re)?connecting to (?:master|source) .*Error_code: (?:MY-00)?2026\b",
                seen="catalogue",
            ),
        ),
        meaning="The encrypted connection to the source could not be made: certificates or protocol versions do not"
        " match.",
        check="The channel's SSL settings, the certificates' dates, the TLS versions that both servers speak.",
        rung=BY_HAND,
        remedy="Put the certificates or the channel's TLS settings right (mysql_replication_source).",
        risk=_NO_RISK,
        reference="MySQL manual, 'Setting Up Replication to Use Encrypted Connections'",
        ends="receiver",
    ),
    Rule(
        id="source_unreachable",
        severity="error",
        texts=(Text("connecting to ", r"[Ee]rror (?:re)?connecting to (?:master|source)"),),
        meaning="The receiver cannot reach the source; it tries again by itself until its number of attempts is used"
        " up.",
        check="Host and port from this host, name resolution, firewalls, whether the source runs.",
        rung="start",
        remedy="When the source answers again, the receiver goes on; start it if it has given up.",
        risk="The source may purge binary logs before the replica is back.",
        reference=_FACTS,
        ends="receiver",
    ),
    # -- the applier ---------------------------------------------------------------------------------------------
    Rule(
        id="duplicate_row",
        severity="error",
        texts=(
            Text(
                "Duplicate entry '", r"(?:HA_ERR_FOUND_DUPP_KEY|on query\. Default database|Error_code: (?:MY-00)?1062)"
            ),
        ),
        meaning="The applier inserts a row that is there already: somebody wrote to the replica, or replication"
        " started at"
        " a wrong position (a dump without its GTID set).",
        check="mysql_replica_verify; errant transactions; the row on both servers.",
        rung="rebuild",
        remedy="If one row differs and it is known why, put the row right. Otherwise the data differ: rebuild.",
        risk="Skipping the transaction hides the difference and lets it grow.",
        reference=_FACTS,
        ends="applier",
        options=("read_only = ON", "super_read_only = ON  # from 5.7.8 on"),
    ),
    Rule(
        id="missing_row",
        severity="error",
        texts=(Text("Can't find record in '", r"(?:HA_ERR_(?:KEY_NOT_FOUND|END_OF_FILE)|Error_code: (?:MY-00)?1032)"),),
        meaning="The applier changes or deletes a row that is not there: somebody wrote to the replica, or rows were"
        " lost.",
        check="mysql_replica_verify; errant transactions; was the replica salvaged with innodb_force_recovery.",
        rung="rebuild",
        remedy="If one row is missing and it is known why, put it back. Otherwise the data differ: rebuild.",
        risk="Skipping the transaction hides the difference and lets it grow.",
        reference=_FACTS,
        ends="applier",
        options=("read_only = ON", "super_read_only = ON  # from 5.7.8 on"),
    ),
    Rule(
        id="object_exists",
        severity="error",
        texts=(
            Text(
                "on query. Default database",
                r"Error '(?:Can't create database '[^']*'; database exists|Table '[^']*' already exists|(?:PROCEDURE"
                r"|FUNCTION|Trigger|Event)[^']* .*already exists|Operation CREATE USER failed)",
            ),
        ),
        meaning="The applier creates something that is there already: a transaction is applied a second time, or"
        " somebody"
        " made the object on the replica.",
        check="gtid_executed: holes mean that a reset made the replica forget what it has. Errant transactions.",
        rung="rebuild",
        remedy="If the object was made here by hand and is not needed, drop it with sql_log_bin=0 and start the"
        " applier."
        " If GTIDs were lost, rebuild.",
        risk="Dropping an object with rows that only the replica has loses them.",
        reference=_FACTS,
        ends="applier",
    ),
    Rule(
        id="object_missing",
        severity="error",
        texts=(
            Text("doesn't exist'", r"(?:Error executing row event: |Error ')'?Table '[^']*' doesn't exist"),
            Text(
                "on query. Default database",
                r"Error '(?:Unknown (?:table|database) |Can't drop database |Table '[^']*' doesn't exist|(?:PROCEDURE"
                r"|FUNCTION|Trigger) .*does not exist|Operation (?:DROP|ALTER|RENAME) USER failed)",
            ),
        ),
        meaning="The applier needs a table or another object that is not there: dropped on the replica, or never"
        " loaded.",
        check="mysql_replica_verify; whether the dump that the replica was made from held it.",
        rung="rebuild",
        remedy="Load the object from the source as it was at that point, or rebuild.",
        risk="An empty table made by hand lets the applier go on over rows that are missing.",
        reference=_FACTS,
        ends="applier",
    ),
    Rule(
        id="table_differs",
        severity="error",
        texts=(
            Text("cannot be converted from type", r"Column \d+ .*cannot be converted from type"),
            Text(
                "Table definition on ",
                r"Table definition on (?:master|source) and (?:slave|replica) does not match",
                seen="catalogue",
            ),
        ),
        meaning="A table has other columns here than on the source.",
        check="SHOW CREATE TABLE on both servers.",
        rung="rebuild",
        remedy="Alter the table here with sql_log_bin=0 to what the source has, then start the applier; or rebuild.",
        risk="Columns that only the replica has lose their values in a rebuild.",
        reference=_FACTS,
        ends="applier",
    ),
    Rule(
        id="applier_garbled_query",
        severity="error",
        texts=(
            Text(
                "You have an error in your SQL syntax",
                r"(?:Slave|Replica) SQL.*Error 'You have an error in your SQL syntax",
            ),
        ),
        meaning="The applier got a statement that is none. On 5.6 these are the four bytes of a checksum that it takes"
        " for"
        " SQL: binlog_checksum differs between source and replica.",
        check="binlog_checksum of both servers; mysql_relaylog_repair in check mode shows whether the logs are intact.",
        rung="reread",
        remedy="Read the relay logs again from position 4 with auto-position off, then switch it on again.",
        risk="RESET SLAVE throws away what is retrieved and not applied.",
        reference=_FACTS,
        confidence="likely",
        ends="applier",
        options=("binlog_checksum = CRC32  # the same on source and replica",),
    ),
    Rule(
        id="applier_transient",
        severity="warning",
        texts=(
            Text("Lock wait timeout exceeded", r"(?:Slave|Replica) SQL.*Lock wait timeout exceeded", seen="catalogue"),
            Text("Deadlock found when trying to get lock", r"(?:Slave|Replica) SQL.*Deadlock found", seen="catalogue"),
            Text("retried transaction ", r"(?:Slave|Replica).*retried transaction \d+ time", seen="catalogue"),
        ),
        meaning="The applier gave up a transaction that would go through at another try: another session held its"
        " rows.",
        check="Long transactions of users on the replica.",
        rung="start",
        remedy="Start the applier.",
        risk=_NO_RISK,
        reference="MySQL manual, 'slave_transaction_retries'",
        ends="applier",
    ),
    Rule(
        id="gtid_purged_not_empty",
        severity="error",
        texts=(
            Text("@@GLOBAL.GTID_PURGED can only be set when @@GLOBAL.GTID_EXECUTED is empty"),
            Text("@@GLOBAL.GTID_PURGED cannot be changed: the"),
            Text("GTID_PURGED", r"ERROR (?:1840|3546) \(HY000\).*GTID_PURGED"),
        ),
        meaning="A dump's GTID set was refused because the server has GTIDs already: often those of an import that"
        " failed"
        " half-way, since mysqldump writes the set at the top of the dump.",
        check="gtid_executed here, against the set in the dump (mysql_dump_info).",
        rung="rebuild",
        remedy="mysql_gtid_reset, then load the dump again from its beginning; the rebuild does both in the right"
        " order.",
        risk="RESET MASTER on a server with replicas below it breaks them.",
        reference="seeds: import of a cloud dump; errors 1840 (5.6, 5.7) and 3546 (8.0 and later)",
    ),
    Rule(
        id="gtid_table_unusable",
        severity="error",
        texts=(
            Text("Gtid table is not ready to be used"),
            Text("Failed to initialize GTID structures", seen="catalogue"),
            Text("Failed to compress the gtid_executed table", seen="catalogue"),
        ),
        meaning="mysql.gtid_executed cannot be used: the server does not remember reliably what it has executed.",
        check="SHOW CREATE TABLE mysql.gtid_executed; gtid_executed against the source.",
        rung="rebuild",
        remedy="On 8.0 and later a start with --upgrade=FORCE makes the table anew; what it held is gone, so compare"
        " GTIDs"
        " and rows with the source, or rebuild.",
        risk="A GTID set that lacks transactions lets them be applied twice.",
        reference="MySQL manual, 'mysql.gtid_executed Table'",
    ),
    Rule(
        id="applier_stopped",
        severity="error",
        texts=(
            Text(
                "SQL thread aborted. Fix the problem", r"[Ee]rror running query, (?:slave|replica) SQL thread aborted"
            ),
        ),
        meaning="The applier stopped at an error; the lines before it say which.",
        check="Last_SQL_Error; performance_schema.replication_applier_status_by_worker.",
        rung="start",
        remedy="Remove the cause that the lines before it name, then start the applier.",
        risk=_NO_RISK,
        reference=_FACTS,
        confidence="possible",
        ends="applier",
    ),
    # -- will break, or advice -----------------------------------------------------------------------------------
    Rule(
        id="myisam_table_crashed",
        severity="warning",
        texts=(
            Text("is marked as crashed", r"Table '[^']*' is marked as crashed", seen="catalogue"),
            Text("Incorrect key file for table", seen="catalogue"),
        ),
        meaning="A MyISAM table was open when the server ended, and is damaged.",
        check="CHECK TABLE of the table in the line. On 5.6 accounts and privileges are such tables.",
        rung=BY_HAND,
        remedy="REPAIR NO_WRITE_TO_BINLOG TABLE; then compare its rows with the source's.",
        risk="REPAIR may leave rows out: copy the files first.",
        reference="MySQL manual, 'How to Repair MyISAM Tables'",
    ),
    Rule(
        id="upgrade_needed",
        severity="warning",
        texts=(
            Text("Please run mysql_upgrade", seen="catalogue"),
            Text("has the wrong structure", r"Native table '[^']*'\.'[^']*' has the wrong structure", seen="catalogue"),
            Text("Column count of ", r"Column count of (?:mysql|performance_schema)\S* is wrong", seen="catalogue"),
        ),
        meaning="The system tables are those of an older version, or were loaded from an older server's dump.",
        check="mysql_upgrade --check-upgrade-system-tables, or the version in mysql_upgrade_info.",
        rung="system_tables",
        remedy="Run mysql_upgrade (before 8.0.16) or restart with --upgrade=FORCE, with sql_log_bin=0 or replication"
        " at rest.",
        risk=_NO_RISK,
        reference="MySQL manual, 'mysql_upgrade'",
    ),
    Rule(
        id="password_in_repository",
        severity="advice",
        texts=(Text("Storing MySQL user name or password information in the"),),
        meaning="The replication password stands in clear in mysql.slave_master_info or master.info, and so in"
        " backups.",
        check="Who may read the mysql schema and the backups.",
        rung=BY_HAND,
        remedy="Use an account that can do nothing but replicate, from this host only.",
        risk=_NO_RISK,
        reference="MySQL manual, 'START REPLICA Statement'",
    ),
    Rule(
        id="applier_position_not_crash_safe",
        severity="advice",
        texts=(Text("If a crash happens this configuration does not guarantee"),),
        meaning="The applier's position is kept in a file: after a crash it may be older than the data, and"
        " transactions"
        " are applied twice.",
        check="relay_log_info_repository and master_info_repository.",
        rung=BY_HAND,
        remedy="Keep both in tables (the default from 8.0 on).",
        risk=_NO_RISK,
        reference="MySQL manual, 'Replication Metadata Repositories'",
        options=("master_info_repository = TABLE", "relay_log_info_repository = TABLE"),
    ),
    Rule(
        id="relay_logs_discarded",
        severity="advice",
        texts=(Text("Recovery from ", r"Recovery from (?:master|source) pos \d+ and file"),),
        meaning="relay_log_recovery threw the relay logs away at this start; all that was retrieved and not applied is"
        " fetched from the source again.",
        check="Whether the source still has those transactions (source_purged).",
        rung=BY_HAND,
        remedy="Nothing, as long as the source has them. Where it purges early, start with relay_log_recovery=0 after a"
        " crash and let the applier finish first.",
        risk="What the source has purged is lost.",
        reference=_FACTS,
    ),
)

BY_ID = {rule.id: rule for rule in RULES}
