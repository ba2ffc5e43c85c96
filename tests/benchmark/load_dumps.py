# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps to be loaded, as mysqldump writes them: few large tables, or many small ones."""

from __future__ import annotations

import random
from pathlib import Path

HEAD = b"""-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `big`;
USE `big`;
"""
TABLE = b"""DROP TABLE IF EXISTS `t%(n)d`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `t%(n)d` (
  `id` int NOT NULL AUTO_INCREMENT,
  `k` int NOT NULL DEFAULT '0',
  `c` varchar(120) NOT NULL DEFAULT '',
  `pad` varchar(60) NOT NULL DEFAULT '',
  `d` datetime DEFAULT NULL,
  `n` decimal(10,2) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `k_1` (`k`),
  KEY `c_1` (`c`(20)),
  KEY `d_1` (`d`,`k`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `t%(n)d` WRITE;
/*!40000 ALTER TABLE `t%(n)d` DISABLE KEYS */;
"""
AFTER = b"/*!40000 ALTER TABLE `t%(n)d` ENABLE KEYS */;\nUNLOCK TABLES;\n\n"
END = b"-- Dump completed on 2026-11-21 12:00:00\n"


def rows(number: int, first: int, size: int, chance: random.Random) -> tuple[bytes, int]:
    """An INSERT of about that size, and the number of its last row."""
    parts, filled = [], 0
    while filled < size:
        words = "-".join(f"{chance.getrandbits(32):08x}" for _word in range(12))
        when = f"2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d} 12:{chance.randint(0, 59):02d}:00"
        parts.append(f"({first},{chance.getrandbits(30)},'{words}','it\\'s {first}','{when}',{first % 99999}.50)")
        filled += len(parts[-1]) + 1
        first += 1
    return f"INSERT INTO `t{number}` VALUES {','.join(parts)};\n".encode(), first


def write_dump(path: Path, tables: int, statements: int, size: int) -> Path:
    chance = random.Random(7)
    with path.open("wb") as dump:
        dump.write(HEAD)
        for number in range(tables):
            dump.write(TABLE % {b"n": number})
            first = 1
            for _statement in range(statements):
                text, first = rows(number, first, size, chance)
                dump.write(text)
            dump.write(AFTER % {b"n": number})
        dump.write(END)
    return path
