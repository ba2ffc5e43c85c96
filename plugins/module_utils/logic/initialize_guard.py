# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be true before a data directory is set aside. Pure."""

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.initialize_state import (
    BY_FILES,
    Directory,
    Observed,
    Wish,
    old_directory,
    unfinished,
    way_of,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import innodb_elsewhere, is_below
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.new_accounts import account

# Options under which a new server would be of no use: name -> the values that are fine
_HARMLESS = {
    "innodb-force-recovery": ("0",),
    "innodb-read-only": ("FALSE", "OFF", "0"),
    "skip-grant-tables": ("FALSE", "OFF", "0"),
}


def guard(seen: Observed, wish: Wish) -> Directory:
    """Raises Refused while it is not certain that the old directory can be set aside whole; returns it."""
    old = old_directory(seen)
    _journal_agrees(seen)
    if old is None or not old.marks:
        raise _refused(
            "this is not a data directory of a MySQL server: it has neither ibdata1 nor mysql.ibd nor mysql/",
            seen.datadir,
            "look at the option datadir and the server's option file; where the server has none, initialise it by hand",
        )
    _stopped(seen)
    _own(seen, old)
    _in_one_piece(seen, wish)
    _makable(seen, wish)
    _template(seen, wish)
    account(*wish.login)
    if unfinished(seen) and old is seen.aside and seen.here and seen.here.inode != seen.journal.get("new"):
        raise _refused(
            "the old data directory is aside, in %s, and one that we did not make is in its place" % old.path,
            seen.datadir,
            "put the one that you want there; when it is the old one, run the same command again",
        )
    return old


def _journal_agrees(seen: Observed) -> None:
    journal = seen.journal
    if journal.get("phase") != "begun" or unfinished(seen):
        return
    # A directory that is neither the old one nor ours has been put there by somebody who set things right.
    if journal["datadir"] != seen.datadir or seen.here is None or seen.here.inode == journal["new"]:
        raise _refused(
            "a run was ended before it was done, and the directory that it had set aside is not found: %s was to be %s"
            % (journal["datadir"], journal["set_aside"]),
            seen.datadir,
            "find it and rename it back; a server with another data directory needs a state_dir of its own",
        )


def _stopped(seen: Observed) -> None:
    if seen.users:
        raise _refused(
            "the data directory is in use: %s" % "; ".join(seen.users[:5]),
            seen.datadir,
            "stop the server, and what would start it again (its service), then run the same command again",
        )


def _own(seen: Observed, old: Directory) -> None:
    if seen.we_are not in (0, old.uid) or not seen.may_rename:
        raise _refused(
            "only root can rename the data directory, or its owner where that may write to the directory around it",
            seen.datadir,
            "run as root (become: true)",
        )


def _in_one_piece(seen: Observed, wish: Wish) -> None:
    if seen.mounts:
        raise _refused(
            "a file system is mounted there, and what is mounted cannot be renamed: %s" % ", ".join(seen.mounts),
            seen.datadir,
            "by hand: make a directory beside the files on that file system, move all of them into it, initialise",
        )
    outside = innodb_elsewhere(seen.options, [seen.datadir, seen.configured])
    if outside:
        raise _refused(
            "InnoDB keeps files of this server outside of its data directory: %s" % ", ".join(outside),
            seen.datadir,
            "by hand: set these files aside together with the data directory, and initialise the server",
        )
    for what, path in (("state_dir", wish.state_dir), ("set_aside_dir", wish.set_aside_dir)):
        if is_below(path, seen.datadir):
            raise _refused("%s lies in the data directory" % what, path, "give a %s outside of it" % what)
    if not seen.one_file_system:
        raise _refused(
            "set_aside_dir is on another file system than the data directory, which is renamed and never copied",
            wish.set_aside_dir,
            "leave out set_aside_dir, or give a directory on the same file system",
        )


def _makable(seen: Observed, wish: Wish) -> None:
    way = way_of(seen.options.dialect)
    if way is None:
        raise _refused(
            "%s %s: nobody knows here how it gets a new data directory" % seen.options.dialect[:2],
            seen.datadir,
            "see the support matrix in the README",
        )
    if way == BY_FILES and not (wish.template or wish.installer):
        raise _refused(
            "MySQL %s makes no data directory by itself, and there is no mysql_install_db"
            % str(seen.options.dialect.version),
            seen.datadir,
            "give the option template (mysql_replica_datadir_template): a pristine data directory of that version",
        )
    for name, harmless in sorted(_HARMLESS.items()):
        value = seen.options.values.get(name, harmless[0])
        if value.upper() not in harmless:
            raise _refused(
                "the server would start with %s=%s, and could not be rebuilt" % (name, value),
                seen.datadir,
                "take the option out of the server's option files",
            )
    if seen.free_bytes < wish.needed_bytes:
        raise _refused(
            "%d bytes are free on the file system, %d are needed beside the old data directory"
            % (seen.free_bytes, wish.needed_bytes),
            seen.datadir,
            "make room, or move the data directory to a larger file system",
        )


def _template(seen: Observed, wish: Wish) -> None:
    """A data directory in which nobody has worked, and not the one that is to be replaced."""
    if not wish.template:
        return
    pristine = seen.template
    nested = is_below(seen.datadir, wish.template) or is_below(wish.template, seen.datadir)
    if not pristine or "mysql" not in pristine.marks or pristine.schemas or nested:
        raise _refused(
            "the template is no pristine data directory: it must have mysql/ and no schemas of users",
            wish.template,
            "give a directory as mysql_install_db of the same version makes it",
        )


def _refused(found: str, where: str, next_step: str) -> Refused:
    return Refused(found, where=where, untouched="everything", next_step=next_step)
