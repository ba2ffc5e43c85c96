# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemas: an everyday one, one whose name needs quoting, one with a backtick, one in an older charset."""

from __future__ import annotations

SHOP = "shop"
MUSEUM = "data-museum"
ODD = "odd`name"
ARCHIVE = "archive"

# name -> what follows CREATE DATABASE <name>
SCHEMAS: dict[str, str] = {
    SHOP: "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    MUSEUM: "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    ODD: "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    ARCHIVE: "DEFAULT CHARACTER SET latin1 COLLATE latin1_german1_ci",
}
