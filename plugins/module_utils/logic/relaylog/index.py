# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The index of relay logs: its syntax, what is wrong with it, and where its entries lead. Pure.

A server reads one path a line up to the first line that is blank, and takes a file whose name it reads as one that is
there. It is data from disk that somebody else may have written: what leads out of the relay log directory, or to
something else than relay logs, is refused.
"""

import posixpath
import re
from typing import List, NamedTuple, Optional, Set

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused

LONGEST_LINE = 511  # bytes; FN_REFLEN of the servers, with its closing zero
_NUMBERED = re.compile(r"(.+)\.([0-9]{6,10})\Z", re.DOTALL)
_LINES = re.compile(rb"[^\n]*\n|[^\n]+")
_PLAIN = re.compile(r"[0-9A-Za-z_]")


class Finding(NamedTuple):
    """kind: crlf, blank_line, no_final_newline, zeros, duplicate, order, gap, rebuilt, relisted, crash_safe,
    crash_safe_left, unlisted, position_unlisted.

    line counts from 1; 0 for what concerns no line.
    """

    kind: str
    line: int
    detail: str


class Index(NamedTuple):
    """names: the entries in order, without duplicates, as text that os.fsencode() brings back to its bytes."""

    names: List[str]
    findings: List[Finding]


def parse(data: bytes) -> Index:
    """What the index was meant to say. Entries keep their spelling; only line ends and empty lines are mended."""
    names: List[str] = []
    findings: List[Finding] = []
    lines = data.split(b"\n")
    if lines[-1]:
        findings.append(Finding("no_final_newline", len(lines), "the next entry would be joined to the last one"))
    else:
        lines.pop()
    seen: Set[str] = set()
    for number, line in enumerate(lines, 1):
        text = line.replace(b"\0", b"").decode("utf-8", "surrogateescape")
        if b"\0" in line:
            findings.append(Finding("zeros", number, "the line holds zero bytes"))
        if text.endswith("\r"):
            findings.append(Finding("crlf", number, "the line ends as on Windows"))
            text = text.rstrip("\r")
        if len(text) < 2:
            findings.append(Finding("blank_line", number, "a server reads nothing of what follows"))
        elif text in seen:
            findings.append(Finding("duplicate", number, "%s is listed twice" % text))
        else:
            seen.add(text)
            names.append(text)
    return Index(names, findings + _numbers(names))


def as_read(data: bytes) -> List[bytes]:
    """The entries as a server finds them: it takes the last byte off each line, and ends at the first blank one."""
    names: List[bytes] = []
    for line in _LINES.findall(data):
        if len(line) < 2:
            break
        names.append(line[:-1])
    return names


def render(names: List[str]) -> bytes:
    return "".join(name + "\n" for name in names).encode("utf-8", "surrogateescape")


def _numbers(names: List[str]) -> List[Finding]:
    findings = []
    for line, (one, following) in enumerate(zip(names, names[1:]), 2):
        step = (number_of(following) or 0) - (number_of(one) or 0)
        if step < 1:
            findings.append(Finding("order", line, "%s follows %s" % (following, one)))
        elif step > 1:
            findings.append(Finding("gap", line, "%s follows %s" % (following, one)))
    return findings


def base_name(name: str) -> str:
    """The file's own name; an index that was written on Windows has backslashes."""
    return name.replace("\\", "/").rpartition("/")[2] if name.startswith(".\\") else posixpath.basename(name)


def number_of(name: str) -> Optional[int]:
    found = _NUMBERED.match(base_name(name))
    return int(found.group(2)) if found else None


def path_of(name: str, datadir: str, log_directory: Optional[str]) -> str:
    """Where mysqld looks for an entry: the directory of relay_log, where that has one, stands for the entry's own."""
    if posixpath.isabs(name):
        return posixpath.normpath(name)
    if log_directory is not None:
        return posixpath.join(log_directory, base_name(name))
    if name.startswith(".\\"):
        name = base_name(name)
    return posixpath.normpath(posixpath.join(datadir, name))


def guard(names: List[str], where: str, base: Optional[str]) -> None:
    """Raise Refused for an entry that is no relay log of this channel. base: what its names begin with, if known."""
    bases = {base} if base else set()
    for line, name in enumerate(names, 1):
        found = _NUMBERED.match(base_name(name))
        if len(name.encode("utf-8", "surrogateescape")) > LONGEST_LINE:
            raise _refused("an entry of the index is longer than a server reads", where, line)
        if ".." in name.replace("\\", "/").split("/"):
            raise _refused("an entry of the index leads through '..': %r" % name, where, line)
        if not found:
            raise _refused("an entry of the index is no relay log: %r" % name, where, line)
        bases.add(found.group(1))
        if len(bases) > 1:
            raise _refused("the index names logs of different kinds: %s" % ", ".join(sorted(bases)), where, line)


def for_channel(base: str, channel: str) -> Optional[str]:
    """What the names of a channel's relay logs begin with; None where only the server knows how that is spelt."""
    if not channel:
        return base
    if any(ord(letter) > 127 for letter in channel):
        return None
    spelt = "".join(letter if _PLAIN.match(letter) else "@%04x" % ord(letter) for letter in channel)
    return "%s-%s" % (base, spelt)


def _refused(found: str, where: str, line: int) -> Refused:
    return Refused(
        found,
        where="%s, line %d" % (where, line),
        untouched="the relay logs and their index",
        next_step="look who wrote that line; give relay_log_index and relay_log as the server has them",
    )
