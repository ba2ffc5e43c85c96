# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads relay logs that are in memory, for tests."""

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import Position, Scan
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.walk import PIECE


def feed(walk, data, piece=PIECE):
    """All of a file, as host/relaylog.py does it."""
    buffer, left, at = bytearray(piece + 19), 0, walk.offset
    while not walk.done:
        got = data[at : at + piece - left]
        if not got:
            break
        buffer[left : left + len(got)] = got
        at += len(got)
        taken = walk.feed(buffer, left + len(got))
        left += len(got) - taken
        buffer[:left] = buffer[taken : taken + left]
        assert len(buffer) == piece + 19
    walk.end(bytes(buffer[:left]))
    return walk


def scanned(files, position=None, piece=PIECE, first=1):
    """The scan of files (bytes, or None for one that is missing); position: (number of the file, offset).

    first: number in the name of the first; the others follow without a gap.
    """
    names = ["./relay-bin.%06d" % number for number in range(first, first + len(files))]
    scan = Scan(names, Position(*position) if position else None)
    for data in files:
        if data is None:
            scan.missing()
            continue
        after = scan.close(feed(scan.open(len(data)), data, piece))
        if after is not None:
            scan.closed_again(feed(after, data, piece))
    return scan
