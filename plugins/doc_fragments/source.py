# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to read from the source."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  source_host:
    description:
      - Host of the source, as the target host reaches it. Nothing is ever written there.
    type: str
  source_port:
    description:
      - Port of the source.
    type: int
    default: 3306
  source_user:
    description:
      - Account that may read from the source.
      - C(REPLICATION CLIENT) is enough to read GTID sets.
    type: str
  source_password:
    description:
      - Password of O(source_user).
    type: str
  source_ca_cert:
    description:
      - Certificate authority that signed the source's certificate. Given, the connection is encrypted and checked.
    type: path
"""
