# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dump does is the same whether the mysql client reads it or we do, however hostile its text.

The same stream goes to one server by both, and what is in the table afterwards has to be equal, byte for byte. What the
client breaks is left out: it minds delimiters and quotes inside a /*! */ that no server runs.
SPLIT_EXAMPLES says how many streams there are.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server as Session
from sandbox.server import Server
from sandbox.topology import Sandbox

EXAMPLES = int(os.environ.get("SPLIT_EXAMPLES", "40"))
pytestmark = pytest.mark.long_on("oldest")  # one client reads for both

# What tempts a reader to find an end, or to miss one
HOSTILE = [b"a", b";", b";;", b"$$", b"--", b"-- ", b"#", b"/*", b"*/", b"/*!", b"/*!50003 ", b"\n", b"\r\n", b"\t"]
LINES = [b"\nDELIMITER $$\n", b"\n-- x\n", b"\nSET NAMES latin1;\n", b"\nuse mysql;\n", b"\\N", b"\x00", b"\x7f"]
# Characters whose second byte is a backslash, a backtick or a bar, by the character set of the stream
TWO_BYTES = {
    "utf8mb4": ["\u00e9".encode(), "\u8868".encode(), "\U0001f480".encode()],
    "latin1": [b"\xe9", b"\x95\x5c"[:1]],
    "gbk": [b"\x95\x5c", b"\x81\x60", b"\x84\x7c"],
    "sjis": [b"\x95\x5c", b"\x83\x60", b"\x83\x5c"],
}
BETWEEN = [
    b"\n",
    b"\r\n \t",
    b"\n-- it's; a comment\n",
    b"\n--\n",
    b"\n# don't; \"\n",
    b"/* a;\n' ` \" */\n",
    b"/*!99999 no server runs it */\n",
]


class Stream(NamedTuple):
    """charset: of the client, and of the text, which says so itself."""

    charset: str
    text: bytes


def quoted(escapes: bool, charset: str) -> st.SearchStrategy[bytes]:
    """A literal that both quotes may open."""

    def literal(quote: bytes) -> st.SearchStrategy[bytes]:
        other = b'"' if quote == b"'" else b"'"
        inside = [*HOSTILE, *LINES, *TWO_BYTES[charset], quote * 2, other, b"`"]
        inside += [b"\\\\", b"\\" + quote, b"\\;", b"\\n", b"\\0"] if escapes else [b"\\", b"\\\\", b"\\;"]
        return st.lists(st.sampled_from(inside), max_size=8).map(lambda parts: quote + b"".join(parts) + quote)

    return st.one_of(literal(b"'"), literal(b'"'))


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    charset = draw(st.sampled_from(sorted(TWO_BYTES)))
    escapes, delimiter, text = True, b";", b"SET NAMES %s;\n" % charset.encode()
    for number in range(draw(st.integers(1, 6))):
        if draw(st.booleans()):
            escapes = not escapes
            text += b"SET sql_mode = '%s'%s" % (b"" if escapes else b"NO_BACKSLASH_ESCAPES", delimiter)
        if draw(st.booleans()):
            delimiter = draw(st.sampled_from([b";", b";;", b"$$", b"//", b"~~~"]))
            text += b"\nDELIMITER " + delimiter + b"\n"
        values = [b"BINARY " + one for one in draw(st.lists(quoted(escapes, charset), min_size=1, max_size=3))]
        values += draw(st.lists(st.sampled_from([b"1--1", b"7 /* ; ' */", b"4 -- ;'\n", b'6#;"\n', b"-5", b"8/2"])))
        gap = draw(st.sampled_from([b"", b" ", b"\n", b"/* ' */", b"/*!50003 */", b" -- `;\n"]))
        row = b"CONCAT(" + (gap + b"," + gap).join(values) + b")"
        told = b"INSERT INTO seen VALUES (%d, %s)" % (number, row)
        if draw(st.booleans()) and b"*/" not in told:
            told = b"/*!50003 " + told + b" */ "
        text += told + delimiter + draw(st.sampled_from(BETWEEN))
    return Stream(charset, text)


@pytest.fixture(scope="module")
def server(server_kind: str) -> Iterator[Server]:
    with Sandbox.up(server=server_kind, replicas=0) as box:
        box.source.execute("CREATE DATABASE split")
        yield box.source


def by_the_client(server: Server, stream: Stream) -> None:
    argv = server.mysql_argv(f"--default-character-set={stream.charset}", "--binary-mode", "split")
    done = subprocess.run(argv, input=stream.text, capture_output=True, check=False)
    assert not done.returncode, done.stderr.decode(errors="replace")


def by_us(server: Server, stream: Stream) -> None:
    with Session(Login(host="localhost", port=0, user="root", unix_socket=server.socket), log_bin=False) as session:
        session.execute("USE split")
        # One byte at a time where it is short: what stands at the end of a chunk is seen in every state.
        step = 1 if len(stream.text) < 300 else 97
        chunks = (stream.text[at : at + step] for at in range(0, len(stream.text), step))
        for statement in statements(chunks):
            session.send(statement.text)


def left(server: Server) -> list[tuple[int, bytes]]:
    rows = server.rows("SELECT n, HEX(v) AS v FROM split.seen ORDER BY n")
    return [(row["n"], bytes.fromhex(row["v"])) for row in rows]


CASES = {
    "a backslash as second byte": Stream(
        "gbk", b"SET NAMES gbk;\nINSERT INTO seen VALUES (1, BINARY '\x95\x5c');INSERT INTO seen VALUES (2, '\\';');"
    ),
    "backslash, delimiter and backtick": Stream(
        "sjis", b"SET NAMES sjis;\nINSERT INTO seen VALUES (1, BINARY '\x95\x5c;\x83\x60');\n"
    ),
    "escaped quotes": Stream(
        "utf8mb4", b"INSERT INTO seen VALUES (1, 'a\\\\');INSERT INTO seen VALUES (2, 'it''s; \\\\\\'');"
    ),
    "no escapes": Stream(
        "utf8mb4",
        b"SET sql_mode=NO_BACKSLASH_ESCAPES;INSERT INTO seen VALUES (1, '\\');INSERT INTO seen VALUES (2, 'b');",
    ),
    "a version comment": Stream("utf8mb4", b"/*!50003 INSERT INTO seen VALUES (1, CONCAT('a;*/', /* ; */ 'b')) */;\n"),
    "comments of no server": Stream(
        "utf8mb4", b"INSERT INTO seen VALUES (1, 5 /*!99999 + 1 */);-- x\nINSERT INTO seen VALUES (2, 5--5);"
    ),
    "delimiters": Stream(
        "utf8mb4", b"DELIMITER //\nINSERT INTO seen VALUES (1, 8/2)//\nDELIMITER ;\nINSERT INTO seen VALUES (2, '//');"
    ),
}


@pytest.mark.parametrize("stream", CASES.values(), ids=CASES)
def test_what_has_misled_readers(server: Server, stream: Stream) -> None:
    assert_equal(server, stream)


def test_whatever_comes(server: Server) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(streams())
    def holds(stream: Stream) -> None:
        assert_equal(server, stream)

    holds()


def assert_equal(server: Server, stream: Stream) -> None:
    found = []
    for load in (by_the_client, by_us):
        server.execute("DROP TABLE IF EXISTS split.seen")
        server.execute("CREATE TABLE split.seen (n INT PRIMARY KEY, v VARBINARY(4000))")
        load(server, stream)
        found.append(left(server))
    assert found[0] == found[1]
    assert found[0]
