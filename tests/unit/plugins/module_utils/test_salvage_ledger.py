# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger tells the truth about what was read, and says so in a page that nothing can break out of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ledger, ledger_page, rows
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.ledger import Seen, judge

ALL = Seen(rows=10, counted=10, counted_by="k", limit=None, ranges=[], log=[], failure=None, level=0)
ALONE = ALL._replace(counted=None, counted_by=None)


@pytest.mark.parametrize(
    ("seen", "state", "lost", "doubts"),
    [
        (ALL, ledger.SAVED, 0, 0),
        (ALONE, ledger.SAVED, 0, 0),
        (ALL._replace(rows=0, counted=0), ledger.SAVED, 0, 0),
        # rc 0 and rows missing, as 5.6.24 does at level 6 and 9.7.4 at level 1
        (ALL._replace(rows=273, counted=300, level=1), ledger.PARTIAL, 27, 1),
        (ALL._replace(rows=273, counted=300, log=["innodb_index_corrupt"]), ledger.PARTIAL, 27, 2),
        (ALL._replace(rows=273, counted=300, level=1, ranges=["id 3 to 30"], quiet=True), ledger.PARTIAL, 27, 1),
        (ALL._replace(level=1, quiet=True), ledger.SAVED, 0, 0),  # the dump had ended too early, and was made again
        (ALONE._replace(level=1), ledger.DOUBTFUL, 0, 1),
        (ALL._replace(level=6), ledger.SAVED, 0, 0),
        (ALL._replace(counted=None), ledger.DOUBTFUL, 0, 1),
        (ALL._replace(counted=7), ledger.DOUBTFUL, 0, 1),
        (ALL._replace(log=["innodb_page_corrupt"]), ledger.DOUBTFUL, 0, 1),
        (ALL._replace(log=["something_else"]), ledger.SAVED, 0, 0),
        (ALL._replace(ranges=["id 3 to 4"], counted=12), ledger.PARTIAL, 2, 0),
        (ALONE._replace(ranges=["id 3 to 4"]), ledger.PARTIAL, None, 0),
        # the server died inside a range that the other index has no row of: nobody knows
        (ALL._replace(ranges=["id 3 to 4"]), ledger.PARTIAL, None, 0),
        (ALONE._replace(rows=0, failure="no definition"), ledger.LOST, None, 0),
        (ALL._replace(rows=0, failure="no definition"), ledger.LOST, 10, 0),
        (ALL._replace(rows=5, counted=10, limit=5), ledger.SAVED, 0, 0),
        (ALL._replace(rows=3, counted=10, limit=5), ledger.PARTIAL, 2, 1),
    ],
)
def test_what_does_not_agree_is_no_saved_table(seen, state, lost, doubts):
    told = judge(seen)
    assert (told["state"], told["rows_lost"], len(told["doubts"])) == (state, lost, doubts)
    assert told["rows_saved"] == seen.rows
    assert bool(told["why"]) == bool(seen.ranges or seen.failure)


@given(
    st.builds(
        Seen,
        rows=st.integers(0, 50),
        counted=st.none() | st.integers(0, 50),
        counted_by=st.just("k"),
        limit=st.none() | st.integers(0, 50),
        ranges=st.lists(st.just("x"), max_size=2),
        log=st.lists(st.sampled_from(["innodb_index_corrupt", "other"])),
        failure=st.none() | st.just("failed"),
        level=st.integers(0, 6),
    )
)
def test_only_what_agrees_in_all_is_saved(seen):
    told = judge(seen)
    wanted = min(seen.counted, 1 << 60 if seen.limit is None else seen.limit) if seen.counted is not None else None
    agrees = seen.rows == wanted and not seen.ranges and not seen.failure and "innodb_index_corrupt" not in seen.log
    assert (told["state"] == ledger.SAVED) == agrees


def table(name, **judged):
    return ledger.entry("shop", name, judge(ALL._replace(**judged)), files=[dict(path="f", bytes=1, sha256="s")])


FILE = dict(kind="definitions", schema="shop", path="d.sql", sha256="s", bytes=1, state=ledger.SAVED, why=None)


def test_a_salvage_is_whole_only_when_everything_is_saved():
    assert ledger.ledger({}, [FILE], [table("a")])["whole"]
    assert not ledger.ledger({}, [FILE], [table("a"), table("b", rows=9)])["whole"]
    assert not ledger.ledger({"newest_lost": True}, [FILE], [table("a")])["whole"], "no count shows that"
    assert not ledger.ledger({}, [dict(FILE, state=ledger.LOST)], [table("a")])["whole"]
    assert not ledger.ledger({}, [FILE], [table("a"), ledger.left_out("shop", "b", "asked for")])["whole"]


def test_the_sums_count_what_is_known_and_say_what_is_not():
    told = ledger.ledger({"level": 3}, [], [table("a", rows=7), table("b", rows=9, counted=9, ranges=["x"])])
    assert (told["rows_saved"], told["rows_lost"], told["unknown"], told["level"]) == (16, 3, 1, 3)
    assert json.loads(json.dumps(told)) == told


def test_the_page_holds_everything_and_escapes_it():
    evil = "<script>alert('x')</script>"
    told = ledger.ledger(
        {"level": 6, "redo": evil, "warnings": [evil], "gives_up": [evil]},
        [dict(FILE, schema=evil, why=evil)],
        [
            ledger.entry(
                evil, evil, judge(ALL._replace(failure=evil)), ranges_lost=[evil], files=[dict(path=evil, sha256=evil)]
            )
        ],
    )
    page = ledger_page.page(told)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 11
    assert "http" not in page, "it needs nothing beside it"


# -- rows of a statement -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (b"INSERT INTO `t` VALUES (1);\n", 1),
        (b"INSERT INTO `t` VALUES (1,'a'),(2,'b'),(3,NULL);\n", 3),
        (b"INSERT INTO `t` VALUES\n(1,'a'),\n(2,'b');\n", 2),
        (rb"INSERT INTO `t` VALUES (1,'),('),(2,'it\'s),('),(3,'\\'),(4,'''),(''');", 4),
        (b"INSERT INTO `a) VALUES (b` VALUES (1),(2);\n", 2),
        (b"INSERT INTO `t` (`x`, `y) VALUES ((`) VALUES (1,2),(3,4);\n", 2),
        (b"INSERT INTO `a``b` (`c``d`) VALUES (1),(2),(3);\n", 3),
        (b"INSERT INTO `t` VALUES (0x2C2829,_binary '),('),(NULL,b'1');\n", 2),
        (b"INSERT INTO `t` VALUES ();\n", 1),
        (b"-- INSERT INTO `t` VALUES (1);\n", 0),
        (b"LOCK TABLES `t` WRITE;\n", 0),
        (b"", 0),
    ],
)
def test_the_rows_of_a_statement_are_counted(line, count):
    assert rows.rows_in(line) == count


TEXTS = st.text("ab(),'\\\n", max_size=8)


@given(st.lists(st.lists(TEXTS | st.none() | st.integers(), min_size=1, max_size=3), min_size=1, max_size=6))
def test_rows_are_counted_whatever_the_texts_hold(values):
    def literal(value):
        if isinstance(value, str):
            return "'%s'" % value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return "NULL" if value is None else str(value)

    line = "INSERT INTO `t` VALUES %s;\n" % ",".join("(%s)" % ",".join(map(literal, row)) for row in values)
    assert rows.rows_in(line.encode("utf-8")) == len(values)
