# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The climb through innodb_force_recovery, and what is known of a data directory before it begins."""

import struct

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version, parse_version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import climb, layout, levels, version


def climbed(answers_at, max_level=6, set_redo_aside=True):
    """The attempts of a climb on a server that answers there; (redo, level) or None for never."""
    made = []
    while True:
        step = climb.next_try(made, max_level, set_redo_aside)
        if step is None:
            return made
        assert len(made) < 100
        outcome = climb.ANSWERS if step == answers_at else climb.DIED
        made.append(climb.Attempt(step[0], step[1], outcome, 1.0, "log", []))


@pytest.mark.parametrize("level", range(7))
def test_the_first_level_that_answers_ends_the_climb(level):
    made = climbed((climb.AS_FOUND, level))
    assert [attempt.level for attempt in made] == list(range(level + 1))
    assert climb.found(made) == made[-1]


def test_the_redo_log_is_set_aside_only_after_every_level_with_it():
    made = climbed((climb.SET_ASIDE, 0))
    assert [(attempt.redo, attempt.level) for attempt in made] == [
        *((climb.AS_FOUND, level) for level in range(7)),
        (climb.SET_ASIDE, 0),
    ]


@pytest.mark.parametrize(("max_level", "aside", "count"), [(6, True, 14), (3, True, 8), (6, False, 7), (0, False, 1)])
def test_no_more_is_tried_than_allowed_and_nothing_twice(max_level, aside, count):
    made = climbed(None, max_level, aside)
    assert len(made) == len({(attempt.redo, attempt.level) for attempt in made}) == count
    assert max(attempt.level for attempt in made) == max_level
    assert climb.found(made) is None


def test_a_climb_goes_on_from_its_journal():
    made = climbed(None, 6, False)[:3]
    assert climb.next_try(climb.read([attempt.public() for attempt in made]), 6, True) == (climb.AS_FOUND, 3)


def test_warnings_tell_what_is_given_up():
    assert climb.warnings(climb.Attempt(climb.AS_FOUND, 0, climb.ANSWERS, 1, "", [])) == []
    sound = climb.Attempt(climb.AS_FOUND, 5, climb.ANSWERS, 1, "", [])
    assert not climb.newest_lost(sound)
    assert climb.newest_lost(sound, redo_missing=True)
    assert "changes that were only in it are lost" in " ".join(climb.warnings(sound, redo_missing=True))
    told = climb.warnings(climb.Attempt(climb.SET_ASIDE, 6, climb.ANSWERS, 1, "", []))
    assert [word for word in ("future", "without an error", "committed") if word not in " ".join(told)] == []


@pytest.mark.parametrize(
    "attempt",
    [
        climb.Attempt(climb.SET_ASIDE, 0, climb.ANSWERS, 1, "", []),
        climb.Attempt(climb.AS_FOUND, 6, climb.ANSWERS, 1, "", []),
        climb.Attempt(climb.AS_FOUND, 0, climb.ANSWERS, 1, "", [dict(id="redo_log_new", line="")]),
        climb.Attempt(climb.AS_FOUND, 0, climb.ANSWERS, 1, "", [dict(id="innodb_lsn_in_future", line="")]),
    ],
)
def test_without_the_redo_log_what_was_committed_last_may_be_lost_and_that_is_said(attempt):
    assert climb.newest_lost(attempt)
    assert "changes that were only in it are lost" in " ".join(climb.warnings(attempt)) or attempt.findings


def test_each_level_gives_up_what_those_below_it_do():
    assert levels.gives_up(0) == []
    assert sorted(levels.LEVELS) == list(range(levels.HIGHEST + 1))
    for level in range(1, levels.HIGHEST + 1):
        assert levels.gives_up(level)[:-1] == levels.gives_up(level - 1)
        assert levels.LEVELS[level].gives_up in levels.gives_up(level)[-1]


@pytest.mark.parametrize(
    ("server", "with_log"), [((5, 6, 24), range(7)), ((5, 7, 24), [0]), ((8, 0, 36), [0]), ((9, 7, 4), [0])]
)
def test_a_binary_log_is_kept_where_the_server_starts_with_it(server, with_log):
    assert [level for level in range(7) if levels.with_binary_log(Version(*server), level)] == list(with_log)


