# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server says, what its files are like and what its log tells -> one list of findings. Pure.

The server's own word counts most. A log is old news: what it says of the receiver or the applier of a server that
answers counts only where the server shows that thread in trouble (from 8.0 on a log does not tell that it is over).
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import (
    BY_HAND,
    BY_ID,
    SEVERITIES,
)

SERVER, FILES, LOG = "server", "files", "log"
_THREADS = ("receiver", "applier")
_BLOCKING = ("fatal", "error")
# Beginning of a system table's name -> the rule that stands for its loss
_TABLES = {"innodb_": "stats_tables_missing", "slave_": "replication_info_tables_missing"}
# Remedies of a finding that says the same as a look at the relay logs
_OF_RELAY_LOGS = ("reread", "relay_log_repair")
# Remedies of a replica that does not replicate
_OF_REPLICATION = ("start", "restart", "reread", "relay_log_repair", "reattach")
# Verdicts on logs that an applier does not get through by itself
_BROKEN = ("damaged", "lost_tail", "missing_file")
# What may be said of an index that a server reads well
_HARMLESS = ("unlisted", "order", "gap")
# What follows from their loss, and goes with it
_OF_TABLES = ("replication_metadata_unusable", "no_channel", "relay_logs_at_fault", "innodb_pars0pars_865")
# What a server says of any data file that keeps it from starting
_OF_DATA_FILES = (
    "tablespace_mismatch",
    "tablespace_file_damaged",
    "tablespace_missing",
    "innodb_page_corrupt",
    "innodb_assertion",
    "server_crashed",
)


class Sign(NamedTuple):
    """One thing that is wrong. seen_in: SERVER, FILES or LOG. fact: what was seen, in its own words.

    since: the time as the log writes it, None when nobody knows. rung, meaning, check, remedy, risk, options,
    severity and confidence: as of the rules of the error log, whose ids these are wherever there is such a rule.
    """

    id: str
    seen_in: str
    severity: str
    confidence: str
    fact: str
    where: str
    since: Optional[str]
    meaning: str
    check: str
    rung: str
    remedy: str
    risk: str
    options: List[str]

    @property
    def blocks(self) -> bool:
        """No server, no replication, or data that cannot be trusted."""
        return self.severity in _BLOCKING

    def public(self) -> Dict[str, Any]:
        return dict(self._asdict())


class _Own(NamedTuple):
    """What a finding means for which no line of a log stands."""

    severity: str
    rung: str
    meaning: str
    check: str
    remedy: str
    risk: str = "none"
    options: Tuple[str, ...] = ()


# Ids of mysql_replica_info's findings, and of ours, that no rule of the error log has
OWN: Dict[str, _Own] = {
    "receiver_stopped": _Own(
        "error",
        "start",
        "The receiver was stopped, and says of no error.",
        "Who stopped it: the error log, the history of the shell, a backup job.",
        "Start replication.",
    ),
    "receiver_connecting": _Own(
        "error",
        "start",
        "The receiver is about to connect.",
        "Last_IO_Error a minute later.",
        "Start the receiver anew, and wait for what it says.",
    ),
    "applier_stalled": _Own(
        "error",
        "reread",
        "Both threads say Yes, and the applier never goes on: a listed relay log is missing.",
        "The index of the relay logs names one file twice, or one that is not there.",
        "Read the relay logs again from the first one on; repair them where that does not help.",
        "Where the source has purged them, transactions of a missing log are lost.",
    ),
    "no_channel": _Own(
        "error",
        "reattach",
        "The server follows nobody on this channel.",
        "SHOW REPLICA STATUS (before 8.0.22, SHOW SLAVE STATUS).",
        "Attach it with auto-position.",
        "A server that never was a replica of this source has other data.",
    ),
    "no_auto_position": _Own(
        "error",
        "reattach",
        "The channel follows a file and a position, which nobody can check.",
        "Auto_Position of the channel.",
        "Attach it with auto-position.",
        "GTIDs that it lacks and the source has purged make a rebuild necessary.",
    ),
    "other_source": _Own(
        "error",
        "reattach",
        "The channel follows another server than the one that is meant.",
        "Source_UUID of the channel and server_uuid of the source.",
        "Attach it to the source that is meant, if the inventory is right.",
        "Where the inventory is wrong, it is attached to the wrong server.",
    ),
    "errant_transactions": _Own(
        "error",
        "rebuild",
        "Transactions exist only on this server: somebody has written to it.",
        "mysqlbinlog --include-gtids of those in its binary logs shows them.",
        "Bring them to the source by hand, or take their loss on and rebuild.",
        "A rebuild loses them, but for the binary logs in quarantine.",
    ),
    "server_down": _Own(
        "fatal",
        "start",
        "The server does not answer, and its log does not say why.",
        "Its processes, and what its service manager says.",
        "Start it, with replication at rest.",
    ),
    "system_space_damaged": _Own(
        "fatal",
        "rebuild",
        "mysql.ibd, which holds the data dictionary and all system tables, is damaged; nothing repairs it.",
        "The pages of mysql.ibd, by mysql_stats_tables in check mode.",
        "Save what can be read, then rebuild with a new data directory (mysql_replica_reinitialize).",
        "What only this server has is lost, but for the old data directory, which is set aside.",
    ),
    "relay_logs_at_fault": _Own(
        "error",
        "relay_log_repair",
        "Replication stands still because of the relay logs.",
        "mysql_relaylog_repair in check mode tells an intact log from a damaged one, and where.",
        "Read them, cut where one is damaged, apply what is whole.",
        "Where the source has purged them, the transactions behind a cut are lost.",
        BY_ID["relay_log_unreadable"].options,
    ),
}
# A thread that stopped for another reason than those that have a rule
_UNKNOWN = OWN["receiver_stopped"]._replace(
    meaning="A thread of replication has stopped with an error that is no usual one.",
    check="The error itself, in the manual's list of error messages.",
    remedy="Start it once; where it stops again, do what the error asks for.",
)


