# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the relay logs of a server that runs are whole, told without stopping it. Nothing is written here."""

from typing import Any, Dict, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog import read
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.relaylog_place import place_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import DAMAGED, PARTIAL


class Health(NamedTuple):
    """verdict: as of mysql_relaylog_repair, None where they could not be read, for a reason.

    damage: the first that the applier has before it, with place (``file:offset``), kind and detail; None for none.
    apply_from: ``FILE:OFFSET`` of the oldest transaction that they hold from its beginning. retrieved: GTID set that
    they hold.
    """

    verdict: Optional[str] = None
    damage: Optional[Dict[str, Any]] = None
    apply_from: Optional[str] = None
    retrieved: Optional[str] = None
    reason: Optional[str] = None


def look(options: Dict[str, Any]) -> Health:
    """options: of server/relaylog.py's options(), paths on this host."""
    try:
        place = place_of(
            options["datadir"], options["relay_log"], options["relay_log_index"], options["channel"].lower()
        )
        logs = read(place, options["applier_position"], options["gtid_only"], options["channel"], running=True)
    except ReplicaError as exc:
        return Health(reason=str(exc))
    verdict = logs.scan.verdict()
    begin = logs.scan.beginning()
    whole = Health(
        verdict.status,
        apply_from=begin and "%s:%d" % (base_name(logs.names[begin.file]), begin.offset),
        retrieved=str(logs.scan.retrieved(None)),
    )
    broken = verdict.broken
    # The receiver may be in the middle of its newest event.
    newest = broken is not None and broken.file == len(logs.names) - 1
    if broken is None or (newest and (broken.verdict == PARTIAL or broken.damage.kind.startswith("trunc"))):
        return whole
    told = dict(
        place="%s:%d" % (logs.paths[broken.file], broken.offset),
        kind=broken.damage.kind if broken.verdict == DAMAGED else broken.verdict,
        detail=broken.damage.detail,
    )
    return whole._replace(damage=told)
