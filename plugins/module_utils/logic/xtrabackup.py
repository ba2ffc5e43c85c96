# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a backup directory of XtraBackup says of itself, and whether preparing it will crash. Pure.

Files and keys: Percona XtraBackup manual, "Index of files created by Percona XtraBackup". The crash: lp#1399471, fixed
in 2.2.11 (its release notes); 2.3.1 was made before the fix, 2.3.2 has it. Which program prepares what: manual of
XtraBackup 2.1, "The xtrabackup Binary"; release notes of 2.2, 2.3, 2.4, 8.0, 8.4.
"""

import re
from typing import Any, Dict, NamedTuple, Optional, Tuple

_Version = Tuple[int, int, int]

#: Files that are read, and what each is for. None of them has to be there.
FILES = ("xtrabackup_info", "xtrabackup_checkpoints", "backup-my.cnf", "xtrabackup_binary")

#: What may happen when the backup is prepared.
SAFE, MAY_CRASH, UNKNOWN, NOT_NEEDED = "safe", "may_crash", "unknown", "not_needed"

_PREPARED = ("full-prepared", "log-applied")
# First and first fixed version of a series with the crash.
_CRASHES = (((2, 2, 0), (2, 2, 11)), ((2, 3, 0), (2, 3, 2)))
# Servers without SYS_TABLESPACES and SYS_DATAFILES, from which the crashing version deletes.
_WITHOUT_TABLES = ((5, 1), (5, 5))
_OLD = "XtraBackup 2.2.11 or later of the 2.2 series, 2.3.2 or later, or 2.4; or %s of 2.1"
_BINARIES: Dict[Tuple[int, int], str] = {
    (5, 1): _OLD % "xtrabackup_51 (built-in InnoDB) or xtrabackup (InnoDB plugin)",
    (5, 5): _OLD % "xtrabackup_55",
    (5, 6): "XtraBackup 2.4 (2.2 and 2.3 do as well)",
    (5, 7): "XtraBackup 2.4",
    (8, 0): "XtraBackup 8.0, of the server's version or later",
    (8, 4): "XtraBackup 8.4",
}
# What 2.0 and 2.1 wrote into xtrabackup_binary: a program a server series.
_PROGRAMS = {"xtrabackup_51": (5, 1), "xtrabackup_55": (5, 5), "xtrabackup_56": (5, 6)}


class Prepare(NamedTuple):
    """outcome: one of the four above. binary: what to prepare it with, None when nothing is known."""

    outcome: str
    reason: str
    binary: Optional[str]


def describe(texts: Dict[str, str], prepare_with: Optional[str] = None) -> Dict[str, Any]:
    """The return values of mysql_xtrabackup_info, but for the path.

    texts: those of FILES that are there, by name. prepare_with: version of the XtraBackup that is to prepare the
    backup; that which made it, unless told.
    """
    info = pairs(texts.get("xtrabackup_info", ""))
    checkpoints = pairs(texts.get("xtrabackup_checkpoints", ""))
    program = texts.get("xtrabackup_binary", "").strip()[:80] or None
    backup_type = checkpoints.get("backup_type")
    made_with = info.get("tool_version") or info.get("ibbackup_version")
    server = info.get("server_version")
    series = _series(server) or _PROGRAMS.get(program or "")
    prepare = judge(backup_type, series, program, prepare_with or made_with)
    return dict(
        tool=info.get("tool_name"),
        tool_version=made_with,
        program=program,
        server_version=server,
        server_series=None if series is None else "%d.%d" % series,
        backup_type=backup_type,
        prepared=backup_type in _PREPARED,
        incremental=backup_type == "incremental" or info.get("incremental") == "Y",
        compressed=info.get("compressed") not in (None, "N"),
        encrypted=info.get("encrypted") not in (None, "N"),
        from_lsn=_number(checkpoints.get("from_lsn")),
        to_lsn=_number(checkpoints.get("to_lsn")),
        last_lsn=_number(checkpoints.get("last_lsn")),
        started=info.get("start_time"),
        ended=info.get("end_time"),
        innodb=_innodb(texts.get("backup-my.cnf", "")),
        prepare=dict(prepare._asdict()),
    )


def judge(
    backup_type: Optional[str], series: Optional[Tuple[int, int]], program: Optional[str], version: Optional[str]
) -> Prepare:
    """Whether preparing crashes. series: of the server. program, version: what prepares, as far as that is known."""
    if backup_type in _PREPARED:
        return Prepare(NOT_NEEDED, "the backup is prepared: %s" % backup_type, None)
    binary = _binary(series)
    number = _version(version)
    if series is not None and series not in _WITHOUT_TABLES:
        return Prepare(SAFE, "the crash hits backups of 5.1 and 5.5 only; this one is of %d.%d" % series, binary)
    if number is None and program in _PROGRAMS:
        return Prepare(SAFE, "%s, the program that made it, prepares it without the crash" % program, binary)
    if number is not None and not _has_the_crash(number):
        return Prepare(SAFE, "XtraBackup %d.%d.%d does not have the crash" % number, binary)
    if series is None:
        return Prepare(UNKNOWN, "the backup does not say which server it is of", binary)
    if number is None:
        return Prepare(UNKNOWN, "nothing says which XtraBackup is to prepare it; give prepare_with", binary)
    told = "XtraBackup %d.%d.%d dies when it prepares a backup of %d.%d" % (number + series)
    return Prepare(
        MAY_CRASH, told + " that was taken while a session had temporary tables open, which no file tells", binary
    )


def pairs(text: str) -> Dict[str, str]:
    """``key = value`` lines; of a key that is there twice, the first."""
    found: Dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith(("#", ";")):
            found.setdefault(key.strip(), value.strip())
    return found


def _innodb(text: str) -> Dict[str, str]:
    return {key: value for key, value in sorted(pairs(text).items()) if re.match(r"(?:loose_|loose-)?innodb", key)}


def _binary(series: Optional[Tuple[int, int]]) -> Optional[str]:
    if series is None:
        return None
    return _BINARIES.get(series, "XtraBackup of the server's series, %d.%d" % series)


def _has_the_crash(version: _Version) -> bool:
    return any(first <= version < fixed for first, fixed in _CRASHES)


def _series(text: Optional[str]) -> Optional[Tuple[int, int]]:
    version = _version(text)
    return version and version[:2]


def _version(text: Optional[str]) -> Optional[_Version]:
    found = re.match(r"\D{0,20}(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?", text or "")
    return (int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)) if found else None


def _number(text: Optional[str]) -> Optional[int]:
    return int(text) if text and re.match(r"\d{1,20}\Z", text) else None
