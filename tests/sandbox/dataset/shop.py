# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An everyday schema: keys of every kind, foreign keys, partitions, a table without any key, an empty one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from .record import Row, Table, many
from .schemas import SHOP
from .strings import HOSTILE, prose

CUSTOMERS, PRODUCTS, CATEGORIES, ORDERS = 3000, 500, 100, 5000
LINES_PER_ORDER = 2
EPOCH = datetime(2021, 1, 1)


def _moment(random: Random) -> datetime:
    return EPOCH + timedelta(microseconds=random.randrange(4 * 365 * 86400 * 10**6))


def _categories(random: Random, scale: float) -> Iterator[Row]:
    yield 1, None, "everything"
    for number in range(2, many(CATEGORIES, scale) + 1):
        yield number, random.randrange(1, number), prose(random, 2)


def _customers(random: Random, scale: float) -> Iterator[Row]:
    # row 0: mysqldump must switch NO_AUTO_VALUE_ON_ZERO on for it; odd steps: gaps in AUTO_INCREMENT
    yield 0, "nobody", "nobody@example.org", None, "0.00", EPOCH
    for number in range(1, many(CUSTOMERS, scale)):
        name = HOSTILE[number] if number < len(HOSTILE) else prose(random, 2)
        note = None if random.random() < 0.3 else prose(random, random.randrange(1, 30))
        yield number * 3, name, f"c{number}@example.org", note, f"{random.randrange(10**7) / 100:.2f}", _moment(random)


def _products(random: Random, scale: float) -> Iterator[Row]:
    for number in range(many(PRODUCTS, scale)):
        yield f"SKU-{number:06d}", random.randrange(1, many(CATEGORIES, scale) + 1), prose(random, 4), number % 97


def _orders(random: Random, scale: float) -> Iterator[Row]:
    for number in range(1, many(ORDERS, scale) + 1):
        customer = random.randrange(many(CUSTOMERS, scale)) * 3
        state = random.choice(("new", "paid", "sent", "lost; found"))
        yield number, customer, state, _moment(random), prose(random, random.randrange(10, 120))


def _lines(random: Random, scale: float) -> Iterator[Row]:
    for order in range(1, many(ORDERS, scale) + 1):
        for position in range(1, LINES_PER_ORDER + 1):
            sku = f"SKU-{random.randrange(many(PRODUCTS, scale)):06d}"
            yield order, position, sku, random.randrange(1, 9), f"{random.randrange(1, 10**6) / 1000:.3f}"


def _stock(random: Random, scale: float) -> Iterator[Row]:
    for number in range(many(PRODUCTS, scale)):
        for place in ("north", "South", "\u014csaka"):
            yield place, f"SKU-{number:06d}", random.randrange(-5, 500)


def _clicks(random: Random, scale: float) -> Iterator[Row]:
    # without a key, and with true duplicates: each row stands here once, twice or three times
    for number in range(many(400, scale)):
        row = (_moment(random).replace(microsecond=0), random.choice((None, "", "/", "/a;b", "/it's")), number % 50)
        yield from [row] * random.randrange(1, 4)


def _measurements(random: Random, scale: float) -> Iterator[Row]:
    for number in range(many(1500, scale)):
        yield number, f"{random.randrange(2019, 2026)}-{random.randrange(1, 13):02d}-15", random.gauss(20, 8)


def _sessions(random: Random, scale: float) -> Iterator[Row]:
    for _row in range(many(800, scale)):
        yield f"{random.getrandbits(128):032x}", random.randrange(10**6), prose(random, 6)


def _nothing(_random: Random, _scale: float) -> Iterator[Row]:
    yield from ()