def test_a_server_is_started_alone():
    options = levels.start_options(4)
    assert "--innodb-force-recovery=4" in options
    assert "--skip-networking" in options
    assert {"--loose-skip-slave-start", "--loose-skip-replica-start", "--event-scheduler=OFF"} < set(options)


# -- version -------------------------------------------------------------------------------------------------


def frm(number):
    return b"\xfe\x01" + bytes(49) + struct.pack("<I", number) + bytes(20)


def tablespace(number):
    return bytes(8) + struct.pack(">I", number) + bytes(60)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (version.of_definition(frm(50624)), (5, 6, 24)),
        (version.of_definition(frm(0)), None),
        (version.of_definition(b"garbage" * 20), None),
        (version.of_definition(frm(50624)[:30]), None),
        (version.of_tablespace(tablespace(90704)), (9, 7, 4)),
        (version.of_tablespace(tablespace(80036)), (8, 0, 36)),
        (version.of_tablespace(tablespace(0)), None),
        (version.of_tablespace(tablespace(0xFFFFFFFF)), None),
        (version.of_tablespace(b""), None),
        (version.of_upgrade_info("5.7.24-log\n"), (5, 7, 24)),
        (version.of_upgrade_info("8.0.36"), (8, 0, 36)),
        (version.of_upgrade_info("hello"), None),
        (version.of_upgrade_info(""), None),
    ],
)
def test_the_files_tell_which_server_wrote_them(found, wanted):
    assert found == (Version(*wanted) if wanted else None)


@pytest.mark.parametrize(
    ("directory", "program", "fits"),
    [
        ((5, 6, 24), "5.6.24", True),
        ((5, 6, 51), "5.6.24", True),
        ((5, 6, 24), "5.7.44", False),
        ((9, 7, 4), "5.6.24", False),
        ((5, 6, 24), "9.7.4", False),
        ((8, 0, 30), "8.0.36", True),
        ((8, 0, 36), "8.0.30", False),
        (None, "8.0.30", True),
    ],
)
def test_a_mysqld_of_another_version_is_named_together_with_the_directory_s(directory, program, fits):
    said = version.mismatch(Version(*directory) if directory else None, parse_version(program))
    assert (said is None) is fits
    if said:
        assert "%d.%d.%d" % directory in said
        assert program in said


def test_the_newest_of_what_files_tell_counts():
    assert version.newest([None, Version(5, 6, 10), Version(5, 6, 24), None]) == Version(5, 6, 24)
    assert version.newest([None]) is None


# -- files ---------------------------------------------------------------------------------------------------

OLD = [
    "ibdata1",
    "ib_logfile0",
    "ib_logfile1",
    "mysql/user.frm",
    "shop/t.frm",
    "shop/t.ibd",
    "shop/ib_logfile0",
    "auto.cnf",
]
NEW = ["#innodb_redo/#ib_redo9", "#innodb_redo/#ib_redo10_tmp", "mysql.ibd", "undo_001", "ibdata1", "shop/t.ibd"]


def test_redo_logs_of_both_kinds_are_known():
    assert layout.redo(OLD) == ["ib_logfile0", "ib_logfile1"]
    assert layout.redo(NEW) == ["#innodb_redo/#ib_redo10_tmp", "#innodb_redo/#ib_redo9"]


def test_the_small_copy_has_all_but_the_rows_of_users_tables():
    assert sorted(set(OLD) - set(layout.system(OLD))) == ["shop/ib_logfile0", "shop/t.ibd"]
    assert sorted(set(NEW) - set(layout.system(NEW))) == ["shop/t.ibd"]


@pytest.mark.parametrize(
    ("index", "last"),
    [("", ""), ("./b.000001\n./b.000002\n", "b.000002"), ("/var/log/b.000009", "b.000009"), ("\n\n", "")],
)
def test_the_last_binary_log_is_the_last_of_the_index(index, last):
    assert layout.last_binary_log(index) == last
