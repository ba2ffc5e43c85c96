# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mysql_salvage_logs sees and does on this host."""

import json
import os
import time
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import binary_logs, datadir, datadir_use
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.mysqld_program import Mysqld
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import export, keep_logs
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.binary_logs import (
    Dump,
    Impossible,
    Reach,
)


class SalvageLogs:
    """params: those of the module. observe() comes first."""

    def __init__(self, params: Dict[str, Any]) -> None:
        self.params = params
        self.dump = Dump.read(params["dump"])
        self.kept = binary_logs.Kept(params["path"])
        self._logs: Optional[binary_logs.Logs] = None
        self._reach: Optional[Reach] = None

    def observe(self) -> keep_logs.Observed:
        path = self.params["path"]
        seen = keep_logs.Observed(
            path=path,
            datadir=self.params["datadir"] or "",
            dump=self.dump,
            record=self._record(),
            users=[],
            reach=None,
            why_not=None,
            ledger=_ledger(path),
            needed=0,
            free=0,
        )
        return seen if seen.record else self._look(seen)

    def _record(self) -> Dict[str, Any]:
        record = self.kept.record.read()
        of_this = record.get("fingerprint") == self.dump.fingerprint
        return record if of_this and self.kept.whole(record["reach"]["names"]) else {}

    def _look(self, seen: keep_logs.Observed) -> keep_logs.Observed:
        options, configured = Mysqld(self.params["mysqld"], self.params["defaults_file"]).options(
            self.params["datadir"]
        )
        home = os.path.realpath(configured)
        signs = [options.values.get(name) for name in ("pid-file", "socket")]
        seen = seen._replace(
            datadir=home,
            users=datadir_use.users(home, *(sign and os.path.join(home, sign) for sign in signs))
            if datadir.look(home)
            else [],
        )
        if seen.users:
            return seen
        self._logs = binary_logs.find(home, options)
        try:
            found = self._reach = binary_logs.reach(self._logs, self.dump)
        except Impossible as exc:
            return seen._replace(why_not=str(exc))
        return seen._replace(
            reach=found,
            needed=binary_logs.needed_bytes(self._logs, found, seen.path),
            free=binary_logs.free_bytes(seen.path),
        )

    def keep(self) -> None:
        """What observe() has found."""
        if self._logs is not None and self._reach is not None:
            self.kept.keep(self._logs, self._reach)
            home = self._logs.place.datadir
            here = datadir.look(home)
            self.kept.record.write(keep_logs.new_record(self.dump, home, here.inode if here else None, self._reach))

    def report(self, seen: keep_logs.Observed) -> Dict[str, Any]:
        told = keep_logs.report(seen)
        stamp = told["reach"]["time"] if told["reach"] else None
        told["upto"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp)) if stamp else None
        return told


def _ledger(path: str) -> Optional[Dict[str, Any]]:
    """Of an export, when there is one; whether its files are what they were is asked before they are loaded."""
    try:
        with open(os.path.join(path, export.LEDGER), encoding="utf-8") as source:
            told: Dict[str, Any] = json.load(source)
            return told
    except (OSError, ValueError):
        return None
