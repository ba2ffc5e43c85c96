# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes into a new data directory: the server's own tables, accounts, and files of the old one.

Accounts are made while the server listens to nobody: by its first run, which ends when they are there. At no
instant the new server lets somebody in without a password. The file of statements, which holds one, is 0600 and the
server's own, in a directory that goes away before the server starts for its users.
"""

import os
import shutil
import stat
from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir import read_text, workspace
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.mysqld_program import Mysqld, failed, run_as
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import data_files, new_accounts

Record = Dict[str, Any]

# None of it may touch the binary logs, which may lie outside and are the old server's, nor be seen by anybody.
_ALONE = ["--skip-log-bin", "--general-log=OFF", "--slow-query-log=OFF", "--event-scheduler=OFF"]
_PRIVATE = [
    *_ALONE,
    "--skip-networking",
    "--read-only=OFF",
    "--loose-super-read-only=OFF",
    "--loose-skip-slave-start",
    "--loose-skip-replica-start",
    "--loose-group-replication-start-on-boot=OFF",
    "--loose-mysqlx=OFF",
]


class NewDatadir:
    """A new data directory that is in its place, and that no server has run in yet."""

    def __init__(self, record: Record, mysqld: Mysqld) -> None:
        self.record = record
        self.mysqld = mysqld
        self.path = record["datadir"]
        self.workspace = workspace(record)
        self.owner = (record["uid"], record["gid"])

    # -- the server's own tables -----------------------------------------------------------------------------

    def by_mysqld(self) -> None:
        """root gets a password that nobody knows, which is expired: the accounts come in another run."""
        nothing = self._file("nothing.sql", ["SELECT 1"])  # an init_file of the option files is not for this
        options = ["--initialize", "--init-file=%s" % nothing, *self._places(), *_ALONE]
        self.mysqld.work(*self.owner, options, self._log("initialize"))

    def by_template(self, template: str) -> None:
        """Copy a pristine data directory, but for the identity of the server that made it."""
        for where, directories, names in os.walk(template):
            target = os.path.normpath(os.path.join(self.path, os.path.relpath(where, template)))
            for name in directories:
                os.mkdir(os.path.join(target, name), 0o700)
                os.chown(os.path.join(target, name), *self.owner)
            for name in names:
                source = os.path.join(where, name)
                if name != "auto.cnf" and stat.S_ISREG(os.lstat(source).st_mode):
                    self._copy(source, os.path.join(target, name), 0o660)

    def by_installer(self, installer: str, basedir: Optional[str]) -> None:
        argv = [installer, *self.mysqld.defaults, "--datadir=%s" % self.path]
        argv += ["--basedir=%s" % basedir] if basedir else []
        run_as(*self.owner, argv, self._log("install"))

    # -- accounts --------------------------------------------------------------------------------------------

    def copy_accounts(self) -> bool:
        """Take over the tables of the old server's accounts; False when not all of them are there."""
        files = [table + suffix for table in new_accounts.TABLES for suffix in new_accounts.SUFFIXES]
        old, new = (os.path.join(path, "mysql") for path in (self.record["set_aside"], self.path))
        if not all(os.path.isfile(os.path.join(place, name)) for place in (old, new) for name in files):
            return False
        fresh = os.path.join(self.workspace, "fresh")
        os.mkdir(fresh, 0o700)
        for name in files:
            os.rename(os.path.join(new, name), os.path.join(fresh, name))
            self._copy(os.path.join(old, name), os.path.join(new, name), 0o660)
        return True

    def fresh_accounts(self) -> None:
        """Undo copy_accounts()."""
        fresh = os.path.join(self.workspace, "fresh")
        for name in os.listdir(fresh):
            os.rename(os.path.join(fresh, name), os.path.join(self.path, "mysql", name))

    def by_init_file(self, account: new_accounts.Account, copied: bool) -> None:
        """Raises ReplicaError when not every statement was done."""
        statements = self._file("accounts.sql", new_accounts.by_init_file(account, copied, self._proof))
        private = [*_PRIVATE, "--init-file=%s" % statements, "--pid-file=%s" % os.path.join(self.workspace, "pid")]
        # Below the data directory, by a relative name: a longer one would not fit into a socket's address.
        private.append("--socket=%s" % os.path.join(os.path.basename(self.workspace), "s"))
        self._prove([*private, *self._places()])

    def by_bootstrap(self, account: new_accounts.Account, copied: bool) -> None:
        """Raises ReplicaError when not every statement was done."""
        statements = self._file("accounts.sql", new_accounts.by_bootstrap(account, copied, self._proof))
        with open(statements, "rb") as stdin:
            self._prove(["--bootstrap", "--loose-gtid-mode=OFF", *_ALONE, *self._places()], stdin)

    @property
    def _proof(self) -> str:
        return os.path.join(self.workspace, "done")

    def _prove(self, options: List[str], stdin: Optional[Any] = None) -> None:
        log = self._log("accounts")
        try:
            self.mysqld.work(*self.owner, [*options, "--secure-file-priv=%s" % self.workspace], log, stdin)
            if not os.path.exists(self._proof):
                raise failed(self.mysqld.program, "a statement that makes accounts", log)
        finally:
            os.unlink(os.path.join(self.workspace, "accounts.sql"))

    # -- files of the old directory --------------------------------------------------------------------------

    def make_directories(self, candidates: List[str]) -> List[str]:
        """Make those that the old data directory has and that options name (mysqld_options.directories_inside())."""
        made = []
        for name in candidates:
            old, new = (os.path.join(path, name) for path in (self.record["set_aside"], self.path))
            if os.path.isdir(old) and not os.path.islink(old) and not os.path.lexists(new):
                os.mkdir(new, stat.S_IMODE(os.stat(old).st_mode))
                os.chown(new, os.stat(old).st_uid, os.stat(old).st_gid)
                made.append(name)
        return made

    def keep_files(self, identity: bool) -> List[str]:
        """Identity, unless that is to be a new one, keys, persisted settings: what data_files.is_kept() says.

        Returns the names.
        """
        old = self.record["set_aside"]
        names = [
            name
            for name in sorted(os.listdir(old))
            if data_files.is_kept(name, read_text(os.path.join(old, name))) and (identity or name != "auto.cnf")
        ]
        if any(data_files.is_replaced(name) for name in names):
            for name in os.listdir(self.path):
                if data_files.is_replaced(name):
                    os.unlink(os.path.join(self.path, name))
        if "auto.cnf" not in names and os.path.lexists(os.path.join(self.path, "auto.cnf")):
            os.unlink(os.path.join(self.path, "auto.cnf"))  # the server makes one
        for name in names:
            source = os.path.join(old, name)
            self._copy(source, os.path.join(self.path, name), stat.S_IMODE(os.lstat(source).st_mode))
        return names

    # -- how -------------------------------------------------------------------------------------------------

    def _places(self) -> List[str]:
        return ["--datadir=%s" % self.path, "--tmpdir=%s" % self.workspace]

    def _log(self, name: str) -> str:
        path = os.path.join(self.workspace, name + ".err")
        if os.path.exists(path):
            os.unlink(path)
        return path

    def _file(self, name: str, statements: List[str]) -> str:
        path = os.path.join(self.workspace, name)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as sink:
            os.fchown(sink.fileno(), *self.owner)
            sink.writelines(statement + ";\n" for statement in statements)
        return path

    def _copy(self, source: str, target: str, mode: int) -> None:
        """A link stays a link; a file is on disk when this returns."""
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
            os.lchown(target, *self.owner)
            return
        if not stat.S_ISREG(os.lstat(source).st_mode):
            raise ReplicaError("this is no regular file", where=source, next_step="move it away, then run again")
        if os.path.lexists(target):
            os.unlink(target)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        shutil.copyfile(source, target)
        os.chown(target, *self.owner)
        os.chmod(target, mode)
        with open(target, "rb") as copied:
            os.fsync(copied.fileno())