def signs(
    replica: Optional[Dict[str, Any]],
    log: Optional[Dict[str, Any]],
    relay_logs: Optional[Dict[str, Any]],
    tables: Optional[Dict[str, Any]],
) -> List[Sign]:
    """The gravest first, causes before what follows from them.

    replica: of mysql_replica_info, None for a server that does not answer. log: of mysql_error_log. relay_logs: of
    mysql_relaylog_info, or, for a server that is down, of mysql_relaylog_repair in check mode. tables: of
    mysql_stats_tables in check mode, or its error where that needs a rebuild. Each None where it was not looked at.
    """
    told = _of_tables(tables) + _of_server(replica, log)
    if any(one.rung in _OF_RELAY_LOGS for one in told):
        told = [_with_logs_read(one, relay_logs or {}) for one in told]
    else:
        told += _of_relay_logs(relay_logs or {})
    in_trouble = {one["id"].partition("_")[0] for one in (replica or {}).get("findings", ())}
    known = {one.id for one in told} | (set(_TABLES.values()) if tables else set())
    for finding in (log or {}).get("findings", ()):
        if finding["id"] not in known and (replica is None or _counts(finding, in_trouble)):
            told.append(_of_log(finding))
    if replica is None and not any(one.blocks for one in told):
        told.append(_own("server_down", SERVER, "the server does not answer", "its socket or port"))
    if any(one.id in _TABLES.values() and one.seen_in == FILES for one in told):
        told = [_with_tables_damaged(one, replica is None) for one in told]
    if any(one.id == "system_space_damaged" for one in told):
        told = [one._replace(rung="rebuild") if one.id in _OF_DATA_FILES else one for one in told]
    if any(one.rung == "rebuild" and one.severity == "fatal" and one.confidence == "certain" for one in told):
        # Files that keep it from starting do so each time: another start, ours among them, is no remedy.
        told = [one._replace(rung="rebuild") if one.id == "crash_loop" else one for one in told]
    return sorted(told, key=lambda one: SEVERITIES.index(one.severity))


def _with_tables_damaged(sign: Sign, down: bool) -> Sign:
    """What comes of a damaged system table goes with it; a server that is down may be down because of it."""
    if sign.id in _TABLES.values():
        return sign._replace(severity="fatal") if down else sign
    return sign._replace(rung="system_tables") if sign.id in _OF_TABLES + (_OF_DATA_FILES if down else ()) else sign


def _counts(finding: Dict[str, Any], in_trouble: Any) -> bool:
    """Whether a line of the log says something new of a server that answers."""
    thread = BY_ID[finding["id"]].ends
    if thread is not None:
        return False  # the server has said itself what that thread is like
    if not in_trouble and finding["rung"] in _OF_REPLICATION:
        return False  # it replicates: whatever that was, it is over
    if finding["severity"] != "fatal":
        return True
    return bool(in_trouble) and finding["rung"] != BY_HAND  # what kept it from starting by then is put right


def _of_server(replica: Optional[Dict[str, Any]], log: Optional[Dict[str, Any]]) -> List[Sign]:
    since = {one["id"]: one["first"] for one in (log or {}).get("findings", ()) if one["first"]}
    found = []
    for one in (replica or {}).get("findings", ()):
        thread, _line, cause = one["id"].partition("_")
        name = cause if thread in _THREADS and one["id"] not in OWN and cause in BY_ID else one["id"]
        sign = _of_rule(name, one) if name in BY_ID else _own(name, SERVER, one["fact"], one["where"])
        found.append(sign._replace(since=since.get(name, {}).get("time")))
    return found


