# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where downloads and prepared data directories are kept: outside the checkout, shared by parallel runs.

An entry is made in a temporary directory and renamed into place, under a lock: whoever comes second waits
and finds it, and a run that is killed half-way leaves nothing that is later taken for whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .identity import require_traversable

NAME = "dbre-mysql-replica"


def root() -> Path:
    """The cache directory: $DBRE_SANDBOX_CACHE, or a place that suits the user; made when it is missing."""
    if given := os.environ.get("DBRE_SANDBOX_CACHE"):
        path = Path(given).absolute()
    elif os.geteuid() == 0:
        path = Path("/var/cache") / NAME  # root's home is closed to the user that runs the servers
    else:
        path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755)
    require_traversable(path)
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the kernel lets go of it when the holder dies."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def entry(name: str, make: Callable[[Path], None]) -> Path:
    """The cache entry `name`, a directory; `make(directory)` fills it when it is not there yet."""
    final = root() / name
    if final.is_dir():
        return final
    with locked(root() / f"{name}.lock"):
        if final.is_dir():
            return final
        for left in root().glob(f"{name}.partial-*"):  # under the lock: a dead run's
            shutil.rmtree(left, ignore_errors=True)
        # a name of its own: what a dead run's children still write goes nowhere
        partial = Path(tempfile.mkdtemp(prefix=f"{name}.partial-", dir=root()))
        partial.chmod(0o755)
        try:
            make(partial)
            partial.rename(final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return final