TABLES: tuple[Table, ...] = (
    Table(
        SHOP,
        "categories",
        """(
        id INT NOT NULL PRIMARY KEY, parent INT, title VARCHAR(191) NOT NULL,
        KEY by_parent (parent),
        CONSTRAINT category_parent FOREIGN KEY (parent) REFERENCES categories (id)
        ) ENGINE=InnoDB COMMENT='refers to itself; it''s a "tree" -- /* really */'""",
        ("id", "parent", "title"),
        _categories,
    ),
    Table(
        SHOP,
        "customers",
        """(
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        name VARCHAR(300) NOT NULL COMMENT 'a name; may hold ''quotes'', "double" ones, `ticks` and \\\\',
        email VARCHAR(100) CHARACTER SET ascii NOT NULL,
        note TEXT, credit DECIMAL(12,2) NOT NULL DEFAULT '0.00' COMMENT '/* ; */ -- DELIMITER //',
        created DATETIME(6) NOT NULL,
        UNIQUE KEY by_email (email), KEY by_name (name(20)), KEY by_credit_created (credit, created),
        FULLTEXT KEY by_words (note)
        ) ENGINE=InnoDB""",
        ("id", "name", "email", "note", "credit", "created"),
        _customers,
    ),
    Table(
        SHOP,
        "products",
        """(
        sku VARCHAR(20) CHARACTER SET latin1 NOT NULL PRIMARY KEY, category INT NOT NULL, title VARCHAR(200) NOT NULL,
        weight SMALLINT UNSIGNED,
        CONSTRAINT product_category FOREIGN KEY (category) REFERENCES categories (id) ON UPDATE CASCADE
        ) ENGINE=InnoDB""",
        ("sku", "category", "title", "weight"),
        _products,
    ),
    Table(
        SHOP,
        "orders",
        """(
        id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT UNSIGNED NOT NULL,
        state ENUM('new', 'paid', 'sent', 'lost; found') NOT NULL DEFAULT 'new',
        placed DATETIME(3) NOT NULL, note MEDIUMTEXT,
        KEY by_customer (customer), KEY by_state_placed (state, placed),
        CONSTRAINT order_customer FOREIGN KEY (customer) REFERENCES customers (id)
        ) ENGINE=InnoDB AUTO_INCREMENT=1000000""",
        ("id", "customer", "state", "placed", "note"),
        _orders,
    ),
    Table(
        SHOP,
        "order_lines",
        """(
        order_id BIGINT NOT NULL, position SMALLINT NOT NULL, sku VARCHAR(20) CHARACTER SET latin1 NOT NULL,
        quantity INT NOT NULL, price DECIMAL(10,3) NOT NULL,
        PRIMARY KEY (order_id, position), KEY by_sku (sku),
        CONSTRAINT line_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
        CONSTRAINT line_product FOREIGN KEY (sku) REFERENCES products (sku)
        ) ENGINE=InnoDB""",
        ("order_id", "position", "sku", "quantity", "price"),
        _lines,
    ),
    Table(
        SHOP,
        "stock",
        """(
        place VARCHAR(50) NOT NULL, sku VARCHAR(20) CHARACTER SET latin1 NOT NULL, pieces INT,
        PRIMARY KEY (place, sku), UNIQUE KEY by_sku (sku, place), KEY by_pieces (pieces)
        ) ENGINE=InnoDB""",
        ("place", "sku", "pieces"),
        _stock,
    ),
    Table(
        SHOP,
        "clicks",
        "(at DATETIME NOT NULL, path VARCHAR(100), who INT) ENGINE=InnoDB COMMENT='no key at all'",
        ("at", "path", "who"),
        _clicks,
    ),
    Table(
        SHOP,
        "measurements",
        """(
        id INT NOT NULL, day DATE NOT NULL, celsius DOUBLE, PRIMARY KEY (id, day), KEY by_day (day)
        ) ENGINE=InnoDB PARTITION BY RANGE (YEAR(day)) (
        PARTITION old VALUES LESS THAN (2021), PARTITION middle VALUES LESS THAN (2024),
        PARTITION `last-one` VALUES LESS THAN MAXVALUE)""",
        ("id", "day", "celsius"),
        _measurements,
    ),
    Table(
        SHOP,
        "sessions",
        """(
        token CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, customer INT NOT NULL, agent VARCHAR(300),
        PRIMARY KEY (token, customer)
        ) ENGINE=InnoDB PARTITION BY HASH (customer) PARTITIONS 5""",
        ("token", "customer", "agent"),
        _sessions,
    ),
    # written by the trigger on orders and by the event
    Table(
        SHOP,
        "audit",
        """(
        id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
        what VARCHAR(400) NOT NULL
        ) ENGINE=InnoDB""",
        ("id", "at", "what"),
        _nothing,
    ),
    Table(
        SHOP,
        "heartbeat",
        """(
        id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, at DATETIME(6) NOT NULL, server INT UNSIGNED NOT NULL
        ) ENGINE=InnoDB""",
        ("id", "at", "server"),
        _nothing,
    ),
    Table(
        SHOP,
        "never used",
        "(id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, word VARCHAR(20) UNIQUE) ENGINE=InnoDB AUTO_INCREMENT=77",
        ("id", "word"),
        _nothing,
    ),
)
