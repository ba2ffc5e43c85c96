# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of a server's accounts that is kept before they change: one 0600 file in a quarantine of its own."""

import os
import re
from typing import Any, Dict, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.quarantine import Quarantine
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import Table, Tables

FILE = "accounts.json"
_VALUE = re.compile(r"(?:[0-9A-F]{2})*\Z")


def keep(backup_dir: str, version: str, tables: Tables) -> str:
    """Write the copy; returns its directory when it is on disk. version: of the server."""
    directory = Quarantine.create(backup_dir, "accounts", "accounts before they were replaced").directory
    saved = {name: dict(table._asdict()) for name, table in tables.items()}
    Journal(os.path.join(directory, FILE)).write({"version": version, "tables": saved})
    return directory


def read(directory: str) -> Tuple[str, Tables]:
    """The server's version and its account tables. Raises BadInput for what is no such copy."""
    path = os.path.join(directory, FILE)
    record = Journal(path).read()
    try:
        return record["version"], {name: _table(saved) for name, saved in record["tables"].items()}
    except (KeyError, TypeError, AttributeError):
        raise BadInput(
            "this directory holds no copy of accounts",
            where=path,
            untouched="the accounts of the server",
            next_step="give the directory that the run which replaced them returned as `quarantine`; should the copy of"
            " a run that was killed be gone for good, remove accounts.json from state_dir",
        ) from None


def _table(saved: Dict[str, Any]) -> Table:
    rows = [tuple(row) for row in saved["rows"]]
    for row in rows:
        if any(value is not None and not _VALUE.match(value) for value in row):
            raise KeyError("value")  # it would become part of a statement
    return Table(saved["columns"], saved["key"], saved["binary"], rows)
