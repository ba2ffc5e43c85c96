# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load is taken up only where dump and server are what they were; and it is told why not."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_resume import Finished, finished, why_not

JOURNAL = dict(
    phase="loading",
    path="/backup/a.sql",
    fingerprint="f",
    server_uuid="u",
    excluded=["s.x"],
    finished=[["s", "t", 3, 17]],
)


def test_the_same_load_goes_on():
    assert finished(JOURNAL, "f", "u", ["s.x"]) == [Finished("s", "t", 3, 17)]
    assert why_not(JOURNAL, "f", "u", ["s.x"]) is None


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (("g", "u", ["s.x"]), "another dump, or of another state of it (/backup/a.sql)"),
        (("f", "v", ["s.x"]), "another server (server_uuid u)"),
        (("f", "u", []), "it left out other tables (s.x)"),
    ],
)
def test_another_one_does_not_and_that_is_said(run, reason):
    assert finished(JOURNAL, *run) == []
    assert reason in why_not(JOURNAL, *run)


@pytest.mark.parametrize("journal", [{}, dict(JOURNAL, phase="loaded"), dict(JOURNAL, finished=[])])
def test_where_nothing_is_left_nothing_is_said(journal):
    assert finished(journal, "g", "v", []) == []
    assert why_not(journal, "g", "v", []) is None
