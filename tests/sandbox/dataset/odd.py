# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that need quoting, older charsets, and an engine without transactions."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .record import Row, Table, many
from .schemas import ARCHIVE, ODD
from .strings import prose


def _double_byte(second: int) -> list[bytes]:
    """Every gbk character whose second byte is this one and that Unicode has: others do not survive mysqldump."""
    pairs = (bytes([first, second]) for first in range(0x81, 0xFF))
    return [pair for pair in pairs if len(pair.decode("gbk", "replace")) == 1]


# a backslash, a quote-like byte and a plain letter as the second byte of a character
GBK: tuple[bytes, ...] = tuple(_double_byte(0x5C) + _double_byte(0x60) + _double_byte(0x41))


def _chinese(random: Random, scale: float) -> Iterator[Row]:
    for number, character in enumerate(GBK, 1):
        yield number, character, character + b"'\\" + character + b'"'
    for number in range(1000, 1000 + many(200, scale)):
        text = b"".join(random.choices(GBK, k=20))
        yield number, text[:20], text


def _western(random: Random, scale: float) -> Iterator[Row]:
    for byte in range(256):
        yield byte, bytes([byte]) if byte != 0x20 else b"", bytes(range(256))[byte:]
    for number in range(256, 256 + many(200, scale)):
        yield number, b"caf\xe9", bytes(random.choices(range(0xA0, 0x100), k=80))


def _words(random: Random, scale: float) -> Iterator[Row]:
    for number in range(1, many(200, scale) + 1):
        yield number * 7, prose(random, 5)


TABLES: tuple[Table, ...] = (
    Table(
        ARCHIVE,
        "chinese",
        "(id INT NOT NULL PRIMARY KEY, short VARCHAR(30), line TEXT, KEY by_short (short)) "
        "ENGINE=InnoDB DEFAULT CHARSET=gbk COMMENT='\u8aa0'",
        ("id", "short", "line"),
        _chinese,
    ),
    Table(
        ARCHIVE,
        "western",
        "(id INT NOT NULL PRIMARY KEY, letter VARCHAR(4), line TEXT, KEY by_letter (letter)) ENGINE=InnoDB",
        ("id", "letter", "line"),
        _western,
    ),
    Table(
        ARCHIVE,
        "old_engine",
        "(id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, word TEXT, FULLTEXT KEY by_word (word)) ENGINE=MyISAM",
        ("id", "word"),
        _words,
    ),
    Table(
        ODD,
        "with-dash",
        "(`a-b` INT NOT NULL AUTO_INCREMENT PRIMARY KEY, `select` TEXT, KEY `by-select` (`select`(5))) ENGINE=InnoDB",
        ("a-b", "select"),
        _words,
    ),
    Table(
        ODD,
        "back`tick",
        '(`id``` INT NOT NULL PRIMARY KEY, `it\'s; "a" -- column` TEXT, KEY `k``` (`it\'s; "a" -- column`(5))) '
        "ENGINE=InnoDB COMMENT='`;`'",
        ("id`", 'it\'s; "a" -- column'),
        _words,
    ),
    Table(
        ODD,
        "\u8868 \u00fc",
        "(`\u5217` INT NOT NULL PRIMARY KEY, `\u00e9` VARCHAR(300) CHARACTER SET utf8 COLLATE utf8_bin) ENGINE=InnoDB",
        ("\u5217", "\u00e9"),
        lambda _random, scale: ((number, "\u20ac" * (number % 9)) for number in range(many(50, scale))),
        # mysqldump 9.7 cannot find a table of such a name on 5.6 unless told --init-command="SET NAMES utf8mb4": it
        # asks for collation 255, which 5.6 does not know and replaces by the server's own, here latin1
        since=(5, 7, 0),
    ),
)
