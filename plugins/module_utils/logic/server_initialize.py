# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new data directory in the place of one that no server starts with. Pure.

A run that finds the journal of one that was ended goes on from there. One that finds a new directory ready leaves it
alone as long as nobody has put data into it: one that was initialised and still does not start has another trouble than
its data.
"""

import posixpath
from typing import Any, Dict

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Interrupted
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.initialize_guard import guard
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.initialize_state import (
    BY_FILES,
    Directory,
    Observed,
    Wish,
    describe,
    is_ready,
    unfinished,
    way_of,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step


def plan(seen: Observed, wish: Wish) -> Plan:
    """From any state that a run, or its end at any instant, can leave. Empty for a new directory that is ready."""
    before = seen.describe()
    if is_ready(seen):
        return Plan([], before, before)
    old = guard(seen, wish)
    going_on = unfinished(seen)
    record = dict(seen.journal) if going_on else _record(seen, wish, old)
    aside, by_files = record["set_aside"], way_of(seen.options.dialect) == BY_FILES
    if going_on:
        first = Step("clear", seen.datadir, "move away what a run had begun to make", "that run was ended", record)
    else:
        first = Step("journal", "journal", "write down what is set aside, and where", "a run may be ended", record)
    how = "copy %s" % wish.template if wish.template else "mysql_install_db" if by_files else "mysqld --initialize"
    steps = [
        first,
        Step("set_aside", seen.datadir, "rename %s to %s" % (seen.datadir, aside), "no server starts with it", record),
        Step("make", seen.datadir, "make a directory with the same owner and mode", "a server needs one", record),
        Step("initialize", seen.datadir, how, "it is empty", record),
        Step("create_accounts", seen.datadir, "make accounts", "nobody may get in without a password", record),
        Step("keep_files", seen.datadir, "copy what makes it this server", "identity, keys and settings stay", record),
        Step("ready", "journal", "write down that it is whole", "a server may start in it", record),
    ]
    return Plan(steps, before, dict(before, server_uuid=old.server_uuid if wish.keep_identity else None, bytes=0))


def _record(seen: Observed, wish: Wish, old: Directory) -> Dict[str, Any]:
    """What the journal holds from the first step on. set_aside and staged are names that nobody has."""
    name = posixpath.basename(seen.datadir)
    return dict(
        phase="begun",
        datadir=seen.datadir,
        set_aside=posixpath.join(wish.set_aside_dir, "%s.set-aside-%s" % (name, seen.stamp)),
        staged="%s.new-%s" % (seen.datadir, seen.stamp),
        half_made="%s.unfinished-%s" % (seen.datadir, seen.stamp),  # with -2, ... behind it when taken
        old=old.inode,
        uid=old.uid,
        gid=old.gid,
        mode=old.mode,
        before=describe(seen.datadir, old),
        new=None,
        directories=[],
        kept=[],
        accounts=None,
        accounts_reason=None,
    )


def finished(seen: Observed) -> Dict[str, Any]:
    """The journal of what is ready. Raises Interrupted when it is not, although every step was done."""
    if not is_ready(seen):
        raise Interrupted(
            "the new data directory is not the one that was made: somebody else works there",
            where=seen.datadir,
            untouched="the old data directory, in %s" % seen.journal.get("set_aside"),
            next_step="find out who, then run the same command again",
        )
    return seen.journal
