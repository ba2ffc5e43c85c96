# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The index is read as it was meant, and is not believed where it leads elsewhere."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog import index

A, B = "./relay-bin.000001", "./relay-bin.000002"
_EVERY = settings(deadline=None, max_examples=200)


@pytest.mark.parametrize(
    ("text", "names", "kinds"),
    [
        ("", [], []),
        ("\n", [], ["blank_line"]),
        (A + "\n" + B + "\n", [A, B], []),
        (A + "\n" + B, [A, B], ["no_final_newline"]),
        (A + "\r\n" + B + "\r\n", [A, B], ["crlf", "crlf"]),
        (A + "\nx\n" + B + "\n", [A, B], ["blank_line"]),
        (A + "\n" + A + "\n", [A], ["duplicate"]),
        (B + "\n" + A + "\n", [B, A], ["order"]),
        (A + "\n./relay-bin.000009\n", [A, "./relay-bin.000009"], ["gap"]),
        (A + "\n" + "\0" * 30, [A], ["no_final_newline", "zeros", "blank_line"]),
        ("./a b.000001\n./a b.000002\n", ["./a b.000001", "./a b.000002"], []),
        (".\\relay-bin.000001\n.\\relay-bin.000002\n", [".\\relay-bin.000001", ".\\relay-bin.000002"], []),
    ],
)
def test_43_what_an_index_says(text, names, kinds):
    found = index.parse(text.encode())
    assert (found.names, [finding.kind for finding in found.findings]) == (names, kinds)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b"", []),
        (b"./r.000001\n./r.000002\n", [b"./r.000001", b"./r.000002"]),
        (b"./r.000001\r\n./r.000002\r\n", [b"./r.000001\r", b"./r.000002\r"]),
        (b"./r.000001\n\n./r.000002\n", [b"./r.000001"]),
        (b"./r.000001\n./r.000002", [b"./r.000001", b"./r.00000"]),
        (b"\n", []),
    ],
)
def test_what_a_server_reads_in_it(text, read):
    """sql/binlog.cc: my_b_gets() up to a newline, and fname[length - 1] = 0."""
    assert index.as_read(text) == read


@_EVERY
@given(st.lists(st.binary(min_size=2, max_size=30).filter(lambda line: not set(line) & set(b"\n\r\0")), unique=True))
def test_43_every_name_comes_back_to_its_bytes(lines):
    data = b"".join(line + b"\n" for line in lines)
    names = index.parse(data).names
    assert index.render(names) == data or len(names) < len(lines), "a text that is not UTF-8 may be shorter than 2"


@_EVERY
@given(st.binary(max_size=400))
@example(b"\xc2\x00\x80")
def test_anything_is_an_index_that_can_be_mended(data):
    names = index.parse(data).names
    assert index.parse(index.render(names)).names == names
    assert not {"crlf", "no_final_newline", "blank_line", "zeros", "duplicate"} & {
        finding.kind for finding in index.parse(index.render(names)).findings
    }


@pytest.mark.parametrize(
    ("name", "log_directory", "path"),
    [
        (A, None, "/data/relay-bin.000001"),
        ("relay-bin.000001", None, "/data/relay-bin.000001"),
        ("sub/relay-bin.000001", None, "/data/sub/relay-bin.000001"),
        (A, "/logs", "/logs/relay-bin.000001"),
        ("../x/relay-bin.000001", "/logs", "/logs/relay-bin.000001"),
        ("/else/relay-bin.000001", "/logs", "/else/relay-bin.000001"),
        (".\\relay-bin.000001", None, "/data/relay-bin.000001"),
    ],
)
def test_where_mysqld_looks_for_an_entry(name, log_directory, path):
    assert index.path_of(name, "/data", log_directory) == path


@pytest.mark.parametrize(
    ("names", "base"),
    [
        (["./mysql-bin.000001"], "relay-bin"),
        ([A, "./other.000002"], None),
        (["./relay-bin.index"], None),
        (["./relay-bin.00001"], None),
        (["../relay-bin.000001"], "relay-bin"),
        (["./x/../relay-bin.000001"], "relay-bin"),
        (["./" + "x" * 510 + ".000001"], None),
    ],
)
def test_what_is_no_log_of_the_channel_is_refused(names, base):
    with pytest.raises(Refused) as caught:
        index.guard(names, "/data/relay-bin.index", base)
    assert caught.value.where.startswith("/data/relay-bin.index, line ")


def test_names_of_channels():
    assert index.for_channel("relay-bin", "") == "relay-bin"
    assert index.for_channel("relay-bin", "ch_1") == "relay-bin-ch_1"
    assert index.for_channel("relay-bin", "a-b c") == "relay-bin-a@002db@0020c"
    assert index.for_channel("relay-bin", "\u00e4") is None
