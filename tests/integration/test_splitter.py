# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The splitter takes a text apart as the mysql client does, whatever a person or a program may write into it.

Both run the same text against the same server: what each statement returns has to be the same, and in the same order.
SPLITTER_TEXTS says how many texts there are for each character set (20).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import statements
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server as Session
from sandbox import builds
from sandbox.server import Server
from sandbox.topology import Sandbox

TEXTS = int(os.environ.get("SPLITTER_TEXTS", "20"))
# What a string may hold, wherever a quote has its usual meaning
ANYWHERE = [
    b"a",
    b";",
    b"-- ",
    b"--",
    b"#",
    b"/*",
    b"*/",
    b"/*!",
    b"\n",
    b"\r\n",
    b"\ndelimiter $$\n",
    b"`",
    b"$$",
    b" ",
]
ESCAPES = [rb"\\", rb"\'", rb"\"", rb"\n", rb"\0", rb"\;", rb"\-"]
# Characters whose second byte is a backslash or a backtick
TWO_BYTES = {
    "gbk": [b"\xd5\x5c", b"\x81\x60", b"\xb0\xa1"],
    "sjis": [b"\x83\x5c", b"\x95\x60", b"\x88\xa0"],
    "utf8mb4": ["\N{GRINNING FACE}".encode()],
}
COMMENTS = [
    b"-- it's; \"`\n",
    b"# it's; */\n",
    b"--\n",
    b"/* it's; `\" */\n",
    b"/* -- \n */\n",
    b"/**/\n",
    b"/*!40101 SET @kept = 'it''s; */' */%s\n",
    b"/*!99999 not; for any */\n",
]


@st.composite
def strings(draw: st.DrawFn, charset: str, escapes: bool) -> bytes:
    quote, other = draw(st.sampled_from([(b"'", b'"'), (b'"', b"'")]))
    units = [*ANYWHERE, other, quote * 2, *TWO_BYTES[charset], *(ESCAPES if escapes else [b"\\"])]
    return quote + b"".join(draw(st.lists(st.sampled_from(units), max_size=6))) + quote


@st.composite
def texts(draw: st.DrawFn, charset: str) -> bytes:
    """Statements that each return what they read, with everything between them that may confuse."""
    text, escapes, delimiter = b"", True, b";"
    for number in range(draw(st.integers(1, 6))):
        change = draw(st.sampled_from(["none", "none", "escapes", "delimiter", "comment", "comment"]))
        if change == "escapes":
            escapes = not escapes
            mode = b"" if escapes else b"NO_BACKSLASH_ESCAPES"
            text += b"SET SESSION sql_mode = '%s'%s\n" % (mode, delimiter)
        elif change == "delimiter":
            delimiter = draw(st.sampled_from([b";", b"$$", b";;", b"//"]))
            text += b"DELIMITER %s\n" % delimiter
        elif change == "comment":
            text += draw(st.sampled_from(COMMENTS)).replace(b"%s", delimiter)
        values = draw(st.lists(strings(charset, escapes), min_size=1, max_size=3))
        between = draw(st.sampled_from([b",", b" , ", b", /* ' */ ", b",\n-- '\n", b', # "\n']))
        text += b"SELECT %d, HEX(CONCAT(%s)) AS x%s\n" % (number, between.join(values), delimiter)
    return text


class Both:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._login = Login(host="localhost", port=0, user="root", unix_socket=server.socket)

    def by_client(self, text: bytes, charset: str) -> list[str]:
        argv = self._server.mysql_argv(
            "--binary-mode", "--comments", "--skip-column-names", "--batch", f"--default-character-set={charset}"
        )
        done = subprocess.run(argv, input=text, capture_output=True, check=False, timeout=60)
        return [*done.stdout.decode("ascii").splitlines(), *(["refused"] if done.returncode else [])]

    def by_us(self, text: bytes, charset: str) -> list[str]:
        with Session(self._login) as session:
            session.execute(f"SET NAMES {charset}")
            lines: list[str] = []
            for statement in statements(iter([b"SET NAMES %s;\n" % charset.encode(), text])):
                try:
                    session.send(statement.text)
                except ServerError:
                    return [*lines, "refused"]
                lines += ["\t".join(map(_shown, row)) for row in session._connection._result.rows or ()]
            return lines


def _shown(value: object) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value)


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with Sandbox.up(server=builds.modern_spec(), replicas=0) as box:
        yield Both(box.source)


@pytest.mark.parametrize("charset", sorted(TWO_BYTES))
def test_a_text_falls_apart_as_the_client_has_it(both: Both, charset: str) -> None:
    @settings(max_examples=TEXTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(text=texts(charset))
    def check(text: bytes) -> None:
        assert both.by_us(text, charset) == both.by_client(text, charset), text

    check()
