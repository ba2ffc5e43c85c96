# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts with grants of every level. IDENTIFIED BY takes the server's own default plugin
(mysql_native_password on 5.6, caching_sha2_password since 8.0.4)."""

from __future__ import annotations

from .record import Statement

ACCOUNTS: tuple[Statement, ...] = (
    # the definer of views, triggers and events: it may do what they need
    Statement("CREATE USER 'keeper'@'localhost' IDENTIFIED BY 'kept; \"it''s\" \\\\ %s'"),
    Statement("GRANT ALL PRIVILEGES ON *.* TO 'keeper'@'localhost'"),
    Statement("CREATE USER 'o''clerk'@'10.0.0.0/255.0.0.0' IDENTIFIED BY 'clerk'"),
    Statement("GRANT SELECT (id, name), UPDATE (note) ON shop.customers TO 'o''clerk'@'10.0.0.0/255.0.0.0'"),
    Statement("GRANT EXECUTE ON PROCEDURE shop.note_down TO 'o''clerk'@'10.0.0.0/255.0.0.0'"),
    Statement("CREATE USER 'app-user'@'%' IDENTIFIED BY 'pass word'"),
    Statement("GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.* TO 'app-user'@'%' WITH GRANT OPTION"),
    Statement("GRANT SELECT ON `data-museum`.* TO 'app-user'@'%'"),
    Statement("GRANT SELECT, CREATE VIEW ON `odd``name`.* TO 'app-user'@'%'"),
    Statement("CREATE ROLE 'reading', 'writing'@'localhost'", since=(8, 0, 0)),
    Statement("GRANT SELECT ON `shop`.* TO 'reading'", since=(8, 0, 0)),
    Statement("GRANT 'reading', 'writing'@'localhost' TO 'app-user'@'%'", since=(8, 0, 0)),
    Statement("SET DEFAULT ROLE 'reading' TO 'app-user'@'%'", since=(8, 0, 0)),
    Statement("GRANT BACKUP_ADMIN ON *.* TO 'keeper'@'localhost' WITH GRANT OPTION", since=(8, 0, 0)),
)
