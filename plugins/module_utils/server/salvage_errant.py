# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transactions that only a ruined replica has, as far as its binary logs tell: kept as text, for a person to read."""

import os
import shlex
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import binary_logs
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_file import described, take_whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ledger
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.local import Known

KIND = "errant transactions"


def take(path: str, logs: binary_logs.Logs, known: Known, mysqlbinlog: str) -> Optional[Dict[str, Any]]:
    """An entry of the ledger's files, with ``gtids``; None when no transaction is errant."""
    scan = binary_logs.scan(logs)
    there = GtidSet()
    for file in scan.files:
        if file.walk is not None and file.walk.found is not None:
            there = there | file.walk.found.gtids
    errant = there - GtidSet.parse(known.executed)
    if not errant:
        return None
    cut = scan.verdict().cut
    names = logs.names[: cut.file + 1] if cut else logs.names
    stop = ["--stop-position=%d" % cut.offset] if cut else []
    options = ["--no-defaults", "--verbose", "--include-gtids=%s" % errant, *stop]
    taken = take_whole(path, [*shlex.split(mysqlbinlog), *options, *map(logs.path, names)])
    why = None if taken.good else "mysqlbinlog failed (%s): %s" % (taken.status, taken.words)
    told = described(path) if os.path.isfile(path) else dict(path=path, bytes=0, sha256=None)
    state = ledger.SAVED if taken.good else ledger.LOST
    return dict(told, kind=KIND, schema=None, state=state, why=why, gtids=str(errant))
