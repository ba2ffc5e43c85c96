# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of a table becomes one word, and files count for more than the server's own."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables import verdict as v
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.shape import create_statement, names_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.systables.verdict import (
    ABSENT,
    GARBAGE,
    READABLE,
    DataFile,
    Files,
    Known,
    Seen,
    judge,
    judge_file,
)

OLD, NEW = Version(5, 7, 44), Version(9, 7, 4)
NAME = "innodb_table_stats"
KNOWN = Known(1, tuple(names_of(NAME, OLD)))
RIGHT, OTHER_COLUMNS = create_statement(NAME, OLD), create_statement("slave_worker_info", OLD)
GOOD, FOREIGN, CUT = DataFile(1), DataFile(5), DataFile(1, "page 3 is cut off")
MYISAM = RIGHT.replace("InnoDB", "MyISAM")
GONE = dict(errno=1146, error="Table doesn't exist")


@pytest.mark.parametrize(
    ("format_file", "data_file", "known", "said", "verdict"),
    [
        (READABLE, GOOD, KNOWN, dict(shown=RIGHT), v.HEALTHY),
        (READABLE, None, Known(0, KNOWN.columns), dict(shown=RIGHT), v.HEALTHY),  # inside the system tablespace
        (READABLE, GOOD, KNOWN, dict(shown=OTHER_COLUMNS), v.DEFINITION_DIFFERS),
        (READABLE, GOOD, KNOWN, dict(shown=RIGHT, complaints=("error: Corrupt",)), v.UNREADABLE),
        (READABLE, GOOD, KNOWN, GONE, v.UNREADABLE),
        (READABLE, GOOD, KNOWN, dict(shown=RIGHT, without_statistics=3), v.STATISTICS_MISSING),
        # B.2 of the facts: what 5.6 looks like after each damage
        (READABLE, None, KNOWN, GONE, v.DATA_FILE_MISSING),
        (ABSENT, GOOD, KNOWN, GONE, v.FORMAT_FILE_MISSING),
        (ABSENT, GOOD, Known(1, ("a", "b")), GONE, v.DICTIONARY_DIFFERS),
        (ABSENT, None, KNOWN, GONE, v.FILES_MISSING),
        (GARBAGE, None, KNOWN, GONE, v.FILES_MISSING),
        (GARBAGE, GOOD, KNOWN, dict(errno=1033, error="Incorrect information"), v.FORMAT_FILE_UNREADABLE),
        (READABLE, GOOD, KNOWN, dict(errno=1033, error="Incorrect information"), v.FORMAT_FILE_UNREADABLE),
        (READABLE, CUT, KNOWN, {}, v.DATA_FILE_DAMAGED),
        (READABLE, FOREIGN, KNOWN, {}, v.DATA_FILE_DAMAGED),
        (ABSENT, FOREIGN, KNOWN, GONE, v.DATA_FILE_DAMAGED),  # the trap, before the restart that would abort
        (READABLE, GOOD, None, GONE, v.ORPHAN_FILES),
        (ABSENT, GOOD, None, GONE, v.ORPHAN_FILES),
        (READABLE, None, None, dict(shown=MYISAM), v.DEFINITION_DIFFERS),
        (ABSENT, None, None, GONE, v.MISSING),
        # a server that has the table open tells of it as if nothing had happened
        (ABSENT, GOOD, KNOWN, dict(shown=RIGHT), v.FORMAT_FILE_MISSING),
        (READABLE, None, KNOWN, dict(shown=RIGHT), v.DATA_FILE_MISSING),
        (READABLE, CUT, KNOWN, dict(shown=RIGHT), v.DATA_FILE_DAMAGED),
    ],
)
def test_a_table_with_files_of_its_own(format_file, data_file, known, said, verdict):
    found = judge(Seen(NAME, Files(format_file, data_file), known, **said), OLD)
    assert found.verdict == verdict
    assert bool(found.detail) == (verdict != v.HEALTHY)
    assert found.healthy == (verdict == v.HEALTHY)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (dict(shown=create_statement(NAME, NEW)), v.HEALTHY),
        (GONE, v.MISSING),
        (dict(errno=1030, error="Got error 168"), v.UNREADABLE),
        (dict(shown=create_statement(NAME, NEW).replace("n_rows", "rows")), v.DEFINITION_DIFFERS),
        (dict(shown=create_statement(NAME, NEW), complaints=("error: Corrupt",)), v.UNREADABLE),
        (dict(shown=create_statement(NAME, NEW), without_statistics=1), v.STATISTICS_MISSING),
    ],
)
def test_a_table_inside_mysql_ibd(said, verdict):
    assert judge(Seen(NAME, **said), NEW).verdict == verdict


@pytest.mark.parametrize(
    ("format_file", "data_file", "known", "in_the_way"),
    [
        (READABLE, GOOD, None, (".frm", ".ibd")),
        (ABSENT, GOOD, None, (".ibd",)),
        (GARBAGE, GOOD, KNOWN, (".frm",)),
        (ABSENT, GOOD, KNOWN, ()),
        (ABSENT, None, KNOWN, ()),
    ],
)
def test_files_in_the_way_are_named(format_file, data_file, known, in_the_way):
    assert judge(Seen(NAME, Files(format_file, data_file), known, **GONE), OLD).in_the_way == in_the_way


@pytest.mark.parametrize(
    ("data_file", "known", "verdict"),
    [
        (GOOD, KNOWN, v.HEALTHY),
        (None, KNOWN, v.HEALTHY),  # such a server starts
        (GOOD, None, v.HEALTHY),
        (CUT, None, v.DATA_FILE_DAMAGED),
        (CUT, KNOWN, v.DATA_FILE_DAMAGED),
        (FOREIGN, KNOWN, v.DATA_FILE_DAMAGED),
    ],
)
def test_a_server_that_is_down_is_judged_by_its_data_files_alone(data_file, known, verdict):
    assert judge_file(NAME, data_file, known).verdict == verdict
