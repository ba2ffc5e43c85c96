# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings change for a load, and what comes back."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_settings import (
    ROOMY,
    changes,
    read,
    to_restore,
)

FLUSH, REDO = "innodb_flush_log_at_trx_commit", "innodb_redo_log_capacity"


@pytest.mark.parametrize(
    ("settings", "free", "changed"),
    [
        ({FLUSH: "1", REDO: "104857600"}, ROOMY, [FLUSH, REDO]),
        ({FLUSH: "1", REDO: "104857600"}, ROOMY - 1, [FLUSH]),
        ({FLUSH: "1", REDO: "104857600"}, None, [FLUSH]),
        ({FLUSH: "0", REDO: str(8 << 30)}, ROOMY, []),
        ({FLUSH: "2"}, ROOMY, [FLUSH]),
        ({}, ROOMY, []),
    ],
)
def test_what_changes(settings, free, changed):
    assert [change.name for change in changes(settings, free)] == changed


def test_what_comes_back():
    left = read({"values": {FLUSH: "1", REDO: "104857600"}, "started": 1000})
    assert to_restore(left, {FLUSH: "0", REDO: "104857600"}, 1001) == {FLUSH: "1"}
    # a server that was started since has its own settings again
    assert to_restore(left, {FLUSH: "0"}, 1100) == {}
    assert to_restore(read({}), {FLUSH: "0"}, 1000) == {}
