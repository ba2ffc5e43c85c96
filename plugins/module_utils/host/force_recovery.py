# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The climb of logic/salvage/recovery.py, on this host."""

import contextlib
import os
import time
from typing import Any, Dict, Iterator, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import datadir, datadir_copy, datadir_use
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir import read_text
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.datadir_version import version_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.error_log import examine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal, private_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.mysqld_program import Mysqld
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.private_server import (
    Place,
    PrivateServer,
    end_left_behind,
    running,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.process import Identity
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_start import SalvageStart
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import climb, layout, recovery

Record = Dict[str, Any]
JOURNAL = "salvage.json"
EVIDENCE = "salvage"  # directory below state_dir: the error log of each attempt
_MOST_FINDINGS = 10


class ForceRecovery:
    """params: those of mysql_force_recovery. observe() comes first; the others take the journal's record."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.journal = Journal(os.path.join(params["state_dir"], JOURNAL))
        self.mysqld = Mysqld(params["mysqld"], params["defaults_file"])
        self.options, self.configured = self.mysqld.options(params["datadir"])
        self.datadir = os.path.realpath(self.configured)
        self.wish = recovery.Wish(
            max_level=params["max_level"],
            copy_to=os.path.realpath(params["copy_to"] or self.datadir + ".salvage"),
            copy=params["copy"],
            work_on=params["work_on"],
            set_redo_aside=params["set_redo_aside"],
        )

    def observe(self) -> recovery.Observed:
        with told(self.datadir):
            here = datadir.look(self.datadir)
            copy_to, parent = self.wish.copy_to, os.path.dirname(self.wish.copy_to)
            space = os.statvfs(parent) if os.path.isdir(parent) else None
            return recovery.Observed(
                configured=self.configured,
                datadir=self.datadir,
                options=self.options,
                here=here,
                users=datadir_use.users(self.datadir, *self._signs()) if here else [],
                files_version=version_of(self.datadir),
                leads_outside=datadir_copy.leads_outside(self.datadir),
                needed_bytes=self._needed(parent),
                free_bytes=space.f_bavail * space.f_frsize if space else 0,
                copy_there=os.path.lexists(copy_to),
                writable=dict(datadir=_writable(self.datadir), copy_to=_writable(parent)),
                journal=self.journal.read(),
                we_are=os.geteuid(),
                redo_there=bool(layout.redo(datadir_copy.files(self.datadir))),
            )

    def _signs(self) -> List[Optional[str]]:
        signs = [self.options.values.get(name) for name in ("pid-file", "socket")]
        return [sign and os.path.join(self.datadir, sign) for sign in signs]

    def _needed(self, parent: str) -> int:
        names = self._names()
        if names and os.path.isdir(parent) and datadir_copy.shares_blocks(self.datadir, parent, names[0]):
            return 0
        return datadir_copy.size(self.datadir, names)

    def _names(self) -> List[str]:
        names = datadir_copy.files(self.datadir)
        return names if self.wish.copy == recovery.ALL else layout.system(names)

    # -- steps -----------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """What a run that was killed has left at work: its server, and the directory of that one."""
        record = self.journal.read()
        if record.get("server"):
            end_left_behind(Identity.read(record["server"]))
        if record.get("place"):
            Place(record["place"], 0, 0).remove()
        if record.get("server") or record.get("place"):
            self.journal.write(dict(record, server=None, place=None))

    def copy(self, record: Record) -> None:
        with told(record["copy"]):
            self.journal.write(record)
            datadir_copy.copy(record["datadir"], record["copy"], self._names())
            record["copied"] = True
            self.journal.write(record)

    def try_levels(self, record: Record, set_redo_aside: bool = False) -> None:
        """Attempts, each in the journal with its evidence, until one answers or nothing is left to try."""
        attempts = climb.read(record["attempts"])
        with told(record["work"]), self._server(record) as start:
            while True:
                step = climb.next_try(attempts, self.wish.max_level, set_redo_aside)
                if step is None:
                    return
                if step[0] == climb.SET_ASIDE and not record["redo_is_aside"]:
                    self._set_redo_aside(record)
                attempts.append(self._attempt(start, step[0], step[1], len(attempts) + 1))
                record["attempts"] = [attempt.public() for attempt in attempts]
                self.journal.write(record)

    @contextlib.contextmanager
    def _server(self, record: Record) -> Iterator[SalvageStart]:
        owner = os.stat(record["work"])
        place = Place.make(owner.st_uid, owner.st_gid)
        record["place"] = place.directory

        def note(identity: Optional[Identity]) -> None:
            record["server"] = dict(identity._asdict()) if identity else None
            self.journal.write(record)

        try:
            self.journal.write(record)
            server = PrivateServer(self.mysqld, record["work"], place, note)
            with running(server):
                yield SalvageStart(server, self.options, self.datadir)
        finally:
            place.remove()
            record["place"] = None
            self.journal.write(record)

    def _attempt(self, start: SalvageStart, redo: str, level: int, number: int) -> climb.Attempt:
        began = time.time()
        answers = start.at(level, self.params["timeout"], self.params["settle"])
        seconds = round(time.time() - began, 1)
        start.server.stop()
        evidence = os.path.join(self.params["state_dir"], EVIDENCE)
        private_directory(evidence)
        log = os.path.join(evidence, "%02d-%s-level-%d.err" % (number, redo, level))
        start.keep_log(log)
        said = read_text(log)
        outcome = climb.outcome(answers, said)
        return climb.Attempt(redo, level, outcome, seconds, log, _findings(log), climb.last_words(said))

    def _set_redo_aside(self, record: Record) -> None:
        work = record["work"]
        if record["redo_aside"]:
            aside = Quarantine(record["redo_aside"])
        else:
            place = self.params["backup_dir"] or work + ".set-aside"
            aside = Quarantine.create(place, "redo-log", "the server started at no level with it")
            record["redo_aside"] = aside.directory
            self.journal.write(record)
        for name in layout.redo(datadir_copy.files(work)):
            aside.keep(os.path.join(work, name), "move")
        # From 8.0.30 on their directory must be there, empty
        directory = os.path.join(work, layout.REDO_DIRECTORY)
        if self.options.dialect.version >= layout.REDO_IN_DIRECTORY and not os.path.isdir(directory):
            os.mkdir(directory, 0o750)
            owner = os.stat(work)
            os.chown(directory, owner.st_uid, owner.st_gid)
        record["redo_is_aside"] = True
        self.journal.write(record)


def _findings(log: str) -> List[Dict[str, str]]:
    """id and first line of what the rules find in a log; nothing where there is no log."""
    try:
        told_by_log = examine(log, rotated=False, max_findings=_MOST_FINDINGS)
    except BadInput:
        return []
    return [
        dict(id=finding["id"], line=finding["evidence"][0]["line"] if finding["evidence"] else "")
        for finding in told_by_log["findings"]
    ]


def _writable(path: str) -> bool:
    return os.access(path, os.W_OK) and not os.statvfs(path).f_flag & os.ST_RDONLY


@contextlib.contextmanager
def told(where: str) -> Iterator[None]:
    """An error of the system, in our words."""
    try:
        yield
    except OSError as exc:
        raise ReplicaError(
            "cannot work there: %s" % exc,
            where=str(exc.filename or where),
            untouched="what is not named in the plan",
            next_step="look at the path, its owner and the space on its file system, then run the same command again",
        ) from None
