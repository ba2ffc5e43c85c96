# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How sql_mode and character set are followed through a dump's own statements."""

import tracemalloc

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_session import Session

PLAIN = (True, False, "utf8mb4")

# statements -> backslash escapes, ANSI quotes, character set
FOLLOWED = [
    ([], PLAIN),
    (["SET sql_mode='NO_BACKSLASH_ESCAPES'"], (False, False, "utf8mb4")),
    (['SET @@session.sql_mode := "ansi_quotes, no_backslash_escapes"'], (False, True, "utf8mb4")),
    (["SET LOCAL SQL_MODE='ANSI'"], (True, True, "utf8mb4")),
    (["SET SESSION sql_mode='ORACLE'"], (True, True, "utf8mb4")),
    (["SET sql_mode=1048580"], (False, True, "utf8mb4")),
    (["SET sql_mode=4"], (True, True, "utf8mb4")),
    (["SET sql_mode=0"], PLAIN),
    (["SET sql_mode='NO_BACKSLASH_ESCAPES'", "SET sql_mode=DEFAULT"], PLAIN),
    (["SET GLOBAL sql_mode='NO_BACKSLASH_ESCAPES'"], PLAIN),
    (["SET @@GLOBAL.sql_mode='NO_BACKSLASH_ESCAPES'"], PLAIN),
    (["SET PERSIST sql_mode='NO_BACKSLASH_ESCAPES'"], PLAIN),
    (["SET @sql_mode='NO_BACKSLASH_ESCAPES'"], PLAIN),
    (["SET @a='x, sql_mode=NO_BACKSLASH_ESCAPES'"], PLAIN),
    (["SELECT 'SET sql_mode=''NO_BACKSLASH_ESCAPES'''"], PLAIN),
    (["SET @m='NO_BACKSLASH_ESCAPES', sql_mode=@m"], (False, False, "utf8mb4")),
    (["SET sql_mode=@never_set"], PLAIN),
    (["SET sql_mode=CONCAT(@@sql_mode,',NO_BACKSLASH_ESCAPES')"], (False, False, "utf8mb4")),
    (
        ["SET sql_mode='NO_BACKSLASH_ESCAPES'", "SET sql_mode=CONCAT(@@sql_mode,',STRICT_ALL_TABLES')"],
        (False, False, "utf8mb4"),
    ),
    (
        ["SET sql_mode='ANSI_QUOTES'", "SET sql_mode=(SELECT REPLACE(@@sql_mode,'ONLY_FULL_GROUP_BY',''))"],
        (True, True, "utf8mb4"),
    ),
    (["SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI'", "SET SQL_MODE=IFNULL(@OLD_SQL_MODE,'')"], PLAIN),
    (["SET NAMES gbk"], (True, False, "gbk")),
    (["set names 'GBK' COLLATE 'gbk_bin'"], (True, False, "gbk")),
    (["SET CHARACTER SET sjis"], (True, False, "sjis")),
    (["SET CHARSET big5"], (True, False, "big5")),
    (["SET character_set_client = gbk"], (True, False, "gbk")),
    (["SET @@character_set_client='cp932'"], (True, False, "cp932")),
    (["SET character_set_results = gbk"], PLAIN),
    (["SET NAMES gbk", "SET character_set_client = DEFAULT"], PLAIN),
    # what mysqldump writes around tables and programs
    (
        [
            "/*!40101 SET NAMES gbk */",
            "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
            "/*!50003 SET @saved_cs_client      = @@character_set_client */ ",
            "/*!50003 SET character_set_client  = utf8mb4 */ ",
            "/*!50003 SET @saved_sql_mode       = @@sql_mode */ ",
            "/*!50003 SET sql_mode              = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */ ",
        ],
        (False, True, "utf8mb4"),
    ),
    (
        [
            "/*!40101 SET NAMES gbk */",
            "SET @saved_cs_client     = @@character_set_client",
            "/*!50503 SET character_set_client = utf8mb4 */",
            "/*!50003 SET @saved_sql_mode       = @@sql_mode */ ",
            "/*!50003 SET sql_mode              = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */ ",
            "/*!50003 SET sql_mode              = @saved_sql_mode */ ",
            "/*!40101 SET character_set_client = @saved_cs_client */",
        ],
        (True, False, "gbk"),
    ),
    (["SET @@session.character_set_client=28,@@session.collation_connection=28"], (True, False, "gbk")),
    (["SET @@session.character_set_client=45", "SET @@session.sql_mode=1049604/*!*/"], (False, True, "45")),
]


@pytest.mark.parametrize(("texts", "expected"), FOLLOWED, ids=[" ".join(row[0])[-60:] for row in FOLLOWED])
def test_settings_are_followed(texts, expected):
    session = Session()
    for text in texts:
        session.follow(text.encode())
    assert (session.syntax.backslash_escapes, session.syntax.ansi_quotes, session.syntax.charset) == expected


@pytest.mark.parametrize("call", ["REPLACE(@@sql_mode,'ANSI_QUOTES','')", "(SELECT 'NO_BACKSLASH_ESCAPES')"])
def test_what_cannot_be_followed_is_refused(call):
    with pytest.raises(BadInput, match="cannot follow"):
        Session().follow(b"SET sql_mode=" + call.encode())


def test_a_large_set_takes_little_memory():
    text = b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '%s'" % (b"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,\n" * 10000)
    tracemalloc.start()
    Session().follow(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * len(text)


def test_a_delimiter_outlives_a_set():
    session = Session()
    session.delimit(b"//")
    session.follow(b"SET NAMES gbk")
    assert (session.syntax.delimiter, session.syntax.charset) == (b"//", "gbk")
