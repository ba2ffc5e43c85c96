# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views, triggers, routines and events: bodies with every delimiter and quote inside, and sessions of other kinds.

They are made after the rows, so that no trigger writes while the rows are loaded. The order is that of need.
"""

from __future__ import annotations

from .record import Statement

# Stands inside a body, on lines of its own: a reader of dumps must not take it for a line of the dump.
TRAP = """
-- Dump completed on 2020-01-01  0:00:00
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '00000000-0000-0000-0000-000000000000:1-9';
INSERT INTO `customers` VALUES (1);
DELIMITER ;
"""

ROUTINES: tuple[Statement, ...] = (
    Statement(
        """CREATE FUNCTION shop.with_tax(amount DECIMAL(12,2)) RETURNS DECIMAL(12,2) DETERMINISTIC
        COMMENT 'adds; "tax" -- it''s 19 %'
        RETURN amount * 1.19"""
    ),
    Statement(
        f"""CREATE PROCEDURE shop.note_down(IN what VARCHAR(400), OUT written INT)
        MODIFIES SQL DATA SQL SECURITY INVOKER
        BEGIN
          -- a comment; with an apostrophe's trap
          # and DELIMITER // here
          DECLARE trap TEXT DEFAULT "{TRAP}";
          DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET written = -1; END;
          IF what <> '//' AND what <> ';;' THEN
            INSERT INTO shop.audit (what) VALUES (CONCAT('noted; ', what, ' \\' // "', LENGTH(trap)));
          END IF;
          SET written = ROW_COUNT();
        END"""
    ),
    # here a backslash is a plain character: '\' is a whole string
    Statement(
        """CREATE FUNCTION shop.windows_path(leaf VARCHAR(100)) RETURNS VARCHAR(200) DETERMINISTIC
        BEGIN
          RETURN CONCAT('C:\\', leaf, '\\');
        END""",
        sql_mode="NO_BACKSLASH_ESCAPES",
    ),
    Statement(
        """CREATE PROCEDURE archive."in ansi"() READS SQL DATA
        SELECT "letter", 'it''s; here' || line AS "a; b" FROM archive."western" ORDER BY "id" LIMIT 3""",
        sql_mode="ANSI",
    ),
    # its bytes in a dump are latin1, so that the dump as a whole is not valid UTF-8
    Statement(
        "CREATE FUNCTION archive.accent() RETURNS VARCHAR(20) DETERMINISTIC RETURN 'caf\u00e9'", charset="latin1"
    ),
    Statement(
        "CREATE FUNCTION `odd``name`.`dolphin``s-name`() RETURNS TEXT CHARSET utf8mb4 DETERMINISTIC RETURN '\U0001f42c'"
    ),
)

VIEWS: tuple[Statement, ...] = (
    Statement(
        """CREATE SQL SECURITY INVOKER VIEW shop.open_orders AS
        SELECT o.id, o.customer, c.name, o.placed, 'it''s; \\\\ -- open' AS remark
        FROM shop.orders o JOIN shop.customers c ON c.id = o.customer WHERE o.state IN ('new', 'lost; found')"""
    ),
    # a name that sorts before the view it needs, in another schema
    Statement(
        """CREATE DEFINER='keeper'@'localhost' VIEW archive.`a view-of a view` AS
        SELECT customer, COUNT(*) AS orders, shop.with_tax(MAX(id)) AS taxed FROM shop.open_orders GROUP BY customer"""
    ),
    Statement(
        """CREATE VIEW `odd``name`.`some``words` AS SELECT `a-b` AS `x``y`, `select` FROM `odd``name`.`with-dash`
        WHERE `a-b` > 7 WITH CASCADED CHECK OPTION"""
    ),
)

TRIGGERS: tuple[Statement, ...] = (
    Statement(
        """CREATE TRIGGER shop.order_placed AFTER INSERT ON shop.orders FOR EACH ROW
        BEGIN
          DECLARE line VARCHAR(400) DEFAULT 'placed; // \\' DELIMITER ;; ';
          IF NEW.customer IS NOT NULL THEN INSERT INTO shop.audit (what) VALUES (CONCAT(line, NEW.id)); END IF;
        END"""
    ),
    Statement(
        """CREATE DEFINER='keeper'@'localhost' TRIGGER shop.`stock-kept` BEFORE UPDATE ON shop.stock FOR EACH ROW
        SET NEW.pieces = IF(NEW.pieces < 0, 0, NEW.pieces)""",
        sql_mode="STRICT_ALL_TABLES",
    ),
    Statement(
        """CREATE TRIGGER shop.a_second_one AFTER INSERT ON shop.orders FOR EACH ROW FOLLOWS order_placed
        SET @last_order = NEW.id""",
        since=(5, 7, 2),
    ),
)

# No event holds two semicolons side by side: mysqldump looks for a delimiter that the event does not hold, and
# looks for ever (seen with 9.7.4).
EVENTS: tuple[Statement, ...] = (
    Statement(
        """CREATE EVENT shop.beat ON SCHEDULE EVERY 1 SECOND STARTS '2020-01-01 00:00:00'
        ON COMPLETION PRESERVE ENABLE COMMENT 'writes; each second'
        DO BEGIN INSERT INTO shop.heartbeat (at, server) VALUES (NOW(6), @@server_id); END"""
    ),
    Statement(
        """CREATE DEFINER='keeper'@'localhost' EVENT archive.`sweep-up`
        ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 03:00:00'
        ON COMPLETION PRESERVE DISABLE DO DELETE FROM archive.western WHERE line = '// ; it''s'""",
        time_zone="+05:30",
    ),
)

PROGRAMS: tuple[Statement, ...] = ROUTINES + VIEWS + TRIGGERS + EVENTS
