# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the writer writes: money moved between accounts, with what a real application hangs on it.

The sum of all balances never changes, so that a snapshot shows whether transactions are whole.
"""

from __future__ import annotations

from random import Random

import pymysql

from .dataset.strings import HOSTILE, prose

SCHEMA = "ledger"
ACCOUNTS = 100
KEPT = 1000  # transfers; older ones go, so that a long run does not fill the disk

TABLES: tuple[str, ...] = (
    f"CREATE DATABASE IF NOT EXISTS {SCHEMA} DEFAULT CHARACTER SET utf8mb4",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.accounts (
    id INT NOT NULL PRIMARY KEY, owner VARCHAR(100) NOT NULL, balance DECIMAL(20,2) NOT NULL, KEY by_owner (owner))
    ENGINE=InnoDB""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.transfers (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, payer INT NOT NULL, payee INT NOT NULL,
    amount DECIMAL(20,2) NOT NULL, note TEXT NOT NULL, at DATETIME(6) NOT NULL, KEY by_time (at),
    FOREIGN KEY (payer) REFERENCES {SCHEMA}.accounts (id),
    FOREIGN KEY (payee) REFERENCES {SCHEMA}.accounts (id)) ENGINE=InnoDB""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.attachments (
    transfer BIGINT NOT NULL, number INT NOT NULL, body BLOB, PRIMARY KEY (transfer, number),
    FOREIGN KEY (transfer) REFERENCES {SCHEMA}.transfers (id) ON DELETE CASCADE) ENGINE=InnoDB""",
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.removed (transfer BIGINT, note TEXT) ENGINE=InnoDB COMMENT='no key'",
)
# the last thing that is made: where it is, all is
TRIGGER = f"""CREATE TRIGGER {SCHEMA}.transfer_removed AFTER DELETE ON {SCHEMA}.transfers FOR EACH ROW
INSERT INTO {SCHEMA}.removed VALUES (OLD.id, CONCAT(OLD.note, '; removed'))"""

DDL_EVERY = 50  # transactions
# a round that may break off anywhere: the next one begins by clearing up
DDL: tuple[str, ...] = (
    f"DROP VIEW IF EXISTS {SCHEMA}.`a view`",
    f"DROP TABLE IF EXISTS {SCHEMA}.`spare-one`",
    f"CREATE TABLE {SCHEMA}.`spare-one` (id INT AUTO_INCREMENT PRIMARY KEY, word TEXT) ENGINE=InnoDB",
    f"INSERT INTO {SCHEMA}.`spare-one` (word) VALUES ('one;'), ('two'), (NULL)",
    f"ALTER TABLE {SCHEMA}.`spare-one` ADD COLUMN further INT NOT NULL DEFAULT 5, ADD KEY by_further (further)",
    f"CREATE OR REPLACE VIEW {SCHEMA}.`a view` AS SELECT id, word FROM {SCHEMA}.`spare-one`",
    f"TRUNCATE TABLE {SCHEMA}.`spare-one`",
    f"ALTER TABLE {SCHEMA}.accounts COMMENT = 'changed'",
    f"ALTER TABLE {SCHEMA}.accounts COMMENT = 'changed; again'",
)


class Load:
    """An endless row of transactions, each of several statements on several tables."""

    def __init__(self, ddl: bool) -> None:
        self._ddl = ddl
        self._random = Random("load")
        self._turn = 0
        self._ddl_done = 0

    def prepare(self, connection: pymysql.Connection) -> None:
        """Make the schema, unless it is there; called once a connection."""
        self._ddl_done = 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s", (SCHEMA,))
            if cursor.fetchone() != (0,):
                connection.commit()
                return
            for sql in TABLES:
                cursor.execute(sql)
            accounts = [(number, f"owner {number}", 1000) for number in range(1, ACCOUNTS + 1)]
            cursor.executemany(f"INSERT IGNORE INTO {SCHEMA}.accounts VALUES (%s, %s, %s)", accounts)
            cursor.execute(TRIGGER)
            connection.commit()

    def commit_one(self, connection: pymysql.Connection) -> None:
        """One transaction, or now and then one DDL statement."""
        self._turn += 1
        with connection.cursor() as cursor:
            if self._ddl and self._turn % DDL_EVERY == 0:
                cursor.execute(DDL[self._ddl_done % len(DDL)])
                self._ddl_done += 1
            else:
                self._transfer(cursor)
        connection.commit()

    def _transfer(self, cursor: pymysql.cursors.Cursor) -> None:
        random = self._random
        payer, payee = random.sample(range(1, ACCOUNTS + 1), 2)
        amount = f"{random.randrange(1, 10000) / 100:.2f}"
        cursor.execute(
            f"UPDATE {SCHEMA}.accounts SET balance = IF(id = %s, balance - %s, balance + %s) WHERE id IN (%s, %s)",
            (payer, amount, amount, payer, payee),
        )
        cursor.execute(
            f"INSERT INTO {SCHEMA}.transfers (payer, payee, amount, note, at) VALUES (%s, %s, %s, %s, NOW(6))",
            (payer, payee, amount, f"{random.choice(HOSTILE)} {prose(random, 5)}"),
        )
        transfer = cursor.lastrowid
        bodies = [(transfer, number, random.randbytes(random.randrange(600))) for number in range(random.randrange(4))]
        cursor.executemany(f"INSERT INTO {SCHEMA}.attachments VALUES (%s, %s, %s)", bodies)
        if random.random() < 0.2:
            cursor.execute(f"UPDATE {SCHEMA}.accounts SET owner = %s WHERE id = %s", (prose(random, 2)[:100], payer))
        if random.random() < 0.3:
            cursor.execute(f"DELETE FROM {SCHEMA}.transfers WHERE id < %s", (transfer - KEPT,))
            cursor.execute(f"DELETE FROM {SCHEMA}.transfers WHERE id = %s", (transfer - random.randrange(1, 50),))
            cursor.execute(f"DELETE FROM {SCHEMA}.removed WHERE transfer < %s", (transfer - KEPT,))
