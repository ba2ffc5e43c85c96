# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of logic/server_initialize.py, on this host. What fails puts the old data directory back."""

import contextlib
import os
import time
from typing import Any, Dict, Iterator, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import datadir, datadir_use
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.mysqld_program import Mysqld, find_any
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.new_datadir import NewDatadir
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import initialize_state, new_accounts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import directories_inside

Record = Dict[str, Any]
_LEFT_AT_WORK = 120.0  # seconds for a mysqld that a killed run had at work; --initialize takes a few


class Initialization:
    """params: those of mysql_initialize_state. observe() comes first; the others take the journal's record."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.journal = Journal(os.path.join(params["state_dir"], "initialize.json"))
        self.mysqld = Mysqld(params["mysqld"], params["defaults_file"])
        self.options, self.configured = self.mysqld.options(params["datadir"])
        self.datadir = os.path.realpath(self.configured)
        self.way = initialize_state.way_of(self.options.dialect)
        programs = os.path.dirname(self.mysqld.program)
        scripts = os.path.join(self.options.values.get("basedir", "/usr"), "scripts")
        self.wish = initialize_state.Wish(
            needed_bytes=params["needed_bytes"],
            login=(params["login_user"], params["login_password"], params["login_hosts"]),
            template=self._template(),
            installer=find_any("mysql_install_db", programs, scripts),
            state_dir=os.path.realpath(params["state_dir"]),
            set_aside_dir=os.path.realpath(params["set_aside_dir"] or os.path.dirname(self.datadir)),
            keep_identity=params["keep_identity"],
        )

    def observe(self) -> initialize_state.Observed:
        journal = self.journal.read()
        if journal.get("phase") == "begun":
            datadir_use.wait_unused(self.datadir, _LEFT_AT_WORK)
        parent, target = os.path.dirname(self.datadir), self.wish.set_aside_dir
        with _told(self.datadir):
            space = os.statvfs(parent)
            return initialize_state.Observed(
                configured=self.configured,
                datadir=self.datadir,
                stamp=self._stamp(),
                options=self.options,
                here=datadir.look(self.datadir),
                aside=datadir.look(journal["set_aside"]) if journal else None,
                template=datadir.look(self.wish.template) if self.wish.template else None,
                journal=journal,
                users=self._users(),
                mounts=datadir_use.mounts(self.datadir),
                free_bytes=space.f_bavail * space.f_frsize,
                one_file_system=os.stat(parent).st_dev == os.stat(target).st_dev,
                may_rename=os.access(parent, os.W_OK) and os.access(target, os.W_OK),
                we_are=os.geteuid(),
            )

    def _template(self) -> Optional[str]:
        """Only where it is needed; links followed, as in the data directory's own name."""
        wanted = self.params["template"] if self.way == initialize_state.BY_FILES else None
        return os.path.realpath(wanted) if wanted else None

    def _stamp(self) -> str:
        """The time, with -2, ... behind it where a directory has been set aside within this second."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        taken = os.listdir(self.wish.set_aside_dir) + os.listdir(os.path.dirname(self.datadir))
        stamps = [now, *["%s-%d" % (now, number) for number in range(2, 1000)]]
        return next(stamp for stamp in stamps if not any(name.endswith("-" + stamp) for name in taken))

    def _users(self) -> List[str]:
        signs = [self.options.values.get(name) for name in ("pid-file", "socket")]
        return datadir_use.users(self.datadir, *[sign and os.path.join(self.datadir, sign) for sign in signs])

    # -- steps -----------------------------------------------------------------------------------------------

    def begin(self, record: Record) -> None:
        self.journal.write(record)

    def clear(self, record: Record) -> None:
        with _told(self.datadir):
            datadir.clear(record)

    def set_aside(self, record: Record) -> None:
        with self._or_back(record):
            datadir.set_aside(record)

    def make(self, record: Record) -> None:
        with self._or_back(record):
            datadir.make(record, self.journal)

    def initialize(self, record: Record) -> None:
        new = NewDatadir(record, self.mysqld)
        with self._or_back(record):
            if self.way == initialize_state.BY_MYSQLD:
                new.by_mysqld()
            elif self.wish.template:
                new.by_template(self.wish.template)
            else:
                new.by_installer(str(self.wish.installer), self.options.values.get("basedir"))
            record["directories"] = new.make_directories(
                directories_inside(self.options, [self.configured, self.datadir])
            )

    def create_accounts(self, record: Record) -> None:
        new = NewDatadir(record, self.mysqld)
        create = new.by_init_file if self.way == initialize_state.BY_MYSQLD else new.by_bootstrap
        with self._or_back(record):
            account = new_accounts.account(*self.wish.login)
            reason = "they cannot be read while the server is down"
            record["accounts"] = "own"
            if initialize_state.accounts_in_files(self.options.dialect):
                reason = "not all of their tables are there"
                if new.copy_accounts():
                    try:
                        create(account, True)
                        record["accounts"] = "copied"
                        return
                    except ReplicaError as exc:
                        reason = exc.found
                        new.fresh_accounts()
            record["accounts_reason"] = reason
            create(account, False)

    def keep_files(self, record: Record) -> None:
        with self._or_back(record):
            record["kept"] = NewDatadir(record, self.mysqld).keep_files(self.wish.keep_identity)

    def ready(self, record: Record) -> None:
        with self._or_back(record):
            datadir.ready(record, self.journal)

    @contextlib.contextmanager
    def _or_back(self, record: Record) -> Iterator[None]:
        """Whatever fails, the old directory is in its place when the error is told."""
        try:
            with _told(self.datadir):
                yield
        except ReplicaError as exc:
            with _told(self.datadir):
                datadir.put_back(record, self.journal)
            exc.untouched = "the old data directory, which is in its place again"
            raise


@contextlib.contextmanager
def _told(where: str) -> Iterator[None]:
    """An error of the system, in our words."""
    try:
        yield
    except OSError as exc:
        raise ReplicaError(
            "cannot work on the data directory: %s" % exc,
            where=str(exc.filename or where),
            next_step="look at the path, its owner and the space on its file system, then run the same command again",
        ) from None
