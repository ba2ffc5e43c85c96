# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strings that break tools which read a dump, build SQL or count bytes without care."""

from __future__ import annotations

from random import Random

HOSTILE: tuple[str, ...] = (
    "",
    " ",
    "trailing spaces  ",
    "it's",
    'say "hi"',
    "`ticked`",
    "back\\slash",
    "C:\\new\\table\\",
    "\\",
    "\\'",
    "\\N",
    "NULL",
    "two\nlines",
    "dos\r\nlines\r\n",
    "tab\tand\x0bfeed\x0c",
    "nul\0inside\0",
    "\0",
    "ctrl-Z \x1a here",
    "\x1b[31mred\x1b[0m",
    "semi;colon; DROP TABLE nothing;",
    "-- not a comment",
    "# nor this",
    "/* nor this */",
    "/*!50001 SELECT 'not run' */",
    "/* never closed",
    "'); -- ",
    "',(1,2),('",
    "DELIMITER //",
    "\nDELIMITER ;;\n",
    ";;",
    "100 % of %s and %(name)s, {{ braces }} and $HOME",
    # lines of which a reader of dumps must not believe that they are the dump's own
    "\n-- Dump completed on 2020-01-01  0:00:00\n",
    "\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '00000000-0000-0000-0000-000000000000:1-9';\n",
    "\nINSERT INTO `customers` VALUES (1,'x');\n",
    "\n-- Table structure for table `nothing`\n",
    "\nUSE `mysql`;\n",
    "emoji \U0001f42c\U0001f9ad and a family \U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\u4e2d\u6587 \u65e5\u672c\u8a9e \ud55c\uad6d\uc5b4",
    "\u05e2\u05d1\u05e8\u05d9\u05ea and \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "e\u0301 is not \u00e9",
    "\ufeffmark \u2028separator",
    "<script>alert('x')</script> & more",
    "0x41",
    "1e309",
)

WORDS = (
    "amber anchor basalt beacon cedar cobalt delta dune ember falcon fjord glacier granite harbour heron indigo island "
    "jasper kelp lagoon lantern maple meadow nectar oasis opal pebble quartz raven reef saffron sierra tundra umber "
    "velvet willow yarrow zephyr"
).split()


def prose(random: Random, words: int) -> str:
    """A line of plain words, with a hostile string in it now and then."""
    text = " ".join(random.choices(WORDS, k=words))
    return f"{text} {random.choice(HOSTILE)}" if random.random() < 0.1 else text
