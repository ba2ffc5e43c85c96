# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rebuild goes on where it was ended only when the journal and the server say the same."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.unfinished import unfinished

MINE = "9eda9463-e576-11f1-ba93-02fc00000001"
SOURCE = "11111111-e576-11f1-ba93-02fc00000001"
LOADED = dict(
    phase="loaded",
    server_uuid=MINE,
    gtid_purged=SOURCE + ":1-14",
    fingerprint="f00",
    path="/backup/db1.sql",
    databases=["shop"],
)
CLAIMED = GtidSet.parse(SOURCE + ":1-20")


def test_no_rebuild_is_under_way():
    assert unfinished(False, LOADED, MINE, CLAIMED) is None
    assert unfinished(False, {}, MINE, GtidSet()) is None


def test_the_dump_is_in_and_its_gtids_are_claimed():
    assert unfinished(True, LOADED, MINE, CLAIMED) == dict(
        loaded=True, fingerprint="f00", path="/backup/db1.sql", databases=["shop"]
    )


@pytest.mark.parametrize(
    ("load", "uuid", "executed"),
    [
        pytest.param({}, MINE, CLAIMED, id="nothing was loaded"),
        pytest.param(dict(LOADED, phase="loading"), MINE, CLAIMED, id="half of it is in"),
        pytest.param(LOADED, SOURCE, CLAIMED, id="into another server"),
        pytest.param(LOADED, MINE, GtidSet(), id="not claimed, or reset since"),
        pytest.param(LOADED, MINE, GtidSet.parse(SOURCE + ":1-13"), id="another set is claimed"),
        pytest.param(dict(LOADED, gtid_purged=None), MINE, CLAIMED, id="the dump has no set"),
        pytest.param(dict(LOADED, gtid_purged=""), MINE, CLAIMED, id="the dump has an empty set"),
        pytest.param(
            {name: value for name, value in LOADED.items() if name != "gtid_purged"}, MINE, CLAIMED, id="an old journal"
        ),
    ],
)
def test_else_it_starts_over(load, uuid, executed):
    assert unfinished(True, load, uuid, executed)["loaded"] is False
