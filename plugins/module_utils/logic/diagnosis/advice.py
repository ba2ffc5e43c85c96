# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to set so that it does not come back, by the server's settings and its log. Pure."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.diagnosis.signs import Sign
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.rules import BY_ID


class Seen(NamedTuple):
    """settings: of observe.server_facts(), a setting that the server does not have is None.

    source: observe.source_facts(), {} where it was not asked.
    """

    hostname: str
    settings: Dict[str, Any]
    source: Dict[str, Any]


class Advice(NamedTuple):
    """id: of the rule of the error log where there is one for the same. options: lines for the option file."""

    id: str
    why: str
    remedy: str
    options: Sequence[str] = ()

    def public(self) -> Dict[str, Any]:
        return dict(self._asdict(), options=list(self.options))


class _Row(NamedTuple):
    advice: Advice
    applies: Callable[[Seen], bool]


def _of_rule(name: str) -> Advice:
    rule = BY_ID[name]
    return Advice(name, rule.meaning, rule.remedy, rule.options)


def _is(seen: Seen, name: str, *values: str) -> bool:
    return str(seen.settings.get(name)).upper() in values


def _names_by_themselves(seen: Seen) -> bool:
    """5.6 shows no relay_log then, later servers the name that they have made of the host's."""
    if seen.settings.get("relay_log") == "":
        return True
    base = (seen.settings.get("relay_log_basename") or "").rpartition("/")[2]
    return base == "%s-relay-bin" % seen.hostname.partition(".")[0]


def _not(seen: Seen, name: str, value: str) -> bool:
    return seen.settings.get(name) not in (None, value)


def _checksums_differ(seen: Seen) -> bool:
    own, of_source = seen.settings.get("binlog_checksum"), seen.source.get("binlog_checksum")
    return bool(own and of_source and own != of_source)


_ROWS = (
    _Row(_of_rule("relay_log_names_unset"), _names_by_themselves),
    _Row(
        _of_rule("applier_position_not_crash_safe"),
        lambda seen: _is(seen, "relay_log_info_repository", "FILE") or _is(seen, "master_info_repository", "FILE"),
    ),
    _Row(
        Advice(
            "checksums_differ",
            "Source and replica have different settings of binlog_checksum. An applier of 5.6 that starts in the middle"
            " of a relay log then takes intact events for damaged ones (error 1594).",
            "Give both the same setting.",
            ("binlog_checksum = CRC32",),
        ),
        _checksums_differ,
    ),
    _Row(
        Advice(
            "not_durable",
            "Committed transactions are not on disk at once. After a power loss the replica may claim transactions"
            " whose rows it has lost, or lack some that its source believes to be there.",
            "Have each commit written to disk, or be ready to rebuild after a power loss.",
            ("sync_binlog = 1", "innodb_flush_log_at_trx_commit = 1"),
        ),
        lambda seen: _not(seen, "sync_binlog", "1") or _not(seen, "innodb_flush_log_at_trx_commit", "1"),
    ),
)


def advice(found: Sequence[Sign], replica: Optional[Dict[str, Any]], log: Optional[Dict[str, Any]]) -> List[Advice]:
    """Each piece of advice once: by the server's settings where it answers, else and also by its log.

    found: of signs(). replica: of mysql_replica_info. log: of mysql_error_log. Both None where they were not looked at.
    """
    told: Dict[str, Advice] = {}
    if replica is not None:
        server = replica["server"]
        seen = Seen(str(server.get("hostname") or ""), server.get("settings") or {}, replica.get("source") or {})
        told.update((row.advice.id, row.advice) for row in _ROWS if row.applies(seen))
    for one in (log or {}).get("advice", ()):
        told.setdefault(one["id"], Advice(one["id"], one["meaning"], one["remedy"], one["options"]))
    for sign in found:
        if sign.options:
            told.setdefault(sign.id, Advice(sign.id, sign.meaning, sign.remedy, sign.options))
    # What the log says of a setting that the server shows to be right by now is over.
    settled = set() if replica is None else {row.advice.id for row in _ROWS if not row.applies(seen)}
    return [one for name, one in told.items() if name not in settled]
