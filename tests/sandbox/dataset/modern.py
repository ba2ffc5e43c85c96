# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What newer servers have: JSON, generated columns, checks, indexes on expressions.

First versions: MySQL Reference Manual, "What Is New" of 5.7 and 8.0, and the pages of the features themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from .record import Row, Table, many
from .schemas import MUSEUM
from .strings import HOSTILE, prose

DOCUMENTS: tuple[str | None, ...] = (
    None,
    "null",
    "{}",
    "[]",
    '""',
    "true",
    "-0.0",
    "1e-7",
    "18446744073709551615",
    '{"": {"a": [1, 2.5, null, {"b": "\\u0000 \\ud83d\\udc2c"}]}}',
)


def _documents(random: Random, scale: float) -> Iterator[Row]:
    yield from enumerate(DOCUMENTS, 1)
    for number in range(20, many(300, scale) + 20):
        document = {
            random.choice(HOSTILE): random.random(),
            "name": prose(random, 3),
            "tags": random.choices(range(1000), k=4),
        }
        yield number, json.dumps(document, ensure_ascii=False)


def _computed(random: Random, scale: float) -> Iterator[Row]:
    for number in range(1, many(300, scale) + 1):
        yield number, random.choice((None, random.randrange(10**6))), random.choice(HOSTILE)


def _indexed(random: Random, scale: float) -> Iterator[Row]:
    for number in range(1, many(200, scale) + 1):
        yield number, prose(random, 3), random.randrange(100), json.dumps({"tags": random.choices(range(50), k=3)})


TABLES: tuple[Table, ...] = (
    Table(
        MUSEUM,
        "documents",
        "(id INT NOT NULL PRIMARY KEY, document JSON) ENGINE=InnoDB",
        ("id", "document"),
        _documents,
        since=(5, 7, 8),
    ),
    Table(
        MUSEUM,
        "computed",
        """(
        id INT NOT NULL PRIMARY KEY, amount INT, word TEXT,
        doubled BIGINT GENERATED ALWAYS AS (amount * 2) VIRTUAL,
        label VARCHAR(300) GENERATED ALWAYS AS (concat('it''s; \\\\ ', left(word, 50))) STORED COMMENT 'stored; once',
        KEY by_doubled (doubled), KEY by_label (label(20))
        ) ENGINE=InnoDB""",
        ("id", "amount", "word"),
        _computed,
        since=(5, 7, 6),
    ),
    Table(
        MUSEUM,
        "indexed",
        """(
        id INT NOT NULL PRIMARY KEY, word VARCHAR(400) NOT NULL, points INT DEFAULT (7 * 6),
        document JSON NOT NULL, secret INT NOT NULL DEFAULT 5 INVISIBLE,
        KEY by_points (points DESC), KEY by_lower ((lower(word))), KEY unseen (word(10)) INVISIBLE,
        KEY by_tags ((CAST(document->'$.tags' AS UNSIGNED ARRAY))),
        CONSTRAINT `points; are few` CHECK (points < 1000 AND word <> 'it''s; --')
        ) ENGINE=InnoDB""",
        ("id", "word", "points", "document"),
        _indexed,
        since=(8, 0, 23),
    ),
    Table(
        MUSEUM,
        "areas",
        "(id INT NOT NULL PRIMARY KEY, at POINT NOT NULL SRID 4326, SPATIAL KEY by_place (at)) ENGINE=InnoDB",
        ("id",),
        lambda _random, _scale: (),
        since=(8, 0, 3),
    ),
)
