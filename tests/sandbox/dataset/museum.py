# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A column of every type, each with its extreme and its odd values.

What mysqldump itself cannot carry stays out, or no reload could ever be equal: a FLOAT of more than six digits and
the sign of a zero.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from random import Random

from .record import Row, Table, many
from .schemas import MUSEUM
from .strings import HOSTILE, prose

EVERY_BYTE = bytes(range(256))


def _numbers(random: Random, scale: float) -> Iterator[Row]:
    yield (1, -128, 255, -32768, -8388608, -(2**31), -(2**63), 2**64 - 1, "-99999999999999999999.9999999999",
           -3.40282e38, -1.7976931348623157e308, b"\x00", b"\x00" * 8, 7)  # fmt: skip
    yield (2, 127, 0, 32767, 8388607, 2**31 - 1, 2**63 - 1, 0, "99999999999999999999.9999999999",
           3.40282e38, 2.2250738585072014e-308, b"\x01", b"\xff" * 8, 0)  # fmt: skip
    yield 3, 0, 0, 0, 0, 0, 0, 0, "0.0000000001", 0.0, 5e-324, b"\x01", b"\x00\x00\x00\x00\x00\x00'\\", 42
    yield 4, *(None,) * 13
    for number in range(5, many(500, scale) + 5):
        yield (number, random.randrange(-128, 128), random.randrange(256), random.randrange(-(2**15), 2**15),
               random.randrange(-(2**23), 2**23), random.randrange(-(2**31), 2**31), random.randrange(-(2**63), 2**63),
               random.getrandbits(64), f"{random.getrandbits(60)}.{random.randrange(10**10):010d}",
               float(f"{random.randrange(-999999, 10**6)}e{random.randrange(-20, 20)}"),
               random.random() * 10 ** random.randrange(-300, 300),
               bytes([random.getrandbits(1)]), random.randbytes(8), random.randrange(10**6))  # fmt: skip


def _moments(random: Random, scale: float) -> Iterator[Row]:
    yield 1, "0000-00-00", "0000-00-00 00:00:00", "0000-00-00 00:00:00.000000", "0000-00-00 00:00:00", "-838:59:59", 0
    yield 2, "2024-00-00", "2024-02-00 00:00:00", "9999-12-31 23:59:59.999999", None, "838:59:59.000000", 1901
    yield 3, "1000-01-01", "1000-01-01 00:00:00", "2024-02-29 12:00:00.000001", None, "-00:00:00.000001", 2155
    yield 4, None, None, None, "1970-01-01 00:00:01", None, None
    yield 5, "2038-01-19", "2038-01-19 03:14:07", "2038-01-19 03:14:07.999999", "2038-01-19 03:14:07", "00:00:00", 2038
    for number in range(6, many(300, scale) + 6):
        day = f"{random.randrange(1971, 2037)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
        clock = f"{random.randrange(24):02d}:{random.randrange(60):02d}:{random.randrange(60):02d}"
        micro = f"{random.randrange(10**6):06d}"
        yield (number, day, f"{day} {clock}", f"{day} {clock}.{micro}", f"{day} {clock}", f"{clock}.{micro}",
               random.randrange(1901, 2156))  # fmt: skip


def _texts(random: Random, scale: float) -> Iterator[Row]:
    yield 1, None, None, None, None, None, None, None
    for number, text in enumerate(HOSTILE, 2):
        yield number, text[:20], text, text, text * 3, text, "b", "x,y;z"
    yield 100, "ends in blanks   ", "ends in blanks   ", "\U0001f42c" * 50, "long " * 20000, "", "", ""
    for number in range(101, many(400, scale) + 101):
        yield (number, random.choice(HOSTILE)[:20], prose(random, 8), prose(random, 12), prose(random, 60),
               prose(random, 5), random.choice(("a'b", "b", "c\\d")),
               random.choice(("x", "x,y;z", "y;z", "")))  # fmt: skip