def _of_tables(tables: Optional[Dict[str, Any]]) -> List[Sign]:
    if tables and tables.get("needs") == "rebuild":
        return [_own("system_space_damaged", FILES, tables["found"], tables["where"])]
    found = []
    for one in (tables or {}).get("tables", ()):
        if one["verdict"] != "healthy":
            name = next(rule for prefix, rule in _TABLES.items() if one["name"].startswith(prefix))
            fact = "; ".join(one["detail"]) or one["verdict"].replace("_", " ")
            sign = _of_rule(name, dict(fact=fact, where="mysql.%s" % one["name"]))
            found.append(sign._replace(seen_in=FILES))
    return found


def _of_relay_logs(seen: Dict[str, Any]) -> List[Sign]:
    if seen.get("trouble") in ("logs", "lost"):
        return [_own("relay_logs_at_fault", SERVER, seen["reason"], "the relay logs")]
    # One that is gone keeps a server from its index, wherever the applier stands.
    if seen.get("verdict") in _BROKEN or any(one["status"] == "missing" for one in seen.get("files", ())):
        return [_own("relay_logs_at_fault", FILES, *_broken_at(seen))]
    for one in seen.get("index_findings", ()):
        if one["kind"] not in _HARMLESS:
            return [_own("relay_logs_at_fault", FILES, one["detail"], "index of the relay logs, line %d" % one["line"])]
    return []


def _broken_at(seen: Dict[str, Any]) -> Tuple[str, str]:
    """What is wrong with relay logs of such a verdict, and where."""
    for one in seen["files"]:
        if one["damage"]:
            return "%(kind)s, %(detail)s" % one["damage"], one["damage"]["place"]
        if one["status"] == "missing":
            return "it is listed in the index, and not there", one["name"]
    cut = seen.get("cut") or dict(file="the relay logs", offset=0)
    return "a later log claims transactions that are not there", "%(file)s:%(offset)d" % cut


def _with_logs_read(sign: Sign, seen: Dict[str, Any]) -> Sign:
    """An applier that stopped over its relay logs is no proof that one is damaged: 5.6 refuses intact ones, too."""
    if sign.rung not in _OF_RELAY_LOGS or seen.get("trouble") != "logs" or seen["verdict"] is None:
        return sign
    if seen["damage"]:
        fact = "%s; a relay log was read: %s" % (sign.fact, seen["damage"]["detail"])
        return sign._replace(rung="relay_log_repair", fact=fact, where=seen["damage"]["place"])
    fact = "%s; every relay log was read, and all are whole" % sign.fact
    return sign._replace(rung="reread", fact=fact, options=[])


def _of_rule(name: str, seen: Dict[str, Any]) -> Sign:
    rule = BY_ID[name]
    return Sign(
        id=name,
        seen_in=SERVER,
        severity=rule.severity,
        confidence="certain",
        fact=seen["fact"],
        where=seen["where"],
        since=None,
        meaning=rule.meaning,
        check=rule.check,
        rung=rule.rung,
        remedy=rule.remedy,
        risk=rule.risk,
        options=list(rule.options),
    )


def _own(name: str, seen_in: str, fact: str, where: str) -> Sign:
    own = OWN.get(name, _UNKNOWN)
    return Sign(
        id=name,
        seen_in=seen_in,
        severity=own.severity,
        confidence="certain",
        fact=fact,
        where=where,
        since=None,
        meaning=own.meaning,
        check=own.check,
        rung=own.rung,
        remedy=own.remedy,
        risk=own.risk,
        options=list(own.options),
    )


def _of_log(finding: Dict[str, Any]) -> Sign:
    evidence = finding["evidence"][0] if finding["evidence"] else dict(line=finding["detail"] or "", where="the log")
    return Sign(
        id=finding["id"],
        seen_in=LOG,
        severity=finding["severity"],
        confidence=finding["confidence"],
        fact=finding["detail"] or evidence["line"],
        where=evidence["where"],
        since=(finding["first"] or {}).get("time"),
        meaning=finding["meaning"],
        check=finding["check"],
        rung=finding["rung"],
        remedy=finding["remedy"],
        risk=finding["risk"],
        options=list(finding["options"]),
    )


def by_hand(found: List[Sign]) -> List[Sign]:
    """What has to be put right outside the replica before anything else helps."""
    return [one for one in found if one.rung == BY_HAND and one.blocks]
