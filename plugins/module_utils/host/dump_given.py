# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dump that a module's options name: one that lies here, or one that is taken from the source now."""

from typing import Any, Callable, Dict, Optional, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_examine import examine_open
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_parts import Dump, FileDump, open_dump
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.source_dump import SourceDump, source_of


def look(
    params: Dict[str, Any], tell: Callable[[int, Optional[int]], None] = lambda _size, _total: None
) -> Dict[str, Any]:
    """What mysql_dump_info returns of the dump: what the option ``dump`` says where that is of this very dump.

    tell: is told now and then how many bytes of plain text were read, and of how many, if that is known.
    """
    told = params["dump"] or {}
    with open_given(params, definitions_only=True) as dump:
        if told.get("fingerprint") == dump.fingerprint():
            return told
        total = dump.size if isinstance(dump, FileDump) and not dump.compression else None
        return examine_open(dump, tell=lambda size: tell(size, total))


def open_given(
    params: Dict[str, Any], known: Optional[str] = None, definitions_only: bool = False
) -> Union[Dump, SourceDump]:
    """A context manager, see dump_parts.open_dump. params: the options of argspec.dump_spec and source_spec.

    definitions_only: of a dump that is taken now, leave the rows out.
    """
    if params["method"] == "source":
        return SourceDump(source_of(params), params["state_dir"], definitions_only)
    if not params["path"]:
        raise BadInput("no dump is given", untouched="everything", next_step="give its path")
    return open_dump(params["path"], known)