def _blobs(random: Random, scale: float) -> Iterator[Row]:
    yield 1, None, None, None, None
    yield 2, b"", b"", b"", b""
    yield 3, EVERY_BYTE[:16], EVERY_BYTE, EVERY_BYTE, EVERY_BYTE * 400
    yield 4, b"0" * 15 + b"\x00", b"\x00", b"\\0", b"\x00" * 70000
    for number, byte in enumerate(EVERY_BYTE, 10):
        one = bytes([byte])
        yield number, one * 16, one, one + b"'" + one + b"\\" + one, random.randbytes(30)
    for number in range(300, many(300, scale) + 300):
        yield (number, random.randbytes(16), random.randbytes(random.randrange(200)),
               random.randbytes(random.randrange(255)), random.randbytes(random.randrange(4000)))  # fmt: skip


def _places(random: Random, scale: float) -> Iterator[Row]:
    for number in range(1, many(100, scale) + 1):
        longitude, latitude = random.uniform(-180, 180), random.uniform(-90, 90)
        # the server's own form: SRID, then WKB (little-endian, type 1 = point)
        yield number, struct.pack("<IBIdd", 0, 1, 1, longitude, latitude)


TABLES: tuple[Table, ...] = (
    Table(
        MUSEUM,
        "numbers",
        """(
        id INT NOT NULL PRIMARY KEY, tiny TINYINT, tiny_unsigned TINYINT UNSIGNED, small SMALLINT, medium MEDIUMINT,
        plain INT, big BIGINT, big_unsigned BIGINT UNSIGNED, exact DECIMAL(30,10), single_precision FLOAT,
        double_precision DOUBLE, one_bit BIT(1), all_bits BIT(64), padded INT(8) UNSIGNED ZEROFILL,
        KEY by_exact (exact), KEY by_double (double_precision), KEY by_bits (all_bits)
        ) ENGINE=InnoDB""",
        (
            "id",
            "tiny",
            "tiny_unsigned",
            "small",
            "medium",
            "plain",
            "big",
            "big_unsigned",
            "exact",
            "single_precision",
            "double_precision",
            "one_bit",
            "all_bits",
            "padded",
        ),
        _numbers,
    ),
    Table(
        MUSEUM,
        "moments",
        """(
        id INT NOT NULL PRIMARY KEY, day DATE, second DATETIME, micro DATETIME(6), stamp TIMESTAMP NULL DEFAULT NULL,
        span TIME(6), y YEAR, KEY by_day (day), KEY by_micro (micro)
        ) ENGINE=InnoDB""",
        ("id", "day", "second", "micro", "stamp", "span", "y"),
        _moments,
    ),
    Table(
        MUSEUM,
        "texts",
        """(
        id INT NOT NULL PRIMARY KEY, fixed CHAR(20), flexible VARCHAR(500),
        folded VARCHAR(500) COLLATE utf8mb4_unicode_ci,
        long_one MEDIUMTEXT, tiny TINYTEXT,
        choice ENUM('', 'a''b', 'b', 'c\\\\d') DEFAULT 'a''b' COMMENT 'one of ''a''''b''; \"b\"; c\\\\d',
        several SET('x', 'y;z') NULL, KEY by_flexible (flexible(10)), KEY by_choice (choice)
        ) ENGINE=InnoDB""",
        ("id", "fixed", "flexible", "folded", "long_one", "tiny", "choice", "several"),
        _texts,
    ),
    Table(
        MUSEUM,
        "blobs",
        """(
        id INT NOT NULL PRIMARY KEY, fixed BINARY(16), flexible VARBINARY(500), tiny TINYBLOB, large LONGBLOB,
        KEY by_fixed (fixed), KEY by_tiny (tiny(8))
        ) ENGINE=InnoDB""",
        ("id", "fixed", "flexible", "tiny", "large"),
        _blobs,
    ),
    Table(
        MUSEUM,
        "places",
        "(id INT NOT NULL PRIMARY KEY, at POINT NOT NULL) ENGINE=InnoDB",
        ("id", "at"),
        _places,
    ),
)
