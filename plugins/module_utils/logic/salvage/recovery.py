# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the lowest level at which an instance starts: what must be true before, and the steps. Pure.

The journal names the data directory by its inode: one that was replaced since is another matter, and its climb begins
anew.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import NotReached, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL, Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.initialize_state import Directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import (
    ServerOptions,
    innodb_elsewhere,
    is_below,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import climb, levels, version

COPY, ORIGINAL = "copy", "original"
ALL, SYSTEM = "all", "system"


class Wish(NamedTuple):
    """max_level: 0 to 6. copy_to: where the copy goes. copy: ALL or SYSTEM. work_on: COPY or ORIGINAL."""

    max_level: int
    copy_to: str
    copy: str
    work_on: str
    set_redo_aside: bool


class Observed(NamedTuple):
    """configured, datadir: the data directory's name, and the same with links followed. here: what is there.

    users: who uses it, a sentence each. files_version: of the server that wrote it. leads_outside: a link in it.
    needed_bytes: for the copy. free_bytes: where it goes. copy_there: something has its name. writable: whether the
    data directory, and the directory that the copy goes to, can be written to. we_are: our user. redo_there: whether it
    has a redo log.
    """

    configured: str
    datadir: str
    options: ServerOptions
    here: Optional[Directory]
    users: List[str]
    files_version: Optional[Version]
    leads_outside: Optional[str]
    needed_bytes: int
    free_bytes: int
    copy_there: bool
    writable: Dict[str, bool]
    journal: Dict[str, Any]
    we_are: int
    redo_there: bool = True

    @property
    def going_on(self) -> bool:
        """Whether the journal is that of this very directory."""
        journal, here = self.journal, self.here
        return bool(here and journal.get("datadir") == self.datadir and journal.get("inode") == here.inode)

    @property
    def attempts(self) -> List[climb.Attempt]:
        return climb.read(self.journal["attempts"]) if self.going_on else []

    @property
    def to_go_on_from(self) -> List[climb.Attempt]:
        """Without one that was unfit: that is tried again."""
        return [attempt for attempt in self.attempts if attempt.outcome != climb.UNFIT]

    def describe(self) -> Dict[str, Any]:
        found = climb.found(self.attempts)
        return dict(datadir=self.datadir, level=found.level if found else None, redo=found.redo if found else None)


def plan(seen: Observed, wish: Wish) -> Plan:
    """Nothing where the journal says which level it is; what is left to do where it does not."""
    before = seen.describe()
    if climb.found(seen.attempts):
        return Plan([], before, before)
    guard(seen, wish)
    record = dict(seen.journal) if seen.going_on else new_record(seen, wish)
    record["attempts"] = [attempt.public() for attempt in seen.to_go_on_from]
    if climb.next_try(seen.to_go_on_from, wish.max_level, wish.set_redo_aside) is None:
        raise nothing_answered(seen.attempts, seen.datadir)
    steps = []
    if not record["copied"]:
        what = "the data directory" if record["copy_kind"] == ALL else "redo, undo, system tablespace and dictionaries"
        display = "copy %s, %d bytes, to %s" % (what, seen.needed_bytes, record["copy"])
        steps.append(Step("copy", seen.datadir, display, "a start under force may change its files for good", record))
    levels = "start mysqld, alone, at levels 0 to %d, until one answers" % wish.max_level
    steps.append(Step("climb", record["work"], levels, "nobody knows which level it needs", record))
    if wish.set_redo_aside:
        aside = "only when none answers: set the redo log aside, and begin again"
        steps.append(Step("climb_without_redo", record["work"], aside, "the redo log itself may be the damage", record))
    return Plan(steps, before, before)


def new_record(seen: Observed, wish: Wish) -> Dict[str, Any]:
    """What the journal holds from the first step on."""
    return dict(
        datadir=seen.datadir,
        inode=seen.here.inode if seen.here else None,
        copy=wish.copy_to,
        copy_kind=wish.copy,
        copied=False,
        work=wish.copy_to if wish.work_on == COPY else seen.datadir,
        attempts=[],
        redo_missing=not seen.redo_there,
        redo_aside=None,
        redo_is_aside=False,
        server=None,
        place=None,
    )


def guard(seen: Observed, wish: Wish) -> None:
    """Raise Refused while an attempt could do harm, or could not tell anything."""
    datadir = seen.datadir
    if seen.here is None or not seen.here.marks:
        raise _refused(
            "this is not a data directory of a MySQL server: it has neither ibdata1 nor mysql.ibd nor mysql/",
            datadir,
            "look at the option datadir and at the server's option file",
        )
    if seen.users:
        raise _refused(
            "the data directory is in use: %s" % "; ".join(seen.users[:5]),
            datadir,
            "stop the server, and what would start it again (its service); one that answers needs no salvage",
        )
    if seen.options.dialect.flavor != MYSQL:
        raise _refused("this is no MySQL server", datadir, "see the support matrix in the README")
    wrong = version.mismatch(seen.files_version, seen.options.dialect)
    if wrong:
        raise _refused(wrong, datadir, "name the mysqld of that version with the option mysqld")
    if seen.we_are not in (0, seen.here.uid):
        raise _refused("only root or the owner can work on it", datadir, "run as root (become: true)")
    _places(seen, wish)


def _places(seen: Observed, wish: Wish) -> None:
    datadir = seen.datadir
    outside = innodb_elsewhere(seen.options, [datadir, seen.configured])
    if outside or seen.leads_outside:
        raise _refused(
            "the server keeps files outside of its data directory: %s"
            % ", ".join(outside or [str(seen.leads_outside)]),
            datadir,
            "by hand: copy all of it first, to another host for choice, with the same paths, and try there",
        )
    if is_below(wish.copy_to, datadir):
        raise _refused("the copy would lie in the data directory", wish.copy_to, "give another copy_to")
    if wish.work_on == COPY and wish.copy != ALL:
        raise _refused(
            "a copy of the system's files alone cannot be started", wish.copy_to, "give copy: all or work_on: original"
        )
    if wish.work_on == ORIGINAL and not seen.writable["datadir"]:
        raise _refused("the data directory cannot be written to", datadir, "let it be writable, or give work_on: copy")
    if seen.going_on and seen.journal["copied"]:
        return
    if not seen.writable["copy_to"]:
        raise _refused("there the copy cannot be written", wish.copy_to, "give a copy_to that can be written to")
    if seen.copy_there and not (seen.going_on and seen.journal["copy"] == wish.copy_to):
        raise _refused("something has the name of the copy already", wish.copy_to, "give another copy_to")
    if seen.free_bytes < seen.needed_bytes:
        raise _refused(
            "the copy needs %d bytes, and %d are free there" % (seen.needed_bytes, seen.free_bytes),
            wish.copy_to,
            "make room, give another copy_to, or copy: system together with work_on: original",
        )


def nothing_answered(attempts: List[climb.Attempt], datadir: str) -> NotReached:
    unfit = climb.unfit(attempts)
    if unfit:
        return NotReached(
            "mysqld ends before InnoDB begins, which is no matter of innodb_force_recovery: %s" % unfit.last_words,
            where=unfit.log,
            untouched="the redo log and the copy",
            next_step="put right what it says, in the server's option file say, then run the same command again",
            attempts=[attempt.public() for attempt in attempts],
        )
    return NotReached(
        "the instance does not start at any level that was tried: %s"
        % ", ".join("%s %d %s" % (one.redo, one.level, one.outcome) for one in attempts),
        where=datadir,
        untouched="the copy, and what was set aside",
        next_step="read the logs of the attempts; a higher max_level goes on from here, state_dir/salvage.json removed"
        " begins again",
        attempts=[attempt.public() for attempt in attempts],
    )


def _refused(found: str, where: str, next_step: str) -> Refused:
    return Refused(found, where=where, untouched="everything", next_step=next_step)


def report(seen: Observed, wish: Wish, planned_only: bool) -> Dict[str, Any]:
    """The return values. Raises NotReached when every step was done and nothing answers."""
    found = climb.found(seen.attempts)
    if found is None and not planned_only:
        raise nothing_answered(seen.attempts, seen.datadir)
    record = seen.journal if seen.going_on else new_record(seen, wish)
    return dict(
        level=found.level if found else None,
        redo=found.redo if found else None,
        datadir=record["work"],
        copied_to=record["copy"],
        redo_aside=record["redo_aside"],
        files_version=str(seen.files_version) if seen.files_version else None,
        gives_up=levels.gives_up(found.level) if found else [],
        warnings_of_level=climb.warnings(found, bool(record.get("redo_missing"))) if found else [],
        attempts=[attempt.public() for attempt in seen.attempts],
    )
