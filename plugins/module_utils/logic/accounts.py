# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""May the accounts of this server be replaced by those, and what would that change? Pure."""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import account_rows
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import Account, Tables
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL, Dialect, parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step

NOTHING = "the accounts of the server"


class Observed(NamedTuple):
    """appliers: channels whose applier is running. own: the account that we log in with.

    before: the account tables as they were before us: now, or before a run that was killed half-way. offered: those
    that shall take their place. unfinished: the quarantine of the run that was killed.
    """

    address: str
    super_read_only: bool
    appliers: List[str]
    own: Account
    before: Tables
    offered: Tables
    unfinished: Optional[str]

    @property
    def wanted(self) -> Tables:
        return account_rows.wanted(self.before, self.offered, self.own)

    def describe(self) -> Dict[str, Any]:
        return _describe(self.before)


def plan(seen: Observed, whence: str) -> Plan:
    """Nothing when every row is as wanted and no run was killed over it. whence: the file that offers the accounts."""
    wanted = seen.wanted
    found = account_rows.difference(seen.before, wanted)
    if not found and not seen.unfinished:
        return Plan([], seen.describe(), seen.describe())
    guard(seen)
    parts = [
        "%s %s" % (verb, ", ".join(accounts))
        for verb, accounts in (("add", found.added), ("remove", found.removed), ("change", found.changed))
        if accounts
    ]
    reason = "the accounts are not those of %s" % whence
    if seen.unfinished:
        reason = "a run was killed while it replaced them (its copy: %s)" % seen.unfinished
    data = {"wanted": wanted, "before": seen.before, "copy": seen.unfinished}
    step = Step("replace", seen.address, "; ".join(parts) or "make the accounts valid", reason, data)
    return Plan([step], seen.describe(), _describe(wanted))


def outcome(seen: Observed) -> Dict[str, Any]:
    """Names for the return values: never a row."""
    found = account_rows.difference(seen.before, seen.wanted)
    return dict(
        added=found.added,
        removed=found.removed,
        changed_accounts=found.changed,
        kept_own=account_rows.names(account_rows.kept_accounts(seen.before, seen.offered, seen.own)),
        notes=notes(seen.before, seen.offered),
    )


def notes(before: Tables, offered: Tables) -> List[str]:
    """What the two sides do not have in common (the same series, another patch level)."""
    said = ["mysql.%s is not on this server: left out" % name for name in sorted(set(offered) - set(before))]
    for name in sorted(before):
        here, there = before[name], offered[name]
        lost = [column for column in there.columns if here.at(column) < 0]
        new = [column for column in here.columns if there.at(column) < 0]
        if lost:
            said.append("mysql.%s has no column %s here: left out" % (name, ", ".join(lost)))
        if new:
            said.append("mysql.%s: %s not offered: as it was, or the server's default" % (name, ", ".join(new)))
    return said


def guard(seen: Observed) -> None:
    """Raise Refused when the accounts would change under somebody's hands, or cannot be changed."""
    found = None
    if seen.appliers:
        channels = ", ".join(map(repr, seen.appliers))
        found = ("replication is running (channels %s), and may change accounts itself" % channels, "stop it first")
    elif seen.super_read_only:
        found = ("super_read_only is on, and would refuse every change", "mysql_replica_quiet state=quiet")
    if found:
        raise Refused(found[0], where=seen.address, untouched=NOTHING, next_step=found[1] + ", then run this again")


def guard_dump(told: Dict[str, Any], here: Dialect) -> None:
    """Raise Refused for a dump (mysql_dump_info's facts) whose accounts cannot be those of this server."""
    found = None
    if not told["complete"]:
        found = "the dump is not whole: %s" % told["incomplete_reason"]
    elif "user" not in told["system_tables"]:
        found = "the dump holds no table mysql.user, so no accounts to take"
    if found:
        raise Refused(found, told["path"], NOTHING, "take a new dump with --all-databases")
    guard_series(told["server_version"], here, told["path"])


def guard_series(version: Optional[str], here: Dialect, where: str) -> None:
    """Privileges change from series to series: rows of another one would be read as what they do not mean."""
    there = parse_version(version) if version else None
    if here.flavor != MYSQL:
        found = "this server is no MySQL: its accounts are kept another way"
    elif there is None:
        found = "nothing says which server version the accounts are of"
    elif (there.flavor, there.version.series) != (here.flavor, here.version.series):
        found = "the accounts are of %s %s, this server is %s %s: not the same series" % (
            there.flavor,
            there.version,
            here.flavor,
            here.version,
        )
    else:
        return
    raise Refused(found, where, NOTHING, "keep the accounts that the server has, or create them by statements")


def guard_tables(before: Tables, offered: Tables, where: str) -> None:
    """A privilege table left behind would belong to accounts that are no longer the same."""
    missing = ["mysql." + name for name in sorted(set(before) - set(offered))]
    found = None
    if missing:
        found = "the account tables are not all there: %s missing" % ", ".join(missing)
    elif not account_rows.users(offered) - account_rows.SYSTEM:
        found = "there is no account in it"
    if found:
        raise Refused(found, where, NOTHING, "take a dump that leaves no table of the schema mysql out")


def guard_still(unequal: List[str], where: str) -> None:
    """What came since the look that the plan is made from would be lost without a copy."""
    if unequal:
        found = "somebody else changes accounts at this moment (%s)" % ", ".join("mysql." + name for name in unequal)
        raise Refused(found, where, NOTHING, "find out who it is, then run this again")


def _describe(tables: Tables) -> Dict[str, Any]:
    return {"accounts": account_rows.names(account_rows.users(tables))}
