# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schemas that belong to the server itself. Pure."""

SYSTEM_SCHEMAS = ("mysql", "sys", "information_schema", "performance_schema", "ndbinfo")
