# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the ledger that an export has left."""

import json
import os
from typing import Any, Dict

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.salvage_file import described
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import export, ledger


def read_ledger(directory: str) -> Dict[str, Any]:
    """Raises BadInput when there is none, or when a file that it names is not the one that was exported."""
    path = os.path.join(directory, export.LEDGER)
    try:
        with open(path, encoding="utf-8") as source:
            told: Dict[str, Any] = json.load(source)
        if told.get("format") != ledger.FORMAT:
            raise ValueError("it has another format")
    except (OSError, ValueError, AttributeError) as exc:
        raise BadInput("this is not the ledger of a salvage: %s" % exc, path, untouched="the server") from None
    named = [file for table in told["tables"] for file in table["files"]] + told["files"]
    for file in named:
        if file["sha256"] and _sum(file["path"]) != file["sha256"]:
            raise BadInput(
                "a file is not the one that was exported",
                where=file["path"],
                untouched="the server",
                next_step="export again, into another directory",
            )
    return told


def _sum(path: str) -> str:
    try:
        return str(described(path)["sha256"])
    except OSError:
        return ""
