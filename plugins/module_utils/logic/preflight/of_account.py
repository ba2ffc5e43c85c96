# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the replication account: would the receiver get in with it, and get its binary logs? Pure."""

from typing import Any, Dict, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.check import (
    NOTE,
    OVERRULE,
    REFUSE,
    Check,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight.facts import Facts, Seen
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.privileges import (
    TO_REPLICATE,
    grant_statement,
    lacks,
    quoted_account,
)

# Characters: seen on 5.6.24 and 9.7.4
LONGEST_PASSWORD = 32
# Plugins whose first login after a restart of the source, or a change of the account, needs TLS or the server's key
SAFE_CONNECTION_ONLY = ("caching_sha2_password", "sha256_password")
# The limit passes with time: too many connections, of all, of this account
_FULL = (1040, 1203, 1226)
# What a client says by itself (2000 to 2999) and the receiver would say, too
_CLIENT = (2059, 2061)
# From here on CHANGE REPLICATION SOURCE TO means TLS where it does not say (seen on 9.7.4; on 5.6.24 it does not)
TLS_BY_DEFAULT = (9, 7, 0)


def login_refused(facts: Facts) -> Optional[Seen]:
    account = facts.account or {}
    if not _says_no(account.get("errno", 0)):
        return None
    return Seen(
        "the source does not let the replication account in from this host: %s" % account["error"],
        facts.source["address"],
        "correct mysql_replica_source_user and mysql_replica_source_password, or make the account on the source for"
        " this host; where it demands TLS, mysql_replica_source_ssl=true",
    )


def login_undecided(facts: Facts) -> Optional[Seen]:
    account = facts.account or {}
    errno = account.get("errno", 0)
    if errno == 0 or _says_no(errno):
        return None
    return Seen(
        "it could not be seen whether the replication account gets in: %s" % account["error"],
        facts.source["address"],
        "try mysql -h <source> -u <account> -p on this host",
    )


def password_too_long(facts: Facts) -> Optional[Seen]:
    if not (facts.account or {}).get("password_too_long"):
        return None
    return Seen(
        "the password of the replication account has more than %d characters, which a channel cannot hold: 5.6 cuts it"
        " off without a word, newer servers refuse it (error 3056)" % LONGEST_PASSWORD,
        facts.source["address"],
        "give the account a shorter one: ALTER USER on the source, and mysql_replica_source_password",
    )


def no_privilege(facts: Facts) -> Optional[Seen]:
    grants = (facts.account or {}).get("grants")
    if grants is None:
        return None
    lacking = lacks(grants, TO_REPLICATE, parse_version(facts.source["version"]).version)
    if not lacking:
        return None
    return Seen(
        "the replication account %s may not read binary logs: it lacks REPLICATION SLAVE" % grants.account,
        facts.source["address"],
        "on the source: %s" % grant_statement(grants, lacking),
    )


def needs_safe_connection(facts: Facts) -> Optional[Seen]:
    account = facts.account or {}
    if account.get("plugin") not in SAFE_CONNECTION_ONLY or _is_safe(facts):
        return None
    return Seen(
        "the replication account %s uses %s, and neither TLS nor the source's public key is asked for: the receiver"
        " fails with error 2061 as soon as the source does not remember the account from an earlier login"
        % (quoted_account(account["grants"].account), account["plugin"]),
        facts.source["address"],
        "set mysql_replica_source_ssl=true, or mysql_replica_get_source_public_key=true",
    )


def encrypted(source_ssl: Optional[bool], kept: Optional[Dict[str, Any]], version: str) -> bool:
    """Whether the channel will be: as asked for, or as it is (transport.of_channel), or as the server's default is."""
    if source_ssl is not None:
        return source_ssl
    return bool((kept or {}).get("source_ssl", parse_version(version).version >= TLS_BY_DEFAULT))


def _is_safe(facts: Facts) -> bool:
    kept: Dict[str, Any] = facts.seen.get("transport") or {}
    tls, key = facts.asked.source_ssl, facts.asked.get_source_public_key
    if facts.replica is not None:
        tls = encrypted(tls, kept, facts.server["version"])
    if key is None:
        key = kept.get("get_source_public_key")
    return bool(tls or key or kept.get("public_key_path"))


def _says_no(errno: Optional[int]) -> bool:
    return bool(errno) and errno not in _FULL and (errno in _CLIENT or not 2000 <= int(errno or 0) < 3000)


CHECKS: List[Check] = [
    Check(
        "replication_account_refused",
        REFUSE,
        "pair",
        ("source",),
        "The replication account cannot log in to the source from the replica's host.",
        None,
        login_refused,
    ),
    Check(
        "replication_account_not_tried",
        NOTE,
        "pair",
        ("source",),
        "Whether the replication account can log in could not be seen.",
        None,
        login_undecided,
    ),
    Check(
        "replication_password_too_long",
        REFUSE,
        "pair",
        ("source",),
        "The password of the replication account does not fit into a channel.",
        None,
        password_too_long,
    ),
    Check(
        "replication_account_privilege",
        REFUSE,
        "pair",
        ("source",),
        "The replication account lacks REPLICATION SLAVE.",
        None,
        no_privilege,
    ),
    Check(
        "replication_account_needs_safe_connection",
        REFUSE,
        "pair",
        ("source",),
        "The replication account's plugin demands TLS or the source's public key, and neither is asked for.",
        OVERRULE,
        needs_safe_connection,
    ),
]
