# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long INSERTs, read in great steps, come out as they do token after token; or they are not read in great steps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dump_reader, dump_rows

HEAD = b"INSERT INTO `t` VALUES "
WHOLE = [
    HEAD + b"(1,'a'),(2,NULL)",
    HEAD + b"\n(1,'a'),\n(2,'b')",
    HEAD + rb"('it\'s; -- \\ \" `','two\nlines;','# /* */')",
    HEAD + b"('it''s; -- not',-1,'`','\"')",
    HEAD + b"('a;\nb',0x3B27,_binary '\xff')",
    b"INSERT IGNORE INTO `my``db`.`it's; t` (`a`, `b`) VALUES (1,'--')",
    b"REPLACE INTO t VALUES ('\\\\','\\\\\\'')",
]
NOT_WHOLE = [
    HEAD + b"('a;\nb",
    HEAD + b"(1); SELECT ';'",
    HEAD + b"(1) -- it's; ' ",
    HEAD + b"(1) /* ' */,('a')",
    HEAD + b"(1) # '\n,('a')",
    HEAD + b"(\"it's\"),('a')",
    HEAD + b"('a', 1--\n1)",
    HEAD + rb"('\\\'",
    b"INSERT INTO `a\\` VALUES ('`','b'",
    b"INSERT INTO t SELECT 'a' -- ' ",
    b"INSERTS INTO t VALUES (1)",
]


@pytest.mark.parametrize("text", WHOLE)
def test_rows_are_known_as_one_statement(text):
    assert dump_rows.is_whole(text, True)


@pytest.mark.parametrize("text", NOT_WHOLE)
def test_what_may_be_more_or_less_than_one_statement_is_not(text):
    assert not dump_rows.is_whole(text, True)


def test_a_backslash_that_escapes_nothing():
    text = HEAD + b"('\\'),('a')"
    assert dump_rows.is_whole(text, False)
    assert not dump_rows.is_whole(text, True)


def test_every_block_counts(monkeypatch):
    monkeypatch.setattr(dump_rows, "_BLOCK", 3)
    for text in WHOLE:
        assert dump_rows.is_whole(text, True), text
    for text in NOT_WHOLE:
        assert not dump_rows.is_whole(text, True), text


_TOKENS = st.one_of(
    st.sampled_from([b"(", b")", b",", b"1", b"-", b"--", b"-- ", b"/*", b"*/", b"#", b"\n", b";", b";\n", b'"', b"`"]),
    st.sampled_from([b"'", b"''", b"\\'", b"\\\\", b"'a'", b"'it''s'", b"'\\\\'", b"(1,'x'),", b"\xe4\xbd\xa0"]),
    st.just(b"INSERT INTO t VALUES (1);\n"),
)
_TEXTS = st.lists(_TOKENS, max_size=30).map(b"".join)


def _outcome(chunks):
    found = []
    try:
        found.extend(dump_reader.read(chunks))
    except dump_reader.IncompleteDump as exc:
        found.append((str(exc),))
    except BadInput:
        return None  # a backslash outside a string: the server refuses it, if the reader does not
    return found


@settings(deadline=None, database=None, max_examples=400)
@given(st.lists(_TEXTS, min_size=1, max_size=4), st.sampled_from([1, 2, 7, 1000]))
def test_great_steps_lead_where_small_ones_do(texts, size):
    # many strings, so that it is not read as a short row
    stream = b"".join(HEAD + b"('a')," * 120 + text + b";\n" for text in texts)
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    great = _outcome(chunks)
    known, dump_rows.is_whole = dump_rows.is_whole, lambda *_any: False
    try:
        small = _outcome([stream])
    finally:
        dump_rows.is_whole = known
    assert small is None or great == small


def test_statements_without_line_ends_are_not_looked_at_again_and_again(monkeypatch):
    looked = []
    known = dump_rows.is_whole

    def counted(text, escapes):
        looked.append(len(text))
        return known(text, escapes)

    monkeypatch.setattr(dump_rows, "is_whole", counted)
    one = HEAD + b"('a')," * 120 + b"('b');"
    stream = one * 200
    assert len(list(dump_reader.statements([stream]))) == 200
    assert sum(looked) <= len(stream)
