# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statement splitter, construct by construct. What the real server takes, the reader must cut out whole."""

import gzip
import os
import tracemalloc

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import (
    Comment,
    IncompleteDump,
    Statement,
    read,
    statements,
)

FIXTURES = os.path.join(os.path.dirname(__file__), "fixtures", "dumps")


def chunked(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


def texts(data):
    """The statements' texts, the same however the stream is cut."""
    found = [item.text for item in statements([data])]
    for size in (1, 2, 3, 7):
        assert [item.text for item in statements(chunked(data, size))] == found, size
    return found


ONE = [
    pytest.param(b"SELECT 1", id="plain"),
    pytest.param(b"INSERT INTO t VALUES (';',';\n','-- x\n','# x','/* x','*/','`','\"')", id="marks in a string"),
    pytest.param(rb"INSERT INTO t VALUES ('\'','\\','\\\';','a\\\\')", id="backslash escapes"),
    pytest.param(b"INSERT INTO t VALUES ('''','a'';b','')", id="doubled single quotes"),
    pytest.param(b'SELECT ";", """;", "\';", "\\";"', id="double quotes"),
    pytest.param(b"SELECT `;`, `a``;`, `'`, `\\`, `--`", id="backticks know no backslash"),
    pytest.param(
        b"INSERT INTO t VALUES ('\x00\xff\r\n\x1a;\n-- Dump completed on 2020-01-01 10:00:00\n')", id="any byte"
    ),
    pytest.param(b"INSERT INTO t VALUES (-1,1-1,1--1,4/2,2*3,-(-1))", id="signs that open no comment"),
    pytest.param(b"INSERT INTO t VALUES (0x3B27,b'1',_binary ';',N';',x'3B',\\N)", id="literals"),
    pytest.param(b"SELECT 1 -- don't; stop\n, 2", id="dash comment inside"),
    pytest.param(b"SELECT 1 --\t; tab\n, 2 --\n", id="dash comment with other blanks"),
    pytest.param(b"SELECT 1 # don't; stop\n, 2", id="hash comment inside"),
    pytest.param(b"SELECT /* it's; */ 1 /**/ /***/ /* * / */", id="block comments inside"),
    pytest.param(b"SELECT /*+ MAX_EXECUTION_TIME(1); ' */ 1", id="optimizer hint"),
    pytest.param(b"/*!40101 SET NAMES utf8 */", id="version comment"),
    pytest.param(
        b"/*!50003 CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END */", id="semicolon in a version comment"
    ),
    pytest.param(b"/*!50001 CREATE VIEW v AS SELECT '*/;' AS a */", id="end mark in a string in a version comment"),
    pytest.param(b"/*!50003 SELECT /* it's */ 1 /*!50001 , 2 */ ; */", id="comments in a version comment"),
    pytest.param(
        b"/*!50003 BEGIN -- don't */ ;\n SELECT 1 # isn't */\n ; END */", id="line comments in a version comment"
    ),
    pytest.param(
        b"/*!50003 CREATE*/ /*!50017 DEFINER=`a;`@`%`*/ /*!50003 TRIGGER t BEGIN ; END */", id="three of them"
    ),
    pytest.param(b"SELECT 6 */*!80000 2 **/ 3", id="stars beside a version comment"),
    pytest.param(b"SELECT 1 /*!99999 ' */ /*!999999 ; */", id="version comments that no server runs"),
    pytest.param(b"CREATE TABLE t (\n  a int, -- it's\n  b int\n)", id="several lines"),
    pytest.param(b"INSERT INTO t VALUES (" + b"'a;',-1," * 3000 + b"1)", id="thousands of strings"),
    pytest.param(b"SELECT 1 /", id="half a mark before the delimiter"),
]


@pytest.mark.parametrize("text", ONE)
@pytest.mark.parametrize("after", [b"", b"\n", b"\r\n", b" \n-- end\n", b"SELECT 2;\n"])
def test_one_statement_is_cut_out_whole(text, after):
    assert texts(text + b";" + after) == [text] + ([b"SELECT 2"] if b"2" in after else [])


MANY = [
    ("empty statements", b";;\n ; SELECT 1;;", [b"SELECT 1"]),
    ("nothing", b"", []),
    ("blanks only", b" \r\n\t\n", []),
    ("comments only", b"-- a; b\n# c\n/* d; */\n--\n--no blank;\n-- no newline", []),
    ("byte order mark", b"\xef\xbb\xbf-- a\nSELECT 1;", [b"SELECT 1"]),
    ("CRLF", b"-- a\r\nSELECT\r\n1;\r\nSELECT 2;\r\n", [b"SELECT\r\n1", b"SELECT 2"]),
    ("one line", b"SELECT 1;SELECT ';';/* ; */SELECT 3;", [b"SELECT 1", b"SELECT ';'", b"SELECT 3"]),
    ("blank before the delimiter is kept", b"/*!50003 SET x = 1 */ ;\n", [b"/*!50003 SET x = 1 */ "]),
    ("MariaDB's sandbox line", b"/*!999999\\- enable the sandbox mode */ \n-- MariaDB dump\nSELECT 1;", [b"SELECT 1"]),
    ("comment of MariaDB alone", b"/*M!100616 SET NOTE_VERBOSITY=0 */;\nSELECT 1;", [b"SELECT 1"]),
    (
        "delimiter ;;",
        b"DELIMITER ;;\nBEGIN; END ;;\nSELECT 1;;\nDELIMITER ;\nSELECT 2;",
        [b"BEGIN; END ", b"SELECT 1", b"SELECT 2"],
    ),
    (
        "delimiter //",
        b"delimiter //\nSELECT 4/2, ';' /* // */ //\n  DELIMITER ;  \nSELECT 2;",
        [b"SELECT 4/2, ';' /* // */ ", b"SELECT 2"],
    ),
    ("delimiter $$", b"DELIMITER $$\r\nSELECT $a; $$\r\nDELIMITER ;\r\nSELECT 2;", [b"SELECT $a; ", b"SELECT 2"]),
    ("delimiter --", b"DELIMITER --\nSELECT 1-1 --\nDELIMITER ';'\nSELECT 2;", [b"SELECT 1-1 ", b"SELECT 2"]),
    (
        "delimiter of a word",
        b"DELIMITER go\nSELECT gg, 'go' go DELIMITER ;\nSELECT 2;",
        [b"SELECT gg, 'go' ", b"SELECT 2"],
    ),
    (
        "mysqlbinlog",
        (
            b"DELIMITER /*!*/;\n# at 4\n/*!\\C latin1 *//*!*/;\nSET x=1/*!*/;\nINSERT INTO t VALUES ('/*!*/;')\n"
            b"/*!*/;\n/*!80001 SET y=0*//*!*/;\nBINLOG '\nAA==\n'/*!*/;\nDELIMITER ;\nSELECT 1;"
        ),
        [
            b"SET x=1",
            b"INSERT INTO t VALUES ('/*!*/;')\n",
            b"/*!80001 SET y=0*/",
            b"BINLOG '\nAA==\n'",
            b"SELECT 1",
        ],
    ),
    (
        "no backslash escapes",
        b"SET sql_mode='NO_BACKSLASH_ESCAPES';SELECT '\\';SET sql_mode='';SELECT '\\';';",
        [b"SET sql_mode='NO_BACKSLASH_ESCAPES'", b"SELECT '\\'", b"SET sql_mode=''", b"SELECT '\\';'"],
    ),
    (
        "quotes as in ANSI",
        b"SET SESSION sql_mode='ANSI';SELECT \"\\\";SELECT '\\';';",
        [b"SET SESSION sql_mode='ANSI'", b'SELECT "\\"', b"SELECT '\\';'"],
    ),
    (
        "gbk",
        b"/*!40101 SET NAMES gbk */;SELECT '\x81\\','\xd5\\''\xff\\';';SELECT `\x81``;SELECT '\\\x81';",
        [b"/*!40101 SET NAMES gbk */", b"SELECT '\x81\\','\xd5\\''\xff\\';'", b"SELECT `\x81``", b"SELECT '\\\x81'"],
    ),
    (
        "gbk outside strings",
        b"SET NAMES gbk;SELECT \x81\\, \x81`, '\x81', \x81 ;SELECT 2;",
        [b"SET NAMES gbk", b"SELECT \x81\\, \x81`, '\x81', \x81 ", b"SELECT 2"],
    ),
    (
        "gbk, thousands of characters",
        b"SET NAMES gbk;SELECT " + b"\x81\\ \x81`" * 3000 + b";SELECT 2;",
        [b"SET NAMES gbk", b"SELECT " + b"\x81\\ \x81`" * 3000, b"SELECT 2"],
    ),
    (
        "sjis",
        b"SET character_set_client = sjis;SELECT '\x95\\','\xe0\\','\xb1\\';';SELECT 2;",
        [b"SET character_set_client = sjis", b"SELECT '\x95\\','\xe0\\','\xb1\\';'", b"SELECT 2"],
    ),
    (
        "big5",
        b"SET NAMES big5;SELECT '\xa5\\','\x81\\';';SELECT 2;",
        [b"SET NAMES big5", b"SELECT '\xa5\\','\x81\\';'", b"SELECT 2"],
    ),
    (
        "back to utf8",
        b"SET NAMES gbk;SET NAMES utf8;SELECT '\x81\\';';SELECT 2;",
        [b"SET NAMES gbk", b"SET NAMES utf8", b"SELECT '\x81\\';'", b"SELECT 2"],
    ),
]


@pytest.mark.parametrize(("data", "expected"), [row[1:] for row in MANY], ids=[row[0] for row in MANY])
def test_several_statements(data, expected):
    assert texts(data) == expected


def test_a_statement_knows_its_place():
    data = b"\xef\xbb\xbf-- a\n\nSELECT\n';\n';  SELECT 2;;\n"
    assert list(read(chunked(data, 3))) == [
        Comment(b"-- a\n", 1, 3, 8),
        Statement(b"SELECT\n';\n'", 3, 9, 21),
        Statement(b"SELECT 2", 5, 23, 32),
    ]


# What mysqldump 9.7.4 writes for bodies that end in a comment; the mysql client swallows what follows (error 1064).
HIDDEN = [
    pytest.param(b"/*!50003 TRIGGER t SET NEW.a = 1 -- don't */;;\nDELIMITER ;\n",
                 b"/*!50003 TRIGGER t SET NEW.a = 1 -- don't \n*/", id="trigger"),
    pytest.param(b"CREATE PROCEDURE p() SELECT 1 # it's ;;\nDELIMITER ;\n",
                 b"CREATE PROCEDURE p() SELECT 1 # it's ", id="routine"),
    pytest.param(b"/*!50106 EVENT e DO SELECT 1 -- don't */ ;;\n/*!50003 SET time_zone = @saved */ ;;\nDELIMITER ;\n",
                 b"/*!50106 EVENT e DO SELECT 1 -- don't \n*/", id="event"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), HIDDEN)
def test_a_body_that_ends_in_a_comment_hides_no_delimiter(written, meant):
    found = texts(b"DELIMITER ;;\n" + written + b"SELECT 2;")
    assert found[0] == meant
    assert found[-1] == b"SELECT 2"
    item = next(statements([b"DELIMITER ;;\n" + written]))
    assert written.startswith((b"DELIMITER ;;\n" + written)[item.offset : item.end])
    assert (b"DELIMITER ;;\n" + written)[: item.end].endswith(b";;")


def test_a_comment_that_only_mentions_the_delimiter_is_a_comment():
    body = b"CREATE PROCEDURE p() BEGIN -- see ;;\nSELECT 1; END "
    assert texts(b"DELIMITER ;;\n" + body + b";;\nDELIMITER ;\n") == [body]


CUT = [
    (b"SELECT 1", "a statement", 1, 0),
    (b"SELECT 1;\nSELECT 'a\n;", "a string", 2, 17),
    (b'SELECT "a', "a string", 1, 7),
    (b"SELECT `a;", "a name", 1, 7),
    (b"SELECT 'a\\", "a string", 1, 7),
    (b"SELECT 1; /* a;", "a comment", 1, 10),
    (b"SELECT /* a;", "a comment", 1, 7),
    (b"\n/*!50003 SELECT 1;", "a version comment", 2, 1),
    (b"SELECT 1 -- a;", "a statement", 1, 0),
    (b"SET NAMES gbk;SELECT '\x81", "a string", 1, 21),
    (b"SET NAMES gbk;SELECT \x81", "a statement", 1, 14),
    (b"DELIMITER ;;\nSELECT 1;", "a statement", 2, 13),
    (b"SELECT 1;\nDELIMITER ", "a DELIMITER line", 2, 10),
    (b"SELECT \\", "a statement", 1, 0),
]


@pytest.mark.parametrize(("data", "what", "line", "offset"), CUT)
@pytest.mark.parametrize("size", [1, 1000])
def test_a_cut_dump_is_told_with_the_place(data, what, line, offset, size):
    with pytest.raises(IncompleteDump) as caught:
        list(statements(chunked(data, size)))
    assert what + " that begins here has no end" in caught.value.found
    assert (caught.value.facts["line"], caught.value.facts["offset"]) == (line, offset)
    assert "line %d, byte %d" % (line, offset) in str(caught.value)


REFUSED = [
    b"source other.sql\nSELECT 1;",
    b"  SOURCE other.sql",
    b"\\. other.sql\nSELECT 1;",
    b"system rm -rf x\n",
    b"\\! rm x\n",
    b"SELECT 1\\G\n",
    b"SELECT 1;\nquit;\nSELECT 2;",
    b"tee /tmp/x\n",
    b"/*!50003 SELECT 1 \\g */;",
]


@pytest.mark.parametrize("data", REFUSED)
def test_commands_of_the_client_are_refused_by_name(data):
    with pytest.raises(BadInput, match="a command of the mysql client, `") as caught:
        list(statements([data]))
    assert not isinstance(caught.value, IncompleteDump)
    assert caught.value.next_step


@pytest.mark.parametrize("line", [b"DELIMITER\n", b"DELIMITER  \nSELECT 1;", b"DELIMITER \\\n"])
def test_a_delimiter_line_needs_a_delimiter(line):
    with pytest.raises(BadInput, match="without a usable delimiter"):
        list(statements([line]))


def test_words_that_only_begin_like_a_command_are_sql():
    assert texts(b"sourced; SYSTEMS 1; DELIMITERS x; `source`;") == [
        b"sourced",
        b"SYSTEMS 1",
        b"DELIMITERS x",
        b"`source`",
    ]


def test_a_sql_mode_that_cannot_be_followed_is_refused():
    with pytest.raises(BadInput, match="cannot follow what sql_mode becomes"):
        list(statements([b"SET sql_mode=REPLACE(@@sql_mode,'NO_BACKSLASH_ESCAPES','');"]))


def fixture(name):
    path = os.path.join(FIXTURES, name)
    with gzip.open(path) if name.endswith(".gz") else open(path, "rb") as source:
        return source.read()


@pytest.mark.parametrize("name", sorted(os.listdir(FIXTURES)))
def test_real_dumps_read_the_same_however_they_arrive(name):
    data = fixture(name)
    whole = list(read([data]))
    assert len(whole) > 3
    for size in (1, 5, 64, 1000):
        assert list(read(chunked(data, size))) == whole
    for item in whole:
        assert data[item.offset :].startswith(item.text.split(b"\n*/")[0])
        assert item.line == data.count(b"\n", 0, item.offset) + 1


def test_real_gbk_text_is_not_misread():
    inserts = [item.text for item in statements([fixture("mysqldump-wide-gbk.sql.gz")]) if item.text[:6] == b"INSERT"]
    assert inserts == [
        (
            b"INSERT INTO `t` VALUES ('\x81\\',_binary '\x81\\\\'\x81\\\xb2\\\\\\\\'\xff\\''),"
            b"('a\x81\\;\xd5\\\x81`\\'\\\\',_binary '\\\x81\\''),('x',_binary '\xe9\\')"
        )
    ]


def test_memory_is_that_of_the_largest_statement():
    size = 1 << 20
    statement = b"INSERT INTO t VALUES ('" + b"a" * size + b"');\n"

    def stream():
        for _chunk in range(40):
            for start in range(0, len(statement), 100000):
                yield statement[start : start + 100000]

    tracemalloc.start()
    count = sum(1 for _statement in statements(stream()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 40
    assert peak < 5 * size
