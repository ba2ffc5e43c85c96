# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of mysql_dump_load: the module itself works on the target."""

from __future__ import annotations

from ansible_collections.dbre.mysql_replica.plugins.plugin_utils.long_module import LongModule


class ActionModule(LongModule):
    """A dump of a terabyte takes hours: whoever waits for it sees how far it is."""
