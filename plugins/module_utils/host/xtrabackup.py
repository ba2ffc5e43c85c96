# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The small files of a backup directory of XtraBackup, read and judged."""

import os
import stat
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import xtrabackup

# They have a few hundred bytes each; xtrabackup_info holds the command line and, with GTIDs, a long set.
_MOST = 1 << 20


def examine(path: str, prepare_with: Optional[str] = None) -> Dict[str, Any]:
    """The return values of mysql_xtrabackup_info. Raises BadInput for what is no backup directory."""
    texts = {name: text for name, text in ((name, _read(path, name)) for name in xtrabackup.FILES) if text is not None}
    if not {"xtrabackup_info", "xtrabackup_checkpoints"} & set(texts):
        raise BadInput(
            "this is no backup directory of XtraBackup: it has neither xtrabackup_info nor xtrabackup_checkpoints",
            path,
            next_step="give the directory that XtraBackup wrote; extract a stream (xbstream -x, tar -x) first",
        )
    return dict(xtrabackup.describe(texts, prepare_with), path=path, files=sorted(texts))


def _read(path: str, name: str) -> Optional[str]:
    """The text of a file, None when it is not there."""
    try:
        descriptor = os.open(os.path.join(path, name), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise BadInput("the backup cannot be read: %s" % exc.strerror, os.path.join(path, name)) from exc
    with os.fdopen(descriptor, "rb") as source:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadInput("this is not a regular file", os.path.join(path, name))
        return source.read(_MOST).decode("utf-8", "backslashreplace")
