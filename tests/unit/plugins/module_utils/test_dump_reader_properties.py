# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every dump: the splitter returns what was put together, whatever the chunks, and never more."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import (
    IncompleteDump,
    Statement,
    read,
    statements,
)

_MARKS = [
    b"a",
    b";",
    b"\n",
    b"/*",
    b"*/",
    b"-- ",
    b"#",
    b"$$",
    b"//",
    b"\x00",
    b"\xff\xfe",
    b"DELIMITER ;;\n",
    b"-- Dump",
]


def _quoted(quote, inside):
    return st.lists(st.sampled_from(_MARKS + inside), max_size=6).map(lambda parts: quote + b"".join(parts) + quote)


_STRINGS = st.one_of(
    _quoted(b"'", [b'"', b"`", b"\\'", b"''", b"\\\\", b"\\n"]),
    _quoted(b'"', [b"'", b"`", b'\\"', b'""', b"\\\\"]),
    _quoted(b"`", [b"'", b'"', b"``", b"\\"]),
)
_PLAIN = st.sampled_from(
    [b"SELECT", b"(1,2)", b"-5", b"1-1", b"1--1", b"4/2", b"*", b"NULL", b"\\N", b"caf\xc3\xa9", b"@a"]
)
_COMMENTS = st.sampled_from([b"/* it's; */", b"/**/", b"-- don't ;\n", b"# don't ;\n", b"--\n", b"/*!99999 '; */"])
_OPEN = st.one_of(_PLAIN, _STRINGS, _COMMENTS)
_VERSION = st.lists(st.one_of(_OPEN, st.just(b";")), max_size=4).map(
    lambda parts: b"/*!50003 " + b" ".join(parts) + b" */"
)
_VERBS = st.sampled_from([b"DO", b"INSERT INTO t", b"REPLACE"])
_TEXTS = st.builds(
    lambda verb, parts: b" ".join([verb, *parts]), _VERBS, st.lists(st.one_of(_OPEN, _VERSION), max_size=6)
)
_BETWEEN = st.sampled_from([b"", b"\n", b"\r\n \t", b"\n-- it's; a comment\n", b"/* a;\n' */", b"\n#\n"])


@st.composite
def dumps(draw):
    """A stream and the statements that it was made of."""
    stream, expected, delimiter = b"", [], b";"
    for text in draw(st.lists(_TEXTS, max_size=6)):
        stream += draw(_BETWEEN)
        wanted = draw(st.sampled_from([b";", b";;", b"$$", b"//"]))
        if wanted != delimiter:
            stream += b"\nDELIMITER " + wanted + b"\n"
            delimiter = wanted
        offset = len(stream)
        line = stream.count(b"\n") + 1
        stream += text + delimiter
        expected.append(Statement(text, line, offset, len(stream)))
    return stream + draw(_BETWEEN), expected


def _chunks(stream, cuts):
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in zip(edges, edges[1:])]


_CUTS = st.lists(st.integers(min_value=0, max_value=100000), max_size=8)
_PROPERTY = settings(deadline=None, database=None, max_examples=200)


@_PROPERTY
@given(dumps(), _CUTS)
def test_what_was_joined_comes_apart_whatever_the_chunks(dump, cuts):
    stream, expected = dump
    assert list(statements(_chunks(stream, cuts))) == expected


@_PROPERTY
@given(dumps())
def test_chunks_change_nothing(dump):
    stream, _expected = dump
    assert list(read([stream[at : at + 1] for at in range(len(stream))])) == list(read([stream]))


@_PROPERTY
@given(dumps())
def test_items_and_what_stands_between_them_are_the_stream(dump):
    stream, _expected = dump
    at = 0
    for item in read([stream]):
        between = stream[at : item.offset]
        assert not between.strip() or between.strip().startswith(b"DELIMITER")
        assert stream[item.offset : item.end].startswith(item.text)
        at = item.end
    assert not stream[at:].strip()


def _until_cut(stream):
    """The statements, and whether the reader told of a cut after them."""
    found = []
    try:
        found.extend(statements([stream]))  # what came before an error stays
    except IncompleteDump:
        return found, True
    return found, False


@_PROPERTY
@given(dumps(), st.integers(min_value=0, max_value=100000))
def test_a_cut_stream_yields_only_what_is_whole(dump, cut):
    stream, expected = dump
    cut %= len(stream) + 1
    found, told = _until_cut(stream[:cut])
    whole = [statement for statement in expected if statement.end <= cut]
    half = [statement for statement in expected if statement.offset < cut < statement.end]
    assert found == whole
    assert told or not half


@_PROPERTY
@given(st.binary(max_size=60), _CUTS)
def test_no_bytes_whatsoever_break_it(data, cuts):
    def outcome(chunks):
        try:
            return list(read(chunks))
        except BadInput as exc:
            return str(exc)

    assert outcome(_chunks(data, cuts)) == outcome([data])
