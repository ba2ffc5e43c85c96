# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case of the list that the repair of relay logs was specified by has a test with its number in its name.

1-2 whole logs, closed and killed          26-27 old sources, binary logs as relay logs
3-6 half transactions, cuts, zero tails    28-32 transactions over files, reconnects, old heads
7-14 zeros, flipped bits, sizes, garbage   33-39 DDL, savepoints, XA, payloads, tags, unknown events
15 old blocks with valid events            40 MariaDB
16-17 damage in an older file, lost tails  41-42 rotations, events behind the end
18-20 missing, unlisted, empty files       43-45 the index, an unfinished one, other channels
21-22 broken heads and marks               46-47 more than 4 GiB, events of 1 GiB
23 encryption                              48, 48b, 48c, 48d the applier's position
24-25 checksums that change, or are none   49-50 no place to cut at, damaged claims
                                           51-52 what is refused, kills
"""

import glob
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {str(number) for number in range(1, 53)} | {"48b", "48c", "48d"}


def numbers_in(name):
    """``test_09_11_12_one_flipped_bit`` -> 9, 11, 12; ``test_33_to_39_...`` -> 33 to 39."""
    found = re.match(r"test_(\d+)_to_(\d+)_", name)
    if found:
        return {str(number) for number in range(int(found.group(1)), int(found.group(2)) + 1)}
    return {part.lstrip("0") for part in re.match(r"test_((?:\d+[a-d]?_)*)", name).group(1).split("_") if part}


def test_every_case_has_a_test():
    covered = set()
    for path in glob.glob(os.path.join(HERE, "test_relaylog_*.py")):
        with open(path, encoding="utf-8") as source:
            for name in re.findall(r"^def (test_\d\w*)", source.read(), re.MULTILINE):
                covered |= numbers_in(name)
    assert len(CASES) == 55
    assert covered == CASES
