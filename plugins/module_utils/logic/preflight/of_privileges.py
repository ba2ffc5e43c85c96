# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what the accounts that work for us may do. Pure."""

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import MYSQL, parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    NOTE,
    OVERRULE,
    REFUSE,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.privileges import (
    EVERYTHING,
    TO_DUMP_SOURCE,
    TO_LOOK,
    TO_READ_SOURCE,
    TO_REBUILD,
    Need,
    grant_statement,
    lacks,
    quoted_account,
)


def not_readable(facts: Facts) -> Optional[Seen]:
    lacking = _lacking(facts.seen, facts.server["version"], TO_LOOK, facts.address, "")
    denied = facts.seen.get("denied") or {}
    if lacking or not denied:
        return lacking
    return Seen(
        "what a rebuild could destroy may not be looked at: %s"
        % "; ".join("%s (%s)" % item for item in sorted(denied.items())),
        facts.address,
        "give the account of the login what the server names there",
    )


def replica_privileges(facts: Facts) -> Optional[Seen]:
    return _lacking(facts.seen, facts.server["version"], TO_REBUILD, facts.address, " for a rebuild")


def routines_need_super(facts: Facts) -> Optional[Seen]:
    """A binary log makes a server distrust functions and triggers, even of a session that does not write to it."""
    grants, settings = facts.seen.get("grants"), facts.seen.get("settings") or {}
    brings = [kind for kind in ("routines", "triggers") if facts.dump.get(kind)]
    trusts = settings.get("log_bin_trust_function_creators", "ON").upper() == "ON"
    if grants is None or trusts or not brings or not facts.server["log_bin"]:
        return None
    if grants.everywhere & {EVERYTHING, "SUPER"}:
        return None
    return Seen(
        "the dump brings %s, which account %s may not create while log_bin_trust_function_creators is OFF: the load"
        " would end with error 1419" % (" and ".join(brings), grants.account),
        facts.address,
        "SET GLOBAL log_bin_trust_function_creators = ON for as long as the load takes, or GRANT SUPER ON *.* TO %s"
        % quoted_account(grants.account),
    )


def source_privileges(facts: Facts) -> Optional[Seen]:
    # A dump that is taken from the source lies nowhere.
    needs = TO_DUMP_SOURCE if facts.dump.get("size") == 0 else TO_READ_SOURCE
    return _lacking(facts.source, facts.source["version"], needs, facts.source["address"], " to read from the source")


def source_not_looked_at(facts: Facts) -> Optional[Seen]:
    denied = facts.source.get("denied") or {}
    if not denied:
        return None
    return Seen(
        "the account that reads may not look at everything, so that some checks could not be made: %s"
        % "; ".join("%s (%s)" % item for item in sorted(denied.items())),
        facts.source["address"],
        "on the source: GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO %s"
        % quoted_account(facts.source["grants"].account),
    )


def _lacking(view: Dict[str, Any], version: str, needs: Sequence[Need], where: str, what_for: str) -> Optional[Seen]:
    server = parse_version(version)
    if "grants" not in view or server.flavor != MYSQL:
        return None
    lacking = lacks(view["grants"], needs, server.version)
    if not lacking:
        return None
    named = ["%s%s" % (one.privilege, " on %s" % one.schema if one.schema else "") for one in lacking]
    return Seen(
        "account %s lacks%s: %s" % (view["grants"].account, what_for, ", ".join(named)),
        where,
        grant_statement(view["grants"], lacking),
    )


CHECKS: List[Check] = [
    Check(
        "replica_not_readable",
        REFUSE,
        "replica",
        ("replica",),
        "The account of the login may not see what a rebuild could destroy.",
        None,
        not_readable,
    ),
    Check(
        "replica_privileges",
        REFUSE,
        "replica",
        ("replica",),
        "The account of the login lacks privileges that a rebuild needs; the statement that gives them is printed.",
        OVERRULE,
        replica_privileges,
    ),
    Check(
        "routines_need_super",
        REFUSE,
        "replica",
        ("replica",),
        "The dump brings functions or triggers, which the account of the login may not create without SUPER.",
        OVERRULE,
        routines_need_super,
    ),
    Check(
        "source_privileges",
        REFUSE,
        "source",
        ("source",),
        "The account that reads from the source lacks privileges; the statement that gives them is printed.",
        OVERRULE,
        source_privileges,
    ),
    Check(
        "source_not_looked_at",
        NOTE,
        "source",
        ("source",),
        "Something of the source may not be looked at, so that checks could not be made.",
        None,
        source_not_looked_at,
    ),
]
